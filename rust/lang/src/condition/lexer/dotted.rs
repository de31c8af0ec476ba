//! Dotted words with a meaning of their own: older forms, quoted keys, and methods of other languages.

use crate::codes::conditions as code;
use crate::condition::lexer::cursor::{Lexer, Sign};
use crate::condition::scan;
use crate::condition::token::{AttributeToken, Function, Token};
use crate::diagnostic::nearest::nearest;

impl Lexer<'_> {
    pub(super) fn dotted(&mut self, start: usize, end: usize) {
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
        self.push_name(start, end);
    }

    /// `span.attributes["k"]`
    pub(super) fn attribute(&mut self, start: usize, scope: &str, bracket: usize) -> bool {
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
            Token::Attribute(Box::new(AttributeToken {
                scope,
                key,
                is_older: true,
            })),
            close + 1,
        );
        true
    }

    /// `span."odd key"`
    pub(super) fn quoted_key(&mut self, start: usize, end: usize) {
        let scope = self.text[start..end].into();
        self.position = end + 1;
        self.quoted('"');
        if let Some((_, Token::Quoted(key), end)) = self.lexed.tokens.pop() {
            self.push(
                start,
                Token::Attribute(Box::new(AttributeToken {
                    scope,
                    key,
                    is_older: false,
                })),
                end,
            );
        }
    }

    /// `trace.spans`, which only `.where(`, `.any.where(` and `.count()` may follow.
    pub(super) fn trace_spans(&mut self, start: usize, end: usize) {
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
            Some(b'(') => scan::balanced_end(self.text, next),
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
    pub(super) fn called_name(&mut self, start: usize, end: usize, paren: usize) {
        let text = self.text;
        let word = &text[start..end];
        let (base, method) = word.rsplit_once('.').unwrap_or(("", word));
        if nearest(method, ["where"]).is_some() {
            let at = end - method.len()..end;
            let message = format!("nothing is called `.{method}(…)`; did you mean `.where(…)`?");
            self.fault(code::MISTYPED_WORD, at, message).suggestion = Some("where".into());
            self.push(start, Token::Name(base.into()), end - method.len() - 1);
            self.open_sign(Sign::Where, Token::Where, end - method.len() - 1, paren + 1);
            return;
        }
        let behind = scan::balanced_end(self.text, paren);
        let is_measure = Function::named(method).is_some();
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

    /// `rule "name" when`
    pub(super) fn older_rule(&mut self, start: usize, end: usize) -> bool {
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
