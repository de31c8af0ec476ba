//! From text to tokens. Context is settled and depth is bounded here, so that the grammar stays
//! plain and no later step can meet a tree that is too deep to walk.
//!
//! Whatever is wrong is reported with its place and mended as well as can be (a parenthesis that was
//! never closed is closed, a mistyped keyword is read as the right one), so that the rest of the text
//! is still checked.

//!
//! [`cursor`] knows where the lexer stands; each other file reads one kind of thing. The words of the language are
//! declared in [`words`].

mod clause;
mod comment;
mod cursor;
mod dotted;
mod method;
mod name;
mod number;
mod quoted;
mod sign;
mod window;
mod word;
mod words;

pub use cursor::Lexed;
pub(crate) use name::too_long;
pub(crate) use number::meant_unit;
pub(crate) use word::AROUND_UNTIL;

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::{Lexer, Sign};
use crate::condition::token::Token;
use crate::condition::written::Written;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

pub fn lex(written: Written<'_>, limits: &Limits, faults: &mut Vec<Fault>) -> Lexed {
    let text = written.text;
    if text.len() > limits.rule_bytes {
        let message = format!(
            "this text has {} bytes; {} are allowed",
            text.len(),
            limits.rule_bytes
        );
        let start = text.floor_char_boundary(limits.rule_bytes);
        faults.push(
            Fault::new(code::TEXT_TOO_LONG, start..text.len(), message)
                .help("split the rule, or move long lists under `lists:`"),
        );
        return Lexed {
            is_cut: true,
            ..Lexed::default()
        };
    }
    let mut lexer = Lexer::new(written, limits, faults);
    run(&mut lexer);
    lexer.lexed
}

fn run(lexer: &mut Lexer<'_>) {
    if lexer.text.starts_with('\u{feff}') {
        lexer.position = '\u{feff}'.len_utf8();
    }
    while !lexer.lexed.is_cut {
        let Some(next) = lexer.peek() else { break };
        let start = lexer.position;
        match next {
            ' ' | '\t' | '\n' | '\r' => lexer.position += 1,
            '#' => lexer.comment(),
            '/' if lexer.rest().starts_with("//") => lexer.comment(),
            '"' | '\'' => lexer.quoted(next),
            '(' => lexer.open_sign(Sign::Paren, Token::LeftParen, start, start + 1),
            '[' => lexer.open_sign(Sign::Bracket, Token::LeftBracket, start, start + 1),
            '{' => lexer.open_brace(start),
            ')' | ']' | '}' => lexer.close(next),
            ',' => lexer.comma(),
            '*' => lexer.push(start, Token::Star, start + 1),
            '.' => lexer.dot(),
            // Behind an operand it is the sign of a sum.
            '-' | '+' if lexer.digit_at(start + 1) && !lexer.after_operand() => lexer.number(),
            '0'..='9' => lexer.number(),
            'a'..='z' | 'A'..='Z' | '_' => lexer.word(),
            _ => lexer.sign(next),
        }
    }
    if !lexer.lexed.is_cut {
        lexer.close_down_to(0, lexer.text.len());
    }
}
