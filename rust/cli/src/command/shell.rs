//! `betrace completions` and `betrace man`: written from the same declarations that parse arguments.

use std::path::Path;

use clap::CommandFactory;

use crate::args::{Cli, Completions, Man};
use crate::exit::Exit;
use crate::output::{self, Output};

pub fn completions(args: &Completions, out: &mut Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "betrace", &mut script);
    out.data(&script);
    Exit::Fine
}

pub fn man(args: &Man) -> Exit {
    match write_pages(&args.directory) {
        Ok(()) => Exit::Fine,
        Err(error) => {
            output::fault(format_args!("{}: {error}", args.directory.display()));
            Exit::Usage
        }
    }
}

/// `betrace.1`, and one page a command.
fn write_pages(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    clap_mangen::generate_to(Cli::command(), directory)
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use crate::args::Cli;

    /// The names of arguments that say nothing, and offer nothing to choose from either.
    fn silent(command: &Command, found: &mut Vec<String>) {
        let is_silent =
            |one: &&clap::Arg| one.get_help().is_none() && one.get_possible_values().is_empty();
        let silent = command.get_arguments().filter(is_silent);
        found.extend(silent.map(|one| format!("{} {}", command.get_name(), one.get_id())));
        for below in command.get_subcommands() {
            self::silent(below, found);
        }
    }

    #[test]
    fn every_argument_says_what_it_is() {
        let mut found = Vec::new();
        silent(&Cli::command(), &mut found);
        assert_eq!(found, [""; 0]);
    }
}
