//! `betrace fmt`

use super::support::*;

const UNTIDY: &str = "# shop rules\nrules:\n  - id: a   # the first\n    condition: \"when {a}   always{ b && !c }\"\n";

#[test]
fn files_are_formatted_in_place_once() {
    let desk = Desk::with(&[("rules/a.yaml", UNTIDY)]);
    let listed = desk.run(&["fmt", "--check", "rules"]);
    assert_eq!(
        (listed.code, listed.out.trim()),
        (1, "rules/a.yaml"),
        "{}",
        listed.err
    );
    assert_eq!(
        std::fs::read_to_string(desk.path("rules/a.yaml")).unwrap(),
        UNTIDY
    );
    assert_eq!(desk.run(&["fmt", "rules"]).code, 0);
    let once = std::fs::read_to_string(desk.path("rules/a.yaml")).unwrap();
    assert!(
        once.contains("# shop rules") && once.contains("# the first"),
        "{once}"
    );
    assert_eq!(desk.run(&["fmt", "--check", "rules"]).code, 0);
    let again = desk.run(&["fmt", "rules"]);
    assert_eq!((again.code, &*again.err), (0, ""));
    assert_eq!(
        std::fs::read_to_string(desk.path("rules/a.yaml")).unwrap(),
        once
    );
}

#[test]
fn older_spellings_are_rewritten_where_asked() {
    let desk = Desk::with(&[]);
    let plain = desk.run_with(&["fmt", "-"], UNTIDY.as_bytes());
    assert_eq!(plain.code, 0, "{}", plain.err);
    assert!(plain.out.contains("&&"), "{}", plain.out);
    let modern = desk.run_with(&["fmt", "--modern", "-"], UNTIDY.as_bytes());
    assert!(modern.out.contains("b and not c"), "{}", modern.out);
    assert_eq!(
        desk.run_with(&["fmt", "--modern", "--check", "-"], modern.out.as_bytes())
            .code,
        0
    );
}

#[test]
fn faulty_files_stay_as_they_are() {
    let faulty = "rules:\n  - id: a\n    condition: 'when { a'\n";
    let desk = Desk::with(&[("a.yaml", faulty), ("b.yaml", UNTIDY)]);
    let ran = desk.run(&["fmt", "a.yaml", "b.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a.yaml:3:"), "{}", ran.err);
    assert!(ran.err.contains("formatted b.yaml"), "{}", ran.err);
    assert_eq!(
        std::fs::read_to_string(desk.path("a.yaml")).unwrap(),
        faulty
    );
    assert_eq!(desk.run(&["fmt", "missing.yaml"]).code, 2);
    assert_eq!(desk.run(&["fmt"]).code, 2);
}

#[test]
fn the_first_rule_file_is_in_canonical_form() {
    let desk = Desk::with(&[]);
    assert_eq!(desk.run(&["init", "rules.yaml"]).code, 0);
    let ran = desk.run(&["fmt", "--check", "--modern", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
