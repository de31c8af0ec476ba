//! Files that arguments name and that cannot be opened: what was wanted, and the way out.

use super::support::*;

const RULES: &str = "rules:\n- id: r\n  condition: never { x }\n";

#[test]
fn a_directory_where_a_file_is_wanted_is_told_with_what_was_wanted() {
    let desk = Desk::with(&[("r.yaml", RULES), ("d/r.yaml", RULES), ("t.jsonl", "")]);
    for (args, wanted) in [
        (
            &["check", "--config", "d"][..],
            "a Collector configuration is wanted",
        ),
        (
            &["replay", "--rules", "d", "--config", "d", "t.jsonl"],
            "a Collector configuration is wanted",
        ),
        (
            &[
                "replay",
                "--rules",
                "d",
                "--evidence",
                "e",
                "--evidence-key",
                "d",
                "t.jsonl",
            ],
            "a private key in PEM is wanted",
        ),
        (
            &["replay", "--rules", "d", "--evidence", "d", "t.jsonl"],
            "name a file in it",
        ),
        (
            &["evidence", "verify", "--public-key", "d", "t.jsonl"],
            "a public key in PEM is wanted",
        ),
        (
            &["fetch", "tempo", "http://127.0.0.1:1", "--ca", "d"],
            "a file of certificates in PEM is wanted",
        ),
        (&["init", "d"], "name a file in it"),
        (&["init", "d", "--force"], "name a file in it"),
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(
            ran.err.contains("d: this is a directory") && ran.err.contains(wanted),
            "{args:?}: {}",
            ran.err
        );
        assert!(!ran.err.contains("os error"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn what_is_not_there_is_told_without_the_words_of_the_system() {
    let desk = Desk::with(&[("r.yaml", RULES), ("t.jsonl", "")]);
    for args in [
        &["check", "--config", "no"][..],
        &[
            "replay",
            "--rules",
            "r.yaml",
            "--evidence",
            "e",
            "--evidence-key",
            "no",
            "t.jsonl",
        ],
        &[
            "replay",
            "--rules",
            "r.yaml",
            "--evidence",
            "no/e",
            "t.jsonl",
        ],
        &["evidence", "verify", "--public-key", "no", "t.jsonl"],
        &["init", "no/r.yaml"],
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(!ran.err.contains("os error"), "{args:?}: {}", ran.err);
        assert!(
            ran.err.contains("is wanted") || ran.err.contains("make it first"),
            "{args:?}: {}",
            ran.err
        );
    }
}

#[test]
fn a_configuration_without_our_processor_is_told_what_it_lacks() {
    let desk = Desk::with(&[("r.yaml", RULES), ("c.yaml", "processors: { batch: {} }\n")]);
    let told = desk.run(&["check", "--config", "r.yaml"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("this is a rule file"), "{}", told.err);
    let told = desk.run(&["check", "--config", "c.yaml"]);
    assert_eq!(told.code, 2);
    assert!(
        told.err
            .contains("`betrace: { rules: { files: [rules] } }`"),
        "{}",
        told.err
    );
}

#[test]
fn a_rule_that_is_not_there_is_told_with_the_one_that_may_be_meant() {
    let rules = "rules:\n- { id: slow-root, condition: \"never { x }\" }\n- { id: other, condition: \"never { y }\" }\n";
    let desk = Desk::with(&[("r.yaml", rules)]);
    let told = desk.run(&["explain", "--rules", "r.yaml", "--rule", "slow-rot"]);
    assert_eq!(told.code, 2);
    assert!(
        told.err.contains("did you mean \"slow-root\"?"),
        "{}",
        told.err
    );
    let told = desk.run(&["explain", "--rules", "r.yaml", "--rule", "fast"]);
    assert!(
        told.err.contains("they hold slow-root, other"),
        "{}",
        told.err
    );
}

/// Who judges by no rule is told of no violation, and a check of it would pass whatever happened.
#[test]
fn nothing_is_judged_by_no_rule() {
    let desk = Desk::with(&[
        (
            "off.yaml",
            "rules:\n- id: r\n  enabled: false\n  condition: never { x }\n",
        ),
        ("none.yaml", "rules: []\n"),
        ("t.jsonl", "{\"resourceSpans\":[]}\n"),
        (
            "allowed.yaml",
            "processors: { betrace: { rules: { files: [off.yaml], allow_empty: True } } }\n",
        ),
    ]);
    for (args, told) in [
        (
            &["replay", "--rules", "off.yaml", "t.jsonl"][..],
            "enable one",
        ),
        (
            &["replay", "--rules", "none.yaml", "t.jsonl"],
            "no rule in these files",
        ),
        (&["tune", "off.yaml", "t.jsonl"], "enable one"),
        (
            &["simulate", "--rules", "off.yaml", "--minutes", "1"],
            "enable one",
        ),
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(told), "{args:?}: {}", ran.err);
    }
    let ran = desk.run(&["replay", "--config", "allowed.yaml", "t.jsonl"]);
    assert!(ran.code != 2, "{}", ran.err);
}
