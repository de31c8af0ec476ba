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
    pub true_times: Option<Vec<Span>>,
    /// What was known, and what had come, at the moments that were asked for last: most rules ask for the same.
    known: RefCell<Vec<(u64, Known<'m>)>>,
    came: RefCell<Vec<(u64, Known<'m>)>>,
}

/// A trace as it was known, complete and still open.
pub type Known<'m> = Rc<(Trace<'m>, Trace<'m>)>;

impl<'m> Matter<'m> {
    #[must_use]
    pub fn of(record: &'m Record, sight: Sight<'m>) -> Matter<'m> {
        Matter {
            whole: Trace::of(sight.all()),
            true_times: true_times(record),
            record,
            sight,
            known: RefCell::default(),
            came: RefCell::default(),
        }
    }

    pub fn known(&self, at: u64) -> Known<'m> {
        kept(&self.known, at, || self.sight.known(at))
    }

    pub fn came(&self, at: u64) -> Known<'m> {
        kept(&self.came, at, || self.sight.came(at))
    }

    /// A fault kept spans from coming in time.
    pub fn is_explained(&self) -> bool {
        let befell = self.sight.befell_at_any_time();
        let faults = self.record.faults.with(befell);
        faults.first_of(missing()).is_some()
    }
}

fn kept<'m>(
    kept: &RefCell<Vec<(u64, Known<'m>)>>,
    at: u64,
    spans: impl FnOnce() -> Vec<&'m Span>,
) -> Known<'m> {
    let mut kept = kept.borrow_mut();
    if let Some((_, known)) = kept.iter().find(|(moment, _)| *moment == at) {
        return Rc::clone(known);
    }
    let spans = spans();
    let open = Trace::of(spans.iter().copied()).open(Reasons::default());
    let known = Rc::new((Trace::of(spans), open));
    kept.push((at, Rc::clone(&known)));
    known
}

/// The spans by clocks that are right; `None` where all were.
fn true_times(record: &Record) -> Option<Vec<Span>> {
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
