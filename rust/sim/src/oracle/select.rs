//! Selectors: which spans, how surely, and whether more may come. Order is by time, structure by ancestry.
//!
//! Touching counts, and the two spans of a pair are distinct.

use betrace_lang::rule::{Base, Nanos, Related, Relation, Selector, SpanSelector};

use super::{Bound, Trace, Truth};
use crate::model::Span;

/// What a selector selects.
pub struct Selection {
    /// Indices of spans that are selected surely (`True`) or perhaps (`Open`); never `False`.
    pub members: Vec<(usize, Truth)>,
    /// May a span that has not come yet be selected?
    pub more: Truth,
}

impl Selection {
    #[must_use]
    pub fn exists(&self) -> Truth {
        Truth::any(self.members.iter().map(|member| member.1)).or(self.more)
    }

    /// The members but for some spans: the other side of a pair.
    fn others<const N: usize>(&self, but: [usize; N]) -> impl Iterator<Item = (usize, Truth)> {
        self.members
            .iter()
            .copied()
            .filter(move |(span, _)| !but.contains(span))
    }
}

/// Only such a span stands in an order to others.
pub fn has_order(span: &Span) -> bool {
    span.start != 0 && span.end != 0 && span.start <= span.end
}

impl Trace<'_> {
    pub fn select(&self, selector: &Selector, bound: &Bound) -> Selection {
        match selector {
            Selector::Spans(spans) => self.select_spans(spans, bound),
            Selector::Bound(binding) => Selection {
                members: vec![(bound[usize::from(binding.0)], Truth::True)],
                more: Truth::False,
            },
            Selector::Related(related) => self.select_related(related, bound),
        }
    }

    fn select_spans(&self, selector: &SpanSelector, bound: &Bound) -> Selection {
        let trace = Truth::all(
            selector
                .trace
                .iter()
                .map(|part| self.trace_condition(part, bound)),
        );
        let mut members = Vec::new();
        for (index, span) in self.spans.iter().enumerate() {
            let base = match &selector.base {
                Base::Named(name) => span.name == **name,
                Base::Any => true,
                Base::Root => span.parent.is_none(),
            };
            let proven = |part| self.proven(part, span, bound);
            let selected = Truth::known(base)
                .and(trace)
                .and(Truth::all(selector.filter.iter().map(proven)));
            if selected != Truth::False {
                members.push((index, selected));
            }
        }
        Selection {
            members,
            more: self.more.and(trace),
        }
    }

    fn select_related(&self, related: &Related, bound: &Bound) -> Selection {
        let left = self.select(&related.left, bound);
        let mut members = Vec::new();
        for (span, selected) in left.members {
            let selected = selected.and(self.stands(span, &related.relation, bound));
            if selected != Truth::False {
                members.push((span, selected));
            }
        }
        Selection {
            members,
            more: left.more,
        }
    }

    /// Does this left span stand in the relation?
    fn stands(&self, a: usize, relation: &Relation, bound: &Bound) -> Truth {
        match relation {
            Relation::Before { right, within } => {
                let key = |span: &Span| (i128::from(span.start), i128::from(span.end));
                self.nearest(a, &self.select(right, bound), *within, key)
            }
            // `after` is `before` with time running backwards.
            Relation::After { right, within } => {
                let key = |span: &Span| (-i128::from(span.end), -i128::from(span.start));
                self.nearest(a, &self.select(right, bound), *within, key)
            }
            Relation::Then { right, within } => self.then(a, &self.select(right, bound), *within),
            Relation::Inside { right } => {
                self.inside(a, &self.select(right, bound), &mut vec![self.spans[a].id])
            }
            Relation::ChildOf { right } => self.child_of(a, right, bound),
            Relation::SiblingOf { right } => {
                let right = self.select(right, bound);
                let Some(parent) = self.spans[a].parent else {
                    return Truth::False;
                };
                let siblings = right
                    .others([a])
                    .filter(|(b, _)| self.spans[*b].parent == Some(parent));
                Truth::any(siblings.map(|(_, selected)| selected)).or(right.more)
            }
            Relation::Between { from, to } => {
                let to = self.select(to, bound);
                self.in_scope(a, &self.select(from, bound), &to, false)
            }
            Relation::AfterUntil { from, to } => {
                let to = self.select(to, bound);
                self.in_scope(a, &self.select(from, bound), &to, true)
            }
        }
    }

    /// `a` ends no later than the first of `right` starts, where `key` gives (start, end).
    fn nearest(
        &self,
        a: usize,
        right: &Selection,
        within: Option<Nanos>,
        key: impl Fn(&Span) -> (i128, i128),
    ) -> Truth {
        let others: Vec<(usize, Truth)> = right.others([a]).collect();
        if others.is_empty() && right.more == Truth::False {
            return Truth::False;
        }
        if !has_order(self.spans[a]) {
            return Truth::SKEW;
        }
        let end = key(self.spans[a]).1;
        let near =
            |first: i128| end <= first && within.is_none_or(|most| first - end <= i128::from(most));
        // The first is the first sure one, or any earlier one among those that are not sure.
        let start = |b: &usize| key(self.spans[*b]).0;
        let ordered = |b: &usize| has_order(self.spans[*b]);
        let sure = others
            .iter()
            .filter(|(b, selected)| *selected == Truth::True && ordered(b));
        let first = sure.map(|(b, _)| start(b)).min();
        let mut possible = vec![first.is_some_and(near)];
        let mut why = right.more.reasons();
        let mut anywhen = right.more != Truth::False;
        for (b, selected) in &others {
            if !ordered(b) {
                anywhen = true;
                why = why.with(selected.and(Truth::SKEW).reasons());
            } else if *selected != Truth::True && first.is_none_or(|first| start(b) < first) {
                possible.push(near(start(b)));
                why = why.with(selected.reasons());
            }
        }
        if anywhen {
            possible.push(false);
            possible.push(first.is_none_or(|first| end <= first));
        }
        match (possible.contains(&true), possible.contains(&false)) {
            (true, true) => Truth::Open(why),
            (truth, _) => Truth::known(truth),
        }
    }

    /// Some span of `right` starts when `a` has ended.
    fn then(&self, a: usize, right: &Selection, within: Option<Nanos>) -> Truth {
        let follows = |(b, selected): (usize, Truth)| {
            let (a, b) = (self.spans[a], self.spans[b]);
            if !has_order(a) || !has_order(b) {
                return selected.and(Truth::SKEW);
            }
            let near = within.is_none_or(|most| b.start.saturating_sub(a.end) <= most);
            selected.and(Truth::known(a.end <= b.start && near))
        };
        Truth::any(right.others([a]).map(follows)).or(right.more)
    }

    /// Some ancestor of `a` is in `right`. `path` holds the ids walked so far, against cycles.
    fn inside(&self, a: usize, right: &Selection, path: &mut Vec<[u8; 8]>) -> Truth {
        let Some(parent) = self.spans[a].parent else {
            return Truth::False;
        };
        if path.contains(&parent) {
            return Truth::ORPHAN;
        }
        path.push(parent);
        let mut found = Truth::False;
        let mut came = false;
        for (b, span) in self.spans.iter().enumerate() {
            if span.id == parent {
                came = true;
                let member = right.members.iter().find(|(member, _)| *member == b);
                found = found.or(member.map_or(Truth::False, |member| member.1));
                found = found.or(self.inside(b, right, path));
            }
        }
        path.pop();
        if came { found } else { Truth::ORPHAN }
    }

    fn child_of(&self, a: usize, right: &Selector, bound: &Bound) -> Truth {
        let Some(parent) = self.spans[a].parent else {
            return Truth::False;
        };
        let selection = self.select(right, bound);
        let parents = selection
            .others([a])
            .filter(|(b, _)| self.spans[*b].id == parent);
        let found = Truth::any(parents.map(|(_, selected)| selected));
        let came = self
            .spans
            .iter()
            .enumerate()
            .any(|(b, span)| b != a && span.id == parent);
        // A bound span is known by its id, whoever else has not come.
        match right {
            Selector::Bound(_) => found,
            _ if came => found,
            _ => Truth::ORPHAN,
        }
    }

    /// `a` lies wholly after some `q`, and before the next `r` that starts after that `q`; which must come
    /// unless `until`.
    fn in_scope(&self, a: usize, from: &Selection, to: &Selection, until: bool) -> Truth {
        let opened = |(q, selected): (usize, Truth)| selected.and(self.scope_of(q, a, to, until));
        Truth::any(from.others([a]).map(opened)).or(from.more)
    }

    fn scope_of(&self, q: usize, a: usize, to: &Selection, until: bool) -> Truth {
        let (opening, inner) = (self.spans[q], self.spans[a]);
        if !has_order(opening) || !has_order(inner) {
            return Truth::SKEW;
        }
        if inner.start < opening.end {
            return Truth::False;
        }
        let (mut cut, mut closed) = (to.more, to.more);
        for (r, selected) in to.others([a, q]) {
            let closing = self.spans[r];
            if !has_order(closing) {
                cut = cut.or(selected.and(Truth::SKEW));
                closed = closed.or(selected.and(Truth::SKEW));
            } else if closing.start >= inner.end {
                closed = closed.or(selected);
            } else if closing.start >= opening.end {
                cut = cut.or(selected);
            }
        }
        cut.not().and(if until { Truth::True } else { closed })
    }
}
