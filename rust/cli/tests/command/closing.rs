//! `betrace replay --close idle`: when traces close, and what comes later.

use super::support::*;
use serde_json::{Value, json};

/// Traces of a few seconds in their own time: `(id, parent, name, start in ms, end in ms)` in each message.
type Message<'a> = &'a [(u64, u64, &'a str, u64, u64)];

/// What a rule says of one trace, as lines of JSON, the summary last.
fn replayed(condition: &str, messages: &[Message<'_>]) -> Vec<Value> {
    let rules = format!("rules: [ {{ id: r, condition: '{condition}' }} ]");
    let messages: Vec<String> = messages
        .iter()
        .map(|spans| {
            let spans = spans.iter().map(|&(id, parent, name, start, end)| Made {
                times: (start, end),
                ..span(1, id, parent, name)
            });
            request(&spans.collect::<Vec<_>>())
        })
        .collect();
    let desk = Desk::with(&[
        ("rules.yaml", &rules),
        ("traces.jsonl", &messages.join("\n")),
    ]);
    let args = "replay --rules rules.yaml --format json --verdicts all --summary --close idle traces.jsonl";
    let ran = desk.run(&args.split(' ').collect::<Vec<_>>());
    assert!(ran.code < 2, "{}", ran.err);
    ran.json_lines()
}

/// Verdict and reason of each finding.
fn verdicts(lines: &[Value]) -> Vec<(&str, &str)> {
    let findings = lines.iter().filter(|line| line.get("summary").is_none());
    let short = findings.map(|line| {
        let reason = line["reason"].as_str().unwrap_or("");
        (line["verdict"].as_str().unwrap(), reason)
    });
    short.collect()
}

const READ: Message<'_> = &[(2, 1, "SELECT", 0, 100), (1, 0, "GET /me", 0, 200)];

#[test]
fn a_deadline_longer_than_the_idle_time_holds_the_trace_open() {
    let rule = "when each { SELECT as r } always { audit.log after r within 30s }";
    let in_time = replayed(rule, &[READ, &[(3, 1, "audit.log", 14_000, 14_100)]]);
    assert_eq!(verdicts(&in_time), [("satisfied", "")]);
    // Another trace carries the time on.
    let too_late = replayed(rule, &[READ, &[(3, 1, "audit.log", 41_000, 41_100)]]);
    assert_eq!(verdicts(&too_late), [("violated", "")]);
    let endless = replayed(
        "when each { SELECT as r } always { audit.log after r within 1h }",
        &[READ, &[(3, 1, "audit.log", 301_000, 302_000)]],
    );
    assert_eq!(verdicts(&endless)[0], ("inconclusive", "evicted"));
    assert_eq!(endless.last().unwrap()["summary"]["rule"], json!("r"));
}

#[test]
fn a_deadline_that_the_configured_times_cannot_honour_is_named() {
    let said = |trace: &str| {
        let config = format!(
            "processors:\n  betrace:\n    trace: {trace}\n    rules:\n      inline:\n        - id: r\n          condition: when {{ a }} always {{ a then b within 2m }}\n"
        );
        let desk = Desk::with(&[("otelcol.yaml", &config)]);
        let ran = desk.run(&["check", "--config", "otelcol.yaml"]);
        (ran.code, ran.out + &ran.err)
    };
    assert!(!said("{ max_age: 130s }").1.contains("W0007"));
    let (code, text) = said("{ max_age: 129s }");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("warning[W0007]: `within 2m` is longer than a trace is kept open, 119s"),
        "{text}"
    );
    assert!(text.contains("otelcol.yaml:6:15"), "{text}");
    assert!(
        !said("{ max_age: 3m, idle_timeout: 1m }")
            .1
            .contains("W0007")
    );
    assert!(
        said("{ max_age: 3m, idle_timeout: 61s }")
            .1
            .contains("W0007")
    );
    let (code, text) = said("{ max_age: 1m, root_timeout: 61s }");
    assert_eq!(code, 1);
    assert!(
        text.contains("trace.root_timeout: 61s is longer than trace.max_age, 1m"),
        "{text}"
    );
}

#[test]
fn a_violation_that_a_later_span_contradicts_stays_and_is_counted() {
    let rule = "when each { SELECT as r } always { audit.log after r }";
    let late = replayed(rule, &[READ, &[(3, 1, "audit.log", 14_000, 14_100)]]);
    assert_eq!(verdicts(&late), [("violated", "")]);
    let summary = &late.last().unwrap()["summary"];
    assert_eq!(summary["violations_contradicted"], json!(1));
    let other = replayed(rule, &[READ, &[(3, 1, "other", 14_000, 14_100)]]);
    let summary = &other.last().unwrap()["summary"];
    assert_eq!(summary["violations_contradicted"], json!(null));
}

#[test]
fn the_order_of_copies_that_differ_does_not_decide() {
    let call = |status: &str, end: u64| {
        let made = Made {
            attributes: json!({ "status": status }),
            times: (1, end),
            ..span(1, 2, 1, "POST")
        };
        request(&[made])
    };
    let judged = |condition: &str, copies: &[(&str, u64)]| {
        let rules = format!("rules: [ {{ id: r, condition: '{condition}' }} ]");
        let mut lines = vec![request(&[span(1, 1, 0, "GET /")])];
        lines.extend(copies.iter().map(|(status, end)| call(status, *end)));
        let desk = Desk::with(&[("rules.yaml", &rules), ("traces.jsonl", &lines.join("\n"))]);
        let args = "replay --rules rules.yaml --format json --verdicts all traces.jsonl";
        let lines = desk.run(&args.split(' ').collect::<Vec<_>>()).json_lines();
        let [one] = &verdicts(&lines)[..] else {
            panic!("one verdict");
        };
        format!("{} {}", one.0, one.1)
    };
    let rule = "when { POST } always { POST.where(status == 200) }";
    let first_fails = judged(rule, &[("499", 10), ("500", 40), ("200", 80)]);
    assert_eq!(first_fails, "inconclusive conflict");
    // What is present stays present: no order says the contrary.
    assert_eq!(
        judged(rule, &[("200", 80), ("499", 10), ("500", 40)]),
        "satisfied "
    );
    // What no rule reads does not tell copies apart, be it another attribute or when they ended.
    let unread = "when { POST } always { audit }";
    assert_eq!(judged(unread, &[("499", 10), ("200", 80)]), "violated ");
    let read = "when { POST } always { audit before POST }";
    assert_eq!(
        judged(read, &[("200", 10), ("200", 80)]),
        "inconclusive conflict"
    );
}
