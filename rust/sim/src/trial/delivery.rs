//! How spans reach the engine, and what it said in the end.

use std::sync::Arc;

use betrace_engine::{CloseCause, Engine, Finding, Report, Settings, Timestamp};
use betrace_lang::rule::Rule;

use crate::model::Span;
use crate::oracle::Completeness;
use crate::wire::encode;

pub const SECOND: u64 = 1_000_000_000;

/// After so many seconds without a span a trace closes; longer than any delivery takes.
pub const IDLE: u64 = 600;

/// When the engine's time begins; long after the traces, so that no trace looks as if a start cut it off.
pub const BEGIN: Timestamp = Timestamp(1_800_000_000 * SECOND);

/// How a trace ends for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    EndOfInput,
    Idle,
    /// By `max_age`.
    Age,
    Shutdown,
}

/// One way to deliver spans.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    pub batches: Vec<Vec<&'a Span>>,
    pub completeness: Completeness,
    pub ending: Ending,
    /// Say what is certain at once; else everything at the close, in canonical form.
    pub early: bool,
    pub shards: u32,
    /// Seconds that pass before each batch; all together less than the idle time.
    pub gap: u64,
}

impl<'a> Delivery<'a> {
    /// Everything at once, complete as soon as a root came, said at the end.
    #[must_use]
    pub fn plain(spans: Vec<&'a Span>) -> Delivery<'a> {
        Delivery {
            batches: vec![spans],
            completeness: Completeness::Root,
            ending: Ending::EndOfInput,
            early: false,
            shards: 4,
            gap: 0,
        }
    }

    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            idle_timeout: if self.ending == Ending::Age {
                900
            } else {
                IDLE
            } * SECOND,
            max_age: if self.ending == Ending::Age {
                300
            } else {
                3600
            } * SECOND,
            completeness: match self.completeness {
                Completeness::Root => betrace_engine::Completeness::Root,
                Completeness::Linked => betrace_engine::Completeness::Linked,
                Completeness::Idle => betrace_engine::Completeness::Idle,
            },
            early: self.early,
            report: Report::All,
            shards: self.shards,
            restart_grace: false,
            ..Settings::default()
        }
    }
}

/// What the engine found: before the close, and in all.
pub struct Found {
    pub before_close: Vec<Finding>,
    pub all: Vec<Finding>,
}

/// Runs one delivery through a fresh engine.
///
/// # Errors
/// What the engine refused.
pub fn run(rules: &[Arc<Rule>], delivery: &Delivery<'_>) -> Result<Found, String> {
    let engine = Engine::new(rules.to_vec(), delivery.settings(), BEGIN)
        .map_err(|fault| fault.to_string())?;
    let mut now = BEGIN;
    for batch in &delivery.batches {
        now.0 += delivery.gap * SECOND;
        engine.tick(now);
        consume(&engine, &encode(batch.iter().copied()), now)?;
    }
    let before_close = engine.take_findings(usize::MAX);
    close(&engine, delivery.ending, now);
    let mut all = before_close.clone();
    all.extend(engine.take_findings(usize::MAX));
    Ok(Found { before_close, all })
}

pub fn consume(engine: &Engine, otlp: &[u8], now: Timestamp) -> Result<(), String> {
    engine
        .consume(otlp, now)
        .map(drop)
        .map_err(|fault| fault.to_string())
}

pub fn close(engine: &Engine, ending: Ending, now: Timestamp) {
    match ending {
        Ending::EndOfInput => engine.close_all(now, CloseCause::EndOfInput),
        Ending::Shutdown => engine.close_all(now, CloseCause::Shutdown),
        Ending::Idle => engine.tick(Timestamp(now.0 + (IDLE + 1) * SECOND)),
        Ending::Age => engine.tick(Timestamp(now.0 + 301 * SECOND)),
    }
}
