//! From text to checked rules.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod codes;
mod diagnostic;
mod limits;
mod number;
mod plain;
mod read;
mod render_json;
mod render_text;
pub mod rule;
pub mod rule_test;
mod rulefile;
mod schema;
mod source;
mod test_file;
pub mod verdict;
mod yaml;

pub use diagnostic::{Diagnostic, nearest};
pub use limits::Limits;
pub use render_json::render_json;
pub use render_text::render_text;
pub use schema::rule_file_schema;
pub use source::{LineColumn, LineIndex, SourceFile};
