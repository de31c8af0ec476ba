//! A visitor who takes back sees what one sees who is shown nothing before its scope is known, whatever the order of the parts
//! of a message and wherever it breaks off.

use proptest::prelude::*;
use prost::Message;

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::predicate::fields::FieldTable;
use crate::scan::read::ReadState;
use crate::scan::read_plan::ReadPlan;
use crate::scan::view::SpanView;
use crate::scan::{Scanned, Visitor, scan};
use crate::wire::ScanError;

type ShownSpan = (u8, String);
type ScanOutcome = (Vec<ShownSpan>, Result<Scanned, ScanError>);

fn seen(view: &SpanView<'_, '_>) -> ShownSpan {
    let scope = view.read.scope_name.of_message(view.message);
    let scope = String::from_utf8_lossy(scope).into_owned();
    (view.span_id().0[7], scope)
}

/// Pauses after each so many spans, and leaves after so many pauses.
struct TakingBack {
    seen: Vec<ShownSpan>,
    noted: usize,
    settled: usize,
    each: usize,
    pauses: usize,
    took_back: usize,
}

impl<'a> Visitor<'a, ()> for &mut TakingBack {
    fn visit(&mut self, view: &SpanView<'a, '_>, (): &()) -> bool {
        self.seen.push(seen(view));
        !self.seen.len().is_multiple_of(self.each)
    }

    fn note(&mut self) -> bool {
        self.noted = self.seen.len();
        true
    }

    fn take_back(&mut self) {
        assert!(self.noted >= self.settled, "a pause came before");
        self.took_back += self.seen.len() - self.noted;
        self.seen.truncate(self.noted);
    }

    fn pause(&mut self) -> bool {
        self.settled = self.seen.len();
        self.pauses -= 1;
        self.pauses > 0
    }
}

/// Ids and scopes are read whatever is asked for.
fn plan_of_nothing() -> ReadPlan {
    ReadPlan::new(&FieldTable::default())
}

/// Of a visitor for whom scopes are looked for first; he leaves after so many spans.
fn shown_in_order(message: &[u8], from: usize, most: usize) -> ScanOutcome {
    let plan = plan_of_nothing();
    let (mut all, mut read) = (Vec::new(), ReadState::default());
    let visit = |view: &SpanView<'_, '_>, (): &()| {
        all.push(seen(view));
        all.len() < most
    };
    let result = scan((message, from), &plan, &mut read, visit);
    (all, result)
}

fn taken_back(message: &[u8], from: usize, each: usize, pauses: usize) -> (ScanOutcome, usize) {
    let plan = plan_of_nothing();
    let mut visitor = TakingBack {
        seen: Vec::new(),
        noted: 0,
        settled: 0,
        each,
        pauses,
        took_back: 0,
    };
    let mut read = ReadState::default();
    let result = scan((message, from), &plan, &mut read, &mut visitor);
    ((visitor.seen, result), visitor.took_back)
}

fn field(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encode_length_delimiter(payload.len(), &mut bytes).unwrap_or_default();
    bytes.extend_from_slice(payload);
    bytes
}

#[derive(Clone, Copy, Debug)]
enum WrittenPart {
    Span,
    Scope(u8),
    /// With a tag that is longer than it need be.
    LongTag,
    /// That says nothing of the scope.
    Empty,
    SchemaUrl,
    Broken,
}

fn part() -> impl Strategy<Value = WrittenPart> {
    prop_oneof![
        12 => Just(WrittenPart::Span),
        2 => (0u8..4).prop_map(WrittenPart::Scope),
        1 => Just(WrittenPart::LongTag),
        1 => Just(WrittenPart::Empty),
        1 => Just(WrittenPart::SchemaUrl),
        1 => Just(WrittenPart::Broken),
    ]
}

fn message(scopes: &[Vec<WrittenPart>]) -> Vec<u8> {
    let mut number = 0;
    let scopes = scopes.iter().map(|parts| {
        let parts = parts.iter().map(|part| written(*part, &mut number));
        field(2, &parts.collect::<Vec<_>>().concat())
    });
    field(1, &scopes.collect::<Vec<_>>().concat())
}

fn written(part: WrittenPart, number: &mut u8) -> Vec<u8> {
    let scope = |name: &str| {
        let name = name.to_owned();
        InstrumentationScope {
            name,
            ..Default::default()
        }
        .encode_to_vec()
    };
    match part {
        WrittenPart::Span => {
            *number += 1;
            let span = Span {
                trace_id: vec![1; 16],
                span_id: vec![9, 9, 9, 9, 9, 9, 9, *number],
                ..Default::default()
            };
            field(2, &span.encode_to_vec())
        }
        WrittenPart::Scope(0) => field(1, &scope("betrace")),
        WrittenPart::Scope(number) => field(1, &scope(&format!("scope {number}"))),
        WrittenPart::LongTag => {
            let written = field(1, &scope("long tag"));
            [&[1 << 3 | 2 | 0x80, 0], &written[1..]].concat()
        }
        WrittenPart::Empty => field(1, b""),
        WrittenPart::SchemaUrl => field(3, b"url"),
        // A span whose name ends behind it.
        WrittenPart::Broken => field(2, &[5 << 3 | 2, 9, b'x']),
    }
}

proptest! {
    #[test]
    fn who_takes_back_sees_each_span_with_its_scope(
        scopes in prop::collection::vec(prop::collection::vec(part(), 0..12), 1..4),
        (each, pauses) in (1usize..9, 1usize..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
        from in any::<prop::sample::Index>(),
        goes_on in any::<bool>(),
    ) {
        let mut message = message(&scopes);
        let from = if goes_on { from.index(message.len()) } else { 0 };
        if is_cut {
            message.truncate(cut.index(message.len()));
        }
        let (outcome, _) = taken_back(&message, from, each, pauses);
        prop_assert_eq!(outcome, shown_in_order(&message, from, each * pauses));
    }
}

#[test]
fn only_what_stands_behind_spans_is_taken_back_and_nothing_after_a_pause() {
    let spans = [WrittenPart::Span; 5];
    let first = [&[WrittenPart::Scope(1)], &spans[..]].concat();
    let last = [&spans[..], &[WrittenPart::Scope(1)]].concat();
    for (parts, each, took) in [(&first, 9, 0), (&last, 9, 5), (&last, 3, 3)] {
        let message = message(std::slice::from_ref(parts));
        let ((seen, _), took_back) = taken_back(&message, 0, each, 9);
        assert_eq!(took_back, took);
        assert_eq!(seen.len(), 5);
        assert!(seen.iter().all(|(_, scope)| scope == "scope 1"));
    }
}
