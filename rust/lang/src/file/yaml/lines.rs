//! Files as people write them, read line by line.
//!
//! Most rule files are block mappings and lists of scalars that stand on one line, of literal blocks, and of lists and
//! mappings in brackets on one line, all in ASCII. These are read here, with no more work than that takes. [`read`] gives up
//! at whatever it does not know for certain, be it a fault or not: the YAML parser then reads the whole text anew. What is
//! read here is the same as there, place by place, which tests hold.

mod flow;
mod literal;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2_iter};

use crate::file::yaml::characters::holds;
use crate::file::yaml::tree::Style;

/// What a text consists of, in its order.
pub(super) enum Met<'t> {
    Scalar(Cow<'t, str>, Style, Range<usize>),
    /// A mapping or a list begins here.
    Mapping(usize),
    Sequence(usize),
    /// The innermost of them ends here.
    End(usize),
}

/// Tells all that a text consists of. `None`: it is not such a text, or `meet` wants no more; what was told counts for nothing.
pub(super) fn read<'t>(text: &'t str, meet: impl FnMut(Met<'t>) -> Option<()>) -> Option<()> {
    let is_odd = |byte: u8| !matches!(byte, b'\n' | b' '..=b'~');
    if !text.ends_with('\n') || holds(text, is_odd) {
        return None;
    }
    let mut lines = LineReader {
        text,
        at: 0,
        open: Vec::new(),
        meet,
    };
    while let Some(line) = lines.next() {
        lines.line(line)?;
    }
    if lines.open.is_empty() {
        return None;
    }
    while lines.open.pop().is_some() {
        (lines.meet)(Met::End(text.len()))?;
    }
    Some(())
}

struct LineReader<'t, F> {
    text: &'t str,
    /// Where the next line begins.
    at: usize,
    open: Vec<Block>,
    meet: F,
}

/// A line that says something.
#[derive(Clone, Copy)]
struct ToldLine {
    /// Behind its spaces.
    start: usize,
    /// Of its line break.
    end: usize,
    column: usize,
}

/// A mapping or list whose end has not come.
struct Block {
    column: usize,
    kind: BlockKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Mapping,
    Sequence,
    /// A list whose items stand no further right than its key.
    FlatSequence,
}

