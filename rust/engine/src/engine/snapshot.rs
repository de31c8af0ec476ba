//! The state of an engine as bytes: versioned, checksummed, and read back only if all of it is sound.
//!
//! Layout: four bytes `BTSS`, the version as two bytes in little-endian order, the postcard encoding of
//! [`Stored`], and the first sixteen bytes of the BLAKE3 hash of all that. Cells, fields and rules are
//! written with their process-independent names, so that a rule set that shares some of them picks
//! those up: a rule with another meaning sees restored traces as after a reload.

use std::fmt;
use std::sync::atomic::Ordering;

use betrace_lang::verdict::Reason;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::hash::route;
use crate::intern::Name;
use crate::settings::Timestamp;
use crate::state::TraceState;

const MAGIC: [u8; 4] = *b"BTSS";

/// To be raised with every change of what [`Stored`] holds.
const VERSION: u16 = 1;

const CHECKSUM: usize = 16;

#[derive(Serialize, Deserialize)]
struct Stored {
    /// Nothing was consumed after it was taken.
    is_final: bool,
    generation: u32,
    /// The rules of that time, each with the generation in which it came.
    rules: Vec<(Name, u32)>,
    /// By the numbers that `traces` uses.
    cell_names: Vec<Name>,
    field_names: Vec<Name>,
    rule_names: Vec<Name>,
    traces: Vec<TraceState>,
    /// When each id came at the latest, and its route; oldest first.
    forgotten: Vec<(u64, u64)>,
}

/// Whether the engine goes on after the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotKind {
    /// More spans follow, which a restart from this snapshot would miss: restored live traces end
    /// incomplete.
    Periodic,
    /// Nothing is consumed any more: restored traces go on as if nothing had happened.
    Final,
}

/// What came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub live_traces: u64,
    pub remembered_traces: u64,
    pub forgotten_ids: u64,
    /// Rules of the present set that the snapshot knew with the same meaning.
    pub known_rules: u64,
}

/// Why a snapshot was not taken over. The engine is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The bytes do not begin as a snapshot does, or end too soon.
    NotASnapshot,
    /// Written by another version.
    Version(u16),
    /// The checksum does not fit.
    Corrupt,
    /// The checksum fits, and what was written makes no sense.
    Unsound,
    /// The engine has traces already.
    NotFresh,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotError::NotASnapshot => out.write_str("this is no snapshot"),
            SnapshotError::Version(version) => write!(
                out,
                "the snapshot has version {version}, and only {VERSION} can be read"
            ),
            SnapshotError::Corrupt => out.write_str("the snapshot's checksum does not fit"),
            SnapshotError::Unsound => out.write_str("the snapshot contradicts itself"),
            SnapshotError::NotFresh => {
                out.write_str("a snapshot can only be restored before any span was consumed")
            }
        }
    }
}

impl std::error::Error for SnapshotError {}

impl Engine {
    /// The state of all traces. What was counted, and findings that wait, are not part of it.
    #[must_use]
    pub fn snapshot(&self, kind: SnapshotKind) -> Vec<u8> {
        let interner = self.interner.lock();
        let plan = self.plan.read();
        let mut stored = Stored {
            is_final: kind == SnapshotKind::Final,
            generation: plan.generation,
            rules: plan
                .rules
                .iter()
                .map(|rule| (interner.rules.names()[rule.key as usize], rule.since))
                .collect(),
            cell_names: interner.cells.names().to_vec(),
            field_names: interner.fields.names().to_vec(),
            rule_names: interner.rules.names().to_vec(),
            traces: Vec::new(),
            forgotten: Vec::new(),
        };
        for shard in &self.shards {
            let shard = shard.lock();
            stored.traces.extend(shard.traces().cloned());
            stored.forgotten.extend(shard.forgotten.iter());
        }
        // In an order that does not depend on the shards.
        stored.traces.sort_by_key(|trace| trace.id);
        stored.forgotten.sort_unstable();
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        // Writing to memory cannot fail, and every type here has an encoding.
        if let Ok(body) = postcard::to_allocvec(&stored) {
            bytes.extend_from_slice(&body);
        }
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(&checksum.as_bytes()[..CHECKSUM]);
        bytes
    }

