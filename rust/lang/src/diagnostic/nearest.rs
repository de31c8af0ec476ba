//! "Did you mean": the nearest known word, where one is near enough.

/// The candidate that differs from `word` by a slip of the finger, if any: case aside, by one letter in a
/// short word and by three at most in a long one, where two that changed places count as one. A word of two letters
/// is near to none, and in a word of up to four the first letter is right or has changed places with the second.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    let allowed = match letters {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        // A distance is at least the difference in length.
        .filter(|candidate| candidate.chars().count().abs_diff(letters) <= allowed)
        .filter(|candidate| letters > 4 || begins_alike(word, candidate))
        // One slip brings one letter at most that the other word does not have.
        .filter(|candidate| strangers(word, candidate) <= allowed)
        .map(|candidate| {
            let (word, other) = (word.to_ascii_lowercase(), candidate.to_ascii_lowercase());
            (strsim::damerau_levenshtein(&word, &other), candidate)
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters of a word are nowhere in another.
fn strangers(word: &str, other: &str) -> usize {
    let is_strange = |letter: &char| !other.chars().any(|one| one.eq_ignore_ascii_case(letter));
    word.chars().filter(is_strange).count()
}

fn begins_alike(word: &str, candidate: &str) -> bool {
    let letters = |text: &str| {
        let mut letters = text.chars().map(|letter| letter.to_ascii_lowercase());
        (letters.next(), letters.next())
    };
    let (first, second) = letters(word);
    let other = letters(candidate);
    first == other.0 || (second, first) == other
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        let words = [
            "or", "as", "and", "avg", "any", "ms", "error", "status", "kind", "matches",
        ];
        for (word, wanted) in [
            ("of", None),
            ("has", None),
            ("end", None),
            ("adn", Some("and")),
            ("nad", Some("and")),
            ("eror", Some("error")),
            ("start", None),
            ("statsu", Some("status")),
            ("mathces", Some("matches")),
            ("like", None),
        ] {
            assert_eq!(nearest(word, words), wanted, "{word}");
        }
    }
}
