//! Numbers and durations: `-1_000`, `2.5e3`, `250ms`, `1m30s`.

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::Lexer;
use crate::condition::token::Token;
use crate::rule::Number;

/// The units of a duration and their nanoseconds.
const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

impl Lexer<'_> {
    /// At a digit, or a sign before one. What turns out to be a name that starts with a digit is one.
    pub(super) fn number(&mut self) {
        let start = self.position;
        let digits = number_length(&self.text[start..]);
        let end = start + digits;
        let Some(next) = self.text[end..].chars().next() else {
            return self.plain_number(start, end);
        };
        if next.is_ascii_alphabetic() || next == '_' || next == 'µ' || next == 'μ' {
            self.duration(start);
        } else if (next == '-' || next == '.')
            && self
                .byte(end + 1)
                .is_some_and(|b| b.is_ascii_alphanumeric())
            && !self.text[start..].starts_with(['-', '+'])
        {
            self.word();
        } else {
            self.plain_number(start, end);
        }
    }

    fn plain_number(&mut self, start: usize, end: usize) {
        let text = self.text[start..end].replace('_', "");
        match parse_number(&text) {
            Some(number) if self.byte(end) == Some(b'%') => {
                self.push(start, Token::Percent(Box::new(number)), end + 1);
            }
            Some(number) => self.push(start, Token::Number(Box::new(number)), end),
            None => {
                let message = format!("`{}` is too large for a number", &self.text[start..end]);
                self.fault(code::BAD_NUMBER, start..end, message).help =
                    Some("numbers reach up to 1.7e308".into());
                self.push(start, Token::Number(Box::new(Number::Int(0))), end);
            }
        }
    }

    fn duration(&mut self, start: usize) {
        let text = &self.text[start..];
        let length = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || "._µμ-+".contains(c)))
            .unwrap_or(text.len());
        // `2s..5s` are two.
        let length = text[..length].find("..").unwrap_or(length);
        let run = &text[..length];
        let mut nanos: Option<u128> = Some(0);
        let mut rest = run.trim_start_matches(['-', '+']);
        let mut is_duration = !rest.is_empty();
        while !rest.is_empty() {
            let digits = plain_length(rest);
            let tail = &rest[digits..];
            let unit_length = tail
                .find(|c: char| !(c.is_alphabetic()))
                .unwrap_or(tail.len());
            let unit = UNITS.iter().find(|(name, _)| *name == &tail[..unit_length]);
            let Some((_, scale)) = unit.filter(|_| digits > 0) else {
                is_duration = false;
                break;
            };
            let part = scaled(&rest[..digits].replace('_', ""), *scale);
            nanos = nanos.zip(part).map(|(sum, part)| sum + part);
            rest = &tail[unit_length..];
        }
        let end = start + length;
        if !is_duration {
            if run.starts_with(['-', '+']) {
                let message = format!("`{run}` is neither a number nor a duration");
                self.fault(code::BAD_NUMBER, start..end, message).help = Some(
                    "a number: `-1.5e3`; a duration: a number and one of `ns us ms s m h d`".into(),
                );
                self.push(start, Token::Number(Box::new(Number::Int(0))), end);
            } else if let Some(unit) = misspelled_unit(run) {
                let message = format!("`{run}` is no duration; write `{unit}`");
                self.fault(code::BAD_DURATION, start..end, message)
                    .suggestion = Some(unit);
                self.push(start, Token::Duration(0), end);
            } else {
                self.word();
            }
            return;
        }
        let value = nanos.and_then(|nanos| u64::try_from(nanos).ok());
        let fault = match value {
            Some(_) if run.starts_with('-') => {
                Some(("a duration is never negative", "leave the `-` out"))
            }
            Some(_) => None,
            None => Some((
                "a duration is a whole number of nanoseconds, at most 584 years",
                "write it as `500ns`, `1.5ms` or `365d`, within these bounds",
            )),
        };
        if let Some((message, help)) = fault {
            self.fault(code::BAD_DURATION, start..end, message).help = Some(help.into());
        }
        self.push(start, Token::Duration(value.unwrap_or(0)), end);
    }
}

fn misspelled_unit(run: &str) -> Option<String> {
    let digits = plain_length(run);
    let unit = meant_unit(&run[digits..])?;
    Some(format!("{}{unit}", &run[..digits]))
}

/// The unit that a word of another language is.
pub(crate) fn meant_unit(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => "s",
        "msec" | "msecs" | "millis" | "milliseconds" => "ms",
        "usec" | "micros" | "microseconds" => "us",
        "nanos" | "nanoseconds" => "ns",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hour" | "hours" | "hr" => "h",
        "day" | "days" => "d",
        _ => return None,
    })
}

/// Digits, decimals and exponent, with a sign before them.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    at += plain_length(&text[at..]);
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let mut digit = at + 1;
        digit += usize::from(matches!(bytes.get(digit), Some(b'-' | b'+')));
        let exponent = digits_length(&bytes[digit.min(bytes.len())..]);
        if exponent > 0 {
            at = digit + exponent;
        }
    }
    at
}

/// Digits and decimals.
fn plain_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let whole = digits_length(bytes);
    if whole > 0 && bytes.get(whole) == Some(&b'.') {
        let decimals = digits_length(&bytes[whole + 1..]);
        if decimals > 0 {
            return whole + 1 + decimals;
        }
    }
    whole
}

/// Digits with `_` between them.
fn digits_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => length = at + 1,
            b'_' if length == at && at > 0 => {}
            b'_' if at > 0 && bytes[at - 1] == b'_' => {}
            _ => break,
        }
    }
    length
}

/// `text` without `_`. `None` beyond the range of a double.
pub(crate) fn parse_number(text: &str) -> Option<Number> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(int) = text.parse::<i128>() {
        return Some(Number::Int(int));
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// `decimal * scale`, where that is whole.
fn scaled(decimal: &str, scale: u64) -> Option<u128> {
    let (whole, decimals) = decimal.split_once('.').unwrap_or((decimal, ""));
    let decimals = decimals.trim_end_matches('0');
    let power = 10u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let whole: u128 = whole.parse().ok()?;
    let fraction: u128 = if decimals.is_empty() {
        0
    } else {
        decimals.parse().ok()?
    };
    let fraction = fraction.checked_mul(u128::from(scale))?;
    if fraction % power != 0 {
        return None;
    }
    whole
        .checked_mul(u128::from(scale))?
        .checked_add(fraction / power)
}
