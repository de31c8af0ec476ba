//! Conditions about a whole trace.

use std::ops::Range;

use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::token::Function;
use crate::rule::{CompareOp, Expr, ExprKind};

impl<'a> Checker<'a> {
    pub(super) fn condition(&mut self, node: &'a Node) -> Option<Expr> {
        self.descend(node)?;
        let checked = self.condition_at(node.bare());
        self.ascend();
        checked
    }

    fn condition_at(&mut self, node: &'a Node) -> Option<Expr> {
        if let Some(found) = self.vocabulary.macro_at(node, &self.bindings) {
            return self.expanded(node, found, |checker, inner| checker.condition(inner));
        }
        if node.is_one_span() {
            return self.one_span(node);
        }
        let kind = match &node.kind {
            NodeKind::Or(parts) => return self.parts(node, parts, ExprKind::Or),
            NodeKind::And(parts) => return self.parts(node, parts, ExprKind::And),
            NodeKind::Not(inner) => self.negation(inner)?,
            NodeKind::Compare { left, op, right } => self.comparison(node, left, *op, right)?,
            NodeKind::Test { left, .. } if self.is_trace_field(left) => {
                ExprKind::Trace(Box::new(self.predicate(node)?))
            }
            NodeKind::Test { left, .. } if self.bound_side(left).is_some() => {
                let binding = self.bound_side(left)?;
                self.bound_comparison(node, binding)?
            }
            NodeKind::Call {
                function: Function::Has,
                arguments,
            } => return self.has(node, arguments),
            NodeKind::Call {
                function: Function::Asks(_),
                arguments,
            } if arguments.len() == 1 && self.bound_left(&arguments[0]).is_some() => {
                let binding = self.bound_left(&arguments[0])?;
                self.bound_comparison(node, binding)?
            }
            NodeKind::Where { base, filters } if self.bound_base(base).is_some() => {
                let binding = self.bound_base(base)?;
                self.bound_where(node, binding, filters)?
            }
            NodeKind::Where { base, .. } if !self.is_measure(base) => {
                ExprKind::Exists(self.selector(node)?)
            }
            NodeKind::Name(_)
            | NodeKind::Quoted(_)
            | NodeKind::Attribute { .. }
            | NodeKind::TraceSpans
            | NodeKind::Chain { .. } => ExprKind::Exists(self.selector(node)?),
            _ => {
                self.refuse_as_condition(node);
                return None;
            }
        };
        Some(Expr {
            kind,
            text: self.place.shown(node.range()),
        })
    }

    /// `not C`; twice is not at all.
    fn negation(&mut self, inner: &'a Node) -> Option<ExprKind> {
        self.breaks_if_false = !self.breaks_if_false;
        let checked = self.condition(inner);
        self.breaks_if_false = !self.breaks_if_false;
        Some(match checked?.kind {
            ExprKind::Not(twice) => twice.kind,
            kind => ExprKind::Not(Box::new(Expr {
                kind,
                text: self.place.shown(inner.range()),
            })),
        })
    }

    /// The parts of `and` or `or`; runs of older one-span parts become one condition on one span.
    fn parts(
        &mut self,
        node: &'a Node,
        parts: &'a [Node],
        join: fn(Vec<Expr>) -> ExprKind,
    ) -> Option<Expr> {
        let mut checked: Vec<Option<Expr>> = Vec::with_capacity(parts.len());
        let mut index = 0;
        while index < parts.len() {
            let run = parts[index..]
                .iter()
                .take_while(|part| part.is_one_span())
                .count();
            if run > 1 {
                let run = &parts[index..index + run];
                let is_and = matches!(node.kind, NodeKind::And(_));
                checked.push(self.one_span_run(run, is_and));
                index += run.len();
            } else {
                checked.push(self.condition(&parts[index]));
                index += 1;
            }
        }
        let parts: Option<Vec<Expr>> = checked.into_iter().collect();
        self.joined(parts?, node.range(), join)
    }

    /// Flat, as the checked rule wants it.
    pub(super) fn joined(
        &self,
        parts: Vec<Expr>,
        range: Range<usize>,
        join: fn(Vec<Expr>) -> ExprKind,
    ) -> Option<Expr> {
        let is_and = matches!(join(Vec::new()), ExprKind::And(_));
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part.kind {
                ExprKind::And(inner) if is_and => flat.extend(inner),
                ExprKind::Or(inner) if !is_and => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        if flat.len() == 1 {
            return flat.pop();
        }
        Some(Expr {
            kind: join(flat),
            text: self.place.shown(range),
        })
    }

    fn comparison(
        &mut self,
        node: &'a Node,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
    ) -> Option<ExprKind> {
        if self.are_totals(left, right) {
            self.totals(node, left, op, right)
        } else if self.is_measure(left) {
            self.measured(node, left, op, right)
        } else if self.is_measure(right) {
            self.measured(node, right, op.mirrored(), left)
        } else if self.is_trace_field(left) {
            self.predicate(node).map(Box::new).map(ExprKind::Trace)
        } else if let Some(binding) = self.bound_side(left) {
            self.bound_comparison(node, binding)
        } else if let (true, Some(binding)) = (left.is_value(), self.bound_side(right)) {
            self.bound_comparison(node, binding)
        } else {
            self.refuse_comparison(node, left);
            None
        }
    }
}
