//! The traces that a violation points to: those that weigh most, whatever the order in which they came.

use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::id::{SpanId, TraceId};

/// How many a violation links to.
pub(crate) const EXEMPLARS: usize = 10;

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

/// The heaviest, and of equal ones those with the lowest ids.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exemplars(Vec<Exemplar>);

impl Exemplars {
    /// Takes a trace in, once.
    pub fn add(&mut self, new: Exemplar) {
        let order = |one: &Exemplar| {
            let by_weight = new.weight.total_cmp(&one.weight);
            by_weight.then(one.trace.cmp(&new.trace)).is_lt()
        };
        let at = self.0.partition_point(order);
        if at < EXEMPLARS {
            self.0.truncate(EXEMPLARS - 1);
            // Most groups have few traces, and there are many groups.
            if self.0.len() == self.0.capacity() {
                self.0.reserve_exact(STEP);
            }
            self.0.insert(at, new);
        }
    }

    /// The heaviest first.
    pub fn all(&self) -> &[Exemplar] {
        &self.0
    }

    pub fn is_sound(&self) -> bool {
        self.0.len() <= EXEMPLARS && self.0.iter().all(|one| one.weight.is_finite())
    }

    pub fn heap_bytes(&self) -> usize {
        heap(self.0.len().next_multiple_of(STEP) * size_of::<Exemplar>())
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
    fn the_heaviest_stay_whatever_the_order() {
        let all: Vec<Exemplar> = (0..40u8)
            .map(|id| exemplar(f64::from(id % 7), id))
            .collect();
        let (mut forth, mut back) = (Exemplars::default(), Exemplars::default());
        all.iter().for_each(|one| forth.add(*one));
        all.iter().rev().for_each(|one| back.add(*one));
        assert_eq!(forth, back);
        assert_eq!(forth.all().len(), EXEMPLARS);
        let shown: Vec<(f64, u8)> = forth
            .all()
            .iter()
            .map(|one| (one.weight, one.span[0]))
            .collect();
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
