//! Violations as people and backends meet them: the findings and the OTLP spans written for them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod messages;

use std::fmt::Write as _;

use betrace_engine::{
    CloseCause, Engine, Evidence, Finding, Role, Settings, Timestamp, ViolationTrace,
    encode_violations,
};
use betrace_lang::{SourceFile, compile};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::messages::{attribute, message_of, text};

const START: u64 = 1_700_000_000_000_000_000;
const MILLI: u64 = 1_000_000;

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
    let request = message_of(vec![text("service.name", "shop")], spans);
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
    let amount = |amount| vec![attribute("amount", Value::IntValue(amount))];
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

/// The violation spans of the rules of this file, by their rule's id in front of their status message.
fn written(trace: ViolationTrace) -> Vec<Span> {
    let bytes = encode_violations(&findings(RULES, spans()), trace, None);
    let mut request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    std::mem::take(&mut request.resource_spans[0].scope_spans[0].spans)
}

fn status(span: &Span) -> &str {
    &span.status.as_ref().unwrap().message
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

#[test]
fn the_status_message_says_first_which_rule_was_broken() {
    let said: Vec<String> = written(ViolationTrace::Offender)
        .iter()
        .map(|span| status(span).to_owned())
        .collect();
    let charge = "high-value (High-value payments): charge of 5000 ? in ";
    assert!(said[0].starts_with(charge), "{said:?}");
    for (said, id) in said[1..]
        .iter()
        .zip(["storm: never { ", "never-checked: always { "])
    {
        assert!(said.starts_with(id), "{said}");
    }
}

#[test]
fn the_link_to_the_parent_alone_says_that_it_is_one() {
    let kind = |link: &opentelemetry_proto::tonic::trace::v1::span::Link| {
        value(&link.attributes, "opentracing.ref_type").map(str::to_owned)
    };
    let mut others = 0;
    for span in written(ViolationTrace::Offender) {
        for link in &span.links {
            let is_parent = link.span_id == span.parent_span_id;
            others += usize::from(!is_parent);
            assert_eq!(kind(link).as_deref(), is_parent.then_some("child_of"));
        }
    }
    assert!(others > 0, "no violation shows a second span");
    for span in written(ViolationTrace::Own) {
        assert!(span.links.iter().all(|link| kind(link).is_none()));
    }
}

#[test]
fn the_spans_that_a_violation_shows_are_events_too() {
    for span in written(ViolationTrace::Offender) {
        assert_eq!(span.events.len(), span.links.len());
        for (event, link) in span.events.iter().zip(&span.links) {
            assert_eq!(event.name, "betrace.evidence");
            for key in ["betrace.role", "betrace.span.name", "service.name"] {
                assert!(value(&event.attributes, key).is_some(), "{key}");
                let of_link = value(&link.attributes, key);
                assert_eq!(value(&event.attributes, key), of_link);
            }
            let id: String = link
                .span_id
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(value(&event.attributes, "betrace.span.id"), Some(&*id));
        }
    }
    let storm = &written(ViolationTrace::Offender)[1];
    let at: Vec<u64> = storm
        .events
        .iter()
        .map(|event| (event.time_unix_nano - START) / MILLI)
        .collect();
    assert_eq!(at, [50, 52, 54]);
}

#[test]
fn a_list_without_entries_is_no_attribute() {
    let spans = written(ViolationTrace::Offender);
    let lists = |span: &Span| {
        let keys = span.attributes.iter().filter(|attribute| {
            let value = attribute.value.as_ref().and_then(|of| of.value.as_ref());
            matches!(value, Some(Value::ArrayValue(_)))
        });
        keys.count()
    };
    assert_eq!(spans.iter().map(lists).collect::<Vec<_>>(), [3, 0, 0]);
}

#[test]
fn below_its_trigger_a_violation_lasts_no_longer_than_that() {
    let rule = "rules: [ { id: r, condition: 'when each { pay as p } never { refund after p }' } ]";
    let lasts = |trace| {
        let spans = vec![
            span(1, 0, "order", 0, 100, Vec::new()),
            span(2, 1, "pay", 1, 3, Vec::new()),
            span(3, 1, "refund", 60, 69, Vec::new()),
        ];
        let bytes = encode_violations(&findings(rule, spans), trace, None);
        let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        let since = |at: u64| (at - START) / MILLI;
        (
            since(span.start_time_unix_nano),
            since(span.end_time_unix_nano),
        )
    };
    assert_eq!(lasts(ViolationTrace::Offender), (1, 3));
    assert_eq!(lasts(ViolationTrace::Own), (1, 69));
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

#[test]
fn a_name_that_is_the_id_is_said_once() {
    let rule = |name| {
        format!(
            "rules: [{{ id: paid, name: {name}, condition: 'never {{ order }}', message: no }}]"
        )
    };
    for (name, said) in [
        ("paid", "paid: no"),
        ("Is it paid?", "paid (Is it paid?): no"),
    ] {
        let findings = findings(&rule(name), spans());
        let bytes = encode_violations(&findings, ViolationTrace::Offender, None);
        let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(status(span), said);
    }
}

#[test]
fn a_finding_counts_all_that_it_shows_among_what_waits() {
    let rule = "rules: [{ id: r, condition: 'never { count(retry) > 7 }', message: '' }]";
    let retries = (2..=9).map(|id| span(id, 1, "retry", 1, 2, Vec::new()));
    let all = [span(1, 0, "order", 0, 9, Vec::new())]
        .into_iter()
        .chain(retries);
    let findings = findings(rule, all.collect());
    assert_eq!(findings[0].evidence.len(), 8);
    let least = size_of::<Finding>() + 8 * size_of::<Evidence>();
    assert!(findings[0].bytes() >= least as u64);
}

#[test]
fn the_service_of_a_violation_is_that_of_what_must_not_have_been_else_of_the_first_span_shown() {
    let shown = findings(RULES, spans()).into_iter();
    let shown: Vec<Finding> = shown.filter(|one| one.evidence.len() > 1).collect();
    assert!(!shown.is_empty());
    for (roles, service) in [
        ([Role::Trigger, Role::Offender], "second"),
        ([Role::Offender, Role::Witness], "first"),
        ([Role::Trigger, Role::Witness], "first"),
    ] {
        let mut shown = shown.clone();
        for finding in &mut shown {
            finding.evidence.truncate(2);
            for (at, span) in finding.evidence.iter_mut().enumerate() {
                (span.role, span.service) = (roles[at], ["first", "second"][at].to_owned());
            }
        }
        let bytes = encode_violations(&shown, ViolationTrace::Offender, None);
        let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
        for span in &request.resource_spans[0].scope_spans[0].spans {
            let said = value(&span.attributes, "betrace.offender.service.name");
            assert_eq!(said, Some(service), "{roles:?}");
        }
    }
}
