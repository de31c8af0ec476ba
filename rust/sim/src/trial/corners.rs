//! The hard corners that rules, traces and answers have, and how often the generators must reach each.

use betrace_lang::rule::Rule;

use super::{LAWS, Tally};
use crate::model::{Span, Value};
use crate::oracle::has_order;

/// What a rule holds, as its checked form prints it, and in how many of a thousand rules at least.
const OF_RULES: &[(&str, u64)] = &[
    ("Before {", 50),
    ("After {", 50),
    ("Then {", 50),
    ("Inside {", 25),
    ("ChildOf {", 25),
    ("SiblingOf {", 15),
    ("LinkedTo {", 15),
    ("Between {", 25),
    ("AfterUntil {", 25),
    ("StartsBefore {", 10),
    ("StartsAfter {", 10),
    ("EndsBefore {", 10),
    ("EndsAfter {", 10),
    (" Overlaps {", 5),
    (" During {", 5),
    (" ParentOf {", 5),
    (" Containing {", 5),
    (" Outside {", 5),
    (" NotChildOf {", 5),
    (" NotSiblingOf {", 5),
    ("Except {", 5),
    ("Echoing {", 5),
    ("NextAfter {", 10),
    ("DirectlyAfter {", 10),
    ("base: Leaf", 20),
    ("within: Some", 40),
    ("Gap { least: 1", 10),
    (", most: None", 5),
    ("kind: Bound {", 60),
    ("Count(", 80),
    ("function: Sum", 30),
    ("function: Min", 20),
    ("function: Max", 20),
    ("function: Avg", 20),
    ("function: Distinct", 15),
    ("Measure {", 15),
    ("Within {", 10),
    ("Overlap(", 10),
    (", of: As {", 2),
    (", of: Add(", 2),
    (", of: Subtract(", 3),
    (", of: Length(", 2),
    ("right: Term(As {", 2),
    ("right: Term(Add(", 1),
    ("GroupCompare {", 20),
    ("CompareTotals {", 15),
    ("is_taken_away: true", 8),
    ("by: [Parent", 2),
    ("Trace(", 25),
    ("TraceDuration", 20),
    ("TraceSpanCount", 20),
    ("TraceRootName", 15),
    ("TraceRootService", 10),
    ("And([", 100),
    ("Or([", 100),
    ("Not(", 200),
    ("In {", 20),
    ("Matches {", 20),
    ("Text {", 15),
    ("test: Missing", 5),
    ("right: Term(Field(Bound {", 60),
    ("As {", 10),
    ("Lower(", 10),
    ("Length(", 10),
    ("Add(", 10),
    ("Subtract(", 10),
    ("quantifier: Every", 5),
    ("quantifier: Some", 5),
    ("list: Field(", 10),
    ("FirstOf(", 20),
    ("scope: Event", 20),
    ("scope: Link", 10),
    ("scope: Instrumentation", 15),
    ("EventName", 5),
    ("Item { scope: Event", 15),
    ("Item { scope: Link", 8),
    ("SpanDuration", 60),
    ("is_pattern: true", 50),
    ("exceptions: [Expr", 80),
    ("Shown { role", 100),
    ("completeness: Some(Root", 30),
    ("completeness: Some(Linked", 30),
    ("completeness: Some(Idle", 30),
    ("name: \"q\"", 50),
    ("name: \"r\"", 10),
];

