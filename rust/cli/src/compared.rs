//! Recordings of good and of bad times: read once, each trace put on its side, and verdicts counted by side.

mod gathered;
mod places;
mod sides;

use betrace_suggest::Table;

use crate::args::BadSide;
use crate::exit::Exit;
use crate::output::{self, counted};
use crate::spool::Spooled;
use std::path::PathBuf;

pub use places::{Count, Places, ToldCount};
pub use sides::Sides;

/// What was read, each trace on its side.
pub struct Compared {
    pub table: Table,
    pub spooled: Spooled,
    pub sides: Sides,
    /// Some of it was broken, which has been told.
    pub is_broken: bool,
}

/// Reads the recordings; what is wrong, and which traces are left out, has been told.
pub fn compared(good: &[PathBuf], bad: &BadSide) -> Result<Compared, Exit> {
    let gathered = gathered::gathered(good, &bad.bad)?;
    let sides = Sides::of(bad, gathered.builder.traces(), &gathered.spooled)?;
    let seen = gathered.builder.traces().iter();
    // A trace in recordings of good and of bad times says nothing of either.
    let both = seen.filter(|seen| sides.side(seen).is_none()).count();
    if both > 0 {
        output::note(format_args!(
            "{} in both --good and --bad: left out",
            counted(both, "trace")
        ));
    }
    if gathered.builder.unnamed > 0 {
        output::note(format_args!(
            "{} left out: there are more names of spans than are told apart",
            counted(gathered.builder.unnamed, "span")
        ));
    }
    if gathered.builder.unread > 0 {
        output::note(format_args!(
            "{} not looked at: there are more keys than are told apart, or more on a span",
            counted(gathered.builder.unread, "attribute")
        ));
    }
    Ok(Compared {
        table: gathered.builder.finish(|seen| sides.side(seen)),
        spooled: gathered.spooled,
        sides,
        is_broken: gathered.is_broken,
    })
}
