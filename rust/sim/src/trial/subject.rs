//! A trace of a trial: its spans, their bytes, and the oracle's answers for every rule, each worked out once.

use std::cell::OnceCell;
use std::sync::Arc;

use betrace_engine::{Engine, Settings, Timestamp, Wanted};
use betrace_lang::rule::Rule;

use crate::model::{Span, Value};
use crate::oracle::{Answer, Reading, Reasons, Trace};
use crate::thin::thin;
use crate::wire::encode;

/// A trace that is longer is looked at after so many of its parts, not after every span.
const LOOKS: usize = 12;

pub struct Subject<'a> {
    /// In an order of delivery.
    pub spans: &'a [Span],
    /// A message of each span alone; one behind the other they are a message of all of them.
    pub messages: Vec<Vec<u8>>,
    /// The same with nothing but what the engine asks for.
    pub thin_messages: Vec<Vec<u8>>,
    /// How many spans have come where its parts end, the whole last.
    pub lengths: Vec<usize>,
    /// Two spans share an id without being one.
    pub has_halves: bool,
    /// There are copies of one span that differ.
    pub has_differing: bool,
    /// What the rules read of each span, by which copies are equal or differ; empty where there are no copies.
    pub read: Vec<Vec<u8>>,
    /// By length.
    parts: Vec<Part<'a>>,
}

/// The spans that have come by then, and what the oracle answers of them, by rule.
struct Part<'a> {
    /// While spans may still come.
    open: (OnceCell<Trace<'a>>, Vec<OnceCell<Answer>>),
    /// If they are all.
    closed: (OnceCell<Trace<'a>>, Vec<OnceCell<Answer>>),
}

pub fn subjects<'a>(rules: &[Arc<Rule>], traces: &'a [Vec<Span>]) -> Vec<Subject<'a>> {
    // Rules that the engine refuses are met, and shown, when a law plays its script.
    let settings = Settings {
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(rules.to_vec(), settings, Timestamp(0));
    let wanted = engine.map(|engine| engine.wanted()).unwrap_or_default();
    let message = |span: &Span| encode([span]);
    let reads_times = rules.iter().any(|rule| reads_times(rule));
    let subject = |spans: &'a Vec<Span>| {
        let unknown = || rules.iter().map(|_| OnceCell::new()).collect();
        let part = || Part {
            open: (OnceCell::new(), unknown()),
            closed: (OnceCell::new(), unknown()),
        };
        let some =
            |pair: fn(&Span, &Span) -> bool| spans.iter().any(|a| spans.iter().any(|b| pair(a, b)));
        let lengths = lengths(spans.len());
        let mut others = spans.iter().enumerate();
        let has_copies = others.any(|(at, a)| spans[..at].iter().any(|b| a.is_copy_of(b)));
        let read = |span: &Span| match has_copies {
            true => read(span, &wanted, reads_times),
            false => Vec::new(),
        };
        Subject {
            spans,
            messages: spans.iter().map(message).collect(),
            thin_messages: spans
                .iter()
                .map(|span| message(&thin(span, &wanted)))
                .collect(),
            read: spans.iter().map(read).collect(),
            has_halves: some(|a, b| a.id == b.id && !a.is_copy_of(b)),
            has_differing: some(|a, b| a.is_copy_of(b) && a != b),
            parts: lengths.iter().map(|_| part()).collect(),
            lengths,
        }
    };
    traces.iter().map(subject).collect()
}

/// What rules see of a span, as bytes: a number that is none equals itself.
fn read(span: &Span, wanted: &Wanted, times: bool) -> Vec<u8> {
    let mut span = thin(span, wanted);
    if !times {
        (span.start, span.end) = (0, 0);
    }
    // Of keys that are there twice, and of empty ones, no rule sees more than of the first that is not.
    for attributes in [
        &mut span.attributes,
        &mut span.resource,
        &mut span.scope.attributes,
    ] {
        attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
        attributes.dedup_by(|(later, _), (first, _)| later == first);
        attributes.retain(|(_, value)| *value != Value::Empty);
    }
    encode([&span])
}

/// Whether a rule reads when spans began or ended.
fn reads_times(rule: &Rule) -> bool {
    let printed = format!("{:?}", rule.body);
    let of_times = [
        "Before {",
        "After {",
        "Then {",
        "Between {",
        "AfterUntil {",
        "Overlaps {",
        "During {",
        "Echoing {",
        "Within {",
        "Overlap(",
        "SpanDuration",
        "Trace(",
        "TraceDuration",
        "TraceSpanCount",
        "TraceRoot",
        "SinceStart",
    ];
    of_times.iter().any(|word| printed.contains(word))
}

fn lengths(spans: usize) -> Vec<usize> {
    let parts = spans.min(LOOKS);
    (0..=parts)
        .map(|part| spans * part / parts.max(1))
        .collect()
}

impl<'a> Subject<'a> {
    pub fn id(&self) -> [u8; 16] {
        self.spans.first().map_or([0; 16], |span| span.trace)
    }

    /// The answer on the whole, complete.
    pub fn closed(&self, reading: &Reading<'_>, rule: usize) -> &Answer {
        self.closed_at(reading, rule, self.spans.len())
    }

    /// The answer if the first `length` spans (one of `lengths`) are all.
    pub fn closed_at(&self, reading: &Reading<'_>, rule: usize, length: usize) -> &Answer {
        let (trace, answers) = &self.part(length).closed;
        let whole = || Trace::of(&self.spans[..length]);
        answers[rule].get_or_init(|| reading.answer(trace.get_or_init(whole)))
    }

    /// The answer while spans may still come, after `length` of them (one of `lengths`).
    pub fn open(&self, reading: &Reading<'_>, rule: usize, length: usize) -> &Answer {
        let (trace, answers) = &self.part(length).open;
        let part = || Trace::of(&self.spans[..length]).open(Reasons::default());
        answers[rule].get_or_init(|| reading.answer(trace.get_or_init(part)))
    }

    fn part(&self, length: usize) -> &Part<'a> {
        &self.parts[self.lengths.partition_point(|known| *known < length)]
    }
}
