//! JSON text: walked by a cursor, or built into a small tree.

pub mod fault;
pub mod number;
pub mod scalar;
pub mod string;
pub mod token;
pub mod told;
pub mod tree;
