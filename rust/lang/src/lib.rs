//! From text to checked rules.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod across;
mod ast;
mod canonical;
mod check;
mod check_rule;
pub mod codes;
mod diagnostic;
mod fault;
mod format;
mod format_file;
mod lexer;
mod limits;
mod lint;
mod load;
mod meaning;
mod number;
mod parse;
mod plain;
mod read;
mod render_json;
mod render_text;
pub mod rule;
pub mod rule_test;
mod rulefile;
mod schema;
mod source;
mod suggest;
mod template;
mod test_file;
mod token;
pub mod verdict;
mod vocabulary;
mod yaml;

pub use canonical::canonical;
pub use check::{check_condition, check_exception, check_macro};
pub use diagnostic::{Diagnostic, nearest};
pub use fault::{Fault, Origin};
pub use format::{FormatOptions, format_condition, format_macro};
pub use format_file::format_file;
pub use limits::Limits;
pub use load::{Loaded, LoadedRule, Place, compile, load};
pub use meaning::meaning_hash;
pub use render_json::render_json;
pub use render_text::render_text;
pub use schema::rule_file_schema;
pub use source::{LineColumn, LineIndex, SourceFile};
pub use template::check_template;
pub use vocabulary::Vocabulary;
