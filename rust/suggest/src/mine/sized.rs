//! Numbers that say how many spans there are to be: `when each { B as p } always { count(A inside p) == p.k }`. Which they are is
//! found from the numbers themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::bits::{Bits, Sides};
use crate::candidate::Collector;
use crate::form::Form;
use crate::sample::Roster;
use crate::table::{KeyId, NameId, Parent, Place, Row, Trace};

/// Good traces in which a number was the count before that is held to be meant.
const ENOUGH: u32 = 10;

/// Different numbers that it must have been: what is always two may be two by chance.
const DIFFERENT: usize = 3;

/// Ancestors that are looked at.
const DEEPEST: usize = 64;

/// What is held against what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    bound: NameId,
    key: KeyId,
    counted: NameId,
    /// Below the bound span, not in the whole trace.
    is_inside: bool,
}

/// Of each bound span and key its number; how often each name is below the span, and in the trace.
#[derive(Default)]
struct Here {
    /// By row.
    numbers: BTreeMap<(u32, KeyId), (NameId, f64)>,
    inside: BTreeMap<u32, BTreeMap<NameId, u32>>,
    all: BTreeMap<NameId, u32>,
}

impl Here {
    /// Of the numbers those that are `wanted`.
    fn of(
        into: &Collector<'_, '_>,
        roster: &Roster,
        trace: &Trace,
        wanted: &dyn Fn(NameId, KeyId, f64) -> bool,
    ) -> Here {
        let table = into.sample.table;
        let mut here = Here::default();
        for (at, row) in trace.rows.clone().zip(table.rows_of(trace)) {
            if roster.index(row.name).is_none() {
                continue;
            }
            *here.all.entry(row.name).or_default() += 1;
            for cell in table.cells_of(row) {
                let key = table.key(cell.key);
                let is_meant = key.place == Place::Attribute && !key.is_noise;
                let number = cell.value.number().filter(|_| is_meant);
                if let Some(number) = number.filter(|number| wanted(row.name, cell.key, *number)) {
                    here.numbers.insert((at, cell.key), (row.name, number));
                }
            }
        }
        if here.numbers.is_empty() {
            return here;
        }
        let bound: BTreeSet<u32> = here.numbers.keys().map(|(row, _)| *row).collect();
        for row in table.rows_of(trace) {
            for above in ancestors(table.rows(), row).filter(|above| bound.contains(above)) {
                let inside = here.inside.entry(above).or_default();
                *inside.entry(row.name).or_default() += 1;
            }
        }
        here
    }

    /// What the pair compares, for each bound span.
    fn compared(&self, pair: Pair) -> impl Iterator<Item = (f64, u32)> {
        let own = self.numbers.iter();
        own.filter(move |((_, key), (name, _))| (*name, *key) == (pair.bound, pair.key))
            .map(move |((row, _), (_, number))| {
                let among = if pair.is_inside {
                    self.inside.get(row)
                } else {
                    Some(&self.all)
                };
                let count = among.and_then(|among| among.get(&pair.counted));
                (*number, count.copied().unwrap_or(0))
            })
    }
}

fn ancestors<'r>(rows: &'r [Row], row: &'r Row) -> impl Iterator<Item = u32> + 'r {
    let above = |row: &Row| match row.parent {
        Some(Parent::Row(parent)) => Some(parent),
        _ => None,
    };
    std::iter::successors(above(row), move |at| above(&rows[*at as usize])).take(DEEPEST)
}

fn is_equal((number, count): (f64, u32)) -> bool {
    number == f64::from(count)
}

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) {
    let pairs = fitting(into, roster);
    let slots: BTreeSet<(NameId, KeyId)> =
        pairs.iter().map(|pair| (pair.bound, pair.key)).collect();
    let layout = into.sample.table.layout;
    let none = || (Bits::none(layout), Bits::none(layout));
    let mut sets: Vec<(Bits, Bits)> = pairs.iter().map(|_| none()).collect();
    let is_of_pair = |name, key, _| slots.contains(&(name, key));
    for trace in complete(into).filter(|_| !pairs.is_empty()) {
        let here = Here::of(into, roster, trace, &is_of_pair);
        for (pair, (known, broken)) in pairs.iter().zip(&mut sets) {
            for compared in here.compared(*pair) {
                known.insert(trace.slot);
                if !is_equal(compared) {
                    broken.insert(trace.slot);
                }
            }
        }
    }
    for (pair, (known, broken)) in pairs.into_iter().zip(sets) {
        let among: Sides = known.count();
        if broken.count().good > Collector::tolerated(among.good) {
            continue;
        }
        let whole = roster.index(pair.bound).map(|at| &roster.sets[at]);
        let is_partial = whole.is_none_or(|whole| whole.and(&into.sample.complete) != known);
        into.offer(broken, among, || Form::Sized {
            bound: pair.bound,
            key: pair.key,
            is_partial,
            counted: pair.counted,
            is_inside: pair.is_inside,
        });
    }
}

fn complete<'c, 't>(into: &'c Collector<'_, 't>) -> impl Iterator<Item = &'c &'t Trace> {
    into.sample.traces.iter().filter(|trace| trace.is_complete)
}

/// Pairs that were equal in enough good traces, at different numbers.
fn fitting(into: &Collector<'_, '_>, roster: &Roster) -> Vec<Pair> {
    let mut equal: BTreeMap<Pair, (u32, BTreeSet<u64>)> = BTreeMap::new();
    let first_good = into.sample.table.layout.first_good();
    for trace in complete(into).filter(|trace| trace.slot >= first_good) {
        // A greater number counts no spans of this trace.
        let most = trace.rows.len() as f64;
        let is_count = |_, _, number: f64| (0.0..=most).contains(&number) && number.fract() == 0.0;
        let here = Here::of(into, roster, trace, &is_count);
        let mut met: BTreeSet<Pair> = BTreeSet::new();
        for ((row, key), (bound, number)) in &here.numbers {
            let inside = here.inside.get(row).into_iter().flatten();
            let inside = inside.map(|(name, count)| (name, count, true));
            let all = here.all.iter().map(|(name, count)| (name, count, false));
            for (counted, count, is_inside) in inside.chain(all) {
                if counted == bound || !is_equal((*number, *count)) {
                    continue;
                }
                let pair = Pair {
                    bound: *bound,
                    key: *key,
                    counted: *counted,
                    is_inside,
                };
                met.insert(pair);
                let (_, numbers) = equal.entry(pair).or_default();
                if numbers.len() < DIFFERENT {
                    numbers.insert(number.to_bits());
                }
            }
        }
        for pair in met {
            if let Some((traces, _)) = equal.get_mut(&pair) {
                *traces += 1;
            }
        }
    }
    let all = equal.into_iter();
    all.filter(|(_, (traces, numbers))| *traces >= ENOUGH && numbers.len() >= DIFFERENT)
        .map(|(pair, _)| pair)
        .collect()
}
