//! Values as spans carry them, and how the language compares them.
//!
//! A [`Value`] borrows from the message it was read from; an [`OwnedValue`] is the compact form that a
//! trace's records keep. [`compare`] is the language's whole coercion table: number text is JSON's number
//! grammar, booleans are `true` and `false`, text against text is by bytes, integers against decimals are
//! exact, durations meet durations only, and everything else is unknown.

pub(crate) mod exact;
pub(crate) mod kept_text;
pub(crate) mod number;
pub(crate) mod total;

use std::cmp::Ordering;
use std::fmt::Write as _;

use betrace_lang::rule::{CompareOp, Literal, Number};
use serde::{Deserialize, Serialize};

use crate::logic::truth::Truth;
use crate::value::kept_text::KeptText;
use crate::value::number::number_text;

/// One value, borrowed from the message. Text is bytes: invalid UTF-8 is a value like another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not there, or an empty value.
    Missing,
    Text(&'a [u8]),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// An encoded OTLP `ArrayValue`.
    Array(&'a [u8]),
    Bytes(&'a [u8]),
    /// A map of keys and values: present, and comparable with nothing.
    Other,
    /// Nanoseconds. `None`: the span's times have no order, so nothing is known.
    Duration(Option<u64>),
}

/// A value that outlives its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OwnedValue {
    Missing,
    Text(KeptText),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// An encoded OTLP `ArrayValue`.
    Array(Box<[u8]>),
    Bytes(Box<[u8]>),
    Other,
    Duration(Option<u64>),
    /// What older versions kept of an `event.` or `link.` field: one value for each event or link that has it, which
    /// is not known.
    List(Box<[OwnedValue]>),
    /// An `event.` or `link.` field: of so many events or links the values of those that have it, in their order.
    Rows {
        count: u32,
        values: Box<[(u32, OwnedValue)]>,
    },
}

impl Value<'_> {
    #[must_use]
    pub fn is_missing(self) -> bool {
        matches!(self, Value::Missing)
    }

    #[must_use]
    pub fn to_owned(self) -> OwnedValue {
        match self {
            Value::Missing => OwnedValue::Missing,
            Value::Text(text) => OwnedValue::Text(text.into()),
            Value::Int(value) => OwnedValue::Int(value),
            Value::Float(value) => OwnedValue::Float(value),
            Value::Bool(value) => OwnedValue::Bool(value),
            Value::Array(encoded) => OwnedValue::Array(encoded.into()),
            Value::Bytes(bytes) => OwnedValue::Bytes(bytes.into()),
            Value::Other => OwnedValue::Other,
            Value::Duration(value) => OwnedValue::Duration(value),
        }
    }
}

impl OwnedValue {
    /// A list has no single value: it reads as missing here, and through [`OwnedValue::any`] as what it is.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            OwnedValue::Missing | OwnedValue::List(_) | OwnedValue::Rows { .. } => Value::Missing,
            OwnedValue::Text(text) => Value::Text(text),
            OwnedValue::Int(value) => Value::Int(*value),
            OwnedValue::Float(value) => Value::Float(*value),
            OwnedValue::Bool(value) => Value::Bool(*value),
            OwnedValue::Array(encoded) => Value::Array(encoded),
            OwnedValue::Bytes(bytes) => Value::Bytes(bytes),
            OwnedValue::Other => Value::Other,
            OwnedValue::Duration(value) => Value::Duration(*value),
        }
    }

    /// Whether some value of a list passes; any other value is a list of itself, a missing one of nothing.
    pub fn any(&self, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match self {
            OwnedValue::List(values) => values.iter().any(|value| value.any(test)),
            OwnedValue::Rows { values, .. } => values.iter().any(|(_, value)| value.any(test)),
            OwnedValue::Missing => false,
            one => test(one.as_value()),
        }
    }

    /// How many events or links a field of them has values for or none; `None`: it is not known.
    pub(crate) fn rows(&self) -> Option<u32> {
        match self {
            OwnedValue::Rows { count, .. } => Some(*count),
            OwnedValue::Missing => Some(0),
            _ => None,
        }
    }

    /// The value of one event or link.
    pub(crate) fn row(&self, index: u32) -> Value<'_> {
        let OwnedValue::Rows { values, .. } = self else {
            return Value::Missing;
        };
        let at = values.binary_search_by_key(&index, |(row, _)| *row);
        at.map_or(Value::Missing, |at| values[at].1.as_value())
    }

    /// Bytes on the heap, besides the value itself.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            OwnedValue::Text(text) => text.heap_bytes(),
            OwnedValue::Array(bytes) | OwnedValue::Bytes(bytes) => bytes.len(),
            OwnedValue::List(values) => {
                size_of_val::<[OwnedValue]>(values)
                    + values.iter().map(OwnedValue::heap_bytes).sum::<usize>()
            }
            OwnedValue::Rows { values, .. } => {
                let kept = values.iter().map(|(_, value)| value.heap_bytes());
                size_of_val::<[(u32, OwnedValue)]>(values) + kept.sum::<usize>()
            }
            _ => 0,
        }
    }
}

