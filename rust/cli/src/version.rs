//! What `--version` says.

use std::sync::LazyLock;

/// The product's version.
pub const SHORT: &str = env!("CARGO_PKG_VERSION");

/// The version of the rule language that is understood.
pub const LANGUAGE: &str = "1";

/// The commit, where whoever built it said so (`BETRACE_COMMIT`).
pub const COMMIT: &str = match option_env!("BETRACE_COMMIT") {
    Some(commit) if !commit.is_empty() => commit,
    _ => "unknown",
};

/// All of it, for `--version`.
pub static LONG: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{SHORT}\nlanguage: {LANGUAGE}\nabi: {}\ncommit: {COMMIT}",
        betrace::BETRACE_ABI_VERSION
    )
});
