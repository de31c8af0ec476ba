//! Which traces are bad: those of the recordings of bad times, those that are named, or those for which a condition holds.

use std::collections::HashSet;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Diagnostic, Limits, LineIndex, SourceFile, load};
use betrace_suggest::{Seen, Side};

use crate::args::BadSide;
use crate::exit::Exit;
use crate::judged::{Number, Traces, judged};
use crate::output::{self, Palette, counted};
use crate::rules::shown;
use crate::spool::Spooled;
use crate::traces::trace_id;

/// Who is on which side.
pub enum Sides {
    /// By the recordings that a trace stands in.
    Recorded,
    /// These are bad, all others good.
    Chosen(HashSet<[u8; 16]>),
    /// There is no bad side.
    AllGood,
}

impl Sides {
    /// As the command line says; what is wrong with that has been told.
    pub fn of(args: &BadSide, seen: &[Seen], spooled: &Spooled) -> Result<Sides, Exit> {
        if args.bad_trace.is_empty() && args.bad_where.is_none() {
            return Ok(if args.bad.is_empty() {
                Sides::AllGood
            } else {
                Sides::Recorded
            });
        }
        let mut chosen = HashSet::new();
        for text in &args.bad_trace {
            let Some(id) = trace_id(text) else {
                return Err(usage(format!(
                    "{text:?} is no trace id: up to 32 hex digits"
                )));
            };
            if !seen.iter().any(|seen| seen.id == id) {
                return Err(usage(format!(
                    "no span of the trace {text} is among these traces"
                )));
            }
            chosen.insert(id);
        }
        if let Some(condition) = &args.bad_where {
            chosen.extend(holding(args, condition, seen, spooled)?);
        }
        Ok(Sides::Chosen(chosen))
    }

    /// Where a trace belongs; `None`: it stands in recordings of both.
    pub fn side(&self, seen: &Seen) -> Option<Side> {
        match self {
            Sides::AllGood => Some(Side::Good),
            Sides::Chosen(bad) if bad.contains(&seen.id) => Some(Side::Bad),
            Sides::Chosen(_) => Some(Side::Good),
            Sides::Recorded if seen.origin.bad && seen.origin.good => None,
            Sides::Recorded if seen.origin.bad => Some(Side::Bad),
            Sides::Recorded => Some(Side::Good),
        }
    }
}

fn usage(fault: String) -> Exit {
    output::fault(fault);
    Exit::Usage
}

/// All traces, by their places among those that were seen.
struct All<'s>(std::collections::HashMap<[u8; 16], Number>, &'s [Seen]);

impl Traces for All<'_> {
    fn number(&self, trace: [u8; 16]) -> Option<Number> {
        self.0.get(&trace).copied()
    }

    fn weight(&self, _: Number) -> Option<usize> {
        None
    }
}

/// The traces for which the condition holds, or which break it where it is written as a rule.
fn holding(
    args: &BadSide,
    condition: &str,
    seen: &[Seen],
    spooled: &Spooled,
) -> Result<Vec<[u8; 16]>, Exit> {
    let typed = [SourceFile::new("--bad-where", condition)];
    let files = [SourceFile::new("--bad-where", in_a_file(condition))];
    let loaded = load(&files, &Limits::default());
    let [rule] = &loaded.rules[..] else {
        let faults: Vec<_> = loaded
            .diagnostics
            .iter()
            .map(|one| as_typed(one, condition))
            .collect();
        output::report(&shown(&faults, &typed, Palette::off()));
        return Err(usage("--bad-where is no condition on a trace".to_owned()));
    };
    if rule.rule.body.over.is_some() {
        return Err(usage(
            "--bad-where is a rule over many traces: write a condition on one, such as 'root.where(span:status == error)'"
                .to_owned(),
        ));
    }
    // What the condition may not mean is told before it is taken.
    let doubts = loaded.diagnostics.iter();
    let doubts: Vec<_> = doubts
        .filter(|one| one.code.severity() == DiagnosticSeverity::Warning)
        .map(|one| as_typed(one, condition))
        .collect();
    if !doubts.is_empty() {
        output::report(&shown(&doubts, &typed, Palette::off()));
    }
    let numbers = (0..).zip(seen).map(|(number, seen)| (seen.id, number));
    let all = All(numbers.collect(), seen);
    let rules = [rule.rule.clone()];
    let verdicts = judged(&rules, args.completeness.into(), spooled, &all)
        .map_err(|error| usage(error.to_string()))?;
    let bad: Vec<[u8; 16]> = verdicts
        .iter()
        .flat_map(|verdicts| &verdicts.violated)
        .map(|number| all.1[*number as usize].id)
        .collect();
    let so = match rule.rule.body.is_pattern {
        true => "holds in",
        false => "is a rule, and broken in",
    };
    output::note(format_args!(
        "--bad-where {so} {}",
        counted(bad.len(), "trace")
    ));
    Ok(bad)
}

/// What stands before the condition, to make a rule of it.
const HEAD: &str = "rules:\n  - id: bad-where\n    condition: |\n";

/// How far each of its lines is moved to the right.
const INDENT: &str = "      ";

fn in_a_file(condition: &str) -> String {
    let lines = condition.lines().map(|line| format!("{INDENT}{line}\n"));
    format!("{HEAD}{}", lines.collect::<String>())
}

/// A fault of the rule at its place in the condition as it was typed.
fn as_typed(one: &Diagnostic, condition: &str) -> Diagnostic {
    let text = in_a_file(condition);
    let lines = LineIndex::new(condition);
    let place = |offset: usize| {
        let before = text.get(HEAD.len()..offset).unwrap_or_default();
        let indents = (before.matches('\n').count() + 1) * INDENT.len();
        before.len().saturating_sub(indents)
    };
    let range = place(one.range.start)..place(one.range.end);
    Diagnostic {
        help: one.help.clone(),
        suggestion: one.suggestion.clone(),
        ..Diagnostic::new(one.code, 0, range, &lines, one.message.clone())
    }
}
