//! Which spans a selector means, in English.

use betrace_lang::rule::{Base, Gap, GroupKey, Predicate, Relation, Selector, SpanSelector};

use crate::words::duration;

use super::field::{Names, Said, called, one_of_several, predicate};

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

impl Article {
    /// What they do, have and are.
    fn verbs(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Article::Plural => ("end", "start", "have", "are"),
            _ => ("ends", "starts", "has", "is"),
        }
    }
}

#[must_use]
pub fn noun(selector: &Selector, names: Names<'_>, article: Article) -> String {
    match selector {
        Selector::Bound(binding) => format!("`{}`", names.binding(*binding)),
        Selector::Spans(spans) => plain(spans, names, article),
        Selector::Related(related) => {
            // In `a inside b inside c` both are said of `a`, and in `a inside (b inside c)` the second of `b`.
            let and = match &related.left {
                Selector::Related(_) => "and ",
                _ => "",
            };
            format!(
                "{} {and}{}",
                noun(&related.left, names, article),
                relation(&related.relation, names, article)
            )
        }
    }
}

fn plain(spans: &SpanSelector, names: Names<'_>, article: Article) -> String {
    let (root, leaf, span) = match article {
        Article::Plural => ("root spans", "leaf spans", "spans"),
        Article::A => ("a root span", "a leaf span", "a span"),
        Article::Bare => ("root span", "leaf span", "span"),
    };
    let mut text = match &spans.base {
        Base::Any => span.to_owned(),
        Base::Root => root.to_owned(),
        Base::Leaf => leaf.to_owned(),
        Base::Named(name) => format!("{span} named `{name}`"),
    };
    text.push_str(&whose(&spans.filter, names));
    let trace: Vec<String> = spans
        .trace
        .iter()
        .map(|part| of_trace(part, names))
        .collect();
    if !trace.is_empty() {
        text.push_str(&format!(" (while {})", trace.join(" and ")));
    }
    text
}

/// What is asked of the whole trace: `the trace's duration is more than 5 s`
#[must_use]
pub fn of_trace(test: &Predicate, names: Names<'_>) -> String {
    let said = predicate(test, names);
    match said.is_sentence {
        true => said.text,
        false => format!("the {}", said.text),
    }
}

/// `span whose amount is 5`
#[must_use]
pub fn such(filter: &[Predicate], names: Names<'_>) -> String {
    format!("span{}", whose(filter, names))
}

fn whose(filter: &[Predicate], names: Names<'_>) -> String {
    let said = |part| match filter.len() {
        1 => predicate(part, names),
        _ => one_of_several(part, names),
    };
    let conditions = filter.iter().map(|part| {
        let Said { text, is_sentence } = said(part);
        match is_sentence {
            true => format!(" for which {text}"),
            false => format!(" whose {text}"),
        }
    });
    conditions.collect::<Vec<_>>().join(" and")
}

/// A bound span is called by its name; of others `which` one is said.
fn the(which: &str, selector: &Selector, names: Names<'_>) -> String {
    match selector {
        Selector::Bound(_) => noun(selector, names, Article::Bare),
        _ => format!("{which} {}", noun(selector, names, Article::Bare)),
    }
}

fn gap(gap: Gap) -> String {
    let least = (gap.least > 0).then(|| format!("at least {}", duration(gap.least)));
    let most = gap.most.map(|most| format!("at most {}", duration(most)));
    let bounds: Vec<String> = least.into_iter().chain(most).collect();
    format!(", with {} between them", bounds.join(" and "))
}

/// What spans have one and the same of.
#[must_use]
pub fn keys(by: &[GroupKey], names: Names<'_>) -> String {
    let keys = by.iter().map(|key| match key {
        GroupKey::Parent => "parent".to_owned(),
        GroupKey::Field(field) => format!("value of {}", called(field, names)),
    });
    keys.collect::<Vec<_>>().join(" and ")
}

fn relation(relation: &Relation, names: Names<'_>, article: Article) -> String {
    let (ends, starts, has, is) = article.verbs();
    let a = |selector| noun(selector, names, Article::A);
    let bare = |selector| noun(selector, names, Article::Bare);
    let any = |selector| the("any", selector, names);
    let first = |selector| the("the first", selector, names);
    let last = |selector| the("the last", selector, names);
    let gap = relation.within().map(gap).unwrap_or_default();
    match relation {
        Relation::Before { right, .. } => {
            format!("that {ends} before {} starts{gap}", first(right))
        }
        Relation::After { right, .. } => {
            format!("that {starts} after {} has ended{gap}", last(right))
        }
        Relation::StartsBefore { right, .. } => {
            format!("that {starts} no later than {}{gap}", first(right))
        }
        Relation::StartsAfter { right, .. } => {
            format!("that {starts} no earlier than {}{gap}", last(right))
        }
        Relation::EndsBefore { right, .. } => {
            format!("that {ends} no later than {}{gap}", first(right))
        }
        Relation::EndsAfter { right, .. } => {
            format!("that {ends} no earlier than {}{gap}", last(right))
        }
        Relation::Then { right, .. } => {
            format!("that {has} ended before {} starts{gap}", a(right))
        }
        Relation::Overlaps { right } => {
            format!("that {is} under way at the same time as {}", a(right))
        }
        Relation::During { right } => {
            let right = a(right);
            format!("that {starts} no earlier and {ends} no later than {right}")
        }
        Relation::NextAfter { right } => {
            format!("that {is} the next to start once {} has ended", a(right))
        }
        Relation::DirectlyAfter { right } => format!(
            "that {starts} after {} has ended, with no third span between them but those above or below one of the two (the times of every span are read)",
            a(right)
        ),
        Relation::Inside { right } => format!("somewhere below {}", a(right)),
        Relation::Containing { right } => format!("somewhere above {}", a(right)),
        Relation::Outside { right } => format!("not below {}", any(right)),
        Relation::ParentOf { right } => format!("directly above {}", a(right)),
        Relation::NotChildOf { right } => format!("not directly below {}", any(right)),
        Relation::NotSiblingOf { right } => format!("without the same parent as {}", any(right)),
        Relation::ChildOf { right } => format!("directly below {}", a(right)),
        Relation::SiblingOf { right } => format!("with the same parent as {}", a(right)),
        Relation::LinkedTo { right } => format!("with a link to {}", a(right)),
        Relation::Except { right } => format!("that {is} no {}", bare(right)),
        Relation::Echoing { right, by } => {
            let (right, keys) = (a(right), keys(by, names));
            format!("that {starts} later and {ends} no later than {right} with the same {keys}")
        }
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
