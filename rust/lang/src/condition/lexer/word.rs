//! Words: names, keywords where they are keywords, functions, intrinsics, and the older forms that
//! are told by their words.
//!
//! A keyword is one only where the grammar could use it: `count` before a parenthesis, `before` after
//! an operand, `when` before a brace. Everywhere else the same letters are a name.

use super::{Lexer, Sign};
use crate::codes::conditions as code;
use crate::condition::suggest::closest;
use crate::condition::token::{Function, Token};

pub(super) const OPERATORS: [(&str, Token); 12] = [
    ("and", Token::And),
    ("or", Token::Or),
    ("in", Token::In),
    ("matches", Token::Matches),
    ("contains", Token::Contains),
    ("before", Token::Before),
    ("after", Token::After),
    ("then", Token::Then),
    ("within", Token::Within),
    ("inside", Token::Inside),
    ("between", Token::Between),
    ("as", Token::As),
];

/// Operators of two words.
const DOUBLE_OPERATORS: [(&str, &str, Token); 6] = [
    ("not", "in", Token::NotIn),
    ("starts", "with", Token::StartsWith),
    ("ends", "with", Token::EndsWith),
    ("child", "of", Token::ChildOf),
    ("sibling", "of", Token::SiblingOf),
    ("until", "next", Token::UntilNext),
];

/// What people write who come from another language, where an operator is expected.
const FOREIGN: [(&str, &str, Token); 18] = [
    ("is", "==", Token::Equal),
    ("equals", "==", Token::Equal),
    ("eq", "==", Token::Equal),
    ("ne", "!=", Token::NotEqual),
    ("gt", ">", Token::Greater),
    ("gte", ">=", Token::GreaterEqual),
    ("lt", "<", Token::Less),
    ("lte", "<=", Token::LessEqual),
    ("like", "matches", Token::Matches),
    ("regex", "matches", Token::Matches),
    ("startswith", "starts with", Token::StartsWith),
    ("starts_with", "starts with", Token::StartsWith),
    ("endswith", "ends with", Token::EndsWith),
    ("ends_with", "ends with", Token::EndsWith),
    ("childof", "child of", Token::ChildOf),
    ("child_of", "child of", Token::ChildOf),
    ("descendant", "inside", Token::Inside),
    ("followed", "then", Token::Then),
];

pub(super) const FUNCTIONS: [(&str, Function); 9] = [
    ("count", Function::Count),
    ("distinct", Function::Distinct),
    ("sum", Function::Sum),
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("exists", Function::Exists),
    ("missing", Function::Missing),
    ("has", Function::Has),
];

/// Functions of other tools that look at many traces at once.
const STATISTICS: [&str; 20] = [
    "p50",
    "p75",
    "p90",
    "p95",
    "p99",
    "percentile",
    "quantile",
    "rate",
    "increase",
    "stddev",
    "stdev",
    "median",
    "histogram",
    "histogram_over_time",
    "quantile_over_time",
    "count_over_time",
    "avg_over_time",
    "baseline",
    "anomaly",
    "trend",
];

