//! What a record says. The types here are the format, once: they are written by [`canonical`] and read back by the
//! verifier.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256Hex;

pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The version of the format: whatever is added or means something else raises it.
pub const PREDICATE_TYPE: &str = "https://github.com/betracehq/betrace/evidence/v1";

/// Canonical JSON: names of objects sorted, no space, the shortest escapes, whole numbers alone. For such values that is
/// RFC 8785.
#[must_use]
pub fn canonical(value: &impl Serialize) -> Vec<u8> {
    // A map of serde_json is sorted; only a map with keys that are no text fails, and there is none.
    let value = serde_json::to_value(value).unwrap_or_default();
    serde_json::to_vec(&value).unwrap_or_default()
}

/// An in-toto Statement, version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    pub kind: String,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// `rules`, the rule set; and each recording that was read.
    pub subject: Vec<Subject>,
    pub predicate: Predicate,
}

/// What a statement speaks of, by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub name: String,
    /// By algorithm: `sha256`.
    pub digest: BTreeMap<String, Sha256Hex>,
}

impl Subject {
    #[must_use]
    pub fn new(name: &str, hash: Sha256Hex) -> Subject {
        Subject {
            name: name.to_owned(),
            digest: BTreeMap::from([("sha256".to_owned(), hash)]),
        }
    }
}

/// Why a record was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The processor began; the period has no length.
    Start,
    /// Its time was over.
    Period,
    /// Other rules took the place of these.
    Reload,
    /// The processor stopped in order.
    Stop,
    /// It was made of recordings.
    Replay,
}

/// What came to pass, and what weakens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicate {
    /// Whose records these are: 32 hexadecimal digits, drawn when the chain began.
    pub instance: String,
    /// From 1, one more for each record of an instance.
    pub sequence: u64,
    /// SHA-256 of the payload of the record before; null of the first.
    pub previous: Option<Sha256Hex>,
    pub cause: Cause,
    pub period: Period,
    /// Of a start: how the time before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    pub producer: Producer,
    /// Of a replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recordings: Option<Recordings>,
    /// The name of the key, or `unsigned`.
    pub signer: String,
    /// The key that signed before, and signs this record too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_over_from: Option<String>,
    pub rules: RulesSummary,
    pub verdicts: Verdicts,
    pub violations: Violations,
    pub spans: BTreeMap<String, u64>,
    pub traces: Traces,
    pub clock: Clock,
    pub records: Written,
    pub entries: Entries,
}

/// A stretch of time; UTC, as [`time_text`](crate::time_text) writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: String,
    pub to: String,
}

/// How the processor ended before it started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub ended: Ended,
    /// When the latest record before closed; what happened from then on is in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// In order.
    Stopped,
    /// Without a record of its stop: killed, or the machine went.
    Killed,
    /// What was stored of the chain could not be read, so a new one begins.
    ChainLost,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Producer {
    pub version: String,
    /// The processor's id in the Collector's configuration; empty of recordings.
    pub processor: String,
    pub pipeline: String,
}

/// What a replay read; which files it were, the statement's subjects say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recordings {
    /// Some of it could not be read.
    pub broken: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesSummary {
    pub total: u64,
    /// Among the entries; the others did not fit.
    pub listed: u64,
}

/// Traces by verdict, over all rules, listed or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    pub violated: u64,
    pub satisfied: u64,
    pub not_applicable: u64,
    pub inconclusive: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violations {
    pub total: u64,
    /// Among the entries.
    pub listed: u64,
    /// By cause; they were counted, and their spans went to nobody.
    pub lost: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    pub closed: u64,
    /// Open when the period ended.
    pub live: u64,
    /// Closed early for want of memory.
    pub shed: u64,
    /// Closed without verdicts: they began outside of the stretch of time that was asked for.
    pub outside: u64,
    /// Came again after they were forgotten.
    pub returned: u64,
    /// Ids that were forgotten early.
    pub ids_dropped: u64,
}

/// How the clock of the machine moved against the time that passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    pub jumps: u64,
    pub forward_ms: u64,
    pub back_ms: u64,
}

/// What became of records since the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    /// Attempts to write or send one that failed; it was tried again.
    pub failed: u64,
    /// Given up; their numbers are missing.
    pub dropped: u64,
    /// Periods of rules that were replaced faster than they could be told.
    pub periods_lost: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// Over the canonical bytes of each of the list.
    pub merkle_root: Sha256Hex,
    pub list: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    Rule(RuleEntry),
    Violation(ViolationEntry),
}

/// What one rule came to in the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleEntry {
    pub id: String,
    /// Changes with what the rule means, and with nothing else.
    pub meaning: String,
    pub severity: String,
    /// Framework to controls, as the rule names them.
    pub compliance: BTreeMap<String, Vec<String>>,
    pub violated: u64,
    pub satisfied: u64,
    pub not_applicable: u64,
    /// By reason.
    pub inconclusive: BTreeMap<String, u64>,
    /// Of the satisfied traces, those in which some span had to do with the rule.
    pub kept: u64,
    /// Obligations that an exception of the rule excused.
    pub excused: u64,
    /// Violations, of which a trace may have several.
    pub violations: u64,
    /// Violations that later spans contradict.
    pub contradicted: u64,
    pub comparisons_unknown: u64,
    pub spans_matched: u64,
    /// Ids of some of the kept traces.
    pub sample: Vec<String>,
}

/// A violation by its names; what it says is in its span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationEntry {
    pub rule: String,
    pub trace: String,
    pub violation: String,
}

/// Where a chain stands: what the next record must know of the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    pub instance: String,
    pub sequence: u64,
    pub hash: Sha256Hex,
    pub to: String,
    pub cause: Cause,
    pub signer: String,
}
