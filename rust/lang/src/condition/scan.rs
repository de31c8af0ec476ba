//! A light scanner of rule text: what is quoted, what is a comment, and what stands between them. It makes no tokens
//! and finds no faults, so it reads any text, faulty ones too.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use crate::condition::written::Written;
use crate::diagnostic::fault::Origin;
use crate::rule::Name;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PieceKind {
    Plain,
    /// With its marks, as far as its line goes.
    Quoted,
    /// To the end of its line.
    Comment,
}

/// The text in pieces that follow each other without a gap.
fn pieces(text: &str) -> impl Iterator<Item = (PieceKind, Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let rest = &text[start..];
        let (kind, length) = match rest.chars().next()? {
            mark @ ('"' | '\'') => (PieceKind::Quoted, quoted_length(rest, mark)),
            _ if begins_comment(rest) => {
                (PieceKind::Comment, rest.find('\n').unwrap_or(rest.len()))
            }
            _ => (PieceKind::Plain, plain_length(rest)),
        };
        at += length;
        Some((kind, start..at))
    })
}

pub(super) fn begins_comment(rest: &str) -> bool {
    rest.starts_with('#') || rest.starts_with("//")
}

/// `rest` begins with the mark. A backslash keeps the mark behind it from closing.
pub(super) fn quoted_length(rest: &str, mark: char) -> usize {
    let mut signs = rest.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\n' => return at,
            sign if sign == mark => return at + 1,
            '\\' if !rest[at + 1..].starts_with('\n') => {
                signs.next();
            }
            _ => {}
        }
    }
    rest.len()
}

fn plain_length(rest: &str) -> usize {
    let mut from = 0;
    while let Some(found) = rest[from..].find(['"', '\'', '#', '/']) {
        let at = from + found;
        if !rest[at..].starts_with('/') || begins_comment(&rest[at..]) {
            return at;
        }
        from = at + 1;
    }
    rest.len()
}

/// The comments of a text, each to the end of its line.
pub(crate) fn comments(text: &str) -> impl Iterator<Item = Range<usize>> {
    pieces(text)
        .filter(|(kind, _)| *kind == PieceKind::Comment)
        .map(|(_, range)| range)
}

/// White space folded to single spaces, comments left out, quoted texts kept as they are. Just inside of parentheses and before a
/// comma there is none: mostly it is where a line was broken, which says nothing.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    match is_folded(text) {
        true => text.into(),
        false => fold(text).into(),
    }
}

fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let (mut is_apart, mut is_inside) = (false, false);
    for (kind, range) in pieces(text) {
        if kind == PieceKind::Comment {
            is_apart = true;
            continue;
        }
        for sign in text[range].chars() {
            if kind == PieceKind::Plain && sign.is_whitespace() {
                is_apart = true;
                continue;
            }
            let is_plain = kind == PieceKind::Plain;
            let is_close = is_plain && matches!(sign, ')' | ']' | ',');
            if std::mem::take(&mut is_apart) && !folded.is_empty() && !is_inside && !is_close {
                folded.push(' ');
            }
            is_inside = is_plain && matches!(sign, '(' | '[');
            folded.push(sign);
        }
    }
    folded
}

/// Whether nothing of a text is certain to be left out: no mark begins what is quoted or a comment in it, and no space but
/// single ones between two words.
fn is_folded(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without a way out of these, so that many bytes are looked at in one step.
    let odd = bytes.iter().fold(0, |odd, byte| odd | is_odd(*byte));
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let loose = pairs.fold(0, |loose, (byte, next)| loose | is_loose(*byte, *next));
    let ends = bytes.first().into_iter().chain(bytes.last());
    odd | loose == 0 && ends.copied().all(|end| end != b' ')
}

/// 1 for what is in no text that is certainly folded.
#[inline(always)]
fn is_odd(byte: u8) -> u8 {
    let is_mark = (byte == b'"') | (byte == b'\'') | (byte == b'#') | (byte == b'/');
    u8::from(byte.wrapping_sub(b' ') > b'~' - b' ') | u8::from(is_mark)
}

/// 1 for two of which one is a space that says nothing.
#[inline(always)]
fn is_loose(byte: u8, next: u8) -> u8 {
    let closes = (next == b' ') | (next == b')') | (next == b']') | (next == b',');
    let opens = (byte == b'(') | (byte == b'[');
    u8::from((byte == b' ') & closes) | u8::from((next == b' ') & opens)
}

/// The place behind the parenthesis that closes the one at `open`. Where none does, the next brace, which belongs to
/// a clause, or the end of the text.
pub(crate) fn balanced_end(text: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (kind, range) in pieces(&text[open..]) {
        if kind != PieceKind::Plain {
            continue;
        }
        let start = open + range.start;
        for (offset, byte) in text[start..open + range.end].bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth <= 1 => return start + offset + 1,
                b')' => depth -= 1,
                b'{' | b'}' => return start + offset,
                _ => {}
            }
        }
    }
    text.len()
}

