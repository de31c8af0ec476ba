//! Brackets: parentheses, filters, lists and the braces of clauses, always balanced.

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::{Lexer, Opener, Sign};
use crate::condition::token::{Function, Token};

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
                self.fault(code::UNOPENED, start..start + 1, message);
                self.position = start + 1;
            }
        }
    }

    /// Closes what is open beyond the first `keep`, reporting each.
    pub(super) fn close_down_to(&mut self, keep: usize, at: usize) {
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

    pub(super) fn close_one(&mut self, start: usize, end: usize) {
        if let Some(opener) = self.open.pop() {
            self.depth = opener.depth;
            if opener.sign == Sign::Brace {
                self.in_between = 0;
            }
            self.push(start, opener.sign.closer().0, end);
        }
    }
}
