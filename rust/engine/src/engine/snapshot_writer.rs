//! Writes a snapshot with little memory beside its bytes, and holds no part of the traces for long.
//!
//! A trace becomes bytes as soon as it was looked at, each under the lock of its shard alone: between two of them
//! batches go on. What numbers the traces have used is only known behind the last one, so the names are put before them then, in
//! place. In a periodic snapshot traces that come, go or change meanwhile are in it as they were met, or not: each stands for
//! itself, and a restart from it misses spans anyway.

use std::hash::Hash;

use hashbrown::HashSet;
use serde::Serialize;

use crate::engine::rule_set::RuleSet;
use crate::engine::snapshot::{CHECKSUM, MAGIC, SnapshotKind, VERSION, keeps, over_traces};
use crate::engine::stored::StoredRule;
use crate::id::TraceId;
use crate::intern::{CellId, FieldKey, Interner, RuleKey};
use crate::plan::RulePlan;
use crate::state::named::NamedTrace;
use crate::state::shards::{ShardIndex, Shards};
use crate::state::slots::TracePlace;
use crate::state::stored::{StoredAddition, StoredLowest, StoredTrace};
use crate::sync::Mutex;
use crate::time::Timestamp;
use crate::windows::kept::StoredWindows;
use crate::windows::table::Windows;

/// The state of all traces.
pub(crate) fn write(
    kind: SnapshotKind,
    started: Timestamp,
    rules: &RuleSet,
    interner: &Interner,
    (shards, windows): (&Shards, &Mutex<Windows>),
) -> Vec<u8> {
    let mut places: Vec<(TraceId, ShardIndex, TracePlace)> = Vec::new();
    shards.each(|at, place, trace| places.push((trace.id(), at, place)));
    // In an order that depends neither on how they came nor on the shards.
    places.sort_unstable();
    let mut traces = Traces::default();
    for (_, at, place) in places {
        if let Some(trace) = shards.lock(at).settled(place) {
            traces.add(trace.asked());
        }
    }
    // Behind the traces: one that is gone meanwhile is among them.
    let mut forgotten = Vec::new();
    for at in shards.all() {
        // Shared, and worked out with the part free for others.
        let ids = shards.lock(at).forgotten.copy();
        forgotten.extend(ids.stored(at.number()));
    }
    forgotten.sort_unstable();
    let of_rule = |(rule, since): (&RulePlan, _)| StoredRule {
        name: interner.rule_name(rule.key).to_string(),
        since,
        keeps: keeps(rule, interner),
    };
    let rules_of_now: Vec<StoredRule> = rules.dated().map(of_rule).collect();
    let mut head = begun();
    let is_final = kind == SnapshotKind::Final;
    append(
        &mut head,
        &(started, is_final, rules.generation, rules_of_now),
    );
    append(&mut head, &named(traces.cells, |id| interner.cell_name(id)));
    append(
        &mut head,
        &named(traces.fields, |key| interner.field_name(key)),
    );
    append(
        &mut head,
        &named(traces.rules, |key| interner.rule_name(key)),
    );
    append(&mut head, &traces.count);
    let mut bytes = traces.bytes;
    bytes.splice(0..0, head);
    let names = over_traces(rules, interner);
    let names = names.iter().map(|(name, key)| (*key, *name));
    append(&mut bytes, &forgotten);
    append(&mut bytes, &StoredWindows::of(windows, names));
    ended(bytes)
}

fn begun() -> Vec<u8> {
    [&MAGIC[..], &VERSION.to_le_bytes()].concat()
}

fn ended(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(&checksum.as_bytes()[..CHECKSUM]);
    bytes
}

/// A snapshot of what is given whole.
#[cfg(test)]
pub(crate) fn seal(stored: &impl Serialize) -> Vec<u8> {
    let mut bytes = begun();
    append(&mut bytes, stored);
    ended(bytes)
}

/// Traces as they are stored, one behind the other, and the numbers that they have used.
#[derive(Default)]
struct Traces {
    bytes: Vec<u8>,
    count: usize,
    cells: HashSet<CellId>,
    fields: HashSet<FieldKey>,
    rules: HashSet<RuleKey>,
}

impl Traces {
    fn add(&mut self, trace: NamedTrace<'_>) {
        let (addition, lowest) = (StoredAddition::of(&trace), StoredLowest::of(trace));
        let trace = StoredTrace::of(trace);
        self.cells.extend(trace.cells());
        self.fields.extend(trace.fields());
        self.rules.extend(trace.rules());
        append(&mut self.bytes, &(trace, addition, lowest));
        self.count += 1;
    }
}

/// Writes a value behind others: what is written so, one value after the other, is read as the fields of one.
fn append(bytes: &mut Vec<u8>, value: &impl Serialize) {
    // Writing to memory cannot fail, and every type here has an encoding.
    let taken = std::mem::take(bytes);
    if let Ok(longer) = postcard::to_extend(value, taken) {
        *bytes = longer;
    }
}

/// Each number with its name, in their order.
fn named<I: Copy + Ord + Hash, N: ToString>(
    used: HashSet<I>,
    name: impl Fn(I) -> N,
) -> Vec<(I, String)> {
    let mut used: Vec<I> = used.into_iter().collect();
    used.sort_unstable();
    used.into_iter()
        .map(|id| (id, name(id).to_string()))
        .collect()
}
