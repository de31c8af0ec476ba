//! The traces that a violation points to: those that weigh most, whatever the order in which they came.

use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::id::{SpanId, TraceId};

/// How many a violation links to.
pub(crate) const EXEMPLAR_CAP: usize = 10;

/// For how many more there is room whenever there is none.
const STEP: usize = 2;

/// One trace of a group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exemplar {
    /// The more, the rather it is shown.
    pub weight: f64,
    pub trace: [u8; 16],
    /// Its root, or else its earliest span; zeros: none.
    pub span: [u8; 8],
}

impl Exemplar {
    pub fn trace_id(&self) -> TraceId {
        TraceId(self.trace)
    }

    pub fn span_id(&self) -> SpanId {
        SpanId(self.span)
    }
}

/// The heaviest, and of equal ones those with the lowest ids. Most groups have few traces, and there are many groups: the first
/// stands here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Exemplar>", into = "Vec<Exemplar>")]
pub(crate) struct Exemplars {
    first: Option<Exemplar>,
    rest: Vec<Exemplar>,
}

impl Exemplar {
    fn is_before(&self, other: &Exemplar) -> bool {
        let by_weight = other.weight.total_cmp(&self.weight);
        by_weight.then_with(|| self.trace.cmp(&other.trace)).is_lt()
    }
}

impl Exemplars {
    /// Takes a trace in, once.
    pub fn add(&mut self, mut new: Exemplar) {
        const REST: usize = EXEMPLAR_CAP - 1;
        let is_full = self.rest.len() >= REST;
        // As most of a large group.
        if is_full && self.rest.last().is_some_and(|last| !new.is_before(last)) {
            return;
        }
        let Some(first) = &mut self.first else {
            self.first = Some(new);
            return;
        };
        if new.is_before(first) {
            std::mem::swap(first, &mut new);
        }
        let at = self.rest.partition_point(|one| one.is_before(&new));
        self.rest.truncate(REST - 1);
        if self.rest.len() == self.rest.capacity() {
            self.rest.reserve_exact(STEP);
        }
        self.rest.insert(at, new);
    }

    /// The heaviest first.
    pub fn all(&self) -> impl Iterator<Item = &Exemplar> {
        self.first.iter().chain(&self.rest)
    }

    pub fn is_sound(&self) -> bool {
        self.rest.len() < EXEMPLAR_CAP && self.all().all(|one| one.weight.is_finite())
    }

    pub fn heap_bytes(&self) -> usize {
        heap(self.rest.len().next_multiple_of(STEP) * size_of::<Exemplar>())
    }
}

impl From<Vec<Exemplar>> for Exemplars {
    fn from(all: Vec<Exemplar>) -> Exemplars {
        let mut all = all.into_iter();
        Exemplars {
            first: all.next(),
            rest: all.collect(),
        }
    }
}

impl From<Exemplars> for Vec<Exemplar> {
    fn from(exemplars: Exemplars) -> Vec<Exemplar> {
        exemplars.all().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplar(weight: f64, id: u8) -> Exemplar {
        Exemplar {
            weight,
            trace: [id; 16],
            span: [id; 8],
        }
    }

    #[test]
    fn all_are_shown_to_the_cap_and_beyond_it_the_lightest_is_not() {
        let mut shown = Exemplars::default();
        for id in 1..=EXEMPLAR_CAP as u8 {
            shown.add(exemplar(f64::from(id), id));
            assert_eq!(shown.all().count(), usize::from(id));
        }
        shown.add(exemplar(100.0, 100));
        let ids: Vec<u8> = shown.all().map(|one| one.trace[0]).collect();
        assert_eq!(ids, [100, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        shown.add(exemplar(0.0, 0));
        assert_eq!(shown.all().count(), EXEMPLAR_CAP);
    }

    #[test]
    fn the_heaviest_stay_whatever_the_order() {
        let all: Vec<Exemplar> = (0..40u8)
            .map(|id| exemplar(f64::from(id % 7), id))
            .collect();
        let (mut forth, mut back) = (Exemplars::default(), Exemplars::default());
        all.iter().for_each(|one| forth.add(*one));
        all.iter().rev().for_each(|one| back.add(*one));
        assert_eq!(forth, back);
        assert_eq!(forth.all().count(), EXEMPLAR_CAP);
        let shown: Vec<(f64, u8)> = forth.all().map(|one| (one.weight, one.span[0])).collect();
        assert_eq!(
            &shown[..6],
            [
                (6.0, 6),
                (6.0, 13),
                (6.0, 20),
                (6.0, 27),
                (6.0, 34),
                (5.0, 5)
            ]
        );
    }
}
