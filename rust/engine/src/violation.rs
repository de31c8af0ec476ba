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

use crate::finding::{Evidence, Finding, OverWindow, Role};
use crate::id::SpanId;
use crate::mark::{self, MarkKey};

/// The name of the events that show the spans a violation rests on.
const EVIDENCE: &str = "betrace.evidence";
/// How `OpenTelemetry`'s conventions say what kind of reference a link is.
const REFERENCE: &str = "opentracing.ref_type";

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
    let parent = match trace {
        ViolationTrace::Offender => finding.parent,
        ViolationTrace::Own => None,
    };
    let trace_id = match trace {
        ViolationTrace::Offender => finding.trace_id.0,
        ViolationTrace::Own => id,
    };
    let (start, end) = times(finding, parent);
    let mut attributes = attributes(finding);
    if let Some(key) = key {
        let mark = key.mark(&trace_id, &span_id);
        attributes.push(text(mark::MARK, &String::from_utf8_lossy(&mark)));
    }
    let links = finding.evidence.iter();
    let events = finding.evidence.iter();
    Span {
        trace_id: trace_id.to_vec(),
        span_id: span_id.to_vec(),
        parent_span_id: parent.map_or_else(Vec::new, |span| span.0.to_vec()),
        name: mark::NAME.to_owned(),
        kind: span::SpanKind::Internal as i32,
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes,
        events: events.map(|shown| event(shown, start)).collect(),
        links: links
            .map(|shown| link(finding, shown, parent))
            .chain(exemplars(finding))
            .collect(),
        status: Some(Status {
            message: summary(finding),
            code: status::StatusCode::Error as i32,
        }),
        ..Span::default()
    }
}

/// From when to when the violation lasts, in Unix nanoseconds: below another span no longer than that one, whatever came
/// of it later, so that it stands where its cause is; else from the trigger to the end of what it shows.
fn times(finding: &Finding, parent: Option<SpanId>) -> (u64, u64) {
    let above = finding.evidence.iter().find(|shown| {
        Some(shown.span_id) == parent && shown.start != 0 && shown.end >= shown.start
    });
    above.map_or((finding.start, finding.end.max(finding.start)), |shown| {
        (shown.start, shown.end)
    })
}

/// What a list of spans shows of it: which rule, then what happened. The message of a rule that has none of its own begins
/// with its id already.
fn summary(finding: &Finding) -> String {
    let rule = &finding.rule;
    let id = &*rule.id.0;
    let said = &*finding.message;
    let said = said
        .strip_prefix("rule ")
        .and_then(|said| said.strip_prefix(id))
        .and_then(|said| said.strip_prefix(" violated: "))
        .unwrap_or(said);
    match rule.name.as_deref() {
        Some(name) if name != id => format!("{id} ({name}): {said}"),
        _ => format!("{id}: {said}"),
    }
}

/// The link to a span that the violation rests on. Backends that know references instead of parents and links, as Jaeger
/// does, take a link to the parent for all there is between the two, and so for a span that merely follows another one
/// unless it says that it is a child.
fn link(finding: &Finding, shown: &Evidence, parent: Option<SpanId>) -> span::Link {
    let mut attributes = described(shown);
    if Some(shown.span_id) == parent {
        attributes.push(text(REFERENCE, "child_of"));
    }
    span::Link {
        trace_id: finding.trace_id.0.to_vec(),
        span_id: shown.span_id.0.to_vec(),
        attributes,
        ..span::Link::default()
    }
}

/// The same as an event at the start of that span: many backends show no attributes of links.
fn event(shown: &Evidence, start: u64) -> span::Event {
    let mut attributes = described(shown);
    attributes.push(text("betrace.span.id", &shown.span_id.to_string()));
    span::Event {
        time_unix_nano: if shown.start == 0 { start } else { shown.start },
        name: EVIDENCE.to_owned(),
        attributes,
        ..span::Event::default()
    }
}

