//! Comparison signs, those of other languages, and characters that have no business in a rule.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::Lexer;
use crate::condition::scan;
use crate::condition::spelling::quote;
use crate::condition::token::Token;
use crate::source::is_direction_mark;

/// Longest first. The third column is what to write where the sign is not the language's own.
const SIGNS: [(&str, Token, Option<&str>); 26] = [
    ("===", Token::Equal, Some("==")),
    ("!==", Token::NotEqual, Some("!=")),
    ("&>>", Token::Inside, Some("inside")),
    ("==", Token::Equal, None),
    ("=~", Token::Matches, Some("matches")),
    ("=>", Token::Comma, Some("")),
    ("=<", Token::LessEqual, Some("<=")),
    ("!=", Token::NotEqual, None),
    ("!~", Token::Matches, Some("not … matches")),
    ("<=", Token::LessEqual, None),
    ("<>", Token::NotEqual, Some("!=")),
    ("<<", Token::Inside, Some("inside")),
    (">=", Token::GreaterEqual, None),
    (">>", Token::Inside, Some("inside")),
    ("->", Token::Comma, Some("")),
    ("&&", Token::And, Some("and")),
    ("||", Token::Or, Some("or")),
    ("=", Token::Equal, Some("==")),
    ("<", Token::Less, None),
    (">", Token::Greater, None),
    ("!", Token::Not, Some("not ")),
    ("&", Token::And, Some("and")),
    ("|", Token::Or, Some("or")),
    ("~", Token::Matches, Some("matches")),
    ("+", Token::Plus, None),
    ("-", Token::Minus, None),
];

impl Lexer<'_> {
    pub(super) fn sign(&mut self, first: char) {
        let start = self.position;
        let found = SIGNS
            .iter()
            .find(|(sign, ..)| self.rest().starts_with(sign));
        let Some((sign, token, modern)) = found else {
            return self.stranger(first);
        };
        let end = start + sign.len();
        let token = token.clone();
        match (*sign, *modern) {
            (_, None) => self.push(start, token, end),
            ("&&" | "||" | "!", Some(modern)) => {
                let word = modern.trim();
                // `! x` keeps its one space.
                let follows_space = self.byte(end).is_none_or(|b| b.is_ascii_whitespace());
                let modern = if follows_space { word } else { modern };
                let message = format!("`{sign}` is an older spelling of `{word}`");
                let fault = self.fault(code::OLDER_OPERATOR, start..end, message);
                fault.suggestion = Some(modern.into());
                self.push(start, token, end);
            }
            ("=>" | "->", _) => {
                let message = "functions written in place (`x => …`) are not part of the language";
                self.fault(code::NO_LAMBDAS, start..end, message).help = Some(
                    "a filter names the span's fields directly: `any.where(amount > 1000)`".into(),
                );
                self.push(start, token, end);
            }
            (">>" | "<<" | "&>>", _) => {
                let message = format!("`{sign}` is not part of the language");
                self.fault(code::UNKNOWN_OPERATOR, start..end, message).help =
                    Some("a descendant of A: `B inside A`; a child of A: `B child of A`; order: `A then B`".into());
                self.push(start, token, end);
            }
            ("!~", _) => {
                let message = "`!~` is not part of the language";
                self.fault(code::UNKNOWN_OPERATOR, start..end, message).help =
                    Some("write `not (x matches \"re\")`".into());
                self.push(start, token, end);
            }
            (_, Some(modern)) => {
                let message = format!("`{sign}` is not part of the language; write `{modern}`");
                self.fault(code::UNKNOWN_OPERATOR, start..end, message)
                    .suggestion = Some(modern.into());
                self.push(start, token, end);
            }
        }
    }

    fn stranger(&mut self, sign: char) {
        let start = self.position;
        let end = start + sign.len_utf8();
        if sign == '\0' || is_direction_mark(sign) {
            self.report_hidden(start..end, "the text");
            self.position = end;
        } else if sign == '$' {
            let name_end = self.name_end(end);
            let typed = self.skip_space(name_end);
            let message = "variables (`$name`, `$trace: Trace(…)`) are not part of the language";
            self.fault(code::NO_VARIABLES, start..name_end, message)
                .help = Some(
                "bind a span with `when each { payment as p } always { … }` and write `p.field`"
                    .into(),
            );
            // What would follow is read as one operand.
            let behind = match self.byte(typed) {
                Some(b':') => self.declaration_end(typed + 1),
                _ => name_end,
            };
            self.push(start, Token::Name("_".into()), behind);
        } else if let Some(closing) = self.typographic_end(start) {
            let inner = &self.text[end..closing.start];
            let modern = quote(inner);
            let value = inner.into();
            self.report_hidden(start..closing.end, "a quoted text");
            let message = "typographic quotation marks stand around this; write \"";
            self.fault(code::LOOK_ALIKE, start..closing.end, message)
                .suggestion = Some(modern);
            self.push(start, Token::Quoted(value), closing.end);
        } else if let Some((plain, what)) = look_alike(sign) {
            let message = format!("this character (U+{:04X}) is {what}", u32::from(sign));
            let fault = self.fault(code::LOOK_ALIKE, start..end, message);
            fault.suggestion = Some(plain.into());
            if sign.is_alphabetic() {
                self.word();
            } else {
                self.position = end;
            }
        } else if sign.is_control() {
            let message = format!(
                "a control character (U+{:04X}) stands in the text",
                u32::from(sign)
            );
            self.fault(code::UNKNOWN_CHARACTER, start..end, message)
                .suggestion = Some(" ".into());
            self.position = end;
        } else if sign.is_alphanumeric() || matches!(sign, '/' | '@' | '%' | '\\') {
            self.word();
        } else {
            let help = match sign {
                '?' => "a field that may be missing: `exists(x)`, `missing(x)`",
                ';' => "clauses and conditions need no sign between them",
                ':' => "an intrinsic is written without spaces: `span:duration`",
                _ => "other text is put in quotes: `\"GET /users/{id}\"`",
            };
            let message = format!("`{sign}` is not part of the language");
            self.fault(code::UNKNOWN_CHARACTER, start..end, message)
                .help = Some(help.into());
            self.position = end;
        }
    }

    /// The mark that closes the typographic quotation mark at `start`, in the same line.
    fn typographic_end(&self, start: usize) -> Option<Range<usize>> {
        let mut marks = self.text[start..]
            .char_indices()
            .take_while(|(_, sign)| *sign != '\n')
            .filter(|(_, sign)| is_quotation_mark(*sign));
        let first = marks.next().filter(|(at, _)| *at == 0);
        let (at, sign) = first.and_then(|_| marks.next())?;
        Some(start + at..start + at + sign.len_utf8())
    }

    /// Behind a variable's declaration `Trace(…)`.
    fn declaration_end(&self, at: usize) -> usize {
        let word = self.name_end(self.skip_space(at));
        let paren = self.skip_space(word);
        if self.byte(paren) == Some(b'(') {
            scan::balanced_end(self.text, paren)
        } else {
            word
        }
    }
}

