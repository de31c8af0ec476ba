//! `betrace explain`

use super::support::*;
use serde_json::Value;

const RULES: &str = r#"
rules:
  - id: charge-is-checked
    name: Charges are checked
    description: Nothing is charged unseen.
    severity: critical
    compliance: { SOC2: [CC6.1] }
    message: "{p.order.id}"
    condition: |
      when each { payment.charge.where(amount > 1000 and currency in [EUR, USD]) as p }
      always { payment.check.where(order.id == p.order.id) before p within 5s }
      never { payment.bypass or count(retry) > 3 }
    exceptions: [ 'root.where(test.run == true)' ]
  - id: quick
    condition: 'never { count(http.call) by server.address > 20 }'
  - id: spread
    condition: |
      when { a inside b and not c }
      always { max(any, span:duration) < 2s and avg(d, size) < 2 * avg(e, size) }
  - id: scoped
    condition: |
      when { root.where(span:name starts with "GET") }
      always { x between "opened" and next "closed" or trace:duration < 2s }
"#;

#[test]
fn in_english() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("explain", ran.out);
}

#[test]
fn as_json() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--rule",
        "charge-is-checked",
        "--format",
        "json",
    ]);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 1);
    let json: &Value = &lines[0];
    assert_eq!(
        json["fields"],
        serde_json::json!([
            "amount",
            "currency",
            "order.id",
            "span:parentID",
            "test.run"
        ])
    );
    assert!(json["worst_case_bytes_per_trace"].as_u64().unwrap() > 1000);
    assert_eq!(json["decided"][0]["clause"], "never");
    assert_eq!(
        desk.run(&["explain", "--rules", "rules.yaml", "--rule", "missing"])
            .code,
        2
    );
}

#[test]
fn why_a_trace_got_its_verdict() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let mut charge = span(7, 2, 1, "payment.charge");
    charge.attributes = serde_json::json!({"amount": 5000, "currency": "EUR", "order.id": "o1"});
    let mut check = span(7, 3, 1, "payment.check");
    check.attributes = serde_json::json!({"order.id": "o2"});
    check.times = (2, 3);
    let root = span(7, 1, 0, "GET /");
    desk.write(
        "t.jsonl",
        request(&[root, charge, check, span(8, 1, 0, "other")]).as_bytes(),
    );
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--rule",
        "charge-is-checked",
        "--trace",
        "7",
        "t.jsonl",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!("explain_trace", ran.out);
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--trace",
        "7",
        "--format",
        "json",
        "t.jsonl",
    ]);
    assert_eq!(ran.json_lines().len(), 4);
    assert_eq!(ran.json_lines()[0]["verdicts"][0]["verdict"], "violated");
    assert_eq!(
        desk.run(&[
            "explain",
            "--rules",
            "rules.yaml",
            "--trace",
            "9",
            "t.jsonl"
        ])
        .code,
        2
    );
    assert_eq!(
        desk.run(&[
            "explain",
            "--rules",
            "rules.yaml",
            "--trace",
            "xyz",
            "t.jsonl"
        ])
        .code,
        2
    );
    assert_eq!(
        desk.run(&["explain", "--rules", "rules.yaml", "--trace", "7"])
            .code,
        2
    );
}

#[test]
fn a_reason_is_the_word_that_replay_prints() {
    let rules = "rules:\n  - { id: audited, condition: 'when { read } always { audit.log }' }\n";
    let desk = Desk::with(&[("rules.yaml", rules)]);
    // Its root never came.
    desk.write("t.jsonl", request(&[span(7, 2, 1, "read")]).as_bytes());
    let format = ["--rules", "rules.yaml", "--format", "json", "t.jsonl"];
    let replayed = desk.run(&[&["replay"], &format[..]].concat());
    let explained = desk.run(&[&["explain", "--trace", "7"], &format[..]].concat());
    let replayed = &replayed.json_lines()[0];
    let explained = &explained.json_lines()[0];
    assert_eq!(replayed["verdict"], "inconclusive");
    assert_eq!(explained["verdicts"][0]["reason"], replayed["reason"]);
    let unknown: Vec<&Value> = explained["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| {
            step["outcome"]
                .as_str()
                .unwrap()
                .starts_with("cannot be known")
        })
        .collect();
    assert!(!unknown.is_empty(), "{explained}");
    for step in unknown {
        assert_eq!(step["reason"], replayed["reason"]);
    }
    let text = desk.run(&[
        "explain",
        "--trace",
        "7",
        "--rules",
        "rules.yaml",
        "t.jsonl",
    ]);
    assert!(
        text.out
            .contains("inconclusive (no_root: no root span came)"),
        "{}",
        text.out
    );
}

#[test]
fn a_breach_is_said_early_where_the_engine_fires_early() {
    let rules = r#"
rules:
  - { id: grown-past, condition: 'never { not a.where(trace:spanCount < 3) }' }
  - { id: not-so-small, condition: 'never { not a.where(trace:spanCount > 3) }' }
"#;
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml", "--format", "json"]);
    let said: Vec<Value> = ran
        .json_lines()
        .iter()
        .map(|rule| rule["decided"][0].clone())
        .collect();
    // Of three spans the count is never again below three, and then the selector selects nothing for good.
    assert_eq!(said[0]["when"], "early");
    assert_eq!(said[0]["waits_for"], serde_json::json!([]));
    assert_eq!(said[1]["when"], "close");
    let grows = "the trace's number of spans may still grow";
    assert_eq!(said[1]["waits_for"], serde_json::json!([grows]));
}
