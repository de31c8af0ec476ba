//! Who calls whom: spans inside others that they were never inside of, or no longer inside of, and calls from a service that never
//! called before.

use std::collections::{BTreeMap, BTreeSet};

use crate::bits::Bits;
use crate::candidate::Collector;
use crate::form::{Form, Of, Selector, Structure, Test};
use crate::sample::Roster;
use crate::table::value::Value;
use crate::table::{KeyId, NameId, Parent, Place, Row, Trace};

/// Good traces in which a place in the tree was always the same before it is held to be meant.
const ENOUGH: u32 = 10;

/// Ancestors that are looked at.
const DEEPEST: usize = 64;

/// Services that are listed as callers.
const LISTED: usize = 6;

/// What the parent of a span is.
#[derive(Default)]
struct Seen {
    /// Traces with a span of the first name below one of the second; with one directly below.
    inside: BTreeMap<(usize, usize), Vec<u32>>,
    child: BTreeMap<(usize, usize), Vec<u32>>,
    /// Traces with a span of the first that is not below the second, though another one is; or not directly.
    outside: BTreeMap<(usize, usize), Vec<u32>>,
    no_child: BTreeMap<(usize, usize), Vec<u32>>,
    /// Traces in which spans of a name are called by another service.
    callers: BTreeMap<(usize, u64), (Value, Vec<u32>)>,
}

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) {
    let service = service_key(into);
    let mut seen = Seen::default();
    for trace in &into.sample.traces {
        look(into, roster, service, trace, &mut seen);
    }
    let never = [
        (&seen.child, Structure::ChildOf),
        (&seen.inside, Structure::Inside),
    ];
    for (pairs, structure) in never {
        for ((spans, other), slots) in pairs {
            let among = roster.sets[*spans].count();
            // A name that is new altogether needs no place.
            if roster.sets[*spans].count().good < ENOUGH
                || roster.sets[*other].count().good < ENOUGH
            {
                continue;
            }
            offer(into, roster, (*spans, *other), structure, slots, among);
        }
    }
    let always = [
        (&seen.no_child, &seen.child, Structure::NotChildOf),
        (&seen.outside, &seen.inside, Structure::Outside),
    ];
    for (pairs, held, structure) in always {
        for (pair, slots) in pairs {
            let held = held.get(pair).map_or(&[][..], |slots| slots);
            if into.sample.bits(held.iter().copied()).count().good >= ENOUGH {
                let among = roster.sets[pair.0].count();
                offer(into, roster, *pair, structure, slots, among);
            }
        }
    }
    if let Some(service) = service {
        callers(into, roster, service, &seen.callers);
    }
}

fn offer(
    into: &mut Collector<'_, '_>,
    roster: &Roster,
    (spans, other): (usize, usize),
    structure: Structure,
    slots: &[u32],
    among: crate::bits::Sides,
) {
    let broken = into.sample.bits(slots.iter().copied());
    into.offer(broken, among, || Form::Placed {
        spans: roster.names[spans],
        structure,
        other: Selector::name(roster.names[other]),
    });
}

/// Names, each with a service other than its own that calls it, and in which traces.
pub fn known_callers(
    into: &Collector<'_, '_>,
    roster: &Roster,
    service: KeyId,
) -> Vec<(NameId, Value, Bits)> {
    let mut seen = Seen::default();
    for trace in &into.sample.traces {
        look(into, roster, Some(service), trace, &mut seen);
    }
    let callers = seen.callers.into_iter();
    callers
        .map(|((spans, _), (value, slots))| (roster.names[spans], value, into.sample.bits(slots)))
        .collect()
}

