//! The path that `docs/walks/walk.py` follows: one rule's text from [`betrace_lang::load`] to the checked rule, then
//! one message of three spans from [`Engine::consume`] to the finding it settles. Prints how many rules and findings.
#![allow(clippy::print_stdout, reason = "a walk is shown")]

use betrace_engine::{Engine, Settings, Timestamp};
use betrace_lang::{Limits, SourceFile, load};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: walk RULES.yaml")?;
    let file = SourceFile::new(path.clone(), std::fs::read_to_string(path)?);
    let loaded = load(&[file], &Limits::default());
    let rules = loaded.rules.into_iter().map(|loaded| loaded.rule).collect();

    let engine = Engine::new(rules, Settings::default(), NOW)?;
    engine.consume(&message(), NOW)?;
    let findings = engine.take_findings(usize::MAX);
    println!("{} rules, {} findings", loaded.rule_count, findings.len());
    Ok(())
}

/// What the rule asks for and what breaks it, in one trace.
fn message() -> Vec<u8> {
    let spans = vec![
        span(
            1,
            "payment.charge",
            Some(("amount", Value::IntValue(2_000))),
        ),
        span(2, "fraud_check", None),
        span(3, "bypass", None),
    ];
    let service = attribute("service.name", Value::StringValue("shop".into()));
    let resource = Resource {
        attributes: vec![service],
        ..Resource::default()
    };
    let resource_spans = vec![ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![ScopeSpans {
            spans,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn span(id: u8, name: &str, value: Option<(&str, Value)>) -> Span {
    let start = NOW.0 + u64::from(id) * 1_000_000;
    Span {
        trace_id: vec![7; 16],
        span_id: vec![id; 8],
        name: name.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start + 500_000,
        attributes: value
            .map(|(key, value)| attribute(key, value))
            .into_iter()
            .collect(),
        ..Span::default()
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
