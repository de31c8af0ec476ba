//! What is to be written instead of a phrase: a template with the phrase's own parts put in.
//!
//! `<F>` is what `F` stood for; `<C!>` the same in parentheses where it joins several conditions; `<O>` a comparison in
//! the language's own sign; `<like T>` and `<ilike T>` the text operator that says a pattern of SQL; `<known F>` the
//! field that a plain word means elsewhere; `<percent N>` a
//! hundredth of it; `<thousand N>` the three digits behind a comma; `<first D>` and `<last D>` a dotted name before and behind its last dot.

use std::ops::Range;

use crate::condition::spelling::quote;
use crate::condition::suggest::known::known;
use crate::condition::suggest::pattern::Bound;

/// `None` where a part cannot be said.
pub(super) fn filled(template: &str, text: &str, bound: &Bound<'_>) -> Option<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('<') {
        let inner = &rest[open + 1..];
        let close = inner.find('>');
        let Some(part) = close
            .map(|close| &inner[..close])
            .filter(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()))
        else {
            out.push_str(&rest[..=open]);
            rest = inner;
            continue;
        };
        out.push_str(&rest[..open]);
        out.push_str(&placed(part, text, bound)?);
        rest = &inner[part.len() + 1..];
    }
    out.push_str(rest);
    Some(out)
}

fn placed(part: &str, text: &str, bound: &Bound<'_>) -> Option<String> {
    let (function, name) = part.rsplit_once(' ').unwrap_or(("", part));
    let name = name.trim_end_matches('!');
    let range = |(_, range): &(&str, Range<usize>)| range.clone();
    let at = bound
        .iter()
        .rev()
        .find(|(bound, _)| *bound == name)
        .map(range)?;
    let source = &text[at];
    Some(match function {
        "like" => like(&unquoted(source), false),
        "ilike" => like(&unquoted(source), true),
        "known" => known(source).to_owned(),
        "first" => source.rsplit_once('.')?.0.to_owned(),
        "last" => source.rsplit_once('.')?.1.to_owned(),
        "regex" => quote(source),
        "percent" => percent(source)?,
        "thousand" if source.len() != 3 => return None,
        _ if part.ends_with('!') && joins(source) => format!("({source})"),
        _ if matches!(name, "O" | "O2") => sign(source).to_owned(),
        _ if name == "W" => source.to_ascii_lowercase(),
        _ => source.to_owned(),
    })
}

/// The hundredth part of a plain number, digit by digit.
fn percent(source: &str) -> Option<String> {
    let (whole, rest) = source.split_once('.').unwrap_or((source, ""));
    let digits = format!("{whole:0>3}");
    let (whole, cents) = digits.split_at_checked(digits.len() - 2)?;
    let text = format!("{whole}.{cents}{rest}");
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// Whether `and` or `or` stands in it outside of brackets.
pub(super) fn joins(source: &str) -> bool {
    let mut depth = 0i32;
    source.split_inclusive([' ', '(', ')', '\n']).any(|word| {
        let is_join =
            depth == 0 && matches!(word.trim(), "and" | "or" | "AND" | "OR" | "&&" | "||");
        depth += match word.chars().last() {
            Some('(') => 1,
            Some(')') => -1,
            _ => 0,
        };
        is_join
    })
}

fn sign(written: &str) -> &str {
    match written {
        "=" | "===" => "==",
        "<>" | "!==" => "!=",
        own => own,
    }
}

/// The text in quotes, of which backslashes before quotes are taken.
fn unquoted(source: &str) -> String {
    let inner = source
        .get(1..source.len().saturating_sub(1))
        .unwrap_or_default();
    inner.replace("\\\"", "\"").replace("\\'", "'")
}

/// What says a pattern of SQL's `LIKE` (`%` any text, `_` any character), or one of a shell that ends in `*`.
fn like(pattern: &str, folds_case: bool) -> String {
    let is_shell = !pattern.contains('%') && pattern.contains('*');
    let any = if is_shell { '*' } else { '%' };
    let inner = pattern.trim_matches(any);
    let is_plain = !inner.contains(any) && (is_shell || !inner.contains('_')) && !inner.is_empty();
    if is_plain && !folds_case {
        return match (pattern.starts_with(any), pattern.ends_with(any)) {
            (true, true) => format!("contains {}", quote(inner)),
            (true, false) => format!("ends with {}", quote(inner)),
            (false, true) => format!("starts with {}", quote(inner)),
            (false, false) => format!("== {}", quote(inner)),
        };
    }
    let mut regex = String::from(if folds_case { "(?is)^" } else { "(?s)^" });
    for sign in pattern.chars() {
        match sign {
            sign if sign == any => regex.push_str(".*"),
            '_' if !is_shell => regex.push('.'),
            sign => regex.push_str(&regex::escape(sign.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    format!("matches {}", quote(&regex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sql_become_text_operators() {
        for (pattern, wanted) in [
            ("b%", "starts with \"b\""),
            ("%b", "ends with \"b\""),
            ("%b%", "contains \"b\""),
            ("b", "== \"b\""),
            ("b*", "starts with \"b\""),
            ("a%b", "matches \"(?s)^a.*b$\""),
            ("a_", "matches \"(?s)^a.$\""),
            ("a.b%c", "matches \"(?s)^a\\.b.*c$\""),
            ("%", "matches \"(?s)^.*$\""),
        ] {
            assert_eq!(like(pattern, false), wanted, "{pattern}");
        }
        assert_eq!(like("b%", true), "matches \"(?is)^b.*$\"");
    }

    #[test]
    fn joined_conditions_are_told_from_single_ones() {
        for (source, wanted) in [
            ("a and b", true),
            ("a", false),
            ("a.where(x and y)", false),
            ("(a or b)", false),
            ("a.where(x) or b", true),
        ] {
            assert_eq!(joins(source), wanted, "{source}");
        }
    }
}
