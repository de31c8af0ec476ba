//! What follows a dot behind an operand: `.where(`, `.count()`, or what other languages would call a method.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::{Lexer, Sign};
use crate::condition::scan;
use crate::condition::token::Token;

impl Lexer<'_> {
    /// `.where(`, `.count()`, or what other languages would call a method.
    pub(super) fn dot(&mut self) {
        let start = self.position;
        if self.rest().starts_with("..")
            && matches!(self.last(), Some(Token::Duration(_) | Token::Number(_)))
        {
            return self.push(start, Token::UpTo, start + 2);
        }
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
        if self.byte(start + 1) == Some(b'*') {
            return self.refuse_wildcard(start);
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
            scan::balanced_end(self.text, paren)
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

    /// `payment.*`
    fn refuse_wildcard(&mut self, dot: usize) {
        let before = &self.text[..dot];
        let is_part = |c: char| c.is_alphanumeric() || "_.-".contains(c);
        let name = &before[before.trim_end_matches(is_part).len()..];
        let help = match name {
            "" => "every span: `any`".to_owned(),
            _ => format!(
                "spans by how their names begin: `any.where(span:name starts with \"{name}.\")`; attributes are named one by one"
            ),
        };
        let end = self.text[dot + 1..].trim_start_matches(['*', '.']).len();
        let end = self.text.len() - end;
        let message = "a name stands for itself alone, and has no `*`";
        self.fault(code::UNKNOWN_CHARACTER, dot..end, message).help = Some(help);
        self.position = end;
    }

    pub(super) fn refuse_method(&mut self, word: &str, range: Range<usize>) {
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
}