impl Lexer<'_> {
    pub(super) fn word(&mut self) {
        let start = self.position;
        let plain_end = self.name_end(start);
        let end = self.odd_end(plain_end);
        if end > plain_end {
            return self.odd_name(start, end);
        }
        if end - start > self.limits.name_bytes {
            let message = format!(
                "this name has {} bytes; {} are allowed",
                end - start,
                self.limits.name_bytes
            );
            self.fault(code::NAME_TOO_LONG, start..end, message);
        }
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
            let end = end + 1 + length;
            return self.push(start, Token::Intrinsic(text[start..end].into()), end);
        }
        if text[end..].starts_with(".\"") {
            return self.quoted_key(start, end);
        }
        if self.lexed.tokens.is_empty() && word == "rule" && self.older_rule(start, end) {
            return;
        }
        if word.contains('.') {
            self.dotted(start, end);
        } else if self.clause_word(start, end) {
        } else if self.after_operand() {
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
        let lower = word.to_ascii_lowercase();
        if self.in_rule && lower == "then" && self.open.is_empty() {
            return self.push(start, Token::RuleThen, text.len());
        }
        let next = self.skip_space(end);
        let second_end = self.name_end(next);
        let second = text[next..second_end].to_ascii_lowercase();
        if let Some((first, other, token)) =
            DOUBLE_OPERATORS.iter().find(|(first, ..)| *first == lower)
        {
            if *other == second {
                if word != *first || &text[next..second_end] != *other {
                    self.older_case(start, second_end, &format!("{first} {other}"));
                }
                return self.push(start, token.clone(), second_end);
            }
            if lower != "not" {
                let message = format!("`{first}` alone is no operator; write `{first} {other}`");
                self.fault(code::MISTYPED_WORD, start..end, message)
                    .suggestion = Some(format!("{first} {other}"));
                return self.push(start, token.clone(), end);
            }
        }
        if lower == "not" {
            if matches!(
                second.as_str(),
                "matches" | "contains" | "starts" | "ends" | "exists"
            ) {
                let message =
                    format!("`not` stands before the whole comparison: `not (x {second} …)`");
                self.fault(code::UNEXPECTED, start..end, message);
                self.position = end;
                return;
            }
            return self.push(start, Token::Not, end);
        }
        if lower == "by" {
            if word != "by" {
                self.older_case(start, end, "by");
            }
            return self.push(start, Token::By, end);
        }
        if let Some((name, token)) = OPERATORS.iter().find(|(name, _)| *name == lower) {
            if *name != word {
                self.older_case(start, end, name);
            }
            match token {
                Token::Between => self.in_between += 1,
                Token::And if self.in_between > 0 && second == "next" => {
                    self.in_between -= 1;
                    return self.push(start, Token::AndNext, second_end);
                }
                _ => {}
            }
            return self.push(start, token.clone(), end);
        }
        if lower == "where" && self.byte(next) == Some(b'(') {
            let fault = self.fault(
                code::MISTYPED_WORD,
                start..end,
                "a filter begins with a dot: `.where(…)`",
            );
            fault.suggestion = Some(".where".into());
            return self.open_sign(Sign::Where, Token::Where, start, next + 1);
        }
        let names = OPERATORS.map(|(name, _)| name);
        let meant = FOREIGN
            .iter()
            .find(|(name, ..)| *name == lower)
            .map(|(_, modern, token)| (*modern, token))
            .or_else(|| {
                let name = closest(&lower, names)?;
                OPERATORS
                    .iter()
                    .find(|(op, _)| *op == name)
                    .map(|(op, token)| (*op, token))
            });
        if let Some((modern, token)) = meant {
            let message = format!("no operator is called `{word}`; did you mean `{modern}`?");
            self.fault(code::MISTYPED_WORD, start..end, message)
                .suggestion = Some(modern.into());
            return self.push(start, token.clone(), end);
        }
        self.push(start, Token::Name(word.into()), end);
    }

    fn operand_word(&mut self, start: usize, end: usize) {
        let text = self.text;
        let word = &text[start..end];
        let next = self.skip_space(end);
        let lower = word.to_ascii_lowercase();
        let follows_comparison = self.last().is_some_and(Token::is_comparison);
        let is_value = follows_comparison
            || matches!(self.last(), Some(Token::By | Token::As))
            || self
                .open
                .last()
                .is_some_and(|opener| opener.sign == Sign::Bracket);
        if !follows_comparison && self.is_compared(next) {
            return self.push(start, Token::Name(word.into()), end);
        }
        match word {
            "true" => return self.push(start, Token::Bool(true), end),
            "false" => return self.push(start, Token::Bool(false), end),
            _ => {}
        }
        if is_value && self.byte(next) != Some(b'(') {
            return self.push(start, Token::Name(word.into()), end);
        }
        if word == "not" || word == "NOT" {
            if word == "NOT" {
                self.older_case(start, end, "not");
            }
            return self.push(start, Token::Not, end);
        }
        let operator = OPERATORS.iter().find(|(name, _)| *name == lower);
        if let Some((_, token)) = operator
            && (word == lower || matches!(token, Token::And | Token::Or))
        {
            return self.push(start, token.clone(), end);
        }
        if self.byte(next) == Some(b'(') && !is_value | follows_comparison {
            return self.function(start, end, next);
        }
        self.push(start, Token::Name(word.into()), end);
    }

    /// Whether a comparison stands at `at`, which makes the word before it a field.
    fn is_compared(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        if rest.starts_with(['=', '<', '>']) || rest.starts_with("!=") {
            return true;
        }
        let second = &rest[..self.name_end(at) - at];
        matches!(second, "matches" | "contains" | "starts" | "ends") && !second.is_empty()
            || second == "in" && rest[2..].trim_start().starts_with('[')
    }

    fn function(&mut self, start: usize, end: usize, paren: usize) {
        let text = self.text;
        let word = &text[start..end];
        let lower = word.to_ascii_lowercase();
        if let Some((name, function)) = FUNCTIONS.iter().find(|(name, _)| *name == lower) {
            if *name != word {
                self.older_case(start, end, name);
            }
            return self.open_call(function.clone(), start, paren + 1);
        }
        if STATISTICS.contains(&lower.as_str()) {
            let message =
                format!("`{word}` is a statistic over many traces; a rule sees one trace");
            self.fault(code::NO_STATISTICS, start..end, message).help = Some(
                "within the trace there are `count distinct sum min max avg`; over traces, use your metrics backend on betrace's violations".into(),
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
            let meant =
                closest(&lower, FUNCTIONS.map(|(name, _)| name)).filter(|name| *name != "has");
            let fault = self.fault(code::UNKNOWN_FUNCTION, start..end, message);
            match meant {
                Some(name) => {
                    fault.message =
                        format!("no function is called `{word}`; did you mean `{name}`?");
                    fault.suggestion = Some(name.into());
                }
                None => {
                    fault.help = Some(
                        "there are `count distinct sum min max avg exists missing`; a filter is `S.where(…)`".into(),
                    );
                }
            }
            if let Some((_, function)) = FUNCTIONS.iter().find(|(name, _)| Some(*name) == meant) {
                return self.open_call(function.clone(), start, paren + 1);
            }
        }
        self.open_call(Function::Unknown, start, paren + 1);
    }
}
