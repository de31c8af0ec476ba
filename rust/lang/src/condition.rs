//! One text: a condition, an exception, a macro or a message, from its characters to what it means and back.
//!
//! A text becomes tokens ([`lexer`]), a tree ([`parse`], of the [`ast`], by a [`descent`] where nothing is wrong) and a checked [`crate::rule::Body`]
//! ([`check`], which has the [`lint`]s look at it, and what [`suggest`] makes of its faults). [`canonical`] prints a meaning back as text and [`meaning`]
//! hashes that; [`format`] lays a text out anew without changing what it means. A fault is placed in bytes of
//! its text: this room knows nothing of files.

pub(crate) mod ast;
pub(crate) mod canonical;
pub(crate) mod canonical_part;
pub(crate) mod check;
pub(crate) mod descent;
pub(crate) mod dialect;
pub(crate) mod format;
pub(crate) mod lexer;
pub(crate) mod lint;
pub(crate) mod macro_text;
pub(crate) mod meaning;
pub(crate) mod parse;
pub(crate) mod scan;
pub(crate) mod shipped;
pub(crate) mod spelling;
pub(crate) mod suggest;
pub(crate) mod template;
pub(crate) mod token;
pub(crate) mod vocabulary;
pub(crate) mod written;
