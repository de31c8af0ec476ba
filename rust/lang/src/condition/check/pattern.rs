//! Regular expressions, whose form and size are checked here once and for all.

use std::sync::Arc;

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::lint;
use crate::condition::spelling::quote;
use crate::rule::{TextPattern, reason_of_refusal};

impl<'a> Checker<'a> {
    /// The regular expression after `matches`.
    pub(super) fn pattern(&mut self, node: &'a Node) -> Option<TextPattern> {
        let node = node.bare();
        let NodeKind::Quoted(pattern) = &node.kind else {
            if !matches!(node.kind, NodeKind::Broken) {
                let source = self.place.folded(node.range());
                let fault = self.fault(
                    code::BAD_REGEX,
                    node.range(),
                    "a regular expression is put in quotes",
                );
                if matches!(node.kind, NodeKind::Name(_)) {
                    fault.suggestion = Some(format!("\"{source}\""));
                }
            }
            return None;
        };
        match TextPattern::within(&Arc::from(pattern), self.limits.regex_bytes) {
            Ok(compiled) => {
                if let Some(mut fault) = lint::regex(pattern, node.range()) {
                    fault.origin = self.place.origin.clone();
                    self.faults.push(fault);
                }
                Some(compiled)
            }
            Err(error) if error.size_limit().is_some() => {
                let message = format!(
                    "this regular expression compiles to more than {} bytes",
                    self.limits.regex_bytes
                );
                self.fault(code::REGEX_TOO_LARGE, node.range(), message)
                    .help =
                    Some("make its repetitions smaller: `{1,1000}` is a thousand copies".into());
                None
            }
            Err(error) => {
                let reason = regex_reason(&reason_of_refusal(&error));
                let help = if reason.contains("look-around") || reason.contains("backreferences") {
                    "expressions run in linear time, so these are not part of them; split the condition with `and not (x matches …)`".to_owned()
                } else if pattern.starts_with('*') {
                    format!(
                        "any text is `.*`; that a text ends so: `ends with {}`",
                        quote(pattern.trim_start_matches('*'))
                    )
                } else {
                    format!(
                        "a sign that stands for itself has a `\\` before it; that a text has this in it: `contains {}`",
                        quote(pattern)
                    )
                };
                let message = format!("this is no regular expression: {reason}");
                self.fault(code::BAD_REGEX, node.range(), message).help = Some(help);
                None
            }
        }
    }
}

/// The last line of the regular expression parser's message, which is the reason.
fn regex_reason(message: &str) -> String {
    let last = message.lines().last().unwrap_or(message);
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
