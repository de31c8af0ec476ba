//! Comments, and characters that hide in comments, names and quoted texts.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::Lexer;
use crate::source::is_direction_mark;

impl Lexer<'_> {
    pub(super) fn comment(&mut self) {
        let start = self.position;
        let line = self.rest().lines().next().unwrap_or_default();
        let end = start + line.len();
        self.report_hidden(start..end, "a comment");
        self.lexed.comments.push(start..end);
        self.position = end;
    }

    /// Reports NUL bytes and marks that turn the direction of text, which make a text look other than it is.
    pub(super) fn report_hidden(&mut self, range: Range<usize>, place: &str) {
        let text = self.text;
        for (offset, sign) in text[range.clone()].char_indices() {
            let at = range.start + offset;
            let here = at..at + sign.len_utf8();
            if sign == '\0' {
                let message = format!("a NUL byte stands in {place}");
                self.fault(code::UNKNOWN_CHARACTER, here, message)
                    .suggestion = Some(String::new());
            } else if is_direction_mark(sign) {
                let message = format!(
                    "an invisible mark that turns the direction of text (U+{:04X}) stands in {place}",
                    u32::from(sign)
                );
                let fault = self.fault(code::DIRECTION_MARK, here, message);
                fault.help = Some(format!(
                    "remove it; where it is meant, write `\\u{{{:x}}}` in a quoted string",
                    u32::from(sign)
                ));
                fault.suggestion = Some(String::new());
            }
        }
    }
}
