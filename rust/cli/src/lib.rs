//! The command `betrace`, as a library that its binary, tests and benches call.
//!
//! ```text
//! embed ▸ command ▸ as_test ▸ recording, near_miss ▸ feed, rules, collector, english, drawing, case, remote, window ▸ traces, census, applied, words, paths
//!         ▸ args, exit, output ▸ version
//! ```
//!
//! Each uses only what stands to its right. [`args`] is what can be typed, [`command`] does it; `rules` loads rules that
//! are run, `collector` finds those of a Collector configuration, `english` puts them in words, `case` runs their tests,
//! `near_miss` says what they nearly met, `as_test` makes tests of recorded traces; `feed` hands recorded traces over, [`traces`] reads them, `census` counts what
//! occurs in them, `recording` finds one of them, `drawing` draws it; `remote` fetches traces from where they are kept; `window` is a stretch of time as it is typed; `applied` tells which rules came into play, [`paths`]
//! finds files, `words` are those of results, [`output`] talks to terminals and pipes. What is true of rules and traces is
//! asked of `betrace-lang` and `betrace-engine` alone; the world of `simulate` is `betrace-sim`'s.
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
