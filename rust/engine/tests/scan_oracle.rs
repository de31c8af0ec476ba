//! The cursor sees what prost sees: on every way to write a message, and on damaged bytes.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod scan_support;

use std::cell::RefCell;

use betrace_engine::internals::{FieldId, MatchScratch, Matcher, MatcherBuilder, ScanError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use proptest::prelude::*;
use prost::Message;
use scan_support::reading::{Seen, fields, plain_owned, read};
use scan_support::rewrite::rewrite;
use scan_support::{Dice, generate};

struct Reader {
    matcher: Matcher,
    ids: Vec<FieldId>,
    scratch: MatchScratch,
}

impl Reader {
    fn new() -> Reader {
        let mut builder = MatcherBuilder::new();
        let ids = fields().iter().map(|field| builder.field(field)).collect();
        let matcher = builder.build();
        Reader {
            scratch: matcher.scratch(),
            matcher,
            ids,
        }
    }

    fn read(&mut self, bytes: &[u8]) -> (Vec<Seen>, Result<u64, ScanError>) {
        let mut seen = Vec::new();
        let result = self.matcher.scan(bytes, &mut self.scratch, |view, _| {
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
                values: self
                    .ids
                    .iter()
                    .map(|id| plain_owned(&view.owned(*id)))
                    .collect(),
            });
        });
        (seen, result.map(|stats| stats.malformed))
    }
}

thread_local! {
    /// One that has read what came before, and expects what comes next to be like it.
    static VETERAN: RefCell<Reader> = RefCell::new(Reader::new());
}

/// Read by one that has seen nothing before, and by one that has.
fn read_by_both(bytes: &[u8]) -> [(Vec<Seen>, Result<u64, ScanError>); 2] {
    [
        Reader::new().read(bytes),
        VETERAN.with_borrow_mut(|veteran| veteran.read(bytes)),
    ]
}

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (
        generate::request(),
        any::<u64>(),
        proptest::collection::vec((any::<proptest::sample::Index>(), 0u8..8), 0..4),
        proptest::option::of(any::<proptest::sample::Index>()),
    )
        .prop_map(|(request, seed, flips, cut)| {
            let mut bytes = rewrite(&request.encode_to_vec(), &mut Dice::new(seed));
            for (at, bit) in flips {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                }
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len() + 1));
            }
            bytes
        })
}

/// How many spans lie whole before `cut`, their resource and scope known.
fn believed(request: &ExportTraceServiceRequest, cut: usize) -> usize {
    let framed = |length: usize| 1 + prost::length_delimiter_len(length) + length;
    let mut count = 0;
    let mut resource_spans_end = 0;
    for resource_spans in &request.resource_spans {
        let length = resource_spans.encoded_len();
        let mut at = resource_spans_end + framed(length) - length;
        resource_spans_end += framed(length);
        let resource = resource_spans.resource.as_ref();
        let known = resource_spans_end <= cut || resource.is_some();
        at += resource.map_or(0, |resource| framed(resource.encoded_len()));
        for scope_spans in &resource_spans.scope_spans {
            let length = scope_spans.encoded_len();
            let end = at + framed(length);
            at += framed(length) - length;
            let scope = scope_spans.scope.as_ref();
            let known = known && (end <= cut || scope.is_some());
            at += scope.map_or(0, |scope| framed(scope.encoded_len()));
            for span in &scope_spans.spans {
                at += framed(span.encoded_len());
                let lone = ExportTraceServiceRequest {
                    resource_spans: vec![ResourceSpans {
                        scope_spans: vec![ScopeSpans {
                            spans: vec![span.clone()],
                            ..ScopeSpans::default()
                        }],
                        ..ResourceSpans::default()
                    }],
                };
                let well_formed = read(&lone, &[]).0.len();
                count += usize::from(known && at <= cut) * well_formed;
            }
            at = end;
        }
    }
    count
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn every_way_to_write_a_request_reads_the_same(
        request in generate::request(),
        seed in any::<u64>(),
    ) {
        let bytes = request.encode_to_vec();
        let (expected, malformed) = read(&request, &fields());
        for found in read_by_both(&bytes) {
            prop_assert_eq!(&found, &(expected.clone(), Ok(malformed)));
        }
        let other = rewrite(&bytes, &mut Dice::new(seed));
        // The rewriting itself must mean the same, or the comparison means nothing.
        let decoded = ExportTraceServiceRequest::decode(&other[..]).unwrap();
        let (rewritten, _) = read(&decoded, &fields());
        prop_assert_eq!(&format!("{rewritten:?}"), &format!("{expected:?}"));
        for found in read_by_both(&other) {
            prop_assert_eq!(&found, &(expected.clone(), Ok(malformed)));
        }
    }

    /// What prost accepts, the cursor accepts and reads alike. It may accept more: a fault inside a payload
    /// that it skips, and text that is not UTF-8.
    #[test]
    fn damaged_bytes_are_read_as_prost_reads_them_or_refused(bytes in damaged()) {
        let [(seen, result), by_veteran] = read_by_both(&bytes);
        prop_assert_eq!(&by_veteran, &(seen.clone(), result));
        match ExportTraceServiceRequest::decode(&bytes[..]) {
            Ok(decoded) => {
                let (expected, malformed) = read(&decoded, &fields());
                prop_assert_eq!(seen, expected);
                prop_assert_eq!(result, Ok(malformed));
            }
            Err(_) => if let Err(error) = result {
                prop_assert!(error.offset <= bytes.len());
            }
        }
    }

    /// Bytes that break off: an error, and every span before the break has been visited.
    #[test]
    fn cut_bytes_give_the_spans_before_the_cut(
        request in generate::request(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let bytes = request.encode_to_vec();
        let cut = cut.index(bytes.len() + 1);
        let mut reader = Reader::new();
        let (all, _) = reader.read(&bytes);
        let [(seen, result), by_veteran] = read_by_both(&bytes[..cut]);
        prop_assert_eq!(&by_veteran, &(seen.clone(), result));
        prop_assert_eq!(&seen[..], &all[..seen.len()]);
        prop_assert_eq!(seen.len(), believed(&request, cut));
        if ExportTraceServiceRequest::decode(&bytes[..cut]).is_ok() {
            prop_assert!(result.is_ok());
        } else {
            prop_assert!(result.is_err());
        }
    }
}
