//! Order by time. A span is an interval, touching counts, and a span whose times make no sense has no place.

use betrace_lang::rule::{Gap, GroupKey};

use super::select::Selection;
use super::{Trace, Truth};
use crate::model::Span;

/// Only such a span stands in an order to others.
#[must_use]
pub fn has_order(span: &Span) -> bool {
    span.start != 0 && span.end != 0 && span.start <= span.end
}

/// On a line on which the time may run backwards: the point of a span that is held against others, and the point
/// that others are held against.
type Line = fn(&Span) -> (i128, i128);

fn start(span: &Span) -> i128 {
    i128::from(span.start)
}

fn end(span: &Span) -> i128 {
    i128::from(span.end)
}

/// Whether a gap in time lies within its bounds; a negative one never does.
fn fits(gap: i128, within: Option<Gap>) -> bool {
    let least = within.map_or(0, |gap| i128::from(gap.least));
    let most = within
        .and_then(|gap| gap.most)
        .map_or(i128::MAX, i128::from);
    (least..=most).contains(&gap)
}

impl Trace<'_> {
    pub fn before(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        self.nearest(a, right, within, |span| (end(span), start(span)))
    }

    pub fn after(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        self.nearest(a, right, within, |span| (-start(span), -end(span)))
    }

    pub fn starts_before(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        self.nearest(a, right, within, |span| (start(span), start(span)))
    }

    pub fn starts_after(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        self.nearest(a, right, within, |span| (-start(span), -start(span)))
    }

    pub fn ends_before(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        self.nearest(a, right, within, |span| (end(span), end(span)))
    }

    pub fn ends_after(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        self.nearest(a, right, within, |span| (-end(span), -end(span)))
    }

    /// The point of `a` lies no later than the first point of `right`, and that one is near enough.
    fn nearest(&self, a: usize, right: &Selection, within: Option<Gap>, line: Line) -> Truth {
        let others = || right.others([a]);
        if others().next().is_none() && right.more == Truth::False {
            return Truth::False;
        }
        if !has_order(self.spans[a]) {
            return Truth::SKEW;
        }
        let own = line(self.spans[a]).0;
        let near = |first: i128| fits(first - own, within);
        // The first is the first sure one, or any earlier one among those that are not sure.
        let point = |b: usize| line(self.spans[b]).1;
        let ordered = |b: usize| has_order(self.spans[b]);
        let sure = others().filter(|(b, selected)| *selected == Truth::True && ordered(*b));
        let first = sure.map(|(b, _)| point(b)).min();
        let (mut may_be, mut may_be_not) = (false, false);
        let mut possible = |holds: bool| {
            may_be |= holds;
            may_be_not |= !holds;
        };
        possible(first.is_some_and(near));
        let mut why = right.more.reasons();
        let mut anywhen = right.more != Truth::False;
        for (b, selected) in others() {
            if !ordered(b) {
                anywhen = true;
                why = why.with(selected.and(Truth::SKEW).reasons());
            } else if selected != Truth::True && first.is_none_or(|first| point(b) < first) {
                possible(near(point(b)));
                why = why.with(selected.reasons());
            }
        }
        if anywhen {
            possible(false);
            let least = within.map_or(0, |gap| i128::from(gap.least));
            possible(first.is_none_or(|first| own + least <= first));
        }
        // Where all of them answer alike, it does not matter which is the first.
        match (may_be, may_be_not) {
            (true, true) => Truth::Open(why),
            (truth, _) => Truth::known(truth),
        }
    }

    /// Some span of `right` starts when `a` has ended.
    pub fn then(&self, a: usize, right: &Selection, within: Option<Gap>) -> Truth {
        let follows = |(b, selected): (usize, Truth)| {
            let (a, b) = (self.spans[a], self.spans[b]);
            if !has_order(a) || !has_order(b) {
                return selected.and(Truth::SKEW);
            }
            selected.and(Truth::known(fits(start(b) - end(a), within)))
        };
        Truth::any(right.others([a]).map(follows)).or(right.more)
    }

    /// At some moment `a` and some span of `right` are under way.
    pub fn overlaps(&self, a: usize, right: &Selection) -> Truth {
        // From its start up to its end, which is no longer part of it; without length, the start alone.
        let under_way = |span: &Span| start(span)..end(span).max(start(span) + 1);
        self.stands_to_some(a, right, |a, b| {
            let (a, b) = (under_way(a), under_way(b));
            a.start < b.end && b.start < a.end
        })
    }

    /// Some span of `right` covers `a`.
    pub fn during(&self, a: usize, right: &Selection) -> Truth {
        self.stands_to_some(a, right, |a, b| b.start <= a.start && a.end <= b.end)
    }

    /// Some span of `right` started before `a`, ended no earlier, and is alike to it in all of `by`.
    pub fn echoing(&self, a: usize, right: &Selection, by: &[GroupKey]) -> Truth {
        let to = |(b, selected): (usize, Truth)| {
            let alike = match (self.keys_of(a, by), self.keys_of(b, by)) {
                (None, _) | (_, None) => Truth::False,
                (Some(Some(a)), Some(Some(b))) => Truth::known(a == b),
                // One of them is not known.
                _ => Truth::SKEW,
            };
            let (a, b) = (self.spans[a], self.spans[b]);
            let around = if has_order(a) && has_order(b) {
                Truth::known(b.start < a.start && a.end <= b.end)
            } else {
                Truth::SKEW
            };
            selected.and(alike).and(around)
        };
        let more = match self.keys_of(a, by) {
            None => Truth::False,
            Some(_) => right.more,
        };
        Truth::any(right.others([a]).map(to)).or(more)
    }

    fn stands_to_some(
        &self,
        a: usize,
        right: &Selection,
        stands: impl Fn(&Span, &Span) -> bool,
    ) -> Truth {
        let to = |(b, selected): (usize, Truth)| {
            let (a, b) = (self.spans[a], self.spans[b]);
            if has_order(a) && has_order(b) {
                selected.and(Truth::known(stands(a, b)))
            } else {
                selected.and(Truth::SKEW)
            }
        };
        Truth::any(right.others([a]).map(to)).or(right.more)
    }

    /// `a` starts when some span of `right` has ended, and no other of `left` starts from then on and earlier.
    pub fn next_after(&self, a: usize, left: &Selection, right: &Selection) -> Truth {
        let opened = |(b, selected): (usize, Truth)| {
            let (next, opening) = (self.spans[a], self.spans[b]);
            if !has_order(next) || !has_order(opening) {
                return selected.and(Truth::SKEW);
            }
            let earlier = |(other, selected): (usize, Truth)| {
                let other = self.spans[other];
                if has_order(other) {
                    let starts = opening.end..next.start;
                    selected.and(Truth::known(starts.contains(&other.start)))
                } else {
                    selected.and(Truth::SKEW)
                }
            };
            let is_preceded = Truth::any(left.others([a, b]).map(earlier)).or(left.more);
            let follows = Truth::known(opening.end <= next.start);
            selected.and(follows).and(is_preceded.not())
        };
        Truth::any(right.others([a]).map(opened)).or(right.more)
    }

    /// `a` starts when some span of `right` has ended, and no third span that is above or below neither lies between.
    pub fn directly_after(&self, a: usize, right: &Selection) -> Truth {
        let opened = |(b, selected): (usize, Truth)| {
            let (next, opening) = (self.spans[a], self.spans[b]);
            if !has_order(next) || !has_order(opening) {
                return selected.and(Truth::SKEW);
            }
            let lies_between = |third: &Span| {
                let lies = opening.end <= third.start && third.end <= next.start;
                if has_order(third) {
                    Truth::known(lies)
                } else {
                    Truth::SKEW
                }
            };
            let thirds = (0..self.spans.len()).filter(|third| ![a, b].contains(third));
            let is_parted = thirds.map(|third| {
                let is_kin = self.are_kin(third, a).or(self.are_kin(third, b));
                lies_between(self.spans[third]).and(is_kin.not())
            });
            let is_parted = Truth::any(is_parted).or(self.more);
            let follows = Truth::known(opening.end <= next.start);
            selected.and(follows).and(is_parted.not())
        };
        Truth::any(right.others([a]).map(opened)).or(right.more)
    }

    pub fn between(&self, a: usize, from: &Selection, to: &Selection) -> Truth {
        self.in_scope(a, from, |q| {
            let (cut, closed) = self.next(q, a, to);
            cut.not().and(closed)
        })
    }

    pub fn after_until(&self, a: usize, from: &Selection, to: &Selection) -> Truth {
        self.in_scope(a, from, |q| self.next(q, a, to).0.not())
    }

    /// `a` lies wholly after some `q`, and `ends` well before what closes that one's scope.
    fn in_scope(&self, a: usize, from: &Selection, ends: impl Fn(usize) -> Truth) -> Truth {
        let opened = |(q, selected): (usize, Truth)| {
            let (opening, inner) = (self.spans[q], self.spans[a]);
            if !has_order(opening) || !has_order(inner) {
                return selected.and(Truth::SKEW);
            }
            let inner_follows = Truth::known(opening.end <= inner.start);
            selected.and(inner_follows).and(ends(q))
        };
        Truth::any(from.others([a]).map(opened)).or(from.more)
    }

    /// Whether some `r` starts after `q` and before `a` has ended, and whether one starts later.
    fn next(&self, q: usize, a: usize, to: &Selection) -> (Truth, Truth) {
        let (mut cut, mut closed) = (to.more, to.more);
        for (r, selected) in to.others([a, q]) {
            let closing = self.spans[r];
            if !has_order(closing) {
                cut = cut.or(selected.and(Truth::SKEW));
                closed = closed.or(selected.and(Truth::SKEW));
            } else if closing.start >= self.spans[a].end {
                closed = closed.or(selected);
            } else if closing.start >= self.spans[q].end {
                cut = cut.or(selected);
            }
        }
        (cut, closed)
    }
}
