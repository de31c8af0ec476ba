//! Rules that never came into play, in `replay` and in `test --coverage`.

use super::support::*;
use serde_json::{Value, json};

const RULES: &str = r#"
rules:
  - id: reads-are-audited
    condition: |
      when each { any.where(exists(db.system.name) and data.contains_pii == true) as q }
      always { audit.log after q }
  - id: nothing-is-leaked
    condition: 'never { pament.leak }'
  - id: quick
    condition: 'always { trace:duration < 1h }'
  - id: admins-are-checked
    condition: 'when { root.where(route == "/admin") and audit.log } always { check }'
  - id: calls-are-few
    condition: 'never { count(call) > 3 }'
  - id: never-together
    condition: 'when { call before payment.leak } always { check }'
"#;

/// Two traces: reads marked as personal whose spans say `db.system`, and calls.
fn desk() -> Desk {
    let mut spans = Vec::new();
    for trace in 1..=2 {
        spans.push(span(trace, 1, 0, "order"));
        for id in 2..=3 {
            let mut read = span(trace, id, 1, "SELECT");
            read.attributes = json!({"data.contains_pii": true, "db.system": "mysql"});
            spans.push(read);
        }
        spans.push(span(trace, 4, 1, "audit.log"));
        spans.push(span(trace, 5, 1, "payment.leak"));
        spans.push(span(trace, 6, 1, "call"));
    }
    Desk::with(&[("rules.yaml", RULES), ("traces.jsonl", &request(&spans))])
}

fn replay(desk: &Desk, more: &[&str]) -> Ran {
    desk.run(&[&["replay", "--rules", "rules.yaml", "traces.jsonl"], more].concat())
}

#[test]
fn replay_counts_the_rules_that_never_applied() {
    let ran = replay(&desk(), &[]);
    assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
    let told = "4 of 6 rules never applied; --summary says what they nearly met\n";
    assert!(ran.err.starts_with(told), "{}", ran.err);
}

#[test]
fn one_of_several_stays_in_parentheses_beside_what_else_is_asked() {
    let rules = r#"
rules:
  - id: r
    condition: 'never { any.where(exists(data.contains_pii) and (missing(route) or route == "/x") and tenant == a) }'
"#;
    let traces = std::fs::read_to_string(desk().path("traces.jsonl")).unwrap();
    let desk = Desk::with(&[("rules.yaml", rules), ("traces.jsonl", &traces)]);
    let ran = replay(&desk, &["--summary"]);
    let told = r#"4 spans have data.contains_pii and (missing(route) or route == "/x"), none has tenant == "a""#;
    assert!(ran.out.contains(told), "{}", ran.out);
}

#[test]
fn what_a_rule_nearly_met_stands_below_its_summary() {
    let ran = replay(&desk(), &["--summary"]);
    insta::assert_snapshot!("near_misses", ran.out);
    let lines = replay(&desk(), &["--summary", "--format", "json"]).json_lines();
    let of = |rule: &str| -> Value {
        let mut lines = lines.iter();
        lines.find(|line| line["summary"]["rule"] == rule).unwrap()["summary"].clone()
    };
    assert_eq!(of("reads-are-audited")["never_applied"], "when_never_held");
    assert_eq!(of("nothing-is-leaked")["never_applied"], "no_span");
    assert_eq!(
        of("reads-are-audited")["near_misses"],
        json!([
            "4 spans have data.contains_pii == true, none has db.system.name; nearest: db.system (4 spans)"
        ])
    );
    assert_eq!(of("quick").get("never_applied"), None);
    assert_eq!(of("calls-are-few").get("near_misses"), None);
}