/// Words that may name something, those in quotes and comments among them. What follows a dot
/// (`name.where`) is not part of such a name.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[length(rest, |c| !is_of_name(c))..];
        let whole = &rest[..length(rest, is_of_name)];
        rest = &rest[whole.len()..];
        (!whole.is_empty()).then_some(whole)
    })
    .filter_map(|word| word.split('.').next())
    .filter(|word| !word.is_empty())
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// How many bytes a text begins with of which each character is such.
fn length(text: &str, is_such: impl Fn(char) -> bool) -> usize {
    let ascii = text
        .bytes()
        .take_while(|byte| byte.is_ascii() && is_such(char::from(*byte)));
    let ascii = ascii.count();
    match text.as_bytes().get(ascii) {
        Some(byte) if !byte.is_ascii() => {
            let behind = &text[ascii..];
            ascii + behind.find(|c| !is_such(c)).unwrap_or(behind.len())
        }
        _ => ascii,
    }
}

/// Names that begin with `prefix`, those in quotes and comments among them; what a name ends with may be too much.
pub(crate) fn names_with<'t>(text: &'t str, prefix: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(prefix).map(move |(at, _)| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let behind = &text[at + prefix.len()..];
        let length = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
        &text[at..at + prefix.len() + length]
    })
}

/// A text that is looked at, and how what stands in it is shown to people.
#[derive(Clone, Debug)]
pub(crate) struct SourceText<'a> {
    pub text: &'a str,
    /// Where it is lent from.
    pub written: Written<'a>,
    pub origin: Origin,
    /// Inside a macro: how its use reads in the rule.
    pub shown: Option<Name>,
    /// Whether it [is folded](is_folded) but for what stands around it, so that each part of it is, once that is asked.
    pub is_folded: OnceCell<bool>,
}

impl SourceText<'_> {
    /// What stands there, folded; inside a macro its use.
    pub fn shown(&self, range: Range<usize>) -> Name {
        if let Some(shown) = &self.shown {
            return shown.clone();
        }
        match self.part(range.clone()) {
            Cow::Borrowed(_) => self.written.name(range),
            Cow::Owned(folded) => folded.into(),
        }
    }

    /// What stands there, folded, in a macro too.
    pub fn folded(&self, range: Range<usize>) -> String {
        self.part(range).into_owned()
    }

    /// What stands there, folded.
    fn part(&self, range: Range<usize>) -> Cow<'_, str> {
        let part = &self.text[range];
        let is_folded = self
            .is_folded
            .get_or_init(|| is_folded(self.text.trim_ascii()));
        // A part that begins or ends with a space is looked at by itself.
        let mut ends = part.bytes().next().into_iter().chain(part.bytes().last());
        match *is_folded && ends.all(|end| end.is_ascii_graphic()) {
            true => part.into(),
            false => folded(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;

    use super::{SourceText, comments, fold, folded};
    use crate::diagnostic::fault::Origin;

    #[test]
    fn white_space_and_comments_fold_to_one_space_and_to_none_inside_of_parentheses() {
        for (text, wanted) in [
            ("  a \n\t and   b ", "a and b"),
            ("a//c\nb", "a b"),
            ("a # c", "a"),
            ("# c\na", "a"),
            ("a/b", "a/b"),
            ("a.where( x==\"p  q\" )", "a.where(x==\"p  q\")"),
            ("share(\n  a ,\n  b # c\n)  >= 1", "share(a, b) >= 1"),
            (
                "a in [ 'x (', ') y' ] and ( b )",
                "a in ['x (', ') y'] and (b)",
            ),
            ("x == 'a\\'  b' and c", "x == 'a\\'  b' and c"),
            ("x == \"#\"  # \"\n or y", "x == \"#\" or y"),
            ("\"a\" \"b\"", "\"a\" \"b\""),
            ("\"a\"\"b\"", "\"a\"\"b\""),
            ("", ""),
        ] {
            assert_eq!(folded(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_is_seen_to_be_folded_at_once_is_so_in_each_of_its_parts() {
        let signs = ["a", " ", "(", ")", ",", "'", "\n", "é"];
        let mut folded_ones = 0;
        for number in 0..signs.len().pow(5) {
            let sign = |place: u32| signs[number / signs.len().pow(place) % signs.len()];
            let text: String = (0..5).map(sign).collect();
            assert_eq!(folded(&text), fold(&text), "{text:?}");
            let source = SourceText {
                text: &text,
                written: (&*text).into(),
                origin: Origin::Here,
                shown: None,
                is_folded: OnceCell::new(),
            };
            let places = || (0..=text.len()).filter(|at| text.is_char_boundary(*at));
            for (from, to) in places().flat_map(|from| places().map(move |to| (from, to))) {
                if from < to {
                    let part = fold(&text[from..to]);
                    assert_eq!(source.folded(from..to), part, "{text:?} {from} {to}");
                }
            }
            folded_ones += usize::from(source.is_folded.get() == Some(&true));
        }
        assert!(folded_ones > 1000, "{folded_ones}");
    }

    #[test]
    fn comments_end_with_their_line_and_stand_outside_quotes() {
        let text = "a # one\nb == \"#\" // two\n'\\'#' # three";
        let found: Vec<&str> = comments(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["# one", "// two", "# three"]);
        // A quoted text that is never closed ends with its line, as the lexer reads it.
        let text = "\"open # no\n# yes";
        let found: Vec<&str> = comments(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["# yes"]);
    }
}
