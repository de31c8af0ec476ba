//! The words that begin a clause, where a brace follows them.

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::{Lexer, Sign, lowered};
use crate::condition::lexer::words::{CLAUSES, OPERATORS};
use crate::condition::token::Token;
use crate::diagnostic::nearest::nearest;

impl Lexer<'_> {
    /// `when {`, `when each {`, `always {`, `never {`, and what was meant as one of them.
    pub(super) fn clause_word(&mut self, start: usize, end: usize) -> bool {
        let text = self.text;
        let word = &text[start..end];
        let next = self.skip_space(end);
        if self.byte(next) != Some(b'{') {
            return self.clause_of_two_words(start, word, next)
                || self.clause_without_brace(start, end, next);
        }
        let lower = lowered(word);
        let exact = CLAUSES.iter().find(|(name, _)| *name == lower);
        if let Some((name, token)) = exact {
            self.close_clauses();
            if *name != word {
                self.older_case(start, end, name);
            }
            self.push(start, token.clone(), end);
            return true;
        }
        let in_clause = self.open.iter().any(|opener| opener.sign == Sign::Brace);
        let meant = (match &*lower {
            "if" | "given" | "whenever" | "where" | "on" => Some("when"),
            "then" | "must" | "require" | "requires" | "expect" | "ensure" | "assert" => {
                Some("always")
            }
            "forbid" | "deny" | "not" | "mustnot" | "prohibit" => Some("never"),
            _ => None,
        })
        .or_else(|| nearest(&lower, CLAUSES.map(|(name, _)| name)));
        match meant.and_then(|name| CLAUSES.iter().find(|(clause, _)| *clause == name)) {
            Some((name, token)) if !in_clause && !self.after_operand() => {
                let message = format!("no clause is called `{word}`; did you mean `{name}`?");
                self.fault(code::MISTYPED_WORD, start..end, message)
                    .suggestion = Some((*name).into());
                self.push(start, token.clone(), end);
                true
            }
            _ => false,
        }
    }

    pub(super) fn clause_of_two_words(&mut self, start: usize, first: &str, next: usize) -> bool {
        if self.open.iter().any(|o| o.sign != Sign::Brace) {
            return false;
        }
        let text = self.text;
        let second_end = self.name_end(next);
        let second = &text[next..second_end];
        if self.byte(self.skip_space(second_end)) != Some(b'{') {
            return false;
        }
        let first = &*lowered(first);
        if first != "when" && nearest(first, ["when"]).is_none() && first != "for" {
            return false;
        }
        let lower = second.to_ascii_lowercase();
        if lower != "each"
            && nearest(&lower, ["each"]).is_none()
            && !matches!(lower.as_str(), "every" | "all" | "any")
        {
            return false;
        }
        self.close_clauses();
        if first != "when" || lower != "each" {
            let message =
                format!("no clause is called `{first} {second}`; did you mean `when each`?");
            self.fault(code::MISTYPED_WORD, start..second_end, message)
                .suggestion = Some("when each".into());
        } else if &text[start..start + 4] != "when" || second != "each" {
            self.older_case(start, second_end, "when each");
        }
        self.push(start, Token::WhenEach, second_end);
        true
    }

    pub(super) fn clause_without_brace(&mut self, start: usize, end: usize, next: usize) -> bool {
        let word = &self.text[start..end];
        let Some((name, token)) = CLAUSES.iter().find(|(name, _)| *name == word) else {
            return false;
        };
        let begins = matches!(self.last(), None | Some(Token::RightBrace));
        let follows_word = self
            .byte(next)
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'"');
        let operator = self.name_end(next);
        let is_name = OPERATORS
            .iter()
            .any(|(op, _)| *op == &self.text[next..operator]);
        if !begins || !follows_word || is_name {
            return false;
        }
        let message = format!("`{name}` needs its condition in braces: `{name} {{ … }}`");
        self.fault(code::UNEXPECTED, start..end, message).help =
            Some("write `{` behind the word, and `}` where its condition ends".into());
        self.push(start, token.clone(), end);
        true
    }

    /// A clause begins: what is still open before it was meant to be closed.
    pub(super) fn close_clauses(&mut self) {
        if !self.open.is_empty() {
            self.close_down_to(0, self.position);
        }
    }
}
