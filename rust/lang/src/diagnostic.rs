//! A fault, warning or note with its place in a rule file.

pub(crate) mod fault;
pub(crate) mod nearest;
pub(crate) mod render_json;
pub(crate) mod render_text;

use std::ops::Range;

use crate::codes::{Code, DiagnosticSeverity};
use crate::rule::RuleId;
use crate::source::LineIndex;

/// What `check` says about one place of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: DiagnosticSeverity,
    /// Index into the files that were loaded.
    pub file: usize,
    /// Bytes of the file.
    pub range: Range<usize>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Line of the place just behind the range.
    pub end_line: u32,
    /// Column of the place just behind the range.
    pub end_column: u32,
    /// The rule that it stands in, if that has an id.
    pub rule: Option<RuleId>,
    pub message: String,
    pub help: Option<String>,
    /// What the range could be replaced with.
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// The range is clamped to the text and to whole characters.
    #[must_use]
    pub fn new(
        code: Code,
        file: usize,
        range: Range<usize>,
        lines: &LineIndex<'_>,
        message: String,
    ) -> Diagnostic {
        let range = lines.whole(range);
        let begin = lines.place(range.start);
        let end = lines.place(range.end);
        Diagnostic {
            code,
            severity: code.severity(),
            file,
            range,
            line: begin.line,
            column: begin.column,
            end_line: end.line,
            end_column: end.column,
            rule: None,
            message,
            help: None,
            suggestion: None,
        }
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == DiagnosticSeverity::Error
    }
}

/// Diagnostics that are only counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NotKept {
    pub errors: usize,
    pub doubts: usize,
}

impl NotKept {
    pub fn note(&mut self, diagnostic: &Diagnostic) {
        match diagnostic.is_error() {
            true => self.errors += 1,
            false => self.doubts += 1,
        }
    }

    pub fn add(&mut self, other: NotKept) {
        self.errors += other.errors;
        self.doubts += other.doubts;
    }
}
