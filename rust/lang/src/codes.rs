//! Every diagnostic's code, in one table: what it means, why it is so, and a wrong and a right example.
//!
//! Codes are stable: once released, one never changes its meaning or is used again. The first letter
//! is the severity (`E` error, `W` warning, `N` note), the first digits say of what: `00` of a rule file, `01` of one text
//! in it, `025` of the tests of a rule. The pages of `docs/diagnostics.md` are written from here.
//!
//! A code is declared in one place, the table of what it is about: [`files`] or [`conditions`]. Its constant, its
//! section on the page and the test of its examples follow from there.

mod code;
pub mod conditions;
pub mod files;
mod page;
mod table;

pub use code::{Code, Declaration, DiagnosticSeverity};
pub use page::diagnostics_page;
pub use table::declarations;