fn is_quotation_mark(sign: char) -> bool {
    look_alike(sign).is_some_and(|(plain, _)| plain == "\"")
}

/// Characters that look like one of the language's own, or like nothing, with what to write instead.
pub(super) fn look_alike(sign: char) -> Option<(&'static str, &'static str)> {
    const SPACE: &str = "a special space; write a plain one";
    const NOTHING: &str = "invisible; remove it";
    const QUOTE: &str = "a typographic quotation mark; write \"";
    const DASH: &str = "a typographic dash; write -";
    const LETTER: &str = "not the Latin letter it looks like";
    const WIDE: &str = "a full-width form; write the plain one";
    Some(match sign {
        '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}'
        | '\u{85}'
        | '\u{2028}'
        | '\u{2029}' => (" ", SPACE),
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => ("", NOTHING),
        '“' | '”' | '„' | '«' | '»' | '‘' | '’' | '‚' | '`' | '´' => ("\"", QUOTE),
        '‐' | '‑' | '‒' | '–' | '—' | '−' => ("-", DASH),
        '\u{ff01}'..='\u{ff5e}' => (narrow(sign)?, WIDE),
        '≥' => (">=", "not part of the language; write >="),
        '≤' => ("<=", "not part of the language; write <="),
        '≠' => ("!=", "not part of the language; write !="),
        '¬' => ("not ", "not part of the language; write not"),
        '∧' => ("and", "not part of the language; write and"),
        '∨' => ("or", "not part of the language; write or"),
        'а' | 'α' => ("a", LETTER),
        'А' | 'Α' => ("A", LETTER),
        'В' | 'Β' => ("B", LETTER),
        'е' | 'ε' => ("e", LETTER),
        'Е' | 'Ε' => ("E", LETTER),
        'Н' | 'Η' => ("H", LETTER),
        'і' | 'ι' | 'ı' => ("i", LETTER),
        'І' | 'Ι' => ("I", LETTER),
        'ј' => ("j", LETTER),
        'к' | 'κ' => ("k", LETTER),
        'К' | 'Κ' => ("K", LETTER),
        'М' | 'Μ' => ("M", LETTER),
        'ո' => ("n", LETTER),
        'о' | 'ο' | 'օ' => ("o", LETTER),
        'О' | 'Ο' => ("O", LETTER),
        'р' | 'ρ' => ("p", LETTER),
        'Р' | 'Ρ' => ("P", LETTER),
        'с' | 'ϲ' => ("c", LETTER),
        'С' => ("C", LETTER),
        'ѕ' => ("s", LETTER),
        'Ѕ' => ("S", LETTER),
        'т' | 'τ' => ("t", LETTER),
        'Т' | 'Τ' => ("T", LETTER),
        'υ' | 'ս' => ("u", LETTER),
        'ν' | 'ѵ' => ("v", LETTER),
        'ѡ' => ("w", LETTER),
        'х' | 'χ' => ("x", LETTER),
        'Х' | 'Χ' => ("X", LETTER),
        'у' | 'γ' => ("y", LETTER),
        'У' | 'Υ' => ("Y", LETTER),
        'Ζ' => ("Z", LETTER),
        _ => return None,
    })
}

/// The plain form of one of the forms that are as wide as an ideograph.
fn narrow(sign: char) -> Option<&'static str> {
    /// In the order in which they stand from U+FF01 on.
    const PLAIN: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    let at = u32::from(sign).checked_sub(0xff01)? as usize;
    PLAIN.get(at..=at)
}
