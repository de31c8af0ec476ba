//! What was suggested, and what rules say of recordings.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::support::*;

/// What the command answered.
pub struct Asked {
    pub code: i32,
    pub lines: Vec<Value>,
    pub err: String,
}

impl Asked {
    pub fn of(desk: &Desk, args: &[&str]) -> Asked {
        let ran = desk.run(&[&["suggest", "--format", "json"], args].concat());
        assert!(ran.code < 2, "{}", ran.err);
        Asked {
            code: ran.code,
            lines: ran.json_lines(),
            err: ran.err,
        }
    }

    /// The conditions, the first first.
    pub fn rules(&self) -> Vec<&str> {
        let lines = self.lines.iter();
        lines
            .map(|line| line["condition"].as_str().unwrap())
            .collect()
    }
}

pub fn first(asked: &Asked, count: usize) -> impl Iterator<Item = &str> {
    asked.rules().into_iter().take(count)
}

/// A path in the repository.
pub fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join(path).to_string_lossy().into_owned()
}

/// The traces of a recording that break a condition.
pub fn broken_by(desk: &Desk, condition: &str, traces: &str) -> BTreeSet<String> {
    let lines: String = condition
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    let rules = format!("rules:\n  - id: asked\n    condition: |\n{lines}");
    desk.write("asked.yaml", rules.as_bytes());
    let ran = desk.run(&[
        "replay",
        "--rules",
        "asked.yaml",
        "--format",
        "json",
        "--verdicts",
        "violated",
        traces,
    ]);
    assert!(ran.code < 2, "{condition}: {}", ran.err);
    let lines = ran.json_lines();
    let ids = lines
        .iter()
        .map(|line| line["trace_id"].as_str().unwrap().to_owned());
    ids.collect()
}

/// A recording, unpacked.
pub fn text(path: &str) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    if path.ends_with(".zst") {
        zstd::Decoder::new(file)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
    } else {
        std::io::BufReader::new(file)
            .read_to_string(&mut text)
            .unwrap();
    }
    text
}

/// The spans of a recording, each with its resource.
pub fn spans(text: &str) -> Vec<(Value, Value)> {
    let mut all = Vec::new();
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        for resource in request["resourceSpans"].as_array().unwrap() {
            for scope in resource["scopeSpans"].as_array().unwrap() {
                for span in scope["spans"].as_array().unwrap() {
                    all.push((resource["resource"].clone(), span.clone()));
                }
            }
        }
    }
    all
}

/// One request a span.
pub fn written(spans: &[(Value, Value)]) -> String {
    let mut text = String::new();
    for (resource, span) in spans {
        let request = serde_json::json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]});
        text.push_str(&request.to_string());
        text.push('\n');
    }
    text
}

/// A recording in two, trace by trace in the order of their ids.
pub fn split(path: &str) -> (String, String) {
    let all = spans(&text(path));
    let ids: BTreeSet<&str> = all
        .iter()
        .map(|(_, span)| span["traceId"].as_str().unwrap())
        .collect();
    let odd: BTreeSet<&str> = ids.into_iter().skip(1).step_by(2).collect();
    let of = |wanted: bool| {
        let half: Vec<_> = all
            .iter()
            .filter(|(_, span)| odd.contains(span["traceId"].as_str().unwrap()) == wanted)
            .cloned()
            .collect();
        written(&half)
    };
    (of(false), of(true))
}
