//! The table of what was measured: prints it, and writes it as `target/bench/summary.json`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what it is for is its table"
)]

use std::fs;
use std::io;
use std::process::ExitCode;

use betrace_bench::goals::{GOALS, Goal, Met};
use betrace_bench::row::{Row, folder};
use serde::Serialize;

#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    row: Row,
    must: f64,
    reach: f64,
}

fn main() -> ExitCode {
    match table() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("the table could not be made: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn table() -> io::Result<()> {
    let mut measured = Vec::new();
    println!("| name | ours | peer | | ratio (95 %) | must | reach | |");
    println!("|---|---|---|---|---|---|---|---|");
    for goal in GOALS {
        let Goal { name, must, reach } = goal;
        let Some(row) = Row::kept(name)? else {
            println!("| `{name}` | | | | not measured | {must:.3} | {reach:.3} | |");
            continue;
        };
        let met = match goal.met(row.low, row.high) {
            Met::Missed => "missed",
            Met::Must => "must",
            Met::Reach => "reach",
        };
        println!(
            "| `{name}` | {:.1} {} | {:.1} | {} | {:.3} ({:.3} to {:.3}) | {must:.3} | {reach:.3} | {met} |",
            row.ours, row.unit, row.peer, row.peer_name, row.ratio, row.low, row.high
        );
        measured.push(Measured { row, must, reach });
    }
    fs::create_dir_all(folder())?;
    let text = serde_json::to_string_pretty(&measured)?;
    fs::write(folder().join("summary.json"), text + "\n")
}
