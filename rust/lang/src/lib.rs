//! From text to checked rules.
//!
//! Rule files go in, checked [`rule::Rule`]s and [`Diagnostic`]s come out: YAML with positions ▸ keys ▸
//! conditions (lexer, grammar, check) ▸ lints. A faulty rule costs that rule, and every fault of every
//! rule is reported at once. No I/O, no clock; input of any kind ends in a value within
//! [`Limits`].
//!
//! ```
//! use betrace_lang::{Limits, SourceFile, load, render_text};
//!
//! let files = [SourceFile::new(
//!     "rules.yaml",
//!     "rules:\n  - id: unchecked\n    condition: payment and not fraud_check\n    severty: high\n",
//! )];
//! let loaded = load(&files, &Limits::default());
//! assert_eq!(loaded.rules.len(), 0);
//! assert!(render_text(&loaded.diagnostics, &files, false).starts_with(
//!     "error[E0008]: a rule has no key `severty`\n --> rules.yaml:4:5\n"
//! ));
//! ```
//!
//! [`load`] is the front door and [`compile`] its short form for those who only want the rules;
//! [`render_text`] and [`render_json`] show diagnostics, [`format_file`] writes rule files in their one
//! form, [`check_condition`] and its kin check single texts, [`canonical`] prints a meaning back.
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
