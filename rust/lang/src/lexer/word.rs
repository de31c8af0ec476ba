//! Words: names, keywords where they are keywords, functions, intrinsics, and the older forms that
//! are told by their words.
//!
//! A keyword is one only where the grammar could use it: `count` before a parenthesis, `before` after
//! an operand, `when` before a brace. Everywhere else the same letters are a name.

use super::{Lexer, Sign};
use crate::codes::conditions as code;
use crate::suggest::closest;
use crate::token::{Function, Token};

const OPERATORS: [(&str, Token); 12] = [
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

const CLAUSES: [(&str, Token); 3] = [
    ("when", Token::When),
    ("always", Token::Always),
    ("never", Token::Never),
];

const FUNCTIONS: [(&str, Function); 9] = [
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

    /// Dotted segments of letters, digits, `_` and inner dashes.
    pub(super) fn name_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let is_word = |at: usize| {
            bytes
                .get(at)
                .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        let mut at = start;
        loop {
            while is_word(at) {
                at += 1;
            }
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

    /// Whether the dot at `at` begins `.where(`, or behind `trace.spans` another call.
    fn starts_filter(&self, at: usize) -> bool {
        let word_end = at
            + 1
            + self.text[at + 1..]
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count();
        self.byte(self.skip_space(word_end)) == Some(b'(')
            && &self.text[at + 1..word_end] == "where"
    }

    /// How far characters go that may not stand in an unquoted name but were surely meant as part of it.
    pub(super) fn odd_end(&self, start: usize) -> usize {
        let text = self.text;
        let mut at = start;
        let mut is_odd = false;
        while let Some(sign) = text[at..].chars().next() {
            let rest = &text[at..];
            let takes = match sign {
                '/' if rest.starts_with("//") => 0,
                '-' if rest.starts_with("->") => 0,
                ':' if rest[1..].starts_with(|c: char| c.is_whitespace() || "(){}".contains(c)) => {
                    0
                }
                ':' if !is_odd && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => 0,
                '/' | '@' | '%' | '\\' | '+' | '^' | '-' | '$' | ':' => 1,
                '{' if is_odd => placeholder_length(rest),
                '.' if is_odd && !self.starts_filter(at) && rest.len() > 1 => 1,
                '.' if rest[1..].starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric()) => 1,
                sign if sign.is_ascii() => usize::from(
                    (is_odd || at == start && start == self.position)
                        && (sign.is_ascii_alphanumeric() || sign == '_'),
                ),
                sign if sign.is_whitespace() => 0,
                sign if !sign.is_alphanumeric()
                    && !super::is_direction_mark(sign)
                    && super::sign::look_alike(sign)
                        .is_some_and(|(plain, _)| !plain.is_empty()) =>
                {
                    0
                }
                sign => sign.len_utf8(),
            };
            if takes == 0 {
                break;
            }
            is_odd = true;
            at += takes;
        }
        at
    }

    fn odd_name(&mut self, start: usize, end: usize) {
        let text = self.text;
        let start = self.method_before(start);
        let name = &text[start..end];
        let plain: String = name
            .chars()
            .map(|sign| match super::sign::look_alike(sign) {
                Some((plain, _)) => plain.to_owned(),
                None => sign.to_string(),
            })
            .collect();
        let before = self.faults.len();
        self.report_hidden(start..end, "a name");
        if self.faults.len() > before {
        } else if plain.is_ascii() && !name.is_ascii() {
            let strangers: Vec<String> = name
                .chars()
                .filter(|sign| !sign.is_ascii())
                .map(|sign| format!("{sign} (U+{:04X})", u32::from(sign)))
                .collect();
            let message = format!(
                "this looks like `{plain}` but has other characters in it: {}",
                strangers.join(", ")
            );
            let fault = self.fault(code::LOOK_ALIKE, start..end, message);
            fault.help = Some(format!(
                "write `{plain}`, or put the name in quotes if it is meant"
            ));
            fault.suggestion = Some(plain.clone());
        } else {
            let quoted = super::quoted::quote(name);
            let message = format!("a name with such characters must be quoted: {quoted}");
            let fault = self.fault(code::NAME_NEEDS_QUOTES, start..end, message);
            fault.help = Some(
                "unquoted names have letters, digits, `_`, dots, and dashes inside a segment"
                    .into(),
            );
            fault.suggestion = Some(quoted);
        }
        // A look-alike keyword is read as the keyword.
        if let Some((_, token)) = CLAUSES.iter().find(|(word, _)| *word == plain)
            && self.byte(self.skip_space(end)) == Some(b'{')
        {
            return self.push(start, token.clone(), end);
        }
        self.push(start, Token::Name(plain.into()), end);
    }

    /// `GET /users/{id}` is one name: its beginning, if a method stands before the path.
    fn method_before(&mut self, start: usize) -> usize {
        match self.lexed.tokens.last() {
            Some((from, Token::Name(method), to))
                if self.text[start..].starts_with('/')
                    && self.text[*to..start].chars().all(|sign| sign == ' ')
                    && method.bytes().all(|b| b.is_ascii_uppercase()) =>
            {
                let from = *from;
                self.lexed.tokens.pop();
                from
            }
            _ => start,
        }
    }

    fn dotted(&mut self, start: usize, end: usize) {
        let text = self.text;
        let word = &text[start..end];
        let next = self.skip_space(end);
        let is_called = self.byte(next) == Some(b'(');
        match word {
            "trace.has" | "trace.count" if is_called => {
                let (function, modern) = match word {
                    "trace.has" => (Function::Has, None),
                    _ => (Function::Count, Some("count(")),
                };
                if let Some(modern) = modern {
                    let fault = self.fault(
                        code::OLDER_CALL,
                        start..next + 1,
                        "`trace.count(…)` is an older spelling of `count(…)`",
                    );
                    fault.suggestion = Some(modern.into());
                }
                return self.open_call(function, start, next + 1);
            }
            "span.attributes" | "resource.attributes" if self.byte(next) == Some(b'[') => {
                let scope = word.strip_suffix(".attributes").unwrap_or(word);
                if self.attribute(start, scope, next) {
                    return;
                }
            }
            _ if word == "trace.spans" || word.starts_with("trace.spans.") => {
                return self.trace_spans(start, end);
            }
            _ if is_called && !self.after_operand() => return self.called_name(start, end, next),
            _ => {}
        }
        self.push(start, Token::Name(word.into()), end);
    }

    /// `span.attributes["k"]`
    fn attribute(&mut self, start: usize, scope: &str, bracket: usize) -> bool {
        let quote = self.skip_space(bracket + 1);
        let Some(mark @ (b'"' | b'\'')) = self.byte(quote) else {
            return false;
        };
        let rest = &self.text[quote + 1..];
        let Some(length) = rest.find(char::from(mark)) else {
            return false;
        };
        let close = self.skip_space(quote + length + 2);
        if self.byte(close) != Some(b']') || rest[..length].contains(['\\', '\n']) {
            return false;
        }
        let key = rest[..length].into();
        self.report_hidden(quote..close, "a quoted text");
        let scope = scope.into();
        self.push(
            start,
            Token::Attribute {
                scope,
                key,
                is_older: true,
            },
            close + 1,
        );
        true
    }

    /// `span."odd key"`
    fn quoted_key(&mut self, start: usize, end: usize) {
        let scope = self.text[start..end].into();
        self.position = end + 1;
        self.quoted('"');
        if let Some((_, Token::Quoted(key), end)) = self.lexed.tokens.pop() {
            self.push(
                start,
                Token::Attribute {
                    scope,
                    key,
                    is_older: false,
                },
                end,
            );
        }
    }

    /// `trace.spans`, which only `.where(`, `.any.where(` and `.count()` may follow.
    fn trace_spans(&mut self, start: usize, end: usize) {
        let word = &self.text[start..end];
        let next = self.skip_space(end);
        let follows_dot = self.byte(next) == Some(b'.');
        let (token_end, is_plain) = match word {
            "trace.spans" | "trace.spans.any" => (end, follows_dot),
            "trace.spans.count" => (start + "trace.spans".len(), self.byte(next) == Some(b'(')),
            _ => (end, false),
        };
        if is_plain {
            return self.push(start, Token::TraceSpans, token_end);
        }
        let method = word.strip_prefix("trace.spans").unwrap_or(word);
        let method = method.trim_start_matches('.').to_owned();
        let refused_end = match self.byte(next) {
            Some(b'(') => self.skip_balanced(next),
            _ => end,
        };
        if method.is_empty() {
            self.fault(
                code::NO_METHODS,
                start..refused_end,
                "`trace.spans` says nothing without a filter or a count",
            )
            .help = Some("write `any.where(…)` or `count(any) > 50`".into());
        } else {
            self.refuse_method(&method, start..refused_end);
        }
        self.push(start, Token::TraceSpans, refused_end);
    }

    /// A dotted name before a parenthesis: a method of some other language, or `.where` misspelled.
    fn called_name(&mut self, start: usize, end: usize, paren: usize) {
        let text = self.text;
        let word = &text[start..end];
        let (base, method) = word.rsplit_once('.').unwrap_or(("", word));
        if closest(method, ["where"]).is_some() {
            let at = end - method.len()..end;
            let message = format!("nothing is called `.{method}(…)`; did you mean `.where(…)`?");
            self.fault(code::MISTYPED_WORD, at, message).suggestion = Some("where".into());
            self.push(start, Token::Name(base.into()), end - method.len() - 1);
            self.open_sign(Sign::Where, Token::Where, end - method.len() - 1, paren + 1);
            return;
        }
        let behind = self.skip_balanced(paren);
        let is_measure = FUNCTIONS.iter().any(|(name, _)| *name == method);
        if is_measure {
            let message = format!("`{method}` stands before the selector: `{method}({base})`");
            let fault = self.fault(code::NO_METHODS, start..behind, message);
            if method == "count" {
                fault.suggestion = Some(format!("count({base})"));
            }
        } else {
            self.refuse_method(method, start..behind);
        }
        self.push(start, Token::Name(base.into()), behind);
    }

    /// `when {`, `when each {`, `always {`, `never {`, and what was meant as one of them.
    fn clause_word(&mut self, start: usize, end: usize) -> bool {
        let text = self.text;
        let word = &text[start..end];
        let next = self.skip_space(end);
        let lower = word.to_ascii_lowercase();
        if self.byte(next) != Some(b'{') {
            return self.clause_of_two_words(start, &lower, next)
                || self.clause_without_brace(start, end, next);
        }
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
        let meant = (match lower.as_str() {
            "if" | "given" | "whenever" | "where" | "on" => Some("when"),
            "then" | "must" | "require" | "requires" | "expect" | "ensure" | "assert" => {
                Some("always")
            }
            "forbid" | "deny" | "unless" | "not" | "mustnot" | "prohibit" => Some("never"),
            _ => None,
        })
        .or_else(|| closest(&lower, CLAUSES.map(|(name, _)| name)));
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

    fn clause_of_two_words(&mut self, start: usize, first: &str, next: usize) -> bool {
        if closest(first, ["when"]).is_none() && first != "for" {
            return false;
        }
        let text = self.text;
        let second_end = self.name_end(next);
        let second = &text[next..second_end];
        if self.byte(self.skip_space(second_end)) != Some(b'{')
            || self.open.iter().any(|o| o.sign != Sign::Brace)
        {
            return false;
        }
        let lower = second.to_ascii_lowercase();
        if closest(&lower, ["each"]).is_none() && !matches!(lower.as_str(), "every" | "all" | "any")
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

    fn clause_without_brace(&mut self, start: usize, end: usize, next: usize) -> bool {
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
        self.fault(code::UNEXPECTED, start..end, message);
        self.push(start, token.clone(), end);
        true
    }

    /// A clause begins: what is still open before it was meant to be closed.
    fn close_clauses(&mut self) {
        if !self.open.is_empty() {
            self.close_down_to(0, self.position);
        }
    }

    fn older_case(&mut self, start: usize, end: usize, modern: &str) {
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

    /// `rule "name" when`
    fn older_rule(&mut self, start: usize, end: usize) -> bool {
        let quote = self.skip_space(end);
        let Some(mark @ (b'"' | b'\'')) = self.byte(quote) else {
            return false;
        };
        let rest = &self.text[quote + 1..];
        let Some(length) = rest.find(char::from(mark)) else {
            return false;
        };
        let when = self.skip_space(quote + length + 2);
        let when_end = self.name_end(when);
        if !self.text[when..when_end].eq_ignore_ascii_case("when") {
            return false;
        }
        self.in_rule = true;
        self.push(start, Token::RuleWhen, when_end);
        true
    }
}

/// `{id}` and its like inside a path.
fn placeholder_length(rest: &str) -> usize {
    let inner = rest[1..].find(|c: char| !(c.is_ascii_alphanumeric() || "_-.:*".contains(c)));
    match inner {
        Some(length) if rest[1 + length..].starts_with('}') => length + 2,
        _ => 0,
    }
}
