//! Which rules are replayed and with which settings: those of the command line, and what it leaves open of a Collector's
//! configuration.

use std::path::Path;
use std::sync::Arc;

use betrace_engine::{Report, Settings};
use betrace_lang::SourceFile;
use betrace_lang::rule::Rule;

use crate::args::{Close, Replay};
use crate::collector::timing::Timing;
use crate::collector::{self, Set};
use crate::exit::Exit;
use crate::judged::of_recordings;
use crate::output::{self, Palette, counted};
use crate::paths::{self, TraceInputs};
use crate::rules;
use crate::window::Window;

use super::wanted::Wanted;

const SECOND: u64 = 1_000_000_000;

/// Traces that an evidence record names of those that kept a rule.
const KEPT_SAMPLES: u16 = 8;

/// What a replay runs with.
pub struct Setup {
    /// The enabled ones.
    pub rules: Vec<Arc<Rule>>,
    pub settings: Settings,
    pub close: Close,
}

/// Where to read from, without partition folders that hold nothing of the stretch of time; what is wrong has been told.
pub fn inputs(args: &Replay) -> Result<TraceInputs, Exit> {
    let window = window(args)?;
    let is_wanted = |folder: &Path| window.may_hold(folder);
    let inputs = paths::trace_inputs_in(&args.traces, &is_wanted).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    if inputs.passed_over > 0 {
        output::note(format_args!(
            "{} outside of --from and --to, not read",
            counted(inputs.passed_over, "partition folder")
        ));
    }
    Ok(inputs)
}

fn window(args: &Replay) -> Result<Window, Exit> {
    Window::of(args.from.as_deref(), args.to.as_deref()).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })
}

/// Rules and settings; what is wrong with them has been told.
pub fn setup(args: &Replay, wanted: &Wanted) -> Result<Setup, Exit> {
    let window = window(args)?;
    let set = configured(args)?;
    let loaded = match &set {
        Some(set) if args.rules.is_empty() => {
            rules::faultless(set.load(&set.timing.limits()), set.shown.clone())?
        }
        _ => rules::load_faultless(&args.rules)?,
    };
    let all: Vec<_> = loaded.rules.into_iter().map(|one| one.rule).collect();
    let rules = match &set {
        Some(set) if args.rules.is_empty() && set.allows_empty => {
            all.into_iter().filter(|rule| rule.enabled).collect()
        }
        _ => rules::enabled(all)?,
    };
    let close = args.close.unwrap_or(match set {
        Some(_) => Close::Idle,
        None => Close::End,
    });
    let timing = timing(set);
    Ok(Setup {
        rules,
        settings: Settings {
            // When a trace began is known for certain at its close.
            early: close == Close::Idle && window.is_everything(),
            report: match wanted.report() {
                // A line for each window is told too.
                Report::Violations if args.summary => Report::Undecided,
                report => report,
            },
            began_within: (!window.is_everything()).then(|| window.range()),
            ..settings(args, timing)
        },
        close,
    })
}

/// The settings alone, for those who run no rules.
pub fn settings_of(args: &Replay) -> Result<Settings, Exit> {
    let set = configured(args)?;
    Ok(settings(args, timing(set)))
}

fn timing(set: Option<Set>) -> Timing {
    set.map_or_else(Timing::default, |set| set.timing)
}

/// What the command line says goes before what the configuration says, and that before the defaults.
fn settings(args: &Replay, timing: Timing) -> Settings {
    let seconds = |given: Option<u64>| given.map(|seconds| seconds * SECOND);
    let default = of_recordings(args.memory_mib);
    let idle = seconds(args.idle_timeout).or(timing.idle_timeout);
    let root = seconds(args.root_timeout).or(timing.root_timeout);
    let completeness = args.completeness.map(Into::into);
    Settings {
        idle_timeout: idle.unwrap_or(default.idle_timeout),
        root_timeout: root.unwrap_or(default.root_timeout),
        max_age: timing.max_age.unwrap_or(default.max_age),
        late_window: timing.late_window.unwrap_or(default.late_window),
        forget_after: timing.forget_after.unwrap_or(default.forget_after),
        completeness: completeness
            .or(timing.completeness)
            .unwrap_or(default.completeness),
        spans_per_trace: args
            .spans_per_trace
            .or(timing.spans_per_trace)
            .unwrap_or(default.spans_per_trace),
        kept_samples: args.evidence.as_ref().map(|_| KEPT_SAMPLES),
        ..default
    }
}

/// The processor of the configuration that is meant: the one that is named, or the only one.
fn configured(args: &Replay) -> Result<Option<Set>, Exit> {
    let Some(path) = &args.config else {
        return Ok(None);
    };
    let fault = |message: String| {
        output::fault(message);
        Exit::Usage
    };
    let limits = betrace_lang::Limits::default();
    let (shown, mut sets) =
        collector::rule_sets(path, &limits).map_err(|error| fault(error.to_string()))?;
    if let Some(name) = &args.processor {
        sets.retain(|set| set.processor == *name);
    }
    let mut sets = sets.into_iter();
    match (sets.next(), sets.next()) {
        (Some(only), None) => faultless(args, only, shown).map(Some),
        (Some(one), Some(other)) => Err(fault(format!(
            "{}: several processors check rules here: name one, as --processor {} or --processor {}",
            path.display(),
            one.processor,
            other.processor
        ))),
        (None, _) => Err(fault(format!(
            "{}: no processor {} is in this configuration",
            path.display(),
            args.processor.as_deref().unwrap_or("betrace")
        ))),
    }
}

/// The processor as it is, if nothing is wrong with what is taken from it; else that has been told.
fn faultless(args: &Replay, set: Set, shown: SourceFile) -> Result<Set, Exit> {
    let is_taken = |key: &str| match key.split_once('.').map_or(key, |(section, _)| section) {
        "trace" | "limits" => true,
        "rules" => args.rules.is_empty(),
        _ => false,
    };
    let taken = set.faults.iter().filter(|fault| is_taken(&fault.key));
    let faults: Vec<_> = taken
        .map(|fault| fault.clone().at(0, &shown.text))
        .collect();
    if faults.is_empty() {
        return Ok(set);
    }
    output::report(&rules::shown(&faults, &[shown], Palette::off()));
    output::fault(format_args!(
        "the processor {} has {}; betrace check --config shows them all",
        set.processor,
        counted(faults.len(), "fault")
    ));
    Err(Exit::Usage)
}
