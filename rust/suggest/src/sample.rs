//! The traces that are mined: all of a table, or the half by which candidates are tried on traces that they have not seen.

use crate::bits::{Bits, Sides};
use crate::form::Of;
use crate::table::{NameId, Side, Table, Trace};

/// Some traces of a table.
pub struct Sample<'t> {
    pub table: &'t Table,
    /// In the order of their slots.
    pub traces: Vec<&'t Trace>,
    pub sides: Sides,
    /// Those of which nothing is missing.
    pub complete: Bits,
}

/// Which half of all traces one belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Candidates are looked for in it.
    Mined,
    /// What they do is counted in it.
    HeldOut,
}

impl Half {
    /// By the bits of its id: the same in every run, and no matter of its time.
    #[must_use]
    pub fn of(trace: &[u8; 16]) -> Half {
        match trace
            .iter()
            .fold(0, |parity, byte| parity ^ byte.count_ones() & 1)
        {
            0 => Half::Mined,
            _ => Half::HeldOut,
        }
    }
}

impl<'t> Sample<'t> {
    #[must_use]
    pub fn whole(table: &'t Table) -> Sample<'t> {
        Sample::of(table, |_| true)
    }

    /// The half that is mined.
    #[must_use]
    pub fn half(table: &'t Table) -> Sample<'t> {
        Sample::of(table, |trace| Half::of(&trace.id) == Half::Mined)
    }

    fn of(table: &'t Table, is_in: impl Fn(&Trace) -> bool) -> Sample<'t> {
        let traces: Vec<&Trace> = table.traces.iter().filter(|trace| is_in(trace)).collect();
        let (mut complete, mut all) = (Bits::none(table.layout), Bits::none(table.layout));
        for trace in &traces {
            all.insert(trace.slot);
            if trace.is_complete {
                complete.insert(trace.slot);
            }
        }
        Sample {
            table,
            sides: all.count(),
            traces,
            complete,
        }
    }

    #[must_use]
    pub fn side(&self, trace: &Trace) -> Side {
        self.table.side(trace)
    }

    /// The set of these slots.
    #[must_use]
    pub fn bits(&self, slots: impl IntoIterator<Item = u32>) -> Bits {
        let mut bits = Bits::none(self.table.layout);
        slots
            .into_iter()
            .for_each(|slot| bits.insert(slot as usize));
        bits
    }
}

/// The names that occur in at least two traces, the most frequent of them, numbered densely.
pub struct Roster {
    pub names: Vec<NameId>,
    /// In which traces each occurs.
    pub sets: Vec<Bits>,
    index: Vec<Option<u16>>,
}

impl Roster {
    /// At most `most` names that occur in at least `least` traces.
    #[must_use]
    pub fn of(sample: &Sample<'_>, least: u32, most: usize) -> Roster {
        let mut slots: Vec<Vec<u32>> = vec![Vec::new(); sample.table.names.len()];
        for trace in &sample.traces {
            let slot = u32::try_from(trace.slot).unwrap_or(u32::MAX);
            for row in sample.table.rows_of(trace) {
                let of = &mut slots[row.name.0 as usize];
                if of.last() != Some(&slot) {
                    of.push(slot);
                }
            }
        }
        let mut names: Vec<NameId> = (0..)
            .map(NameId)
            .take(slots.len())
            .filter(|name| slots[name.0 as usize].len() >= least as usize)
            .collect();
        names.sort_by_key(|name| (std::cmp::Reverse(slots[name.0 as usize].len()), *name));
        names.truncate(most);
        let mut index = vec![None; slots.len()];
        for (at, name) in (0..).zip(&names) {
            index[name.0 as usize] = Some(at);
        }
        let sets = names
            .iter()
            .map(|name| sample.bits(slots[name.0 as usize].iter().copied()))
            .collect();
        Roster { names, sets, index }
    }

    #[must_use]
    pub fn index(&self, name: NameId) -> Option<usize> {
        self.index[name.0 as usize].map(usize::from)
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// In which traces spans of that kind occur; of any name in all.
    #[must_use]
    pub fn set(&self, of: Of) -> Option<&Bits> {
        match of {
            Of::Any => None,
            Of::Name(name) => self.index(name).map(|at| &self.sets[at]),
        }
    }
}
