//! From rule files to checked rules and everything that is wrong with them.

use std::sync::Arc;

use crate::codes::files as codes;
use crate::diagnostic::Diagnostic;
use crate::file::check_rule::RuleChecker;
use crate::file::ids::Ids;
use crate::file::loaded::Loaded;
use crate::file::read::Reader;
use crate::file::rulefile::{self, RuleFile};
use crate::file::{across, deadline, unused, yaml};
use crate::limits::Limits;
use crate::rule::Rule;
use crate::source::{LineIndex, SourceFile};

/// Loads rule files as one set. Never fails as a whole: a faulty rule costs that rule.
#[must_use]
pub fn load(files: &[SourceFile], limits: &Limits) -> Loaded {
    let mut loader = Loader {
        limits,
        loaded: Loaded::default(),
        ids: Ids::default(),
        is_full: false,
        not_kept: 0,
    };
    for (index, file) in files.iter().enumerate() {
        loader.load_file(index, file, files);
    }
    across::report(&mut loader.loaded, files);
    deadline::report(&mut loader.loaded, files, limits);
    let mut loaded = loader.loaded;
    loaded.settle(loader.not_kept, files, limits);
    loaded
}

/// The enabled rules of a set without errors; else the errors, with the warnings and notes among them.
///
/// # Errors
///
/// All diagnostics, if one of them is an error.
pub fn compile(files: &[SourceFile]) -> Result<Vec<Arc<Rule>>, Vec<Diagnostic>> {
    let loaded = load(files, &Limits::default());
    if loaded.has_errors() {
        return Err(loaded.diagnostics);
    }
    Ok(loaded
        .rules
        .into_iter()
        .map(|loaded| loaded.rule)
        .filter(|rule| rule.enabled)
        .collect())
}

struct Loader<'a> {
    limits: &'a Limits,
    loaded: Loaded,
    ids: Ids,
    /// The limit of rules was passed and reported.
    is_full: bool,
    not_kept: usize,
}

impl Loader<'_> {
    fn load_file(&mut self, index: usize, file: &SourceFile, files: &[SourceFile]) {
        let text = &*file.text;
        if text.len() > self.limits.file_bytes {
            let most = self.limits.file_bytes;
            let lines = LineIndex::new("");
            let message = format!("this file has {} bytes; the limit is {most}", text.len());
            self.loaded.diagnostics.push(Diagnostic::new(
                codes::FILE_TOO_LARGE,
                index,
                0..0,
                &lines,
                message,
            ));
            return;
        }
        let mut faults = Vec::new();
        let documents = yaml::parse(text, self.limits, &mut faults);
        let (mut reader, mut read) = rulefile::read(index, text, self.limits, documents, faults);
        for file in &mut read {
            self.check(&mut reader, file, files);
        }
        self.not_kept += reader.not_kept;
        self.loaded.diagnostics.append(&mut reader.diagnostics);
        // Later files can only add to what is counted.
        let most = self.limits.diagnostics.saturating_mul(2);
        self.not_kept += self.loaded.diagnostics.len().saturating_sub(most);
        self.loaded.diagnostics.truncate(most);
    }

    fn check(&mut self, reader: &mut Reader<'_>, file: &mut RuleFile, files: &[SourceFile]) {
        let rules = std::mem::take(&mut file.rules);
        unused::report(reader, file, &rules);
        let mut checker = RuleChecker::new(file, reader.limits);
        checker.check_macros(reader, file);
        for written in rules {
            self.loaded.rule_count += 1;
            if self.loaded.rule_count > self.limits.rules {
                if !self.is_full {
                    self.is_full = true;
                    let message = format!("a set has {} rules at most", self.limits.rules);
                    reader.report(codes::TOO_MANY, written.at.clone(), message);
                }
                continue;
            }
            let entered = reader.enter(written.id.clone());
            self.ids.check(reader, &written, files);
            let meaning = checker.check(reader, &written);
            let is_faulty = reader.leave(entered) || written.is_faulty;
            if let Some(meaning) = meaning
                && !is_faulty
            {
                self.loaded
                    .rules
                    .extend(written.loaded(reader.file, meaning));
            }
        }
        self.loaded.rule_count += file.unread;
    }
}
