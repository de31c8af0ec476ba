//! Violations as people and backends meet them: the findings and the OTLP spans written for them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::fmt::Write as _;

use betrace_engine::{
    CloseCause, Engine, Finding, Settings, Timestamp, ViolationTrace, encode_violations,
};
use betrace_lang::{SourceFile, compile};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

const START: u64 = 1_700_000_000_000_000_000;
const MILLI: u64 = 1_000_000;

fn text(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn span(id: u8, parent: u8, name: &str, start: u64, end: u64, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![0xa1; 16],
        span_id: vec![id; 8],
        parent_span_id: if parent == 0 {
            Vec::new()
        } else {
            vec![parent; 8]
        },
        name: name.into(),
        start_time_unix_nano: START + start * MILLI,
        end_time_unix_nano: START + end * MILLI,
        attributes,
        ..Span::default()
    }
}

fn findings(rules: &str, spans: Vec<Span>) -> Vec<Finding> {
    let rules = compile(&[SourceFile::new("rules.yaml", rules)]).unwrap();
    let now = Timestamp(START + 60_000 * MILLI);
    let settings = Settings {
        early: false,
        restart_grace: false,
        ..Settings::default()
    };
    let engine = Engine::new(rules, settings, Timestamp(START + 59_000 * MILLI)).unwrap();
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", Value::StringValue("shop".into()))],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    engine.consume(&request.encode_to_vec(), now).unwrap();
    engine.close_traces(now, CloseCause::EndOfInput);
    engine.take_findings(100)
}

/// What a violation says, a line for each fact.
fn shown(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        writeln!(
            out,
            "{} {:?} {:?} {:?}",
            finding.rule.id.0, finding.verdict, finding.clause, finding.reason
        )
        .unwrap();
        writeln!(
            out,
            "  {:?} count {} complete {}",
            finding.clause_text, finding.count, finding.complete
        )
        .unwrap();
        writeln!(out, "  {:?} id {}", finding.message, finding.violation_id).unwrap();
        writeln!(
            out,
            "  from {} to {} ms",
            (finding.start - START) / MILLI,
            (finding.end - START) / MILLI
        )
        .unwrap();
        for evidence in &finding.evidence {
            writeln!(
                out,
                "  {:?} {} {} {}",
                evidence.role, evidence.span_id, evidence.name, evidence.service
            )
            .unwrap();
        }
    }
    out
}

const RULES: &str = r#"
rules:
  - id: high-value
    name: High-value payments
    severity: critical
    tags: [payments, fraud]
    compliance: { SOC2: [CC6.1], HIPAA: ["164.312(b)"] }
    message: "charge of {p.amount} {p.currency} in {trace:id}, {count} found"
    condition: |
      when each { charge.where(amount > 1000) as p }
      always { fraud_check before p }
      never { bypass }
  - id: storm
    condition: never { audit or count(retry) > 2 }
  - id: never-checked
    condition: always { login and audit.log }
"#;

fn spans() -> Vec<Span> {
    let amount = |amount| vec![text("amount", Value::IntValue(amount))];
    vec![
        span(1, 0, "order", 0, 100, Vec::new()),
        span(2, 1, "login", 1, 2, Vec::new()),
        span(3, 1, "charge", 10, 20, amount(5000)),
        span(4, 1, "charge", 30, 40, amount(10)),
        span(5, 1, "retry", 50, 51, Vec::new()),
        span(6, 1, "retry", 52, 53, Vec::new()),
        span(7, 1, "retry", 54, 55, Vec::new()),
    ]
}

#[test]
fn findings_name_clause_evidence_and_message() {
    insta::assert_snapshot!(shown(&findings(RULES, spans())));
}

#[test]
fn a_violation_span_carries_all_of_the_finding() {
    let bytes = encode_violations(&findings(RULES, spans()), ViolationTrace::Offender, None);
    let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    insta::assert_debug_snapshot!(request.resource_spans[0].scope_spans[0].spans[0]);
    let spans = &request.resource_spans[0].scope_spans[0].spans;
    assert_eq!(spans.len(), 3);
    for span in spans {
        assert_eq!(span.trace_id, vec![0xa1; 16]);
        assert!(!span.parent_span_id.is_empty());
    }
}

#[test]
fn in_a_trace_of_its_own_a_violation_only_links_to_the_offender() {
    let bytes = encode_violations(&findings(RULES, spans()), ViolationTrace::Own, None);
    let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    let spans = &request.resource_spans[0].scope_spans[0].spans;
    assert_eq!(spans.len(), 3);
    for span in spans {
        assert_ne!(span.trace_id, vec![0xa1; 16]);
        assert!(span.parent_span_id.is_empty());
        assert!(!span.links.is_empty());
        for link in &span.links {
            assert_eq!(link.trace_id, vec![0xa1; 16]);
        }
    }
}

#[test]
fn the_same_facts_have_the_same_id() {
    let first = findings(RULES, spans());
    let mut turned = spans();
    turned.reverse();
    turned.extend(spans());
    assert_eq!(shown(&first), shown(&findings(RULES, turned)));
}

#[test]
fn a_rule_that_emits_none_has_no_spans() {
    let counted = RULES.replace("  - id: storm", "    emit: none\n  - id: storm");
    let bytes = encode_violations(&findings(&counted, spans()), ViolationTrace::Offender, None);
    let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    assert_eq!(request.resource_spans[0].scope_spans[0].spans.len(), 2);
    let all = RULES.replace("    condition:", "    emit: none\n    condition:");
    assert!(encode_violations(&findings(&all, spans()), ViolationTrace::Offender, None).is_empty());
}

#[test]
fn nothing_violated_is_nothing_written() {
    assert!(encode_violations(&[], ViolationTrace::Offender, None).is_empty());
}
