//! Conditions about a whole trace.

use std::ops::Range;

use super::Checker;
use super::older::is_one_span;
use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::token::Function;
use crate::rule::{CompareOp, Expr, ExprKind};

impl<'a> Checker<'a> {
    pub(super) fn condition(&mut self, node: &'a Node) -> Option<Expr> {
        self.nested(node, |checker| checker.condition_at(node.bare()))
    }

    fn condition_at(&mut self, node: &'a Node) -> Option<Expr> {
        if let Some((name, found)) = self.find_macro(node) {
            return self.expanded(node, name, found, |checker, inner| checker.condition(inner));
        }
        if is_one_span(node) {
            return self.one_span(node);
        }
        let kind = match &node.kind {
            NodeKind::Broken => return None,
            NodeKind::Or(parts) => return self.parts(node, parts, ExprKind::Or),
            NodeKind::And(parts) => return self.parts(node, parts, ExprKind::And),
            NodeKind::Not(inner) => {
                self.breaks_if_false = !self.breaks_if_false;
                let checked = self.condition(inner);
                self.breaks_if_false = !self.breaks_if_false;
                match checked?.kind {
                    ExprKind::Not(twice) => twice.kind,
                    kind => ExprKind::Not(Box::new(Expr {
                        kind,
                        text: self.text_of(inner.range()),
                    })),
                }
            }
            NodeKind::Compare { left, op, right } => self.comparison(node, left, *op, right)?,
            NodeKind::Test { left, .. } => {
                if !self.is_trace_field(left) {
                    self.refuse_comparison(node, left);
                    return None;
                }
                ExprKind::Trace(self.predicate(node)?)
            }
            NodeKind::Call {
                function,
                arguments,
            } => match function {
                Function::Has => return self.has(node, arguments),
                Function::Exists | Function::Missing => {
                    let source = self.source(node);
                    let fault = self.fault(
                        code::COMPARISON_OUTSIDE_WHERE,
                        node.range(),
                        "a field belongs to a span, so this stands inside `where`",
                    );
                    fault.suggestion = Some(format!("any.where({source})"));
                    return None;
                }
                Function::Unknown => return None,
                _ => {
                    self.refuse_measure_alone(node);
                    return None;
                }
            },
            NodeKind::By { .. } | NodeKind::Times { .. } | NodeKind::DotCount(_) => {
                self.refuse_measure_alone(node);
                return None;
            }
            NodeKind::Where { base, .. } if self.is_measure(base) => {
                self.refuse_measure_alone(node);
                return None;
            }
            NodeKind::As { .. } => {
                self.fault(
                    code::BINDING_HERE,
                    node.range(),
                    "a span is bound only in `when each`",
                )
                .help = Some("`when each { payment as p } always { … }`".into());
                return None;
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                let source = self.source(node);
                let message = format!("`{source}` alone is no condition");
                self.fault(code::VALUE_AS_CONDITION, node.range(), message)
                    .help = Some(
                    "name a span (`payment.charge_card`), or compare: `count(http.retry) > 3`"
                        .into(),
                );
                return None;
            }
            NodeKind::Intrinsic(name) => {
                self.refuse_intrinsic_alone(node, name);
                return None;
            }
            _ => ExprKind::Exists(self.selector(node)?),
        };
        Some(Expr {
            kind,
            text: self.text_of(node.range()),
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
                .take_while(|part| is_one_span(part))
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
            text: self.text_of(range),
        })
    }

    fn comparison(
        &mut self,
        node: &'a Node,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
    ) -> Option<ExprKind> {
        if self.is_measure(left) {
            self.measured(node, left, op, right)
        } else if self.is_measure(right) {
            self.measured(node, right, mirrored(op), left)
        } else if self.is_trace_field(left) {
            self.predicate(node).map(ExprKind::Trace)
        } else {
            self.refuse_comparison(node, left);
            None
        }
    }

    fn is_trace_field(&self, node: &'a Node) -> bool {
        matches!(&self.looked_through(node).kind, NodeKind::Intrinsic(name) if name.starts_with("trace:"))
    }

    /// `payment.amount > 1000`: where the name ends cannot be known.
    fn refuse_comparison(&mut self, node: &'a Node, left: &'a Node) {
        let left = left.bare();
        let source = self.source(node);
        let rest = folded_rest(&source, &self.source(left));
        let (message, modern) = match &left.kind {
            NodeKind::Broken
            | NodeKind::Call {
                function: Function::Unknown,
                ..
            } => return,
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Duration(_) | NodeKind::List(_) => {
                let message = "a comparison begins with a field or a measure".to_owned();
                self.fault(code::VALUE_AS_CONDITION, left.range(), message);
                return;
            }
            NodeKind::Where { .. } | NodeKind::Chain { .. } | NodeKind::TraceSpans => {
                let selector = self.source(left);
                let message =
                    "this selects spans; what is compared is a count or a measure of them";
                self.fault(code::COMPARISON_OUTSIDE_WHERE, node.range(), message)
                    .help = Some(format!(
                    "how many: `count({selector}){rest}`; their fields: `max({selector}, field){rest}`, or one more `.where(field{rest})`"
                ));
                return;
            }
            NodeKind::Name(name) if is_trace_name(name) => {
                let modern = format!("{}{rest}", name.replacen('.', ":", 1));
                (
                    format!("`{name}` is a span's name; the trace's intrinsic has a colon"),
                    modern,
                )
            }
            NodeKind::Name(name) => match name.rsplit_once('.') {
                Some((span, field)) => (
                    format!(
                        "`{name}`: where the span's name ends and its field begins cannot be known"
                    ),
                    format!("{span}.where({field}{rest})"),
                ),
                None => (
                    format!("`{name}` is a field of a span, so it is compared inside `where`"),
                    format!("any.where({name}{rest})"),
                ),
            },
            _ => (
                "the fields of a span are compared inside `where`".to_owned(),
                format!("any.where({source})"),
            ),
        };
        let fault = self.fault(code::COMPARISON_OUTSIDE_WHERE, node.range(), message);
        fault.help = Some(format!("write `{modern}`"));
        fault.suggestion = Some(modern);
    }

    fn refuse_measure_alone(&mut self, node: &Node) {
        let source = self.source(node);
        let message = "a number alone is no condition; compare it";
        self.fault(code::VALUE_AS_CONDITION, node.range(), message)
            .help = Some(format!("`{source} > 0`"));
    }
}

fn is_trace_name(name: &str) -> bool {
    matches!(
        name,
        "trace.duration" | "trace.spanCount" | "trace.rootName" | "trace.rootService" | "trace.id"
    )
}

/// The op with its sides changed.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq | CompareOp::Ne => op,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}

/// What stands behind `left` in `source`, with the space before it.
fn folded_rest(source: &str, left: &str) -> String {
    source.strip_prefix(left).unwrap_or(source).to_owned()
}
