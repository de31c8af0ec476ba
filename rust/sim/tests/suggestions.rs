//! What is suggested means what the message says: beside each faulty or doubtful rule stands the one that was meant, and
//! both must judge every trace alike.
//!
//! The rules are the examples of the table of codes, and first drafts of users. Traces are generated, and dressed in the
//! names and values that the rules speak of, so that they do hit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::{BTreeMap, BTreeSet};

use betrace_lang::rule::{
    Base, Body, Expr, ExprKind, Field, GroupKey, Intrinsic, ListSource, Literal, Measure, Number,
    Operand, Predicate, Quantity, Scope, Selector,
};
use betrace_lang::{Fault, Limits, Origin, Vocabulary, canonical, check_condition, codes};
use betrace_sim::generate::{rule_of, trace};
use betrace_sim::model::{Span, Value};
use betrace_sim::oracle::{Completeness, judge};
use betrace_sim::tape::Tape;

const TRACES: u64 = 500;

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("privileged", r#"root.where(span:name matches "^admin\..")"#);
    let texts = ["stripe", "square"].map(|text| Literal::Text(text.into()));
    vocabulary.add_list("processors", texts.to_vec());
    vocabulary
}

fn check(text: &str) -> (Option<Body>, Vec<Fault>) {
    let mut faults = Vec::new();
    let body = check_condition(text, &vocabulary(), &Limits::default(), &mut faults);
    (body, faults)
}

/// What rules speak of.
#[derive(Default)]
struct Words {
    names: BTreeSet<String>,
    /// Attributes, and what they are compared with.
    keys: BTreeMap<(bool, String), Vec<Value>>,
    durations: Vec<u64>,
}

impl Words {
    fn of(body: &Body) -> Words {
        let mut words = Words::default();
        words.add(body);
        words
    }

    fn add(&mut self, body: &Body) {
        for binding in &body.bindings {
            self.selector(&binding.selector);
        }
        for expr in [&body.when, &body.always, &body.never]
            .into_iter()
            .flatten()
        {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        for selector in expr.selectors() {
            self.selector(selector);
        }
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().for_each(|part| self.expr(part));
            }
            ExprKind::Not(inner) => self.expr(inner),
            ExprKind::Bound { filter, .. } => {
                filter.iter().for_each(|part| self.predicate(part));
            }
            ExprKind::Compare { left, right, .. } => {
                if let Measure::Of { of, .. } = &**left {
                    for field in of.reads() {
                        self.field(field, None);
                    }
                }
                if let Quantity::Duration(nanos) = &**right {
                    self.durations.push(*nanos);
                }
            }
            ExprKind::CompareTotals { left, right, .. } => {
                for measure in left.measures().chain(right.measures()) {
                    if let Measure::Of { of, .. } = measure {
                        for field in of.reads() {
                            self.field(field, None);
                        }
                    }
                }
            }
            ExprKind::GroupCompare { by, .. } => {
                for key in by {
                    if let GroupKey::Field(field) = key {
                        self.field(field, None);
                    }
                }
            }
            ExprKind::Trace(predicate) => self.predicate(predicate),
            ExprKind::Exists(_) => {}
        }
    }

    fn selector(&mut self, selector: &Selector) {
        for spans in selector.plain() {
            if let Base::Named(name) = &spans.base {
                self.names.insert(name.to_string());
            }
            for part in spans.filter.iter().chain(&spans.trace) {
                self.predicate(part);
            }
        }
    }

    fn predicate(&mut self, predicate: &Predicate) {
        for part in predicate.parts() {
            self.predicate(part);
        }
        let fields: Vec<Field> = predicate.reads().into_iter().cloned().collect();
        let mut values: Vec<Literal> = Vec::new();
        match predicate {
            Predicate::Compare {
                right: Operand::Literal(value),
                ..
            }
            | Predicate::Text {
                right: Operand::Literal(value),
                ..
            } => values.push(value.clone()),
            Predicate::In {
                list: ListSource::Literals(all),
                ..
            } => values.extend(all.iter().cloned()),
            Predicate::Matches { pattern, .. } => {
                let text = pattern.trim_matches(|c: char| !c.is_alphanumeric());
                values.push(Literal::Text(text.into()));
                values.push(Literal::Text(format!("{text}.x").into()));
            }
            _ => {}
        }
        if predicate.parts().is_empty() {
            for field in &fields {
                self.field(field, None);
                for value in &values {
                    self.field(field, Some(value));
                }
            }
        }
    }

    fn field(&mut self, field: &Field, value: Option<&Literal>) {
        match (field, value) {
            (Field::Bound { field, .. }, value) => self.field(field, value),
            (Field::Attribute { scope, key }, value) => {
                let is_resource = *scope == Scope::Resource;
                let values = self.keys.entry((is_resource, key.to_string())).or_default();
                values.extend(value.map(as_value));
            }
            (Field::FirstOf(first), value) => {
                for key in first.of.iter().filter_map(|one| one.attribute()) {
                    let values = self.keys.entry((false, key.to_string())).or_default();
                    values.extend(value.map(as_value));
                }
            }
            (Field::Intrinsic(Intrinsic::SpanName), Some(Literal::Text(text))) => {
                self.names.insert(text.to_string());
            }
            (_, Some(Literal::Duration(nanos))) => self.durations.push(*nanos),
            _ => {}
        }
    }
}