/// Calls from services that never called before.
fn callers(
    into: &mut Collector<'_, '_>,
    roster: &Roster,
    service: KeyId,
    callers: &BTreeMap<(usize, u64), (Value, Vec<u32>)>,
) {
    let mut by_name: BTreeMap<usize, Vec<(Value, Bits)>> = BTreeMap::new();
    for ((spans, _), (value, slots)) in callers {
        let set = into.sample.bits(slots.iter().copied());
        by_name.entry(*spans).or_default().push((*value, set));
    }
    for (spans, callers) in by_name {
        let among = roster.sets[spans].count();
        let tolerated = Collector::tolerated(among.good);
        let (known, new): (Vec<_>, Vec<_>) = callers
            .iter()
            .partition(|(_, set)| set.count().good > tolerated);
        let Some(union) = new
            .iter()
            .map(|(_, set)| set.clone())
            .reduce(|a, b| a.or(&b))
        else {
            continue;
        };
        if known.is_empty() || known.len() > LISTED || among.good < ENOUGH {
            continue;
        }
        let known = known.iter().map(|(value, _)| *value).collect();
        into.offer(union, among, || Form::Placed {
            spans: roster.names[spans],
            structure: Structure::ChildOf,
            other: Selector::of(Of::Any, Test::NotIn(service, known)),
        });
    }
}

pub fn service_key(into: &Collector<'_, '_>) -> Option<KeyId> {
    let keys = &into.sample.table.keys;
    let is = |key: &crate::table::Key| key.place == Place::Own && &*key.text == "service.name";
    let at = keys.iter().position(is)?;
    Some(KeyId(u32::try_from(at).ok()?))
}

fn look(
    into: &Collector<'_, '_>,
    roster: &Roster,
    service: Option<KeyId>,
    trace: &Trace,
    seen: &mut Seen,
) {
    let table = into.sample.table;
    let slot = u32::try_from(trace.slot).unwrap_or(u32::MAX);
    let service_of = |row: &Row| {
        let service = service?;
        let cell = table
            .cells_of(row)
            .iter()
            .find(|cell| cell.key == service)?;
        Some(cell.value)
    };
    // For each name in the trace how often, and how often below each other name.
    let mut many: BTreeMap<usize, u32> = BTreeMap::new();
    let mut below: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    let mut children: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for row in table.rows_of(trace) {
        let Some(index) = roster.index(row.name) else {
            continue;
        };
        *many.entry(index).or_default() += 1;
        for (at, above) in ancestors(table.rows(), row, &|name| roster.index(name)) {
            *below.entry((index, above)).or_default() += 1;
            if at == 0 {
                *children.entry((index, above)).or_default() += 1;
            }
        }
        if let Some(Parent::Row(parent)) = row.parent {
            let caller = service_of(&table.rows()[parent as usize]);
            if let Some(caller) = caller.filter(|caller| Some(*caller) != service_of(row)) {
                let at = (index, caller.bits());
                let (_, slots) = seen.callers.entry(at).or_insert((caller, Vec::new()));
                push(slots, slot);
            }
        }
    }
    let names: BTreeSet<usize> = many.keys().copied().collect();
    for (pairs, some, none) in [
        (&below, &mut seen.inside, &mut seen.outside),
        (&children, &mut seen.child, &mut seen.no_child),
    ] {
        for (pair, count) in pairs {
            push(some.entry(*pair).or_default(), slot);
            if *count < many[&pair.0] && trace.is_complete {
                push(none.entry(*pair).or_default(), slot);
            }
        }
    }
    // Below nothing of a name that the trace may not even have: told where such a place was ever seen.
    if trace.is_complete {
        for pairs in [
            (&seen.inside, &mut seen.outside, &below),
            (&seen.child, &mut seen.no_child, &children),
        ] {
            let (known, none, here) = pairs;
            for index in &names {
                let range = known.range((*index, 0)..=(*index, usize::MAX));
                for (pair, _) in range.filter(|(pair, _)| !here.contains_key(pair)) {
                    push(none.entry(*pair).or_default(), slot);
                }
            }
        }
    }
}

fn push(slots: &mut Vec<u32>, slot: u32) {
    if slots.last() != Some(&slot) {
        slots.push(slot);
    }
}

/// The different names above a span, with how far up the nearest of each is.
fn ancestors(
    rows: &[Row],
    row: &Row,
    index: &dyn Fn(NameId) -> Option<usize>,
) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut at = row;
    for height in 0..DEEPEST {
        let Some(Parent::Row(parent)) = at.parent else {
            break;
        };
        at = &rows[parent as usize];
        if let Some(name) = index(at.name)
            && !found.iter().any(|(_, known)| *known == name)
        {
            found.push((height, name));
        }
    }
    found
}
