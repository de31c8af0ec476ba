//! `betrace replay`: rules over recorded traces, through the engine that runs live.
//!
//! ```text
//! files ──▶ traces (a thread) ──▶ batches ──▶ engine ──▶ findings, sorted ──▶ text | json | otlp
//! ```
//!
//! Where traces close at the end alone and nobody looks at spans, all processors take batches, in turns.

mod clock;
mod evidence;
mod gaps;
mod json;
mod otlp;

pub(crate) mod setup;
mod summary;
mod text;
mod timeline;
pub(crate) mod wanted;
mod watch;

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Instant;

use betrace_engine::{Engine, Finding, PlanError, Stats, Timestamp};
use betrace_lang::rule::Rule;
use betrace_lang::verdict::Verdict;

use crate::applied::NeverApplied;
use crate::args::{Replay, ReplayFormat};
use crate::exit::Exit;
use crate::near_miss::NearMisses;
use crate::output::{self, Output};
use crate::paths::TraceInputs;
use crate::words::by_window;

use evidence::Stretch;
use setup::Setup;
use summary::{Seen, Vacuous};
use wanted::Wanted;
use watch::Watch;

pub fn run(args: &Replay, out: &mut Output) -> Exit {
    let begun = Instant::now();
    let inputs = match setup::inputs(args) {
        Ok(inputs) => inputs,
        Err(exit) => return exit,
    };
    if let Some(width) = args.timeline {
        return timeline::run(args, width, inputs, out);
    }
    if args.format == ReplayFormat::Html {
        output::fault("--format html is for --timeline");
        return Exit::Usage;
    }
    if args.gaps {
        return gaps::run(args, inputs, out);
    }
    let wanted = Wanted::of(&args.verdicts);
    let evidence = match evidence::begin(args, &inputs) {
        Ok(evidence) => evidence,
        Err(exit) => return exit,
    };
    let setup = match setup::setup(args, &wanted) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    let played = match play(&setup, &wanted, args.summary, inputs) {
        Ok(played) => played,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let stats = played.engine.stats();
    let vacuous = vacuous(&setup.rules, &stats);
    write(&played.findings, &vacuous, args.format, out);
    if let Some(near) = played.near {
        summary::write(
            &stats,
            &played.seen,
            &vacuous,
            &near.end(),
            args.format,
            out,
        );
    }
    out.flush();
    if let Some(exit) = evidence
        .and_then(|evidence| evidence.write(&played.engine, &played.stretch, played.is_broken))
    {
        return exit;
    }
    summary::close(&stats, &vacuous, args.summary, begun.elapsed());
    let has_violations = stats.rules.iter().any(|rule| rule.violations > 0);
    match (played.is_broken, has_violations) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Found,
        (false, false) => Exit::Fine,
    }
}

/// What came of the recordings.
struct Played {
    /// The process ends next, and what the engine holds goes with it, faster than trace by trace.
    engine: ManuallyDrop<Engine>,
    /// Those that are wanted, in the order of the output.
    findings: Vec<Finding>,
    seen: Seen,
    near: Option<NearMisses>,
    stretch: Stretch,
    is_broken: bool,
}

/// Keeps what is to be printed.
struct Kept<'a> {
    wanted: &'a Wanted,
    findings: Vec<Finding>,
    seen: Seen,
    near: Option<NearMisses>,
    stretch: Option<Stretch>,
}

impl Watch for Kept<'_> {
    fn looks_at_spans(&self) -> bool {
        self.stretch.is_some() || self.near.is_some()
    }

    fn spans(&mut self, otlp: &[u8], _: Timestamp) {
        if let Some(stretch) = &mut self.stretch {
            stretch.note(otlp);
        }
        if let Some(near) = &mut self.near {
            near.consume(otlp);
        }
    }

    fn finding(&mut self, finding: Finding) {
        self.seen.note(&finding);
        if self.wanted.has(&finding) {
            self.findings.push(finding);
        }
    }
}

fn play(
    setup: &Setup,
    wanted: &Wanted,
    asks_near: bool,
    inputs: TraceInputs,
) -> Result<Played, PlanError> {
    let mut kept = Kept {
        wanted,
        findings: Vec::new(),
        seen: Seen::default(),
        near: asks_near
            .then(|| NearMisses::of(&setup.rules))
            .transpose()?,
        stretch: setup.settings.kept_samples.map(|_| Stretch::default()),
    };
    let (engine, is_broken) = watch::through(setup, inputs, &mut kept)?;
    kept.findings.sort_by(|a, b| {
        (&a.rule.id, a.trace_id, a.violation_id).cmp(&(&b.rule.id, b.trace_id, b.violation_id))
    });
    Ok(Played {
        engine: ManuallyDrop::new(engine),
        findings: kept.findings,
        seen: kept.seen,
        near: kept.near,
        stretch: kept.stretch.unwrap_or_default(),
        is_broken,
    })
}

fn vacuous(rules: &[Arc<Rule>], stats: &Stats) -> Vacuous {
    let both = rules.iter().zip(&stats.rules);
    let never = both.filter_map(|(rule, stats)| {
        let why = NeverApplied::of(rule, stats)?;
        Some((rule.id.clone(), why))
    });
    never.collect()
}

fn write(findings: &[Finding], vacuous: &Vacuous, format: ReplayFormat, out: &mut Output) {
    let is_vacuous = |finding: &Finding| {
        finding.verdict == Verdict::Satisfied && vacuous.contains_key(&finding.rule.id)
    };
    match format {
        ReplayFormat::Text | ReplayFormat::Html => {
            // For people the windows of a rule follow each other.
            for of_rule in findings.chunk_by(|a, b| a.rule.id == b.rule.id) {
                for finding in by_window(of_rule) {
                    text::write(finding, is_vacuous(finding), out);
                }
            }
        }
        ReplayFormat::Json => {
            for finding in findings {
                json::write(finding, is_vacuous(finding), out);
            }
        }
        ReplayFormat::Otlp => otlp::write(findings, out),
    }
}
