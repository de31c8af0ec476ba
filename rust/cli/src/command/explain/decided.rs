//! What of a rule is known while a trace is open, and what waits for its close.
//!
//! A fact that no later span can undo is known at once. For every other one this says what it
//! waits for. The engine decides by intervals; this is the same account in words.

use betrace_lang::rule::{
    Aggregate, Body, CompareOp, Expr, ExprKind, Field, Intrinsic, Measure, Predicate, Quantity,
    Relation, Selector,
};

use super::english::field::Names;
use super::english::span::{Article, noun};

/// Why a clause cannot be reported before the close; empty if it can.
#[must_use]
pub fn waits_for(body: &Body, clause: &Expr, breaks_when_true: bool) -> Vec<String> {
    let walk = Walk(Names(&body.bindings));
    let mut obstacles = Vec::new();
    for binding in &body.bindings {
        obstacles.extend(walk.having(&binding.selector));
    }
    if let Some(when) = &body.when {
        obstacles.extend(walk.knowing(when, true));
    }
    for exception in &body.exceptions {
        let why = walk.knowing(exception, false);
        obstacles.extend(
            why.into_iter()
                .map(|why| format!("an exception may still apply: {why}")),
        );
    }
    obstacles.extend(walk.knowing(clause, breaks_when_true));
    let mut seen = std::collections::BTreeSet::new();
    obstacles.retain(|obstacle| seen.insert(obstacle.clone()));
    obstacles
}

struct Walk<'r>(Names<'r>);

impl Walk<'_> {
    /// What stands against knowing, before the close, that the condition is as wanted.
    fn knowing(&self, expr: &Expr, wanted: bool) -> Vec<String> {
        match &expr.kind {
            ExprKind::And(parts) => self.parts(parts, wanted, wanted),
            ExprKind::Or(parts) => self.parts(parts, wanted, !wanted),
            ExprKind::Not(inner) => self.knowing(inner, !wanted),
            ExprKind::Exists(selector) | ExprKind::GroupCount { selector, .. } if wanted => {
                self.having(selector)
            }
            ExprKind::Exists(selector) => self.absence(selector),
            ExprKind::GroupCount { selector, .. } => vec![self.growing(selector)],
            ExprKind::Compare { left, op, right } => self.comparison(left, *op, right, wanted),
            ExprKind::Trace(test) => trace_test(test, wanted),
        }
    }

    /// `needs_all`: every part must be known, otherwise one is enough.
    fn parts(&self, parts: &[Expr], wanted: bool, needs_all: bool) -> Vec<String> {
        let each: Vec<_> = parts
            .iter()
            .map(|part| self.knowing(part, wanted))
            .collect();
        if !needs_all && each.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        each.concat()
    }

    /// Against knowing that a span is selected.
    fn having(&self, selector: &Selector) -> Vec<String> {
        match selector {
            Selector::Bound(_) => Vec::new(),
            Selector::Spans(spans) => spans
                .trace
                .iter()
                .flat_map(|test| trace_test(test, true))
                .collect(),
            Selector::Related(related) => {
                let mut obstacles = self.having(&related.left);
                obstacles.extend(match &related.relation {
                    Relation::Before { right, .. } => self.extreme(right, "first"),
                    Relation::After { right, .. } => self.extreme(right, "last"),
                    Relation::Then { right, .. }
                    | Relation::Inside { right }
                    | Relation::ChildOf { right }
                    | Relation::SiblingOf { right } => self.having(right),
                    Relation::Between { from, to } | Relation::AfterUntil { from, to } => {
                        let mut both = self.having(from);
                        both.extend(self.extreme(to, "next"));
                        both
                    }
                });
                obstacles
            }
        }
    }

    fn absence(&self, selector: &Selector) -> Vec<String> {
        match selector {
            Selector::Bound(_) => Vec::new(),
            _ => vec![format!(
                "{} may still come",
                noun(selector, self.0, Article::A)
            )],
        }
    }

    fn growing(&self, selector: &Selector) -> String {
        format!(
            "more {} may still come",
            noun(selector, self.0, Article::Plural)
        )
    }

    fn extreme(&self, selector: &Selector, which: &str) -> Vec<String> {
        match selector {
            Selector::Bound(_) => Vec::new(),
            _ => vec![format!(
                "which {} is the {which} is known only when all have come",
                noun(selector, self.0, Article::Bare)
            )],
        }
    }

    fn comparison(
        &self,
        left: &Measure,
        op: CompareOp,
        right: &Quantity,
        wanted: bool,
    ) -> Vec<String> {
        let (left, spans) = (ends(left), selector_of(left));
        let right_ends = match right {
            Quantity::Number(_) | Quantity::Duration(_) => Ends {
                low: true,
                high: true,
            },
            Quantity::Measure { measure, .. } => ends(measure),
        };
        let above = left.low && right_ends.high;
        let below = left.high && right_ends.low;
        let known = match (op, wanted) {
            (CompareOp::Gt | CompareOp::Ge, true) | (CompareOp::Lt | CompareOp::Le, false) => above,
            (CompareOp::Lt | CompareOp::Le, true) | (CompareOp::Gt | CompareOp::Ge, false) => below,
            (CompareOp::Eq, true) | (CompareOp::Ne, false) => above && below,
            (CompareOp::Eq, false) | (CompareOp::Ne, true) => above || below,
        };
        if known {
            return self.having(spans);
        }
        let mut obstacles = vec![self.growing(spans)];
        if let Quantity::Measure { measure, .. } = right {
            obstacles.push(self.growing(selector_of(measure)));
        }
        obstacles
    }
}

fn selector_of(measure: &Measure) -> &Selector {
    match measure {
        Measure::Count(selector) | Measure::Of { selector, .. } => selector,
    }
}

/// Whether a measure of an open trace is bounded from below, from above.
struct Ends {
    low: bool,
    high: bool,
}

fn ends(measure: &Measure) -> Ends {
    let (low, high) = match measure {
        Measure::Count(_) => (true, false),
        Measure::Of {
            function, field, ..
        } => match function {
            Aggregate::Distinct | Aggregate::Max => (true, false),
            Aggregate::Min => (false, true),
            Aggregate::Sum => (*field == Field::Intrinsic(Intrinsic::SpanDuration), false),
            Aggregate::Avg => (false, false),
        },
    };
    Ends { low, high }
}

fn trace_test(test: &Predicate, wanted: bool) -> Vec<String> {
    match test {
        Predicate::Not(inner) => trace_test(inner, !wanted),
        Predicate::And(parts) | Predicate::Or(parts) => {
            let each: Vec<_> = parts.iter().map(|part| trace_test(part, wanted)).collect();
            let needs_all = matches!(test, Predicate::And(_)) == wanted;
            if !needs_all && each.iter().any(Vec::is_empty) {
                return Vec::new();
            }
            each.concat()
        }
        Predicate::Compare { field, op, .. } => {
            let what = match field {
                Field::Intrinsic(Intrinsic::TraceDuration) => "duration",
                Field::Intrinsic(Intrinsic::TraceSpanCount) => "number of spans",
                _ => return vec!["the trace's root may still come".to_owned()],
            };
            let grows_true = matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Ne);
            let grows_false = matches!(op, CompareOp::Lt | CompareOp::Le | CompareOp::Eq);
            if (wanted && grows_true) || (!wanted && grows_false) {
                Vec::new()
            } else {
                vec![format!("the trace's {what} may still grow")]
            }
        }
        _ => vec!["the trace's root may still come".to_owned()],
    }
}
