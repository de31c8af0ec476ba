//! The order of the rooms in `src`, held by reading what each file uses of the others.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

#[path = "../../engine/tests/floors/mod.rs"]
mod floors;

/// From the ground up.
const FLOORS: [&[&str]; 8] = [
    &["bits", "fold", "noise"],
    &["statistics", "table"],
    &["form"],
    &["sample"],
    &["nearness"],
    &["candidate"],
    &["mine"],
    &["rank", "wording"],
];

#[test]
fn no_arrow_runs_up_and_no_file_uses_one_that_uses_it() {
    floors::hold(&FLOORS, 60);
}
