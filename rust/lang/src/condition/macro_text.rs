//! A macro: a text that stands for its name, parsed at its first use.

use std::sync::{Arc, OnceLock};

use crate::condition::ast::{Document, Node, NodeKind};
use crate::condition::parse::parse;
use crate::condition::token::Function;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

#[derive(Debug)]
pub(crate) struct Macro {
    pub text: Arc<str>,
    parsed: OnceLock<(Document, Vec<Fault>)>,
}

impl Macro {
    /// `text` is not looked at before it is used.
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Macro {
        let parsed = OnceLock::new();
        let text = text.into();
        Macro { text, parsed }
    }

    pub(crate) fn document(&self, limits: &Limits) -> &(Document, Vec<Fault>) {
        self.parsed.get_or_init(|| {
            let mut faults = Vec::new();
            let document = parse((&*self.text).into(), limits, &mut faults);
            (document, faults)
        })
    }

    /// Whether it stands where a selector may; else it is a condition on one span, if it is sound at all.
    pub(crate) fn selects_spans(&self, limits: &Limits) -> bool {
        let Document::Pattern(items) = &self.document(limits).0 else {
            return false;
        };
        let is_item = |base: &Node| matches!(&base.bare().kind, NodeKind::Name(name) if matches!(&**name, "event" | "link"));
        items.first().is_some_and(|only| match &only.bare().kind {
            NodeKind::Where { base, .. } => !is_item(base),
            NodeKind::Call { function, .. } => *function == Function::Has,
            NodeKind::Name(_) | NodeKind::Quoted(_) | NodeKind::Chain { .. } => true,
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spans_have_is_asked_of_selectors_and_what_else_there_is_of_one_span() {
        for (text, selects) in [
            ("charge", true),
            ("\"GET /\"", true),
            ("charge.where(amount > 5)", true),
            ("has(charge)", true),
            ("a inside b", true),
            ("event.where(name == \"x\")", false),
            ("link.where(kind == \"x\")", false),
            ("amount > 5", false),
            ("amount > 5 and has(user)", false),
            ("a and", false),
        ] {
            let selects_spans = Macro::new(text).selects_spans(&Limits::default());
            assert_eq!(selects_spans, selects, "{text}");
        }
    }
}
