//! Which spans occur, and with which values: `never { A }`, `never { A.where(k == v) }`, values that never came before, attributes
//! that are missing or new.

use std::collections::{BTreeMap, HashMap};

use crate::bits::{Bits, Sides};
use crate::candidate::Collector;
use crate::form::{Form, Of, Selector, Test};
use crate::sample::{Roster, Sample};
use crate::table::value::Value;
use crate::table::{KeyId, NameId, Place};

/// An attribute with more different values on spans of one name is no list of words.
const MOST_VALUES: usize = 48;

/// So many values are written as a list.
const LISTED: usize = 6;

/// Good traces that a list of all good values rests on.
const ENOUGH: u32 = 20;

/// A selector of spans by one value, and the traces in which it selects some.
pub struct Atom {
    pub of: Of,
    pub key: KeyId,
    pub value: Value,
    pub set: Bits,
}

/// Values, each with the traces in which some span has it.
type Sets = Vec<(Value, Bits)>;

/// What spans of one name, or of any, say under one key.
#[derive(Default)]
struct Said {
    /// Traces in which some span has it.
    some: Vec<u32>,
    /// Traces in which every span of the name has it.
    every: Vec<u32>,
    values: HashMap<u64, (Value, Vec<u32>)>,
    is_over: bool,
}

impl Said {
    /// The values with their traces, those of most good traces first.
    fn sets(&self, sample: &Sample<'_>) -> Sets {
        let mut values: Vec<(Value, Bits)> = self
            .values
            .values()
            .map(|(value, slots)| (*value, sample.bits(slots.iter().copied())))
            .collect();
        values.sort_by_key(|(value, set)| (std::cmp::Reverse(set.count().good), value.bits()));
        values
    }

    fn note(&mut self, slot: u32, value: Value) {
        push(&mut self.some, slot);
        if value == Value::Other || self.is_over {
            self.is_over = true;
            return;
        }
        let (_, slots) = self
            .values
            .entry(value.bits())
            .or_insert_with(|| (value, Vec::new()));
        push(slots, slot);
        if self.values.len() > MOST_VALUES {
            self.is_over = true;
            self.values.clear();
        }
    }
}

fn push(slots: &mut Vec<u32>, slot: u32) {
    if slots.last() != Some(&slot) {
        slots.push(slot);
    }
}

/// Offers what single spans tell; the selectors by value that it met.
pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) -> Vec<Atom> {
    let all = into.sample.sides;
    for (name, set) in roster.names.iter().zip(&roster.sets) {
        into.offer(set.clone(), all, || Form::Never(Selector::name(*name)));
    }
    let mut said = said(into, roster);
    let mut atoms = Vec::new();
    let keys: Vec<(Of, KeyId)> = said.keys().copied().collect();
    for at in keys {
        if let Some(said) = said.remove(&at) {
            of_key(into, roster, at, &said, &mut atoms);
        }
    }
    atoms
}

/// What spans of a name, or of any, say under each key, where there are not too many values to list: the values, each with the
/// traces in which some span has it.
pub fn known(into: &Collector<'_, '_>, roster: &Roster) -> Vec<((Of, KeyId), Sets)> {
    let all = said(into, roster).into_iter();
    let few =
        all.filter(|((_, key), said)| !said.is_over && !into.sample.table.key(*key).texts.is_over);
    few.map(|(at, said)| (at, said.sets(into.sample))).collect()
}