fn described(shown: &Evidence) -> Vec<KeyValue> {
    vec![
        text("betrace.role", shown.role.as_str()),
        text("betrace.span.name", &shown.name),
        text("service.name", &shown.service),
    ]
}

/// Links to the traces that speak most against a rule over many.
fn exemplars(finding: &Finding) -> impl Iterator<Item = span::Link> {
    let window = finding.window.iter();
    let exemplars = window.flat_map(|window| &window.exemplars);
    exemplars.map(|(trace, span)| span::Link {
        trace_id: trace.0.to_vec(),
        span_id: span.0.to_vec(),
        attributes: vec![text("betrace.role", Role::Witness.as_str())],
        ..span::Link::default()
    })
}

/// What a rule over many traces measured, in attributes of their own.
fn of_window(window: &OverWindow, all: &mut Vec<KeyValue>) {
    let count = |count: u64| any_value::Value::IntValue(i64::try_from(count).unwrap_or(i64::MAX));
    let start = "betrace.window.start_unix_nano";
    all.push(attribute(start, count(window.start)));
    all.push(attribute("betrace.window.end_unix_nano", count(window.end)));
    all.push(text("betrace.window.measure", &window.measure));
    let keys = window.group.iter().map(|(field, _)| field.clone());
    all.extend(texts("betrace.window.group.keys", keys));
    let values = window.group.iter().map(|(_, value)| value.clone());
    all.extend(texts("betrace.window.group.values", values));
    let (value, bound) = (window.value, window.bound);
    let numbers = [
        ("betrace.window.value.low", value.map(|value| value.low)),
        ("betrace.window.value.high", value.map(|value| value.high)),
        ("betrace.window.bound.low", bound.map(|bound| bound.low)),
        ("betrace.window.bound.high", bound.map(|bound| bound.high)),
        ("betrace.window.confidence", window.confidence),
    ];
    // Infinite ends are left out: not every backend has a place for them.
    let numbers = numbers.into_iter().filter_map(|(key, number)| {
        let number = number.filter(|number| number.is_finite())?;
        Some(attribute(key, any_value::Value::DoubleValue(number)))
    });
    all.extend(numbers);
    let hits = window
        .hits
        .map(|hits| attribute("betrace.window.hits", count(hits)));
    all.extend(hits);
    all.push(attribute("betrace.window.unknown", count(window.unknown)));
    // What was measured is what came to this instance.
    all.push(attribute("betrace.window.instances", count(1)));
}

fn attributes(finding: &Finding) -> Vec<KeyValue> {
    let rule = &finding.rule;
    let name = rule.name.as_deref().unwrap_or(&rule.id.0);
    let mut all = vec![
        text("betrace.rule.id", &rule.id.0),
        text("betrace.rule.name", name),
        text("betrace.rule.severity", rule.severity.as_str()),
    ];
    let hash: String = rule
        .hash
        .0
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    all.push(text("betrace.rule.hash", &hash));
    all.extend(texts("betrace.rule.tags", rule.tags.iter().cloned()));
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
    for compliance in &*rule.compliance {
        if !frameworks.contains(&compliance.framework) {
            frameworks.push(compliance.framework.clone());
        }
    }
    all.extend(texts(
        "betrace.compliance.frameworks",
        frameworks.into_iter(),
    ));
    all.extend(texts(
        "betrace.compliance.controls",
        rule.compliance
            .iter()
            .flat_map(|compliance| compliance.controls.iter().cloned()),
    ));
    if let Some(window) = &finding.window {
        of_window(window, &mut all);
    }
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

/// A list, and no attribute at all where there is nothing in it.
fn texts(key: &str, values: impl Iterator<Item = String>) -> Option<KeyValue> {
    let values: Vec<AnyValue> = values
        .map(|value| AnyValue {
            value: Some(any_value::Value::StringValue(value)),
        })
        .collect();
    if values.is_empty() {
        return None;
    }
    let list = any_value::Value::ArrayValue(ArrayValue { values });
    Some(attribute(key, list))
}
