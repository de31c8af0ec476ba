//! Where the lexer stands, and what each part of it needs: looking ahead, reporting, and pushing tokens with their
//! brackets always balanced.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::token::{Function, Token};
use crate::condition::written::Written;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;
use crate::rule::{Name, Whole};

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

/// The text, how far it is read, and what is open there: the files beside this one add how each thing is read.
pub(super) struct Lexer<'a> {
    pub text: &'a str,
    written: Written<'a>,
    /// The text, where it stands in no file.
    own: Option<Arc<Whole>>,
    pub limits: &'a Limits,
    pub faults: &'a mut Vec<Fault>,
    pub position: usize,
    pub lexed: Lexed,
    pub open: Vec<Opener>,
    /// Openers and negations around the present place.
    pub depth: usize,
    /// `not` in a row, directly before the present place.
    pub pending_nots: usize,
    /// `between` whose `and next` has not come.
    pub in_between: usize,
    /// Behind `rule "name" when`.
    pub in_rule: bool,
    /// So many of the open brackets stand before a quoted text that is never closed.
    pub swallowed: usize,
    /// Errors of this text.
    pub errors: usize,
}

/// A bracket whose closing one has not come.
pub(super) struct Opener {
    pub sign: Sign,
    pub start: usize,
    pub end: usize,
    pub depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
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

impl<'a> Lexer<'a> {
    pub(super) fn new(
        written: Written<'a>,
        limits: &'a Limits,
        faults: &'a mut Vec<Fault>,
    ) -> Lexer<'a> {
        let text = written.text;
        Lexer {
            text,
            written,
            own: None,
            limits,
            faults,
            position: 0,
            lexed: Lexed {
                // Most texts have no more.
                tokens: Vec::with_capacity(text.len() / 6 + 4),
                ..Lexed::default()
            },
            open: Vec::new(),
            depth: 0,
            pending_nots: 0,
            in_between: 0,
            in_rule: false,
            swallowed: 0,
            errors: 0,
        }
    }

    /// What stands there in the text.
    pub(super) fn name(&mut self, range: Range<usize>) -> Name {
        let lent = self.written.lent_name(range.clone());
        lent.unwrap_or_else(|| {
            let text = self.text;
            let whole = self.own.get_or_insert_with(|| Arc::new(Whole::new(text)));
            Name::within(whole, range)
        })
    }

    pub(super) fn push_name(&mut self, start: usize, end: usize) {
        let name = self.name(start..end);
        self.push(start, Token::Name(name), end);
    }