fn as_value(literal: &Literal) -> Value {
    match literal {
        Literal::Number(Number::Int(value)) => Value::Int(i64::try_from(*value).unwrap_or(0)),
        Literal::Number(Number::Float(value)) => Value::Float(*value),
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Text(text) => Value::Text(text.to_string()),
        Literal::Duration(nanos) => Value::Int(i64::try_from(*nanos).unwrap_or(0)),
    }
}

/// A generated trace that speaks of these words.
fn dressed(words: &Words, number: u64) -> Vec<Span> {
    let mut tape = Tape::recording(0x5eed ^ number.wrapping_mul(0x9e37_79b9));
    let mut spans = trace(&mut tape, number);
    let mut names: Vec<String> = words.names.iter().cloned().collect();
    names.push("other".to_owned());
    for span in &mut spans {
        span.name = tape.pick(&names);
        for ((is_resource, key), values) in &words.keys {
            let attributes = match is_resource {
                true => &mut span.resource,
                false => &mut span.attributes,
            };
            attributes.retain(|(other, _)| other != key);
            if tape.chance(70) {
                attributes.push((key.clone(), value(&mut tape, values)));
            }
            if !is_resource {
                for event in &mut span.events {
                    event.attributes.retain(|(other, _)| other != key);
                    if tape.chance(50) {
                        event
                            .attributes
                            .push((key.clone(), value(&mut tape, values)));
                    }
                }
            }
        }
        if !words.durations.is_empty() && span.start > 0 && tape.chance(70) {
            let about = tape.pick(&words.durations);
            let nudge = tape.pick(&[0i64, -1_000_000, 1_000_000]);
            let about = span.start.saturating_add(about);
            span.end = about.saturating_add_signed(nudge);
        }
    }
    spans
}

fn value(tape: &mut Tape, values: &[Value]) -> Value {
    if values.is_empty() || tape.chance(15) {
        return tape.pick(&[Value::Int(1), Value::Int(2), Value::Text("x".to_owned())]);
    }
    match tape.pick(values) {
        Value::Int(at) => Value::Int(at.saturating_add(tape.pick(&[0, -1, 1]))),
        Value::Bool(value) => Value::Bool(value ^ tape.chance(40)),
        Value::Text(text) if tape.chance(30) => Value::Text(format!("{text}2")),
        other => other,
    }
}

fn verdicts(body: &Body, traces: &[Vec<Span>]) -> Vec<&'static str> {
    let rule = rule_of("r", body.clone());
    traces
        .iter()
        .map(|spans| {
            judge(&rule, spans, Completeness::Idle, &[])
                .verdict
                .as_str()
        })
        .collect()
}

/// The text with the suggestions of one code applied, the wider of two that meet; `None` where there is none.
fn applied(text: &str, faults: &[Fault]) -> Option<String> {
    let mut edits: Vec<(std::ops::Range<usize>, &str)> = faults
        .iter()
        .filter(|fault| fault.origin == Origin::Here)
        .filter_map(|fault| Some((fault.range.clone(), fault.suggestion.as_deref()?)))
        .collect();
    edits.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    if edits.is_empty() {
        return None;
    }
    let mut edited = String::new();
    let mut at = 0;
    for (range, suggestion) in edits {
        if range.start >= at {
            edited += &text[at..range.start];
            edited += suggestion;
            at = range.end;
        }
    }
    Some(edited + &text[at..])
}

/// What is wrong with the suggestion for `written`, where `meant` was meant; empty where nothing is.
fn wrong(written: &str, edited: &str, meant: &str, is_doubt: bool) -> String {
    let (Some(right), _) = check(meant) else {
        return format!("{meant} does not load\n");
    };
    let (Some(suggested), _) = check(edited) else {
        return format!("{written}\n  becomes {edited}, which does not load\n");
    };
    let mut words = Words::of(&right);
    words.add(&suggested);
    let traces: Vec<Vec<Span>> = (0..TRACES).map(|number| dressed(&words, number)).collect();
    let wanted = verdicts(&right, &traces);
    let got = verdicts(&suggested, &traces);
    let differ = wanted.iter().zip(&got).filter(|(a, b)| a != b).count();
    let mut wrong = String::new();
    if differ > 0 {
        wrong += &format!(
            "{written}\n  becomes {edited}\n  which differs from {meant} on {differ} traces\n"
        );
    }
    // Traces that all end alike would hold nothing.
    let kinds: BTreeSet<&&str> = wanted
        .iter()
        .filter(|one| **one != "inconclusive")
        .collect();
    if kinds.len() < 2 {
        wrong += &format!("{meant}\n  is {kinds:?} on every trace\n");
    }
    if is_doubt
        && let (Some(as_written), _) = check(written)
        && canonical(&as_written) != canonical(&right)
        && verdicts(&as_written, &traces) == wanted
    {
        wrong += &format!("{written}\n  is doubted, but judges as {meant}\n");
    }
    wrong
}

