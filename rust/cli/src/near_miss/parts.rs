//! What a selector is made of, and the rules that ask for each part: the name and every condition that a span can meet by
//! itself.

use std::sync::Arc;

use betrace_lang::rule::{
    Base, Body, Expr, ExprKind, Field, FieldTest, Predicate, Rule, RuleId, Scope, Selector,
    SpanSelector,
};
use betrace_lang::{canonical_predicate, canonical_selector};

use crate::english::field::{Names, spelled};
use crate::output::counted;

use super::probe::probe;

/// A selector of more parts is not taken apart: its probes would be too many.
const MOST_PARTS: usize = 8;

/// Probes of all rules together: each is compiled and asked as a rule is.
const MOST_PROBES: usize = 4_000;

/// A selector that has to be met for its rule to apply.
pub struct Asked {
    pub rule: RuleId,
    pub text: String,
    pub parts: Vec<Part>,
    /// Its first probe: the whole; where it has several parts, then all but each one, then each one alone.
    pub first: usize,
}

pub struct Part {
    pub kind: Kind,
    /// As the language spells it; of an attribute that has to be there, the attribute.
    pub text: String,
    /// The attributes that it reads, where it is one condition that needs them all.
    pub reads: Vec<Read>,
}

/// What a span may have under one of several keys.
pub struct Read {
    /// As the rule calls it.
    pub name: String,
    pub scope: Scope,
    pub keys: Vec<Arc<str>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Name,
    Root,
    Filter,
}

impl Asked {
    /// `None` for what would take too many probes. What every span meets has no parts, and no probe.
    pub fn of(rule: &Rule, selector: &SpanSelector, probes: &mut Vec<Arc<Rule>>) -> Option<Asked> {
        // What is compared with a bound span cannot be asked of a span alone.
        let filter: Vec<&Predicate> = selector
            .filter
            .iter()
            .filter(|part| {
                !part
                    .reads()
                    .iter()
                    .any(|field| matches!(field, Field::Bound { .. }))
            })
            .collect();
        let body = &rule.body;
        let base = match &selector.base {
            Base::Named(name) => Some((Kind::Name, name.to_string())),
            Base::Root => Some((Kind::Root, "root".to_owned())),
            // Whether a span is a leaf is not said of a span alone.
            Base::Any | Base::Leaf => None,
        };
        let base = base.map(|(kind, text)| Part {
            kind,
            text,
            reads: Vec::new(),
        });
        let parts: Vec<Part> = base
            .into_iter()
            .chain(filter.iter().map(|part| Part::filter(body, part)))
            .collect();
        let count = parts.len();
        let takes = match count {
            0 | 1 => count,
            count => 1 + 2 * count,
        };
        if count > MOST_PARTS || probes.len() + takes > MOST_PROBES {
            return None;
        }
        let first = probes.len();
        let bases = count - filter.len();
        let mut ask = |keeps: &dyn Fn(usize) -> bool| {
            let is_based = bases > 0 && keeps(0);
            let kept = filter
                .iter()
                .enumerate()
                .filter(|(at, _)| keeps(at + bases));
            let asked = SpanSelector {
                base: if is_based {
                    selector.base.clone()
                } else {
                    Base::Any
                },
                filter: kept.map(|(_, part)| (*part).clone()).collect(),
                trace: Vec::new(),
            };
            probes.push(counting(rule, probes.len(), asked));
        };
        if count > 0 {
            ask(&|_| true);
        }
        if count > 1 {
            (0..count).for_each(|without| ask(&|at| at != without));
            (0..count).for_each(|alone| ask(&|at| at == alone));
        }
        Some(Asked {
            rule: rule.id.clone(),
            text: canonical_selector(body, &selector.clone().into()),
            parts,
            first,
        })
    }
}

