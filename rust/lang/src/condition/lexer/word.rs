//! Words: names, keywords where they are keywords, functions, intrinsics, and the older forms that
//! are told by their words.
//!
//! A keyword is one only where the grammar could use it: `count` before a parenthesis, `before` after
//! an operand, `when` before a brace. Everywhere else the same letters are a name.

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::{Lexer, Sign, lowered};
use crate::condition::lexer::words::{BY, FOREIGN, OPERATORS, PHRASES, STATISTICS, is_same};
use crate::condition::token::{Function, Token};
use crate::diagnostic::nearest::nearest;

/// How an order has a bound on its gap and one on what comes next.
pub(crate) const AROUND_UNTIL: &str = "an order ends with `within` or with `until next`; both are `(A after Q until next R) after Q within 5s`";

impl Lexer<'_> {
    pub(super) fn word(&mut self) {
        let start = self.position;
        let plain_end = self.name_end(start);
        let end = self.odd_end(plain_end);
        if end > plain_end {
            return self.odd_name(start, end);
        }
        self.refuse_long_name(start..end);
        let text = self.text;
        let word = &text[start..end];
        if self.byte(end) == Some(b':')
            && self.byte(end + 1).is_some_and(|b| b.is_ascii_alphabetic())
        {
            let rest = &text.as_bytes()[end + 1..];
            let length = rest
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                .count();
            // Names of the vocabulary have dots.
            let end = match word == "otel" || word.ends_with(".otel") {
                true => self.name_end(end + 1),
                false => end + 1 + length,
            };
            let name = self.name(start..end);
            return self.push(start, Token::Intrinsic(name), end);
        }
        if (self.byte(end), self.byte(end + 1)) == (Some(b'.'), Some(b'"')) {
            return self.quoted_key(start, end);
        }
        if self.lexed.tokens.is_empty() && word == "rule" && self.older_rule(start, end) {
            return;
        }
        if self.window_word(start, end) {
        } else if word.contains('.') {
            self.dotted(start, end);
        } else if self.clause_word(start, end) {
        } else if self.after_operand() || matches!(self.last(), Some(Token::UpTo)) {
            self.operator_word(start, end);
        } else {
            self.operand_word(start, end);
        }
    }

    pub(super) fn older_case(&mut self, start: usize, end: usize, modern: &str) {
        let message = format!(
            "`{}` is an older spelling of `{modern}`",
            &self.text[start..end]
        );
        self.fault(code::OLDER_OPERATOR, start..end, message)
            .suggestion = Some(modern.into());
    }

    fn operator_word(&mut self, start: usize, end: usize) {
        let text = self.text;
        let word = &text[start..end];
        let lower = lowered(word);
        if self.in_rule && lower == "then" && self.open.is_empty() {
            return self.push(start, Token::RuleThen, text.len());
        }
        let is_read = self.phrase(start, end, &lower)
            || self.negation(start, end, &lower)
            || self.known_operator(start, end, &lower)
            || self.meant_operator(start, end, &lower);
        if !is_read {
            self.push_name(start, end);
        }
    }

    /// `child of`, or its first word alone.
    fn phrase(&mut self, start: usize, end: usize, lower: &str) -> bool {
        if !PHRASES.iter().any(|(words, _)| is_same(words[0], lower)) {
            return false;
        }
        let text = self.text;
        let alike: Vec<&(&[&str], Token)> = PHRASES
            .iter()
            .filter(|(words, _)| words[0] == lower)
            .collect();
        let read = alike.iter().filter_map(|(words, token)| {
            let (to, is_older) = self.read_phrase(start, end, words)?;
            Some((words, token, to, is_older))
        });
        if let Some((words, token, to, is_older)) = read.max_by_key(|(.., to, _)| *to) {
            if is_older {
                self.older_case(start, to, &words.join(" "));
            }
            self.push(start, token.clone(), to);
            return true;
        }
        // In a filter texts are compared, outside of it spans.
        let is_filter = self.open.iter().any(|opener| opener.sign == Sign::Where);
        let fits = |token: &Token| token.is_relation() != is_filter;
        let meant = alike
            .iter()
            .find(|(_, token)| fits(token))
            .or(alike.first());
        let Some((words, token)) = meant.filter(|_| lower != "not") else {
            return false;
        };
        let first = &text[start..end];
        let meant = words.join(" ");
        let message = format!("`{first}` alone is no operator; write `{meant}`");
        let next = self.skip_space(end);
        let is_turned = meant.ends_with("after")
            && text[next..self.name_end(next)].eq_ignore_ascii_case("before");
        let is_behind_within = *token == Token::UntilNext
            && matches!(self.last(), Some(Token::Duration(_) | Token::UpTo));
        let fault = self.fault(code::MISTYPED_WORD, start..end, message);
        if is_turned {
            // The other way round another span is selected.
            fault.message = format!("there is no `{first} before`, only `{meant}`");
            fault.help = Some(format!("turn it round: `B {meant} A`, which selects B"));
        } else if is_behind_within {
            fault.help = Some(AROUND_UNTIL.to_owned());
        } else {
            fault.suggestion = Some(meant);
        }
        if alike.len() > 1 {
            let all: Vec<String> = alike
                .iter()
                .map(|(words, _)| format!("`{}`", words.join(" ")))
                .collect();
            fault.help = Some(format!("there are {}", all.join(", ")));
        }
        self.push(start, token.clone(), end);
        true
    }

    /// Where `words` end, the first of which is at `start..end`, and whether a capital stands in them.
    fn read_phrase(&self, start: usize, end: usize, words: &[&str]) -> Option<(usize, bool)> {
        let mut is_older = &self.text[start..end] != words[0];
        let mut at = end;
        for word in &words[1..] {
            let from = self.skip_space(at);
            at = self.name_end(from);
            let written = &self.text[from..at];
            if !written.eq_ignore_ascii_case(word) {
                return None;
            }
            is_older |= written != *word;
        }
        Some((at, is_older))
    }

    /// `not` behind an operand.
    fn negation(&mut self, start: usize, end: usize, lower: &str) -> bool {
        if lower != "not" {
            return false;
        }
        let next = self.skip_space(end);
        let second_end = self.name_end(next);
        let second = self.text[next..second_end].to_ascii_lowercase();
        match second.as_str() {
            "inside" => {
                let message = "`not inside` is written `outside`";
                self.fault(code::MISTYPED_WORD, start..second_end, message)
                    .suggestion = Some("outside".into());
                self.push(start, Token::Outside, second_end);
            }
            "matches" | "contains" | "starts" | "ends" | "exists" | "before" | "after" | "then"
            | "between" | "overlaps" | "during" | "containing" | "parent" => {
                let words = match second.as_str() {
                    "parent" => "parent of",
                    one => one,
                };
                let message =
                    format!("`not` stands before the whole condition: `not (x {words} …)`");
                let is_of_spans = matches!(
                    words,
                    "before"
                        | "after"
                        | "then"
                        | "overlaps"
                        | "during"
                        | "containing"
                        | "parent of"
                );
                let help = format!(
                    "of every one of several spans: `when each {{ A as p }}`, and `p {words} B` in `always` or `never`"
                );
                self.fault(code::UNEXPECTED, start..end, message).help =
                    is_of_spans.then_some(help);
                self.position = end;
            }
            _ => self.push(start, Token::Not, end),
        }
        true
    }

    fn known_operator(&mut self, start: usize, end: usize, lower: &str) -> bool {
        let known = OPERATORS
            .iter()
            .chain([&BY])
            .find(|(name, _)| is_same(name, lower));
        let Some((name, token)) = known else {
            return false;
        };
        if *name != &self.text[start..end] {
            self.older_case(start, end, name);
        }
        let next = self.skip_space(end);
        let second_end = self.name_end(next);
        match token {
            Token::Between => self.in_between += 1,
            Token::And
                if self.in_between > 0
                    && self.text[next..second_end].eq_ignore_ascii_case("next") =>
            {
                self.in_between -= 1;
                self.push(start, Token::AndNext, second_end);
                return true;
            }
            _ => {}
        }
        self.push(start, token.clone(), end);
        true
    }

    /// A word of another language, or one that is nearly an operator.
    fn meant_operator(&mut self, start: usize, end: usize, lower: &str) -> bool {
        let word = &self.text[start..end];
        let next = self.skip_space(end);
        if lower == "where" && self.byte(next) == Some(b'(') {
            let fault = self.fault(
                code::MISTYPED_WORD,
                start..end,
                "a filter begins with a dot: `.where(…)`",
            );
            fault.suggestion = Some(".where".into());
            self.open_sign(Sign::Where, Token::Where, start, next + 1);
            return true;
        }
        let foreign = FOREIGN.iter().find(|(name, ..)| *name == lower);
        let meant = foreign
            .map(|(_, modern, token)| (*modern, token))
            .or_else(|| {
                let phrases = PHRASES.iter().filter(|(words, _)| words.len() == 1);
                let phrases = phrases.map(|(words, token)| (words[0], token));
                let all = OPERATORS.iter().map(|(name, token)| (*name, token));
                let all: Vec<(&str, &Token)> = all.chain(phrases).collect();
                let near = nearest(lower, all.iter().map(|(name, _)| *name))?;
                all.into_iter().find(|(name, _)| *name == near)
            });
        let Some((modern, token)) = meant else {
            return false;
        };
        let message = format!("no operator is called `{word}`; did you mean `{modern}`?");
        self.fault(code::MISTYPED_WORD, start..end, message)
            .suggestion = Some(modern.into());
        self.push(start, token.clone(), end);
        true
    }

    fn operand_word(&mut self, start: usize, end: usize) {
        let text = self.text;
        let word = &text[start..end];
        let next = self.skip_space(end);
        let follows_comparison = self.last().is_some_and(Token::is_comparison);
        let is_value = follows_comparison
            || matches!(self.last(), Some(Token::By | Token::KeyComma | Token::As))
            || self
                .open
                .last()
                .is_some_and(|opener| opener.sign == Sign::Bracket);
        if !follows_comparison && self.is_compared(next) {
            return self.push_name(start, end);
        }
        match word {
            "true" => return self.push(start, Token::Bool(true), end),
            "false" => return self.push(start, Token::Bool(false), end),
            _ => {}
        }
        if is_value && self.byte(next) != Some(b'(') {
            return self.push_name(start, end);
        }
        if word == "not" || word == "NOT" {
            if word == "NOT" {
                self.older_case(start, end, "not");
            }
            return self.push(start, Token::Not, end);
        }
        if let Some(token) = quantifier(word).filter(|_| self.begins_field(next)) {
            return self.push(start, token, end);
        }
        let lower = lowered(word);
        let operator = OPERATORS.iter().find(|(name, _)| is_same(name, &lower));
        if let Some((_, token)) = operator
            && (word == lower || matches!(token, Token::And | Token::Or))
        {
            return self.push(start, token.clone(), end);
        }
        if self.byte(next) == Some(b'(') && !is_value | follows_comparison {
            return self.function(start, end, next);
        }
        self.push_name(start, end);
    }

    /// Whether the name of a field stands at `at`, and not an operator behind one.
    fn begins_field(&self, at: usize) -> bool {
        let word = &self.text[at..self.name_end(at)];
        let is_operator = OPERATORS.iter().any(|(name, _)| *name == word)
            || PHRASES
                .iter()
                .any(|(words, _)| words.first() == Some(&word));
        self.byte(at)
            .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'"'))
            && (!is_operator || self.is_compared(self.skip_space(at + word.len())))
    }

    /// Whether a comparison stands at `at`, which makes the word before it a field.
    fn is_compared(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        if rest.starts_with(['=', '<', '>']) || rest.starts_with("!=") {
            return true;
        }
        let second = &rest[..self.test_end(at) - at];
        matches!(second, "matches" | "contains" | "starts" | "ends")
            || second == "in" && rest[2..].trim_start().starts_with('[')
    }

    pub(super) fn function(&mut self, start: usize, end: usize, paren: usize) {
        let text = self.text;
        let word = &text[start..end];
        let lower = lowered(word);
        if let Some(function) = Function::named(&lower) {
            if lower != word {
                self.older_case(start, end, &lower);
            }
            return self.open_call(function, start, paren + 1);
        }
        if STATISTICS.contains(&&*lower) {
            let message = format!("`{word}` is no measure of many traces, nor of one");
            self.fault(code::NO_STATISTICS, start..end, message).help = Some(
                "over many traces: `over 5m never { p99(S, span:duration) > 2s }`, and `count distinct sum min max avg traces share`; within a trace `count distinct sum min max avg`".into(),
            );
        } else if lower == "where" {
            self.fault(
                code::UNKNOWN_FUNCTION,
                start..end,
                "`where` filters a selector: `any.where(…)`",
            )
            .suggestion = Some("any.where".into());
            self.push(start, Token::Name("any".into()), start);
            return self.open_sign(Sign::Where, Token::Where, start, paren + 1);
        } else {
            let message = format!("no function is called `{word}`");
            let meant = nearest(&lower, Function::words());
            let fault = self.fault(code::UNKNOWN_FUNCTION, start..end, message);
            match meant {
                Some(name) => {
                    fault.message =
                        format!("no function is called `{word}`; did you mean `{name}`?");
                    fault.suggestion = Some(name.into());
                }
                None => {
                    let words: Vec<&str> = Function::words().collect();
                    let words = words.join(" ");
                    fault.help = Some(format!(
                        "there are `{words}`, and over many traces `p50` to `p99.9`; a filter is `S.where(…)`"
                    ));
                }
            }
            if let Some(function) = meant.and_then(Function::named) {
                return self.open_call(function, start, paren + 1);
            }
        }
        self.open_call(Function::Unknown, start, paren + 1);
    }
}

fn quantifier(word: &str) -> Option<Token> {
    match word {
        "every" => Some(Token::Every),
        "some" => Some(Token::Some),
        _ => None,
    }
}
