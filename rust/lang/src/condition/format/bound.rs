//! What people write first of a bound span in the form that it has: `p.x == 3` is `p.where(x == 3)`.

use crate::condition::ast::{Clause, ClauseWord, Document, Node, NodeKind};
use crate::condition::format::edits::Edits;
use crate::condition::token::Function;
use crate::rule::Name;

/// The names that the text itself binds.
pub(super) fn names(document: &Document) -> Vec<Name> {
    let Document::Clauses(clauses) = document else {
        return Vec::new();
    };
    let is_each = |clause: &&Clause| clause.word == ClauseWord::WhenEach;
    let items = clauses
        .iter()
        .filter(is_each)
        .flat_map(|clause| &clause.items);
    let parts = items.flat_map(|item| match &item.kind {
        NodeKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(item),
    });
    let name = |part: &Node| match &part.bare().kind {
        NodeKind::As { name, .. } => match &name.kind {
            NodeKind::Name(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    parts.filter_map(name).collect()
}

/// The text with every comparison that begins with one of `names` behind its `.where( )`.
pub(super) fn rewritten(text: &str, document: &Document, names: &[Name]) -> String {
    let mut writer = WhereWriter {
        names,
        edits: Edits::default(),
    };
    match document {
        Document::Pattern(items) => items.iter().for_each(|item| writer.condition(item)),
        Document::Clauses(clauses) => {
            let items = clauses.iter().flat_map(|clause| &clause.items);
            items.for_each(|item| writer.condition(item));
        }
        // It binds nothing.
        Document::Broken | Document::OneSpanRule { .. } | Document::Windows { .. } => {}
    }
    writer.edits.applied(text)
}

struct WhereWriter<'a> {
    names: &'a [Name],
    edits: Edits,
}

impl WhereWriter<'_> {
    fn condition(&mut self, node: &Node) {
        let node = node.bare();
        match &node.kind {
            NodeKind::And(parts) | NodeKind::Or(parts) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            NodeKind::Not(inner) => self.condition(inner),
            NodeKind::Compare { left, .. } | NodeKind::Test { left, .. } => {
                self.comparison(node, left);
            }
            NodeKind::Call {
                function: Function::Asks(_),
                arguments,
            } => arguments
                .iter()
                .for_each(|argument| self.comparison(node, argument)),
            NodeKind::Call {
                function: Function::Has,
                arguments,
            } => arguments
                .iter()
                .for_each(|argument| self.condition(argument)),
            _ => {}
        }
    }

    fn comparison(&mut self, node: &Node, left: &Node) {
        let left = left.bare();
        let written = match &left.kind {
            NodeKind::Name(name) | NodeKind::Intrinsic(name) => name,
            NodeKind::Attribute {
                scope,
                is_older: false,
                ..
            } => scope,
            _ => return,
        };
        let first = written.split('.').next().unwrap_or_default();
        if !self.names.iter().any(|name| **name == *first) || first.len() == left.end - left.start {
            return;
        }
        self.edits
            .add(node.start..node.start, format!("{first}.where("));
        self.edits.add(left.start..left.start + first.len() + 1, "");
        self.edits.add(node.end..node.end, ")");
    }
}
