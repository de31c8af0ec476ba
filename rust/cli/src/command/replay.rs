//! `betrace replay`: rules over recorded traces, through the engine that runs live.
//!
//! ```text
//! files ──▶ traces (a thread) ──▶ batches ──▶ engine ──▶ findings, sorted ──▶ text | json | otlp
//! ```

mod clock;
mod json;
mod otlp;
mod summary;
mod text;

use std::time::Instant;

use betrace_engine::{CloseCause, Engine, Finding, Report, Settings, Timestamp};
use betrace_lang::verdict::Verdict;

use crate::args::{Close, Replay, ReplayFormat, VerdictName};
use crate::exit::Exit;
use crate::feed::{self, Fed};
use crate::output::{self, Output};
use crate::paths;
use crate::rules;

/// Findings are taken from the engine this many at a time.
const TAKEN: usize = 4096;

pub fn run(args: &Replay, out: &mut Output) -> Exit {
    let begun = Instant::now();
    let rules = match rules::load_faultless(&args.rules) {
        Ok(set) => set.rules,
        Err(exit) => return exit,
    };
    let inputs = match paths::trace_inputs(&args.traces) {
        Ok(inputs) => inputs,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let wanted = Wanted::of(&args.verdicts);
    let enabled = rules
        .iter()
        .map(|loaded| loaded.rule.clone())
        .filter(|rule| rule.enabled);
    let engine = match Engine::new(enabled.collect(), settings(args, &wanted), Timestamp(0)) {
        Ok(engine) => engine,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let mut findings = Vec::new();
    let mut clock = clock::Clock::new(args.close == Close::Idle);
    let is_broken = feed::feed(inputs, |fed| {
        let otlp = match fed {
            Fed::Spans(otlp) => otlp,
            Fed::Partial(trace) => {
                engine.mark_partial(trace);
                return Ok(());
            }
        };
        let now = clock.now(otlp);
        if args.close == Close::Idle {
            // What was due before these spans came has closed by then.
            engine.tick(now);
            take(&engine, &wanted, &mut findings);
        }
        engine.consume(otlp, now).map(drop)
    });
    engine.close_traces(clock.latest(), CloseCause::EndOfInput);
    take(&engine, &wanted, &mut findings);
    findings.sort_by(|a, b| {
        (&a.rule.id, a.trace_id, a.violation_id).cmp(&(&b.rule.id, b.trace_id, b.violation_id))
    });

    let stats = engine.stats();
    write(&findings, args.format, out);
    if args.summary {
        summary::write(&stats, &findings, args.format, out);
    }
    out.flush();
    summary::close(&stats, begun.elapsed());
    let has_violations = stats.rules.iter().any(|rule| rule.violations > 0);
    match (is_broken, has_violations) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Found,
        (false, false) => Exit::Fine,
    }
}

fn write(findings: &[Finding], format: ReplayFormat, out: &mut Output) {
    match format {
        ReplayFormat::Text => {
            for finding in findings {
                text::write(finding, out);
            }
        }
        ReplayFormat::Json => {
            for finding in findings {
                json::write(finding, out);
            }
        }
        ReplayFormat::Otlp => otlp::write(findings, out),
    }
}

fn settings(args: &Replay, wanted: &Wanted) -> Settings {
    Settings {
        idle_timeout: args.idle_timeout * 1_000_000_000,
        root_timeout: args.root_timeout * 1_000_000_000,
        completeness: args.completeness.into(),
        memory_bytes: args.memory_mib << 20,
        spans_per_trace: args.spans_per_trace,
        early: args.close == Close::Idle,
        report: wanted.report(),
        restart_grace: false,
        // What is found is held to be sorted, so there is nothing to save by losing it.
        queue_bytes: u64::MAX,
        ..Settings::default()
    }
}

fn take(engine: &Engine, wanted: &Wanted, findings: &mut Vec<Finding>) {
    loop {
        let taken = engine.take_findings(TAKEN);
        if taken.is_empty() {
            return;
        }
        findings.extend(taken.into_iter().filter(|finding| wanted.has(finding)));
    }
}

/// Which findings are printed.
struct Wanted {
    verdicts: Vec<Verdict>,
    /// Of the inconclusive ones only those where `when` held or is absent.
    is_default: bool,
}

impl Wanted {
    fn of(names: &[VerdictName]) -> Wanted {
        let mut verdicts = Vec::new();
        for name in names {
            match name {
                VerdictName::Violated => verdicts.push(Verdict::Violated),
                VerdictName::Satisfied => verdicts.push(Verdict::Satisfied),
                VerdictName::NotApplicable => verdicts.push(Verdict::NotApplicable),
                VerdictName::Inconclusive => verdicts.push(Verdict::Inconclusive),
                VerdictName::All => verdicts.extend(Verdict::ALL),
            }
        }
        let is_default = verdicts.is_empty();
        if is_default {
            verdicts = vec![Verdict::Violated, Verdict::Inconclusive];
        }
        Wanted {
            verdicts,
            is_default,
        }
    }

    fn has(&self, finding: &Finding) -> bool {
        self.verdicts.contains(&finding.verdict)
            && (!self.is_default || finding.verdict == Verdict::Violated || finding.when_held)
    }

    /// The least that the engine must report.
    fn report(&self) -> Report {
        if self.is_default {
            Report::Undecided
        } else if self.verdicts.iter().all(|v| *v == Verdict::Violated) {
            Report::Violations
        } else {
            Report::All
        }
    }
}
