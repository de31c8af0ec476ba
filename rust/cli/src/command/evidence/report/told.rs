//! What a report says, whichever its form.

use std::collections::BTreeMap;

use betrace_evidence::time_text;
use betrace_lang::verdict::Reason;
use serde::Serialize;

use crate::words;

/// UTC, with as much of a fraction as there is.
pub fn time(unix_nanos: u64) -> String {
    let text = time_text(unix_nanos);
    let text = text.trim_end_matches('Z').trim_end_matches('0');
    format!("{}Z", text.trim_end_matches('.'))
}

#[derive(Serialize)]
pub struct Told {
    pub framework: Framework,
    pub from: String,
    pub to: String,
    /// Records of the stretch of time.
    pub records: usize,
    pub last_record_sha256: Option<String>,
    /// Its number.
    pub last_record: Option<u64>,
    pub origin: Origin,
    /// No fault in any of the records that were given.
    pub whole: bool,
    pub faults: Vec<Fault>,
    pub faults_total: usize,
    pub coverage: Coverage,
    /// What weakens the claim.
    pub weaknesses: Vec<String>,
    /// What changed: rules, keys, pauses that were let pass.
    pub changes: Vec<String>,
    pub controls: Vec<Control>,
    pub disclaimer: &'static str,
}

/// From whom the records of the time are, each thing named once, in their order.
#[derive(Default, Serialize)]
pub struct Origin {
    /// The keys that signed, by the SHA-256 of their public halves; `unsigned`.
    pub signers: Vec<String>,
    /// The rule sets that were in use, by SHA-256.
    pub rule_sets: Vec<String>,
    /// Versions of what wrote them.
    pub versions: Vec<String>,
    /// How many processors, or replays.
    pub instances: usize,
    /// Where the records of each end, by number and SHA-256.
    #[serde(skip)]
    pub lasts: Vec<String>,
}

#[derive(Serialize)]
pub struct Framework {
    pub name: String,
}

#[derive(Serialize)]
pub struct Fault {
    pub kind: &'static str,
    pub place: String,
    pub text: String,
}

/// For how much of the time there is a record.
#[derive(Serialize)]
pub struct Coverage {
    /// Between 0 and 1, of the time that any instance watched.
    pub share: f64,
    pub seconds: u64,
    pub holes: Vec<Hole>,
    /// A bar for each instance, its pieces as shares of the stretch.
    pub instances: Vec<Bar>,
}

#[derive(Serialize)]
pub struct Hole {
    pub from: String,
    pub to: String,
}

#[derive(Serialize)]
pub struct Bar {
    pub instance: String,
    pub share: f64,
    /// Begin and end, between 0 and 1.
    pub covered: Vec<(f64, f64)>,
}

#[derive(Serialize)]
pub struct Control {
    pub id: String,
    /// In our words; of a control that is not in our catalogue nothing.
    pub asks: Option<&'static str>,
    pub cannot_show: Option<&'static str>,
    /// The rules that speak for it; there may be none.
    pub rules: Vec<Rule>,
}

/// What became of a rule, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Broken,
    /// Not broken as far as is known, and not known of some traces.
    PartlyUnknown,
    Kept,
    /// Nothing happened that it speaks of, as far as is known. It says nothing about the control.
    NotExercised,
}

impl Status {
    pub const fn words(self) -> &'static str {
        match self {
            Status::Broken => "broken",
            Status::PartlyUnknown => "not broken as far as known; unknown in part",
            Status::Kept => "kept",
            Status::NotExercised => "not exercised",
        }
    }

    /// What a reader must know who has not read the documentation.
    pub const MEANINGS: &str = "kept: in each trace in which some span had to do with the rule. broken: in at least one trace. \
unknown in part: not broken as far as is known, and of some traces it is not known. not exercised: nothing happened that the rule \
speaks of, as far as is known, which says nothing about the control.";
}

#[derive(Clone, Serialize)]
pub struct Rule {
    pub id: String,
    pub severity: String,
    /// What it asks, in English; empty where its file was not given, or says something else than what was in use.
    pub reading: Vec<String>,
    pub status: Status,
    pub violated: u64,
    /// Traces that kept it and had to do with it.
    pub kept: u64,
    /// Traces that kept it, among them those that had nothing to do with it.
    pub satisfied: u64,
    pub not_applicable: u64,
    pub inconclusive: BTreeMap<String, u64>,
    pub excused: u64,
    pub violations: u64,
    pub contradicted: u64,
    /// More than one where it meant something else for a time.
    pub meanings: usize,
    /// Records that list it, of those of the stretch.
    pub in_records: usize,
    pub sample: Vec<Trace>,
    pub named_violations: Vec<Violation>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Trace {
    pub id: String,
    pub url: Option<String>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Violation {
    pub trace: Trace,
    pub id: String,
}

/// Why nothing is known of a trace, in words where the reason is one of this version.
pub fn because(reason: &str) -> &str {
    let known = Reason::ALL.iter().find(|one| one.as_str() == reason);
    known.map_or(reason, |known| words::because(*known))
}

impl Rule {
    pub fn unknown(&self) -> u64 {
        let counts = self.inconclusive.values();
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    }
}
