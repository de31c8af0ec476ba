//! Codes of conditions, exceptions, macros and messages: what the language refuses, doubts, or knows
//! by another spelling.
//!
//! `form` has what cannot be read, `E0101` to `E0129`; `meaning` what reads well and means nothing, from `E0130` on;
//! `doubts` every `W` and `N`.

pub(super) mod doubts;
pub(super) mod form;
pub(super) mod meaning;

pub use doubts::*;
pub use form::*;
pub use meaning::*;
