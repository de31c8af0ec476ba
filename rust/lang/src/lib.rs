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
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]

pub mod codes;
mod condition;
mod diagnostic;
mod file;
#[doc(hidden)]
pub mod internals;
mod limits;
pub mod rule;
mod source;
pub mod verdict;
mod words;

pub use condition::canonical::canonical;
pub use condition::canonical_part::{canonical_predicate, canonical_selector, field_name};
pub use condition::check::{check_condition, check_exception, check_macro};
pub use condition::format::{FormatOptions, format_condition};
pub use condition::meaning::meaning_hash;
pub use condition::shipped::{
    Shipped, ShippedLine, nearest_shipped, shipped, vocabulary, vocabulary_page,
};
pub use condition::spelling::{duration as duration_text, quote as quoted_text};
pub use condition::template::check_template;
pub use condition::vocabulary::Vocabulary;
pub use diagnostic::Diagnostic;
pub use diagnostic::fault::{Fault, Origin};
pub use diagnostic::nearest::nearest;
pub use diagnostic::render_json::render_json;
pub use diagnostic::render_text::render_text;
pub use file::format_file::format_file;
pub use file::load::{compile, load};
pub use file::loaded::{Loaded, LoadedRule, Place};
pub use file::rule_tests::model as rule_test;
pub use file::schema::rule_file_schema;
pub use file::uses::{missing_files, normal_name};
pub use limits::Limits;
pub use source::{LineColumn, LineIndex, SourceFile};
