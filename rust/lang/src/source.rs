//! A rule file's text, the places in it, and the characters that make a text look other than it is.

use std::ops::Range;
use std::sync::Arc;

/// A rule file as given: a name to show and the text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As shown in diagnostics.
    pub name: String,
    pub text: Arc<str>,
}

impl SourceFile {
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceFile {
        SourceFile {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Bytes that are not UTF-8 become U+FFFD, which loading reports with its place.
    #[must_use]
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> SourceFile {
        SourceFile::new(name, String::from_utf8_lossy(bytes))
    }
}

/// Line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    pub line: u32,
    pub column: u32,
}

/// Finds lines in a text. A line ends with `\n` or `\r\n`; a byte order mark takes no column.
#[derive(Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    begins: Vec<usize>,
    /// Where the last question was answered: byte, and characters since the line's begin.
    last: std::cell::Cell<(usize, usize)>,
    /// Its line.
    last_line: std::cell::Cell<usize>,
}

/// So many lines behind the last one are looked at one by one, as most questions go on where the one before was.
const NEAR: usize = 32;

impl<'a> LineIndex<'a> {
    #[must_use]
    pub fn new(text: &'a str) -> LineIndex<'a> {
        let mut begins = vec![if text.starts_with('\u{FEFF}') {
            '\u{FEFF}'.len_utf8()
        } else {
            0
        }];
        begins.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        LineIndex {
            text,
            begins,
            last: std::cell::Cell::new((0, 0)),
            last_line: std::cell::Cell::new(1),
        }
    }

    /// The range, within the text and of whole characters.
    pub(crate) fn whole(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end.max(start));
        start..end
    }

    /// The place of a byte; one inside a character counts as that character's first.
    #[must_use]
    pub fn place(&self, byte: usize) -> LineColumn {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.line_of(byte);
        let begin = self.begins[line - 1].min(byte);
        // A long line with many faults is walked once, not once for each.
        let (last, count) = self.last.get();
        let characters = match last >= begin && last <= byte {
            true => count + self.text[last..byte].chars().count(),
            false => self.text[begin..byte].chars().count(),
        };
        self.last.set((byte, characters));
        LineColumn {
            line: to_u32(line),
            column: to_u32(characters + 1),
        }
    }

    /// The line of a byte, from 1.
    fn line_of(&self, byte: usize) -> usize {
        let is_before = |begin: &&usize| **begin <= byte;
        let near = self.begins[self.last_line.get() - 1..].iter().take(NEAR);
        let line = match near.take_while(is_before).count() {
            0 | NEAR => self.begins.partition_point(|begin| *begin <= byte).max(1),
            lines => self.last_line.get() - 1 + lines,
        };
        self.last_line.set(line);
        line
    }

    /// The text of a line, from 1, without its end.
    #[must_use]
    pub fn line(&self, line: u32) -> &'a str {
        let index = line as usize;
        let Some(&begin) = self.begins.get(index.wrapping_sub(1)) else {
            return "";
        };
        let end = self
            .begins
            .get(index)
            .map_or(self.text.len(), |&next| next - 1);
        let text = &self.text[begin..end.max(begin)];
        text.strip_suffix('\r').unwrap_or(text)
    }

    /// The byte of a place.
    #[must_use]
    pub fn byte(&self, line: u32, column: u32) -> usize {
        let text = self.line(line);
        let characters = (column as usize).saturating_sub(1);
        self.begin(line)
            + text
                .char_indices()
                .nth(characters)
                .map_or(text.len(), |(at, _)| at)
    }

    /// Where a line, from 1, begins.
    #[must_use]
    pub fn begin(&self, line: u32) -> usize {
        self.begins
            .get((line as usize).wrapping_sub(1))
            .copied()
            .unwrap_or(self.text.len())
    }
}

/// Characters that make two names look the same, or one look like another.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Marks that turn the direction of text.
pub(crate) fn is_direction_mark(sign: char) -> bool {
    matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, byte: usize) -> (u32, u32) {
        let place = LineIndex::new(text).place(byte);
        (place.line, place.column)
    }

    #[test]
    fn columns_count_characters() {
        let text = "aé\r\n\u{1F600}b\n";
        assert_eq!(at(text, 0), (1, 1));
        assert_eq!(at(text, 1), (1, 2));
        assert_eq!(at(text, 2), (1, 2), "inside é");
        assert_eq!(at(text, 3), (1, 3));
        assert_eq!(at(text, 9), (2, 2));
        assert_eq!(at(text, 11), (3, 1));
        assert_eq!(at(text, 999), (3, 1));
        assert_eq!(at("\u{FEFF}x", 3), (1, 1));
        assert_eq!(at("\u{FEFF}x", 0), (1, 1));
    }

    #[test]
    fn the_last_answer_never_leaks_into_another_line() {
        let index = LineIndex::new("abc\ndef\n");
        assert_eq!(index.place(6).column, 3);
        assert_eq!(index.place(1), LineColumn { line: 1, column: 2 });
        assert_eq!(index.place(4), LineColumn { line: 2, column: 1 });
        assert_eq!(index.line(2), "def");
        assert_eq!(index.line(3), "");
        let text = "ab\n".repeat(200);
        let index = LineIndex::new(&text);
        for byte in [0, 1, 90, 97, 98, 301, 300, 599, 4, 95, 96, 0, 600] {
            let line = u32::try_from(byte / 3 + 1).unwrap();
            assert_eq!(index.place(byte).line, line, "{byte}");
        }
    }
}
