//! Regular expressions that are plain text.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::spelling::quote;
use crate::diagnostic::fault::Fault;

/// `matches "admin"` is `contains "admin"`; anchored at an end it starts or ends with it, at both it equals it.
pub(crate) fn regex(pattern: &str, range: Range<usize>) -> Option<Fault> {
    let is_start = pattern.starts_with('^');
    let rest = pattern.strip_prefix('^').unwrap_or(pattern);
    let is_end = rest.ends_with('$') && !rest.ends_with("\\$");
    let rest = if is_end {
        &rest[..rest.len() - 1]
    } else {
        rest
    };
    let text = plain_text(rest)?;
    if text.is_empty() {
        return None;
    }
    let quoted = quote(&text);
    let modern = match (is_start, is_end) {
        (true, true) => format!("== {quoted}"),
        (true, false) => format!("starts with {quoted}"),
        (false, true) => format!("ends with {quoted}"),
        (false, false) => format!("contains {quoted}"),
    };
    let fault = Fault::new(
        code::PLAIN_REGEX,
        range,
        "this regular expression is plain text",
    );
    Some(fault.help(format!("write `{modern}`")))
}

/// The text that the expression stands for, if it has no special signs but escaped ones.
fn plain_text(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => {
                let escaped = signs.next()?;
                if escaped.is_ascii_alphanumeric() {
                    return None;
                }
                text.push(escaped);
            }
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => {
                return None;
            }
            sign => text.push(sign),
        }
    }
    Some(text)
}