impl<'t, F: FnMut(Met<'t>) -> Option<()>> LineReader<'t, F> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes()[at]
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = &self.text.as_bytes()[from..];
        from + memchr(b'\n', rest).unwrap_or(rest.len())
    }

    /// The first place from `at` on that is no space.
    fn behind_spaces(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        at + rest.iter().take_while(|byte| **byte == b' ').count()
    }

    /// The next line that is neither empty nor a comment.
    fn next(&mut self) -> Option<ToldLine> {
        while self.at < self.text.len() {
            let begin = self.at;
            let start = self.behind_spaces(begin);
            let end = self.line_end(start);
            self.at = end + 1;
            if start < end && self.byte(start) != b'#' {
                let column = start - begin;
                return Some(ToldLine { start, end, column });
            }
        }
        None
    }

    fn is_item(&self, line: ToldLine) -> bool {
        self.text[line.start..].starts_with("- ")
    }

    fn line(&mut self, line: ToldLine) -> Option<()> {
        while self
            .open
            .last()
            .is_some_and(|block| block.column > line.column)
        {
            self.open.pop();
            (self.meet)(Met::End(line.start))?;
        }
        let is_item = self.is_item(line);
        let Some(&Block { column, kind }) = self.open.last() else {
            return match line.column {
                0 => self.begin(line, BlockKind::Sequence),
                _ => None,
            };
        };
        match kind {
            _ if column != line.column => None,
            BlockKind::Mapping if !is_item => self.entry(line),
            BlockKind::Sequence | BlockKind::FlatSequence if is_item => self.item(line),
            BlockKind::FlatSequence => {
                self.open.pop();
                (self.meet)(Met::End(line.start))?;
                self.entry(line)
            }
            _ => None,
        }
    }

    /// A mapping or a list that begins with this line, the latter of this kind.
    fn begin(&mut self, line: ToldLine, sequence: BlockKind) -> Option<()> {
        let column = line.column;
        if self.is_item(line) {
            let kind = sequence;
            let start = match kind {
                // For the parser it begins where its first item says something.
                BlockKind::FlatSequence => self.behind_spaces(line.start + 1),
                _ => line.start,
            };
            (self.meet)(Met::Sequence(start))?;
            self.open.push(Block { column, kind });
            return self.item(line);
        }
        (self.meet)(Met::Mapping(line.start))?;
        let kind = BlockKind::Mapping;
        self.open.push(Block { column, kind });
        self.entry(line)
    }

    /// Where the key at `at` ends, if one stands there.
    fn key_end(&self, at: usize, end: usize) -> Option<usize> {
        let bytes = &self.text.as_bytes()[..end];
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        bytes.get(at).filter(|byte| is_word(byte))?;
        let rest = bytes[at..].iter();
        let is_part = |byte: &&u8| is_word(byte) || matches!(byte, b'.' | b'-');
        let key_end = at + rest.take_while(is_part).count();
        let is_key = bytes.get(key_end) == Some(&b':')
            && matches!(bytes.get(key_end + 1), None | Some(b' '))
            && key_end - at <= LONG;
        is_key.then_some(key_end)
    }

    /// `key: value`
    fn entry(&mut self, line: ToldLine) -> Option<()> {
        let key_end = self.key_end(line.start, line.end)?;
        self.plain(line.start..key_end)?;
        let value = self.behind_spaces(key_end + 1);
        if value < line.end && self.byte(value) != b'#' {
            return self.value(value, line);
        }
        let below = self.next()?;
        if below.column > line.column {
            self.begin(below, BlockKind::Sequence)
        } else if below.column == line.column && self.is_item(below) {
            self.begin(below, BlockKind::FlatSequence)
        } else {
            None
        }
    }

    /// `- value`, `- key: value`
    fn item(&mut self, line: ToldLine) -> Option<()> {
        let start = self.behind_spaces(line.start + 1);
        if start == line.end {
            return None;
        }
        let inner = ToldLine {
            start,
            column: line.column + (start - line.start),
            ..line
        };
        match self.key_end(start, line.end) {
            Some(_) => self.begin(inner, BlockKind::Sequence),
            None => self.value(start, line),
        }
    }

    fn plain(&mut self, range: Range<usize>) -> Option<()> {
        let value = Cow::Borrowed(&self.text[range.clone()]);
        (self.meet)(Met::Scalar(value, Style::Plain, range))
    }

    /// What stands behind a key or dash of the line.
    fn value(&mut self, at: usize, line: ToldLine) -> Option<()> {
        match self.byte(at) {
            b'|' => self.literal(at, line),
            b'"' | b'\'' => {
                let (value, style, behind) = self.quoted(at, line.end)?;
                self.is_last(behind, line.end)?;
                (self.meet)(Met::Scalar(value, style, at..line.end))
            }
            b'[' | b'{' => {
                let behind = self.bracketed(at, line.end)?;
                self.is_last(behind, line.end)?;
                (self.meet)(Met::End(line.end))
            }
            first if begins_plain(first) => {
                let end = self.plain_end(at, line.end)?;
                self.plain(at..end)
            }
            _ => None,
        }
    }

    /// That nothing but a comment follows on the line.
    fn is_last(&self, at: usize, end: usize) -> Option<()> {
        let next = self.behind_spaces(at);
        (next == end || next > at && self.byte(next) == b'#').then_some(())
    }

    /// Where a plain scalar that goes on to the end of its line, or to a comment, ends.
    fn plain_end(&self, at: usize, end: usize) -> Option<usize> {
        let bytes = &self.text.as_bytes()[..end];
        let mut end = end;
        for place in memchr2_iter(b'#', b':', &bytes[at..]) {
            let place = at + place;
            match bytes[place] {
                b'#' if place == at || bytes[place - 1] == b' ' => {
                    end = place;
                    break;
                }
                b':' if matches!(bytes.get(place + 1), None | Some(b' ')) => return None,
                _ => {}
            }
        }
        Some(at + self.text[at..end].trim_end_matches(' ').len())
    }

    /// A quoted text that ends on its line: its value and style, and the place behind it.
    fn quoted(&self, at: usize, end: usize) -> Option<(Cow<'t, str>, Style, usize)> {
        let mark = self.byte(at);
        let text: &'t str = self.text;
        let inner = &text[at + 1..end];
        if mark == b'\'' {
            let length = closing(inner)?;
            let value = match &inner[..length] {
                value if value.contains('\'') => value.replace("''", "'").into(),
                value => value.into(),
            };
            return Some((value, Style::SingleQuoted, at + length + 2));
        }
        let length = inner
            .bytes()
            .take_while(|byte| !matches!(byte, b'"' | b'\\'))
            .count();
        // Escapes are left to the parser.
        let is_closed = inner.as_bytes().get(length) == Some(&b'"');
        let behind = at + length + 2;
        is_closed.then(|| (inner[..length].into(), Style::DoubleQuoted, behind))
    }
}

/// Longer keys are left to the parser.
const LONG: usize = 512;

/// The length of a text in single quotes, of which two together are one; its first mark is left out.
fn closing(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('\'')?;
        if text[at + 1..].starts_with('\'') {
            from = at + 2;
        } else {
            return Some(at);
        }
    }
}

/// Whether a plain scalar surely begins with this.
fn begins_plain(first: u8) -> bool {
    first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b'/' | b'(' | b'~' | b'$')
}
