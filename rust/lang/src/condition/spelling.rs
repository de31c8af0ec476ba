//! How names and values are spelled, so that reading them gives them back.

use crate::rule::{Alternative, FirstOf, Gap, Literal, Nanos, Number, ReadAt, Reading};
use crate::source::is_direction_mark;

/// `text` in double quotes, its escapes written so that reading gives it back.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\\' => match signs.peek() {
                // Alone these would be read as an escape; before anything else a backslash stays one.
                Some('\\' | '"' | '\n' | '\t' | 'n' | 't' | 'u') | None => quoted.push_str("\\\\"),
                Some(next) if is_escaped(*next) => quoted.push_str("\\\\"),
                Some(_) => quoted.push('\\'),
            },
            sign if is_escaped(sign) => {
                quoted.push_str(&format!("\\u{{{:x}}}", u32::from(sign)));
            }
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

fn is_escaped(sign: char) -> bool {
    sign.is_control() || is_direction_mark(sign)
}

/// Dotted segments that begin with a letter, with inner dashes.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|segment| {
            let bytes = segment.as_bytes();
            bytes
                .first()
                .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                && bytes.last().is_some_and(|b| *b != b'-')
                && bytes
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        })
}

pub(crate) fn list(values: &[Literal]) -> String {
    format!(
        "[{}]",
        values.iter().map(literal).collect::<Vec<_>>().join(", ")
    )
}

pub(crate) fn literal(value: &Literal) -> String {
    match value {
        Literal::Number(value) => number(*value),
        Literal::Bool(value) => value.to_string(),
        Literal::Duration(nanos) => duration(*nanos),
        Literal::Text(text) => quote(text),
    }
}

pub(crate) fn number(value: Number) -> String {
    match value {
        Number::Int(value) => value.to_string(),
        Number::Float(value) => format!("{value:?}"),
    }
}

/// A duration as rules write it, in the largest unit that leaves it whole: `2m`, `90s`, `250ms`.
#[must_use]
pub fn duration(nanos: Nanos) -> String {
    const UNITS: [(u64, &str); 6] = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    for (scale, unit) in UNITS {
        if nanos > 0 && nanos.is_multiple_of(scale) {
            return format!("{}{unit}", nanos / scale);
        }
    }
    format!("{nanos}ns")
}

/// ` within 5s`
pub(crate) fn gap(gap: Gap) -> String {
    match (gap.least, gap.most) {
        (0, Some(most)) => format!(" within {}", duration(most)),
        (least, most) => {
            let most = most.map(duration).unwrap_or_default();
            format!(" within {}..{most}", duration(least))
        }
    }
}

/// What a field of a rule file stands for: `{"a" | "b" ("5": "NOT_FOUND") | "c" ~ "^([a-z]+)"}`.
pub(crate) fn first_of(field: &FirstOf) -> String {
    let of: Vec<String> = field.of.iter().map(alternative).collect();
    format!("{{{}}}", of.join(" | "))
}

fn alternative(one: &Alternative) -> String {
    let from = origin(&one.origin);
    let read = match &one.reading {
        Reading::AsItIs => from,
        Reading::Mapped(table) => {
            let rows = table
                .iter()
                .map(|(from, to)| format!("{}: {}", quote(from), quote(to)));
            format!("{from} ({})", rows.collect::<Vec<_>>().join(", "))
        }
        Reading::Part(pattern) => format!("{from} ~ {}", quote(pattern)),
        Reading::Word { pattern, word } => {
            format!("{from} ~ {} => {}", quote(pattern), quote(word))
        }
    };
    match &one.proviso {
        None => read,
        Some(proviso) => format!(
            "{read} if {} == {}",
            origin(&proviso.origin),
            quote(&proviso.text)
        ),
    }
}

fn origin(origin: &ReadAt) -> String {
    match origin {
        ReadAt::Attribute(key) => quote(key),
        ReadAt::Event(key) => format!("event.{}", quote(key)),
        ReadAt::Intrinsic(intrinsic) => intrinsic.as_str().to_owned(),
    }
}
