//! `betrace suggest` on faults that are known: what is suggested is held against traces that it has not seen.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that meets the unexpected ends there"
)]

#[allow(dead_code, reason = "shared with the other tests of the command")]
#[path = "command/support.rs"]
mod support;

#[path = "suggest/asked.rs"]
mod asked;
#[path = "suggest/injected.rs"]
mod injected;
#[path = "suggest/input.rs"]
mod input;
#[path = "suggest/kept.rs"]
mod kept;
#[path = "suggest/kinds.rs"]
mod kinds;
#[path = "suggest/page.rs"]
mod page;
#[path = "suggest/recorded.rs"]
mod recorded;
