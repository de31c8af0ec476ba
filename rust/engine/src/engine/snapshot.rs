//! The state of an engine as bytes: versioned, checksummed, and read back only if all of it is sound.
//!
//! Layout: four bytes `BTSS`, the version as two bytes in little-endian order, the postcard encoding of what
//! is stored, and the first sixteen bytes of the BLAKE3 hash of all that. Cells, fields and rules are written
//! with their [names](crate::intern::name): a rule set that shares some of them picks those up and nothing
//! else, and a rule counts as known only if everything that it keeps is called as it was. Any other rule sees
//! restored traces as after a reload.
//! What is stored, in every version, stands in [`stored`](crate::engine::stored), and how it is written in
//! [`snapshot_writer`](crate::engine::snapshot_writer).

use std::collections::BTreeMap;
use std::fmt;

use betrace_lang::verdict::Reason;
use hashbrown::HashMap;
use serde::de::DeserializeOwned;

use crate::engine::rule_set::RuleSet;
use crate::engine::stored::{
    Stored, StoredFirst, StoredFourth, StoredRule, StoredSecond, StoredThird,
};
use crate::hash::HashKey;
use crate::intern::{CellId, FieldKey, Interner, RuleKey};
use crate::plan::RulePlan;
use crate::settings::Settings;
use crate::state::forgotten::Share;
use crate::state::shards::Shards;
use crate::state::stored::{Renumber, StoredTrace};
use crate::state::trace::Generation;
use crate::sync::Mutex;
use crate::time::Timestamp;
use crate::windows::kept::{
    StoredWindows, StoredWindowsFirst, StoredWindowsSecond, StoredWindowsThird,
};
use crate::windows::table::Windows;

pub(crate) const MAGIC: [u8; 4] = *b"BTSS";

/// To be raised with every change of what [`Stored`] holds.
pub(crate) const VERSION: u16 = 13;

const HEAD: usize = MAGIC.len() + 2;
pub(crate) const CHECKSUM: usize = 16;

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
    /// Written by a version that this one does not know.
    Version(u16),
    /// The checksum does not fit.
    Corrupt,
    /// The checksum fits, and what was written makes no sense.
    Unsound,
    /// The engine has traces already.
    NotFresh,
}

