//! From text to checked rules.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod codes;
mod diagnostic;
mod limits;
mod number;
pub mod rule;
pub mod rule_test;
mod source;
pub mod verdict;
pub mod yaml;

pub use diagnostic::{Diagnostic, nearest};
pub use limits::Limits;
pub use source::{LineColumn, LineIndex, SourceFile};
