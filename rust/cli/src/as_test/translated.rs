//! A recorded trace as the trace of a test.

use std::sync::Arc;

use betrace_lang::LineColumn;
use betrace_lang::rule::Completeness;
use betrace_lang::rule_test::{
    AttributeValue, Expectation, Instrumentation, RuleTest, SpanKind, SpanStatus, TestEvent,
    TestLink, TestParent, TestSpan,
};
use betrace_lang::verdict::Verdict;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::Link;

use crate::recording::{Placed, Recorded, parents};

/// Its spans, parents before their children. What it is to expect is not known yet.
#[must_use]
pub fn translated(recorded: &Recorded, completeness: Completeness) -> RuleTest {
    let (placed, begin) = (recorded.spans(), recorded.begin());
    let parents = parents(&placed);
    let mut order = Vec::new();
    let mut place_of = vec![None; placed.len()];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); placed.len()];
    for (index, parent) in parents.iter().enumerate() {
        if let Some(Some(parent)) = parent {
            children[*parent].push(index);
        }
    }
    let tops = (0..placed.len()).filter(|index| !matches!(parents[*index], Some(Some(_))));
    let mut open: Vec<usize> = tops.collect();
    open.reverse();
    while let Some(index) = open.pop() {
        place_of[index] = Some(order.len());
        order.push(index);
        open.extend(children[index].iter().rev());
    }
    let spans = order.iter().map(|&index| {
        let parent = match parents[index] {
            None => TestParent::Root,
            Some(None) => TestParent::Lost,
            Some(Some(parent)) => place_of[parent].map_or(TestParent::Lost, TestParent::Span),
        };
        let leads_to = |link: &Link| {
            let own = &placed[index].span.trace_id;
            let is = |other: &Placed<'_>| other.span.span_id == link.span_id;
            let to = placed.iter().position(is).filter(|_| link.trace_id == *own);
            to.and_then(|to| place_of[to])
        };
        span(&placed[index], parent, begin, leads_to)
    });
    RuleTest {
        name: format!("as recorded in trace {}", recorded.trace),
        place: LineColumn { line: 1, column: 1 },
        spans: spans.collect(),
        traces: Vec::new(),
        is_incomplete: recorded.is_partial,
        completeness,
        expect: Expectation {
            verdict: Verdict::NotApplicable,
            reason: None,
            clause: None,
            evidence: Vec::new(),
            count: None,
            violations: None,
            message: None,
        },
    }
}

/// `leads_to`: the place of the span that a link names.
fn span(
    placed: &Placed<'_>,
    parent: TestParent,
    begin: u64,
    leads_to: impl Fn(&Link) -> Option<usize>,
) -> TestSpan {
    let span = placed.span;
    let since = |time: u64| i64::try_from(i128::from(time) - i128::from(begin)).unwrap_or(0);
    let status = span.status.as_ref();
    let resource: Vec<(String, AttributeValue)> = attributes(placed.resource)
        .into_iter()
        .filter(|(key, _)| key != "service.name")
        .collect();
    TestSpan {
        label: None,
        name: span.name.clone(),
        service: Arc::from(placed.service()),
        parent,
        kind: match span.kind {
            1 => SpanKind::Internal,
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Unspecified,
        },
        status: match status.map_or(0, |status| status.code) {
            1 => SpanStatus::Ok,
            2 => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
        status_message: status.map_or_else(String::new, |status| status.message.clone()),
        start: since(span.start_time_unix_nano),
        end: since(span.end_time_unix_nano),
        attributes: attributes(&span.attributes),
        resource: resource.into(),
        instrumentation: placed
            .scope
            .map(|scope| Instrumentation {
                name: scope.name.clone(),
                version: scope.version.clone(),
                attributes: attributes(&scope.attributes),
            })
            .unwrap_or_default(),
        events: span
            .events
            .iter()
            .map(|event| TestEvent {
                name: event.name.clone(),
                at: since(event.time_unix_nano),
                attributes: attributes(&event.attributes),
            })
            .collect(),
        links: span
            .links
            .iter()
            .map(|link| TestLink {
                to: leads_to(link),
                attributes: attributes(&link.attributes),
            })
            .collect(),
    }
}

/// Of equal keys the first counts, as everywhere.
fn attributes(all: &[KeyValue]) -> Vec<(String, AttributeValue)> {
    let mut kept: Vec<(String, AttributeValue)> = Vec::new();
    for one in all {
        if !kept.iter().any(|(key, _)| *key == one.key) {
            kept.push((one.key.clone(), value(one.value.as_ref())));
        }
    }
    kept
}

fn value(value: Option<&AnyValue>) -> AttributeValue {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::BoolValue(value)) => AttributeValue::Bool(*value),
        Some(Value::IntValue(value)) => AttributeValue::Int(*value),
        Some(Value::DoubleValue(value)) => AttributeValue::Float(*value),
        Some(Value::StringValue(text)) => AttributeValue::Text(text.clone()),
        Some(Value::ArrayValue(all)) => AttributeValue::Array(
            all.values
                .iter()
                .map(|one| self::value(Some(one)))
                .collect(),
        ),
        Some(Value::KvlistValue(all)) => AttributeValue::Map(attributes(&all.values)),
        // Bytes cannot be written in a test; no rule reads them.
        _ => AttributeValue::Empty,
    }
}
