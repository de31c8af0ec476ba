//! `betrace replay`: rules over recorded traces, through the engine that runs live.
//!
//! ```text
//! files ──▶ traces (a thread) ──▶ batches ──▶ engine ──▶ findings, sorted ──▶ text | json | otlp
//! ```

mod clock;
mod gaps;
mod json;
mod otlp;
mod setup;
mod summary;
mod text;
mod wanted;

use std::sync::Arc;
use std::time::Instant;

use betrace_engine::{CloseCause, Engine, Finding, PlanError, Stats, Timestamp};
use betrace_lang::rule::Rule;
use betrace_lang::verdict::Verdict;

use crate::applied::NeverApplied;
use crate::args::{Close, Replay, ReplayFormat};
use crate::exit::Exit;
use crate::feed::{self, Fed};
use crate::near_miss::NearMisses;
use crate::output::{self, Output};
use crate::paths::{self, TraceInputs};

use setup::Setup;
use summary::{Seen, Vacuous};
use wanted::Wanted;

/// Findings are taken from the engine this many at a time.
const TAKEN: usize = 4096;

pub fn run(args: &Replay, out: &mut Output) -> Exit {
    let begun = Instant::now();
    let inputs = match paths::trace_inputs(&args.traces) {
        Ok(inputs) => inputs,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    if args.gaps {
        return gaps::run(args, inputs, out);
    }
    let wanted = Wanted::of(&args.verdicts);
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
    engine: Engine,
    /// Those that are wanted, in the order of the output.
    findings: Vec<Finding>,
    seen: Seen,
    near: Option<NearMisses>,
    is_broken: bool,
}

fn play(
    setup: &Setup,
    wanted: &Wanted,
    asks_near: bool,
    inputs: TraceInputs,
) -> Result<Played, PlanError> {
    let engine = Engine::new(setup.rules.clone(), setup.settings.clone(), Timestamp(0))?;
    let mut near = asks_near
        .then(|| NearMisses::of(&setup.rules))
        .transpose()?;
    let (mut findings, mut seen) = (Vec::new(), Seen::default());
    let mut take = |engine: &Engine| {
        loop {
            let taken = engine.take_findings(TAKEN);
            if taken.is_empty() {
                return;
            }
            taken.iter().for_each(|finding| seen.note(finding));
            findings.extend(taken.into_iter().filter(|finding| wanted.has(finding)));
        }
    };
    let is_live = setup.close == Close::Idle;
    let mut clock = clock::Clock::new(is_live);
    let is_broken = feed::feed(inputs, |fed| {
        let otlp = match fed {
            Fed::Spans(otlp) => otlp,
            Fed::Partial(trace) => {
                engine.mark_partial(trace);
                return Ok(());
            }
        };
        let now = clock.now(otlp);
        if is_live {
            // What was due before these spans came has closed by then.
            engine.tick(now);
            take(&engine);
        }
        if let Some(near) = &mut near {
            near.consume(otlp);
        }
        engine.consume(otlp, now).map(drop)
    });
    engine.close_traces(clock.latest(), CloseCause::EndOfInput);
    take(&engine);
    findings.sort_by(|a, b| {
        (&a.rule.id, a.trace_id, a.violation_id).cmp(&(&b.rule.id, b.trace_id, b.violation_id))
    });
    Ok(Played {
        engine,
        findings,
        seen,
        near,
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
        ReplayFormat::Text => {
            for finding in findings {
                text::write(finding, is_vacuous(finding), out);
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
