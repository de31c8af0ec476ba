//! The traffic and the rules of the benches as files, for benches in other languages and of the command:
//! `target/bench/traffic/batch-0000.otlp …`, and `target/bench/rules.yaml`.
#![allow(clippy::print_stderr, reason = "says what it could not do")]

use std::fs;
use std::io;
use std::process::ExitCode;

use betrace_bench::row::folder;
use betrace_bench::rules;
use betrace_bench::shop::Shop;

const BATCHES: usize = 64;

fn main() -> ExitCode {
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("the traffic could not be written: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> io::Result<()> {
    let folder = folder();
    let traffic = folder.join("traffic");
    fs::create_dir_all(&traffic)?;
    fs::write(folder.join("rules.yaml"), rules::hundred())?;
    for (number, batch) in Shop::cycle(1, BATCHES).iter().enumerate() {
        fs::write(
            traffic.join(format!("batch-{number:04}.otlp")),
            batch.bytes(),
        )?;
    }
    Ok(())
}