    /// Takes over the state that another engine stored. Only before the first span is consumed.
    ///
    /// # Errors
    /// If the bytes are not a sound snapshot of this version.
    pub fn restore(&self, bytes: &[u8], now: Timestamp) -> Result<Restored, SnapshotError> {
        let now = self.advance(now);
        let stored = read(bytes)?;
        let mut interner = self.interner.lock();
        let mut plan = self.plan.write();
        let is_fresh = self.shards.iter().all(|shard| {
            let shard = shard.lock();
            shard.live == 0 && shard.remembered == 0
        });
        if !is_fresh {
            return Err(SnapshotError::NotFresh);
        }
        let mut restored = Restored {
            forgotten_ids: stored.forgotten.len() as u64,
            ..Restored::default()
        };
        plan.generation = stored.generation.saturating_add(1);
        let known: HashMap<Name, u32> = stored.rules.iter().copied().collect();
        let generation = plan.generation;
        for rule in &mut plan.rules {
            let since = known.get(&interner.rules.names()[rule.key as usize]);
            restored.known_rules += u64::from(since.is_some());
            rule.since = since.copied().unwrap_or(generation);
        }
        plan.newest = plan.rules.iter().map(|rule| rule.since).max().unwrap_or(0);
        let numbers = Renumbering {
            cells: stored
                .cell_names
                .iter()
                .map(|name| interner.cells.get(*name))
                .collect(),
            fields: stored
                .field_names
                .iter()
                .map(|name| interner.fields.number(*name))
                .collect(),
            rules: stored
                .rule_names
                .iter()
                .map(|name| interner.rules.number(*name))
                .collect(),
        };
        for mut trace in stored.traces {
            numbers.apply(&mut trace);
            trace.seen.rebuild_index(self.key);
            if trace.closed == 0 {
                restored.live_traces += 1;
                // It could not hear of spans while the engine stood still.
                trace.last = trace.last.max(now);
                if !stored.is_final {
                    trace.reasons.add(Reason::Restart);
                }
            } else {
                restored.remembered_traces += 1;
            }
            let hash = self.key.of(&trace.id.0);
            let at = self.shard_of(route(trace.id));
            self.shards[at]
                .lock()
                .insert(self.key, hash, trace, &self.settings);
        }
        for (latest, hash) in stored.forgotten {
            let mut shard = self.shards[self.shard_of(hash)].lock();
            shard
                .forgotten
                .add_hash(self.key, hash, latest, self.settings.forget_after);
        }
        for (at, shard) in self.shards.iter().enumerate() {
            self.account(at, &shard.lock());
        }
        if stored.is_final {
            self.started.store(0, Ordering::Relaxed);
        }
        Ok(restored)
    }
}

/// From the stored numbers to this engine's.
struct Renumbering {
    /// `None`: no rule of this set reads it.
    cells: Vec<Option<u32>>,
    fields: Vec<u32>,
    rules: Vec<u32>,
}

impl Renumbering {
    fn apply(&self, trace: &mut TraceState) {
        trace.renumber_cells(|cell| self.cells.get(cell as usize).copied().flatten());
        trace
            .records
            .renumber_fields(|field| self.fields.get(field as usize).copied());
        let rule = |key: u32| self.rules.get(key as usize).copied().unwrap_or(u32::MAX);
        for fired in &mut trace.fired {
            fired.rule = rule(fired.rule);
        }
        trace.postponed.clear();
    }
}

fn read(bytes: &[u8]) -> Result<Stored, SnapshotError> {
    let head = MAGIC.len() + 2;
    if bytes.len() < head + CHECKSUM || bytes[..MAGIC.len()] != MAGIC {
        return Err(SnapshotError::NotASnapshot);
    }
    let version = u16::from_le_bytes([bytes[MAGIC.len()], bytes[MAGIC.len() + 1]]);
    if version != VERSION {
        return Err(SnapshotError::Version(version));
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    if blake3::hash(content).as_bytes()[..CHECKSUM] != *checksum {
        return Err(SnapshotError::Corrupt);
    }
    let stored: Stored =
        postcard::from_bytes(&content[head..]).map_err(|_| SnapshotError::Unsound)?;
    if !stored.traces.iter().all(TraceState::is_sound) {
        return Err(SnapshotError::Unsound);
    }
    Ok(stored)
}
