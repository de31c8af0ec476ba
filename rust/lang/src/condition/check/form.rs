//! What form a part has where the macros that it names are looked through.

use crate::condition::ast::{Document, Node, NodeKind};
use crate::condition::check::checker::{Checker, MAX_MACRO_DEPTH};
use crate::condition::vocabulary::{NOTHING, Whose};

impl<'a> Checker<'a> {
    /// `node` as it reads where its macros, if it is the name of one, are looked through.
    pub fn looked_through(&self, node: &'a Node) -> &'a Node {
        let mut node = node.bare();
        let mut vocabulary = self.vocabulary;
        for _ in 0..MAX_MACRO_DEPTH {
            let Some(found) = vocabulary.macro_at(node, &self.bindings) else {
                break;
            };
            vocabulary = match found.whose {
                Whose::Same => vocabulary,
                Whose::Shipped => &NOTHING,
                Whose::Used(home) => &home.vocabulary,
            };
            match &found.text.document(self.limits).0 {
                Document::Pattern(items) => match items.as_slice() {
                    [only] => node = only.bare(),
                    _ => break,
                },
                _ => break,
            }
        }
        node
    }

    /// Whether `node` is a number computed from spans.
    pub fn is_measure(&self, node: &'a Node) -> bool {
        let is_call = |node: &Node| matches!(&node.kind, NodeKind::Call { function, .. } if function.is_measure());
        let node = self.looked_through(node);
        match &node.kind {
            NodeKind::Call { .. } => is_call(node),
            NodeKind::By { .. } | NodeKind::Within { .. } | NodeKind::DotCount(_) => true,
            NodeKind::Times { left, right } => self.is_measure(left) || self.is_measure(right),
            NodeKind::Where { base, .. } => is_call(base.bare()),
            _ => false,
        }
    }

    /// Whether this is compared as totals: a measure is in it, and something that is added to one, or a multiple of what
    /// is read of a bound span.
    pub fn are_totals(&self, left: &'a Node, right: &'a Node) -> bool {
        (self.has_measure(left) || self.has_measure(right))
            && (self.is_reckoned(left) || self.is_reckoned(right))
    }

    fn is_reckoned(&self, node: &'a Node) -> bool {
        let node = self.looked_through(node);
        match &node.kind {
            NodeKind::Sum { first, rest } => {
                let mut parts = std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part));
                self.has_measure(node)
                    || parts.any(|part| {
                        matches!(part.bare().kind, NodeKind::Times { .. })
                            || self.is_trace_field(part)
                    })
            }
            NodeKind::Times { left, right } => {
                self.bound_side(left).is_some() || self.bound_side(right).is_some()
            }
            _ => false,
        }
    }

    pub fn has_measure(&self, node: &'a Node) -> bool {
        match &self.looked_through(node).kind {
            NodeKind::Sum { first, rest } => {
                self.has_measure(first) || rest.iter().any(|(_, part)| self.has_measure(part))
            }
            _ => self.is_measure(node),
        }
    }

    pub fn is_trace_field(&self, node: &'a Node) -> bool {
        matches!(&self.looked_through(node).kind, NodeKind::Intrinsic(name) if name.starts_with("trace:"))
    }
}
