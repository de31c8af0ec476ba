//! `betrace check`: every fault and warning of every rule at once.

mod sarif;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, Limits, LoadedRule, SourceFile, load, render_json};

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
    /// Loads one set; `shown` are the same files as a person knows them, `inline` the name of the configuration among them.
    fn add(
        &mut self,
        files: &[SourceFile],
        shown: Vec<SourceFile>,
        limits: &Limits,
        inline: Option<&str>,
    ) -> Vec<LoadedRule> {
        let loaded = load(files, limits);
        let before = self.files.len();
        self.rules += loaded.rule_count;
        let is_known = |one: &Diagnostic| is_written_out(&shown[one.file], one, inline);
        let known = loaded.diagnostics.into_iter().filter(is_known);
        self.diagnostics.extend(known.map(|diagnostic| Diagnostic {
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
        let shown = std::mem::take(&mut set.shown);
        let inline = config.shown().name;
        let rules = self.add(&set.files, shown, &set.timing.limits(), Some(&inline));
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

/// Whether a diagnostic is of what stands in the file, and not of what the Collector puts in its place: `${env:NAME}` in a rule of
/// the configuration.
fn is_written_out(file: &SourceFile, diagnostic: &Diagnostic, inline: Option<&str>) -> bool {
    let line = file
        .text
        .lines()
        .nth(diagnostic.line.saturating_sub(1) as usize);
    inline != Some(&*file.name) || !line.is_some_and(|line| line.contains("${"))
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
        found.add(&files, files.clone(), &limits, None);
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
