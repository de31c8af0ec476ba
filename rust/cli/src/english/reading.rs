//! A rule as sentences that its owner can sign.

use betrace_lang::rule::{Body, Rule};

use super::condition::{fails, holds, must_hold, must_not_hold};
use super::field::Names;
use super::span::{Article, noun};
use super::window;

/// One sentence after another; those that begin with a dash are the demands.
#[must_use]
pub fn reading(rule: &Rule) -> Vec<String> {
    let body = &rule.body;
    if let Some(over) = &body.over {
        return window::sentences(over);
    }
    let names = Names(&body.bindings);
    let mut sentences = vec![format!("{}:", scope(body, names))];
    if let Some(always) = &body.always {
        let demands = must_hold(always, names).into_iter();
        sentences.extend(demands.map(|demand| format!("- {demand}.")));
    }
    if let Some(never) = &body.never {
        let demands = must_not_hold(never, names).into_iter();
        sentences.extend(demands.map(|demand| format!("- {demand}.")));
    }
    if !body.exceptions.is_empty() {
        let excuses: Vec<String> = body
            .exceptions
            .iter()
            .map(|exception| holds(exception, names))
            .collect();
        sentences.push(format!(
            "Excused is a case in which {}.",
            excuses.join(", or in which ")
        ));
    }
    sentences
}

/// All of it in one sentence after another, without a list.
#[must_use]
pub fn in_sentences(rule: &Rule) -> String {
    let sentences = reading(rule).into_iter();
    let sentences = sentences.map(|sentence| match sentence.strip_prefix("- ") {
        Some(demand) => demand.to_owned(),
        None => sentence,
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// What the rule speaks of: every trace, some traces, or each of certain spans.
fn scope(body: &Body, names: Names<'_>) -> String {
    if body.bindings.is_empty() {
        return match &body.when {
            None => "In every trace".to_owned(),
            Some(when) => format!("In every trace in which {}", holds(when, names)),
        };
    }
    let each: Vec<String> = body
        .bindings
        .iter()
        .map(|binding| {
            format!(
                "each {} (called `{}`)",
                noun(&binding.selector, names, Article::Bare),
                binding.name
            )
        })
        .collect();
    let provided = match &body.when {
        Some(when) => format!(", provided that {}", holds(when, names)),
        None => String::new(),
    };
    format!("For {}{provided}", each.join(" and "))
}

/// The words for what breaks the rule, for the part on when it is known.
#[must_use]
pub fn breaks(body: &Body) -> Vec<(&'static str, String)> {
    let names = Names(&body.bindings);
    let mut parts = Vec::new();
    if let Some(never) = &body.never {
        let part = if body.is_pattern { "pattern" } else { "never" };
        parts.push((part, holds(never, names)));
    }
    if let Some(always) = &body.always {
        parts.push(("always", fails(always, names)));
    }
    parts
}
