//! What makes the command at home on a command line.

use super::support::*;

#[test]
fn version_names_language_and_commit() {
    let ran = Desk::with(&[]).run(&["--version"]);
    assert_eq!(ran.code, 0);
    for word in ["betrace ", "language: ", "abi: ", "commit: "] {
        assert!(ran.out.contains(word), "{}", ran.out);
    }
}

#[test]
fn completions_and_manual_pages() {
    let desk = Desk::with(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = desk.run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(
            ["replay", "completeness", "gaps", "show", "as-test"]
                .iter()
                .all(|word| ran.out.contains(word)),
            "{shell}"
        );
    }
    assert_eq!(desk.run(&["man", "pages/man1"]).code, 0);
    let page = std::fs::read_to_string(desk.path("pages/man1/betrace-show.1")).unwrap();
    assert!(
        page.contains("as\\-test") && page.contains("Exit codes"),
        "{page}"
    );
    let page = std::fs::read_to_string(desk.path("pages/man1/betrace-replay.1")).unwrap();
    assert!(
        page.contains("verdicts") && page.contains("Exit codes"),
        "{page}"
    );
}

#[test]
fn init_writes_rules_whose_tests_pass() {
    let desk = Desk::with(&[]);
    let ran = desk.run(&["init"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = desk.run(&["check", "--strict", "betrace-rules.yaml"]);
    assert_eq!((ran.code, &*ran.out), (0, ""));
    let ran = desk.run(&["test", "--coverage", "betrace-rules.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(ran.out, "coverage: 3 of 3 clauses\n");
    assert_eq!(desk.run(&["init"]).code, 2, "nothing is written over");
    assert_eq!(desk.run(&["init", "--force"]).code, 0);
    let printed = desk.run(&["init", "-"]);
    assert_eq!(
        printed.out,
        std::fs::read_to_string(desk.path("betrace-rules.yaml")).unwrap()
    );
    assert_eq!(desk.run(&["init", "no/such/folder/rules.yaml"]).code, 2);
}