#[test]
fn suggestions_of_the_table_of_codes_mean_the_good_example() {
    let mut faulty = String::new();
    let mut count = 0;
    for declaration in codes::declarations() {
        let number: u32 = declaration.code.0[1..].parse().unwrap();
        if !(100..200).contains(&number) || declaration.bad.starts_with("message: ") {
            continue;
        }
        let (_, faults) = check(declaration.bad);
        let own: Vec<Fault> = faults
            .into_iter()
            .filter(|fault| fault.code == declaration.code)
            .collect();
        let Some(edited) = applied(declaration.bad, &own) else {
            continue;
        };
        count += 1;
        let is_doubt = declaration.code.0.starts_with('W');
        let wrong = wrong(declaration.bad, &edited, declaration.good, is_doubt);
        if !wrong.is_empty() {
            faulty += &format!("{}: {wrong}", declaration.code.0);
        }
    }
    assert!(faulty.is_empty(), "{faulty}");
    assert!(count >= 40, "only {count} codes have a suggestion");
}

/// First drafts of users, each with what they meant.
const DRAFTS: &[(&str, &str)] = &[
    (
        r#"when { root.where(user.region == EU) } never { any.where(exists(db.system.name) and not (cloud.region starts with "eu-")) }"#,
        r#"when { root.where(user.region == EU) } never { any.where(exists(db.system.name) and (not (cloud.region starts with "eu-") or missing(cloud.region))) }"#,
    ),
    (
        r#"never { x.where(k == client and h not in processors and not h ends with "q") }"#,
        r#"never { x.where(k == client and (missing(h) or (h not in processors and not h ends with "q"))) }"#,
    ),
    (
        "never { x.where(h != a and k == 1 and h != b) }",
        "never { x.where(k == 1 and (missing(h) or h not in [a, b])) }",
    ),
    (
        r#"always { "inventory/Reserve".where(span:duration <= 200ms) }"#,
        r#"never { "inventory/Reserve".where(span:duration > 200ms) }"#,
    ),
    (
        "when { payment } always { payment.where(amount < 5 and verified) }",
        "when each { payment as p } always { p.where(amount < 5 and verified) }",
    ),
    (
        "when { payment.where(amount > 5) } always { payment.where(amount > 5 and tier in [gold]) }",
        "when each { payment.where(amount > 5) as p } always { p.where(tier in [gold]) }",
    ),
    (
        "when { pay } always { pay.where(exists(currency)) }",
        "when each { pay as p } always { p.where(exists(currency)) }",
    ),
    (
        "when { any.where(peer == bank) } always { any.where(peer == bank and (x < 3 or missing(y))) }",
        "when each { any.where(peer == bank) as p } always { p.where(x < 3 or missing(y)) }",
    ),
    (
        "when each { payment as p } always { payment.where(amount < 5) }",
        "when each { payment as p } always { p.where(amount < 5) }",
    ),
    (
        "always { payment inside checkout }",
        "when each { payment as p } always { p inside checkout }",
    ),
    (
        "when { login } always { login then read_profile within 2ms }",
        "when each { login as p } always { p then read_profile within 2ms }",
    ),
    (
        "when each { payment as p } always { audit after root }",
        "when each { payment as p } always { audit inside root }",
    ),
    (
        "when each { payment as p } always { root before audit }",
        "when each { payment as p } always { audit inside root }",
    ),
    (
        "when each { payment as pay } always { audit after pya }",
        "when each { payment as pay } always { audit after pay }",
    ),
    (
        "when each { payment as pay } always { pay.verified }",
        "when each { payment as pay } always { pay.where(verified) }",
    ),
    (
        "never { any.where(status != ok) }",
        "never { any.where(span:status == error) }",
    ),
    (
        r#"never { a.where(span:duration >= 10 ms or x like "b%") }"#,
        r#"never { a.where(span:duration >= 10ms or x starts with "b") }"#,
    ),
    (
        "never { any.where(span:statusMessage == \"\") }",
        "never { any.where(missing(span:statusMessage)) }",
    ),
    (
        "when each { charge as c } never { refund.where(order.id == c.order.id) before c }",
        "when each { charge.where(exists(order.id)) as c } never { refund.where(order.id == c.order.id) before c }",
    ),
];

#[test]
fn suggestions_for_first_drafts_mean_what_was_meant() {
    let mut faulty = String::new();
    for (written, meant) in DRAFTS {
        let (_, faults) = check(written);
        match applied(written, &faults) {
            Some(edited) => faulty += &wrong(written, &edited, meant, true),
            None => faulty += &format!("{written}\n  has no suggestion\n"),
        }
    }
    assert!(faulty.is_empty(), "{faulty}");
}
