//! Asks the engine about parts of a rule: each part becomes a rule of its own that is violated where
//! the part holds. So the account of a verdict comes from the evaluator that gave it.

use std::sync::Arc;

use betrace_lang::rule::{
    Base, BindingId, Expr, ExprKind, Field, Gap, Measure, Predicate, Quantity, Relation, Rule,
    Selector, SpanSelector,
};

use crate::english::condition::holds;
use crate::english::field::Names;
use crate::english::span::{Article, noun};
use crate::near_miss::probe::probe;

/// A part of a rule, and the rule that asks about it.
pub struct Step {
    pub depth: usize,
    /// `when`, `exception`, `never`, `always`, or empty inside one.
    pub part: &'static str,
    pub text: String,
    /// Its violation means that the part holds.
    pub probe: Arc<Rule>,
    pub asks: Asks,
    /// Of a selector that is one of order: what stands before or after what.
    pub order: Option<Order>,
}

/// Spans that have to start or end before, or after, other ones do.
pub struct Order {
    /// Which end of the left span is held against which of the right.
    pub points: (Point, Point),
    pub must_be: MustBe,
    /// How far apart they have to be.
    pub within: Option<Gap>,
    /// Whether any span of the right side will do, and not only the first or the last.
    pub is_any: bool,
    pub left: Operand,
    pub right: Operand,
}

/// Where the left span's point has to lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MustBe {
    Before,
    After,
}

/// One end of a span.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Point {
    Start,
    End,
}

/// The spans of one side.
#[derive(Clone, Copy)]
pub enum Operand {
    /// What the step at this place selects.
    Step(usize),
    Bound(BindingId),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Whether a condition holds.
    Condition,
    /// Which spans a selector selects.
    Spans,
    /// Which tuples of bound spans there are.
    Obligations,
}

/// The parts of `rule` in the order in which one would think them through.
#[must_use]
pub fn steps(rule: &Rule) -> Vec<Step> {
    let mut list = List {
        rule,
        steps: Vec::new(),
    };
    let body = &rule.body;
    if !body.bindings.is_empty() {
        let names = Names(&body.bindings);
        let each: Vec<String> = body
            .bindings
            .iter()
            .map(|b| format!("{} as {}", noun(&b.selector, names, Article::A), b.name))
            .collect();
        // Of a trace with an obligation, some span exists.
        let any = ExprKind::Exists(Selector::from(SpanSelector {
            base: Base::Any,
            filter: Vec::new(),
            trace: Vec::new(),
        }));
        list.push(0, "when each", each.join(", "), any, Asks::Obligations);
    }
    let parts = body
        .when
        .iter()
        .map(|expr| ("when", expr))
        .chain(body.exceptions.iter().map(|expr| ("exception", expr)))
        .chain(
            body.never
                .iter()
                .map(|expr| (if body.is_pattern { "pattern" } else { "never" }, expr)),
        )
        .chain(body.always.iter().map(|expr| ("always", expr)));
    for (part, expr) in parts {
        list.expr(0, part, expr);
    }
    list.steps
}

struct List<'r> {
    rule: &'r Rule,
    steps: Vec<Step>,
}

impl List<'_> {
    /// The place of the new step.
    fn push(
        &mut self,
        depth: usize,
        part: &'static str,
        text: String,
        kind: ExprKind,
        asks: Asks,
    ) -> usize {
        let index = self.steps.len();
        let asked = Expr {
            kind,
            text: text.as_str().into(),
        };
        let bindings = self.rule.body.bindings.clone();
        let probe = probe(self.rule, index, bindings, asked);
        self.steps.push(Step {
            depth,
            part,
            text,
            probe,
            asks,
            order: None,
        });
        index
    }

    fn expr(&mut self, depth: usize, part: &'static str, expr: &Expr) {
        let names = Names(&self.rule.body.bindings);
        let text = holds(expr, names);
        let of = self.push(depth, part, text, expr.kind.clone(), Asks::Condition);
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for inner in parts {
                    self.expr(depth + 1, "", inner);
                }
            }
            ExprKind::Not(inner) => self.expr(depth + 1, "", inner),
            ExprKind::Exists(selector) => self.operands(depth + 1, selector, of),
            ExprKind::GroupCompare { measure, .. } => self.measure(depth + 1, measure),
            ExprKind::Compare { left, right, .. } => {
                self.measure(depth + 1, left);
                if let Quantity::Measure { measure, .. } = &**right {
                    self.measure(depth + 1, measure);
                }
            }
            ExprKind::CompareTotals { left, right, .. } => {
                for measure in left.measures().chain(right.measures()) {
                    self.measure(depth + 1, measure);
                }
            }
            ExprKind::Bound { .. } | ExprKind::Trace(_) => {}
        }
    }

    fn measure(&mut self, depth: usize, measure: &Measure) {
        self.selector(depth, measure.selector());
    }

    /// A selector, and what it is made of.
    fn selector(&mut self, depth: usize, selector: &Selector) -> Operand {
        if let Selector::Bound(binding) = selector {
            return Operand::Bound(*binding);
        }
        let names = Names(&self.rule.body.bindings);
        let text = noun(selector, names, Article::Plural);
        let of = self.push(
            depth,
            "",
            text,
            ExprKind::Exists(selector.clone()),
            Asks::Spans,
        );
        if let Some(alone) = without_joins(selector) {
            let text = noun(&alone, names, Article::Plural);
            self.push(depth + 1, "", text, ExprKind::Exists(alone), Asks::Spans);
        }
        self.operands(depth + 1, selector, of);
        Operand::Step(of)
    }

    /// What the selector of the step at `of` relates.
    fn operands(&mut self, depth: usize, selector: &Selector, of: usize) {
        let Selector::Related(related) = selector else {
            return;
        };
        let left = self.selector(depth, &related.left);
        let rights: Vec<Operand> = related
            .relation
            .operands()
            .map(|right| self.selector(depth, right))
            .collect();
        let (points, must_be) = match &related.relation {
            Relation::Before { .. } | Relation::Then { .. } => {
                ((Point::End, Point::Start), MustBe::Before)
            }
            Relation::After { .. } => ((Point::Start, Point::End), MustBe::After),
            Relation::StartsBefore { .. } => ((Point::Start, Point::Start), MustBe::Before),
            Relation::StartsAfter { .. } => ((Point::Start, Point::Start), MustBe::After),
            Relation::EndsBefore { .. } => ((Point::End, Point::End), MustBe::Before),
            Relation::EndsAfter { .. } => ((Point::End, Point::End), MustBe::After),
            // Those of structure, and scopes with two ends.
            _ => return,
        };
        self.steps[of].order = rights.first().map(|right| Order {
            points,
            must_be,
            within: related.relation.within(),
            is_any: matches!(related.relation, Relation::Then { .. }),
            left,
            right: *right,
        });
    }
}

/// A plain selector without what it compares with bound spans, where it does and something else is left.
fn without_joins(selector: &Selector) -> Option<Selector> {
    let Selector::Spans(spans) = selector else {
        return None;
    };
    let is_joined = |part: &&Predicate| {
        let mut reads = part.reads().into_iter();
        reads.any(|field| matches!(field, Field::Bound { .. }))
    };
    let alone: Vec<Predicate> = spans
        .filter
        .iter()
        .filter(|part| !is_joined(part))
        .cloned()
        .collect();
    let is_less = alone.len() < spans.filter.len();
    let says_something = spans.base != Base::Any || !alone.is_empty();
    (is_less && says_something).then(|| {
        Selector::from(SpanSelector {
            filter: alone,
            ..SpanSelector::clone(spans)
        })
    })
}
