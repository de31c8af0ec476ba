//! Rules for commands that run them: loaded from files, all of them faultless.

use std::path::PathBuf;

use betrace_lang::{Limits, SourceFile, render_text};
use betrace_lang::{LoadedRule, load};

use crate::exit::Exit;
use crate::output;
use crate::paths;

/// What was loaded, and from what.
pub struct RuleSet {
    pub files: Vec<SourceFile>,
    pub rules: Vec<LoadedRule>,
}

/// Loads the rules of `paths`. Faults are shown on standard error; warnings are `check`'s business.
pub fn load_faultless(paths: &[PathBuf]) -> Result<RuleSet, Exit> {
    let limits = Limits::default();
    let files = paths::rule_files(paths, &limits).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    let loaded = load(&files, &limits);
    let errors: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .cloned()
        .collect();
    if !errors.is_empty() {
        output::note(render_text(&errors, &files, false).trim_end());
        output::fault(format_args!(
            "the rules have {} ({} read); betrace check shows them all",
            output::counted(errors.len(), "error"),
            output::counted(loaded.rule_count, "rule")
        ));
        return Err(Exit::Usage);
    }
    Ok(RuleSet {
        files,
        rules: loaded.rules,
    })
}
