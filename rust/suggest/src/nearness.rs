//! How far apart spans of two names mostly are in a trace: of two rules that say the same the one about neighbours is the easier
//! to follow.

use std::collections::HashMap;

use crate::sample::Sample;
use crate::table::{NameId, Trace};

/// So many traces are looked at.
const LOOKED_AT: usize = 500;

/// Names of one trace that are looked at.
const NAMES: usize = 64;

/// What comes the other way round than it is asked for, is further away than anything.
const BACKWARDS: f64 = 1000.0;

/// For pairs of names how many other names start between them, on average.
pub struct Nearness(HashMap<(NameId, NameId), (f64, u32)>);

impl Nearness {
    /// Over some good traces; where there are hardly any, over bad ones too.
    #[must_use]
    pub fn of(sample: &Sample<'_>) -> Nearness {
        let mut nearness = Nearness(HashMap::new());
        let traces = sample.traces.iter().rev();
        // Spread over all of them, so that every kind of trace is among them.
        let step = sample.traces.len().div_ceil(LOOKED_AT).max(1);
        for trace in traces.step_by(step) {
            nearness.note(sample, trace);
        }
        nearness
    }

    fn note(&mut self, sample: &Sample<'_>, trace: &Trace) {
        let mut order: Vec<NameId> = Vec::new();
        for row in sample.table.rows_of(trace) {
            if order.len() < NAMES && !order.contains(&row.name) {
                order.push(row.name);
            }
        }
        for (at, one) in order.iter().enumerate() {
            for (other_at, other) in order.iter().enumerate() {
                let far = match other_at.checked_sub(at) {
                    Some(between) => between as f64,
                    None => BACKWARDS + (at - other_at) as f64,
                };
                let (sum, count) = self.0.entry((*one, *other)).or_default();
                *sum += far;
                *count += 1;
            }
        }
    }

    /// From `one` to `other`; greater than anything of names that never were in one trace.
    #[must_use]
    pub fn far(&self, one: NameId, other: NameId) -> f64 {
        let known = self.0.get(&(one, other));
        known.map_or(f64::MAX, |(sum, count)| sum / f64::from(*count))
    }
}
