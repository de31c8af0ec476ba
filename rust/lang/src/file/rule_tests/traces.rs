//! Reads the traces of a test that has several.

use crate::codes::files as codes;
use crate::file::read::Reader;
use crate::file::rule_tests::model::TestTrace;
use crate::file::rule_tests::span::{read_duration, read_trace};
use crate::file::yaml::YamlNode;

/// Keys of a trace among several.
pub(crate) const TRACE_KEYS: &[&str] = &["trace", "at", "repeat"];

pub(super) fn read_traces(reader: &mut Reader<'_>, node: &YamlNode<'_>) -> Vec<TestTrace> {
    let mut traces = Vec::new();
    let (mut all, mut spans) = (0u64, 0u64);
    let most = reader.limits.test_traces as u64;
    for item in reader.items(node, "`traces`") {
        let Some(trace) = read_one(reader, item) else {
            continue;
        };
        all = all.saturating_add(trace.repeat);
        spans = spans.saturating_add(trace.repeat.saturating_mul(trace.spans.len() as u64));
        if all > most || spans > most {
            let range = reader.span(item);
            let message = format!("the traces of a test have {most} spans at most, all together");
            reader.report(codes::TOO_MANY, range, message);
            break;
        }
        traces.push(trace);
    }
    traces
}

fn read_one(reader: &mut Reader<'_>, node: &YamlNode<'_>) -> Option<TestTrace> {
    let fields = reader.fields(node, "a trace", TRACE_KEYS)?;
    if fields.value("trace").is_none() {
        reader.missing(&fields, "trace", "a trace");
    }
    let spans = fields.value("trace").map(|node| read_trace(reader, node));
    let at = fields.value("at");
    let at = at.and_then(|node| read_duration(reader, node, "`at`"));
    let repeat = fields.value("repeat");
    let repeat = repeat.and_then(|node| reader.count(node, "`repeat`"));
    Some(TestTrace {
        spans: spans?,
        at: at.unwrap_or(0),
        repeat: repeat.unwrap_or(1),
    })
}
