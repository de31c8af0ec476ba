//! From rule files to checked rules and everything that is wrong with them.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::file::asked::Asked;
use crate::file::deadline;
use crate::file::loaded::Loaded;
use crate::file::set::{Finished, SetLoader};
use crate::limits::Limits;
use crate::rule::Rule;
use crate::source::SourceFile;

/// Loads rule files as one set. Never fails as a whole: a faulty rule costs that rule.
#[must_use]
pub fn load(files: &[SourceFile], limits: &Limits) -> Loaded {
    load_asked(files, limits, Asked::Advice)
}

fn load_asked(files: &[SourceFile], limits: &Limits, asked: Asked) -> Loaded {
    let mut loader = SetLoader::new(files, limits, asked);
    for index in 0..files.len() {
        loader.load_file(index);
    }
    let Finished {
        mut loaded,
        not_kept,
        across,
        budget,
        too_long,
    } = loader.finish();
    if asked == Asked::Advice {
        across.report(&mut loaded, files);
        deadline::report(&mut loaded, &too_long, files, limits);
    }
    budget.report(&mut loaded, files, limits);
    loaded.settle(not_kept, files, limits);
    loaded
}

/// The enabled rules of a set without errors; else the errors, with the warnings and notes among them.
///
/// # Errors
///
/// All diagnostics, if one of them is an error.
pub fn compile(files: &[SourceFile]) -> Result<Vec<Arc<Rule>>, Vec<Diagnostic>> {
    let limits = Limits::default();
    let loaded = load_asked(files, &limits, Asked::Rules);
    if loaded.has_errors() {
        return Err(load(files, &limits).diagnostics);
    }
    Ok(loaded
        .rules
        .into_iter()
        .map(|loaded| loaded.rule)
        .filter(|rule| rule.enabled)
        .collect())
}
