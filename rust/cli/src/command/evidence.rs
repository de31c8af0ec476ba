//! `betrace evidence`: records of what rules found, read back.

mod read;
mod report;
mod travelled;
mod verify;

use crate::args::{Evidence, EvidenceCommand};
use crate::exit::Exit;
use crate::output::Output;

pub fn run(args: &Evidence, out: &mut Output) -> Exit {
    match &args.command {
        EvidenceCommand::Report(args) => report::run(args, out),
        EvidenceCommand::Verify(args) => verify::run(args, out),
    }
}
