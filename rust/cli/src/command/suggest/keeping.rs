//! What shows that a rule is kept: a good trace with the spans that the rule speaks of, as they should be.

use betrace_lang::rule::{
    Base, Body, Expr, Field, Intrinsic, Predicate, ReadAt, Rule, Scope, Selector, SpanSelector,
};
use betrace_lang::rule_test::{
    Instrumentation, RuleTest, SpanKind, SpanStatus, TestParent, TestSpan,
};

use crate::compared::Places;

use super::suggested::Suggestion;

/// Spans of a name that show what it is to be like.
const SHOWN: usize = 2;

/// The smallest good trace that keeps the rule and has a span of a name that stands in it; else the smallest at all.
pub fn keeping(one: &Suggestion, places: &Places<'_>) -> Option<[u8; 16]> {
    let table = places.table;
    let names: Vec<_> = names(&one.rule.body)
        .into_iter()
        .filter_map(|name| table.name_of(name))
        .collect();
    let kept = one
        .verdicts
        .satisfied
        .iter()
        .filter(|number| !places.is_bad(**number));
    let kept = kept.map(|number| &table.traces[*number as usize]);
    let smallest = kept.min_by_key(|trace| {
        let has = table
            .rows_of(trace)
            .iter()
            .any(|row| names.contains(&row.name));
        (!has, trace.rows.len(), trace.id)
    });
    smallest.map(|trace| trace.id)
}

/// The spans of which the rule forbids something, by themselves, with what it reads of them: of a rule that is kept because
/// nothing is selected, the smallest trace that keeps it would say nothing. `None`: the rule is none of these.
pub fn spoken_of(rule: &Rule, mut test: RuleTest) -> Option<RuleTest> {
    let body = &rule.body;
    let never = body.never.as_ref()?;
    let is_plain = never
        .selectors()
        .iter()
        .all(|one| matches!(one, Selector::Spans(_)));
    if body.when.is_some() || body.always.is_some() || !body.bindings.is_empty() || !is_plain {
        return None;
    }
    let names = names(body);
    let reads: Vec<&Field> = filters(never)
        .into_iter()
        .flat_map(Predicate::reads)
        .collect();
    let is_read = |wanted: Intrinsic| {
        reads
            .iter()
            .any(|field| **field == Field::Intrinsic(wanted))
    };
    // Times as they were recorded are no figures to read.
    if is_read(Intrinsic::SpanDuration) {
        return None;
    }
    test.spans.retain(|span| names.contains(&&*span.name));
    test.spans.truncate(SHOWN);
    for span in &mut test.spans {
        bare(span, &reads, &is_read);
    }
    (!test.spans.is_empty()).then_some(test)
}

/// Without what the rule does not read.
fn bare(span: &mut TestSpan, reads: &[&Field], is_read: &dyn Fn(Intrinsic) -> bool) {
    let is_key = |key: &str| {
        reads.iter().any(|field| match field {
            Field::Attribute { key: read, .. } => **read == *key,
            Field::FirstOf(field) => field
                .of
                .iter()
                .any(|one| matches!(&one.origin, ReadAt::Attribute(read) if **read == *key)),
            Field::Intrinsic(_) | Field::Bound { .. } => false,
        })
    };
    let is_event = |field: &&Field| {
        matches!(
            field,
            Field::Attribute {
                scope: Scope::Event,
                ..
            } | Field::Intrinsic(Intrinsic::EventName)
        )
    };
    span.parent = TestParent::Root;
    span.attributes.retain(|(key, _)| is_key(key));
    span.resource = Vec::new().into();
    span.instrumentation = Instrumentation::default();
    span.links.clear();
    span.status_message.clear();
    if !reads.iter().any(is_event) {
        span.events.clear();
    }
    if !is_read(Intrinsic::SpanKind) {
        span.kind = SpanKind::default();
    }
    if !is_read(Intrinsic::SpanStatus) {
        span.status = SpanStatus::default();
    }
    if !is_key("service.name") {
        span.service = "test".into();
    }
}

fn spans(expr: &Expr) -> Vec<&SpanSelector> {
    expr.selectors()
        .into_iter()
        .flat_map(Selector::plain)
        .collect()
}

fn filters(expr: &Expr) -> Vec<&Predicate> {
    spans(expr)
        .into_iter()
        .flat_map(|spans| &spans.filter)
        .collect()
}

/// The names of spans that stand in what the rule forbids.
fn names(body: &Body) -> Vec<&str> {
    let spans = body.never.iter().flat_map(spans);
    let names = spans.filter_map(|spans| match &spans.base {
        Base::Named(name) => Some(&**name),
        Base::Any | Base::Root | Base::Leaf => None,
    });
    names.collect()
}
