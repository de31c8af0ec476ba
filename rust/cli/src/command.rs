//! The commands, a file each: what was typed goes in, an [`Exit`] comes out.
//!
//! A command may use everything outside this folder and nothing of another command: what two of them share (the
//! words of results, the feeding of traces, the loading of rules) stands above them.

mod check;
mod evidence;
mod explain;
mod fetch;
mod fmt;
mod init;
pub(crate) mod replay;
mod shell;
mod show;
mod simulate;
mod suggest;
mod test;
mod tune;
mod vocabulary;

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::output::{Lost, Output};

/// Runs what was typed. Whatever a command came to, results that were lost on their way out are a failure.
#[must_use]
pub fn run(cli: &Cli) -> Exit {
    let mut out = Output::standard();
    let exit = dispatch(&cli.command, &mut out);
    match out.finish() {
        Ok(()) => exit,
        Err(Lost) => exit.max(Exit::Usage),
    }
}

fn dispatch(command: &Command, out: &mut Output) -> Exit {
    match command {
        Command::Check(args) => check::run(args, out),
        Command::Fetch(args) => fetch::run(args, out),
        Command::Fmt(args) => fmt::run(args, out),
        Command::Replay(args) => replay::run(args, out),
        Command::Test(args) => test::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Show(args) => show::run(args, out),
        Command::Simulate(args) => simulate::run(args, out),
        Command::Evidence(args) => evidence::run(args, out),
        Command::Suggest(args) => suggest::run(args, out),
        Command::Tune(args) => tune::run(args, out),
        Command::Vocabulary(args) => vocabulary::run(args, out),
        Command::Init(args) => init::run(args, out),
        Command::Completions(args) => shell::completions(args, out),
        Command::Man(args) => shell::man(args),
    }
}
