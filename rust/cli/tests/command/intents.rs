//! Rules as people first wrote them: what each is told, or does.

use super::support::*;
use serde_json::Value;

/// What `check` says of one condition.
fn told(condition: &str) -> Vec<Value> {
    let rules = format!("rules:\n  - id: r\n    condition: |\n      {condition}\n");
    let desk = Desk::with(&[("rules.yaml", &rules)]);
    let ran = desk.run(&["check", "--format", "json", "rules.yaml"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    json["diagnostics"].as_array().unwrap().clone()
}

fn codes(told: &[Value]) -> Vec<&str> {
    told.iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

/// All that a diagnostic offers.
fn offered(told: &[Value]) -> String {
    told.iter()
        .flat_map(|one| [one["help"].as_str(), one["suggestion"].as_str()])
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_alternative_for_a_missing_attribute_stands_in_parentheses() {
    let told = told(
        r#"when { root.where(user.region == EU) } never { any.where(exists(db.system.name) and not (cloud.region starts with "eu-")) }"#,
    );
    // Beside it the note on a name that defaults do not emit.
    assert_eq!(codes(&told), ["N0109", "W0102"]);
    let meant = r#"(not (cloud.region starts with "eu-") or missing(cloud.region))"#;
    assert_eq!(told[1]["suggestion"], meant);
}

#[test]
fn a_span_may_be_asked_for_as_the_parent_of_another() {
    let rule =
        "when each { stock.read as s }\nalways { any.where(service.name == orders) parent of s }";
    assert_eq!(told(&rule.replace('\n', " ")), Vec::<Value>::new());
    let rules = format!(
        "rules:\n  - id: r\n    condition: |\n      {}\n",
        rule.replace('\n', "\n      ")
    );
    let desk = Desk::with(&[("rules.yaml", &rules)]);
    assert_eq!(desk.run(&["fmt", "--check", "rules.yaml"]).code, 0);
}

#[test]
fn conditions_of_two_bound_spans_load() {
    let rule =
        "when each { publish as p, consume as c } always { c.schema.version == p.schema.version }";
    let told = told(rule);
    assert!(
        told.iter().all(|one| one["severity"] != "error"),
        "{told:#?}"
    );
}

#[test]
fn a_unit_apart_and_like_are_answered_each_by_its_own() {
    let told = told(r#"never { a.where(span:duration >= 10 ms or x like "b%") }"#);
    let offered = offered(&told);
    assert!(offered.contains("10ms"), "{offered}");
    assert!(offered.contains(r#"starts with "b""#), "{offered}");
}

#[test]
fn the_ends_of_spans_are_compared_by_orders() {
    let told = told("when each { root as r } never { any.where(span:end > r.span:end) inside r }");
    assert!(
        codes(&told).iter().all(|code| *code == "E0153"),
        "{told:#?}"
    );
    let offered = offered(&told);
    assert!(offered.contains("`any inside r ends after r`"), "{offered}");
    assert!(
        told.iter().all(|one| one["suggestion"].is_null()),
        "{told:#?}"
    );
}

#[test]
fn always_without_when_demands_the_span_of_every_trace() {
    let told = told(r#"always { "inventory/Reserve".where(span:duration <= 200ms) }"#);
    assert_eq!(codes(&told), ["W0120"]);
    let meant = r#"never { "inventory/Reserve".where(span:duration > 200ms) }"#;
    assert_eq!(told[0]["suggestion"], meant);
}

#[test]
fn a_span_bound_behind_when_is_known_below() {
    let told = told(
        "when { agent.plan as p } never { execute_tool.where(gen_ai.tool.name not in p.plan.tools) }",
    );
    let errors = told.iter().filter(|one| one["severity"] == "error");
    let errors: Vec<&str> = errors.map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(errors, ["E0123"]);
}

#[test]
fn a_link_may_be_asked_for_the_span_it_names() {
    let rule = "when each { any.where(span:kind == consumer) as c } always { any.where(span:kind == producer and span:id == c.link:spanID) before c }";
    assert_eq!(told(rule), Vec::<Value>::new());
}

#[test]
fn what_is_printed_does_not_change_what_the_summary_counts() {
    let desk = Desk::with(&[
        (
            "rules.yaml",
            "rules: [ { id: r, condition: 'never { denied }' } ]",
        ),
        ("traces.jsonl", &request(&[span(1, 1, 0, "denied")])),
    ]);
    let args =
        "replay --rules rules.yaml --format json --summary --verdicts satisfied traces.jsonl";
    let lines = desk.run(&args.split(' ').collect::<Vec<_>>()).json_lines();
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!(summary["violated"], 1);
    let first = summary["first_violation_unix_nano"].as_str();
    assert_eq!(first, Some("1700000000010000000"));
}

#[test]
fn explain_says_that_spans_of_any_name_are_read() {
    let rule =
        "when each { any.where(data.contains_pii == true) as r } always { audit.log after r }";
    let desk = Desk::with(&[(
        "rules.yaml",
        &format!("rules: [ {{ id: r, condition: '{rule}' }} ]"),
    )]);
    let out = desk.run(&["explain", "--rules", "rules.yaml"]).out;
    let reads = "spans   spans of any name (data.contains_pii decides), and audit.log";
    assert!(out.contains(reads), "{out}");
}

/// The tests that rules bring with them.
fn passes(rules: &str) {
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let ran = desk.run(&["test", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_was_started_is_followed_up_also_after_the_answer() {
    passes(
        "rules:
  - id: r
    condition: |
      when { trace:rootService == shop and trace:rootName == add-to-cart } always { persist-cart }
    tests:
      - { name: lost, trace: [ { span: add-to-cart, service: shop, children: [ { span: publish, kind: producer } ] } ], expect: violated, evidence: [add-to-cart] }
      - name: persisted after the answer
        trace: [ { span: add-to-cart, service: shop, start: 0ms, duration: 10ms, children: [ { span: persist-cart, start: 4s, duration: 10ms } ] } ]
        expect: satisfied
",
    );
}

#[test]
fn one_of_two_parents_lacks_its_child() {
    passes(
        "rules:
  - id: r
    condition: |
      when each { AppSession as s } always { \"Navigation\" child of s }
    tests:
      - name: one of two
        trace: [ { span: app, children: [ { span: AppSession, children: [ { span: Navigation } ] }, { span: AppSession } ] } ]
        expect: violated
        evidence: [AppSession]
",
    );
}

#[test]
fn a_hit_asks_no_database_and_a_miss_asks_it_once() {
    passes(
        "rules:
  - id: hit
    condition: |
      when { cache.get.where(exists(db.result)) } never { db.get }
    tests:
      - name: hit then query
        trace: [ { span: r, children: [ { span: cache.get, attributes: { db.result: u } }, { span: db.get } ] } ]
        expect: violated
  - id: miss
    condition: |
      when { cache.get.where(missing(db.result)) } always { count(db.get) == 1 }
    tests:
      - { name: miss without query, trace: [ { span: r, children: [ { span: cache.get } ] } ], expect: violated }
",
    );
}
