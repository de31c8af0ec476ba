//! The miners, one a family of forms. Each looks through the traces once or twice, and offers what it finds.

mod count;
mod cut;
mod existence;
mod invariant;
mod join;
mod number;
mod order;
mod sized;
mod structure;
mod value;

pub use cut::APART;
pub use invariant::{Invariant, invariants};

use crate::candidate::{Collector, Found};
use crate::sample::{Roster, Sample};

/// Names that are compared with one another, pair by pair.
const NAMES: usize = 400;

/// Everything that tells the bad traces of the sample from the good ones.
#[must_use]
pub fn mine(sample: &Sample<'_>) -> Found {
    let mut into = Collector::new(sample);
    let roster = Roster::of(sample, into.least_bad, NAMES);
    let atoms = value::mine(&mut into, &roster);
    existence::mine(&mut into, &roster, &atoms);
    count::mine(&mut into, &roster);
    number::mine(&mut into, &roster);
    order::mine(&mut into, &roster);
    structure::mine(&mut into, &roster);
    join::mine(&mut into, &roster);
    sized::mine(&mut into, &roster);
    into.end()
}
