//! A scalar's value read a second time, in step with the source, by the rules of its style.
//!
//! Pieces that are copied verbatim map byte by byte; an escape, a doubled quote or a folded line break maps as a
//! whole.

use std::ops::Range;

use memchr::memchr2;

use crate::file::yaml::tree::{Scalar, Style};

/// Bytes of the value and where they stand.
#[derive(Debug)]
pub(super) struct Piece {
    pub value: usize,
    pub source: Range<usize>,
    /// Bytes of the value. Equal to those of the source if the piece is verbatim.
    pub len: usize,
    pub is_verbatim: bool,
}

/// The pieces of a scalar, and where its value ends in the file.
pub(super) fn walk(scalar: &Scalar<'_>, source: &str) -> (Vec<Piece>, usize) {
    let mut walk = Walk {
        value: &scalar.value,
        source,
        v: 0,
        s: scalar.text_begin(source).min(source.len()),
        pieces: Vec::new(),
    };
    match scalar.style {
        Style::Plain => walk.plain(),
        Style::SingleQuoted => walk.single_quoted(),
        Style::DoubleQuoted => walk.double_quoted(),
        Style::Literal | Style::Folded => walk.block(scalar.begins_at_header()),
    }
    let (v, s) = (walk.v, walk.s);
    let mut pieces = walk.pieces;
    if v < scalar.value.len() {
        // Newlines at the end of a block that the file need not have.
        pieces.push(Piece {
            value: v,
            source: s..s,
            len: scalar.value.len() - v,
            is_verbatim: false,
        });
    }
    (pieces, s)
}

