//! `betrace check`: every fault and warning of every rule at once.

mod sarif;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, Limits, SourceFile, load, render_json};

use crate::args::{Check, CheckFormat};
use crate::collector;
use crate::exit::Exit;
use crate::output::{self, Output, counted};
use crate::paths;
use crate::rules;

/// What was found in all sets of rules together.
#[derive(Default)]
struct Found {
    files: Vec<SourceFile>,
    diagnostics: Vec<Diagnostic>,
    rules: usize,
}

impl Found {
    /// Loads one set; `shown` are the same files as a person knows them.
    fn add(&mut self, files: &[SourceFile], shown: Vec<SourceFile>, limits: &Limits) {
        let loaded = load(files, limits);
        let before = self.files.len();
        self.rules += loaded.rule_count;
        self.files.extend(shown);
        self.diagnostics
            .extend(loaded.diagnostics.into_iter().map(|diagnostic| Diagnostic {
                file: diagnostic.file + before,
                ..diagnostic
            }));
    }

    fn count(&self, severity: DiagnosticSeverity) -> usize {
        self.diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    }
}

pub fn run(args: &Check, out: &mut Output) -> Exit {
    let found = match find(args) {
        Ok(found) => found,
        Err(message) => {
            output::fault(message);
            return Exit::Usage;
        }
    };
    let errors = found.count(DiagnosticSeverity::Error);
    let warnings = found.count(DiagnosticSeverity::Warning);
    let (diagnostics, files) = (&found.diagnostics, &found.files);
    match args.format {
        CheckFormat::Text => {
            out.text(&rules::shown(diagnostics, files, out.palette()));
            out.flush();
            output::note(format_args!(
                "{}: {}, {}, {}",
                counted(found.rules, "rule"),
                counted(errors, "error"),
                counted(warnings, "warning"),
                counted(found.count(DiagnosticSeverity::Note), "note")
            ));
        }
        CheckFormat::Json => out.data(render_json(diagnostics, files, found.rules).as_bytes()),
        CheckFormat::Sarif => out.data(sarif::render(diagnostics, files).as_bytes()),
    }
    if errors > 0 || (args.strict && warnings > 0) {
        Exit::Found
    } else {
        Exit::Fine
    }
}

fn find(args: &Check) -> Result<Found, String> {
    let limits = Limits::default();
    let mut found = Found::default();
    if !args.rules.is_empty() {
        let files = paths::rule_files(&args.rules, &limits).map_err(|error| error.to_string())?;
        found.add(&files, files.clone(), &limits);
    }
    for path in &args.config {
        let sets = collector::rule_sets(path, &limits).map_err(|error| error.to_string())?;
        for set in sets {
            let timing = set.timing.map_err(|error| error.to_string())?;
            let limits = Limits {
                longest_deadline: timing.longest_deadline(),
                ..Limits::default()
            };
            found.add(&set.files, set.shown, &limits);
        }
    }
    Ok(found)
}
