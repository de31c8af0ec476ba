//! Recordings through the engine: what every kind of answer about them begins with.

use betrace_engine::{CloseCause, Engine, Finding, PlanError, Timestamp};

use crate::args::Close;
use crate::feed::{self, Fed};
use crate::paths::TraceInputs;

use super::clock::Clock;
use super::setup::Setup;

/// Findings are taken from the engine this many at a time.
const TAKEN: usize = 4096;

/// Who looks on.
pub trait Watch {
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
    let mut clock = Clock::new(is_live);
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
            take(&engine, watch);
        }
        watch.spans(otlp, now);
        engine.consume(otlp, now).map(drop)
    });
    engine.drain_traces(clock.latest(), CloseCause::EndOfInput, |findings| {
        findings
            .into_iter()
            .for_each(|finding| watch.finding(finding));
    });
    Ok((engine, is_broken))
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
