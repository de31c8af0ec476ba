//! What the engine says of many rules over recorded traces, trace by trace: which break each rule and which keep it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use betrace_engine::{
    CloseCause, Completeness, Engine, Finding, OwnSpans, PlanError, Report, RuleStats, Settings,
    Timestamp,
};
use betrace_lang::rule::Rule;
use betrace_lang::verdict::Verdict;

use crate::output::{self, Working, counted};
use crate::spool::{Frame, Spooled};

/// Violations of a rule that are kept to be shown, of different traces.
const SHOWN: usize = 2;

/// What is held of open traces, in MiB.
const MEMORY: u64 = 1024;

/// A trace as whoever asks calls it.
pub type Number = u32;

/// The traces that count.
pub trait Traces {
    /// Its number; `None`: what the engine says of it is of no interest.
    fn number(&self, trace: [u8; 16]) -> Option<Number>;

    /// A violation in a trace that comes before others is rather shown; `None`: never.
    fn weight(&self, trace: Number) -> Option<usize>;
}

/// One rule's verdicts.
#[derive(Default)]
pub struct Verdicts {
    pub violated: Vec<Number>,
    pub satisfied: Vec<Number>,
    pub inconclusive: u64,
    /// The lightest violations, each of another trace.
    pub shown: Vec<Finding>,
    /// The start of the first violation among those that may be shown, Unix nanoseconds.
    pub first: Option<u64>,
    pub stats: RuleStats,
}

/// Every rule over everything that was read. In the order of `rules`, whose ids differ.
///
/// # Errors
/// As of [`Engine::new`].
pub fn judged(
    rules: &[Arc<Rule>],
    completeness: Completeness,
    spooled: &Spooled,
    traces: &dyn Traces,
) -> Result<Vec<Verdicts>, PlanError> {
    let settings = Settings {
        completeness,
        report: Report::All,
        ..of_recordings(MEMORY)
    };
    let engine = Engine::new(rules.to_vec(), settings, Timestamp(0))?;
    let working = Working::at(format_args!("judging {}", counted(rules.len(), "rule")));
    let read = spooled.read(|frame| match frame {
        // What is malformed was told when it came.
        Frame::Spans(otlp) => drop(engine.consume(otlp, Timestamp(0))),
        Frame::Partial(trace) => drop(engine.mark_partial(trace)),
    });
    let places: HashMap<&str, usize> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (&*rule.id.0, at))
        .collect();
    let mut kept: Vec<Kept> = rules.iter().map(|_| Kept::default()).collect();
    engine.drain_traces(Timestamp(0), CloseCause::EndOfInput, |findings| {
        for finding in findings {
            let number = traces.number(finding.trace_id.0);
            if let (Some(number), Some(at)) = (number, places.get(&*finding.rule.id.0)) {
                kept[*at].note(finding, number, traces);
            }
        }
    });
    drop(working);
    if let Err(error) = read {
        output::fault(format_args!(
            "cannot read what was kept of the recordings: {error}"
        ));
    }
    let stats = engine.stats().rules;
    let mut stats: HashMap<String, RuleStats> = stats
        .into_iter()
        .map(|stats| (stats.rule.clone(), stats))
        .collect();
    let verdicts = kept.into_iter().zip(rules);
    Ok(verdicts
        .map(|(kept, rule)| kept.end(stats.remove(&*rule.id.0).unwrap_or_default()))
        .collect())
}

/// What recordings are judged with.
#[must_use]
pub fn of_recordings(memory_mib: u64) -> Settings {
    Settings {
        memory_bytes: memory_mib << 20,
        // A trace closes where the input ends.
        early: false,
        event_time: true,
        restart_grace: false,
        shares_work: false,
        keeps_counted: true,
        own_spans: OwnSpans::Shaped,
        // What is found is held to be sorted, so there is nothing to save by losing it.
        queue_bytes: u64::MAX,
        ..Settings::default()
    }
}

#[derive(Default)]
struct Kept {
    verdicts: BTreeMap<Number, Verdict>,
    inconclusive: u64,
    shown: Vec<(usize, Number, Finding)>,
    first: Option<u64>,
}

impl Kept {
    /// A rule with several obligations gives several findings of a trace: the worst is its verdict.
    fn note(&mut self, finding: Finding, number: Number, traces: &dyn Traces) {
        match finding.verdict {
            Verdict::NotApplicable => return,
            Verdict::Inconclusive => {
                self.inconclusive += 1;
                return;
            }
            Verdict::Satisfied | Verdict::Violated => {}
        }
        let worst = self.verdicts.entry(number).or_insert(finding.verdict);
        *worst = (*worst).max(finding.verdict);
        if finding.verdict != Verdict::Violated {
            return;
        }
        let Some(weight) = traces.weight(number) else {
            return;
        };
        self.first = Some(
            self.first
                .map_or(finding.start, |first| first.min(finding.start)),
        );
        let mark = |(weight, number, finding): &(usize, Number, Finding)| {
            (*weight, *number, finding.violation_id)
        };
        if let Some(same) = self.shown.iter_mut().find(|(_, other, _)| *other == number) {
            if finding.violation_id < same.2.violation_id {
                same.2 = finding;
            }
            return;
        }
        self.shown.push((weight, number, finding));
        self.shown.sort_by_key(mark);
        self.shown.truncate(SHOWN);
    }

    fn end(self, stats: RuleStats) -> Verdicts {
        let of = |wanted: Verdict| {
            let all = self.verdicts.iter();
            let all = all.filter(|(_, verdict)| **verdict == wanted);
            all.map(|(number, _)| *number).collect()
        };
        Verdicts {
            violated: of(Verdict::Violated),
            satisfied: of(Verdict::Satisfied),
            inconclusive: self.inconclusive,
            shown: self
                .shown
                .into_iter()
                .map(|(.., finding)| finding)
                .collect(),
            first: self.first,
            stats,
        }
    }
}