/// The outcome of one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    pub truth: Truth,
    /// Unknown because the two values are of unlike types (and not because one is missing).
    pub unlike: bool,
}

impl Compared {
    pub(crate) const UNKNOWN: Compared = Compared {
        truth: Truth::UNKNOWN,
        unlike: false,
    };
    pub(crate) const UNLIKE: Compared = Compared {
        truth: Truth::UNKNOWN,
        unlike: true,
    };

    /// Not known yet, or never: it may come out either way.
    pub(crate) const OPEN: Compared = Compared {
        truth: Truth::OPEN,
        unlike: false,
    };

    pub(crate) fn not(self) -> Compared {
        Compared {
            truth: self.truth.not(),
            ..self
        }
    }

    pub(crate) fn known(holds: bool) -> Compared {
        Compared {
            truth: Truth::from(holds),
            unlike: false,
        }
    }
}

/// What the language says of `left op right`.
#[must_use]
pub fn compare(left: Value<'_>, op: CompareOp, right: Value<'_>) -> Compared {
    match (left, right) {
        (Value::Missing, _) | (_, Value::Missing) => Compared::UNKNOWN,
        (Value::Text(a), Value::Text(b)) => ordered(op, a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => match (a, b) {
            (Some(a), Some(b)) => ordered(op, a.cmp(&b)),
            _ => Compared::OPEN,
        },
        (Value::Bool(a), Value::Bool(b)) => booleans(op, a, b),
        (Value::Bool(a), Value::Text(b)) => match boolean_text(b) {
            Some(b) => booleans(op, a, b),
            None => Compared::UNLIKE,
        },
        (Value::Text(a), Value::Bool(b)) => match boolean_text(a) {
            Some(a) => booleans(op, a, b),
            None => Compared::UNLIKE,
        },
        (Value::Int(a), Value::Int(b)) => ordered(op, a.cmp(&b)),
        _ => numbers(left, op, right),
    }
}

fn numbers(left: Value<'_>, op: CompareOp, right: Value<'_>) -> Compared {
    match (numeric(left), numeric(right)) {
        (Numeric::Finite(a), Numeric::Finite(b)) => ordered(op, a.compare(b)),
        (Numeric::Not, _) | (_, Numeric::Not) => Compared::UNLIKE,
        _ => Compared::UNKNOWN,
    }
}

pub(crate) enum Numeric {
    Finite(Number),
    /// NaN or an infinity: a number, and equal to or ordered with nothing.
    Infinite,
    Not,
}

pub(crate) fn numeric(value: Value<'_>) -> Numeric {
    match value {
        Value::Int(value) => Numeric::Finite(Number::Int(i128::from(value))),
        Value::Float(value) => Number::from_f64(value).map_or(Numeric::Infinite, Numeric::Finite),
        Value::Text(text) => number_text(text).map_or(Numeric::Not, Numeric::Finite),
        _ => Numeric::Not,
    }
}

/// The finite number that a value is or spells.
#[must_use]
pub fn number(value: Value<'_>) -> Option<Number> {
    match numeric(value) {
        Numeric::Finite(number) => Some(number),
        Numeric::Infinite | Numeric::Not => None,
    }
}

pub(crate) fn ordered(op: CompareOp, order: Ordering) -> Compared {
    Compared::known(match op {
        CompareOp::Eq => order == Ordering::Equal,
        CompareOp::Ne => order != Ordering::Equal,
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::Le => order != Ordering::Greater,
        CompareOp::Gt => order == Ordering::Greater,
        CompareOp::Ge => order != Ordering::Less,
    })
}

/// Booleans are equal or not; they have no order.
fn booleans(op: CompareOp, a: bool, b: bool) -> Compared {
    match op {
        CompareOp::Eq => Compared::known(a == b),
        CompareOp::Ne => Compared::known(a != b),
        _ => Compared::UNLIKE,
    }
}

pub(crate) fn boolean_text(text: &[u8]) -> Option<bool> {
    match text {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// A literal of a rule against a value; kept apart from [`compare`] because a literal integer may go beyond
/// 64 bits.
#[must_use]
pub fn compare_literal(left: Value<'_>, op: CompareOp, right: &Literal) -> Compared {
    match right {
        Literal::Text(text) => compare(left, op, Value::Text(text.as_bytes())),
        Literal::Bool(value) => compare(left, op, Value::Bool(*value)),
        Literal::Duration(nanos) => compare(left, op, Value::Duration(Some(*nanos))),
        Literal::Number(literal) => match (left, literal) {
            (Value::Missing, _) => Compared::UNKNOWN,
            (Value::Int(value), Number::Int(literal)) => {
                ordered(op, i128::from(value).cmp(literal))
            }
            _ => match numeric(left) {
                Numeric::Finite(value) => ordered(op, value.compare(*literal)),
                Numeric::Infinite => Compared::UNKNOWN,
                Numeric::Not => Compared::UNLIKE,
            },
        },
    }
}

/// Room for the text of any number: the longest double in plain decimals has fewer than 350 characters.
#[derive(Clone, Copy)]
pub struct TextBuffer {
    bytes: [u8; 352],
    len: usize,
}

impl TextBuffer {
    #[must_use]
    pub fn new() -> TextBuffer {
        TextBuffer {
            bytes: [0; 352],
            len: 0,
        }
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Default for TextBuffer {
    fn default() -> Self {
        TextBuffer::new()
    }
}

impl std::fmt::Write for TextBuffer {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        match self.bytes.get_mut(self.len..end) {
            Some(room) => {
                room.copy_from_slice(text.as_bytes());
                self.len = end;
                Ok(())
            }
            None => Err(std::fmt::Error),
        }
    }
}

/// The shortest text of a value, which text operators see and on which `by` and `distinct` group: text is
/// itself, an integer (and a decimal that is one) has no point, any other decimal has the fewest digits that
/// read back as it and no exponent. `None` for missing values, arrays, maps, bytes, durations, NaN and infinities.
#[must_use]
pub fn shortest_text<'b>(value: Value<'b>, buffer: &'b mut TextBuffer) -> Option<&'b [u8]> {
    match value {
        Value::Text(text) => Some(text),
        Value::Bool(true) => Some(b"true"),
        Value::Bool(false) => Some(b"false"),
        Value::Int(value) => number_into(Number::Int(i128::from(value)), buffer),
        Value::Float(value) => number_into(Number::from_f64(value)?, buffer),
        Value::Missing | Value::Array(_) | Value::Bytes(_) | Value::Other | Value::Duration(_) => {
            None
        }
    }
}

/// The shortest text of a literal; none for a duration.
pub(crate) fn literal_text(literal: &Literal) -> Option<Box<[u8]>> {
    let mut buffer = TextBuffer::new();
    match literal {
        Literal::Text(text) => Some(text.as_bytes().into()),
        Literal::Bool(value) => Some(value.to_string().into_bytes().into()),
        Literal::Number(number) => number_into(*number, &mut buffer).map(Into::into),
        Literal::Duration(_) => None,
    }
}

fn number_into(number: Number, buffer: &mut TextBuffer) -> Option<&[u8]> {
    buffer.len = 0;
    match number {
        Number::Int(value) => write!(buffer, "{value}").ok()?,
        Number::Float(value) => write!(buffer, "{value}").ok()?,
    }
    Some(buffer.text())
}
