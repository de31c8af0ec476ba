//! The binary `betrace`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    betrace_cli::run(&betrace_cli::args::Cli::parse()).into()
}
