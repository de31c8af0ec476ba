//! `betrace check`: every fault and warning of every rule at once.

mod sarif;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::load;
use betrace_lang::{Limits, render_json, render_text};

use crate::args::{Check, CheckFormat};
use crate::exit::Exit;
use crate::output::{self, Output, counted};
use crate::paths;

pub fn run(args: &Check) -> Exit {
    let limits = Limits::default();
    let files = match paths::rule_files(&args.rules, &limits) {
        Ok(files) => files,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let loaded = load(&files, &limits);
    let diagnostics = &loaded.diagnostics;
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    };
    let errors = count(DiagnosticSeverity::Error);
    let warnings = count(DiagnosticSeverity::Warning);
    let mut out = Output::new();
    match args.format {
        CheckFormat::Text => {
            out.write(render_text(diagnostics, &files, output::wants_color()).as_bytes());
            out.flush();
            output::note(format_args!(
                "{}: {}, {}, {}",
                counted(loaded.rule_count, "rule"),
                counted(errors, "error"),
                counted(warnings, "warning"),
                counted(count(DiagnosticSeverity::Note), "note")
            ));
        }
        CheckFormat::Json => {
            out.line(render_json(diagnostics, &files, loaded.rule_count).trim_end())
        }
        CheckFormat::Sarif => out.line(sarif::render(diagnostics, &files)),
    }
    if errors > 0 || (args.strict && warnings > 0) {
        Exit::Found
    } else {
        Exit::Fine
    }
}
