//! Inside `where`: three-valued logic on one span, and the `trace:` values.

use std::cell::RefCell;
use std::collections::BTreeMap;

use betrace_lang::rule::{Field, Intrinsic, Operand, Predicate, Scope, TextOp};
use betrace_lang::verdict::Reason;
use regex::Regex;

use super::select::has_order;
use super::value::{Possible, Val};
use super::{Bound, Reasons, Trace, Truth};
use crate::model::{self, Span};

/// What a field holds: one value, or those of all events or links of which each may answer.
enum Held {
    One(Val),
    Each(Vec<Val>),
}

impl Held {
    fn values(&self) -> &[Val] {
        match self {
            Held::One(value) => std::slice::from_ref(value),
            Held::Each(values) => values,
        }
    }

    fn exists(&self) -> Possible {
        let one = |value: &Val| match value {
            Val::Missing => Possible::known(false),
            Val::Undetermined => Possible::EITHER,
            _ => Possible::known(true),
        };
        self.values()
            .iter()
            .map(one)
            .fold(Possible::known(false), Possible::or)
    }

    /// A test of the value. Of events and links it is true if it is for some, else false.
    fn test(&self, test: impl Fn(&Val) -> Possible) -> Possible {
        match self {
            Held::One(value) => test(value),
            Held::Each(values) => Possible::known(values.iter().any(|value| test(value).yes)),
        }
    }
}

impl Trace<'_> {
    /// Does the span prove the predicate? At the border of a selector the third value ends.
    pub fn proven(&self, predicate: &Predicate, span: &Span, bound: &Bound) -> Truth {
        let result = self.predicate(predicate, Some(span), bound);
        self.border(result, Reasons::of(&[Reason::Skew]))
    }

    /// A predicate of `trace:` values; unknown counts as false.
    pub fn trace_condition(&self, predicate: &Predicate, bound: &Bound) -> Truth {
        let skew = self.spans.iter().any(|span| !has_order(span));
        let skew = if skew {
            Reasons::of(&[Reason::Skew])
        } else {
            Reasons::default()
        };
        self.border(
            self.predicate(predicate, None, bound),
            self.more.reasons().with(skew),
        )
    }

    fn border(&self, result: Possible, why: Reasons) -> Truth {
        match (result.yes, result.no || result.unknown) {
            (true, true) => Truth::Open(why),
            (yes, _) => Truth::known(yes),
        }
    }

    fn predicate(&self, predicate: &Predicate, span: Option<&Span>, bound: &Bound) -> Possible {
        let evaluate = |part: &Predicate| self.predicate(part, span, bound);
        let held = |field: &Field| self.held(field, span, bound);
        match predicate {
            Predicate::And(parts) => parts
                .iter()
                .map(evaluate)
                .fold(Possible::known(true), Possible::and),
            Predicate::Or(parts) => parts
                .iter()
                .map(evaluate)
                .fold(Possible::known(false), Possible::or),
            Predicate::Not(part) => evaluate(part).not(),
            Predicate::Exists(field) => held(field).exists(),
            Predicate::Missing(field) => held(field).exists().not(),
            Predicate::Compare { field, op, value } => {
                let right = self.operand(value, span, bound);
                held(field).test(|left| right.test(|right| left.compare(*op, right)))
            }
            Predicate::In { field, values } => held(field).test(|left| {
                let equal =
                    |literal| left.compare(betrace_lang::rule::CompareOp::Eq, &Val::from(literal));
                values
                    .iter()
                    .map(equal)
                    .fold(Possible::known(false), Possible::or)
            }),
            Predicate::Matches { field, pattern } => {
                held(field).test(|left| left.as_text(|text| matches(pattern, &text)))
            }
            Predicate::Text { op, field, value } => {
                let right = self.operand(value, span, bound);
                held(field).test(|left| right.test(|right| text_test(left, *op, right)))
            }
        }
    }

    fn operand(&self, operand: &Operand, span: Option<&Span>, bound: &Bound) -> Held {
        match operand {
            Operand::Literal(literal) => Held::One(Val::from(literal)),
            Operand::Field(field) => self.held(field, span, bound),
        }
    }

    /// The one value of a field for counting and measuring.
    pub fn value(&self, field: &Field, span: &Span, bound: &Bound) -> Val {
        let held = self.held(field, Some(span), bound);
        held.values().first().cloned().unwrap_or(Val::Missing)
    }

    fn held(&self, field: &Field, span: Option<&Span>, bound: &Bound) -> Held {
        let attribute =
            |attributes, key: &str| model::find(attributes, key).map_or(Val::Missing, Val::from);
        match (field, span) {
            (Field::Bound { binding, field }, _) => {
                let bound_span = self.spans[bound[usize::from(binding.0)]];
                self.held(field, Some(bound_span), bound)
            }
            (Field::Attribute { scope, key }, Some(span)) => match scope {
                Scope::Span => Held::One(attribute(&span.attributes, key)),
                Scope::Resource => Held::One(attribute(&span.resource, key)),
                Scope::Instrumentation => Held::One(attribute(&span.scope.attributes, key)),
                Scope::SpanThenResource => Held::One(match attribute(&span.attributes, key) {
                    Val::Missing => attribute(&span.resource, key),
                    value => value,
                }),
                Scope::Event => Held::Each(
                    span.events
                        .iter()
                        .map(|event| attribute(&event.attributes, key))
                        .collect(),
                ),
                Scope::Link => Held::Each(
                    span.links
                        .iter()
                        .map(|link| attribute(&link.attributes, key))
                        .collect(),
                ),
            },
            (Field::Intrinsic(Intrinsic::EventName), Some(span)) => Held::Each(
                span.events
                    .iter()
                    .map(|event| Val::Text(event.name.clone()))
                    .collect(),
            ),
            (Field::Intrinsic(intrinsic), span) => Held::One(self.intrinsic(*intrinsic, span)),
            (Field::Attribute { .. }, None) => Held::One(Val::Missing),
        }
    }

    fn intrinsic(&self, intrinsic: Intrinsic, span: Option<&Span>) -> Val {
        match intrinsic {
            Intrinsic::TraceId => self
                .spans
                .first()
                .map_or(Val::Missing, |span| Val::Text(model::hex(&span.trace))),
            Intrinsic::TraceDuration => self.trace_duration(),
            Intrinsic::TraceSpanCount if self.more == Truth::False => {
                Val::Number(betrace_lang::rule::Number::Int(self.spans.len() as i128))
            }
            Intrinsic::TraceSpanCount => Val::CountFrom(self.spans.len() as u64),
            Intrinsic::TraceRootName | Intrinsic::TraceRootService if self.more != Truth::False => {
                Val::Undetermined
            }
            Intrinsic::TraceRootName => self
                .root()
                .map_or(Val::Missing, |root| Val::Text(root.name.clone())),
            Intrinsic::TraceRootService => self
                .root()
                .map_or(Val::Missing, |root| nonempty(root.service())),
            of_span => span.map_or(Val::Missing, |span| span_intrinsic(of_span, span)),
        }
    }

    /// From the earliest start to the latest end of the spans that have an order.
    fn trace_duration(&self) -> Val {
        let ordered = || self.spans.iter().filter(|span| has_order(span));
        let start = ordered().map(|span| span.start).min().unwrap_or(0);
        let end = ordered().map(|span| span.end).max().unwrap_or(0);
        let all = ordered().count() == self.spans.len();
        if all && self.more == Truth::False {
            Val::Duration(end - start)
        } else {
            Val::DurationFrom(end - start)
        }
    }

    /// The earliest root by (start, id).
    fn root(&self) -> Option<&Span> {
        let roots = self
            .spans
            .iter()
            .copied()
            .filter(|span| span.parent.is_none());
        roots.min_by_key(|span| (span.start, span.identity()))
    }
}

