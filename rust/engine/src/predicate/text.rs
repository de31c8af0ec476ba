//! `contains`, `starts with` and `ends with`: tests of a value's text.

use betrace_lang::rule::{CompareOp, Literal, TextOp};
use memchr::memmem;

use crate::value::{
    Compared, TextBuffer, Value, compare, compare_literal, literal_text, shortest_text,
};
use crate::wire::value::array_elements;

/// A text that is looked for, prepared.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    op: TextOp,
    /// `None`: a duration, which has no text.
    text: Option<Box<[u8]>>,
    finder: memmem::Finder<'static>,
    literal: Literal,
}

impl Needle {
    pub(super) fn new(op: TextOp, literal: &Literal) -> Needle {
        let text = literal_text(literal);
        let finder = memmem::Finder::new(text.as_deref().unwrap_or(b"")).into_owned();
        Needle {
            op,
            text,
            finder,
            literal: literal.clone(),
        }
    }

    pub(super) fn test(&self, value: Value<'_>) -> Compared {
        let Some(text) = &self.text else {
            return match value {
                Value::Missing => Compared::UNKNOWN,
                _ => Compared::UNLIKE,
            };
        };
        match (value, self.op) {
            (Value::Array(encoded), TextOp::Contains) => {
                Compared::known(array_elements(encoded).any(|element| {
                    compare_literal(element, CompareOp::Eq, &self.literal)
                        .truth
                        .is_true()
                        || text_equals(element, text)
                }))
            }
            _ => text_test(value, |value| match self.op {
                TextOp::Contains => self.finder.find(value).is_some(),
                TextOp::StartsWith => value.starts_with(text),
                TextOp::EndsWith => value.ends_with(text),
            }),
        }
    }
}

fn text_equals(value: Value<'_>, text: &[u8]) -> bool {
    shortest_text(value, &mut TextBuffer::new()) == Some(text)
}

/// A text operator whose right side is a field.
pub(super) fn text_against(op: TextOp, left: Value<'_>, right: Value<'_>) -> Compared {
    if left.is_missing() || right.is_missing() {
        return Compared::UNKNOWN;
    }
    let mut buffer = TextBuffer::new();
    let Some(text) = shortest_text(right, &mut buffer) else {
        return without_text(right);
    };
    match (left, op) {
        (Value::Array(encoded), TextOp::Contains) => {
            Compared::known(array_elements(encoded).any(|element| {
                compare(element, CompareOp::Eq, right).truth.is_true() || text_equals(element, text)
            }))
        }
        _ => text_test(left, |left| match op {
            TextOp::Contains => memmem::find(left, text).is_some(),
            TextOp::StartsWith => left.starts_with(text),
            TextOp::EndsWith => left.ends_with(text),
        }),
    }
}

pub(super) fn text_test(value: Value<'_>, test: impl FnOnce(&[u8]) -> bool) -> Compared {
    // Text is by far the usual case, and needs no room for digits.
    if let Value::Text(text) = value {
        return Compared::known(test(text));
    }
    match shortest_text(value, &mut TextBuffer::new()) {
        Some(text) => Compared::known(test(text)),
        None => without_text(value),
    }
}

/// NaN and infinities are numbers without a decimal; missing is missing; the rest is of an unlike type.
fn without_text(value: Value<'_>) -> Compared {
    match value {
        Value::Missing | Value::Float(_) => Compared::UNKNOWN,
        _ => Compared::UNLIKE,
    }
}
