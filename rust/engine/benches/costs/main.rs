//! What the engine costs against peers: rows of the table that `make bench` prints. `cargo bench -p betrace-engine --bench
//! costs [-- name …]`, a rough figure with `QUICK=1`.
//!
//! `endless` goes on with the first of them for [two builds in turns](../turns.py).
//!
//! Traffic and rules are those of `rust/bench`; both sides are in this process, have its allocator, and take turns.
//! `engine_100_rules` is the processor's time of one thread, `engine_live_growth` too; `engine_two_cores` is time on the wall.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a bench is for is its figures"
)]

mod cores;
mod hundred;
mod live;
mod load;
mod running;

use std::process::ExitCode;

use betrace_bench::row::Row;

/// A row's name, and what measures it.
type Bench = (&'static str, fn() -> Row);

const BENCHES: [Bench; 4] = [
    ("engine_100_rules", hundred::row),
    ("engine_live_growth", live::row),
    ("engine_two_cores", cores::row),
    ("load_rules", load::row),
];

fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    if chosen.iter().any(|one| one == "endless") {
        hundred::endless();
    }
    for (name, measure) in BENCHES {
        if !chosen.is_empty() && !chosen.iter().any(|one| one == name) {
            continue;
        }
        let row = measure();
        println!("{}", row.said());
        if let Err(fault) = row.keep() {
            eprintln!("the row {name} is not kept: {fault}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