fn span_intrinsic(intrinsic: Intrinsic, span: &Span) -> Val {
    let text = |text: &str| Val::Text(text.to_owned());
    match intrinsic {
        Intrinsic::SpanName => text(&span.name),
        Intrinsic::SpanKind => text(match span.kind {
            1 => "internal",
            2 => "server",
            3 => "client",
            4 => "producer",
            5 => "consumer",
            _ => "unspecified",
        }),
        Intrinsic::SpanStatus => text(match span.status {
            1 => "ok",
            2 => "error",
            _ => "unset",
        }),
        Intrinsic::SpanStatusMessage => nonempty(&span.message),
        Intrinsic::SpanDuration if has_order(span) => Val::Duration(span.end - span.start),
        Intrinsic::SpanDuration => Val::Undetermined,
        Intrinsic::SpanId => Val::Text(model::hex(&span.id)),
        Intrinsic::SpanParentId => span
            .parent
            .map_or(Val::Missing, |id| Val::Text(model::hex(&id))),
        Intrinsic::InstrumentationName => nonempty(&span.scope.name),
        Intrinsic::InstrumentationVersion => nonempty(&span.scope.version),
        _ => Val::Missing,
    }
}

fn nonempty(text: &str) -> Val {
    if text.is_empty() {
        Val::Missing
    } else {
        Val::Text(text.to_owned())
    }
}

impl Val {
    fn as_text(&self, test: impl Fn(String) -> bool) -> Possible {
        match (self, self.text()) {
            (Val::Undetermined, _) => Possible::EITHER,
            (_, Some(text)) => Possible::known(test(text)),
            _ => Possible::UNKNOWN,
        }
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    // Compiled once a thread: all that is clever here.
    thread_local!(static PATTERNS: RefCell<BTreeMap<String, Option<Regex>>> = RefCell::default());
    PATTERNS.with_borrow_mut(|patterns| {
        let pattern = patterns
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(pattern).ok());
        pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    })
}

fn text_test(left: &Val, op: TextOp, right: &Val) -> Possible {
    if let (Val::Array(elements), TextOp::Contains) = (left, op) {
        // An element counts if it equals, as a value or as text.
        let equals = |element: &Val| {
            let as_value = element
                .compare(betrace_lang::rule::CompareOp::Eq, right)
                .yes;
            let as_text = element.text().is_some() && element.text() == right.text();
            as_value || as_text
        };
        return match right {
            Val::Missing => Possible::UNKNOWN,
            _ => Possible::known(elements.iter().any(equals)),
        };
    }
    let Some(part) = right.text() else {
        return if matches!(right, Val::Undetermined) {
            Possible::EITHER
        } else {
            Possible::UNKNOWN
        };
    };
    left.as_text(|text| match op {
        TextOp::Contains => text.contains(&part),
        TextOp::StartsWith => text.starts_with(&part),
        TextOp::EndsWith => text.ends_with(&part),
    })
}
