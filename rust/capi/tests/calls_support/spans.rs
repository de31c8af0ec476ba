//! Small messages of few ids and names, so that spans meet.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use super::feed::Feed;

pub const SECOND: u64 = 1_000_000_000;
pub const START: u64 = 1_700_000_000 * SECOND;

/// Up to eight spans of four traces.
pub fn message(feed: &mut Feed<'_>) -> Vec<u8> {
    let spans = (0..feed.below(9)).map(|_| span(feed)).collect();
    let scope = ScopeSpans {
        spans,
        ..ScopeSpans::default()
    };
    let resource = ResourceSpans {
        scope_spans: vec![scope],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![resource],
    }
    .encode_to_vec()
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn span(feed: &mut Feed<'_>) -> Span {
    let (own, parent) = (feed.byte(), feed.byte());
    let start = START + u64::from(feed.byte()) * SECOND / 8;
    let end = start.wrapping_add_signed(i64::from(feed.byte() as i8) * 1_000_000);
    let number = feed.byte();
    Span {
        trace_id: vec![1 + own % 4; 16],
        span_id: vec![1 + own / 4 % 16; 8],
        parent_span_id: match parent % 17 {
            0 => Vec::new(),
            id => vec![id; 8],
        },
        name: ["a", "b", "c", ""][usize::from(parent / 17) % 4].to_owned(),
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes: vec![
            attribute("n", Value::IntValue(i64::from(number))),
            attribute("t", Value::StringValue(format!("t{}", number % 10))),
        ],
        ..Span::default()
    }
}
