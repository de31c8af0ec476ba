//! When a trace closes: its idle time after its latest span, once nothing is awaited any more.

use betrace_engine::{Engine, Settings, Timestamp};

use super::{Divergence, Trial};
use crate::oracle::{Completeness, Reading, Reasons, Trace, has_order};
use crate::tape::Tape;

const MILLISECOND: u64 = 1_000_000;

/// After the traces by far.
const BEGIN: u64 = 1_800_000_000_000 * MILLISECOND;

const IDLE: u64 = 3 * MILLISECOND;

impl Trial<'_> {
    /// One trace after the other, each span by itself and before the trace could have closed.
    pub(super) fn closing(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let completeness = tape.pick(&Completeness::ALL);
        let settings = Settings {
            idle_timeout: IDLE,
            root_timeout: tape.pick(&[0, 5, 9]) * MILLISECOND,
            max_age: tape.pick(&[20, 60, 3000]) * MILLISECOND,
            event_time: tape.chance(30),
            completeness: super::play::named(completeness),
            restart_grace: false,
            shards: 1,
            ..Settings::default()
        };
        let engine = Engine::new(self.rules.to_vec(), settings.clone(), Timestamp(BEGIN));
        let engine = engine.map_err(|fault| self.wrong(0, 0, fault.to_string()))?;
        let mut now = BEGIN;
        for trace in 0..self.subjects.len() {
            let opened = now;
            let mut arrived = Vec::new();
            for span in 0..self.subjects[trace].spans.len() {
                let message = self.subjects[trace].messages.of_span(span);
                let gap = tape.below(IDLE as usize) as u64;
                if !arrived.is_empty() && now + gap < opened + settings.max_age {
                    now += gap;
                }
                let consumed = engine.consume(message, Timestamp(now));
                consumed.map_err(|fault| self.wrong(0, trace, fault.to_string()))?;
                arrived.push(now);
            }
            let closes = self.closes(trace, &arrived, completeness, &settings);
            let live_at = |time| {
                engine.tick(Timestamp(time));
                engine.stats().live_traces
            };
            if (live_at(closes - 1), live_at(closes)) != (1, 0) {
                let rules = &self.readings;
                let detail = format!(
                    "{} rules: does not close {} ms after its first span, {settings:?}",
                    rules.len(),
                    (closes - opened) as f64 / MILLISECOND as f64
                );
                return Err(self.wrong(0, trace, detail));
            }
            now = closes + 1;
        }
        let pairs = self.rules.len() * self.subjects.len();
        self.tally.count(self.law, pairs);
        Ok(())
    }

    fn closes(
        &mut self,
        at: usize,
        arrived: &[u64],
        completeness: Completeness,
        settings: &Settings,
    ) -> u64 {
        let spans = self.subjects[at].spans;
        let last = arrived.last().copied().unwrap_or_default();
        // Of copies the first one counts.
        let came = |span: &crate::model::Span| {
            let first = spans.iter().position(|one| one.is_copy_of(span));
            first.map_or(last, |first| arrived[first])
        };
        let began = |span: &crate::model::Span| match settings.event_time && has_order(span) {
            true => span.end,
            false => came(span),
        };
        let trace = Trace::of(spans);
        let lacks = Completeness::ALL.map(|asked| !trace.missing(asked).is_empty());
        let mut asked = self.readings.iter().map(|rule| rule.asks(completeness));
        let is_missing = asked.any(|asked| lacks[asked as usize]);
        let trace = trace.open(Reasons::default());
        // Where nothing is open, nothing is waited for.
        let subject = &self.subjects[at];
        let is_open = |(number, rule): &(usize, &Reading<'_>)| {
            subject.open(rule, *number, spans.len()).is_open
        };
        let open = self.readings.iter().enumerate().filter(is_open);
        let deadlines = open.filter_map(|(_, rule)| rule.waits_until(&trace, &began));
        let deadline = deadlines.max().map(|over| over.saturating_add(IDLE));
        self.tally.count(
            "held by a deadline",
            usize::from(deadline > Some(last + IDLE)),
        );
        let awaited = is_missing.then_some(last + settings.root_timeout);
        let idle = (last + IDLE).max(deadline.max(awaited).unwrap_or(0));
        idle.min(arrived[0] + settings.max_age)
    }
}
