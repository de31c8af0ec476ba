//! Conditions on a bound span: `p.where(C)`, and what people write first, `p.x == 3`, which is `p.where(x == 3)`.

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::{Checker, Subject};
use crate::condition::dialect::Dialect;
use crate::condition::token::Function;
use crate::rule::{Base, BindingId, Expr, ExprKind, Field, Intrinsic, Scope, SpanSelector};

impl<'a> Checker<'a> {
    /// The bound span that a `.where( )` stands behind.
    pub(super) fn bound_base(&self, base: &'a Node) -> Option<BindingId> {
        match &self.looked_through(base).kind {
            NodeKind::Name(name) => self.binding(name),
            _ => None,
        }
    }

    /// The bound span whose field, or itself, begins a comparison.
    pub(super) fn bound_left(&self, node: &Node) -> Option<BindingId> {
        match &node.bare().kind {
            NodeKind::Name(name) | NodeKind::Intrinsic(name) => {
                self.binding(name.split(['.', ':']).next()?)
            }
            NodeKind::Attribute {
                scope,
                is_older: false,
                ..
            } => self.binding(scope.split('.').next()?),
            _ => None,
        }
    }

    /// The bound span that a side of a comparison begins with, be it computed: `p.x + p.y`, `p.x as ms`, `lower(p.x)`.
    /// All fields of a sum are of bound spans.
    pub(super) fn bound_side(&self, node: &Node) -> Option<BindingId> {
        match &node.bare().kind {
            NodeKind::Sum { first, rest } => {
                let parts = || std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part));
                let is_bound = |part: &Node| part.is_value() || self.bound_side(part).is_some();
                parts()
                    .all(is_bound)
                    .then(|| parts().find_map(|part| self.bound_side(part)))?
            }
            NodeKind::As { of, .. } => self.bound_left(of),
            NodeKind::Call {
                function: Function::Lower | Function::Length,
                arguments,
            } => self.bound_left(arguments.first()?),
            _ => self.bound_left(node),
        }
    }

    /// `p.where(C)`
    pub(super) fn bound_where(
        &mut self,
        node: &'a Node,
        binding: BindingId,
        filters: &'a [Node],
    ) -> Option<ExprKind> {
        self.proved(node, Subject::Filtered(binding), filters)
    }

    /// `p.x == 3`, `p.x in [a, b]`, `exists(p.x)`
    pub(super) fn bound_comparison(
        &mut self,
        node: &'a Node,
        binding: BindingId,
    ) -> Option<ExprKind> {
        self.proved(node, Subject::Named(binding), std::slice::from_ref(node))
    }

    /// That the bound span proves all filters; parts that read the trace are conditions of their own.
    fn proved(
        &mut self,
        node: &'a Node,
        subject: Subject,
        filters: &'a [Node],
    ) -> Option<ExprKind> {
        let outer = self.subject.replace(subject);
        let mut spans = SpanSelector::all(Base::Any);
        let mut is_whole = true;
        for filter in filters {
            let part = self.filter(filter, Dialect::Modern, &[]);
            let added = part.and_then(|part| self.add_filter(&mut spans, filter, part));
            is_whole &= added.is_some();
        }
        self.subject = outer;
        if !is_whole {
            return None;
        }
        let text = self.place.shown(node.range());
        let bound = ExprKind::Bound {
            binding: subject.binding(),
            filter: spans.filter,
        };
        let has_bound = !matches!(&bound, ExprKind::Bound { filter, .. } if filter.is_empty());
        let mut kinds: Vec<ExprKind> = has_bound.then_some(bound).into_iter().collect();
        kinds.extend(spans.trace.into_iter().map(Box::new).map(ExprKind::Trace));
        if kinds.len() == 1 {
            return kinds.pop();
        }
        let part = |kind| Expr {
            kind,
            text: text.clone(),
        };
        Some(ExprKind::And(kinds.into_iter().map(part).collect()))
    }

    /// Where a comparison begins with the bound span's name: the field behind it. `None`: it is no such field.
    pub(super) fn subject_field(&mut self, node: &'a Node) -> Option<Option<Field>> {
        let Some(Subject::Named(binding)) = self.subject else {
            return None;
        };
        if self.bound_left(node) != Some(binding) {
            return None;
        }
        let range = self.behind_subject(node);
        Some(match &node.kind {
            NodeKind::Name(name) => match name.split_once('.') {
                Some((_, rest)) => {
                    let (scope, key) = Scope::split(rest);
                    self.warn_like_intrinsic(node, scope, key);
                    self.attribute(node, range, scope, key)
                }
                None => {
                    let message = format!("`{name}` is a bound span, not a field");
                    self.fault(code::NEEDS_FIELD, node.range(), message).help = Some(format!(
                        "a field of it: `{name}.order.id == 5`; whether two names are of one span: `{name}.span:id == q.span:id`"
                    ));
                    None
                }
            },
            NodeKind::Intrinsic(name) => match name.split_once('.') {
                Some((_, rest)) => match self.intrinsic_at(node, range, rest)? {
                    Field::Intrinsic(known) if known.is_of_trace() => {
                        self.refuse_trace_of_span(node, known);
                        None
                    }
                    field => Some(field),
                },
                None => self.intrinsic(node, name),
            },
            NodeKind::Attribute { scope, key, .. } => {
                let written = scope.split_once('.').map_or("", |(_, rest)| rest);
                match Scope::written(written) {
                    Some(scope) => self.attribute(node, range, scope, key),
                    None if written.is_empty() => {
                        self.attribute(node, range, Scope::SpanThenResource, key)
                    }
                    None => {
                        self.refuse_bound_left(node, written);
                        None
                    }
                }
            }
            _ => None,
        })
    }

    pub(super) fn refuse_trace_of_span(&mut self, node: &Node, intrinsic: Intrinsic) {
        let fault = self.fault(
            code::FIELD_HERE,
            node.range(),
            "a trace's intrinsics are the same for all its spans; write them without the bound span",
        );
        fault.suggestion = Some(intrinsic.as_str().to_owned());
    }
}
