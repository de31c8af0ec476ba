//! `betrace check`: every fault and warning of every rule at once.

mod sarif;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, Limits, LoadedRule, SourceFile, load, render_json};

use crate::args::{Check, CheckFormat};
use crate::collector::Configuration;
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
    fn add(
        &mut self,
        files: &[SourceFile],
        shown: Vec<SourceFile>,
        limits: &Limits,
    ) -> Vec<LoadedRule> {
        let loaded = load(files, limits);
        let before = self.files.len();
        self.rules += loaded.rule_count;
        self.files.extend(shown);
        self.diagnostics
            .extend(loaded.diagnostics.into_iter().map(|diagnostic| Diagnostic {
                file: diagnostic.file + before,
                ..diagnostic
            }));
        loaded.rules
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
        let config = Configuration::read(path).map_err(|error| error.to_string())?;
        let shown = config.shown();
        let sets = config.rule_sets(&limits);
        for mut set in sets.map_err(|error| error.to_string())? {
            let timing = set.timing.as_ref().map_err(ToString::to_string)?;
            let timing = *timing;
            let rules = found.add(&set.files, std::mem::take(&mut set.shown), &timing.limits());
            let longest_trace = args.longest_trace * 1_000_000_000;
            for doubt in config.doubts(&set, &timing, longest_trace, &rules) {
                let file = found.files.len();
                found.files.push(shown.clone());
                found.diagnostics.push(doubt.at(file, &shown.text));
            }
        }
    }
    Ok(found)
}