    pub(super) fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        match self.byte(self.position)? {
            byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.rest().chars().next(),
        }
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn digit_at(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_digit())
    }

    /// The first place at or after `at` that is no white space.
    pub(super) fn skip_space(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let space = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        at + space
    }

    /// Dotted segments of letters, digits, `_` and inner dashes.
    pub(super) fn name_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let is_word = |at: usize| bytes.get(at).is_some_and(|byte| is_of_word(*byte));
        let mut at = start;
        loop {
            at += word_length(&bytes[at..]);
            match bytes.get(at) {
                Some(b'-') => {
                    let dashes = bytes[at..].iter().take_while(|b| **b == b'-').count();
                    if !is_word(at + dashes) {
                        return at;
                    }
                    at += dashes;
                }
                Some(b'.') if is_word(at + 1) && at > start => {
                    if self.starts_filter(at) {
                        return at;
                    }
                    at += 1;
                }
                _ => return at,
            }
        }
    }

    /// Where the word at `at` ends, if it may be one that tests a field; most words begin as none of those does.
    pub(super) fn test_end(&self, at: usize) -> usize {
        match self.byte(at) {
            Some(b'm' | b'c' | b's' | b'e' | b'i') => self.name_end(at),
            _ => at,
        }
    }

    /// Whether the dot at `at` begins `.where(`, or behind `trace.spans` another call.
    pub(super) fn starts_filter(&self, at: usize) -> bool {
        let word_end = at + 1 + word_length(&self.text.as_bytes()[at + 1..]);
        self.byte(self.skip_space(word_end)) == Some(b'(')
            && &self.text[at + 1..word_end] == "where"
    }

    pub(super) fn last(&self) -> Option<&Token> {
        self.lexed.tokens.last().map(|(_, token, _)| token)
    }

    pub(super) fn after_operand(&self) -> bool {
        self.last().is_some_and(ends_operand)
    }

    pub(super) fn fault(
        &mut self,
        code: Code,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Fault {
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

    pub(super) fn push(&mut self, start: usize, token: Token, end: usize) {
        if matches!(token, Token::Not) {
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

    pub(super) fn too_deep(&mut self, range: Range<usize>) {
        let message = format!(
            "this nests more than {} parentheses and negations inside each other",
            self.limits.nesting
        );
        self.fault(code::NESTED_TOO_DEEPLY, range, message).help =
            Some("flatten the condition, or split it into several rules".into());
        self.lexed.is_cut = true;
    }

    pub(super) fn open_sign(&mut self, sign: Sign, token: Token, start: usize, end: usize) {
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

    pub(super) fn open_call(&mut self, function: Function, start: usize, end: usize) {
        self.open_sign(Sign::Paren, Token::Call(function), start, end);
    }

    pub(super) fn open_brace(&mut self, start: usize) {
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

    /// Behind a key of `by` another may follow.
    pub(super) fn comma(&mut self) {
        let start = self.position;
        let is_key = |token: &Token| {
            matches!(
                token,
                Token::Name(_) | Token::Quoted(_) | Token::Intrinsic(_) | Token::Attribute(_)
            )
        };
        let token = match self.lexed.tokens.as_slice() {
            [.., (_, Token::By | Token::KeyComma, _), (_, key, _)] if is_key(key) => {
                Token::KeyComma
            }
            _ => Token::Comma,
        };
        self.push(start, token, start + 1);
    }

    pub(super) fn close(&mut self, sign: char) {
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
                self.fault(code::UNOPENED, start..start + 1, message).help = Some(match sign {
                    ')' => "leave it out, or open it before with `(`".into(),
                    ']' => "leave it out, or open it before with `[`".into(),
                    _ => "leave it out: a brace opens behind `when`, `always` and `never` alone"
                        .into(),
                });
                self.position = start + 1;
            }
        }
    }

    /// Closes what is open beyond the first `keep`, reporting each.
    pub(super) fn close_down_to(&mut self, keep: usize, at: usize) {
        while self.open.len() > keep {
            // A text that is never closed has swallowed whatever would close what stands before it.
            let is_swallowed = self.open.len() <= self.swallowed;
            if let Some(opener) = self.open.last().filter(|_| !is_swallowed) {
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

    pub(super) fn close_one(&mut self, start: usize, end: usize) {
        if let Some(opener) = self.open.pop() {
            self.swallowed = self.swallowed.min(self.open.len());
            self.depth = opener.depth;
            if opener.sign == Sign::Brace {
                self.in_between = 0;
            }
            self.push(start, opener.sign.closer().0, end);
        }
    }
}

/// Whether a byte may stand in a word.
const OF_WORD: [bool; 256] = {
    let mut of_word = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        of_word[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    of_word
};

fn is_of_word(byte: u8) -> bool {
    OF_WORD[usize::from(byte)]
}

/// How many bytes of a word a text begins with.
fn word_length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_of_word(**byte)).count()
}

/// A word in small letters, as most are written.
pub(super) fn lowered(word: &str) -> Cow<'_, str> {
    match word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => word.to_ascii_lowercase().into(),
        false => word.into(),
    }
}

/// Whether what follows is an operator rather than an operand.
fn ends_operand(token: &Token) -> bool {
    token.is_operand()
        || matches!(
            token,
            Token::RightParen | Token::RightBracket | Token::WhereEnd | Token::DotCount
        )
}
