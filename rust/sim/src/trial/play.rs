//! A script through a fresh engine.

use std::sync::Arc;

use betrace_engine::{
    CloseCause, Engine, Finding, Report, Settings, SnapshotKind, Stats, Timestamp,
};
use betrace_lang::rule::Rule;

use super::script::{Act, Ending, Script, SpanAt};
use super::subject::Subject;
use crate::model::Span;
use crate::oracle::Completeness;
use crate::wire::encode;

pub const SECOND: u64 = 1_000_000_000;

/// After so many seconds without a span a trace closes; longer than any script takes otherwise.
const IDLE: u64 = 100_000;
/// A trace closes after so many seconds in any case.
pub const MAX_AGE: u64 = 10 * IDLE;

/// For so many seconds a closed trace's state waits for late spans.
pub const LATE_WINDOW: u64 = 60;

/// When the engine's time begins; long after the traces, so that no trace looks as if a start cut it off.
const BEGIN: Timestamp = Timestamp(1_800_000_000 * SECOND);

/// As the engine calls it.
pub fn named(completeness: Completeness) -> betrace_engine::Completeness {
    match completeness {
        Completeness::Root => betrace_engine::Completeness::Root,
        Completeness::Linked => betrace_engine::Completeness::Linked,
        Completeness::Idle => betrace_engine::Completeness::Idle,
    }
}

fn settings(script: &Script) -> Settings {
    let by_age = script.acts.contains(&Act::Close(Ending::Age));
    Settings {
        idle_timeout: if by_age { 2 * MAX_AGE } else { IDLE } * SECOND,
        // When a trace closes is a law of its own; here only what it says then.
        root_timeout: 0,
        max_age: MAX_AGE * SECOND,
        late_window: LATE_WINDOW * SECOND,
        completeness: named(script.completeness),
        early: script.early,
        report: if script.verdicts {
            Report::All
        } else {
            Report::Violations
        },
        shards: script.shards,
        seed: script.seed,
        spans_per_trace: script.limit,
        restart_grace: script.started.is_some(),
        // What one trace takes is not missing to another.
        shares_work: false,
        ..Settings::default()
    }
}

/// An engine of its own for a script, act by act: what it says of one is held before the next, while it is at hand.
pub struct Player<'p, 'a> {
    all: &'p [Arc<Rule>],
    subjects: &'p [Subject<'a>],
    script: &'p Script,
    /// That are there by now.
    rules: Vec<Arc<Rule>>,
    now: Timestamp,
    engine: Engine,
}

impl<'p, 'a> Player<'p, 'a> {
    /// # Errors
    /// What the engine refused.
    pub fn new(
        all: &'p [Arc<Rule>],
        subjects: &'p [Subject<'a>],
        script: &'p Script,
    ) -> Result<Player<'p, 'a>, String> {
        let is_there = |(number, rule): (usize, &Arc<Rule>)| {
            script.has_from_the_start(number).then(|| Arc::clone(rule))
        };
        let rules: Vec<Arc<Rule>> = all.iter().enumerate().filter_map(is_there).collect();
        let now = script.started.map_or(BEGIN, Timestamp);
        Ok(Player {
            all,
            subjects,
            script,
            engine: engine(&rules, script, now)?,
            rules,
            now,
        })
    }

    /// What the engine says of an act.
    ///
    /// # Errors
    /// What the engine refused.
    pub fn act(&mut self, act: &Act) -> Result<Vec<Finding>, String> {
        let (engine, now) = (&self.engine, &mut self.now);
        match act {
            Act::Bring(spans) => {
                let message = message(self.subjects, self.script, spans);
                let consumed = engine.consume(&message, *now);
                consumed.map_err(|fault| fault.to_string())?;
            }
            Act::Pass(seconds) => {
                now.0 += seconds * SECOND;
                engine.tick(*now);
            }
            Act::Close(Ending::EndOfInput) => engine.close_traces(*now, CloseCause::EndOfInput),
            Act::Close(Ending::Shutdown) => engine.close_traces(*now, CloseCause::Shutdown),
            Act::Close(Ending::Idle) => {
                now.0 += (IDLE + 1) * SECOND;
                engine.tick(*now);
            }
            Act::Close(Ending::Age) => {
                now.0 += (MAX_AGE + 1) * SECOND;
                engine.tick(*now);
            }
            Act::Add | Act::Reload => {
                if *act == Act::Add {
                    self.rules = self.all.to_vec();
                }
                let replaced = engine.replace_rules(self.rules.clone(), *now);
                replaced.map_err(|fault| fault.to_string())?;
            }
            Act::Restart => self.go_on_from(SnapshotKind::Final)?,
            Act::Crash => self.go_on_from(SnapshotKind::Periodic)?,
        }
        Ok(self.engine.take_findings(usize::MAX))
    }

    /// Another engine goes on from what this one stored.
    fn go_on_from(&mut self, kind: SnapshotKind) -> Result<(), String> {
        let stored = self.engine.snapshot(kind);
        self.engine = engine(&self.rules, self.script, self.now)?;
        let restored = self.engine.restore(&stored, self.now);
        restored.map(|_| ()).map_err(|fault| fault.to_string())
    }

    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}

fn engine(rules: &[Arc<Rule>], script: &Script, now: Timestamp) -> Result<Engine, String> {
    Engine::new(rules.to_vec(), settings(script), now).map_err(|fault| fault.to_string())
}

fn message(subjects: &[Subject<'_>], script: &Script, spans: &[SpanAt]) -> Vec<u8> {
    if script.grouped {
        return encode(
            spans
                .iter()
                .map(|(trace, span)| &subjects[*trace].spans[*span]),
        );
    }
    let mut message = Vec::new();
    for (trace, span) in spans {
        let subject = &subjects[*trace];
        let messages = if script.thin {
            &subject.thin_messages
        } else {
            &subject.messages
        };
        message.extend_from_slice(messages.of_span(*span));
    }
    message
}

/// What the engine says in the end of spans that come all at once and in this order.
///
/// # Errors
/// What the engine refused.
pub fn judged<'a>(
    rules: &[Arc<Rule>],
    spans: impl IntoIterator<Item = &'a Span>,
) -> Result<Vec<Finding>, String> {
    let engine = engine(rules, &Script::of(Vec::new()), BEGIN)?;
    let consumed = engine.consume(&encode(spans), BEGIN);
    consumed.map_err(|fault| fault.to_string())?;
    engine.close_traces(BEGIN, CloseCause::EndOfInput);
    Ok(engine.take_findings(usize::MAX))
}
