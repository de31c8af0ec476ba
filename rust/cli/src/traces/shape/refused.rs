//! JSON that people take for traces, or that comes from the same places: what it is, and what to do
//! instead.

use super::keys::{Key, Keys};

struct Refusal {
    tells: fn(Keys) -> bool,
    says: &'static str,
}

const REFUSALS: [Refusal; 13] = [
    Refusal {
        tells: |keys| keys.has(Key::Traces) || keys.has(Key::RootTraceName),
        says: "a search result of Tempo, which has no spans: download each trace (/api/v2/traces/ID) instead",
    },
    Refusal {
        tells: |keys| keys.all(&[Key::Data, Key::Errors]),
        says: "an answer of Jaeger without traces; its `errors` say why",
    },
    Refusal {
        tells: |keys| keys.all(&[Key::Data, Key::Status]),
        says: "an answer of Prometheus or Loki, which has no spans",
    },
    Refusal {
        tells: |keys| keys.any(&[Key::TracesOfXRay, Key::Segments]),
        says: "traces of AWS X-Ray, which are not read: export with OTLP to the Collector's file exporter instead",
    },
    Refusal {
        tells: |keys| keys.all(&[Key::TraceId, Key::Id, Key::StartTime]) && !keys.has(Key::SpanId),
        says: "a segment of AWS X-Ray, which is not read: export with OTLP to the Collector's file exporter instead",
    },
    Refusal {
        tells: |keys| keys.has(Key::TraceEvents) || keys.has(Key::Phase),
        says: "a profile of trace events as browsers record it, not a distributed trace",
    },
    Refusal {
        tells: |keys| keys.all(&[Key::ProjectId, Key::Spans]),
        says: "a trace of Google Cloud Trace, which is not read: export with OTLP to the Collector's file exporter instead",
    },
    Refusal {
        tells: |keys| keys.has(Key::OperationId),
        says: "a row of Azure Application Insights, which is not read: export with OTLP to the Collector's file exporter instead",
    },
    Refusal {
        tells: |keys| {
            keys.all(&[
                Key::TraceId,
                Key::SpanId,
                Key::Resource,
                Key::Duration,
                Key::Error,
            ])
        },
        says: "a span as Datadog keeps it, which is not read: export with OTLP to the Collector's file exporter instead",
    },
    Refusal {
        tells: |keys| keys.all(&[Key::Code, Key::Message]) && !keys.any(&IDS),
        says: "an error that an API answered with, not a trace",
    },
    Refusal {
        tells: |keys| keys.only(&[Key::Error]) || keys.only(&[Key::Errors]),
        says: "an error that an API answered with, not a trace",
    },
    Refusal {
        tells: |keys| keys.has(Key::Data) && keys.others > 0,
        says: "an answer of some API under `data`, not traces",
    },
    Refusal {
        tells: |keys| keys.any(&IDS),
        says: "an object with the id of a trace that is no span (a record of a log, a hit of a search?)",
    },
];

const IDS: [Key; 6] = [
    Key::TraceId,
    Key::TraceIdOfJaeger,
    Key::TraceIdOfClickHouse,
    Key::SpanId,
    Key::SpanIdOfJaeger,
    Key::SpanIdOfClickHouse,
];

/// What an object of no known shape is, as far as its keys tell.
#[must_use]
pub fn message(keys: Keys) -> String {
    let known = REFUSALS.iter().find(|refusal| (refusal.tells)(keys));
    known
        .map_or("JSON, but no trace of a shape that is known", |r| r.says)
        .to_owned()
}
