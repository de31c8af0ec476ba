//! What a field holds: attributes by scope, and the intrinsics of a span and of the trace.

use betrace_lang::rule::{Field, FirstOf, Intrinsic, Number, ReadAt, Reading, Scope};

use super::value::{Possible, Val, with_pattern};
use super::{Bound, Trace, Truth, has_order};
use crate::model::{self, Attributes, Event, Span};

/// What a field holds: one value, or those of all events or links of which each may answer.
pub enum Held<'v> {
    One(Val<'v>),
    Each(Vec<Val<'v>>),
}

impl<'v> Held<'v> {
    pub fn values(&self) -> &[Val<'v>] {
        match self {
            Held::One(value) => std::slice::from_ref(value),
            Held::Each(values) => values,
        }
    }

    /// A test of the value. Of events and links it is true if it is for some, else false.
    pub fn test(&self, test: impl Fn(&Val<'_>) -> Possible) -> Possible {
        match self {
            Held::One(value) => test(value),
            Held::Each(values) => {
                let answers: Vec<Possible> = values.iter().map(test).collect();
                some_is_true(&answers)
            }
        }
    }
}

/// Two-valued: whether some event or link makes it true.
pub fn some_is_true(answers: &[Possible]) -> Possible {
    let is_sure = |answer: &Possible| answer.yes && !answer.no && !answer.unknown;
    if answers.iter().any(is_sure) {
        Possible::known(true)
    } else if answers.iter().any(|answer| answer.yes) {
        Possible::EITHER
    } else {
        Possible::known(false)
    }
}

impl<'t> Trace<'t> {
    /// The one value of a field for counting and measuring.
    pub fn value(&self, field: &Field, span: &'t Span, bound: &Bound) -> Val<'_> {
        match self.held(field, Some(span), bound) {
            Held::One(value) => value,
            Held::Each(values) => values.into_iter().next().unwrap_or(Val::Missing),
        }
    }

    pub fn held(&self, field: &Field, span: Option<&'t Span>, bound: &Bound) -> Held<'_> {
        match (field, span) {
            (Field::Bound { binding, field }, _) => {
                let bound_span = self.spans[bound[usize::from(binding.0)]];
                self.held(field, Some(bound_span), bound)
            }
            (Field::Attribute { scope, key }, Some(span)) => attribute(span, *scope, key),
            (Field::FirstOf(field), Some(span)) => Held::One(self.first_of(span, field)),
            (Field::Attribute { .. } | Field::FirstOf(_), None) => Held::One(Val::Missing),
            (Field::Intrinsic(Intrinsic::EventName), Some(span)) => Held::Each(
                span.events
                    .iter()
                    .map(|event| nonempty(&event.name))
                    .collect(),
            ),
            (Field::Intrinsic(Intrinsic::EventTimeSinceStart), Some(span)) => {
                let since = |event: &Event| match event.time.checked_sub(span.start) {
                    Some(since) if event.time != 0 && span.start != 0 => Val::Duration(since),
                    _ => Val::Missing,
                };
                Held::Each(span.events.iter().map(since).collect())
            }
            (Field::Intrinsic(Intrinsic::LinkTraceId), Some(span)) => {
                Held::Each(span.links.iter().map(|link| id(&link.trace)).collect())
            }
            (Field::Intrinsic(Intrinsic::LinkSpanId), Some(span)) => {
                Held::Each(span.links.iter().map(|link| id(&link.span)).collect())
            }
            (Field::Intrinsic(intrinsic), span) => Held::One(match self.of_trace(*intrinsic) {
                Some(value) => value,
                None => span.map_or(Val::Missing, |span| of_span(*intrinsic, span)),
            }),
        }
    }

    fn first_of(&self, span: &'t Span, field: &FirstOf) -> Val<'t> {
        let places = (
            std::ptr::from_ref(field).addr(),
            std::ptr::from_ref(span).addr(),
        );
        let mut read = self.read.borrow_mut();
        let value = read.entry(places).or_insert_with(|| first_of(span, field));
        value.clone()
    }

    fn of_trace(&self, intrinsic: Intrinsic) -> Option<Val<'_>> {
        let closed = self.more == Truth::False;
        let root = || self.spans.iter().find(|span| span.parent.is_none());
        Some(match intrinsic {
            Intrinsic::TraceId => match self.spans.first() {
                Some(span) => Val::Text(model::hex(&span.trace).into()),
                None => Val::Missing,
            },
            Intrinsic::TraceDuration => self.duration(),
            Intrinsic::TraceSpanCount if closed => {
                Val::Number(Number::Int(self.spans.len() as i128))
            }
            Intrinsic::TraceSpanCount => Val::CountFrom(self.spans.len() as u64),
            Intrinsic::TraceRootName | Intrinsic::TraceRootService if !closed => Val::Undetermined,
            Intrinsic::TraceRootName => {
                root().map_or(Val::Missing, |root| Val::text_of(&root.name))
            }
            Intrinsic::TraceRootService => {
                root().map_or(Val::Missing, |root| nonempty(root.service()))
            }
            _ => return None,
        })
    }

    /// From the earliest start to the latest end of the spans that have an order.
    fn duration(&self) -> Val<'_> {
        let ordered = || self.spans.iter().filter(|span| has_order(span));
        let start = ordered().map(|span| span.start).min().unwrap_or(0);
        let end = ordered().map(|span| span.end).max().unwrap_or(0);
        if self.more == Truth::False && ordered().count() == self.spans.len() {
            Val::Duration(end - start)
        } else {
            Val::DurationFrom(end - start)
        }
    }
}

fn attribute<'v>(span: &'v Span, scope: Scope, key: &str) -> Held<'v> {
    let find =
        |attributes: &'v Attributes| model::find(attributes, key).map_or(Val::Missing, Val::from);
    Held::One(match scope {
        Scope::Span => find(&span.attributes),
        Scope::Resource => find(&span.resource),
        Scope::Instrumentation => find(&span.scope.attributes),
        Scope::SpanThenResource => own(span, key),
        Scope::Event => {
            let events = span.events.iter();
            return Held::Each(events.map(|event| find(&event.attributes)).collect());
        }
        Scope::Link => {
            let links = span.links.iter();
            return Held::Each(links.map(|link| find(&link.attributes)).collect());
        }
    })
}

/// Of the span, else of its resource.
fn own<'v>(span: &'v Span, key: &str) -> Val<'v> {
    let value = model::find(&span.attributes, key);
    let value = value.or_else(|| model::find(&span.resource, key));
    value.map_or(Val::Missing, Val::from)
}

