//! `betrace init`: a first rule file, commented, with tests that pass.

use std::fs::OpenOptions;
use std::io::{self, Write};

use crate::args::Init;
use crate::exit::Exit;
use crate::output::{self, Output};

const RULES: &str = include_str!("init/rules.yaml");

pub fn run(args: &Init) -> Exit {
    if args.file.as_os_str() == "-" {
        Output::new().write(RULES.as_bytes());
        return Exit::Fine;
    }
    let name = args.file.display();
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .create_new(!args.force)
        .truncate(args.force)
        .open(&args.file);
    match opened.and_then(|mut file| file.write_all(RULES.as_bytes())) {
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
