//! `betrace test`: the `tests:` of rules, through the engine that runs live.
//!
//! Each test's trace is sent to an engine that holds its rule alone; what came out is compared with
//! what the test expects.

mod coverage;
mod json;
mod judge;
mod junit;
mod tree;

use betrace_lang::LoadedRule;

use crate::args::{Test, TestFormat};
use crate::case;
use crate::exit::Exit;
use crate::output::{self, Output, Paint, counted};
use crate::rules::{self, RuleSet};

use coverage::Coverage;
use judge::Ran;

pub fn run(args: &Test, out: &mut Output) -> Exit {
    let set = match rules::load_faultless(&args.rules) {
        Ok(set) => set,
        Err(exit) => return exit,
    };
    if let Err(unknown) = rules::all_there(&args.rule, &set) {
        output::fault(unknown);
        return Exit::Usage;
    }
    let mut ran = Vec::new();
    for rule in chosen(&set, args) {
        for test in &rule.tests {
            let seen = match case::evaluate(&rule.rule, test) {
                Ok(seen) => seen,
                Err(error) => {
                    output::fault(error);
                    return Exit::Usage;
                }
            };
            ran.push(Ran {
                rule,
                file: &set.files[rule.place.file].name,
                test,
                complaints: judge::compare(&test.expect, &test.spans, &seen),
                seen,
            });
        }
    }
    let coverage = Coverage::of(chosen(&set, args), &ran);
    match args.format {
        TestFormat::Text => text(&ran, &coverage, args.coverage, out),
        TestFormat::Json => {
            out.data(json::render(&ran, args.coverage.then_some(&coverage)).as_bytes());
        }
        TestFormat::Junit => out.data(junit::render(&ran).as_bytes()),
    }
    out.flush();
    let failed = ran.iter().filter(|ran| !ran.passed()).count();
    let untested = chosen(&set, args)
        .filter(|rule| rule.tests.is_empty())
        .count();
    let mut closing = format!(
        "{} of {}: {failed} failed",
        counted(ran.len(), "test"),
        counted(chosen(&set, args).count(), "rule")
    );
    if untested > 0 {
        closing.push_str(&format!("; {} without a test", counted(untested, "rule")));
    }
    output::note(closing);
    if failed > 0 { Exit::Found } else { Exit::Fine }
}

fn chosen<'s>(set: &'s RuleSet, args: &'s Test) -> impl Iterator<Item = &'s LoadedRule> {
    set.rules.iter().filter(|loaded| {
        args.rule.is_empty() || args.rule.iter().any(|id| **id == *loaded.rule.id.0)
    })
}

fn text(ran: &[Ran<'_>], coverage: &Coverage<'_>, wants_coverage: bool, out: &mut Output) {
    let palette = out.palette();
    for failed in ran.iter().filter(|ran| !ran.passed()) {
        out.line(format_args!(
            "{} {}: {}",
            palette.paint(Paint::Red, "failed"),
            palette.paint(Paint::Bold, &failed.rule.rule.id.0),
            failed.test.name
        ));
        out.line(format_args!(
            "  at {}:{}:{}",
            failed.file, failed.test.place.line, failed.test.place.column
        ));
        for complaint in &failed.complaints {
            out.line(format_args!("  {complaint}"));
        }
        for line in tree::render(failed.test, &failed.seen) {
            out.line(format_args!("    {line}"));
        }
        out.line("");
    }
    if wants_coverage {
        for missing in coverage.missing() {
            out.line(missing);
        }
        out.line(coverage.sentence());
    }
}
