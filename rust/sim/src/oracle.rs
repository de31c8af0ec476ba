//! The naive reading: one rule, all spans of one trace, and the verdict that the language gives.
//!
//! Nothing here is clever. Every selector is evaluated over all spans each time it is met, a relation
//! compares every pair, `when each` walks every tuple. What may still change is [`Truth::Open`]; a trace
//! that is complete has nothing open but what hangs on skewed times or on parents that never came.
//!
//! Read in this order: this file (obligations and verdicts), `select` (spans, order, structure),
//! `measure` (counts and sums), `predicate` (one span, three-valued), `value` (types).

mod measure;
mod predicate;
mod select;
mod truth;
mod value;

use std::sync::Arc;

use betrace_lang::rule::{ClauseKind, Expr, ExprKind, Rule};
use betrace_lang::verdict::{Reason, Verdict};

use crate::model::Span;
pub use select::has_order;
pub use truth::{Reasons, Truth};

/// What must have come before a closed trace counts as complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    Root,
    Linked,
    Idle,
}

/// The oracle's answer for one rule and one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    /// Of an inconclusive verdict, the first that applies.
    pub reason: Option<Reason>,
    /// The broken obligations, in the order of their spans; for a rule without `when each` at most one.
    pub broken: Vec<Broken>,
}

/// An obligation that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Span ids, one for each binding.
    pub bound: Vec<[u8; 8]>,
    pub clause: ClauseKind,
    /// The part that failed, as written.
    pub text: Arc<str>,
}

/// Judges a trace by its spans in the order of delivery: of differing copies of a span the first counts.
/// `causes` are the reasons besides missing spans for which it is incomplete (shed, evicted, late, ...).
#[must_use]
pub fn judge(rule: &Rule, spans: &[Span], completeness: Completeness, causes: &[Reason]) -> Answer {
    let mut trace = Trace {
        spans: Vec::new(),
        more: Truth::False,
    };
    for span in spans {
        if !trace
            .spans
            .iter()
            .any(|known| known.identity() == span.identity())
        {
            trace.spans.push(span);
        }
    }
    let mut reasons = Reasons::of(causes);
    let rooted = trace.spans.iter().any(|span| span.parent.is_none());
    if completeness != Completeness::Idle && !rooted {
        reasons = reasons.with(Reasons::of(&[Reason::NoRoot]));
    }
    let came = |parent: &[u8; 8]| trace.spans.iter().any(|span| span.id == *parent);
    let linked = trace
        .spans
        .iter()
        .filter_map(|span| span.parent.as_ref())
        .all(came);
    if completeness == Completeness::Linked && !linked {
        reasons = reasons.with(Reasons::of(&[Reason::Orphan]));
    }
    if !reasons.is_empty() {
        trace.more = Truth::Open(reasons);
    }
    let mut outcome = Outcome::default();
    obligations(rule, &trace, &mut Vec::new(), Truth::True, &mut outcome);
    outcome.answer(reasons)
}

/// The spans of a trace, each once.
struct Trace<'a> {
    spans: Vec<&'a Span>,
    /// May spans still come? Open with the reasons why the trace is incomplete, else false.
    more: Truth,
}

/// The spans bound so far, as indices.
type Bound = [usize];

#[derive(Default)]
struct Outcome {
    broken: Vec<Broken>,
    open: Option<Reasons>,
    satisfied: bool,
}

impl Outcome {
    fn leave_open(&mut self, reasons: Reasons) {
        self.open = Some(self.open.unwrap_or_default().with(reasons));
    }

    fn answer(self, trace: Reasons) -> Answer {
        let verdict = if !self.broken.is_empty() {
            Verdict::Violated
        } else if self.open.is_some() {
            Verdict::Inconclusive
        } else if self.satisfied {
            Verdict::Satisfied
        } else {
            Verdict::NotApplicable
        };
        let reasons = self.open.filter(|_| verdict == Verdict::Inconclusive);
        let reason = reasons.and_then(|open| open.with(trace).first());
        Answer {
            verdict,
            reason,
            broken: self.broken,
        }
    }
}

