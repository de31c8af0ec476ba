//! What a snapshot holds, in each version that was ever written.
//!
//! Version 1 named cells by what their description happened to hash to. Its traces, ids and times are
//! restored, and no rule counts as known. Versions 1 and 2 kept the ids of traces that are gone whole. Up to version
//! 3 nothing said when a span came, up to version 5 which spans are the lowest of a group.
//! Since version 9, and again since version 10, digests of spans are made in another way, as their basis says: copies are known
//! by it, and conflicts between copies from before and after are not. Since version 10 the parent of every span is stored,
//! whatever rules ask, and what refers to a record is counted when it is read. Since version 11 a trace has only that some span has
//! no order, half of what its digests are made of, of what closed only when it did, and of a trace with a root no first span. Since version 12 it is stored until when windows were told,
//! and since version 13 which of them were short of memory.

use serde::{Deserialize, Serialize};

use crate::intern::{CellId, FieldKey, RuleKey};
use crate::state::forgotten::StoredIds;
use crate::state::stored::{StoredAddition, StoredLowest, StoredTrace};
use crate::state::trace::Generation;
use crate::time::Timestamp;

/// Versions 6 to 13, with open windows behind it since version 7 and, since version 5, with the time since when the state is whole
/// before it.
pub(crate) type Stored = StoredAs<(StoredTrace, StoredAddition, StoredLowest), StoredIds>;

/// Versions 4 and 5.
pub(crate) type StoredFourth = StoredAs<(StoredTrace, StoredAddition), StoredIds>;

/// Version 3.
pub(crate) type StoredThird = StoredAs<StoredTrace, StoredIds>;

/// Version 2: when each id came at the latest, and its route.
pub(crate) type StoredSecond = StoredAs<StoredTrace, (Timestamp, u64)>;

/// What every version since the second holds, with traces and ids in its own form.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredAs<Trace, Ids> {
    /// Nothing was consumed after it was taken.
    pub is_final: bool,
    pub generation: Generation,
    /// The rules of that time.
    pub rules: Vec<StoredRule>,
    /// What the numbers in `traces` are called.
    pub cell_names: Vec<(CellId, String)>,
    pub field_names: Vec<(FieldKey, String)>,
    pub rule_names: Vec<(RuleKey, String)>,
    pub traces: Vec<Trace>,
    /// The ids of traces that are gone, oldest first.
    pub forgotten: Vec<Ids>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredRule {
    /// Of id and meaning.
    pub name: String,
    /// The generation in which it came.
    pub since: Generation,
    /// A hash of the names of all that it keeps.
    pub keeps: u128,
}

/// Version 1. Its names are hashes that mean nothing here.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredFirst {
    pub is_final: bool,
    pub generation: Generation,
    pub rules: Vec<(u128, u32)>,
    pub cell_names: Vec<u128>,
    pub field_names: Vec<u128>,
    pub rule_names: Vec<u128>,
    pub traces: Vec<StoredTrace>,
    pub forgotten: Vec<(Timestamp, u64)>,
}

impl From<StoredFirst> for Stored {
    fn from(first: StoredFirst) -> Stored {
        Stored {
            is_final: first.is_final,
            generation: first.generation,
            rules: Vec::new(),
            cell_names: Vec::new(),
            field_names: Vec::new(),
            rule_names: Vec::new(),
            traces: alone(first.traces),
            forgotten: whole(first.forgotten),
        }
    }
}

impl From<StoredSecond> for Stored {
    fn from(second: StoredSecond) -> Stored {
        second.newer(alone, whole)
    }
}

impl From<StoredThird> for Stored {
    fn from(third: StoredThird) -> Stored {
        third.newer(alone, |ids| ids)
    }
}

impl From<StoredFourth> for Stored {
    fn from(fourth: StoredFourth) -> Stored {
        let add = |(trace, addition)| (trace, addition, StoredLowest::default());
        fourth.newer(|traces| traces.into_iter().map(add).collect(), |ids| ids)
    }
}

/// Traces as they are stored now.
type Traces = Vec<(StoredTrace, StoredAddition, StoredLowest)>;

impl<Trace, Ids> StoredAs<Trace, Ids> {
    fn newer(
        self,
        traces: impl FnOnce(Vec<Trace>) -> Traces,
        ids: impl FnOnce(Vec<Ids>) -> Vec<StoredIds>,
    ) -> Stored {
        Stored {
            is_final: self.is_final,
            generation: self.generation,
            rules: self.rules,
            cell_names: self.cell_names,
            field_names: self.field_names,
            rule_names: self.rule_names,
            traces: traces(self.traces),
            forgotten: ids(self.forgotten),
        }
    }
}

fn alone(traces: Vec<StoredTrace>) -> Traces {
    let add = |trace| (trace, StoredAddition::default(), StoredLowest::default());
    traces.into_iter().map(add).collect()
}

/// Ids whose routes were stored with all their bits.
fn whole(ids: Vec<(Timestamp, u64)>) -> Vec<StoredIds> {
    ids.chunk_by(|(a, _), (b, _)| a == b)
        .map(|of_one_time| StoredIds {
            latest: of_one_time[0].0,
            bits: u64::BITS,
            routes: of_one_time.iter().map(|(_, route)| *route).collect(),
        })
        .collect()
}
