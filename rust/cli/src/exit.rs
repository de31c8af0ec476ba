//! Exit codes, the same for every command.

use std::process::ExitCode;

/// How a command ended. Ordered: of several, the greater one is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to object to.
    Fine = 0,
    /// What was looked for was found: faults, violations, failed tests.
    Found = 1,
    /// Usage, an unreadable file, faulty rules where rules are needed, or results that could not be written.
    Usage = 2,
    /// Traces could not be read to their end. What could be read was reported.
    Broken = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
