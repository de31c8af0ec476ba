//! Codes of conditions, exceptions, macros and messages: what the language refuses, doubts, or knows
//! by another spelling.

pub(super) mod doubts;
pub(super) mod form;
pub(super) mod meaning;

pub use doubts::*;
pub use form::*;
pub use meaning::*;