fn at<'v>(span: &'v Span, origin: &ReadAt) -> Val<'v> {
    match origin {
        ReadAt::Attribute(key) => own(span, key),
        ReadAt::Event(key) => {
            let mut events = span.events.iter();
            let first = events.find_map(|event| model::find(&event.attributes, key));
            first.map_or(Val::Missing, Val::from)
        }
        ReadAt::Intrinsic(intrinsic) => of_span(*intrinsic, span),
    }
}

/// The first choice that has a value, after what is made of it.
fn first_of<'v>(span: &'v Span, field: &FirstOf) -> Val<'v> {
    for one in &field.of {
        let is_guarded = one.proviso.as_ref().is_some_and(
            |proviso| !matches!(at(span, &proviso.origin), Val::Text(text) if *text == *proviso.text),
        );
        if is_guarded {
            continue;
        }
        let value = at(span, &one.origin);
        let made = match &one.reading {
            Reading::AsItIs => value,
            Reading::Mapped(table) => {
                let text = value.text();
                let row = table
                    .iter()
                    .find(|(from, _)| Some(&**from) == text.as_deref());
                row.map_or(Val::Missing, |(_, to)| Val::Text(to.to_string().into()))
            }
            Reading::Part(pattern) => match &value {
                Val::Text(text) => {
                    let part = with_pattern(pattern, |pattern| {
                        let group = pattern.captures(text)?.get(1)?;
                        Some(group.as_str().to_owned())
                    });
                    part.map_or(Val::Missing, |part| Val::Text(part.into()))
                }
                _ => Val::Missing,
            },
            Reading::Word { pattern, word } => match &value {
                Val::Text(text) if with_pattern(pattern, |pattern| pattern.is_match(text)) => {
                    Val::Text(word.to_string().into())
                }
                _ => Val::Missing,
            },
        };
        if !matches!(made, Val::Missing) {
            return made;
        }
    }
    Val::Missing
}

fn of_span(intrinsic: Intrinsic, span: &Span) -> Val<'_> {
    match intrinsic {
        Intrinsic::SpanName => Val::text_of(&span.name),
        Intrinsic::SpanKind => Val::text_of(match span.kind {
            1 => "internal",
            2 => "server",
            3 => "client",
            4 => "producer",
            5 => "consumer",
            _ => "unspecified",
        }),
        Intrinsic::SpanStatus => Val::text_of(match span.status {
            1 => "ok",
            2 => "error",
            _ => "unset",
        }),
        Intrinsic::SpanStatusMessage => nonempty(&span.message),
        Intrinsic::SpanDuration if has_order(span) => Val::Duration(span.end - span.start),
        Intrinsic::SpanDuration => Val::Undetermined,
        Intrinsic::SpanId => Val::Text(model::hex(&span.id).into()),
        Intrinsic::SpanParentId => match &span.parent {
            Some(id) => Val::Text(model::hex(id).into()),
            None => Val::Missing,
        },
        Intrinsic::InstrumentationName => nonempty(&span.scope.name),
        Intrinsic::InstrumentationVersion => nonempty(&span.scope.version),
        _ => Val::Missing,
    }
}

/// Zeros are no id.
fn id(bytes: &[u8]) -> Val<'static> {
    match bytes.iter().all(|byte| *byte == 0) {
        true => Val::Missing,
        false => Val::Text(model::hex(bytes).into()),
    }
}

fn nonempty(text: &str) -> Val<'_> {
    if text.is_empty() {
        Val::Missing
    } else {
        Val::text_of(text)
    }
}
