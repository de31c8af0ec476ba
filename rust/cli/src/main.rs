//! The binary `betrace`.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use betrace_cli::args::Cli;
use betrace_cli::exit::Exit;
use betrace_cli::output;
use clap::Parser;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => betrace_cli::run(&cli).into(),
        Err(told) => tell(&told).into(),
    }
}

/// Help, the version, or what is wrong with what was typed.
fn tell(told: &clap::Error) -> Exit {
    let is_fault = told.use_stderr();
    match told.print().and_then(|()| io::stdout().flush()) {
        Ok(()) if !is_fault => Exit::Fine,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe && !is_fault => Exit::Fine,
        Err(error) if !is_fault => {
            output::fault(format_args!("cannot write: {error}"));
            Exit::Usage
        }
        _ => Exit::Usage,
    }
}
