//! Text that is a number: JSON's grammar, read exactly where the value is an integer.

use betrace_lang::rule::Number;

/// Digits of a positive integer that always fit an `i128`.
const EXACT_DIGITS: usize = 38;

/// The number that `text` spells: exactly JSON's grammar (no sign but minus, no leading zero, no blanks).
/// A value that is an integer of at most 38 digits is exact, whatever its spelling (`1e3`, `20.0`); any other
/// is the nearest double. `None` if it is not a number, or beyond a double's range.
#[must_use]
pub fn number_text(text: &[u8]) -> Option<Number> {
    let parts = Parts::read(text)?;
    if let Some(integer) = parts.integer() {
        return Some(Number::Int(if parts.negative { -integer } else { integer }));
    }
    let text = std::str::from_utf8(text).ok()?;
    Number::from_f64(text.parse::<f64>().ok()?)
}

struct Parts<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    /// Saturated; beyond some hundreds the value is zero or out of range anyway.
    exponent: i64,
}

impl Parts<'_> {
    fn read(text: &[u8]) -> Option<Parts<'_>> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (whole, rest) = digits(rest);
        if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
            return None;
        }
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => {
                let (fraction, rest) = digits(rest);
                if fraction.is_empty() {
                    return None;
                }
                (fraction, rest)
            }
            rest => (&[][..], rest),
        };
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        Some(Parts {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The magnitude, if it is an integer of at most 38 digits.
    fn integer(&self) -> Option<i128> {
        let all = || self.whole.iter().chain(self.fraction).copied();
        let trailing = all().rev().take_while(|digit| *digit == b'0').count();
        let length = self.whole.len() + self.fraction.len();
        if trailing == length {
            return Some(0);
        }
        let leading = all().take_while(|digit| *digit == b'0').count();
        let significant = length - leading - trailing;
        let shift = self
            .exponent
            .saturating_sub(i64::try_from(self.fraction.len()).ok()?)
            .saturating_add(i64::try_from(trailing).ok()?);
        let shift = usize::try_from(shift).ok()?;
        if significant.saturating_add(shift) > EXACT_DIGITS {
            return None;
        }
        let mut value = 0i128;
        for digit in all().skip(leading).take(significant) {
            value = value * 10 + i128::from(digit - b'0');
        }
        for _ in 0..shift {
            value *= 10;
        }
        Some(value)
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (digits, rest) = digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let magnitude = digits.iter().fold(0i64, |value, digit| {
        (value * 10 + i64::from(digit - b'0')).min(1_000_000_000)
    });
    Some(if negative { -magnitude } else { magnitude })
}
