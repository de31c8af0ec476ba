//! Values and how they compare: types, coercion of number and boolean text, and what is unknown.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use betrace_lang::rule::{CompareOp, Literal, Nanos, Number};
use regex::Regex;

use crate::model::Value;

/// A value as the language sees it.
#[derive(Clone, Debug)]
pub enum Val<'v> {
    Missing,
    Text(Cow<'v, str>),
    Number(Number),
    Bool(bool),
    Duration(Nanos),
    /// A duration that is reckoned, in nanoseconds: it may have a fraction and be negative.
    Time(Number),
    Array(Vec<Val<'v>>),
    /// Present, and comparable to nothing: bytes, maps, NaN and infinities.
    Odd,
    /// A duration or a count of which only a lower bound is known yet.
    DurationFrom(Nanos),
    CountFrom(u64),
    /// Not known yet, or never: it may compare either way.
    Undetermined,
}

/// The set of what a three-valued predicate can be; a single one where nothing is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible {
    pub yes: bool,
    pub no: bool,
    pub unknown: bool,
}

impl Possible {
    pub const UNKNOWN: Possible = Possible {
        yes: false,
        no: false,
        unknown: true,
    };
    pub const EITHER: Possible = Possible {
        yes: true,
        no: true,
        unknown: false,
    };

    pub fn known(truth: bool) -> Possible {
        Possible {
            yes: truth,
            no: !truth,
            unknown: false,
        }
    }

    pub fn not(self) -> Possible {
        Possible {
            yes: self.no,
            no: self.yes,
            unknown: self.unknown,
        }
    }

    /// Kleene's `and`, of every pair.
    pub fn and(self, other: Possible) -> Possible {
        Possible {
            yes: self.yes && other.yes,
            no: self.no || other.no,
            unknown: (self.unknown && (other.unknown || other.yes)) || (self.yes && other.unknown),
        }
    }

    pub fn or(self, other: Possible) -> Possible {
        self.not().and(other.not()).not()
    }

    /// What comes behind a part that is surely false is not asked.
    pub fn all(parts: impl IntoIterator<Item = Possible>) -> Possible {
        let mut all = Possible::known(true);
        for part in parts {
            all = all.and(part);
            if all == Possible::known(false) {
                break;
            }
        }
        all
    }

    /// What comes behind a part that is surely true is not asked.
    pub fn any(parts: impl IntoIterator<Item = Possible>) -> Possible {
        Possible::all(parts.into_iter().map(Possible::not)).not()
    }
}

impl<'v> From<&'v Value> for Val<'v> {
    fn from(value: &'v Value) -> Val<'v> {
        match value {
            Value::Empty => Val::Missing,
            Value::Text(text) => Val::text_of(text),
            Value::Bool(value) => Val::Bool(*value),
            Value::Int(value) => Val::Number(Number::Int(i128::from(*value))),
            Value::Float(value) => Number::from_f64(*value).map_or(Val::Odd, Val::Number),
            Value::Array(values) => Val::Array(values.iter().map(Val::from).collect()),
            Value::Map(_) | Value::Bytes(_) => Val::Odd,
        }
    }
}

impl<'v> From<&'v Literal> for Val<'v> {
    fn from(literal: &'v Literal) -> Val<'v> {
        match literal {
            Literal::Number(number) => Val::Number(*number),
            Literal::Bool(value) => Val::Bool(*value),
            Literal::Duration(nanos) => Val::Duration(*nanos),
            Literal::Text(text) => Val::text_of(text),
        }
    }
}

