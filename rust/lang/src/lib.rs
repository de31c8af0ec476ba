//! From text to checked rules.
#![forbid(unsafe_code)]

mod number;
pub mod rule;
pub mod verdict;
