//! From text to tokens. Context is settled and depth is bounded here, so that the grammar stays
//! plain and no later step can meet a tree that is too deep to walk.
//!
//! Whatever is wrong is reported with its place and mended as well as can be (a parenthesis that was
//! never closed is closed, a mistyped keyword is read as the right one), so that the rest of the text
//! is still checked.

mod clause;
mod dotted;
mod name;
mod number;
mod quoted;
mod sign;
mod word;

pub(crate) use quoted::quote;

use std::ops::Range;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::token::{Function, Token};
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

/// The tokens of one text, in order, its parentheses and braces always balanced.
#[derive(Debug, Default)]
pub struct Lexed {
    pub tokens: Vec<(usize, Token, usize)>,
    /// `// …` and `# …`, without the line's end.
    pub comments: Vec<Range<usize>>,
    /// Nothing may be made of the tokens: a limit was met.
    pub is_cut: bool,
}

/// Errors of one text beyond which reading it further helps nobody.
const MAX_ERRORS: usize = 100;

pub fn lex(text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> Lexed {
    if text.len() > limits.rule_bytes {
        let message = format!(
            "this text has {} bytes; {} are allowed",
            text.len(),
            limits.rule_bytes
        );
        let start = floor_boundary(text, limits.rule_bytes);
        faults.push(
            Fault::new(code::TEXT_TOO_LONG, start..text.len(), message)
                .help("split the rule, or move long lists under `lists:`"),
        );
        return Lexed {
            is_cut: true,
            ..Lexed::default()
        };
    }
    let mut lexer = Lexer {
        text,
        limits,
        faults,
        position: 0,
        lexed: Lexed::default(),
        open: Vec::new(),
        depth: 0,
        pending_nots: 0,
        in_between: 0,
        in_rule: false,
        is_swallowed: false,
        errors: 0,
    };
    lexer.run();
    lexer.lexed
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

struct Lexer<'a> {
    text: &'a str,
    limits: &'a Limits,
    faults: &'a mut Vec<Fault>,
    position: usize,
    lexed: Lexed,
    open: Vec<Opener>,
    /// Openers and negations around the present place.
    depth: usize,
    /// `not` in a row, directly before the present place.
    pending_nots: usize,
    /// `between` whose `and next` has not come.
    in_between: usize,
    /// Behind `rule "name" when`.
    in_rule: bool,
    /// A quoted text reached to the end.
    is_swallowed: bool,
    /// Errors of this text.
    errors: usize,
}

struct Opener {
    sign: Sign,
    start: usize,
    end: usize,
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Paren,
    Where,
    Bracket,
    Brace,
}

impl Sign {
    fn closer(self) -> (Token, &'static str) {
        match self {
            Sign::Paren => (Token::RightParen, ")"),
            Sign::Where => (Token::WhereEnd, ")"),
            Sign::Bracket => (Token::RightBracket, "]"),
            Sign::Brace => (Token::RightBrace, "}"),
        }
    }
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.position = '\u{feff}'.len_utf8();
        }
        while !self.lexed.is_cut {
            let Some(next) = self.peek() else { break };
            let start = self.position;
            match next {
                ' ' | '\t' | '\n' | '\r' => self.position += 1,
                '#' => self.comment(),
                '/' if self.rest().starts_with("//") => self.comment(),
                '"' | '\'' => self.quoted(next),
                '(' => self.open_sign(Sign::Paren, Token::LeftParen, start, start + 1),
                '[' => self.open_sign(Sign::Bracket, Token::LeftBracket, start, start + 1),
                '{' => self.open_brace(start),
                ')' | ']' | '}' => self.close(next),
                ',' => self.push(start, Token::Comma, start + 1),
                '*' => self.push(start, Token::Star, start + 1),
                '.' => self.dot(),
                '-' | '+' if self.digit_at(start + 1) => self.number(),
                '0'..='9' => self.number(),
                'a'..='z' | 'A'..='Z' | '_' => self.word(),
                _ => self.sign(next),
            }
        }
        if !self.lexed.is_cut {
            self.close_down_to(0, self.text.len());
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn digit_at(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// The first place at or after `at` that is no white space.
    fn skip_space(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let space = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        at + space
    }

    fn fault(&mut self, code: Code, range: Range<usize>, message: impl Into<String>) -> &mut Fault {
        let mut fault = Fault::new(code, range, message);
        if fault.is_error() {
            self.errors += 1;
        }
        if self.errors > MAX_ERRORS {
            fault
                .message
                .push_str("; the rest of the text was not read for its many errors");
            self.lexed.is_cut = true;
        }
        let at = self.faults.len();
        self.faults.push(fault);
        &mut self.faults[at]
    }

    fn last(&self) -> Option<&Token> {
        self.lexed.tokens.last().map(|(_, token, _)| token)
    }

    fn after_operand(&self) -> bool {
        self.last().is_some_and(Token::ends_operand)
    }

    fn push(&mut self, start: usize, token: Token, end: usize) {
        if token == Token::Not {
            self.pending_nots += 1;
            if self.depth + self.pending_nots > self.limits.nesting {
                self.too_deep(start..end);
                return;
            }
        } else {
            self.pending_nots = 0;
        }
        self.lexed.tokens.push((start, token, end));
        self.position = end;
    }

    fn too_deep(&mut self, range: Range<usize>) {
        let message = format!(
            "this nests more than {} parentheses and negations inside each other",
            self.limits.nesting
        );
        self.fault(code::NESTED_TOO_DEEPLY, range, message).help =
            Some("flatten the condition, or split it into several rules".into());
        self.lexed.is_cut = true;
    }

    fn open_sign(&mut self, sign: Sign, token: Token, start: usize, end: usize) {
        let weight = 1 + self.pending_nots;
        if self.depth + weight > self.limits.nesting {
            self.too_deep(start..end);
            return;
        }
        self.open.push(Opener {
            sign,
            start,
            end,
            depth: self.depth,
        });
        self.depth += weight;
        self.push(start, token, end);
    }

    fn open_call(&mut self, function: Function, start: usize, end: usize) {
        self.open_sign(Sign::Paren, Token::Call(function), start, end);
    }

    fn open_brace(&mut self, start: usize) {
        let is_clause = matches!(
            self.last(),
            Some(Token::When | Token::WhenEach | Token::Always | Token::Never)
        );
        if is_clause {
            self.open_sign(Sign::Brace, Token::LeftBrace, start, start + 1);
        } else {
            self.fault(
                code::UNEXPECTED,
                start..start + 1,
                "a brace may only follow `when`, `when each`, `always` or `never`",
            )
            .help = Some("group with parentheses: ( … )".into());
            self.open_sign(Sign::Paren, Token::LeftParen, start, start + 1);
        }
    }

    fn close(&mut self, sign: char) {
        let start = self.position;
        let fits = |opener: &Opener| match sign {
            ')' => matches!(opener.sign, Sign::Paren | Sign::Where),
            ']' => opener.sign == Sign::Bracket,
            // A brace that was misplaced was opened as a parenthesis.
            _ => {
                opener.sign == Sign::Brace || self.text.as_bytes().get(opener.start) == Some(&b'{')
            }
        };
        match self.open.iter().rposition(fits) {
            // A closing parenthesis never reaches out of the braces it stands in.
            Some(at)
                if sign == '}'
                    || self.open[at..]
                        .iter()
                        .all(|opener| opener.sign != Sign::Brace) =>
            {
                self.close_down_to(at + 1, start);
                self.close_one(start, start + 1);
            }
            _ => {
                let message = format!("nothing is open that this `{sign}` could close");
                self.fault(code::UNOPENED, start..start + 1, message);
                self.position = start + 1;
            }
        }
    }

    /// Closes what is open beyond the first `keep`, reporting each.
    fn close_down_to(&mut self, keep: usize, at: usize) {
        while self.open.len() > keep {
            // A text that is never closed has swallowed whatever would close this.
            if let Some(opener) = self.open.last().filter(|_| !self.is_swallowed) {
                let range = opener.start..opener.end;
                let shown = self.text[range.clone()].trim().to_owned();
                let (_, closer) = opener.sign.closer();
                let message = format!("this `{shown}` is never closed");
                self.fault(code::UNCLOSED, range, message).help =
                    Some(format!("add the missing `{closer}`"));
            }
            self.close_one(at, at);
        }
    }

    fn close_one(&mut self, start: usize, end: usize) {
        if let Some(opener) = self.open.pop() {
            self.depth = opener.depth;
            if opener.sign == Sign::Brace {
                self.in_between = 0;
            }
            self.push(start, opener.sign.closer().0, end);
        }
    }

    fn comment(&mut self) {
        let start = self.position;
        let line = self.rest().lines().next().unwrap_or_default();
        let end = start + line.len();
        self.report_hidden(start..end, "a comment");
        self.lexed.comments.push(start..end);
        self.position = end;
    }

    /// Reports NUL bytes and marks that turn the direction of text, which make a text look other than it is.
    fn report_hidden(&mut self, range: Range<usize>, place: &str) {
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

    /// `.where(`, `.count()`, or what other languages would call a method.
    fn dot(&mut self) {
        let start = self.position;
        let word_start = self.skip_space(start + 1);
        let length = self.text[word_start..]
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        let word_end = word_start + length;
        let word = &self.text[word_start..word_end];
        let paren = self.skip_space(word_end);
        let is_called = self.byte(paren) == Some(b'(');
        if is_called && word == "where" && self.after_operand() {
            self.open_sign(Sign::Where, Token::Where, start, paren + 1);
            return;
        }
        if is_called
            && word == "count"
            && matches!(self.last(), Some(Token::TraceSpans | Token::WhereEnd))
        {
            let close = self.skip_space(paren + 1);
            if self.byte(close) == Some(b')') {
                self.push(start, Token::DotCount, close + 1);
                return;
            }
        }
        if length == 0 || !self.after_operand() {
            self.fault(
                code::UNKNOWN_CHARACTER,
                start..start + 1,
                "a dot stands alone",
            )
            .help = Some("a number starts with a digit (`0.5`), a name with a letter".into());
            self.position = start + 1;
            return;
        }
        let word = word.to_owned();
        let end = if is_called {
            self.skip_balanced(paren)
        } else {
            word_end
        };
        if is_called && strsim::damerau_levenshtein(&word, "where") <= 2 {
            let message = format!("nothing is called `.{word}(…)`; did you mean `.where(…)`?");
            self.fault(code::MISTYPED_WORD, word_start..word_end, message)
                .suggestion = Some("where".into());
        } else {
            self.refuse_method(&word, start..end);
        }
        self.position = end;
    }

    fn refuse_method(&mut self, word: &str, range: Range<usize>) {
        let message = format!("`.{word}` is not part of the language");
        let help = match word {
            "exists" | "any" | "some" | "isNotEmpty" | "present" => {
                "a selector is true where it selects a span: write `any.where(…)`"
            }
            "isEmpty" | "none" => "write `not any.where(…)`",
            "avgLatency" | "averageLatency" | "avgDuration" | "latency" | "duration" => {
                "write `avg(any.where(…), span:duration) > 200ms`"
            }
            "count" => "`count` stands before the selector: `count(S)`",
            "length" | "size" | "len" => "write `count(any.where(…))`",
            "all" | "every" => {
                "write `not any.where(not (…))`, or bind the span with `when each { … as p }`"
            }
            "filter" | "find" | "select" => "write `any.where(…)`",
            "max" | "min" | "sum" | "avg" => "write `max(S, field)`, and so `min`, `sum`, `avg`",
            "before" | "after" | "then" | "inside" => {
                "write it between the selectors: `A before B`"
            }
            _ => {
                "a selector is filtered by `.where(…)`, counted by `count(…)`, measured by `sum min max avg distinct`"
            }
        };
        self.fault(code::NO_METHODS, range, message).help = Some(help.into());
    }

    /// The place behind the parenthesis that closes the one at `open`, or the end of the text.
    fn skip_balanced(&self, open: usize) -> usize {
        let mut depth = 0usize;
        let mut quote = None;
        for (offset, byte) in self.text.as_bytes()[open..].iter().enumerate() {
            match (quote, byte) {
                (Some(mark), byte) if mark == *byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'(') => depth += 1,
                (None, b')') => {
                    depth -= 1;
                    if depth == 0 {
                        return open + offset + 1;
                    }
                }
                // A clause's braces are not swallowed with a call that was never closed.
                (None, b'{' | b'}') => return open + offset,
                _ => {}
            }
        }
        self.text.len()
    }
}

pub(crate) fn is_direction_mark(sign: char) -> bool {
    matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
}
