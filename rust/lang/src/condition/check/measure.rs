//! Counts and measures.

use std::sync::Arc;

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::Checker;
use crate::condition::dialect::Dialect;
use crate::condition::token::Function;
use crate::rule::{
    Aggregate, CompareOp, ExprKind, Field, Intrinsic, Measure, Quantity, Selector, Term,
};

impl<'a> Checker<'a> {
    /// `left op right` with a measure on the left.
    pub(super) fn measured(
        &mut self,
        node: &'a Node,
        left: &'a Node,
        op: CompareOp,
        right: &'a Node,
    ) -> Option<ExprKind> {
        let left_seen = self.looked_through(left);
        if let NodeKind::By { .. } = &left_seen.kind {
            return self.grouped(left, op, right);
        }
        if let NodeKind::Times { .. } = &left_seen.kind {
            if self.is_measure(right)
                && !matches!(self.looked_through(right).kind, NodeKind::Times { .. })
            {
                // `2 * count(A) > count(B)` is `count(B) < 2 * count(A)`.
                return self.measured(node, right, op.mirrored(), left);
            }
            self.fault(
                code::FACTOR,
                left.range(),
                "a factor stands on one side only, before a measure that another is compared with",
            )
            .help = Some("`count(A) > 2 * count(B)`".into());
            return None;
        }
        let measure = self.measure(left);
        let quantity = self.quantity(right);
        let (measure, quantity) = (measure?, quantity?);
        self.same_unit(&measure, &quantity, left, right)?;
        let is_average = match &quantity {
            Quantity::Measure { measure: other, .. } => measure.is_average() || other.is_average(),
            _ => measure.is_average(),
        };
        let term = matches!(quantity, Quantity::Term(_)).then(|| self.place.folded(right.range()));
        self.warn_false_of_nothing(node, is_average, term.as_deref());
        Some(ExprKind::Compare {
            left: Box::new(measure),
            op,
            right: Box::new(quantity),
        })
    }

    pub(super) fn measure(&mut self, node: &'a Node) -> Option<Measure> {
        self.descend(node)?;
        let outer = std::mem::take(&mut self.breaks_if_false); // A lower count may keep the rule.
        let checked = self.measure_at(node.bare());
        self.breaks_if_false = outer;
        self.ascend();
        checked
    }

    fn measure_at(&mut self, node: &'a Node) -> Option<Measure> {
        if let Some(found) = self.vocabulary.macro_at(node, &self.bindings) {
            return self.expanded(node, found, |checker, inner| checker.measure(inner));
        }
        match &node.kind {
            NodeKind::Call {
                function,
                arguments,
            } => self.called(node, *function, arguments),
            NodeKind::DotCount(of) => {
                let selector = self.selector(of)?;
                let modern = format!("count({})", self.printer().selector(&selector));
                self.note_trace_spans(node, &modern);
                Some(Measure::Count(selector))
            }
            NodeKind::Where { base, filters } => self.filtered_count(node, base, filters),
            NodeKind::Within { measure, window } => self.counted_within(measure, window),
            NodeKind::By { .. } => {
                self.fault(
                    code::GROUPED,
                    node.range(),
                    "a measure by groups is compared with a number or a duration",
                )
                .help = Some("`count(S) by f > 10`".into());
                None
            }
            _ if self.is_trace_field(node) => self.refuse_trace_measure(node),
            _ => {
                let source = self.place.folded(node.range());
                let message = format!("`{source}` is no measure");
                self.fault(code::NEEDS_VALUE, node.range(), message).help =
                    Some("`count(S)`, or `sum min max avg distinct` of `(S, field)`".into());
                None
            }
        }
    }