/// Binds one more span in every possible way; `member` says how surely the bound ones are selected.
fn obligations(
    rule: &Rule,
    trace: &Trace<'_>,
    bound: &mut Vec<usize>,
    member: Truth,
    outcome: &mut Outcome,
) {
    let Some(binding) = rule.body.bindings.get(bound.len()) else {
        return obligation(rule, trace, bound, member, outcome);
    };
    let selection = trace.select(&binding.selector, bound);
    for &(span, selected) in &selection.members {
        bound.push(span);
        obligations(rule, trace, bound, member.and(selected), outcome);
        bound.pop();
    }
    // Another span may come that makes an obligation, unless what `when` says of the trace alone rules
    // that out.
    let another = member
        .and(selection.more)
        .and(when(rule, trace, bound, Says::OfTheTrace));
    if another != Truth::False {
        outcome.leave_open(another.reasons());
    }
}

/// Which parts of `when` to ask.
#[derive(PartialEq)]
enum Says {
    Everything,
    /// Those that name no bound span.
    OfTheTrace,
}

/// `when` with its exceptions.
fn when(rule: &Rule, trace: &Trace<'_>, bound: &Bound, says: Says) -> Truth {
    let asked = |part: &&Expr| says == Says::Everything || !names_a_span(part);
    let when = rule.body.when.iter().filter(asked);
    let holds = Truth::all(when.map(|when| trace.holds(when, bound)));
    let exceptions = rule.body.exceptions.iter().filter(asked);
    holds.and(Truth::any(exceptions.map(|part| trace.holds(part, bound))).not())
}

/// Whether a condition depends on a bound span.
fn names_a_span(condition: &Expr) -> bool {
    format!("{:?}", condition.kind).contains("BindingId(")
}

fn obligation(rule: &Rule, trace: &Trace<'_>, bound: &Bound, member: Truth, outcome: &mut Outcome) {
    let when = member.and(when(rule, trace, bound, Says::Everything));
    if when == Truth::False {
        return;
    }
    let body = &rule.body;
    let never = body
        .never
        .as_ref()
        .map_or(Truth::False, |never| trace.holds(never, bound));
    let always = body
        .always
        .as_ref()
        .map_or(Truth::True, |always| trace.holds(always, bound));
    let broken = never.or(always.not());
    match (when, broken) {
        (Truth::True, Truth::False) => outcome.satisfied = true,
        (Truth::True, Truth::True) => {
            let (clause, part) = match (&body.never, &body.always) {
                (Some(part), _) if never == Truth::True && body.is_pattern => {
                    (ClauseKind::Pattern, part)
                }
                (Some(part), _) if never == Truth::True => (ClauseKind::Never, part),
                (_, Some(part)) => (ClauseKind::Always, part),
                _ => return,
            };
            let failing = trace.failing(part, clause, bound);
            let bound = bound.iter().map(|span| trace.spans[*span].id).collect();
            outcome.broken.push(Broken {
                bound,
                clause,
                text: failing.text.clone(),
            });
        }
        _ => outcome.leave_open(when.reasons().with(broken.reasons())),
    }
}

impl Trace<'_> {
    /// A condition about the whole trace.
    fn holds(&self, condition: &Expr, bound: &Bound) -> Truth {
        match &condition.kind {
            ExprKind::And(parts) => Truth::all(parts.iter().map(|part| self.holds(part, bound))),
            ExprKind::Or(parts) => Truth::any(parts.iter().map(|part| self.holds(part, bound))),
            ExprKind::Not(part) => self.holds(part, bound).not(),
            ExprKind::Exists(selector) => self.select(selector, bound).exists(),
            ExprKind::Compare { left, op, right } => measure::compare(
                &self.measure(left, bound),
                *op,
                &self.quantity(right, bound),
            ),
            ExprKind::GroupCount {
                selector,
                by,
                op,
                value,
            } => self.some_group(&self.select(selector, bound), by, *op, *value, bound),
            ExprKind::Trace(predicate) => self.trace_condition(predicate, bound),
        }
    }

    /// Which part of a broken clause failed: the first true part of an `or` in `never`, the first false
    /// part of an `and` in `always`.
    fn failing<'e>(&self, clause: &'e Expr, kind: ClauseKind, bound: &Bound) -> &'e Expr {
        let (parts, wanted) = match (&clause.kind, kind) {
            (ExprKind::And(parts), ClauseKind::Always) => (parts, Truth::False),
            (ExprKind::Or(parts), ClauseKind::Never | ClauseKind::Pattern) => (parts, Truth::True),
            _ => return clause,
        };
        match parts.iter().find(|part| self.holds(part, bound) == wanted) {
            Some(part) => self.failing(part, kind, bound),
            None => clause,
        }
    }
}
