//! Who asks for the rules alone gets the same rules, and the same errors, as who asks for everything.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_bench::rules;
use betrace_lang::codes::declarations;
use betrace_lang::{Limits, SourceFile, compile, load};

/// How many rules there are; `None`: it has errors.
fn agree(text: &str) -> Option<usize> {
    let files = [SourceFile::new("rules.yaml", text)];
    let loaded = load(&files, &Limits::default());
    let rules = loaded.rules.iter().map(|one| &one.rule);
    let enabled: Vec<_> = rules.filter(|rule| rule.enabled).collect();
    match compile(&files) {
        Ok(rules) => {
            assert!(!loaded.has_errors(), "{text}");
            let found: Vec<_> = rules.iter().collect();
            assert_eq!(format!("{found:?}"), format!("{enabled:?}"), "{text}");
            Some(rules.len())
        }
        Err(diagnostics) => {
            assert!(loaded.has_errors(), "{text}");
            assert_eq!(diagnostics, loaded.diagnostics, "{text}");
            None
        }
    }
}

#[test]
fn the_rules_alone_are_those_of_a_whole_load() {
    assert_eq!(agree(&rules::hundred()), Some(100));
    assert_eq!(agree(&rules::many(200)), Some(200));
    let (mut sound, mut faulty) = (0, 0);
    for declaration in declarations() {
        for example in [declaration.bad, declaration.good] {
            let lines: Vec<String> = example
                .lines()
                .map(|line| format!("      {line}\n"))
                .collect();
            let as_rule = format!("rules:\n  - id: r\n    condition: |\n{}", lines.concat());
            for text in [as_rule.as_str(), example] {
                match agree(text) {
                    Some(_) => sound += 1,
                    None => faulty += 1,
                }
            }
        }
    }
    assert!(sound > 100 && faulty > 100, "{sound} {faulty}");
}