impl SnapshotError {
    /// Whether the bytes are at fault: no engine of this version takes them over, now or later, so that they
    /// are best set aside and counted. Otherwise it was the wrong moment, and the bytes may be fine.
    #[must_use]
    pub fn is_of_bytes(&self) -> bool {
        *self != SnapshotError::NotFresh
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotError::NotASnapshot => out.write_str("this is no snapshot"),
            SnapshotError::Version(version) => write!(
                out,
                "the snapshot has version {version}, and only 1 to {VERSION} can be read"
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

/// The rules over many traces, by their names.
pub(crate) fn over_traces<'a>(
    rules: &RuleSet,
    interner: &'a Interner,
) -> BTreeMap<&'a str, RuleKey> {
    let rules = rules.plan.rules.iter().filter(|rule| rule.window.is_some());
    rules
        .map(|rule| (interner.rule_name(rule.key), rule.key))
        .collect()
}

/// A hash of the names of all that a rule keeps in a trace.
pub(crate) fn keeps(rule: &RulePlan, interner: &Interner) -> u128 {
    let cells = rule.cells.iter().map(|id| interner.cell_name(*id));
    let fields = rule.fields.iter().map(|key| interner.field_name(*key));
    let mut names: Vec<&str> = cells.chain(fields).collect();
    names.sort_unstable();
    let mut hash = blake3::Hasher::new();
    for name in names {
        hash.update(&(name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    u128::from_le_bytes(bytes)
}

/// A snapshot that was read, of whatever version, and not yet taken over.
pub(crate) struct Read {
    /// When an engine of before started without all of the state until then; zero: no trace can have suffered.
    started: Timestamp,
    stored: Stored,
    windows: StoredWindows,
}

/// Reads the bytes of a snapshot of any version that is known here.
pub(crate) fn read(bytes: &[u8]) -> Result<Read, SnapshotError> {
    if bytes.len() < HEAD + CHECKSUM || bytes[..MAGIC.len()] != MAGIC {
        return Err(SnapshotError::NotASnapshot);
    }
    let version = u16::from_le_bytes([bytes[MAGIC.len()], bytes[MAGIC.len() + 1]]);
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    let body = || {
        if blake3::hash(content).as_bytes()[..CHECKSUM] == *checksum {
            Ok(&content[HEAD..])
        } else {
            Err(SnapshotError::Corrupt)
        }
    };
    let none = StoredWindows::default;
    let untimed = |stored| (Timestamp(0), stored, none());
    let (started, stored, windows) = match version {
        1 => untimed(decode::<StoredFirst>(body()?)?.into()),
        2 => untimed(decode::<StoredSecond>(body()?)?.into()),
        3 => untimed(decode::<StoredThird>(body()?)?.into()),
        4 => untimed(decode::<StoredFourth>(body()?)?.into()),
        5 => {
            let (started, stored) = decode::<(Timestamp, StoredFourth)>(body()?)?;
            (started, stored.into(), none())
        }
        6 => {
            let (started, stored) = decode::<(Timestamp, Stored)>(body()?)?;
            (started, stored, none())
        }
        7 => {
            let (started, stored, windows) =
                decode::<(Timestamp, Stored, StoredWindowsFirst)>(body()?)?;
            (started, stored, windows.into())
        }
        8..=11 => {
            let (started, stored, windows) =
                decode::<(Timestamp, Stored, StoredWindowsSecond)>(body()?)?;
            (started, stored, windows.into())
        }
        12 => {
            let (started, stored, windows) =
                decode::<(Timestamp, Stored, StoredWindowsThird)>(body()?)?;
            (started, stored, windows.into())
        }
        13 => decode::<(Timestamp, Stored, StoredWindows)>(body()?)?,
        other => return Err(SnapshotError::Version(other)),
    };
    let is_sound = |(trace, _, lowest): &(StoredTrace, _, _)| trace.is_sound(lowest);
    if stored.traces.iter().all(is_sound) && windows.is_sound() {
        Ok(Read {
            started,
            stored,
            windows,
        })
    } else {
        Err(SnapshotError::Unsound)
    }
}

fn decode<S: DeserializeOwned>(body: &[u8]) -> Result<S, SnapshotError> {
    postcard::from_bytes(body).map_err(|_| SnapshotError::Unsound)
}

impl Read {
    /// When the state was last not whole; `None`: it is not whole now, because more was consumed after it was taken.
    pub fn not_whole_at(&self) -> Option<Timestamp> {
        self.stored.is_final.then_some(self.started)
    }

    /// Takes over what was stored. `rules` are the present ones, and `shards` are empty.
    pub fn restore(
        self,
        rules: &mut RuleSet,
        interner: &Interner,
        (shards, windows): (&Shards, &Mutex<Windows>),
        key: HashKey,
        settings: &Settings,
        now: Timestamp,
    ) -> Restored {
        let present = over_traces(rules, interner);
        {
            let mut windows = windows.lock();
            self.windows.restore(&mut windows, &present, now);
            for rule in &rules.plan.rules {
                if let Some(over) = &rule.rule.body.over {
                    windows.name_groups(rule.key, over);
                }
            }
        }
        let stored = self.stored;
        let mut restored = Restored {
            forgotten_ids: stored
                .forgotten
                .iter()
                .map(|ids| ids.routes.len() as u64)
                .sum(),
            known_rules: date(rules, interner, &stored),
            ..Restored::default()
        };
        let numbers = Renumbering::new(&stored, interner);
        for (trace, addition, lowest) in stored.traces {
            let mut shard = shards.lock(shards.of(trace.id()));
            shard.insert(key, settings, |pool| {
                let mut trace = trace.restore(addition, lowest, &numbers, key, pool);
                if trace.is_live() {
                    restored.live_traces += 1;
                    // It could not hear of spans while the engine stood still.
                    let missed = (!stored.is_final).then_some(Reason::Restart);
                    trace.resume(now, missed);
                } else {
                    restored.remembered_traces += 1;
                }
                trace
            });
        }
        let share = Share::of(settings);
        for ids in &stored.forgotten {
            for route in &ids.routes {
                let mut shard = shards.lock(shards.of_route(*route));
                shard.forgotten.restore(*route, ids, share);
            }
        }
        for at in shards.all() {
            shards.account(at, &shards.lock(at));
        }
        restored
    }
}

/// The present rules are as old as the snapshot says, where it knew them. Returns how many it knew.
fn date(rules: &mut RuleSet, interner: &Interner, stored: &Stored) -> u64 {
    let stored_rules: HashMap<&str, &StoredRule> = stored
        .rules
        .iter()
        .map(|rule| (rule.name.as_str(), rule))
        .collect();
    let known: HashMap<RuleKey, Generation> = rules
        .dated()
        .filter_map(|(rule, _)| {
            let stored = stored_rules.get(interner.rule_name(rule.key))?;
            (stored.keeps == keeps(rule, interner)).then_some((rule.key, stored.since))
        })
        .collect();
    let generation = Generation(stored.generation.0.saturating_add(1));
    rules.date(generation, |key| known.get(&key).copied());
    known.len() as u64
}

/// From the stored numbers to this engine's.
struct Renumbering {
    cells: HashMap<CellId, CellId>,
    fields: HashMap<FieldKey, FieldKey>,
    rules: HashMap<RuleKey, RuleKey>,
}

impl Renumbering {
    fn new(stored: &Stored, interner: &Interner) -> Renumbering {
        let cells = stored.cell_names.iter();
        let fields = stored.field_names.iter();
        let rules = stored.rule_names.iter();
        Renumbering {
            cells: cells
                .filter_map(|(id, name)| Some((*id, interner.find_cell(name)?)))
                .collect(),
            fields: fields
                .filter_map(|(key, name)| Some((*key, interner.find_field(name)?)))
                .collect(),
            rules: rules
                .filter_map(|(key, name)| Some((*key, interner.find_rule(name)?)))
                .collect(),
        }
    }
}

impl Renumber for Renumbering {
    fn cell(&self, stored: CellId) -> Option<CellId> {
        self.cells.get(&stored).copied()
    }

    fn field(&self, stored: FieldKey) -> Option<FieldKey> {
        self.fields.get(&stored).copied()
    }

    fn rule(&self, stored: RuleKey) -> Option<RuleKey> {
        self.rules.get(&stored).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot_writer::seal;
    use crate::tests::rules::rules;
    use crate::tests::spans::{at, span};
    use crate::{CloseCause, Engine, Report};

    #[test]
    fn a_rule_whose_kept_things_were_called_otherwise_is_not_known() {
        let settings = || Settings {
            report: Report::All,
            ..Settings::default()
        };
        let rule = ["r: never { not a }"];
        let before = Engine::new(rules(&rule), settings(), at(0)).unwrap();
        before.feed(&[span(1, 1, "a", 0, 1)], 1);
        let mut stored = read(&before.snapshot(SnapshotKind::Final)).unwrap().stored;
        // As if this version called the cell by another name than that which wrote it.
        stored.cell_names[0].1.push('?');
        stored.rules[0].keeps += 1;
        let after = Engine::new(rules(&rule), settings(), at(2)).unwrap();
        let restored = after
            .restore(&seal(&(at(0), &stored, StoredWindows::default())), at(2))
            .unwrap();
        assert_eq!((restored.live_traces, restored.known_rules), (1, 0));
        after.close_traces(at(3), CloseCause::EndOfInput);
        assert_eq!(after.told(), ["r inconclusive(reload)"]);
    }
}
