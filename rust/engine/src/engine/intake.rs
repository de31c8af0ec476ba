//! One message: every span is merged into its trace, and then each touched trace is asked which of the
//! rules that its new spans touched are violated already.

use crate::engine::context::Context;
use crate::engine::lifecycle::Lent;
use crate::engine::scratch::{CallScratch, DecideScratch};
use crate::engine::shed::shed;
use crate::engine::sink::{Outbox, Sink};
use crate::engine::touches::Touches;
use crate::mark::Whose;
use crate::matcher::answers::Answers;
use crate::scan::view::SpanView;
use crate::state::merge::{Merged, Merging};
use crate::state::shard::Shard;
use crate::state::shards::{ShardIndex, Shards};
use crate::sync::MutexGuard;
use crate::wire::ScanError;

/// After so many spans, well below a millisecond, whoever waits for the lock goes first.
const SPANS_AT_ONCE: u32 = if cfg!(loom) { 1 } else { 256 };

/// After so many touches of traces they are decided before the rest of the message is read, however long it is: neither
/// what a call works with nor what it adds to the state beyond the bound grows with the message.
const TOUCHES: usize = 4096;

/// Likewise, after so many traces were opened, and so many bytes were read.
const OPENED: usize = 512;
const READ: usize = 512 << 10;

/// Takes a message in. Returns how many spans were read.
pub(crate) fn take_in(
    shards: &Shards,
    context: &Context<'_>,
    outbox: &Outbox,
    otlp: &[u8],
    scratch: &mut CallScratch,
) -> Result<u64, ScanError> {
    let mut intake = Intake {
        shards,
        context,
        merging: merging(context),
        sink: &mut scratch.sink,
        touches: &mut scratch.touches,
        scratch: &mut scratch.decide,
        outbox,
        locked: None,
        merged: 0,
        added: 0,
        opened: 0,
        settled: 0,
    };
    let matcher = &context.rules.plan.matcher;
    let result = matcher.scan(otlp, &mut scratch.scan, |span, found| {
        intake.span(span, found);
    });
    intake.settle();
    drop(intake);
    let stats = result?;
    scratch.sink.tally.spans.malformed += stats.malformed;
    Ok(stats.spans + stats.malformed)
}

/// What merging a span needs of a call.
fn merging<'a>(context: &Context<'a>) -> Merging<'a> {
    let Context {
        rules, settings, ..
    } = *context;
    Merging {
        plan: &rules.plan,
        generation: rules.generation,
        key: context.key,
        spans_per_trace: settings.spans_per_trace,
        early_from: rules.needed.early_from(),
        arrived: (!rules.plan.with_deadlines.is_empty()).then_some(context.now),
    }
}

struct Intake<'e> {
    shards: &'e Shards,
    context: &'e Context<'e>,
    merging: Merging<'e>,
    sink: &'e mut Sink,
    touches: &'e mut Touches,
    scratch: &'e mut DecideScratch,
    outbox: &'e Outbox,
    locked: Option<(ShardIndex, MutexGuard<'e, Shard>)>,
    /// Spans merged since the lock was lent to others.
    merged: u32,
    /// Spans that were new.
    added: u64,
    /// Traces opened since the state was looked at.
    opened: usize,
    /// How much of the message was read by then.
    settled: usize,
}

impl Intake<'_> {
    fn span(&mut self, span: &SpanView<'_, '_>, found: &Answers) {
        match span.whose() {
            Whose::Own => {
                self.sink.tally.spans.own += 1;
                return;
            }
            Whose::Unmarked => self.sink.tally.unmarked += 1,
            Whose::Others => {}
        }
        let id = span.trace_id();
        let at = self.shards.of(id);
        if self.locked.as_ref().is_none_or(|(held, _)| *held != at) {
            // One lock at a time: two calls can never wait for each other.
            self.locked = None;
            self.locked = Some((at, self.shards.lock(at)));
        }
        let Some((_, shard)) = &mut self.locked else {
            return;
        };
        self.merged += 1;
        if self.merged.is_multiple_of(SPANS_AT_ONCE) {
            MutexGuard::bump(shard);
        }
        let context = self.context;
        let generation = self.merging.generation;
        let place = shard.open(context.key, id, context.now, generation, context.settings);
        let Some((trace, pool)) = shard.grow(place) else {
            return;
        };
        let is_late = trace.is_late() || !trace.is_live();
        self.opened += usize::from(trace.span_count() == 0);
        let touched = self.touches.touch(at, place, trace);
        let touches = &mut *self.touches;
        let met = |selector| touches.met(touched, selector);
        let merged = trace.merge(&self.merging, pool, span, found.hits(), met);
        let spans = &mut self.sink.tally.spans;
        match merged {
            Merged::Duplicate => spans.duplicate += 1,
            Merged::Conflict => spans.conflict += 1,
            Merged::OverLimit => spans.over_limit += 1,
            Merged::Added if is_late => spans.late += 1,
            Merged::Added => spans.evaluated += 1,
        }
        let is_new = matches!(merged, Merged::Added | Merged::OverLimit);
        if is_new && !trace.is_live() && !context.is_outside(trace) {
            let unbroken = context.rules.settled_by_severity(trace);
            let reopened = &mut self.sink.tally.reopened;
            for (to, from) in reopened.iter_mut().zip(unbroken) {
                *to += from;
            }
        }
        trace.heard(context.now, is_new);
        if merged == Merged::Added {
            self.added += 1;
            self.note(found);
        }
        let read = span.position().saturating_sub(self.settled);
        if self.touches.len() >= TOUCHES || self.opened >= OPENED || read >= READ {
            self.settled = span.position();
            self.settle();
        }
    }

    /// Decides what came so far, and keeps the state within its bound.
    fn settle(&mut self) {
        self.locked = None;
        self.opened = 0;
        self.context.reserve.fill(std::mem::take(&mut self.added));
        self.decide_touched();
        shed(
            self.shards,
            self.context,
            self.outbox,
            self.scratch,
            self.sink,
        );
    }

    fn decide_touched(&mut self) {
        let (context, sink) = (self.context, &mut *self.sink);
        self.touches.arrange();
        for (at, of_shard) in self.touches.by_shard() {
            let mut shard = self.shards.lock(at);
            let mut lent = Lent::new(&mut shard);
            for touched in of_shard {
                let place = self.touches.place(*touched);
                let Some((trace, pool)) = lent.grow(place) else {
                    continue;
                };
                let is_live = trace.is_live();
                // A trace that closed hears of violations whatever the settings say of open ones.
                if context.settings.early || !is_live {
                    let selectors = self.touches.selectors(*touched);
                    self.scratch.rules.clear();
                    let needed = &context.rules.needed;
                    needed.early((trace, pool), selectors, &mut self.scratch.rules);
                    context.decide_early(&mut lent, place, self.scratch, sink);
                }
                if !is_live && let Some(trace) = lent.get_mut(place) {
                    context.count_contradicted(trace, &mut self.scratch.eval, sink);
                }
                lent.reweigh(place);
                self.outbox.settle_much(sink, &context.rules.plan);
            }
            self.shards.account(at, shard.bytes());
        }
        self.touches.clear();
    }

    /// Counts what selected a new span.
    fn note(&mut self, found: &Answers) {
        let tally = &mut self.sink.tally;
        let selectors = found.hits().iter().map(|hit| hit.selector.0);
        tally.selections.count(selectors, 1);
        for unlike in found.unlike() {
            tally.unlike(*unlike);
        }
    }
}