type OfTrace = (&'static str, u64, fn(&[Span]) -> bool);

/// What a trace has, and in how many of a thousand traces at least.
const OF_TRACES: [OfTrace; 17] = [
    ("ten spans", 20, |spans| spans.len() >= 10),
    ("a parent that never came", 40, |spans| {
        spans
            .iter()
            .any(|span| span.parent.is_some_and(|id| !came(spans, id)))
    }),
    ("parents in a circle", 10, |spans| {
        spans.iter().any(|span| is_below_itself(spans, span))
    }),
    ("no root", 20, |spans| {
        spans.iter().all(|span| span.parent.is_some())
    }),
    ("two roots", 40, |spans| {
        spans.iter().filter(|span| span.parent.is_none()).count() > 1
    }),
    ("a child before its parent", 300, |spans| {
        let after = |at: usize| &spans[at + 1..];
        (0..spans.len()).any(|at| spans[at].parent.is_some_and(|id| came(after(at), id)))
    }),
    ("times without order", 40, |spans| {
        spans.iter().any(|span| !has_order(span))
    }),
    ("a time of zero", 20, |spans| {
        spans.iter().any(|span| span.start == 0 || span.end == 0)
    }),
    ("no length", 300, |spans| {
        spans.iter().any(|span| span.start == span.end)
    }),
    ("touching times", 300, |spans| {
        pair(spans, |a, b| a.end == b.start && a.id != b.id)
    }),
    ("halves of a call", 20, |spans| {
        pair(spans, |a, b| a.id == b.id && !a.is_copy_of(b))
    }),
    ("equal copies", 10, |spans| {
        (1..spans.len()).any(|at| spans[..at].contains(&spans[at]))
    }),
    ("differing copies", 10, |spans| {
        // Not one alone, which has a number that is none.
        let differs = |at: usize| {
            let mut earlier = spans[..at].iter();
            earlier.any(|one| one.is_copy_of(&spans[at]) && *one != spans[at])
        };
        (1..spans.len()).any(differs)
    }),
    ("a key twice", 20, |spans| {
        let twice = |keys: &[(String, Value)]| {
            (1..keys.len()).any(|at| keys[..at].iter().any(|(key, _)| *key == keys[at].0))
        };
        spans.iter().any(|span| twice(&span.attributes))
    }),
    ("an empty value", 20, |spans| {
        has_value(spans, |value| *value == Value::Empty)
    }),
    ("a number that is none", 20, |spans| {
        has_value(
            spans,
            |value| matches!(value, Value::Float(number) if !number.is_finite()),
        )
    }),
    ("an array", 20, |spans| {
        has_value(spans, |value| matches!(value, Value::Array(_)))
    }),
];

fn came(spans: &[Span], id: [u8; 8]) -> bool {
    spans.iter().any(|span| span.id == id)
}

fn is_below_itself(spans: &[Span], span: &Span) -> bool {
    let mut at = span;
    for _ in spans {
        let Some(parent) = spans.iter().find(|other| Some(other.id) == at.parent) else {
            return false;
        };
        if parent.id == span.id {
            return true;
        }
        at = parent;
    }
    false
}

fn pair(spans: &[Span], is: fn(&Span, &Span) -> bool) -> bool {
    spans.iter().any(|a| spans.iter().any(|b| is(a, b)))
}

fn has_value(spans: &[Span], is: fn(&Value) -> bool) -> bool {
    let mut values = spans.iter().flat_map(|span| &span.attributes);
    values.any(|(_, value)| is(value))
}

/// Counts the corners of a rule.
pub fn of_rule(rule: &Rule, tally: &mut Tally) {
    let (body, message, asked) = (&rule.body, &rule.message, rule.completeness);
    let printed = format!("{body:?} {message:?} completeness: {asked:?}");
    tally.rules += 1;
    for (corner, _) in OF_RULES {
        tally.corner(corner, printed.contains(corner));
    }
}

/// Counts the corners of a trace.
pub fn of_trace(spans: &[Span], tally: &mut Tally) {
    for (corner, _, has) in OF_TRACES {
        tally.corner(corner, has(spans));
    }
}

/// What came out, and how often at least in a thousand traces, each of which meets six rules or more.
const OF_ANSWERS: [(&str, u64); 16] = [
    ("violated", 2000),
    ("satisfied", 2000),
    ("not_applicable", 5000),
    ("no_root", 1000),
    ("orphan", 150),
    ("evicted", 500),
    ("shutdown", 500),
    ("skew", 40),
    ("late", 1000),
    ("said at once", 300),
    ("said late", 300),
    ("beyond the cap", 1),
    ("held by a deadline", 5),
    ("conflict", 100),
    ("orders of copies", 20),
    ("contradicted", 5),
];

/// What was met too seldom, with how often it must be: each law for every pair of rule and trace, and every
/// corner. Of few `traces` it says nothing that chance may turn, unless the seed `stays`.
#[must_use]
pub fn missed(tally: &Tally, stays: bool) -> Vec<String> {
    let pairs = tally.met(LAWS[0].name);
    // The one about copies is asked of traces that have some, as often as "orders of copies" says below.
    let of_all = LAWS.iter().filter(|law| law.name != "copies");
    let laws = of_all.map(|law| (law.name, pairs * 800));
    let answers = OF_ANSWERS.map(|(what, least)| (what, least * tally.traces));
    let rules = OF_RULES.iter();
    let rules = rules.map(|(what, least)| (*what, least * tally.rules));
    let traces = OF_TRACES.map(|(what, least, _)| (what, least * tally.traces));
    let all = laws.chain(answers).chain(rules).chain(traces);
    let counts = all.map(|(what, least)| (what, tally.met(what), least / 1000));
    let missed = counts.filter(|(_, met, least)| match stays {
        true => *met < *least.max(&1),
        false => *least >= 10 && met < least,
    });
    missed
        .map(|(what, met, least)| format!("{what}: {met} of {least}"))
        .collect()
}
