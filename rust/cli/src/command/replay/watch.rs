//! Recordings through the engine: what every kind of answer about them begins with.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use betrace_engine::{
    CloseCause, ConsumeError, Consumed, Engine, Finding, PlanError, Timestamp, Turns,
};

use crate::args::Close;
use crate::feed::crew::Crew;
use crate::feed::{self, Fed};
use crate::output::counted;
use crate::paths::TraceInputs;

use super::clock::Clock;
use super::setup::Setup;

/// Findings are taken from the engine this many at a time.
const TAKEN: usize = 4096;

/// More threads would wait for their turns: there are so many parts of the traces.
const THREADS: usize = 8;

/// Who looks on.
pub trait Watch {
    /// Whether it looks at spans; else they may come to the engine from several threads, and it hears of none.
    fn looks_at_spans(&self) -> bool {
        true
    }

    /// The bytes of a request, before the engine has them, and the time that the recording stands at.
    fn spans(&mut self, otlp: &[u8], now: Timestamp);

    /// In no order, but those of a rule in a trace that are found at its close come one after the other.
    fn finding(&mut self, finding: Finding);
}

/// Everything that `inputs` hold, each trace closed in the end. Whether some of it was broken, which has been told.
///
/// # Errors
/// As of [`Engine::new`].
pub fn through(
    setup: &Setup,
    inputs: TraceInputs,
    watch: &mut dyn Watch,
) -> Result<(Engine, bool), PlanError> {
    let engine = Engine::new(setup.rules.clone(), setup.settings.clone(), Timestamp(0))?;
    let is_live = setup.close == Close::Idle;
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(THREADS);
    let mut clock = Clock::new(is_live);
    let is_broken = if is_live || threads == 1 || watch.looks_at_spans() {
        feed::feed(inputs, |fed| {
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
                take(&engine, watch);
            }
            watch.spans(otlp, now);
            engine.consume(otlp, now).and_then(whole)
        })
    } else {
        let now = clock.latest();
        let consume = |otlp: &[u8], turns: &dyn Turns| {
            let taken = engine.consume_in_turn(otlp, now, turns);
            taken.and_then(whole)
        };
        let crew = Crew::new(threads, engine.parts(), consume, || engine.has_room());
        feed::feed_in_turns(inputs, &crew, |trace| {
            engine.mark_partial(trace);
        })
    };
    drain(&engine, clock.latest(), threads, watch);
    Ok((engine, is_broken))
}

/// Spans that no trace can be told of are broken input, in protobuf as in JSON, whose reader tells them itself.
fn whole(taken: Consumed) -> Result<(), ConsumeError> {
    if taken.malformed == 0 {
        return Ok(());
    }
    let spans = counted(taken.malformed, "span");
    Err(ConsumeError {
        offset: 0,
        message: format!(
            "{spans} without a usable id, left out: a trace id has 16 bytes and a span id 8, not all zero"
        ),
    })
}

/// Closes every trace, on several threads.
fn drain(engine: &Engine, now: Timestamp, threads: usize, watch: &mut dyn Watch) {
    let cause = CloseCause::EndOfInput;
    let next = AtomicUsize::new(0);
    let (sender, findings) = sync_channel(2 * threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let part = next.fetch_add(1, Ordering::Relaxed);
                    if part >= engine.parts() {
                        return;
                    }
                    engine.drain_part(part, now, cause, |findings| {
                        // The receiver outlives this thread.
                        let _ = sender.send(findings);
                    });
                }
            });
        }
        drop(sender);
        let findings = findings.into_iter().flatten();
        findings.for_each(|finding| watch.finding(finding));
    });
    engine.drain_traces(now, cause, |findings| {
        findings
            .into_iter()
            .for_each(|finding| watch.finding(finding));
    });
}

fn take(engine: &Engine, watch: &mut dyn Watch) {
    loop {
        let taken = engine.take_findings(TAKEN);
        if taken.is_empty() {
            return;
        }
        taken.into_iter().for_each(|finding| watch.finding(finding));
    }
}
