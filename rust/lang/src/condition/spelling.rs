//! How names and values are spelled, so that reading them gives them back.

use std::fmt::Write;

use crate::rule::{Alternative, FirstOf, Gap, Literal, Nanos, Number, ReadAt, Reading};
use crate::source::is_direction_mark;

/// `text` in double quotes, its escapes written so that reading gives it back.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    push_quoted(&mut quoted, text);
    quoted
}

/// As [`quote`], behind what is written already.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    // Most are written as they are.
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
    {
        out.push_str(text);
        return out.push('"');
    }
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' => match signs.peek() {
                // Alone these would be read as an escape; before anything else a backslash stays one.
                Some('\\' | '"' | '\n' | '\t' | 'n' | 't' | 'u') | None => out.push_str("\\\\"),
                Some(next) if is_escaped(*next) => out.push_str("\\\\"),
                Some(_) => out.push('\\'),
            },
            sign if is_escaped(sign) => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(sign)));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
}

fn is_escaped(sign: char) -> bool {
    sign.is_control() || is_direction_mark(sign)
}

/// Dotted segments that begin with a letter, with inner dashes.
pub(crate) fn is_plain(name: &str) -> bool {
    let mut before = b'.';
    for byte in name.bytes() {
        let is_inside = before != b'.';
        let fits = match byte {
            b'.' => is_inside && before != b'-',
            b'-' | b'0'..=b'9' => is_inside,
            byte => byte.is_ascii_alphabetic() || byte == b'_',
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    !matches!(before, b'.' | b'-')
}

pub(crate) fn push_list(out: &mut String, values: &[Literal]) {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_literal(out, value);
    }
    out.push(']');
}

pub(crate) fn push_literal(out: &mut String, value: &Literal) {
    match value {
        Literal::Number(value) => push_number(out, *value),
        Literal::Bool(true) => out.push_str("true"),
        Literal::Bool(false) => out.push_str("false"),
        Literal::Duration(nanos) => push_duration(out, *nanos),
        Literal::Text(text) => push_quoted(out, text),
    }
}

pub(crate) fn number(value: Number) -> String {
    let mut text = String::new();
    push_number(&mut text, value);
    text
}

pub(crate) fn push_number(out: &mut String, value: Number) {
    // Writing to a text cannot fail.
    let _ = match value {
        Number::Int(value) => match u64::try_from(value) {
            Ok(value) => write!(out, "{value}"),
            Err(_) => write!(out, "{value}"),
        },
        Number::Float(value) => write!(out, "{value:?}"),
    };
}

/// A duration as rules write it, in the largest unit that leaves it whole: `2m`, `90s`, `250ms`.
#[must_use]
pub fn duration(nanos: Nanos) -> String {
    let mut text = String::new();
    push_duration(&mut text, nanos);
    text
}

pub(crate) fn push_duration(out: &mut String, nanos: Nanos) {
    const UNITS: [(u64, &str); 6] = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    let mut units = UNITS.into_iter();
    let whole = units.find(|(scale, _)| nanos > 0 && nanos.is_multiple_of(*scale));
    let (scale, unit) = whole.unwrap_or((1, "ns"));
    // Writing to a text cannot fail.
    let _ = write!(out, "{}{unit}", nanos / scale);
}

/// ` within 5s`
pub(crate) fn push_gap(out: &mut String, gap: Gap) {
    out.push_str(" within ");
    match (gap.least, gap.most) {
        (0, Some(most)) => push_duration(out, most),
        (least, most) => {
            push_duration(out, least);
            out.push_str("..");
            if let Some(most) = most {
                push_duration(out, most);
            }
        }
    }
}

/// What a field of a rule file stands for: `{"a" | "b" ("5": "NOT_FOUND") | "c" ~ "^([a-z]+)"}`.
pub(crate) fn push_first_of(out: &mut String, field: &FirstOf) {
    out.push('{');
    for (index, one) in field.of.iter().enumerate() {
        if index > 0 {
            out.push_str(" | ");
        }
        push_alternative(out, one);
    }
    out.push('}');
}

fn push_alternative(out: &mut String, one: &Alternative) {
    push_origin(out, &one.origin);
    match &one.reading {
        Reading::AsItIs => {}
        Reading::Mapped(table) => {
            out.push_str(" (");
            for (index, (from, to)) in table.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                push_quoted(out, from);
                out.push_str(": ");
                push_quoted(out, to);
            }
            out.push(')');
        }
        Reading::Part(pattern) => {
            out.push_str(" ~ ");
            push_quoted(out, pattern);
        }
        Reading::Word { pattern, word } => {
            out.push_str(" ~ ");
            push_quoted(out, pattern);
            out.push_str(" => ");
            push_quoted(out, word);
        }
    }
    if let Some(proviso) = &one.proviso {
        out.push_str(" if ");
        push_origin(out, &proviso.origin);
        out.push_str(" == ");
        push_quoted(out, &proviso.text);
    }
}

fn push_origin(out: &mut String, origin: &ReadAt) {
    match origin {
        ReadAt::Attribute(key) => push_quoted(out, key),
        ReadAt::Event(key) => {
            out.push_str("event.");
            push_quoted(out, key);
        }
        ReadAt::Intrinsic(intrinsic) => out.push_str(intrinsic.as_str()),
    }
}
