//! What is given to a verification, and what it tells.

use std::fmt;

use crate::digest::Sha256Hex;
use crate::key::PublicKey;
use crate::record::Statement;

/// One line of a file of records.
#[derive(Clone, Copy, Debug)]
pub struct Line<'l> {
    pub file: &'l str,
    /// From 1.
    pub number: usize,
    pub text: &'l [u8],
}

/// What the records are held against.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// Keys that may have signed.
    pub keys: Vec<PublicKey>,
    /// Records without a signature are told of, and are no fault: their chain alone is checked.
    pub allows_unsigned: bool,
    /// Records that must be there: number and hash.
    pub known: Vec<(u64, Sha256Hex)>,
    /// The records before the first ones here: number and hash.
    pub after: Vec<(u64, Sha256Hex)>,
    /// Until when there must be records, nanoseconds since 1970.
    pub until: Option<u64>,
    /// How long the processor may have not run between a stop or a kill and the next start, in nanoseconds.
    pub longest_pause: u64,
}

/// A record that could be read.
#[derive(Clone, Debug)]
pub struct Checked {
    /// `file:line`.
    pub place: String,
    /// Of its payload.
    pub hash: Sha256Hex,
    pub statement: Statement,
    /// Nanoseconds since 1970.
    pub from: u64,
    pub to: u64,
    /// Nothing is wrong with it by itself, its signature included.
    pub is_sound: bool,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    NotARecord,
    Content,
    Unsigned,
    UnknownKey,
    Signature,
    HandOver,
    Missing,
    Repeated,
    Forked,
    OutOfOrder,
    Unlinked,
    NotRunning,
    TimeGap,
    ClockBack,
    NotThere,
    EndsEarly,
}

impl FaultKind {
    /// As it is written for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FaultKind::NotARecord => "not_a_record",
            FaultKind::Content => "content",
            FaultKind::Unsigned => "unsigned",
            FaultKind::UnknownKey => "unknown_key",
            FaultKind::Signature => "signature",
            FaultKind::HandOver => "hand_over",
            FaultKind::Missing => "missing",
            FaultKind::Repeated => "repeated",
            FaultKind::Forked => "forked",
            FaultKind::OutOfOrder => "out_of_order",
            FaultKind::Unlinked => "unlinked",
            FaultKind::NotRunning => "not_running",
            FaultKind::TimeGap => "time_gap",
            FaultKind::ClockBack => "clock_back",
            FaultKind::NotThere => "not_there",
            FaultKind::EndsEarly => "ends_early",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A fault and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// `file:line`; empty where it is of no line.
    pub place: String,
    pub text: String,
}

/// What is no fault, and to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub place: String,
    pub text: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// In the order of the lines.
    pub records: Vec<Checked>,
    pub faults: Vec<Fault>,
    pub notes: Vec<Note>,
}

impl Verification {
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty() && !self.records.is_empty()
    }

    pub(crate) fn fault(&mut self, kind: FaultKind, place: &str, text: String) {
        self.faults.push(Fault {
            kind,
            place: place.to_owned(),
            text,
        });
    }

    pub(crate) fn note(&mut self, place: &str, text: String) {
        self.notes.push(Note {
            place: place.to_owned(),
            text,
        });
    }
}
