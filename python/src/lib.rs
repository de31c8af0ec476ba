//! The native part of the Python package: the readers and the engine of `betrace replay`, for one process and for the
//! workers of a cluster alike. What it hands out are lists and numbers; `betrace/` makes Arrow of them.

mod columns;
mod rules;
mod session;
mod summary;

use pyo3::prelude::*;

#[pymodule]
mod _betrace {
    #[pymodule_export]
    use crate::rules::{Rules, check};
    #[pymodule_export]
    use crate::session::{Replayed, Session};
}