#[test]
fn a_name_of_the_vocabulary_says_which_attributes_were_looked_for_and_what_came_instead() {
    let rules = r#"
rules:
  - { id: silent, condition: 'never { any.where(otel:ai.tool_call == c1) }' }
  - { id: other, condition: 'never { any.where(otel:http.resends > 3) }' }
  - { id: alone, condition: 'never { any.where(tenant == x) }' }
"#;
    let mut read = span(1, 2, 1, "SELECT");
    read.attributes = json!({"http.flavor": "1.1", "gen_ai.evaluation": "good"});
    let spans = [span(1, 1, 0, "order"), read];
    let desk = Desk::with(&[("rules.yaml", rules), ("traces.jsonl", &request(&spans))]);
    let ran = replay(&desk, &["--summary"]);
    for wanted in [
        "none has otel:ai.tool_call, that is gen_ai.tool.call.id, ai.toolCall.id, llamaindex.step.input_summary; what came instead: gen_ai.evaluation (1 span)",
        "none has otel:http.resends, that is http.request.resend_count, http.resend_count, http.retry_count; what came instead: http.flavor (1 span)",
    ] {
        assert!(ran.out.contains(wanted), "{}", ran.out);
    }
    let alone = ran.out.split("alone:").nth(1).unwrap();
    let alone = alone.split("other:").next().unwrap();
    assert!(
        !alone.contains("that is") && !alone.contains("instead"),
        "{alone}"
    );
}

#[test]
fn what_spans_say_where_a_rule_asks_for_something_else_is_told_and_each_span_counted_once() {
    let rules = r"
rules:
  - { id: chats, condition: 'never { any.where(otel:ai.operation == execute_tool) }' }
  - { id: sizes, condition: 'never { any.where(size > 9) }' }
";
    let asked = |id, attributes| {
        let mut asked = span(1, id, 1, "chat");
        asked.attributes = attributes;
        asked
    };
    let spans = [
        span(1, 1, 0, "order"),
        asked(
            2,
            json!({"gen_ai.operation.name": "chat", "openinference.span.kind": "LLM", "size": 1}),
        ),
        asked(3, json!({"gen_ai.operation.name": "chat", "size": 2})),
        asked(4, json!({"gen_ai.operation.name": "chat", "size": 3})),
        asked(5, json!({"size": 3.5})),
    ];
    let desk = Desk::with(&[("rules.yaml", rules), ("traces.jsonl", &request(&spans))]);
    let ran = replay(&desk, &["--summary"]);
    for wanted in [
        "3 spans have otel:ai.operation, with other values: gen_ai.operation.name \"chat\" (3 spans), openinference.span.kind \"LLM\" (1 span)\n",
        "4 spans have size, with other values: 1 (1 span), 2 (1 span), 3 (1 span), and others\n",
    ] {
        assert!(ran.out.contains(wanted), "{}", ran.out);
    }
}

#[test]
fn of_what_must_not_be_there_nothing_is_told() {
    let rules = "rules: [ { id: r, condition: 'when { pay and not refund } always { check }' } ]";
    let traces = std::fs::read_to_string(desk().path("traces.jsonl")).unwrap();
    let desk = Desk::with(&[("rules.yaml", rules), ("traces.jsonl", &traces)]);
    let lines = replay(&desk, &["--summary", "--format", "json"]).json_lines();
    let near = &lines[0]["summary"]["near_misses"];
    assert_eq!(*near, json!(["no span is named pay"]));
}

#[test]
fn a_rule_that_never_applied_is_not_called_satisfied_without_that_word() {
    let ran = replay(&desk(), &["--verdicts", "satisfied"]);
    for line in ran.out.lines().filter(|line| line.starts_with("satisfied")) {
        let is_vacuous = line.ends_with("(vacuously: the rule never applied)");
        assert_eq!(is_vacuous, line.contains("nothing-is-leaked"), "{line}");
    }
    assert_eq!(ran.out.matches("vacuously").count(), 2, "{}", ran.out);
    for line in replay(&desk(), &["--verdicts", "satisfied", "--format", "json"]).json_lines() {
        let is_vacuous = line.get("never_applied") == Some(&json!(true));
        assert_eq!(is_vacuous, line["rule"] == "nothing-is-leaked", "{line}");
    }
}

