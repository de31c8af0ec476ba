//! `betrace init`: a first rule file, commented, with tests that pass.

use std::io;

use crate::args::Init;
use crate::exit::Exit;
use crate::output::{self, Existing, Output, write_whole};
use crate::paths;

const RULES: &str = include_str!("init/rules.yaml");

pub fn run(args: &Init, out: &mut Output) -> Exit {
    if paths::is_stdin(&args.file) {
        out.data(RULES.as_bytes());
        return Exit::Fine;
    }
    if let Err(message) = paths::writable(&args.file) {
        output::fault(message);
        return Exit::Usage;
    }
    let name = args.file.display();
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    match write_whole(&args.file, RULES.as_bytes(), existing) {
        Ok(()) => {
            output::note(format_args!("wrote {name}; next: betrace test {name}"));
            Exit::Fine
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            output::fault(format_args!(
                "{name} is there already; --force writes over it"
            ));
            Exit::Usage
        }
        Err(error) => {
            output::fault(format_args!("{name}: {error}"));
            Exit::Usage
        }
    }
}
