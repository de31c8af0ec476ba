//! Spans that belong together by an identifier or an amount: `when each { B as p } always { A.where(k == p.k) }`. Which keys those
//! are is found from the values themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::bits::{Bits, Sides};
use crate::candidate::Collector;
use crate::form::Form;
use crate::noise::is_identifier;
use crate::sample::Roster;
use crate::table::value::Value;
use crate::table::{KeyId, NameId, Place, Trace};

/// Good traces in which values were equal before that is held to be meant.
const ENOUGH: u32 = 10;

/// Different values that a key must have had: what is always the same is equal without being meant.
const DIFFERENT: usize = 5;

/// Keys of names that are compared with one another.
const SLOTS: usize = 400;

/// Spans of a trace beyond which its values are not held against each other: every pair of keys compares all of them.
const ROWS: usize = 5_000;

/// A key on spans of a name.
type Slot = (NameId, KeyId);

/// What a pair of slots was, over all traces.
#[derive(Clone, Copy, Default)]
struct Pair {
    /// Every value of the bound one was among those of the other.
    held: Sides,
}

/// The values of each slot in one trace.
type Here = BTreeMap<usize, HashSet<u64>>;

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) {
    let slots = slots(into, roster);
    let index = index(&slots);
    for ((bound, needs), pair) in pairs(into, &index, &slots) {
        of_pair(into, roster, &index, &slots, (bound, needs), pair.held);
    }
}

fn index(slots: &[(Slot, Vec<u32>)]) -> HashMap<Slot, usize> {
    let slots = slots.iter().enumerate();
    slots.map(|(at, (slot, _))| (*slot, at)).collect()
}

