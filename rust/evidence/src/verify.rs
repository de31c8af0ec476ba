//! Records, held against what they say of themselves, of each other and of what is expected. Every fault is named; where
//! there is none, nothing was changed, taken out, put in, repeated or moved since the records were signed, up to the last
//! of them: that none was cut off at the end only somebody knows who has heard of a later one.

mod chain;
mod one;
mod told;

pub use one::RECORD_BYTES;
pub use told::{Checked, Expectations, Fault, FaultKind, Line, Note, Verification};

use one::Read;

/// Checks lines in the order in which they were written.
pub fn verify<'l>(
    lines: impl IntoIterator<Item = Line<'l>>,
    expected: &Expectations,
) -> Verification {
    let mut found = Verification::default();
    for line in lines {
        match one::check(&line, expected, &mut found) {
            Read::Record(record) => found.records.push(*record),
            Read::Nothing => {}
        }
    }
    chain::check(expected, &mut found);
    found
}
