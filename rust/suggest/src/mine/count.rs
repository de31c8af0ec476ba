//! How many: more spans than in good traces, in all, below one parent, or with one identifier; and numbers that were always equal.

use std::collections::{HashMap, HashSet};

use crate::bits::{Bits, Sides};
use crate::candidate::Collector;
use crate::form::{By, Form, Selector};
use crate::noise::is_identifier;
use crate::sample::Roster;
use crate::table::{KeyId, NameId, Parent, Place};

use crate::mine::cut::above;

/// Good traces in which two numbers were equal before that is held to be meant.
const ENOUGH: u32 = 10;

/// The figures of one measure, one a trace in which there are any.
type Figures = Vec<(u32, f64)>;

#[derive(Default)]
struct Counted {
    all: HashMap<NameId, Figures>,
    by_parent: HashMap<NameId, Figures>,
    by_key: HashMap<(NameId, KeyId), Figures>,
}

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) {
    let counted = counted(into, roster);
    let measures = counted
        .all
        .into_iter()
        .map(|(name, figures)| (name, None, figures))
        .chain(
            counted
                .by_parent
                .into_iter()
                .map(|(name, figures)| (name, Some(By::Parent), figures)),
        )
        .chain(
            counted
                .by_key
                .into_iter()
                .map(|((name, key), figures)| (name, Some(By::Key(key)), figures)),
        );
    let mut measures: Vec<_> = measures.collect();
    measures.sort_by_key(|(name, by, _)| (*name, *by));
    for (name, by, mut figures) in measures {
        let among = into.sample.sides;
        for cut in above(&mut figures, into.sample.table.layout.first_good(), among) {
            let beyond = figures.iter().filter(|(_, figure)| *figure >= cut.beyond);
            let broken = into.sample.bits(beyond.map(|(slot, _)| *slot));
            into.offer(broken, among, || Form::Most {
                spans: Selector::name(name),
                by,
                most: cut.whole() as u64,
            });
        }
    }
    equal(into, roster);
}

fn counted(into: &Collector<'_, '_>, roster: &Roster) -> Counted {
    let table = into.sample.table;
    let mut counted = Counted::default();
    let mut all: HashMap<NameId, u32> = HashMap::new();
    let mut by_parent: HashMap<(NameId, u32), u32> = HashMap::new();
    let mut by_key: HashMap<(NameId, KeyId, u64), u32> = HashMap::new();
    for trace in &into.sample.traces {
        all.clear();
        by_parent.clear();
        by_key.clear();
        for row in table.rows_of(trace) {
            if roster.index(row.name).is_none() {
                continue;
            }
            *all.entry(row.name).or_default() += 1;
            if let Some(Parent::Row(parent)) = row.parent {
                *by_parent.entry((row.name, parent)).or_default() += 1;
            }
            let keys = table.cells_of(row).iter();
            for cell in keys.filter(|cell| table.key(cell.key).place == Place::Attribute) {
                let at = (row.name, cell.key, cell.value.bits());
                *by_key.entry(at).or_default() += 1;
            }
        }
        let slot = u32::try_from(trace.slot).unwrap_or(u32::MAX);
        for (name, count) in &all {
            let figures = counted.all.entry(*name).or_default();
            figures.push((slot, f64::from(*count)));
        }
        for ((name, _), count) in &by_parent {
            largest(counted.by_parent.entry(*name).or_default(), slot, *count);
        }
        for ((name, key, _), count) in &by_key {
            largest(
                counted.by_key.entry((*name, *key)).or_default(),
                slot,
                *count,
            );
        }
    }
    // Only what identifies something makes groups that are meant to be small, be it within its trace: a seat, a line of an order.
    let all = &counted.all;
    counted.by_key.retain(|(name, key), largest| {
        let key = table.key(*key);
        is_identifier(&key.text)
            || !key.is_noise && (key.texts.is_over || tells_apart(largest, &all[name], into))
    });
    counted
}

