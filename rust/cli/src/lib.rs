//! The command `betrace`, as a library that its binary, tests and benches call.
//!
//! A file a command; [`traces`] reads recordings, [`paths`] finds files, [`output`] talks to terminals
//! and pipes. What is true of rules and traces is asked of `betrace-lang` and `betrace-engine` alone.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod args;
mod check;
pub mod exit;
mod explain;
mod fmt_command;
mod init;
pub mod output;
pub mod paths;
mod replay;
mod rules;
mod shell;
mod test_command;
pub mod traces;
mod version;

use args::{Cli, Command};
use exit::Exit;

/// Runs what was typed.
#[must_use]
pub fn run(cli: &Cli) -> Exit {
    match &cli.command {
        Command::Check(args) => check::run(args),
        Command::Fmt(args) => fmt_command::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Test(args) => test_command::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Init(args) => init::run(args),
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
}
