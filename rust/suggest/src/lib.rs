//! From traces of good and of bad times to the rules that tell them apart.
//!
//! Requests go into a [`Builder`], which makes a [`Table`]; [`mine()`] looks through it for what the good traces have in common and
//! some bad ones lack, and [`ranked`] puts what it found in order, what may be chance paid for. A [`Candidate`] is a [`Form`]: data,
//! which [`condition`] writes in the language so that `check` has no word to say and `fmt` changes nothing. What is counted here
//! proposes; what a rule is worth is said by the engine over the recordings, which this crate does not know. No files, no
//! terminal, no clock.
//!
//! ```text
//! mine (existence, order, structure, count, value, number, join, sized) ▸ candidate, sample ▸ form ▸ table ▸ bits, statistics, fold, noise
//! rank, invariant, wording ▸ mine
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]

mod bits;
mod candidate;
mod fold;
mod form;
mod mine;
mod nearness;
mod noise;
mod rank;
mod sample;
mod statistics;
mod table;
mod wording;

pub use bits::Sides;
pub use candidate::{Candidate, FALSE_ALARMS, Found, fewest};
pub use fold::Shape;
pub use form::{Family, Form};
pub use mine::{Invariant, invariants, mine};
pub use rank::{Ranked, ranked};
pub use sample::{Half, Sample};
pub use statistics::{Factorials, false_discovery, wilson_upper};
pub use table::builder::{Builder, Origin, Seen};
pub use table::{Side, Table, Trace};
pub use wording::{condition, rule_id};
