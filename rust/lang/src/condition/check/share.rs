//! Shares: of traces, by conditions, or of spans, by selectors of which one refines the other.

use crate::codes::conditions as code;
use crate::condition::ast::Node;
use crate::condition::check::checker::Checker;
use crate::rule::{Base, Expr, ExprKind, Number, Related, Selector, WindowMeasure};

impl<'a> Checker<'a> {
    /// Of spans where both are selectors, else of traces.
    pub(super) fn share(&mut self, node: &'a Node, of: Expr, among: Expr) -> Option<WindowMeasure> {
        let (ExprKind::Exists(part), ExprKind::Exists(whole)) = (&of.kind, &among.kind) else {
            return Some(WindowMeasure::ShareOfTraces { of, among });
        };
        if refines(part, whole) {
            return Some(WindowMeasure::ShareOfSpans {
                of: part.clone(),
                among: whole.clone(),
            });
        }
        let (of, among) = (
            self.printer().selector(part),
            self.printer().selector(whole),
        );
        let message = format!("`{of}` selects other spans than `{among}`, and so no part of them");
        self.fault(code::SHARE, node.range(), message).help = Some(format!(
            "of spans: `share({among}.where(…), {among})`; of traces: `share({among} and {of}, {among})`"
        ));
        None
    }
}

impl Number {
    /// A percentage as a share, exactly as `0.99` is read.
    pub(super) fn hundredth(self) -> Number {
        let text = format!("{}e-2", self.to_f64());
        text.parse()
            .ok()
            .and_then(Number::from_f64)
            .unwrap_or(Number::Int(0))
    }
}

/// Whether every span that `part` selects is one that `whole` does, as far as the text says.
fn refines(part: &Selector, whole: &Selector) -> bool {
    match (part, whole) {
        (Selector::Spans(part), Selector::Spans(whole)) => {
            (part.base == whole.base || whole.base == Base::Any)
                && whole.filter.iter().all(|one| part.filter.contains(one))
                && whole.trace.iter().all(|one| part.trace.contains(one))
        }
        (Selector::Related(part), Selector::Related(whole)) => {
            let (Related { left, relation }, whole) = (&**part, &**whole);
            *relation == whole.relation && refines(left, &whole.left)
        }
        (Selector::Related(part), whole @ Selector::Spans(_)) => refines(&part.left, whole),
        _ => false,
    }
}
