//! Asks the engine about parts of a rule: each part becomes a rule of its own that is violated where
//! the part holds. So the account of a verdict comes from the evaluator that gave it.

use std::sync::Arc;

use betrace_lang::rule::{
    Body, Expr, ExprKind, MeaningHash, Measure, Quantity, Rule, RuleId, Selector,
};

use crate::english::condition::holds;
use crate::english::field::Names;
use crate::english::span::{Article, noun};

/// A part of a rule, and the rule that asks about it.
pub struct Step {
    pub depth: usize,
    /// `when`, `exception`, `never`, `always`, or empty inside one.
    pub part: &'static str,
    pub text: String,
    /// Its violation means that the part holds.
    pub probe: Arc<Rule>,
    pub asks: Asks,
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
        let any = ExprKind::Exists(Selector::Spans(betrace_lang::rule::SpanSelector {
            base: betrace_lang::rule::Base::Any,
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
    fn push(&mut self, depth: usize, part: &'static str, text: String, kind: ExprKind, asks: Asks) {
        let index = self.steps.len();
        let asked = Expr {
            kind,
            text: Arc::from(text.as_str()),
        };
        let mut hash = [0; 16];
        hash[..8].copy_from_slice(&(index as u64 + 1).to_be_bytes());
        let probe = Rule {
            id: RuleId(Arc::from(format!("{index:06}"))),
            message: None,
            enabled: true,
            body: Body {
                bindings: self.rule.body.bindings.clone(),
                when: None,
                exceptions: Vec::new(),
                never: Some(asked),
                always: None,
                is_pattern: true,
            },
            hash: MeaningHash(hash),
            ..self.rule.clone()
        };
        self.steps.push(Step {
            depth,
            part,
            text,
            probe: Arc::new(probe),
            asks,
        });
    }

    fn expr(&mut self, depth: usize, part: &'static str, expr: &Expr) {
        let names = Names(&self.rule.body.bindings);
        let text = holds(expr, names);
        self.push(depth, part, text, expr.kind.clone(), Asks::Condition);
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for inner in parts {
                    self.expr(depth + 1, "", inner);
                }
            }
            ExprKind::Not(inner) => self.expr(depth + 1, "", inner),
            ExprKind::Exists(selector) => self.operands(depth + 1, selector),
            ExprKind::GroupCount { selector, .. } => self.selector(depth + 1, selector),
            ExprKind::Compare { left, right, .. } => {
                self.measure(depth + 1, left);
                if let Quantity::Measure { measure, .. } = right {
                    self.measure(depth + 1, measure);
                }
            }
            ExprKind::Bound { .. } | ExprKind::Trace(_) => {}
        }
    }

    fn measure(&mut self, depth: usize, measure: &Measure) {
        match measure {
            Measure::Count(selector) | Measure::Of { selector, .. } => {
                self.selector(depth, selector);
            }
        }
    }

    /// A selector, and what it is made of.
    fn selector(&mut self, depth: usize, selector: &Selector) {
        if matches!(selector, Selector::Bound(_)) {
            return;
        }
        let names = Names(&self.rule.body.bindings);
        let text = noun(selector, names, Article::Plural);
        self.push(
            depth,
            "",
            text,
            ExprKind::Exists(selector.clone()),
            Asks::Spans,
        );
        self.operands(depth + 1, selector);
    }

    fn operands(&mut self, depth: usize, selector: &Selector) {
        let Selector::Related(related) = selector else {
            return;
        };
        self.selector(depth, &related.left);
        for operand in related.relation.operands() {
            self.selector(depth, operand);
        }
    }
}
