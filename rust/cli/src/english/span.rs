//! Which spans a selector means, in English.

use betrace_lang::rule::{Base, Gap, Predicate, Relation, Selector, SpanSelector};

use crate::words::duration;

use super::field::{Names, predicate};

/// How the spans are spoken of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Article {
    /// `a span named x`
    A,
    /// `span named x`, behind `no`, `the first`, `the next`.
    Bare,
    /// `spans named x`
    Plural,
}

#[must_use]
pub fn noun(selector: &Selector, names: Names<'_>, article: Article) -> String {
    match selector {
        Selector::Bound(binding) => format!("`{}`", names.binding(*binding)),
        Selector::Spans(spans) => plain(spans, names, article),
        Selector::Related(related) => format!(
            "{} {}",
            noun(&related.left, names, article),
            relation(&related.relation, names, article)
        ),
    }
}

fn plain(spans: &SpanSelector, names: Names<'_>, article: Article) -> String {
    let (root, span) = match article {
        Article::Plural => ("root spans", "spans"),
        Article::A => ("a root span", "a span"),
        Article::Bare => ("root span", "span"),
    };
    let mut text = match &spans.base {
        Base::Any => span.to_owned(),
        Base::Root => root.to_owned(),
        Base::Named(name) => format!("{span} named `{name}`"),
    };
    text.push_str(&whose(&spans.filter, names));
    let trace: Vec<String> = spans.trace.iter().map(|p| predicate(p, names)).collect();
    if !trace.is_empty() {
        text.push_str(&format!(" (while the {})", trace.join(" and the ")));
    }
    text
}

/// `span whose amount is 5`
#[must_use]
pub fn such(filter: &[Predicate], names: Names<'_>) -> String {
    format!("span{}", whose(filter, names))
}

fn whose(filter: &[Predicate], names: Names<'_>) -> String {
    let conditions: Vec<String> = filter.iter().map(|part| predicate(part, names)).collect();
    if conditions.is_empty() {
        return String::new();
    }
    format!(" whose {}", conditions.join(" and whose "))
}

/// A bound span is called by its name; of others `which` one is said.
fn the(which: &str, selector: &Selector, names: Names<'_>) -> String {
    match selector {
        Selector::Bound(_) => noun(selector, names, Article::Bare),
        _ => format!("{which} {}", noun(selector, names, Article::Bare)),
    }
}

fn gap(within: &Option<Gap>) -> String {
    match within {
        Some(Gap { least: 0, most }) => {
            format!(", with at most {} between them", duration(*most))
        }
        Some(Gap { least, most }) => format!(
            ", with at least {} and at most {} between them",
            duration(*least),
            duration(*most)
        ),
        None => String::new(),
    }
}

fn relation(relation: &Relation, names: Names<'_>, article: Article) -> String {
    let (ends, starts, has) = match article {
        Article::Plural => ("end", "start", "have"),
        _ => ("ends", "starts", "has"),
    };
    let a = |selector| noun(selector, names, Article::A);
    match relation {
        Relation::Before { right, within } => {
            format!(
                "that {ends} before {} starts{}",
                the("the first", right, names),
                gap(within)
            )
        }
        Relation::After { right, within } => format!(
            "that {starts} after {} has ended{}",
            the("the last", right, names),
            gap(within)
        ),
        Relation::StartsBefore { right, within } => format!(
            "that {starts} no later than {}{}",
            the("the first", right, names),
            gap(within)
        ),
        Relation::StartsAfter { right, within } => format!(
            "that {starts} no earlier than {}{}",
            the("the last", right, names),
            gap(within)
        ),
        Relation::EndsBefore { right, within } => format!(
            "that {ends} no later than {}{}",
            the("the first", right, names),
            gap(within)
        ),
        Relation::EndsAfter { right, within } => format!(
            "that {ends} no earlier than {}{}",
            the("the last", right, names),
            gap(within)
        ),
        Relation::Then { right, within } => {
            format!("that {has} ended before {} starts{}", a(right), gap(within))
        }
        Relation::Inside { right } => format!("somewhere below {}", a(right)),
        Relation::ChildOf { right } => format!("directly below {}", a(right)),
        Relation::SiblingOf { right } => format!("with the same parent as {}", a(right)),
        Relation::Between { from, to } => {
            format!("between {} and {}", a(from), the("the next", to, names))
        }
        Relation::AfterUntil { from, to } => format!(
            "after {} and before {}, if one comes",
            a(from),
            the("the next", to, names)
        ),
    }
}
