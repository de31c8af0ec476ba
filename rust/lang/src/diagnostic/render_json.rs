//! Diagnostics for tools.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;

#[derive(Serialize)]
struct Report<'a> {
    diagnostics: Vec<Line<'a>>,
    rules: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    severity: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    rule: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
    suggestion: Option<&'a str>,
}

/// One JSON object, `{"diagnostics":[…],"rules":n}`; `rule_count` counts faulty rules too. What a
/// diagnostic does not have is `null`.
#[must_use]
pub fn render_json(diagnostics: &[Diagnostic], files: &[SourceFile], rule_count: usize) -> String {
    let lines = diagnostics.iter().map(|diagnostic| Line {
        code: diagnostic.code.0,
        severity: diagnostic.severity.as_str(),
        file: files
            .get(diagnostic.file)
            .map_or("", |file| file.name.as_str()),
        line: diagnostic.line,
        column: diagnostic.column,
        end_line: diagnostic.end_line,
        end_column: diagnostic.end_column,
        rule: diagnostic.rule.as_ref().map(|id| &*id.0),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        suggestion: diagnostic.suggestion.as_deref(),
    });
    let report = Report {
        diagnostics: lines.collect(),
        rules: rule_count,
    };
    // Strings and numbers always serialise.
    serde_json::to_string(&report).unwrap_or_default()
}
