//! The bound span that a comparison begins with.

use std::ops::Range;

use crate::condition::ast::Node;
use crate::condition::check::checker::{Checker, Subject};

impl Checker<'_> {
    /// Where a field is written, without the name of the bound span that the comparison begins with.
    pub(super) fn behind_subject(&self, node: &Node) -> Range<usize> {
        let range = node.bare().range();
        match self.subject {
            Some(Subject::Named(binding)) if self.bound_left(node) == Some(binding) => {
                let name = self.bindings.get(usize::from(binding.0));
                range.start + name.map_or(0, |name| name.len() + 1)..range.end
            }
            _ => range,
        }
    }
}