/// Pairs of slots of two names whose values fitted in some trace, in their order.
fn pairs(
    into: &Collector<'_, '_>,
    index: &HashMap<Slot, usize>,
    slots: &[(Slot, Vec<u32>)],
) -> Vec<((usize, usize), Pair)> {
    let mut pairs: HashMap<(usize, usize), Pair> = HashMap::new();
    let mut here = Here::new();
    for trace in traces(into) {
        values(into, index, trace, &mut here);
        let is_bad = trace.slot < into.sample.table.layout.first_good();
        for (bound, values) in &here {
            for (needs, others) in here.iter().filter(|(needs, _)| *needs != bound) {
                if slots[*bound].0.0 != slots[*needs].0.0 && values.is_subset(others) {
                    let held = &mut pairs.entry((*bound, *needs)).or_default().held;
                    *if is_bad {
                        &mut held.bad
                    } else {
                        &mut held.good
                    } += 1;
                }
            }
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_unstable_by_key(|(pair, _)| *pair);
    pairs
}

/// Pairs of keys whose values always fit, as rules, each with how many good traces have something to fit.
pub fn held(into: &Collector<'_, '_>, roster: &Roster) -> Vec<(Form, u32)> {
    let slots = slots(into, roster);
    let index = index(&slots);
    let held = pairs(into, &index, &slots);
    let mut found = Vec::new();
    for ((bound, needs), pair) in held {
        let ((bound_name, bound_key), having) = &slots[bound];
        let (needs_name, needs_key) = slots[needs].0;
        let known = into
            .sample
            .bits(having.iter().copied())
            .and(&into.sample.complete);
        // What is called the same is meant to be the same; what is not may be equal by chance.
        if bound_key == &needs_key && known.count().good == pair.held.good {
            let form = Form::Joined {
                bound: *bound_name,
                bound_key: *bound_key,
                is_partial: is_partial(into, roster, *bound_name, &known),
                needs: needs_name,
                needs_key,
            };
            found.push((form, pair.held.good));
        }
    }
    found
}

fn is_partial(into: &Collector<'_, '_>, roster: &Roster, name: NameId, known: &Bits) -> bool {
    let whole = roster
        .index(name)
        .map(|at| roster.sets[at].and(&into.sample.complete));
    whole.is_some_and(|whole| whole != *known)
}

fn of_pair(
    into: &mut Collector<'_, '_>,
    roster: &Roster,
    index: &HashMap<Slot, usize>,
    slots: &[(Slot, Vec<u32>)],
    (bound, needs): (usize, usize),
    held: Sides,
) {
    let ((bound_name, bound_key), having) = &slots[bound];
    let (needs_name, needs_key) = slots[needs].0;
    let known = into
        .sample
        .bits(having.iter().copied())
        .and(&into.sample.complete);
    let among = known.count();
    let tolerated = Collector::tolerated(among.good);
    if held.good < ENOUGH
        || among.good.saturating_sub(held.good) > tolerated
        || among.bad < into.least_bad
    {
        return;
    }
    let mut holds = Bits::none(into.sample.table.layout);
    let mut here = Here::new();
    for trace in traces(into).filter(|trace| known.has(trace.slot)) {
        values(into, index, trace, &mut here);
        if let (Some(values), Some(others)) = (here.get(&bound), here.get(&needs))
            && values.is_subset(others)
        {
            holds.insert(trace.slot);
        }
    }
    let is_partial = is_partial(into, roster, *bound_name, &known);
    into.offer(known.without(&holds), among, || Form::Joined {
        bound: *bound_name,
        bound_key: *bound_key,
        is_partial,
        needs: needs_name,
        needs_key,
    });
}

/// The slots whose values differ from trace to trace, with the traces that have them.
fn slots(into: &Collector<'_, '_>, roster: &Roster) -> Vec<(Slot, Vec<u32>)> {
    let table = into.sample.table;
    let mut found: BTreeMap<Slot, (HashSet<u64>, Vec<u32>)> = BTreeMap::new();
    for trace in traces(into) {
        let slot = u32::try_from(trace.slot).unwrap_or(u32::MAX);
        for row in table.rows_of(trace) {
            if roster.index(row.name).is_none() {
                continue;
            }
            for cell in table.cells_of(row) {
                let key = table.key(cell.key);
                let is_meant = !key.is_noise || is_identifier(&key.text);
                if key.place != Place::Attribute || !is_meant || !is_comparable(cell.value) {
                    continue;
                }
                let (values, traces) = found.entry((row.name, cell.key)).or_default();
                if values.len() < DIFFERENT {
                    values.insert(cell.value.bits());
                }
                if traces.last() != Some(&slot) {
                    traces.push(slot);
                }
            }
        }
    }
    found
        .retain(|_, (values, traces)| values.len() >= DIFFERENT && traces.len() >= ENOUGH as usize);
    let mut slots: Vec<(Slot, Vec<u32>)> = found
        .into_iter()
        .map(|(slot, (_, traces))| (slot, traces))
        .collect();
    slots.sort_by_key(|(slot, traces)| (std::cmp::Reverse(traces.len()), *slot));
    slots.truncate(SLOTS);
    slots
}

/// The traces whose values are held against each other; nothing is said of larger ones.
fn traces<'c, 't>(into: &'c Collector<'_, 't>) -> impl Iterator<Item = &'c &'t Trace> {
    into.sample
        .traces
        .iter()
        .filter(|trace| trace.rows.len() <= ROWS)
}

fn is_comparable(value: Value) -> bool {
    matches!(value, Value::Text(_) | Value::Number(_))
}

fn values(into: &Collector<'_, '_>, index: &HashMap<Slot, usize>, trace: &Trace, here: &mut Here) {
    here.clear();
    let table = into.sample.table;
    for row in table.rows_of(trace) {
        for cell in table
            .cells_of(row)
            .iter()
            .filter(|cell| is_comparable(cell.value))
        {
            if let Some(at) = index.get(&(row.name, cell.key)) {
                here.entry(*at).or_default().insert(cell.value.bits());
            }
        }
    }
}
