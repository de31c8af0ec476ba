//! `betrace test`

use super::support::*;
use serde_json::Value;

const RULES: &str = r#"
rules:
  - id: charge-is-checked
    message: "{p.amount} unchecked"
    condition: |
      when each { charge.where(amount > 10) as p }
      always { check before p }
      never { bypass }
    tests:
      - name: checked
        trace: [ { span: order, children: [ { span: check }, { span: charge, attributes: { amount: 20 } } ] } ]
        expect: satisfied
      - name: unchecked
        trace: [ { span: order, children: [ { span: charge, attributes: { amount: 20 } } ] } ]
        expect: violated
        clause: always
        evidence: [charge]
        message: "20 unchecked"
      - name: small
        trace: [ { span: order, children: [ { span: charge, attributes: { amount: 5 } } ] } ]
        expect: not_applicable
      - name: cut off
        trace: [ { span: order, children: [ { span: charge, attributes: { amount: 20 } } ] } ]
        incomplete: true
        expect: inconclusive
        reason: shutdown
  - id: untested
    condition: 'never { x }'
"#;

#[test]
fn tests_that_pass() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&["test", "rules.yaml"]);
    assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
    assert_eq!(
        ran.err,
        "4 tests of 2 rules: 0 failed; 1 rule without a test\n"
    );
    let ran = desk.run(&["test", "--coverage", "rules.yaml"]);
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!("coverage", ran.out);
}

fn failing() -> Desk {
    let text = RULES
        .replace("expect: satisfied", "expect: violated")
        .replace(
            "clause: always\n        evidence: [charge]",
            "clause: never\n        evidence: [order]",
        )
        .replace("20 unchecked", "<other> & more")
        .replace("reason: shutdown", "reason: no_root");
    Desk::with(&[("rules.yaml", &text)])
}

#[test]
fn failures_show_the_trace_and_the_reason() {
    let ran = failing().run(&["test", "rules.yaml"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!("failures", ran.out);
}

#[test]
fn results_for_machines() {
    let desk = failing();
    let ran = desk.run(&["test", "--format", "json", "--coverage", "rules.yaml"]);
    assert_eq!(ran.code, 1);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &3.into()));
    assert_eq!(json["tests"][2]["passed"], true);
    assert_eq!(json["tests"][0]["verdict"], "satisfied");
    assert_eq!(json["coverage"].as_array().unwrap().len(), 3);
    let ran = desk.run(&["test", "--format", "junit", "rules.yaml"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("junit", ran.out);
}

#[test]
fn one_rule_can_be_chosen() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&["test", "--rule", "untested", "rules.yaml"]);
    assert_eq!(
        ran.err,
        "0 tests of 1 rule: 0 failed; 1 rule without a test\n"
    );
}

#[test]
fn a_rule_that_is_not_there_is_no_rule_that_passed() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&["test", "--rule", "charge-is-cheked", "rules.yaml"]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(
        ran.err.contains("there is no rule \"charge-is-cheked\"")
            && ran.err.contains("charge-is-checked"),
        "{}",
        ran.err
    );
}

#[test]
fn of_files_without_a_rule_there_is_nothing_to_explain_and_that_is_said() {
    let desk = Desk::with(&[("lists.yaml", "lists: { currencies: [EUR] }")]);
    let ran = desk.run(&["explain", "lists.yaml"]);
    assert_eq!((ran.code, &*ran.out), (0, ""));
    assert!(
        ran.err.contains("there is no rule in these files"),
        "{}",
        ran.err
    );
}

#[test]
fn faulty_rules_are_not_run() {
    let desk = Desk::with(&[("rules.yaml", "rules: [{id: x, condition: 'when { a }'}]")]);
    let ran = desk.run(&["test", "rules.yaml"]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
}
