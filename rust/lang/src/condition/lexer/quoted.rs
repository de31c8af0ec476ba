//! Quoted texts: `"…"`, and the older `'…'`.

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::Lexer;
use crate::condition::spelling::quote;
use crate::condition::token::Token;

impl Lexer<'_> {
    pub(super) fn quoted(&mut self, mark: char) {
        let start = self.position;
        let text = self.text;
        let mut value = String::new();
        let mut signs = text[start + 1..].char_indices().peekable();
        let mut end = None;
        while let Some((offset, sign)) = signs.next() {
            let at = start + 1 + offset;
            match sign {
                '\n' | '\r' => {
                    end = Some((at, false));
                    break;
                }
                sign if sign == mark => {
                    end = Some((at + 1, true));
                    break;
                }
                '\\' => {
                    let (sign, length) = self.escape(at, mark);
                    value.push(sign);
                    while signs
                        .peek()
                        .is_some_and(|(o, _)| start + 1 + o < at + length)
                    {
                        signs.next();
                    }
                }
                sign => value.push(sign),
            }
        }
        let (end, is_closed) = end.unwrap_or((text.len(), false));
        self.report_hidden(start..end, "a quoted text");
        if !is_closed {
            self.swallowed = self.open.len();
            let message = "this quoted text is never closed";
            self.fault(code::UNCLOSED_TEXT, start..end, message).help = Some(format!(
                "add the missing {mark}; a line's end inside is written `\\n`"
            ));
        } else if mark == '\'' {
            let modern = quote(&value);
            let fault = self.fault(
                code::OLDER_QUOTES,
                start..end,
                "single quotes are an older spelling",
            );
            fault.help = Some(format!("write {modern}"));
            fault.suggestion = Some(modern);
        }
        self.push(start, Token::Quoted(value.into()), end);
    }

    /// What the backslash at `at` stands for with what follows it, and how many bytes that takes.
    fn escape(&mut self, at: usize, mark: char) -> (char, usize) {
        let text = self.text;
        match text[at + 1..].chars().next() {
            Some('\\') => ('\\', 2),
            Some(next) if next == mark || next == '"' => (next, 2),
            Some('n') => ('\n', 2),
            Some('t') => ('\t', 2),
            Some('u') if text[at + 2..].starts_with('{') => {
                let (sign, length) = code_point(&text[at + 3..], mark);
                // `\u{` and what belongs to it.
                let behind = at + 3 + length;
                if sign.is_none() {
                    let message = format!("`{}` is no character", &text[at..behind]);
                    self.fault(code::BAD_ESCAPE, at..behind, message).help = Some(
                        "write one to six hexadecimal digits between the braces: `\\u{e9}`".into(),
                    );
                }
                (sign.unwrap_or(char::REPLACEMENT_CHARACTER), behind - at)
            }
            // Before anything else a backslash stays one, so that regular expressions read as they are.
            _ => ('\\', 1),
        }
    }
}

/// The character named by the text behind `\u{`, and how many bytes belong to it.
fn code_point(text: &str, mark: char) -> (Option<char>, usize) {
    let length = text.find(['}', mark, '\n']).unwrap_or(text.len());
    let is_closed = text[length..].starts_with('}');
    let digits = &text[..length];
    let is_hex = (1..=6).contains(&length) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let sign = u32::from_str_radix(digits, 16)
        .ok()
        .and_then(char::from_u32);
    (
        sign.filter(|_| is_closed && is_hex),
        length + usize::from(is_closed),
    )
}