#[test]
fn coverage_tells_a_rule_that_no_test_brings_into_play() {
    let desk = Desk::with(&[(
        "rules.yaml",
        r#"
rules:
  - id: misspelt
    condition: 'never { pament.leak }'
    tests:
      - { name: clean, trace: [ { span: payment.order } ], expect: satisfied }
  - id: elsewhere
    condition: 'when { a and b } always { c }'
    tests:
      - { name: alone, trace: [ { span: a } ], expect: not_applicable }
  - id: in-play
    condition: 'never { count(call) > 1 }'
    tests:
      - { name: one, trace: [ { span: call } ], expect: satisfied }
      - { name: two, trace: [ { span: call }, { span: call } ], expect: violated }
"#,
    )]);
    let ran = desk.run(&["test", "--coverage", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("vacuous_coverage", ran.out);
    let ran = desk.run(&["test", "--coverage", "--format", "json", "rules.yaml"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["coverage"][0]["satisfied"], false);
    assert_eq!(json["coverage"][0]["never_applied"], "no_span");
    assert_eq!(json["coverage"][1]["never_applied"], "when_never_held");
    assert_eq!(json["coverage"][2].get("never_applied"), None);
}

#[test]
fn very_many_rules_are_told_apart_without_asking_for_every_part() {
    // Each takes five probes; 800 of them all that there are.
    let rule = |n: usize| {
        format!("  - {{ id: r{n:04}, condition: 'never {{ nothing.where(k{n} == 1) }}' }}\n")
    };
    let rules: String = (0..801).map(rule).collect();
    let desk = desk();
    desk.write("rules.yaml", format!("rules:\n{rules}").as_bytes());
    let lines = replay(&desk, &["--summary", "--format", "json"]).json_lines();
    assert_eq!(lines.len(), 801);
    for (n, line) in lines.iter().enumerate() {
        let summary = &line["summary"];
        assert_eq!(summary["never_applied"], "no_span");
        let is_asked = summary.get("near_misses").is_some();
        assert_eq!(is_asked, n < 800, "{summary}");
    }
}

#[test]
fn a_selector_of_many_parts_is_not_taken_apart() {
    let filter = |parts: usize| {
        let parts: Vec<String> = (0..parts).map(|n| format!("k{n} == {n}")).collect();
        format!("never {{ any.where({}) }}", parts.join(" and "))
    };
    let desk = desk();
    let rules = format!(
        "rules: [ {{ id: eight, condition: '{}' }}, {{ id: nine, condition: '{}' }} ]",
        filter(8),
        filter(9)
    );
    desk.write("rules.yaml", rules.as_bytes());
    let lines = replay(&desk, &["--summary", "--format", "json"]).json_lines();
    assert!(
        lines[0]["summary"].get("near_misses").is_some(),
        "{}",
        lines[0]
    );
    assert!(
        lines[1]["summary"].get("near_misses").is_none(),
        "{}",
        lines[1]
    );
}

#[test]
fn a_part_is_told_as_the_rule_calls_it_with_what_no_span_has_of_it() {
    let rules = r#"
fields: { kind_of_store: [db.system.name, db.sytem] }
rules:
  - { id: a, condition: 'never { any.where(kind_of_store == redis) }' }
  - { id: b, condition: 'never { any.where(data.contains_pii + fee > 3) }' }
  - { id: c, condition: 'never { any.where(db.system == redis) }' }
  - { id: d, condition: 'never { any.where(fee == 1 or cost == 1) }' }
"#;
    let desk = desk();
    desk.write("rules.yaml", rules.as_bytes());
    let lines = replay(&desk, &["--summary", "--format", "json"]).json_lines();
    let near: Vec<&Value> = lines
        .iter()
        .map(|line| &line["summary"]["near_misses"][0])
        .collect();
    assert_eq!(
        near,
        [
            "no span has kind_of_store == \"redis\"; none has kind_of_store, that is db.system.name, db.sytem; what came instead: db.system (4 spans)",
            "no span has data.contains_pii + fee > 3; none has fee",
            "no span has db.system == \"redis\"; 4 spans have db.system, with other values: \"mysql\" (4 spans)",
            "no span has (fee == 1 or cost == 1)",
        ]
    );
}
