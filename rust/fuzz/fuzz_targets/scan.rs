//! The cursor against prost: what prost accepts is accepted and read alike; nothing panics.
//!
//! Two differences are meant. The cursor accepts more: text that is not UTF-8, and faults inside payloads
//! that it skips. And where one value holds two arrays, prost joins them and the cursor keeps the last.
#![no_main]

#[path = "../../engine/tests/scan_support/reading.rs"]
#[allow(dead_code)]
mod reading;
#[path = "../../engine/tests/scan_support/words.rs"]
#[allow(dead_code)]
mod words;

use std::sync::OnceLock;

use betrace_engine::internals::{FieldId, Matcher, MatcherBuilder};
use libfuzzer_sys::fuzz_target;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use reading::{Plain, Seen};

struct Reader {
    matcher: Matcher,
    ids: Vec<FieldId>,
}

fn reader() -> &'static Reader {
    static READER: OnceLock<Reader> = OnceLock::new();
    READER.get_or_init(|| {
        let mut builder = MatcherBuilder::new();
        let ids = reading::fields().iter().map(|field| builder.field(field)).collect();
        Reader {
            matcher: builder.build(),
            ids,
        }
    })
}

fuzz_target!(|bytes: &[u8]| {
    let reader = reader();
    let mut seen = Vec::new();
    let result = reader
        .matcher
        .scan(bytes, &mut reader.matcher.scratch(), |view, _| {
            let _ = view.digest();
            seen.push(Seen {
                trace: view.trace_id().0.to_vec(),
                span: view.span_id().0.to_vec(),
                parent: view.parent().map(|parent| parent.0.to_vec()),
                name: view.name().to_vec(),
                kind: view.kind(),
                start: view.start(),
                end: view.end(),
                status: view.status(),
                service: view.service().to_vec(),
                values: reader
                    .ids
                    .iter()
                    .map(|id| reading::plain_owned(&view.owned(*id)))
                    .collect(),
            });
        });
    if let Ok(decoded) = ExportTraceServiceRequest::decode(bytes) {
        let (expected, malformed) = reading::read(&decoded, &reading::fields());
        assert_eq!(result.map(|stats| stats.malformed), Ok(malformed));
        assert_eq!(seen.len(), expected.len());
        for (seen, expected) in seen.into_iter().zip(expected) {
            for (one, other) in seen.values.iter().zip(&expected.values) {
                assert!(agrees(one, other), "{one:?} is not {other:?}");
            }
            let without = |mut span: Seen| {
                span.values.clear();
                span
            };
            assert_eq!(without(seen), without(expected));
        }
    } else if let Err(error) = result {
        assert!(error.offset <= bytes.len());
    }
});

/// Equal, but for arrays that prost has joined.
fn agrees(seen: &Plain, expected: &Plain) -> bool {
    match (seen, expected) {
        (Plain::Array(seen), Plain::Array(expected)) => {
            seen.len() <= expected.len()
                && seen
                    .iter()
                    .zip(&expected[expected.len() - seen.len()..])
                    .all(|(seen, expected)| agrees(seen, expected))
        }
        (Plain::List(seen), Plain::List(expected)) => {
            seen.len() == expected.len()
                && seen
                    .iter()
                    .zip(expected)
                    .all(|(seen, expected)| agrees(seen, expected))
        }
        _ => seen == expected,
    }
}
