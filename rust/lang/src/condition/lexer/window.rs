//! The words of rules over many traces, which are names everywhere else: the head of such a rule, quantiles with a
//! decimal, and what a measure is held against.

use crate::condition::lexer::cursor::Lexer;
use crate::condition::token::Token;
use crate::rule::{Peer, Rank};
use crate::words::Word;

/// Behind the length of a window, its groups, or the least that is asked about.
const PHRASES: [(&str, &str, Token); 2] = [
    ("at", "least", Token::AtLeast),
    ("with", "confidence", Token::WithConfidence),
];

impl Lexer<'_> {
    /// A word that means something in a rule over many traces alone.
    pub(super) fn window_word(&mut self, start: usize, end: usize) -> bool {
        let word = &self.text[start..end];
        let next = self.skip_space(end);
        let (is_first, is_over) = match self.lexed.tokens.first() {
            None => (true, false),
            Some((_, token, _)) => (false, *token == Token::Over),
        };
        if is_first && word == "over" && self.digit_at(next) {
            self.push(start, Token::Over, end);
            return true;
        }
        if self.byte(next) == Some(b'(') && word.contains('.') && Rank::named(word).is_some() {
            self.function(start, end, next);
            return true;
        }
        if !is_over {
            return false;
        }
        if self.open.is_empty() && self.after_operand() {
            let second_end = self.name_end(next);
            let second = &self.text[next..second_end];
            let known = PHRASES
                .iter()
                .find(|(first, then, _)| (*first, *then) == (word, second));
            if let Some((_, _, token)) = known {
                self.push(start, token.clone(), second_end);
                return true;
            }
        }
        // `before` stands between selectors elsewhere.
        let is_bound = matches!(self.last(), Some(Token::Star))
            || self.last().is_some_and(Token::is_comparison);
        if is_bound && Peer::WORDS.iter().any(|peer| peer.as_str() == word) {
            self.push_name(start, end);
            return true;
        }
        false
    }
}