impl Part {
    fn filter(body: &Body, predicate: &Predicate) -> Part {
        let mut text = match predicate {
            // `exists(x)`: the span has x.
            Predicate::Asks {
                test: FieldTest::Exists,
                field,
            } => exists(body, field),
            predicate => canonical_predicate(body, predicate),
        };
        let mut reads = Vec::new();
        for field in predicate.reads() {
            match field {
                Field::Attribute { scope, key } => reads.push(Read {
                    name: spelled(field, Names(&body.bindings)),
                    scope: *scope,
                    keys: vec![key.into()],
                }),
                Field::FirstOf(first) => {
                    // The canonical text has no names that a file gives.
                    text = text.replace(&exists(body, field), &first.name);
                    reads.push(Read {
                        name: first.name.to_string(),
                        scope: Scope::SpanThenResource,
                        keys: first
                            .of
                            .iter()
                            .filter_map(|one| one.attribute().cloned())
                            .collect(),
                    });
                }
                _ => {}
            }
        }
        // Of alternatives and negations some may be missing.
        if !predicate.parts().is_empty() {
            reads.clear();
        }
        Part {
            kind: Kind::Filter,
            text: match predicate {
                // Beside others it is still one of several.
                Predicate::Or(_) => format!("({text})"),
                _ => text,
            },
            reads,
        }
    }

    /// Behind `no span` and `none`.
    pub fn has(&self) -> String {
        match self.kind {
            Kind::Name => format!("is named {}", self.text),
            Kind::Root => "is a root".to_owned(),
            Kind::Filter => format!("has {}", self.text),
        }
    }
}

/// A field as the canonical text has it.
fn exists(body: &Body, field: &Field) -> String {
    let text = canonical_predicate(body, &Predicate::exists(field.clone()));
    let inside = text
        .strip_prefix("exists(")
        .and_then(|text| text.strip_suffix(')'));
    inside.unwrap_or(&text).to_owned()
}

/// `52 spans named x have a and b`: all parts but one.
#[must_use]
pub fn having(hits: u64, parts: &[Part], without: usize) -> String {
    let kept = || {
        parts
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != without)
            .map(|(_, part)| part)
    };
    let filters: Vec<&str> = kept()
        .filter(|part| part.kind == Kind::Filter)
        .map(|part| part.text.as_str())
        .collect();
    let base = kept().find(|part| part.kind != Kind::Filter);
    let is_one = hits == 1;
    let spans = match base {
        Some(part) if part.kind == Kind::Root => counted(hits, "root span"),
        _ => counted(hits, "span"),
    };
    let name = base.filter(|part| part.kind == Kind::Name);
    match (name, filters.is_empty()) {
        (Some(name), true) => {
            let verb = if is_one { "is" } else { "are" };
            format!("{spans} {verb} named {}", name.text)
        }
        (None, true) => spans,
        (name, false) => {
            let name = name
                .map(|name| format!(" named {}", name.text))
                .unwrap_or_default();
            let verb = if is_one { "has" } else { "have" };
            format!("{spans}{name} {verb} {}", filters.join(" and "))
        }
    }
}

/// What has to be met for a rule to apply: what `when` looks for, and without one what the clauses do.
#[must_use]
pub fn triggers(body: &Body) -> Vec<&SpanSelector> {
    let bound = body.bindings.iter().map(|binding| &binding.selector);
    let clauses = [&body.never, &body.always].into_iter().flatten();
    let conditions: Vec<&Selector> = match &body.when {
        Some(when) => looked_for(when),
        None if body.bindings.is_empty() => clauses.flat_map(Expr::selectors).collect(),
        None => Vec::new(),
    };
    bound
        .chain(conditions)
        .chain(body.over.iter().flat_map(|over| over.measure.selectors()))
        .flat_map(Selector::plain)
        .collect()
}

/// Whose spans a condition looks for; what must not be there holds nobody up.
fn looked_for(condition: &Expr) -> Vec<&Selector> {
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().flat_map(looked_for).collect(),
        ExprKind::Not(_) => Vec::new(),
        _ => condition.selectors(),
    }
}

/// A rule that counts the spans of a selector.
fn counting(rule: &Rule, index: usize, selector: SpanSelector) -> Arc<Rule> {
    let asked = Expr {
        kind: ExprKind::Exists(selector.into()),
        text: "".into(),
    };
    probe(rule, index, Vec::new(), asked)
}

/// Where an attribute of that scope is looked for.
#[must_use]
pub fn scopes(scope: Scope) -> &'static [Scope] {
    match scope {
        Scope::SpanThenResource => &[Scope::Span, Scope::Resource],
        Scope::Span => &[Scope::Span],
        Scope::Resource => &[Scope::Resource],
        Scope::Instrumentation => &[Scope::Instrumentation],
        Scope::Event => &[Scope::Event],
        Scope::Link => &[Scope::Link],
    }
}
