//! What tests are given: rule files, and recorded traces.
#![allow(dead_code, reason = "each test uses a part of it")]

pub mod recordings;
pub mod rules;

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