    /// A trace is as long and as large as what is seen of it, which is no measure of spans; what mostly is meant is one.
    pub(super) fn refuse_trace_measure<T>(&mut self, node: &'a Node) -> Option<T> {
        let source = self.place.folded(node.range());
        let meant = match &*source {
            "trace:duration" => Some(("how long its root took", "max(root, span:duration)")),
            "trace:spanCount" => Some(("how many spans it has", "count(any)")),
            _ => None,
        };
        let message = match meant {
            Some((what, modern)) => {
                format!("`{source}` is compared with a value alone; {what} is `{modern}`")
            }
            None => format!("`{source}` is compared with a value alone"),
        };
        self.fault(code::NEEDS_VALUE, node.range(), message)
            .suggestion = meant.map(|(_, modern)| modern.to_owned());
        None
    }

    /// `count(S) within 10s`
    fn counted_within(&mut self, measure: &'a Node, window: &'a Node) -> Option<Measure> {
        let counted = self.measure(measure);
        let window = self.bound_of_gap(window).ok();
        let Measure::Count(selector) = counted? else {
            self.fault(
                code::WITHIN,
                measure.range(),
                "only what `count(S)` counts is counted within a stretch of time",
            )
            .help = Some("`count(S) within 10s > 50`".into());
            return None;
        };
        Some(Measure::Within {
            selector,
            window: window?,
        })
    }

    /// Older: `trace.count(x).where(c)`.
    fn filtered_count(
        &mut self,
        node: &'a Node,
        base: &'a Node,
        filters: &'a [Node],
    ) -> Option<Measure> {
        let measure = self.measure(base);
        let mut parts = Vec::new();
        for filter in filters {
            parts.push((filter, self.filter(filter, Dialect::OneSpan, &[])));
        }
        let Measure::Count(Selector::Spans(mut spans)) = measure? else {
            self.fault(
                code::BOUND_FILTER,
                node.range(),
                "only the spans of a plain `count(…)` can be filtered behind it",
            )
            .help = Some("filter inside: `count(S.where(…))`".into());
            return None;
        };
        for (filter, part) in parts {
            self.add_filter(Arc::make_mut(&mut spans), filter, part?)?;
        }
        let selector = Selector::Spans(spans);
        let modern = format!("count({})", self.printer().selector(&selector));
        let fault = self.fault(
            code::OLDER_CALL,
            node.range(),
            "a filter behind a count is an older spelling of one inside it",
        );
        fault.help = Some(format!("write `{modern}`"));
        fault.suggestion = Some(modern);
        Some(Measure::Count(selector))
    }

    fn called(
        &mut self,
        node: &'a Node,
        function: Function,
        arguments: &'a [Node],
    ) -> Option<Measure> {
        let aggregate = match function {
            Function::Count | Function::Overlap => None,
            Function::Of(aggregate) => Some(aggregate),
            Function::Asks(_) | Function::Has => {
                self.fault(
                    code::NEEDS_VALUE,
                    node.range(),
                    "this is a condition, not a number",
                );
                return None;
            }
            Function::Lower | Function::Length => {
                self.fault(
                    code::NEEDS_VALUE,
                    node.range(),
                    "this is a value of one span, not a measure",
                )
                .help =
                    Some("it is compared inside `where`: `any.where(lower(x) == admin)`".into());
                return None;
            }
            function if function.is_over_traces() => return self.refuse_over_traces(node),
            _ => return None,
        };
        match (aggregate, arguments) {
            (None, [spans]) => {
                let selector = self.selector_or_one_span(spans)?;
                Some(match function {
                    Function::Overlap => Measure::Overlap(selector),
                    _ => Measure::Count(selector),
                })
            }
            (Some(function), [spans, field]) => {
                let selector = self.selector_or_one_span(spans);
                let of = self.measured_term(function, field);
                Some(Measure::Of {
                    function,
                    selector: selector?,
                    of: of?,
                })
            }
            (None, _) => {
                let name = match function {
                    Function::Overlap => "overlap",
                    _ => "count",
                };
                let message = format!("`{name}` takes one selector");
                self.fault(code::ARGUMENTS, node.range(), message).help =
                    Some(format!("`{name}(http.retry)`; of all spans: `{name}(any)`"));
                None
            }
            (Some(function), _) => {
                let name = function.as_str();
                self.fault(
                    code::ARGUMENTS,
                    node.range(),
                    format!("`{name}` takes a selector and a field"),
                )
                .help = Some(format!("`{name}(payment.charge_card, amount)`"));
                None
            }
        }
    }

