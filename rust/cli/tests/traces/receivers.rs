//! Jaeger and Zipkin documents are read as the Collector's receivers read them, field by field. What those
//! say stands in `testdata/formats/receivers.jsonl`, which `go/receivers` keeps fresh;
//! `BETRACE_RECEIVERS` names a longer file of that form.

use std::path::{Path, PathBuf};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use serde::Deserialize;

use super::support::*;

#[derive(Deserialize)]
struct Entry {
    kind: String,
    document: String,
    spans: Option<serde_json::Value>,
    refused: Option<String>,
}

fn entries() -> Vec<Entry> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats/receivers.jsonl");
    let path = std::env::var_os("BETRACE_RECEIVERS").map_or(kept, PathBuf::from);
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Spans each with their resource and scope, attributes in order.
fn spans(all: &[ResourceSpans]) -> Vec<(Vec<KeyValue>, String, String, Span)> {
    let sorted = |mut attributes: Vec<KeyValue>| {
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        attributes
    };
    let mut spans = Vec::new();
    for group in all {
        let resource = group.resource.clone().unwrap_or_default();
        for scope_spans in &group.scope_spans {
            let scope = scope_spans.scope.clone().unwrap_or_default();
            for span in &scope_spans.spans {
                let mut span = span.clone();
                span.attributes = sorted(span.attributes);
                span.status = Some(span.status.unwrap_or_default());
                for event in &mut span.events {
                    event.attributes = sorted(std::mem::take(&mut event.attributes));
                }
                for link in &mut span.links {
                    link.attributes = sorted(std::mem::take(&mut link.attributes));
                }
                let resource = sorted(resource.attributes.clone());
                spans.push((resource, scope.name.clone(), scope.version.clone(), span));
            }
        }
    }
    spans
}

/// Jaeger's newer HTTP status key stays beside the older one, under which alone the receiver puts it.
fn without_newer_key(spans: &mut [(Vec<KeyValue>, String, String, Span)]) {
    let drop = |attributes: &mut Vec<KeyValue>| {
        attributes.retain(|pair| pair.key != "http.response.status_code");
    };
    for (resource, _, _, span) in spans {
        drop(resource);
        drop(&mut span.attributes);
        span.events
            .iter_mut()
            .for_each(|event| drop(&mut event.attributes));
    }
}

#[test]
fn jaeger_and_zipkin_are_read_as_the_receivers_read_them() {
    let mut compared = std::collections::BTreeMap::<String, (u32, u32)>::new();
    for (line, entry) in entries().into_iter().enumerate() {
        let what = format!("line {}: {}", line + 1, entry.document);
        let ours = read(entry.document.as_bytes());
        let counts = compared.entry(entry.kind.clone()).or_default();
        let Some(theirs) = entry.spans else {
            assert!(entry.refused.is_some(), "{what}");
            assert_eq!(ours.names().len(), 0, "{what}");
            assert_eq!(ours.broken.len(), 1, "{what}");
            counts.1 += 1;
            continue;
        };
        assert_eq!(ours.broken, Vec::<String>::new(), "{what}");
        let theirs = read(theirs.to_string().as_bytes());
        assert_eq!(theirs.broken, Vec::<String>::new(), "{what}");
        let mut ours = spans(&ours.resource_spans);
        if entry.kind.starts_with("jaeger") {
            without_newer_key(&mut ours);
        }
        assert_eq!(ours, spans(&theirs.resource_spans), "{what}");
        assert_eq!(ours.len(), 1, "{what}");
        counts.0 += 1;
    }
    assert_eq!(compared.len(), 5, "{compared:?}");
    for (kind, (read, refused)) in &compared {
        assert!(*read >= 40, "{kind}: {read} read, {refused} refused");
    }
    let refused: u32 = compared.values().map(|(_, refused)| refused).sum();
    assert!(refused > 0, "no refusal was compared");
}
