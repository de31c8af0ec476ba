//! A trace before the judge, with what was known of it at the moments that are asked for.

use std::cell::RefCell;
use std::rc::Rc;

use super::fault::{Fault, missing};
use super::record::Record;
use super::sight::Sight;
use crate::model::Span;
use crate::oracle::{Reasons, Trace};

/// A trace before the judge.
pub struct Matter<'m> {
    pub record: &'m Record,
    pub sight: Sight<'m>,
    /// All that was made, those that came in their order first.
    pub whole: Trace<'m>,
    /// The same with true times, where clocks were wrong.
    pub true_times: Option<Trace<'m>>,
    /// What was known, and what had come, at the moments that were asked for last: most rules ask for the same.
    known: RefCell<Vec<(u64, Rc<Known<'m>>)>>,
    came: RefCell<Vec<(u64, Rc<Known<'m>>)>>,
}

/// A trace as it was known.
pub struct Known<'m> {
    /// As if it was all there is.
    pub closed: Trace<'m>,
    /// As if more may come.
    pub open: Trace<'m>,
    pub is_all_that_came: bool,
    pub is_all_that_was_made: bool,
}

impl<'m> Matter<'m> {
    /// `righted`: its spans with true times, where clocks were wrong.
    #[must_use]
    pub fn of(record: &'m Record, sight: Sight<'m>, righted: Option<&'m [Span]>) -> Matter<'m> {
        Matter {
            whole: Trace::of(sight.all()),
            true_times: righted.map(Trace::of),
            record,
            sight,
            known: RefCell::default(),
            came: RefCell::default(),
        }
    }

    pub fn known(&self, at: u64) -> Rc<Known<'m>> {
        kept(&self.known, at, || self.seen(self.sight.known(at), at))
    }

    pub fn came(&self, at: u64) -> Rc<Known<'m>> {
        kept(&self.came, at, || self.seen(self.sight.came(at), at))
    }

    fn seen(&self, spans: Vec<&'m Span>, at: u64) -> Known<'m> {
        let mut distinct: Vec<*const Span> = spans.iter().map(|span| &raw const **span).collect();
        distinct.sort_unstable();
        distinct.dedup();
        Known {
            is_all_that_came: spans.len() == self.sight.came_by(at),
            is_all_that_was_made: distinct.len() == self.record.spans.len(),
            open: Trace::of(spans.iter().copied()).open(Reasons::default()),
            closed: Trace::of(spans),
        }
    }

    /// No two copies of a span differ: with such, what came first may be what another one of the two saw.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.record.faults.has(Fault::DifferingCopy)
    }

    /// A fault kept spans from coming in time.
    pub fn is_explained(&self) -> bool {
        let befell = self.sight.befell_at_any_time();
        let faults = self.record.faults.with(befell);
        faults.first_of(missing()).is_some()
    }
}

fn kept<'m>(
    kept: &RefCell<Vec<(u64, Rc<Known<'m>>)>>,
    at: u64,
    known: impl FnOnce() -> Known<'m>,
) -> Rc<Known<'m>> {
    let mut kept = kept.borrow_mut();
    if let Some((_, known)) = kept.iter().find(|(moment, _)| *moment == at) {
        return Rc::clone(known);
    }
    let known = Rc::new(known());
    kept.push((at, Rc::clone(&known)));
    known
}

/// The spans by clocks that are right; `None` where all were.
#[must_use]
pub fn righted(record: &Record) -> Option<Vec<Span>> {
    let is_wrong = record.offsets.iter().any(|offset| *offset != 0);
    let steps = record.faults.has(Fault::ClockStep) || record.faults.has(Fault::DifferingCopy);
    (is_wrong && !steps).then(|| {
        let both = record.spans.iter().zip(&record.offsets);
        let righted = both.map(|(span, offset)| {
            let right = |time: u64| time.saturating_add_signed(-offset);
            let mut span = span.clone();
            (span.start, span.end) = (right(span.start), right(span.end));
            span
        });
        righted.collect()
    })
}
