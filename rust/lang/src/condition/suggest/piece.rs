//! The pieces of a text that may be written in any language: words, numbers, quoted texts and signs, with their places.
//!
//! This is not the lexer: it knows no words of the language and finds nothing wrong, so that what it gives can be held
//! against phrases that the language does not have.

use std::ops::Range;

use crate::condition::scan::{begins_comment, quoted_length};

/// Signs of more than one character, longest first.
const SIGNS: [&str; 19] = [
    "===", "!==", "=>", "->", "==", "!=", "<=", ">=", "<>", "=~", "~=", "!~", ":=", "&&", "||",
    "<<", ">>", "=<", "..",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// Letters, digits and what stands inside names: dots, dashes, underscores and colons.
    Word,
    /// Begins with a digit, its unit included.
    Number,
    Quoted,
    Sign,
}

#[derive(Clone, Debug)]
pub(super) struct Fragment {
    pub lexeme: Lexeme,
    pub range: Range<usize>,
}

/// The pieces of `text`, without white space and comments.
pub(super) fn pieces(text: &str) -> Vec<Fragment> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (lexeme, length) = match first {
            sign if sign.is_whitespace() => {
                at += sign.len_utf8();
                continue;
            }
            _ if begins_comment(rest) => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '"' | '\'' => (Lexeme::Quoted, quoted_length(rest, first)),
            '0'..='9' => (Lexeme::Number, word_length(rest)),
            '-' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                (Lexeme::Number, 1 + word_length(&rest[1..]))
            }
            sign if sign.is_alphabetic() || sign == '_' => (Lexeme::Word, word_length(rest)),
            sign => {
                let long = SIGNS.iter().find(|long| rest.starts_with(**long));
                (
                    Lexeme::Sign,
                    long.map_or(sign.len_utf8(), |long| long.len()),
                )
            }
        };
        found.push(Fragment {
            lexeme,
            range: at..at + length,
        });
        at += length;
    }
    found
}

/// Letters and digits, with single dots, dashes and colons between them.
fn word_length(rest: &str) -> usize {
    let mut signs = rest.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let next_is_part = signs
            .peek()
            .is_some_and(|(_, next)| next.is_alphanumeric() || *next == '_');
        let is_inner = matches!(sign, '.' | '-' | ':') && next_is_part;
        if !sign.is_alphanumeric() && sign != '_' && !is_inner {
            return at;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_language_falls_into_pieces() {
        let text = "when a.b-c:d ~= 'x\\'y' # no\n>= -3.5ms {é!}";
        let found: Vec<&str> = pieces(text)
            .into_iter()
            .map(|piece| &text[piece.range])
            .collect();
        assert_eq!(
            found,
            [
                "when", "a.b-c:d", "~=", "'x\\'y'", ">=", "-3.5ms", "{", "é", "!", "}"
            ]
        );
        assert!(pieces("").is_empty());
        assert_eq!(pieces("\"never closed").len(), 1);
    }

    #[test]
    fn what_is_quoted_ends_with_its_line_though_a_backslash_stands_before() {
        let text = "x == \"a\\\nand y";
        let found: Vec<&str> = pieces(text)
            .into_iter()
            .map(|piece| &text[piece.range])
            .collect();
        assert_eq!(found, ["x", "==", "\"a\\", "and", "y"]);
    }
}
