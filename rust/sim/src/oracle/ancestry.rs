//! Structure by parent ids, never by time. Where two spans share an id, both are parents of its children.

use super::select::Selection;
use super::{Trace, Truth};
use crate::model::Link;

impl Trace<'_> {
    /// A link of `a` names its trace and the id of such a span.
    pub fn linked_to(&self, a: usize, right: &Selection) -> Truth {
        let span = self.spans[a];
        let here = |link: &&Link| link.trace == span.trace && link.span != [0; 8];
        let named = |link: &Link| {
            let is_named = |(other, _): &(usize, Truth)| self.spans[*other].id == link.span;
            let members = right.others([a]).filter(is_named).map(|member| member.1);
            Truth::any(members).or(right.more)
        };
        Truth::any(span.links.iter().filter(here).map(named))
    }

    /// Some ancestor of `a` is in `right`.
    pub fn inside(&self, a: usize, right: &Selection) -> Truth {
        self.ancestor(a, right, &mut vec![self.spans[a].id])
    }

    /// `path` holds the ids walked so far, against cycles.
    fn ancestor(&self, a: usize, right: &Selection, path: &mut Vec<[u8; 8]>) -> Truth {
        let Some(parent) = self.spans[a].parent else {
            return Truth::False;
        };
        if path.contains(&parent) || !self.came(parent) {
            return Truth::ORPHAN;
        }
        path.push(parent);
        let parents = (0..self.spans.len()).filter(|b| self.spans[*b].id == parent);
        let found = Truth::any(parents.map(|b| right.has(b).or(self.ancestor(b, right, path))));
        path.pop();
        found
    }

    /// Every span's ancestors are known, up to a root.
    #[must_use]
    pub fn knows_ancestry(&self) -> bool {
        let nothing = Selection {
            members: Vec::new(),
            more: Truth::False,
        };
        (0..self.spans.len()).all(|span| self.inside(span, &nothing) == Truth::False)
    }

    /// A span of `right` is the parent of `a`. A bound one is known by its id, whoever else has not come.
    pub fn child_of(&self, a: usize, right: &Selection, is_bound: bool) -> Truth {
        let Some(parent) = self.spans[a].parent else {
            return Truth::False;
        };
        let is_parent = |b: &usize| *b != a && self.spans[*b].id == parent;
        if !is_bound && !(0..self.spans.len()).any(|b| is_parent(&b)) {
            return Truth::ORPHAN;
        }
        let members = right.members.iter().filter(|(b, _)| is_parent(b));
        Truth::any(members.map(|(_, selected)| *selected))
    }

    /// `a` is an ancestor of `b`.
    fn is_above(&self, a: usize, b: usize) -> Truth {
        let only_a = Selection {
            members: vec![(a, Truth::True)],
            more: Truth::False,
        };
        self.inside(b, &only_a)
    }

    /// One is an ancestor of the other.
    pub fn are_kin(&self, a: usize, b: usize) -> Truth {
        self.is_above(a, b).or(self.is_above(b, a))
    }

    /// Some span of `right` is below `a`.
    pub fn containing(&self, a: usize, right: &Selection) -> Truth {
        let below = |(b, selected): (usize, Truth)| selected.and(self.is_above(a, b));
        Truth::any(right.others([a]).map(below)).or(right.more)
    }

    /// Some span of `right` names `a` as its parent.
    pub fn parent_of(&self, a: usize, right: &Selection) -> Truth {
        let names_a = |(b, _): &(usize, Truth)| self.spans[*b].parent == Some(self.spans[a].id);
        let children = right.others([a]).filter(names_a);
        Truth::any(children.map(|(_, selected)| selected)).or(right.more)
    }

    /// A span of `right` has the same parent id.
    pub fn sibling_of(&self, a: usize, right: &Selection) -> Truth {
        let Some(parent) = self.spans[a].parent else {
            return Truth::False;
        };
        let shares = |(b, _): &(usize, Truth)| self.spans[*b].parent == Some(parent);
        let siblings = right.others([a]).filter(shares);
        Truth::any(siblings.map(|(_, selected)| selected)).or(right.more)
    }
}
