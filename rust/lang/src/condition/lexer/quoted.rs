//! Quoted texts: `"…"`, and the older `'…'`.

use super::Lexer;
use crate::codes::conditions as code;
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
                '\\' => match signs.peek().map(|(_, next)| *next) {
                    Some('\\') => {
                        signs.next();
                        value.push('\\');
                    }
                    Some(next) if next == mark || next == '"' => {
                        signs.next();
                        value.push(next);
                    }
                    Some('n') => {
                        signs.next();
                        value.push('\n');
                    }
                    Some('t') => {
                        signs.next();
                        value.push('\t');
                    }
                    Some('u') if text[at + 2..].starts_with('{') => {
                        let (sign, length) = code_point(&text[at + 3..], mark);
                        // `\u{` and what belongs to it.
                        let behind = at + 3 + length;
                        match sign {
                            Some(sign) => value.push(sign),
                            None => {
                                let shown = &text[at..behind];
                                let message = format!("`{shown}` is no character");
                                self.fault(code::BAD_ESCAPE, at..behind, message).help = Some(
                                    "write one to six hexadecimal digits between the braces: `\\u{e9}`".into(),
                                );
                            }
                        }
                        while signs.peek().is_some_and(|(o, _)| start + 1 + o < behind) {
                            signs.next();
                        }
                    }
                    // Before anything else a backslash stays one, so that regular expressions read as they are.
                    _ => value.push('\\'),
                },
                sign => value.push(sign),
            }
        }
        let (end, is_closed) = end.unwrap_or((text.len(), false));
        self.report_hidden(start..end, "a quoted text");
        if !is_closed {
            self.is_swallowed |= end == text.len();
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

/// `text` in double quotes, its escapes written so that reading gives it back.
pub(crate) fn quote(text: &str) -> String {
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
    sign.is_control() || super::is_direction_mark(sign)
}
