//! Attributes of a wrong type never alarm: each attribute of each recording is made every other type, one key of one trace at a
//! time, and no rule of the packs is violated that was not before. Where that is right, a table says why.

use std::collections::{BTreeMap, BTreeSet};

use super::instrumentation::recordings;
use super::support::*;
use serde_json::{Value, json};

const TYPES: [&str; 9] = [
    "text", "number", "fraction", "boolean", "list", "map", "bytes", "empty", "huge",
];

/// A rule, a key, and why it rightly is violated once the key is of another type.
const RIGHTLY: &[(&str, &str, &str)] = &[
    (
        "ai-tool-needs-approval",
        "gen_ai.tool.name",
        "the approval has it too: one that names no tool approves none",
    ),
    (
        "ai-tool-needs-approval",
        "approval.granted",
        "what does not say that it grants does not grant",
    ),
    (
        "ai-goal-adherence",
        "mcp.method.name",
        "without it the span is a tool that an agent calls, not one that a server of MCP is asked for",
    ),
    (
        "sre-hidden-failure",
        "db.operation.name",
        "with another word it is a query that failed, and no greeting of a driver",
    ),
    (
        "sre-poison-message",
        "messaging.message.id",
        "as booleans the ids of five messages are one",
    ),
];

/// What is no number becomes one that is its own.
fn number_of(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| {
        text.bytes()
            .fold(7, |all, byte| (all * 31 + i64::from(byte)) % 1_000_003)
    })
}

/// The same value as another type, as far as there is one: 200 as "200". Values that differ still do, but as booleans.
fn as_type(value: &Value, wanted: &str) -> Value {
    let text = match value.as_object().and_then(|value| value.values().next()) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    match wanted {
        "text" => json!({ "stringValue": text }),
        "number" => json!({ "intValue": number_of(&text).to_string() }),
        "fraction" => {
            json!({ "doubleValue": text.parse().unwrap_or(number_of(&text) as f64 + 0.5) })
        }
        "boolean" => json!({ "boolValue": true }),
        "list" => json!({ "arrayValue": { "values": [value] } }),
        "map" => json!({ "kvlistValue": { "values": [{ "key": "value", "value": value }] } }),
        "bytes" => json!({ "bytesValue": "AAECAw==" }),
        "empty" => json!({}),
        _ => json!({ "stringValue": format!("{}{text}", "x".repeat(8192)) }),
    }
}

/// The spans of a trace with their resource and scope, as requests of one span each.
fn traces(requests: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let mut traces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let none = Vec::new();
    let all = |value: &Value, key: &str| value[key].as_array().unwrap_or(&none).clone();
    for request in requests {
        for resource in all(request, "resourceSpans") {
            for scope in all(&resource, "scopeSpans") {
                for span in all(&scope, "spans") {
                    let trace = span["traceId"].as_str().unwrap().to_owned();
                    let alone = json!({ "resourceSpans": [{
                        "resource": resource["resource"],
                        "scopeSpans": [{ "scope": scope["scope"], "spans": [span] }],
                    }] });
                    traces.entry(trace).or_default().push(alone);
                }
            }
        }
    }
    traces
}

fn span(request: &mut Value) -> &mut Value {
    &mut request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
}

/// The attributes of a span and of its events.
fn attributes(span: &mut Value) -> impl Iterator<Item = &mut Value> {
    let Value::Object(span) = span else {
        unreachable!("a span is an object")
    };
    let lists = span.iter_mut().flat_map(|(key, value)| match &**key {
        "attributes" => vec![value],
        "events" => {
            let events = value.as_array_mut().into_iter().flatten();
            events
                .filter_map(|event| event.get_mut("attributes"))
                .collect()
        }
        _ => Vec::new(),
    });
    lists.flat_map(|list| list.as_array_mut().into_iter().flatten())
}

fn violated(desk: &Desk, file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let rules = root().join("rules");
    let ran = desk.run(&[
        "replay",
        "--format",
        "json",
        "--rules",
        rules.to_str().unwrap(),
        file,
    ]);
    assert!(ran.code <= 1, "{}", ran.err);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in ran.json_lines() {
        // A window holds copies of many recordings, which is no traffic.
        if line["verdict"] == "violated" && line["window"].is_null() {
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            found
                .entry(text("trace_id"))
                .or_default()
                .insert(text("rule"));
        }
    }
    found
}

fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All that the packs and the vocabulary are made of: a key that does not stand in it is read by nobody.
fn everything_read() -> String {
    let files = std::fs::read_dir(root().join("rules")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let texts = files
        .chain([root().join("rust/lang/data/vocabulary.txt")])
        .map(|path| std::fs::read_to_string(path).unwrap());
    texts.collect()
}

#[test]
fn an_attribute_of_a_wrong_type_in_any_position_never_alarms() {
    let read = everything_read();
    let mut lines = String::new();
    let mut of_copy = BTreeMap::new();
    let mut number = 0_u64;
    for (recording, requests) in recordings() {
        for (trace, mut requests) in traces(&requests) {
            let keys: BTreeSet<String> = requests
                .iter_mut()
                .flat_map(|request| attributes(span(request)))
                .map(|one| one["key"].as_str().unwrap().to_owned())
                .filter(|key| read.contains(&**key))
                .collect();
            let unchanged = (String::new(), "as it was");
            let changes = keys
                .iter()
                .flat_map(|key| TYPES.map(|wanted| (key.clone(), wanted)));
            for (key, wanted) in std::iter::once(unchanged).chain(changes) {
                number += 1;
                let id = format!("{number:032x}");
                for request in &requests {
                    let mut copy = request.clone();
                    span(&mut copy)["traceId"] = json!(id);
                    for one in attributes(span(&mut copy)).filter(|one| one["key"] == key) {
                        one["value"] = as_type(&one["value"], wanted);
                    }
                    lines.push_str(&copy.to_string());
                    lines.push('\n');
                }
                of_copy.insert(id, (recording.clone(), trace.clone(), key, wanted));
            }
        }
    }
    let desk = Desk::with(&[("changed.jsonl", &lines)]);
    let violated = violated(&desk, "changed.jsonl");
    let mut before: BTreeMap<(&str, &str), &BTreeSet<String>> = BTreeMap::new();
    for (id, rules) in &violated {
        let (recording, trace, key, _) = &of_copy[id];
        if key.is_empty() {
            before.insert((recording, trace), rules);
        }
    }
    let (mut new, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (id, rules) in &violated {
        let (recording, trace, key, wanted) = &of_copy[id];
        for rule in rules {
            let known = before.get(&(&**recording, &**trace));
            if known.is_some_and(|known| known.contains(rule)) {
                continue;
            }
            let reason = RIGHTLY
                .iter()
                .position(|(of, at, _)| of == rule && at == key);
            match reason {
                Some(reason) => _ = used.insert(reason),
                None => _ = new.insert(format!("{rule}: {key} as {wanted}, in {recording}")),
            }
        }
    }
    assert!(number > 3_000, "{number} copies");
    assert!(new.is_empty(), "{} alarms:\n{new:#?}", new.len());
    assert_eq!(
        used.len(),
        RIGHTLY.len(),
        "a reason is not needed: {used:?}"
    );
}
