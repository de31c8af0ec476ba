//! Names: dotted segments, and what was meant as one but must be quoted.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::Lexer;
use crate::condition::lexer::sign::look_alike;
use crate::condition::lexer::words::CLAUSES;
use crate::condition::spelling::quote;
use crate::condition::token::Token;
use crate::source::is_direction_mark;

impl Lexer<'_> {
    /// How far characters go that may not stand in an unquoted name but were surely meant as part of it.
    pub(super) fn odd_end(&self, start: usize) -> usize {
        // So most names end.
        match self.byte(start) {
            None | Some(b' ' | b'(' | b')' | b',' | b'\n' | b'}') => return start,
            Some(b'.') if self.byte(start + 1).is_none_or(|next| next.is_ascii()) => return start,
            _ => {}
        }
        let text = self.text;
        let mut at = start;
        let mut is_odd = false;
        while let Some(sign) = text[at..].chars().next() {
            let rest = &text[at..];
            let takes = match sign {
                '/' if rest.starts_with("//") => 0,
                '-' if rest.starts_with("->") => 0,
                ':' if rest[1..].starts_with(|c: char| c.is_whitespace() || "(){}".contains(c)) => {
                    0
                }
                ':' if !is_odd && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => 0,
                '/' | '@' | '%' | '\\' | '+' | '^' | '-' | '$' | ':' => 1,
                '{' if is_odd => placeholder_length(rest),
                '.' if is_odd && !self.starts_filter(at) && rest.len() > 1 => 1,
                '.' if rest[1..].starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric()) => 1,
                sign if sign.is_ascii() => usize::from(
                    (is_odd || at == start && start == self.position)
                        && (sign.is_ascii_alphanumeric() || sign == '_'),
                ),
                sign if sign.is_whitespace() => 0,
                sign if !sign.is_alphanumeric()
                    && !is_direction_mark(sign)
                    && look_alike(sign).is_some_and(|(plain, _)| !plain.is_empty()) =>
                {
                    0
                }
                sign => sign.len_utf8(),
            };
            if takes == 0 {
                break;
            }
            is_odd = true;
            at += takes;
        }
        at
    }

    pub(super) fn odd_name(&mut self, start: usize, end: usize) {
        let text = self.text;
        let start = self.method_before(start);
        let name = &text[start..end];
        let plain: String = name
            .chars()
            .map(|sign| match look_alike(sign) {
                Some((plain, _)) => plain.to_owned(),
                None => sign.to_string(),
            })
            .collect();
        let before = self.faults.len();
        self.report_hidden(start..end, "a name");
        if self.faults.len() > before {
        } else if plain.is_ascii() && !name.is_ascii() {
            let strangers: Vec<String> = name
                .chars()
                .filter(|sign| !sign.is_ascii())
                .map(|sign| format!("{sign} (U+{:04X})", u32::from(sign)))
                .collect();
            let message = format!(
                "this looks like `{plain}` but has other characters in it: {}",
                strangers.join(", ")
            );
            let fault = self.fault(code::LOOK_ALIKE, start..end, message);
            fault.help = Some(format!(
                "write `{plain}`, or put the name in quotes if it is meant"
            ));
            fault.suggestion = Some(plain.clone());
        } else {
            let quoted = quote(name);
            let message = format!("a name with such characters must be quoted: {quoted}");
            let fault = self.fault(code::NAME_NEEDS_QUOTES, start..end, message);
            fault.help = Some(
                match name.contains('+') {
                    true => "a sum has spaces around its sign: `x + y`; in quotes this is one name",
                    false => {
                        "unquoted names have letters, digits, `_`, dots, and dashes inside a segment"
                    }
                }
                .into(),
            );
            fault.suggestion = Some(quoted);
        }
        // A look-alike keyword is read as the keyword.
        if let Some((_, token)) = CLAUSES.iter().find(|(word, _)| *word == plain)
            && self.byte(self.skip_space(end)) == Some(b'{')
        {
            return self.push(start, token.clone(), end);
        }
        self.push(start, Token::Name(plain.into()), end);
    }

    /// Refuses a name that is too long.
    pub(super) fn refuse_long_name(&mut self, range: Range<usize>) {
        let (bytes, most) = (range.len(), self.limits.name_bytes);
        if bytes > most {
            self.fault(code::NAME_TOO_LONG, range, too_long(bytes, most))
                .help = Some(
                "ask for how a long name begins: `any.where(span:name starts with \"…\")`".into(),
            );
        }
    }

    /// `GET /users/{id}` is one name: its beginning, if a method stands before the path.
    pub(super) fn method_before(&mut self, start: usize) -> usize {
        match self.lexed.tokens.last() {
            Some((from, Token::Name(method), to))
                if self.text[start..].starts_with('/')
                    && self.text[*to..start].chars().all(|sign| sign == ' ')
                    && method.bytes().all(|b| b.is_ascii_uppercase()) =>
            {
                let from = *from;
                self.lexed.tokens.pop();
                from
            }
            _ => start,
        }
    }
}

/// What is said of a name with so many bytes.
pub(crate) fn too_long(bytes: usize, most: usize) -> String {
    format!("this name has {bytes} bytes; {most} are allowed")
}

/// `{id}` and its like inside a path.
fn placeholder_length(rest: &str) -> usize {
    let inner = rest[1..].find(|c: char| !(c.is_ascii_alphanumeric() || "_-.:*".contains(c)));
    match inner {
        Some(length) if rest[1 + length..].starts_with('}') => length + 2,
        _ => 0,
    }
}
