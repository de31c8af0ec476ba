//! The command `betrace`, as a library that its binary, tests and benches call.
//!
//! ```text
//! embed ▸ command ▸ as_test, compared ▸ judged, near_miss, recording ▸ case, collector, drawing, english, feed, remote, rules, window
//!       ▸ applied, census, paths, spool, traces, words ▸ args, exit, output ▸ version
//! ```
//!
//! Each uses only what stands to its right (`tests/rooms.rs` holds it). [`args`] is what can be typed, [`command`] does it.
//!
//! * Rules: `rules` loads those that are run, `collector` finds those of a Collector configuration, `english` puts them in
//!   words, `case` runs their tests, `near_miss` says what they nearly met, `applied` which of them came into play.
//! * Recorded traces: [`traces`] reads them, `feed` hands them over, `spool` keeps them to be read again, `census` counts what
//!   occurs in them, `recording` finds one, `drawing` draws it, `as_test` makes a test of it; `remote` fetches them from where
//!   they are kept, `window` is a stretch of time as it is typed.
//! * Both: `judged` has the verdicts trace by trace, `compared` those of good and of bad times.
//! * [`paths`] finds files, `words` are those of results, [`output`] talks to terminals and pipes, [`exit`] are the codes.
//!
//! What is true of rules and traces is asked of `betrace-lang` and `betrace-engine` alone; the world of `simulate` is
//! `betrace-sim`'s.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]

mod applied;
pub mod args;
mod as_test;
mod case;
mod census;
mod collector;
pub mod command;
mod compared;
mod drawing;
pub mod embed;
mod english;
pub mod exit;
mod feed;
mod judged;
mod near_miss;
pub mod output;
pub mod paths;
mod recording;
mod remote;
mod rules;
mod spool;
pub mod traces;
mod version;
mod window;
mod words;

pub use command::run;
