//! A trace of a trial: its spans, their bytes, and the oracle's answers for every rule, each worked out once.

use std::borrow::Cow;
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
    /// Of each span the first that it is a copy of, itself where there is none before it.
    first: Vec<usize>,
    pub messages: Messages,
    /// The same with nothing but what the engine asks for.
    pub thin_messages: Messages,
    /// How many spans have come where its parts end, the whole last.
    pub lengths: Vec<usize>,
    /// Two spans share an id without being one.
    pub has_halves: bool,
    /// There are copies of one span that differ.
    pub has_differing: bool,
    /// What the rules read of each span, by which copies are equal or differ; empty where there are no copies.
    pub read: Vec<Vec<u8>>,
    /// By length: the spans that have come by then, while others may still come.
    open: Vec<OnceCell<Trace<'a>>>,
    /// By length: the same if they are all.
    closed: Vec<OnceCell<Trace<'a>>>,
    /// What the oracle answers of those, by length and rule. A trial asks for them again and again, so they lie together.
    open_answers: Vec<OnceCell<Answer>>,
    closed_answers: Vec<OnceCell<Answer>>,
}

/// A message of each span alone; one behind the other they are a message of all of them.
pub struct Messages {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Messages {
    fn of<'s>(spans: impl Iterator<Item = Cow<'s, Span>>) -> Messages {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for span in spans {
            bytes.extend(encode([&*span]));
            ends.push(bytes.len());
        }
        Messages { bytes, ends }
    }

    pub fn of_span(&self, span: usize) -> &[u8] {
        let begins = span.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[begins..self.ends[span]]
    }
}

pub fn subjects<'a>(rules: &[Arc<Rule>], traces: &'a [Vec<Span>]) -> Vec<Subject<'a>> {
    // Rules that the engine refuses are met, and shown, when a law plays its script.
    let settings = Settings {
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(rules.to_vec(), settings, Timestamp(0));
    let wanted = engine.map(|engine| engine.wanted()).unwrap_or_default();
    let reads_times = rules.iter().any(|rule| reads_times(rule));
    let subject = |spans: &'a Vec<Span>| {
        let lengths = lengths(spans.len());
        let first_of = |(at, span): (usize, &Span)| {
            let first = spans[..at].iter().position(|one| one.is_copy_of(span));
            first.unwrap_or(at)
        };
        let first: Vec<usize> = spans.iter().enumerate().map(first_of).collect();
        let copies = || first.iter().enumerate().filter(|(at, first)| at != *first);
        let has_copies = copies().next().is_some();
        let has_differing = copies().any(|(at, first)| spans[at] != spans[*first]);
        let is_half = |(at, span): (usize, &Span)| {
            let mut others = spans[..at].iter().zip(&first);
            others.any(|(one, known)| one.id == span.id && *known != first[at])
        };
        let read = |span: &Span| match has_copies {
            true => read(span, &wanted, reads_times),
            false => Vec::new(),
        };
        Subject {
            spans,
            messages: Messages::of(spans.iter().map(Cow::Borrowed)),
            thin_messages: Messages::of(spans.iter().map(|span| Cow::Owned(thin(span, &wanted)))),
            read: spans.iter().map(read).collect(),
            has_halves: spans.iter().enumerate().any(is_half),
            has_differing,
            open: unknown(lengths.len()),
            closed: unknown(lengths.len()),
            open_answers: unknown(lengths.len() * rules.len()),
            closed_answers: unknown(lengths.len() * rules.len()),
            first,
            lengths,
        }
    };
    traces.iter().map(subject).collect()
}

fn unknown<T>(of: usize) -> Vec<OnceCell<T>> {
    (0..of).map(|_| OnceCell::new()).collect()
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

    /// Whether two of its spans are deliveries of one.
    pub fn are_copies(&self, one: usize, other: usize) -> bool {
        self.first[one] == self.first[other]
    }

    /// The answer on the whole, complete.
    pub fn closed(&self, reading: &Reading<'_>, rule: usize) -> &Answer {
        self.closed_at(reading, rule, self.spans.len())
    }

    /// The answer if the first `length` spans (one of `lengths`) are all.
    pub fn closed_at(&self, reading: &Reading<'_>, rule: usize, length: usize) -> &Answer {
        let (part, of_rule) = self.place(rule, length);
        let whole = || Trace::of(&self.spans[..length]);
        self.closed_answers[of_rule]
            .get_or_init(|| reading.answer(self.closed[part].get_or_init(whole)))
    }

    /// The answer while spans may still come, after `length` of them (one of `lengths`).
    pub fn open(&self, reading: &Reading<'_>, rule: usize, length: usize) -> &Answer {
        let (part, of_rule) = self.place(rule, length);
        let begun = || Trace::of(&self.spans[..length]).open(Reasons::default());
        self.open_answers[of_rule]
            .get_or_init(|| reading.answer(self.open[part].get_or_init(begun)))
    }

    /// Where a part stands, and its answer for a rule.
    fn place(&self, rule: usize, length: usize) -> (usize, usize) {
        let part = self.lengths.partition_point(|known| *known < length);
        let rules = self.open_answers.len() / self.lengths.len();
        (part, part * rules + rule)
    }
}
