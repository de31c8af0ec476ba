//! Literal blocks.

use crate::file::yaml::lines::{LineReader, Met, ToldLine};
use crate::file::yaml::tree::Style;

impl<'t, F: FnMut(Met<'t>) -> Option<()>> LineReader<'t, F> {
    /// The end of the line whose text begins at `start`, its break included, if the next one is no part of the block.
    fn end_of_one_line(&self, start: usize, column: usize) -> Option<usize> {
        let end = self.line_end(start) + 1;
        let next = self.behind_spaces(end);
        let is_part = next - end >= column || self.text.as_bytes().get(next) == Some(&b'\n');
        (!is_part && next < self.text.len()).then_some(end)
    }

    /// The block whose `|` stands at `at`, as the value of a line.
    pub(super) fn literal(&mut self, at: usize, line: ToldLine) -> Option<()> {
        let ends_bare = match &self.text[at + 1..line.end] {
            "" => false,
            "-" => true,
            _ => return None,
        };
        let mut breaks = 0;
        while self.at < self.text.len() && self.byte(self.at) == b'\n' {
            self.at += 1;
            breaks += 1;
        }
        let start = self.behind_spaces(self.at);
        let column = start - self.at;
        if column <= line.column
            || self
                .text
                .as_bytes()
                .get(start)
                .is_none_or(|byte| *byte == b'\n')
        {
            return None;
        }
        if let Some(end) = self
            .end_of_one_line(start, column)
            .filter(|_| breaks == 0 && !ends_bare)
        {
            let value = &self.text[start..end];
            self.at = end;
            let end = self.behind_spaces(end);
            return (self.meet)(Met::Scalar(value.into(), Style::Literal, start..end));
        }
        let mut value = String::with_capacity(self.line_end(start) - start + 1);
        let mut end = self.text.len();
        while self.at < self.text.len() {
            let begin = self.at;
            let rest = &self.text.as_bytes()[begin..];
            let spaces = rest.iter().take(column).take_while(|byte| **byte == b' ');
            let inner = begin + spaces.count();
            if self.byte(inner) == b'\n' {
                breaks += 1;
                self.at = inner + 1;
                continue;
            }
            if inner < begin + column {
                end = inner;
                break;
            }
            let line_end = self.line_end(inner);
            value.extend(std::iter::repeat_n('\n', std::mem::take(&mut breaks)));
            value.push_str(&self.text[inner..line_end]);
            breaks = 1;
            self.at = line_end + 1;
        }
        if !ends_bare {
            value.push('\n');
        }
        (self.meet)(Met::Scalar(value.into(), Style::Literal, start..end))
    }
}