impl<'v> Val<'v> {
    pub fn text_of(text: &'v str) -> Val<'v> {
        Val::Text(Cow::Borrowed(text))
    }

    /// A number, or text that is exactly one in JSON's grammar.
    pub fn number(&self) -> Option<Number> {
        match self {
            Val::Number(number) => Some(*number),
            Val::Text(text) => json_number(text),
            Val::Duration(nanos) => Some(Number::Int(i128::from(*nanos))),
            _ => None,
        }
    }

    /// Nanoseconds, of a duration.
    pub fn time(&self) -> Option<Number> {
        match self {
            Val::Duration(nanos) => Some(Number::Int(i128::from(*nanos))),
            Val::Time(nanos) => Some(*nanos),
            _ => None,
        }
    }

    fn boolean(&self) -> Option<bool> {
        match self {
            Val::Bool(value) => Some(*value),
            Val::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What text operators see.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Val::Text(text) => Some(Cow::Borrowed(text)),
            Val::Number(Number::Int(value)) => Some(Cow::Owned(value.to_string())),
            Val::Number(Number::Float(value)) => Some(Cow::Owned(value.to_string())),
            Val::Bool(value) => Some(Cow::Owned(value.to_string())),
            _ => None,
        }
    }

    /// What a message prints: at most 256 bytes; a duration in the largest unit in which it is exact.
    pub fn printed(&self) -> Option<String> {
        let Val::Duration(nanos) = self else {
            let text = self.text()?;
            return Some(text[..text.floor_char_boundary(256)].to_owned());
        };
        const SECOND: u64 = 1_000_000_000;
        let units = [
            (24 * 3600 * SECOND, "d"),
            (3600 * SECOND, "h"),
            (60 * SECOND, "m"),
            (SECOND, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
        ];
        let is_whole = |(unit, _): &(u64, _)| *nanos > 0 && nanos % unit == 0;
        let unit = units.into_iter().find(is_whole);
        let (unit, name) = unit.unwrap_or((1, "ns"));
        Some(format!("{}{name}", nanos / unit))
    }

    /// What `by` and `distinct` group on: the numbers 5 and 5.0 and the text "5" are one, the text "5.0" is another.
    pub fn group(&self) -> Option<String> {
        match self {
            Val::Duration(nanos) => Some(nanos.to_string()),
            other => other.text().map(Cow::into_owned),
        }
    }

    pub fn compare(&self, op: CompareOp, other: &Val<'_>) -> Possible {
        let by = |order: Ordering| Possible::known(is(op, order));
        match (self, other) {
            (Val::Missing, _) | (_, Val::Missing) => Possible::UNKNOWN,
            (Val::Undetermined, _) | (_, Val::Undetermined) => Possible::EITHER,
            (Val::DurationFrom(least), Val::Duration(value)) => at_least(least.cmp(value), op),
            (Val::CountFrom(least), Val::Number(value)) => {
                at_least(Number::Int(i128::from(*least)).compare(*value), op)
            }
            (Val::Text(a), Val::Text(b)) => by(a.as_bytes().cmp(b.as_bytes())),
            (Val::Duration(_) | Val::Time(_), Val::Duration(_) | Val::Time(_)) => {
                match (self.time(), other.time()) {
                    (Some(a), Some(b)) => by(a.compare(b)),
                    _ => Possible::UNKNOWN,
                }
            }
            (Val::Bool(_), _) | (_, Val::Bool(_)) => match (self.boolean(), other.boolean(), op) {
                (Some(a), Some(b), CompareOp::Eq) => Possible::known(a == b),
                (Some(a), Some(b), CompareOp::Ne) => Possible::known(a != b),
                _ => Possible::UNKNOWN,
            },
            (Val::Number(_), Val::Text(_))
            | (Val::Text(_), Val::Number(_))
            | (Val::Number(_), Val::Number(_)) => match (self.number(), other.number()) {
                (Some(a), Some(b)) => by(a.compare(b)),
                _ => Possible::UNKNOWN,
            },
            _ => Possible::UNKNOWN,
        }
    }
}

/// What a value from `least` upwards gives, from how `least` compares.
fn at_least(least: Ordering, op: CompareOp) -> Possible {
    use Ordering::{Equal, Greater, Less};
    let orders: &[Ordering] = match least {
        Less => &[Less, Equal, Greater],
        Equal => &[Equal, Greater],
        Greater => &[Greater],
    };
    Possible {
        yes: orders.iter().any(|order| is(op, *order)),
        no: orders.iter().any(|order| !is(op, *order)),
        unknown: false,
    }
}

pub fn is(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

/// Text that is exactly a number in JSON's grammar, and finite.
fn json_number(text: &str) -> Option<Number> {
    static GRAMMAR: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$").ok());
    if !GRAMMAR
        .as_ref()
        .is_some_and(|grammar| grammar.is_match(text))
    {
        return None;
    }
    match text.parse::<i128>() {
        Ok(integer) => Some(Number::Int(integer)),
        Err(_) => Number::from_f64(text.parse().ok()?),
    }
}

/// Asks a regular expression; one that does not compile says nothing.
pub fn with_pattern<R: Default>(pattern: &str, ask: impl FnOnce(&Regex) -> R) -> R {
    // Compiled once a thread: all that is clever here.
    thread_local!(static PATTERNS: RefCell<BTreeMap<String, Option<Regex>>> = RefCell::default());
    PATTERNS.with_borrow_mut(|patterns| {
        if !patterns.contains_key(pattern) {
            patterns.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        patterns[pattern].as_ref().map(ask).unwrap_or_default()
    })
}
