//! Rules in English: conditions on a trace are made of phrases for spans, and those of phrases for fields. The words are
//! those of the checked rule, never of its text, so that two spellings of one meaning read alike.

pub mod condition;
pub mod field;
pub mod reading;
pub mod span;
pub mod window;
