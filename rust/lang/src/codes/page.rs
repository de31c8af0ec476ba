//! The page about diagnostics, written from the table of codes.

use super::code::{Declaration, DiagnosticSeverity};
use super::table::declarations;
use crate::source::is_direction_mark;

/// `docs/diagnostics.md`.
#[must_use]
pub fn diagnostics_page() -> String {
    let mut page = String::from(
        "# Diagnostics\n\n\
         What `betrace check` (and the processor at its start) can say about rules. A code never changes its meaning. \
         Errors cost the rule they stand in; warnings count with `--strict`; notes fail nothing.\n\n\
         This page is generated from the code table in `rust/lang/src/codes`.\n",
    );
    let mut sorted: Vec<&Declaration> = declarations().collect();
    sorted.sort_by_key(|declaration| (declaration.code.severity(), declaration.code));
    for severity in [
        DiagnosticSeverity::Error,
        DiagnosticSeverity::Warning,
        DiagnosticSeverity::Note,
    ] {
        let of_severity: Vec<&&Declaration> = sorted
            .iter()
            .filter(|one| one.code.severity() == severity)
            .collect();
        if of_severity.is_empty() {
            continue;
        }
        let heading = match severity {
            DiagnosticSeverity::Error => "Errors",
            DiagnosticSeverity::Warning => "Warnings",
            DiagnosticSeverity::Note => "Notes",
        };
        page.push_str(&format!("\n## {heading}\n"));
        for declaration in of_severity {
            let Declaration {
                code,
                title,
                explanation,
                bad,
                good,
            } = declaration;
            page.push_str(&format!("\n### {}: {title}\n\n{explanation}\n", code.0));
            for (label, example) in [("Not so", bad), ("But so", good)] {
                let kind = if example.contains("rules:") || example.starts_with('#') {
                    "yaml"
                } else {
                    "text"
                };
                page.push_str(&format!(
                    "\n{label}:\n\n```{kind}\n{}\n```\n",
                    shortened(example)
                ));
            }
        }
    }
    page
}

/// Long runs of one character, as in an example of deep nesting, tell no more than short ones.
fn shortened(example: &str) -> String {
    const MOST: usize = 12;
    let mut out = String::new();
    let mut run = 0;
    let mut last = None;
    for c in example.trim_end().chars() {
        // A mark that turns the direction of text would turn the page's.
        if is_direction_mark(c) {
            out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
            continue;
        }
        run = if last == Some(c) && matches!(c, '[' | ']' | '(' | ')') {
            run + 1
        } else {
            1
        };
        last = Some(c);
        match run {
            _ if run < MOST => out.push(c),
            MOST => out.push('…'),
            _ => {}
        }
    }
    out
}