    /// What is measured of each span: a field, or what is made of its fields.
    pub(super) fn measured_term(&mut self, function: Aggregate, node: &'a Node) -> Option<Term> {
        let refused = match &node.bare().kind {
            NodeKind::Times { .. } => Some((
                code::FACTOR,
                "a factor stands before a measure, not in it",
                "bring it to the other side: `sum(S, x) > 50` for `sum(S, 2 * x) > 100`; twice a field is `x + x`",
            )),
            NodeKind::Sum { rest, .. } if rest.len() > 1 => Some((
                code::SUM,
                "a sum has two parts, and no more",
                "give the span an attribute that has the whole, or measure two at a time: `sum(S, x + y)`",
            )),
            _ => None,
        };
        if let Some((code, message, help)) = refused {
            self.fault(code, node.range(), message).help = Some(help.to_owned());
            return None;
        }
        let Some(term) = self.computed(node, Dialect::Modern) else {
            return self.measured_field(function, node).map(Term::Field);
        };
        let term = term?;
        let source = self.place.folded(node.range());
        for field in term.reads() {
            if let Field::Bound { .. } = field {
                let message =
                    format!("`{source}` reads a bound span, and a measure is of each span alone");
                self.fault(code::FIELD_HERE, node.range(), message).help = Some(
                    "a bound span stands on the other side, or in the `where` of what is measured"
                        .into(),
                );
                return None;
            }
            self.one_value(field, node)?;
        }
        if function == Aggregate::Distinct {
            let message = format!("`{source}` is computed, and `distinct` takes a field as it is");
            self.fault(code::FIELD_HERE, node.range(), message).help =
                Some("how many different values: `distinct(S, x)`".into());
            return None;
        }
        if term.is_text() {
            let message = format!("`{source}` is a text, and a measure is of numbers");
            self.fault(code::UNLIKE_TYPES, node.range(), message).help =
                Some("how long a text is, is `length(x)`".into());
            return None;
        }
        Some(term)
    }

    fn measured_field(&mut self, function: Aggregate, node: &'a Node) -> Option<Field> {
        let field = self.field(node, Dialect::Modern)?;
        self.one_value(&field, node)?;
        let intrinsic = field.intrinsic();
        let is_text = intrinsic.is_some_and(|intrinsic| intrinsic != Intrinsic::SpanDuration);
        if is_text && function != Aggregate::Distinct {
            let source = self.place.folded(node.range());
            let message = format!("`{source}` is no number");
            self.fault(code::UNLIKE_TYPES, node.range(), message).help =
                Some(format!("how many different ones: `distinct(S, {source})`"));
            return None;
        }
        Some(field)
    }

    /// Refuses what has many values on one span, or one for the whole trace.
    pub(super) fn one_value(&mut self, field: &Field, node: &Node) -> Option<()> {
        let is_many = field.has_many_values();
        let is_trace = field.intrinsic().is_some_and(Intrinsic::is_of_trace);
        if !is_many && !is_trace {
            return Some(());
        }
        let (message, help) = if is_many {
            (
                "a span has many events and links; a measure takes one value of each span",
                "count the spans that have such a one: `count(any.where(event.size > 5)) > 3`",
            )
        } else {
            (
                "a trace's intrinsics are the same for all its spans",
                "compare it as it is: `trace:duration > 5s`",
            )
        };
        self.fault(code::FIELD_HERE, node.range(), message).help = Some(help.into());
        None
    }
}
