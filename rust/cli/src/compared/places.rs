//! The traces of a table by their places in it, and the verdicts of either side.

use std::collections::HashMap;

use betrace_suggest::{Half, Table};
use serde::Serialize;

use crate::judged::{Number, Traces, Verdicts};

/// Verdicts on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub traces: u32,
    pub violated: u32,
    pub satisfied: u32,
}

impl Count {
    /// For programs.
    #[must_use]
    pub fn told(self) -> ToldCount {
        ToldCount {
            traces: self.traces,
            applies: self.violated + self.satisfied,
            violated: self.violated,
        }
    }
}

#[derive(Serialize)]
pub struct ToldCount {
    traces: u32,
    applies: u32,
    violated: u32,
}

/// The traces of a table, by their places in it.
pub struct Places<'t> {
    pub table: &'t Table,
    numbers: HashMap<[u8; 16], Number>,
}

impl<'t> Places<'t> {
    #[must_use]
    pub fn of(table: &'t Table) -> Places<'t> {
        let traces = (0..).zip(&table.traces);
        Places {
            table,
            numbers: traces.map(|(number, trace)| (trace.id, number)).collect(),
        }
    }

    #[must_use]
    pub fn is_bad(&self, number: Number) -> bool {
        number < self.table.sides.bad
    }

    #[must_use]
    pub fn half(&self, number: Number) -> Half {
        Half::of(&self.table.traces[number as usize].id)
    }

    /// Verdicts of either side, of the traces that `is_in` wants.
    #[must_use]
    pub fn counts(&self, verdicts: &Verdicts, is_in: impl Fn(Number) -> bool) -> (Count, Count) {
        let (mut bad, mut good) = (Count::default(), Count::default());
        let mut add = |numbers: &mut dyn Iterator<Item = Number>,
                       count: fn(&mut Count) -> &mut u32| {
            for number in numbers.filter(|number| is_in(*number)) {
                *count(if self.is_bad(number) {
                    &mut bad
                } else {
                    &mut good
                }) += 1;
            }
        };
        add(&mut (0..).take(self.table.traces.len()), |count| {
            &mut count.traces
        });
        add(&mut verdicts.violated.iter().copied(), |count| {
            &mut count.violated
        });
        add(&mut verdicts.satisfied.iter().copied(), |count| {
            &mut count.satisfied
        });
        (bad, good)
    }
}

impl Traces for Places<'_> {
    fn number(&self, trace: [u8; 16]) -> Option<Number> {
        self.numbers.get(&trace).copied()
    }

    fn weight(&self, number: Number) -> Option<usize> {
        let rows = &self.table.traces[number as usize].rows;
        self.is_bad(number).then_some(rows.len())
    }
}
