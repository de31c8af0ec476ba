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
