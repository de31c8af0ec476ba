//! A recorded trace as it is drawn.

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

use crate::drawing::{Drawn, Parent, quoted};

use super::trace::{Recorded, parents};

impl Recorded {
    /// Its spans, marked with what `marks` says of a span id.
    #[must_use]
    pub fn drawn(&self, marks: impl Fn(&[u8]) -> Vec<String>) -> Vec<Drawn> {
        let (spans, begin) = (self.spans(), self.begin());
        let parents = parents(&spans).into_iter();
        spans
            .iter()
            .zip(parents)
            .map(|(placed, parent)| {
                let span = placed.span;
                let service = placed.service();
                let since = |time: u64| i64::try_from(i128::from(time) - i128::from(begin)).ok();
                let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
                Drawn {
                    service: if service.is_empty() {
                        "unknown service".to_owned()
                    } else {
                        service.to_owned()
                    },
                    name: span.name.clone(),
                    times: since(start)
                        .zip(since(end))
                        .filter(|_| start > 0 && end > 0),
                    attributes: span
                        .attributes
                        .iter()
                        .map(|one| (one.key.clone(), shown(one.value.as_ref(), 0)))
                        .collect(),
                    parent: match parent {
                        None => Parent::Root,
                        Some(None) => Parent::Lost,
                        Some(Some(index)) => Parent::Span(index),
                    },
                    marks: marks(&span.span_id),
                }
            })
            .collect()
    }
}

/// Lists within lists are shown so deep.
const DEEPEST: usize = 4;

fn shown(value: Option<&AnyValue>, depth: usize) -> String {
    let Some(value) = value.and_then(|value| value.value.as_ref()) else {
        return "null".to_owned();
    };
    match value {
        Value::StringValue(text) => quoted(text),
        Value::BoolValue(value) => value.to_string(),
        Value::IntValue(value) => value.to_string(),
        Value::DoubleValue(value) => value.to_string(),
        Value::BytesValue(bytes) => format!("({} bytes)", bytes.len()),
        Value::ArrayValue(_) | Value::KvlistValue(_) if depth >= DEEPEST => "…".to_owned(),
        Value::ArrayValue(all) => {
            let all = all.values.iter().map(|value| shown(Some(value), depth + 1));
            format!("[{}]", all.collect::<Vec<_>>().join(", "))
        }
        Value::KvlistValue(all) => {
            let all = all.values.iter();
            let all =
                all.map(|one| format!("{}: {}", one.key, shown(one.value.as_ref(), depth + 1)));
            format!("{{{}}}", all.collect::<Vec<_>>().join(", "))
        }
        // Of the profiles signal: an index into a table that traces have not.
        Value::StringValueStrindex(_) => "null".to_owned(),
    }
}