fn said(into: &Collector<'_, '_>, roster: &Roster) -> BTreeMap<(Of, KeyId), Said> {
    let table = into.sample.table;
    let mut all: BTreeMap<(Of, KeyId), Said> = BTreeMap::new();
    // Spans of a name in the trace at hand, and those of them that have a key.
    let mut spans: HashMap<NameId, u32> = HashMap::new();
    let mut having: HashMap<(NameId, KeyId), u32> = HashMap::new();
    for trace in &into.sample.traces {
        let slot = u32::try_from(trace.slot).unwrap_or(u32::MAX);
        spans.clear();
        having.clear();
        for row in table.rows_of(trace) {
            if roster.index(row.name).is_none() {
                continue;
            }
            *spans.entry(row.name).or_default() += 1;
            let mut last = None;
            for cell in table.cells_of(row) {
                let key = table.key(cell.key);
                let value = if key.is_noise {
                    Value::Other
                } else {
                    cell.value
                };
                let of = all.entry((Of::Name(row.name), cell.key)).or_default();
                of.note(slot, value);
                if last.replace(cell.key) != Some(cell.key) && key.place.may_be_missing() {
                    *having.entry((row.name, cell.key)).or_default() += 1;
                }
                if !key.is_noise {
                    all.entry((Of::Any, cell.key))
                        .or_default()
                        .note(slot, value);
                }
            }
        }
        for ((name, key), count) in &having {
            if spans.get(name) == Some(count)
                && let Some(said) = all.get_mut(&(Of::Name(*name), *key))
            {
                said.every.push(slot);
            }
        }
    }
    all
}

fn of_key(
    into: &mut Collector<'_, '_>,
    roster: &Roster,
    (of, key): (Of, KeyId),
    said: &Said,
    atoms: &mut Vec<Atom>,
) {
    let sample = into.sample;
    let whole = roster.set(of);
    let among = whole.map_or(sample.sides, Bits::count);
    let place = sample.table.key(key).place;
    if let Some(whole) = whole.filter(|_| place.may_be_missing()) {
        let test = |test: Test| move || Form::Never(Selector::of(of, test));
        let every = sample.bits(said.every.iter().copied());
        into.offer(whole.without(&every), among, test(Test::Missing(key)));
        let some = sample.bits(said.some.iter().copied());
        into.offer(some, among, test(Test::Exists(key)));
    }
    if said.is_over || sample.table.key(key).texts.is_over {
        return;
    }
    let values = said.sets(sample);
    values_of(into, (of, key), &values, among);
    for (value, set) in values {
        // What every span of the name says tells no more than the name.
        if whole != Some(&set) && set.count() != sample.sides {
            atoms.push(Atom {
                of,
                key,
                value,
                set,
            });
        }
    }
}

fn values_of(
    into: &mut Collector<'_, '_>,
    (of, key): (Of, KeyId),
    values: &[(Value, Bits)],
    among: Sides,
) {
    let tolerated = Collector::tolerated(among.good);
    let (known, new): (Vec<_>, Vec<_>) = values
        .iter()
        .partition(|(_, set)| set.count().good > tolerated);
    for (value, set) in &new {
        into.offer(set.clone(), among, || {
            Form::Never(Selector::of(of, Test::In(key, vec![*value])))
        });
    }
    // Where a good value came once only, a further one is to be expected of good traces too (Good 1953): that it is new says
    // nothing, and all that is new together would be no more than what bad traces happen to have.
    let is_closed = known.iter().all(|(_, set)| set.count().good > 1) && among.good >= ENOUGH;
    let Some(union) = new
        .iter()
        .map(|(_, set)| set.clone())
        .reduce(|a, b| a.or(&b))
    else {
        return;
    };
    if !is_closed || known.is_empty() {
        return;
    }
    if new.len() > 1 && new.len() <= LISTED {
        let listed = new.iter().map(|(value, _)| *value).collect();
        into.offer(union.clone(), among, || {
            Form::Never(Selector::of(of, Test::In(key, listed)))
        });
    }
    let is_several = into.sample.table.key(key).place == Place::Event;
    if !is_several && known.len() <= LISTED && of != Of::Any {
        let listed = known.iter().map(|(value, _)| *value).collect();
        into.offer(union, among, || {
            Form::Never(Selector::of(of, Test::NotIn(key, listed)))
        });
    }
}
