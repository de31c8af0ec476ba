//! The commands, a file each: what was typed goes in, an [`Exit`] comes out.
//!
//! A command may use everything outside this folder and nothing of another command: what two of them share (the
//! words of results, the feeding of traces, the loading of rules) stands above them.

mod check;
mod explain;
mod fmt;
mod init;
mod replay;
mod shell;
mod test;

use crate::args::{Cli, Command};
use crate::exit::Exit;

/// Runs what was typed.
#[must_use]
pub fn run(cli: &Cli) -> Exit {
    match &cli.command {
        Command::Check(args) => check::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Test(args) => test::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Init(args) => init::run(args),
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
}
