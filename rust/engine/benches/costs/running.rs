//! An engine as it runs in a Collector, and the batches that it is fed.

use std::hint::black_box;
use std::time::Duration;

use betrace_bench::rules;
use betrace_bench::shop::{BATCH, BEGIN, Batch};
use betrace_engine::{Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};

/// Default settings, but that it does not take itself for one that was just started.
pub fn settings() -> Settings {
    Settings {
        restart_grace: false,
        ..Settings::default()
    }
}

pub fn engine(settings: Settings) -> Engine {
    let rules = compile(&[SourceFile::new("rules.yaml", rules::hundred())]);
    let Ok(rules) = rules else {
        unreachable!("every rule here is faultless");
    };
    let Ok(engine) = Engine::new(rules, settings, Timestamp(BEGIN)) else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

/// An engine in time.
pub struct Running {
    pub engine: Engine,
    /// How many batches came.
    pub number: u64,
}

impl Running {
    pub fn new(settings: Settings) -> Running {
        Running {
            engine: engine(settings),
            number: 0,
        }
    }

    /// Takes batches in as they come, closes what is due after each, and takes what was found after the last.
    pub fn take<'b>(&mut self, batches: impl Iterator<Item = &'b Batch>) {
        for batch in batches {
            self.number += 1;
            let now = Timestamp(BEGIN + self.number * BATCH);
            assert!(self.engine.consume(batch.bytes(), now).is_ok());
            self.engine.tick(now);
        }
        black_box(self.engine.take_findings(usize::MAX).len());
    }
}

/// How many spans there are.
pub fn spans(batches: &[Batch]) -> usize {
    batches.iter().map(Batch::spans).sum()
}

/// A span's share, in nanoseconds.
pub fn nanos(time: Duration, spans: usize) -> f64 {
    time.as_nanos() as f64 / spans as f64
}
