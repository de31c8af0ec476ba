//! `betrace check`: every fault and warning of every rule at once.

mod sarif;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, Limits, Loaded, LoadedRule, SourceFile, load, render_json};

use crate::args::{Check, CheckFormat};
use crate::collector::remark::UNREADABLE_RULES;
use crate::collector::{Configuration, Set};
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
    /// A configuration names rules that cannot be read.
    is_unreadable: bool,
}

impl Found {
    /// Of one set; `shown` are its files as a person knows them.
    fn add(&mut self, loaded: Loaded, shown: Vec<SourceFile>) -> Vec<LoadedRule> {
        let before = self.files.len();
        self.rules += loaded.rule_count;
        let said = loaded.diagnostics.into_iter();
        self.diagnostics.extend(said.map(|diagnostic| Diagnostic {
            file: diagnostic.file + before,
            ..diagnostic
        }));
        self.files.extend(shown);
        loaded.rules
    }

    /// One set of a configuration: what is wrong with its keys and its rules, and what is doubtful behind them. `longest_trace`
    /// is in nanoseconds.
    fn add_set(&mut self, config: &Configuration, mut set: Set, longest_trace: u64) {
        let mut remarks = std::mem::take(&mut set.faults);
        // What can be read of this set may be all disabled; what cannot may hold the rule that is enabled.
        let is_unreadable = remarks.iter().any(|remark| remark.code == UNREADABLE_RULES);
        self.is_unreadable |= is_unreadable;
        let (errors, before) = (self.count(DiagnosticSeverity::Error), self.rules);
        let loaded = set.check(&set.timing.limits());
        let rules = self.add(loaded, std::mem::take(&mut set.shown));
        // A rule that is not known whole may be the one that is enabled.
        let is_whole =
            self.count(DiagnosticSeverity::Error) == errors && rules.len() == self.rules - before;
        if is_whole && !is_unreadable {
            remarks.extend(set.not_enabled(&rules));
        }
        remarks.extend(config.doubts(&set, longest_trace, &rules));
        let (file, shown) = (self.files.len(), config.shown());
        let told = remarks
            .into_iter()
            .map(|remark| remark.at(file, &shown.text));
        self.diagnostics.extend(told);
        self.files.push(shown);
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
    if found.is_unreadable {
        Exit::Usage
    } else if errors > 0 || (args.strict && warnings > 0) {
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
        found.add(load(&files, &limits), files);
    }
    for path in &args.config {
        let config = Configuration::read(path).map_err(|error| error.to_string())?;
        let sets = config.rule_sets(&limits);
        for set in sets.map_err(|error| error.to_string())? {
            found.add_set(&config, set, args.longest_trace * 1_000_000_000);
        }
    }
    Ok(found)
}
