//! The templates of DECLARE, read directly over words, as Pesic, Schonenberg and van der Aalst ("DECLARE: Full Support for
//! Loosely-Structured Processes", EDOC 2007) and Di Ciccio and Montali ("Declarative Process Specifications", 2022) say
//! them of the whole of a finite trace: what A and B must do in it, and nothing of the rule language.

/// The templates, by the names that end the ids of the rules in `testdata/patterns/declare.yaml`, in the order of
/// docs/patterns.md.
pub const TEMPLATES: [&str; 21] = [
    "existence",
    "absence",
    "exactly",
    "init",
    "end",
    "choice",
    "exclusive-choice",
    "responded-existence",
    "co-existence",
    "not-co-existence",
    "response",
    "alternate-response",
    "chain-response",
    "precedence",
    "alternate-precedence",
    "chain-precedence",
    "succession",
    "alternate-succession",
    "chain-succession",
    "not-succession",
    "not-chain-succession",
];

/// Does the word keep the template? `None` if there is no such template.
#[must_use]
pub fn keeps(template: &str, word: &str) -> Option<bool> {
    let word: Vec<char> = word.chars().collect();
    let has = |letter| word.contains(&letter);
    Some(match template {
        "existence" => has('A'),
        "absence" => !has('A'),
        "exactly" => places(&word, 'A').count() == 1,
        "init" => word.first() == Some(&'A'),
        "end" => word.last() == Some(&'A'),
        "choice" => has('A') || has('B'),
        "exclusive-choice" => has('A') != has('B'),
        "responded-existence" => !has('A') || has('B'),
        "co-existence" => has('A') == has('B'),
        "not-co-existence" => !(has('A') && has('B')),
        "response" => responds(&word),
        "alternate-response" => responds_before_the_next(&word),
        "chain-response" => responds_at_once(&word),
        "precedence" => precedes(&word),
        "alternate-precedence" => precedes_after_the_last(&word),
        "chain-precedence" => precedes_at_once(&word),
        "succession" => responds(&word) && precedes(&word),
        "alternate-succession" => responds_before_the_next(&word) && precedes_after_the_last(&word),
        "chain-succession" => responds_at_once(&word) && precedes_at_once(&word),
        "not-succession" => places(&word, 'A').all(|a| !word[a + 1..].contains(&'B')),
        "not-chain-succession" => places(&word, 'A').all(|a| word.get(a + 1) != Some(&'B')),
        _ => return None,
    })
}

fn places(word: &[char], letter: char) -> impl Iterator<Item = usize> {
    (0..word.len()).filter(move |at| word[*at] == letter)
}

/// Whenever A occurs, B occurs afterwards.
fn responds(word: &[char]) -> bool {
    places(word, 'A').all(|a| word[a + 1..].contains(&'B'))
}

/// Whenever A occurs, B occurs afterwards, and A does not recur in between.
fn responds_before_the_next(word: &[char]) -> bool {
    let first = |a: usize| {
        word[a + 1..]
            .iter()
            .find(|event| ['A', 'B'].contains(event))
    };
    places(word, 'A').all(|a| first(a) == Some(&'B'))
}

/// Whenever A occurs, B occurs immediately afterwards.
fn responds_at_once(word: &[char]) -> bool {
    places(word, 'A').all(|a| word.get(a + 1) == Some(&'B'))
}

/// B occurs only if A occurred before.
fn precedes(word: &[char]) -> bool {
    places(word, 'B').all(|b| word[..b].contains(&'A'))
}

/// B occurs only if A occurred before, and no other B in between.
fn precedes_after_the_last(word: &[char]) -> bool {
    let last = |b: usize| word[..b].iter().rfind(|event| ['A', 'B'].contains(event));
    places(word, 'B').all(|b| last(b) == Some(&'A'))
}

/// B occurs only if A occurred immediately before.
fn precedes_at_once(word: &[char]) -> bool {
    places(word, 'B').all(|b| b > 0 && word[b - 1] == 'A')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_grows_stricter_from_plain_to_alternate_to_chain() {
        for family in ["response", "precedence", "succession"] {
            let [plain, alternate, chain] = ["", "alternate-", "chain-"].map(|strength| {
                let template = format!("{strength}{family}");
                let words = super::super::all(&['A', 'B', 'X'], 5);
                let kept = |word: &String| keeps(&template, word) == Some(true);
                words.into_iter().filter(kept).collect::<Vec<_>>()
            });
            let within = |inner: &[String], outer: &[String]| {
                inner.len() < outer.len() && inner.iter().all(|word| outer.contains(word))
            };
            assert!(within(&chain, &alternate), "{family}");
            assert!(within(&alternate, &plain), "{family}");
        }
    }

    #[test]
    fn negated_response_and_precedence_are_negated_succession() {
        for word in super::super::all(&['A', 'B', 'X'], 5) {
            let events: Vec<char> = word.chars().collect();
            let not_preceded = places(&events, 'B').all(|b| !events[..b].contains(&'A'));
            assert_eq!(keeps("not-succession", &word), Some(not_preceded), "{word}");
            let not_at_once = places(&events, 'B').all(|b| b == 0 || events[b - 1] != 'A');
            assert_eq!(
                keeps("not-chain-succession", &word),
                Some(not_at_once),
                "{word}"
            );
        }
    }

    #[test]
    fn words_keep_or_break_a_template() {
        let kept = |template, word| keeps(template, word) == Some(true);
        assert!(kept("alternate-response", "AXBXABB"));
        assert!(!kept("alternate-response", "AAB"));
        assert!(kept("alternate-precedence", "AABAXB"));
        assert!(!kept("alternate-precedence", "ABXB"));
        assert!(kept("chain-succession", "ABXAB"));
        assert!(!kept("chain-succession", "AABB"));
        assert!(!kept("init", "") && !kept("end", ""));
        assert!(kept("not-succession", "BBA") && !kept("not-succession", "BAXB"));
        assert!(kept("not-chain-succession", "AXB") && !kept("not-chain-succession", "XAB"));
        assert_eq!(keeps("sometimes", ""), None);
    }
}
