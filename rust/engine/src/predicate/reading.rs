//! How a value is read before it is tested: as it is, in lower case, or by its length.

use betrace_lang::rule::Term;

use crate::value::{TextBuffer, Value, shortest_text};
use crate::wire::value::array_elements;

/// Texts up to this many bytes are put into lower case without an allocation.
pub const LOWERED_BYTES: usize = 128;

/// What is done to a value before it is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Plain,
    /// `lower(x)`
    Lower,
    /// `length(x)`
    Length,
}

impl Reading {
    pub(super) fn of(term: &Term) -> Reading {
        match term {
            Term::Lower(_) => Reading::Lower,
            Term::Length(_) => Reading::Length,
            Term::Field(_) | Term::As { .. } | Term::Add(_) | Term::Subtract(_) => Reading::Plain,
        }
    }

    /// Whether it gives another value than the one that is there: what cannot be read so is unknown, compared with nothing too.
    #[inline]
    pub(super) fn is_computed(self) -> bool {
        self != Reading::Plain
    }

    /// Hands on what the value reads as; of an unlike type, something that is unlike to everything.
    #[inline]
    pub(super) fn read<R>(self, value: Value<'_>, then: impl FnOnce(Value<'_>) -> R) -> R {
        match self {
            Reading::Plain => then(value),
            Reading::Lower => in_lower_case(value, then),
            Reading::Length => then(length(value)),
        }
    }
}

fn length(value: Value<'_>) -> Value<'_> {
    let length = match value {
        Value::Missing => return Value::Missing,
        // As many code points as bytes that begin one.
        Value::Text(text) => text.iter().filter(|byte| **byte & 0xc0 != 0x80).count(),
        Value::Array(encoded) => array_elements(encoded).count(),
        _ => return Value::Other,
    };
    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
}

#[inline(never)]
fn in_lower_case<R>(value: Value<'_>, then: impl FnOnce(Value<'_>) -> R) -> R {
    let mut digits = TextBuffer::new();
    let text = match value {
        Value::Text(text) => text,
        Value::Missing | Value::Float(_) | Value::Int(_) | Value::Bool(_) => {
            match shortest_text(value, &mut digits) {
                Some(text) => text,
                None => return then(Value::Missing),
            }
        }
        _ => return then(Value::Other),
    };
    let mut room = [0; LOWERED_BYTES];
    match lowered_into(text, &mut room) {
        Some(lower) => then(Value::Text(lower)),
        None => then(Value::Text(&lowered(text))),
    }
}

/// In `room`, if it fits and every character can be taken alone.
fn lowered_into<'r>(text: &[u8], room: &'r mut [u8; LOWERED_BYTES]) -> Option<&'r [u8]> {
    if text.is_ascii() {
        let room = room.get_mut(..text.len())?;
        room.copy_from_slice(text);
        room.make_ascii_lowercase();
        return Some(room);
    }
    let text = std::str::from_utf8(text).ok()?;
    let mut end = 0;
    for char in text.chars() {
        // What a sigma becomes hangs on whether it ends a word.
        if char == 'Σ' {
            return None;
        }
        for lower in char.to_lowercase() {
            let place = room.get_mut(end..end + lower.len_utf8())?;
            end += lower.encode_utf8(place).len();
        }
    }
    Some(&room[..end])
}

/// Bytes that are no UTF-8 stay as they are.
#[cold]
fn lowered(text: &[u8]) -> Vec<u8> {
    let mut lower = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        lower.extend_from_slice(chunk.valid().to_lowercase().as_bytes());
        lower.extend_from_slice(chunk.invalid());
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(text: &[u8]) -> Vec<u8> {
        in_lower_case(Value::Text(text), |value| match value {
            Value::Text(text) => text.to_vec(),
            _ => Vec::new(),
        })
    }

    #[test]
    fn any_text_is_lowered_as_unicode_says() {
        let long = "ÀB".repeat(LOWERED_BYTES);
        for text in [
            "",
            "ADMIN",
            "Ünïcode",
            "İstanbul",
            "ΟΔΟΣ ΣΑΣ",
            "ß",
            "ẞ",
            "ǅ",
            &long,
        ] {
            assert_eq!(
                lower(text.as_bytes()),
                text.to_lowercase().as_bytes(),
                "{text}"
            );
        }
        assert_eq!(lower(b"A\xff\xc3B"), b"a\xff\xc3b");
    }

    #[test]
    fn the_room_for_short_texts_holds_what_it_says() {
        for length in [LOWERED_BYTES - 1, LOWERED_BYTES, LOWERED_BYTES + 1] {
            let text = "A".repeat(length);
            let fits = lowered_into(text.as_bytes(), &mut [0; LOWERED_BYTES]).is_some();
            assert_eq!(fits, length <= LOWERED_BYTES);
            assert_eq!(lower(text.as_bytes()), text.to_lowercase().as_bytes());
        }
        // Two bytes each, and an odd one.
        let odd = format!("{}x", "É".repeat(LOWERED_BYTES / 2));
        assert!(lowered_into(odd.as_bytes(), &mut [0; LOWERED_BYTES]).is_none());
        assert_eq!(lower(odd.as_bytes()), odd.to_lowercase().as_bytes());
    }

    #[test]
    fn lengths_are_of_code_points_and_elements() {
        assert_eq!(length(Value::Text("añ€😀".as_bytes())), Value::Int(4));
        assert_eq!(length(Value::Text(b"")), Value::Int(0));
        assert_eq!(length(Value::Array(b"")), Value::Int(0));
        assert_eq!(length(Value::Int(5)), Value::Other);
        assert_eq!(length(Value::Missing), Value::Missing);
    }
}
