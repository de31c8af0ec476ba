//! What comes out of rule files: the checked rules, where they stand, and what is wrong.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::file::rule_tests::model::RuleTest;
use crate::rule::Rule;
use crate::source::SourceFile;

/// What a set of rule files holds.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The rules without an error, in the order of the files and within them; disabled ones too.
    pub rules: Vec<LoadedRule>,
    /// By file, then by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Rules that were written, faulty ones too.
    pub rule_count: usize,
}

/// A checked rule and what of its text the tools need.
#[derive(Clone, Debug)]
pub struct LoadedRule {
    pub rule: Arc<Rule>,
    pub place: Place,
    pub condition_text: Arc<str>,
    pub tests: Vec<RuleTest>,
}

/// Where a rule's id stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into the files that were loaded.
    pub file: usize,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Loaded {
    /// At least one diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

impl Place {
    /// `file:line:column`
    pub(crate) fn shown(&self, files: &[SourceFile]) -> String {
        let name = files.get(self.file).map_or("", |file| file.name.as_str());
        format!("{name}:{}:{}", self.line, self.column)
    }
}
