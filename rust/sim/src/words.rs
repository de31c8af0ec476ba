//! The specification patterns of Dwyer, Avrunin and Corbett, read directly over words: sequences of point
//! events, one letter each. What a scope is, and what must be true in it, and nothing of the rule language.

use std::ops::Range;

pub mod templates;

/// The five scopes, by the names that end the ids of the rules in `testdata/patterns`.
pub const SCOPES: [&str; 5] = ["global", "before", "after", "between", "until"];

/// The ten patterns, by the names that begin those ids.
pub const PATTERNS: [&str; 10] = [
    "absence",
    "universality",
    "existence",
    "bounded-existence",
    "precedence",
    "response",
    "precedence-chain-2-1",
    "precedence-chain-1-2",
    "response-chain-1-2",
    "response-chain-2-1",
];

/// Does the word keep the pattern in the scope? `None` if there is no such pattern or scope.
#[must_use]
pub fn keeps(pattern: &str, scope: &str, word: &str) -> Option<bool> {
    let word: Vec<char> = word.chars().collect();
    let mut kept = true;
    for part in parts(scope, &word)? {
        kept &= holds(pattern, &word[part])?;
    }
    Some(kept)
}

/// The parts of a word that a scope speaks of.
fn parts(scope: &str, word: &[char]) -> Option<Vec<Range<usize>>> {
    let first = |letter| word.iter().position(|event| *event == letter);
    let end = word.len();
    let every_q = |to_the_end: bool| {
        let opens = (0..end).filter(|at| word[*at] == 'Q');
        opens
            .filter_map(|open| {
                let next = (open + 1..end).find(|at| word[*at] == 'R');
                let close = next.or(to_the_end.then_some(end))?;
                Some(open + 1..close)
            })
            .collect()
    };
    Some(match scope {
        "global" => std::iter::once(0..end).collect(),
        "before" => first('R').map(|close| 0..close).into_iter().collect(),
        "after" => first('Q').map(|open| open + 1..end).into_iter().collect(),
        "between" => every_q(false),
        "until" => every_q(true),
        _ => return None,
    })
}

/// Is the pattern true of this part, taken alone?
fn holds(pattern: &str, part: &[char]) -> Option<bool> {
    let at = |letter: char| (0..part.len()).filter(move |at| part[*at] == letter);
    let before = |letter: char, end: usize| at(letter).any(|position| position < end);
    let behind = |letter: char, start: usize| at(letter).any(|position| position > start);
    // Every S and a T behind it.
    let chains = || at('S').flat_map(|s| at('T').filter(move |t| *t > s).map(move |t| (s, t)));
    Some(match pattern {
        "absence" => at('P').next().is_none(),
        "universality" => part.iter().all(|event| *event == 'P'),
        "existence" => at('P').next().is_some(),
        "bounded-existence" => at('P').count() <= 2,
        "precedence" => at('P').all(|p| before('S', p)),
        "response" => at('P').all(|p| behind('S', p)),
        "precedence-chain-2-1" => at('P').all(|p| chains().any(|(_, t)| t < p)),
        "precedence-chain-1-2" => chains().all(|(s, _)| before('P', s)),
        "response-chain-1-2" => at('P').all(|p| chains().any(|(s, _)| s > p)),
        "response-chain-2-1" => chains().all(|(_, t)| behind('P', t)),
        _ => return None,
    })
}

/// All words over the letters, up to a length, the shortest first.
#[must_use]
pub fn all(letters: &[char], longest: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut longest_yet = 0..1;
    for _ in 0..longest {
        let start = words.len();
        for at in longest_yet.clone() {
            words.extend(
                letters
                    .iter()
                    .map(|letter| format!("{}{letter}", words[at]))
                    .collect::<Vec<_>>(),
            );
        }
        longest_yet = start..words.len();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_open_and_close() {
        let keeps = |pattern, scope, word| keeps(pattern, scope, word) == Some(true);
        assert!(keeps("absence", "before", "P"));
        assert!(!keeps("absence", "before", "PR"));
        assert!(keeps("absence", "between", "QP"));
        assert!(!keeps("absence", "until", "QP"));
        assert!(keeps("absence", "until", "QRP"));
        assert!(!keeps("existence", "between", "QPQR"));
        assert!(keeps("existence", "after", "QPQ"));
        assert!(!keeps("response-chain-2-1", "global", "STPT"));
        assert_eq!(super::keeps("absence", "sometimes", ""), None);
    }

    #[test]
    fn words_of_every_length_once() {
        let words = all(&['a', 'b'], 3);
        assert_eq!(words.len(), 1 + 2 + 4 + 8);
        assert_eq!(words[0], "");
        assert_eq!(words[14], "bbb");
    }
}
