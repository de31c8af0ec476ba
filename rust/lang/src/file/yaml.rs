//! YAML as a tree in which every node knows where it stands.
//!
//! The tree is built from parser events, so a fault in the middle of a file costs what comes after
//! it in the same collection and nothing before. Everything hostile is bounded here: nesting,
//! what aliases stand for, and characters that text files do not have.

//!
//! [`build`] makes the [`tree`], collection by collection ([`open`], in the [`rooms`] of others); most files are read line by line for it ([`lines`]); after a syntax error [`resume`] says where to go on.
//! [`map`] finds the place of each byte of a scalar, for faults inside it.

mod build;
mod characters;
mod hint;
mod lines;
#[cfg(test)]
mod lines_test;
mod map;
mod open;
#[cfg(test)]
mod positions_test;
mod refusals;
mod resume;
mod rooms;
mod tree;
mod walk;

pub use build::{Taken, parse, parse_events, parse_lines};
pub use map::ScalarMap;
pub use tree::{Entry, Scalar, Style, YamlDocument, YamlFault, YamlKind, YamlNode};
