//! The packs under `rules/` on the recorded demo shop: healthy traffic breaks none of their rules, and each fault of the shop
//! breaks the one that was written for it, in the very traces that a second reading finds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::support::*;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the packs find in a recording: by rule the traces.
fn found(recording: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (rules, traces) = (
        root().join("rules"),
        root().join("testdata/traces").join(recording),
    );
    let ran = Desk::with(&[]).run(&[
        "replay",
        "--format",
        "json",
        "--rules",
        rules.to_str().unwrap(),
        traces.to_str().unwrap(),
    ]);
    assert!(ran.code <= 1, "{}", ran.err);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in ran.json_lines() {
        assert_eq!(line["verdict"], "violated", "{line}");
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        found
            .entry(text("rule"))
            .or_default()
            .insert(text("trace_id"));
    }
    found
}

/// The spans of a recording by trace, read by a few lines that share nothing with the product.
fn traces(recording: &str) -> BTreeMap<String, Vec<Value>> {
    let bytes = std::fs::read(root().join("testdata/traces").join(recording)).unwrap();
    let mut text = String::new();
    if recording.ends_with(".zst") {
        zstd::Decoder::new(&*bytes)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let mut traces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let all = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        for resource in all(&request, "resourceSpans") {
            for scope in all(&resource, "scopeSpans") {
                for span in all(&scope, "spans") {
                    let trace = span["traceId"].as_str().unwrap().to_owned();
                    traces.entry(trace).or_default().push(span);
                }
            }
        }
    }
    traces
}

fn has(trace: &[Value], name: &str) -> bool {
    trace.iter().any(|span| span["name"] == name)
}

fn attribute<'v>(span: &'v Value, key: &str) -> Option<&'v Value> {
    let attributes = span["attributes"].as_array()?;
    let attribute = attributes.iter().find(|one| one["key"] == key)?;
    attribute["value"].as_object()?.values().next()
}

/// A fault of the shop: its recording, the rule that is there for it, and which traces have it.
type Fault = (&'static str, &'static str, fn(&[Value]) -> bool);

const FAULTS: [Fault; 5] = [
    (
        "skipped-fraud-check.jsonl",
        "compliance-high-value-payment",
        |trace| {
            let mut charges = trace
                .iter()
                .filter(|span| span["name"] == "payment.charge_card");
            charges.any(|span| attribute(span, "amount").and_then(Value::as_f64).unwrap() > 1000.0)
                && has(trace, "payment.bypass_validation")
        },
    ),
    (
        "missing-audit-record.jsonl",
        "compliance-pii-read-audited",
        |trace| has(trace, "database.query_pii") && !has(trace, "audit.log"),
    ),
    ("retry-storm.jsonl", "sre-retry-storm", |trace| {
        let sent_again = trace
            .iter()
            .filter(|span| attribute(span, "http.request.resend_count").is_some());
        sent_again.count() > 10
    }),
    (
        "unauthorised-access.jsonl",
        "security-admin-authorised",
        |trace| has(trace, "auth.bypass") && !has(trace, "auth.check_admin"),
    ),
    ("unapproved-tool.jsonl", "ai-tool-needs-approval", |trace| {
        has(trace, "execute_tool issue_refund") && !has(trace, "agent.approve_tool")
    }),
];

#[test]
fn healthy_traffic_of_the_shop_breaks_no_rule_of_the_packs() {
    let recording = "healthy.jsonl.zst";
    assert_eq!(traces(recording).len(), 200);
    assert_eq!(found(recording), BTreeMap::new());
    for (_, rule, has_fault) in FAULTS {
        let faulty = traces(recording).values().any(|trace| has_fault(trace));
        assert!(!faulty, "the second reading of {rule} finds healthy faults");
    }
}

#[test]
fn each_fault_of_the_shop_breaks_the_rule_that_is_there_for_it_and_no_other() {
    for (recording, rule, has_fault) in FAULTS {
        let faulty: BTreeSet<String> = traces(recording)
            .into_iter()
            .filter(|(_, trace)| has_fault(trace))
            .map(|(id, _)| id)
            .collect();
        assert!(faulty.len() >= 2, "{recording}: {faulty:?}");
        assert_eq!(
            found(recording),
            BTreeMap::from([(rule.to_owned(), faulty)]),
            "{recording}"
        );
    }
}
