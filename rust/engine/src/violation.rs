//! Violations as OTLP: one span each, in the offending trace or in a trace of its own.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status, span, status,
};
use prost::Message;

use betrace_lang::rule::Emit;
use betrace_lang::verdict::Verdict;

use crate::finding::{Finding, Role};
use crate::mark::{self, MarkKey};

/// In which trace a violation span appears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ViolationTrace {
    /// The offending one, below the span that triggered it.
    #[default]
    Offender,
    /// One of its own (its id is the violation's), linked to the evidence.
    Own,
}

/// The violated ones among `findings`, but for those of rules that send no spans, as the protobuf bytes of an `ExportTraceServiceRequest`; empty
/// where there is none. Those who have `key` know them by the mark that it leaves on each.
#[must_use]
pub fn encode_violations(
    findings: &[Finding],
    trace: ViolationTrace,
    key: Option<&MarkKey>,
) -> Vec<u8> {
    let spans: Vec<Span> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Violated)
        .filter(|finding| finding.rule.emit == Emit::Spans)
        .map(|finding| violation_span(finding, trace, key))
        .collect();
    if spans.is_empty() {
        return Vec::new();
    }
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", "betrace")],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: mark::SCOPE.to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
    .encode_to_vec()
}

fn violation_span(finding: &Finding, trace: ViolationTrace, key: Option<&MarkKey>) -> Span {
    let id = finding.violation_id.0;
    let span_id = mark::span_id(&id);
    let (trace_id, parent_span_id) = match trace {
        ViolationTrace::Offender => (
            finding.trace_id.0,
            finding.parent.map_or_else(Vec::new, |span| span.0.to_vec()),
        ),
        ViolationTrace::Own => (id, Vec::new()),
    };
    let mut attributes = attributes(finding);
    if let Some(key) = key {
        let mark = key.mark(&trace_id, &span_id);
        attributes.push(text(mark::MARK, &String::from_utf8_lossy(&mark)));
    }
    Span {
        trace_id: trace_id.to_vec(),
        span_id: span_id.to_vec(),
        parent_span_id,
        name: mark::NAME.to_owned(),
        kind: span::SpanKind::Internal as i32,
        start_time_unix_nano: finding.start,
        end_time_unix_nano: finding.end.max(finding.start),
        attributes,
        links: finding
            .evidence
            .iter()
            .map(|evidence| span::Link {
                trace_id: finding.trace_id.0.to_vec(),
                span_id: evidence.span_id.0.to_vec(),
                attributes: vec![
                    text("betrace.role", evidence.role.as_str()),
                    text("betrace.span.name", &evidence.name),
                    text("service.name", &evidence.service),
                ],
                ..span::Link::default()
            })
            .collect(),
        status: Some(Status {
            message: finding.message.clone(),
            code: status::StatusCode::Error as i32,
        }),
        ..Span::default()
    }
}

fn attributes(finding: &Finding) -> Vec<KeyValue> {
    let rule = &finding.rule;
    let mut all = vec![text("betrace.rule.id", &rule.id.0)];
    if let Some(name) = &rule.name {
        all.push(text("betrace.rule.name", name));
    } else {
        all.push(text("betrace.rule.name", &rule.id.0));
    }
    all.push(text("betrace.rule.severity", rule.severity.as_str()));
    let hash: String = rule
        .hash
        .0
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    all.push(text("betrace.rule.hash", &hash));
    all.push(texts("betrace.rule.tags", rule.tags.iter().cloned()));
    if let Some(clause) = finding.clause {
        all.push(text("betrace.clause", clause.as_str()));
    }
    all.push(text("betrace.clause.text", &finding.clause_text));
    all.push(text("betrace.message", &finding.message));
    all.push(text(mark::VIOLATION_ID, &finding.violation_id.to_string()));
    all.push(attribute(
        "betrace.count",
        any_value::Value::IntValue(i64::try_from(finding.count).unwrap_or(i64::MAX)),
    ));
    all.push(attribute(
        "betrace.trace.complete",
        any_value::Value::BoolValue(finding.complete),
    ));
    let offender = finding
        .evidence
        .iter()
        .find(|evidence| evidence.role == Role::Offender)
        .or(finding.evidence.first());
    all.push(text(
        "betrace.offender.service.name",
        offender.map_or("", |evidence| evidence.service.as_str()),
    ));
    let mut frameworks: Vec<String> = Vec::new();
    for compliance in &rule.compliance {
        if !frameworks.contains(&compliance.framework) {
            frameworks.push(compliance.framework.clone());
        }
    }
    all.push(texts(
        "betrace.compliance.frameworks",
        frameworks.into_iter(),
    ));
    all.push(texts(
        "betrace.compliance.controls",
        rule.compliance
            .iter()
            .flat_map(|compliance| compliance.controls.iter().cloned()),
    ));
    all
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.to_owned()))
}

fn texts(key: &str, values: impl Iterator<Item = String>) -> KeyValue {
    let values = values
        .map(|value| AnyValue {
            value: Some(any_value::Value::StringValue(value)),
        })
        .collect();
    attribute(key, any_value::Value::ArrayValue(ArrayValue { values }))
}