/// In enough good traces with several spans no two of them had the same value.
fn tells_apart(largest: &Figures, all: &Figures, into: &Collector<'_, '_>) -> bool {
    let first_good = into.sample.table.layout.first_good();
    let is_good = |slot: u32| slot as usize >= first_good;
    let several = all
        .iter()
        .filter(|(slot, all)| is_good(*slot) && *all >= 2.0);
    let several: HashSet<u32> = several.map(|(slot, _)| *slot).collect();
    if several.len() < ENOUGH as usize {
        return false;
    }
    let apart = largest
        .iter()
        .filter(|(slot, most)| *most <= 1.0 && several.contains(slot));
    apart.take(ENOUGH as usize).count() == ENOUGH as usize
}

/// The largest of a trace, whose figures come one after the other.
fn largest(figures: &mut Figures, slot: u32, count: u32) {
    let count = f64::from(count);
    match figures.last_mut() {
        Some((last, most)) if *last == slot => *most = most.max(count),
        _ => figures.push((slot, count)),
    }
}

/// `always { count(A) == count(B) }`: in good traces as many of one as of the other, in bad ones not.
fn equal(into: &mut Collector<'_, '_>, roster: &Roster) {
    let names = roster.count();
    let table = into.sample.table;
    // Traces in which both occur and differ in number, by the pair.
    let mut unequal = vec![Sides::default(); names * names];
    let mut counts = Vec::new();
    for trace in &into.sample.traces {
        here(into, roster, trace.rows.clone(), &mut counts);
        let is_bad = trace.slot < table.layout.first_good();
        for (at, (a, many)) in counts.iter().enumerate() {
            for (b, other) in &counts[at + 1..] {
                if many != other {
                    let sides = &mut unequal[a * names + b];
                    *if is_bad {
                        &mut sides.bad
                    } else {
                        &mut sides.good
                    } += 1;
                }
            }
        }
    }
    for a in 0..names {
        for b in a + 1..names {
            let (left, right) = (&roster.sets[a], &roster.sets[b]);
            let complete = &into.sample.complete;
            let either = left.or(right).and(complete);
            let among = either.count();
            let alone = left.without(right).or(&right.without(left)).and(complete);
            let both = left.count_and(right);
            let broken = unequal[a * names + b];
            if both.good < ENOUGH
                || broken.bad < into.least_bad
                || broken.good + alone.count().good > Collector::tolerated(among.good)
            {
                continue;
            }
            let mut set = alone;
            differing(into, roster, (a, b), &mut set);
            let set = set.and(complete);
            let all = into.sample.sides;
            into.offer(set, all, || Form::Equal {
                left: roster.names[a],
                right: roster.names[b],
            });
        }
    }
}

/// Adds the traces in which both occur and differ in number.
fn differing(into: &Collector<'_, '_>, roster: &Roster, (a, b): (usize, usize), set: &mut Bits) {
    let rows = into.sample.table.rows();
    let (left, right) = (roster.names[a], roster.names[b]);
    for trace in &into.sample.traces {
        let rows = &rows[trace.rows.start as usize..trace.rows.end as usize];
        let count = |name: NameId| rows.iter().filter(|row| row.name == name).count();
        if count(left) != count(right) {
            set.insert(trace.slot);
        }
    }
}

/// The names of a trace by their index, with how many spans each has.
fn here(
    into: &Collector<'_, '_>,
    roster: &Roster,
    rows: std::ops::Range<u32>,
    counts: &mut Vec<(usize, u32)>,
) {
    counts.clear();
    let rows = &into.sample.table.rows()[rows.start as usize..rows.end as usize];
    let mut indices: Vec<usize> = rows
        .iter()
        .filter_map(|row| roster.index(row.name))
        .collect();
    indices.sort_unstable();
    for index in indices {
        match counts.last_mut() {
            Some((last, count)) if *last == index => *count += 1,
            _ => counts.push((index, 1)),
        }
    }
}
