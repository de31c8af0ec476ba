//! Values as they are kept: numbers and truth values whole, texts by their hash, with their letters where there are few of them.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hasher};

/// Different texts of one key that are kept with their letters. A key with more is no list of words.
pub const MOST_TEXTS: usize = 256;

/// Longer texts are known by their hash alone.
const MOST_BYTES: usize = 120;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// By its hash.
    Text(u64),
    Number(f64),
    Bool(bool),
    /// An array, a map, bytes: there, and no more is known of it.
    Other,
}

impl Value {
    /// Equal for equal values, and for others hardly ever.
    #[must_use]
    pub fn bits(self) -> u64 {
        match self {
            Value::Text(hash) => hash,
            // 0.0 is -0.0.
            Value::Number(number) => hash(&(number + 0.0).to_bits().to_le_bytes()) ^ 1,
            Value::Bool(value) => 2 + u64::from(value),
            Value::Other => 1,
        }
    }

    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(number),
            Value::Text(_) | Value::Bool(_) | Value::Other => None,
        }
    }
}

/// The same in every run.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0x6265_7472).build_hasher();
    hasher.write(bytes);
    // Apart from what stands for numbers and truth values.
    hasher.finish() & !1 | 1 << 63
}

/// The texts of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    texts: HashMap<u64, Box<str>>,
    /// There were more than are kept.
    pub is_over: bool,
}

impl Texts {
    /// The value of a text: one that reads as a number or a truth value is it, as rules have it.
    pub fn value(&mut self, text: &str) -> Value {
        match text {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            _ => {}
        }
        if is_number(text)
            && let Ok(number) = text.parse::<f64>()
            && number.is_finite()
        {
            return Value::Number(number);
        }
        let hash = hash(text.as_bytes());
        if !self.texts.contains_key(&hash) {
            if self.texts.len() >= MOST_TEXTS || text.len() > MOST_BYTES {
                self.is_over = true;
            } else {
                self.texts.insert(hash, text.into());
            }
        }
        Value::Text(hash)
    }

    /// The letters of a text, if they are kept.
    #[must_use]
    pub fn text(&self, hash: u64) -> Option<&str> {
        self.texts.get(&hash).map(AsRef::as_ref)
    }
}

/// A number as JSON has them.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    if whole.is_empty() || whole.len() > 1 && whole.starts_with('0') {
        return false;
    }
    let rest = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return false;
            }
            &rest[digits..]
        }
        None => rest,
    };
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return rest.is_empty();
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    !exponent.is_empty() && exponent.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_rules_take_it_for() {
        let mut texts = Texts::default();
        for text in ["404", "-2.5e3", "0", "0.5"] {
            assert_eq!(
                texts.value(text),
                Value::Number(text.parse().unwrap()),
                "{text}"
            );
        }
        assert_eq!(texts.value("true"), Value::Bool(true));
        for text in ["007", "1.", ".5", "+1", "1e", "inf", "0x1f", "", "1 "] {
            assert!(matches!(texts.value(text), Value::Text(_)), "{text}");
        }
        let Value::Text(hash) = texts.value("EUR") else {
            panic!("a text")
        };
        assert_eq!(texts.text(hash), Some("EUR"));
    }

    #[test]
    fn so_many_texts_keep_their_letters_and_one_more_is_told() {
        let mut texts = Texts::default();
        for n in 0..MOST_TEXTS {
            texts.value(&format!("t{n}"));
        }
        assert!(!texts.is_over);
        let value = texts.value("one more");
        assert!(texts.is_over);
        assert_eq!(texts.text(value.bits()), None);
    }

    #[test]
    fn a_text_keeps_its_letters_up_to_a_length() {
        for (length, is_kept) in [(MOST_BYTES, true), (MOST_BYTES + 1, false)] {
            let mut texts = Texts::default();
            let value = texts.value(&"x".repeat(length));
            assert_eq!(texts.text(value.bits()).is_some(), is_kept, "{length}");
            assert_eq!(texts.is_over, !is_kept);
        }
    }

    #[test]
    fn equal_values_have_equal_bits() {
        assert_eq!(Value::Number(0.0).bits(), Value::Number(-0.0).bits());
        assert_ne!(Value::Number(1.0).bits(), Value::Number(2.0).bits());
        assert_ne!(Value::Bool(true).bits(), Value::Bool(false).bits());
    }
}