struct Walk<'a> {
    value: &'a str,
    source: &'a str,
    /// Next byte of the value.
    v: usize,
    /// Next byte of the source.
    s: usize,
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    fn source_byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    fn is_done(&self) -> bool {
        self.v >= self.value.len()
    }

    fn verbatim(&mut self, len: usize) {
        if len == 0 {
            return;
        }
        match self.pieces.last_mut() {
            Some(last) if last.is_verbatim && last.source.end == self.s => {
                last.source.end += len;
                last.len += len;
            }
            _ => self.pieces.push(Piece {
                value: self.v,
                source: self.s..self.s + len,
                len,
                is_verbatim: true,
            }),
        }
        self.v += len;
        self.s += len;
    }

    fn replaced(&mut self, value_len: usize, source_len: usize) {
        let source = self.s..(self.s + source_len).min(self.source.len());
        self.s = source.end;
        if value_len > 0 {
            self.pieces.push(Piece {
                value: self.v,
                source,
                len: value_len,
                is_verbatim: false,
            });
            self.v += value_len;
        }
    }

    /// One line break, `\r\n` being one; 0 if there is none.
    fn line_break(&self, at: usize) -> usize {
        match (self.source_byte(at), self.source_byte(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\r' | b'\n'), _) => 1,
            _ => 0,
        }
    }

    fn blanks(&self, mut at: usize) -> usize {
        let begin = at;
        while matches!(self.source_byte(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at - begin
    }

    /// In flow styles: blanks, a line break, more breaks and blanks become a space or newlines.
    /// False if no break comes after the blanks here.
    fn fold(&mut self) -> bool {
        let mut at = self.s + self.blanks(self.s);
        let mut breaks = 0usize;
        loop {
            let len = self.line_break(at);
            if len == 0 {
                break;
            }
            breaks += 1;
            at += len;
            at += self.blanks(at);
        }
        if breaks == 0 {
            return false;
        }
        let value_len = (breaks - 1).max(1).min(self.value.len() - self.v);
        self.replaced(value_len, at - self.s);
        true
    }

    /// Copies one character, or all blanks that stand here; false at the end or where both differ.
    fn copy(&mut self) -> bool {
        let rest = &self.value[self.v..];
        let len = match self.blanks(self.s) {
            0 => rest.chars().next().map_or(0, char::len_utf8),
            blanks => blanks.min(rest.len()),
        };
        let is_same = len > 0
            && self.source.as_bytes().get(self.s..self.s + len) == rest.as_bytes().get(..len);
        if is_same {
            self.verbatim(len);
        }
        is_same
    }

    fn plain(&mut self) {
        while !self.is_done() {
            let is_blank = matches!(self.source_byte(self.s), Some(b' ' | b'\t' | b'\r' | b'\n'));
            if is_blank && self.fold() {
                continue;
            }
            if !self.copy() {
                return;
            }
        }
    }

    fn single_quoted(&mut self) {
        self.s += 1;
        while !self.is_done() {
            match self.source_byte(self.s) {
                None => return,
                Some(b'\'') => self.replaced(1, 2),
                Some(b' ' | b'\t' | b'\r' | b'\n') if self.fold() => {}
                Some(_) => {
                    if !self.copy() {
                        return;
                    }
                }
            }
        }
    }

    fn double_quoted(&mut self) {
        self.s += 1;
        while !self.is_done() {
            match self.source_byte(self.s) {
                None => return,
                Some(b'\\') => {
                    let continued = self.line_break(self.s + 1);
                    if continued > 0 {
                        self.continued_line(1 + continued);
                        continue;
                    }
                    let source_len = match self.source_byte(self.s + 1) {
                        Some(b'x') => 4,
                        Some(b'u') => 6,
                        Some(b'U') => 10,
                        _ => 2,
                    };
                    let value_len = self.value[self.v..]
                        .chars()
                        .next()
                        .map_or(0, char::len_utf8);
                    self.replaced(value_len, source_len);
                }
                Some(b' ' | b'\t' | b'\r' | b'\n') if self.fold() => {}
                Some(_) => {
                    if !self.copy() {
                        return;
                    }
                }
            }
        }
    }

    /// A backslash at the end of a line: the break vanishes, empty lines behind it do not.
    fn continued_line(&mut self, len: usize) {
        let mut at = self.s + len;
        let mut breaks = 0;
        loop {
            at += self.blanks(at);
            let len = self.line_break(at);
            if len == 0 {
                break;
            }
            breaks += 1;
            at += len;
        }
        self.replaced(breaks.min(self.value.len() - self.v), at - self.s);
    }

    fn block(&mut self, at_header: bool) {
        if at_header {
            while self.source_byte(self.s).is_some() && self.line_break(self.s) == 0 {
                self.s += 1;
            }
            self.s += self.line_break(self.s);
        }
        let is_filler = |b: u8| matches!(b, b' ' | b'\n' | b'\r');
        let Some(value_first) = self.value.bytes().position(|b| !is_filler(b)) else {
            return;
        };
        let mut source_first = self.s;
        while self.source_byte(source_first).is_some_and(is_filler) {
            source_first += 1;
        }
        let value_lead = value_first - self.value[..value_first].rfind('\n').map_or(0, |at| at + 1);
        let line = self.source[..source_first]
            .rfind(['\n', '\r'])
            .map_or(0, |at| at + 1);
        // Both begin with the same content, so what the source has more in front is indentation.
        let Some(indent) = (source_first - line).checked_sub(value_lead) else {
            return;
        };
        let content = line + indent;
        let value_line = value_first - value_lead;
        if value_line > 0 {
            let from = self.s.min(content);
            self.s = from;
            self.replaced(value_line, content - from);
        }
        self.s = content;
        self.block_lines(indent);
    }

    fn block_lines(&mut self, indent: usize) {
        while !self.is_done() {
            let rest = &self.source.as_bytes()[self.s..];
            let end = self.s + memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let content = &self.source[self.s..end];
            if !self.value[self.v..].starts_with(content) {
                return;
            }
            self.verbatim(end - self.s);
            if self.is_done() || !self.next_line(indent) {
                return;
            }
        }
    }

    /// From the end of a content line to the content of the next one that is not empty.
    fn next_line(&mut self, indent: usize) -> bool {
        let rest = &self.value.as_bytes()[self.v..];
        let value_len = match rest.first() {
            Some(b'\n') => rest.iter().take_while(|&&b| b == b'\n').count(),
            Some(b' ') => 1,
            _ => return false,
        };
        let mut at = self.s;
        let mut last_break = at;
        loop {
            let len = self.line_break(at);
            if len == 0 {
                break;
            }
            at += len;
            last_break = at;
            let mut spaces = 0;
            while spaces < indent && self.source_byte(at + spaces) == Some(b' ') {
                spaces += 1;
            }
            if self.line_break(at + spaces) > 0 {
                at += spaces;
            } else {
                break;
            }
        }
        if self.v + value_len >= self.value.len() {
            // The newlines at the end.
            let len = last_break.min(self.source.len()) - self.s;
            self.replaced(value_len, len.min(self.line_break(self.s)));
            return false;
        }
        let content = (at + indent).min(self.source.len());
        self.replaced(value_len, content - self.s);
        true
    }
}
