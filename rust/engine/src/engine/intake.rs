//! One message: its spans are read and sorted by the part of all traces in which theirs is; then each part is visited, every
//! span of it merged into its trace, and each touched trace asked which of the rules that its new spans touched are violated
//! already.
//!
//! What is read is another core's as little as can be: a part's lock, tables and lists come over once for all spans of a
//! message, and what a call counts stays its own until its end.

use crate::engine::context::Context;
use crate::engine::lifecycle::Lent;
use crate::engine::scratch::{CallScratch, DecideScratch};
use crate::engine::shed::shed;
use crate::engine::sink::{Outbox, Sink};
use crate::engine::sorted::SortedSpans;
use crate::engine::touches::Touches;
use crate::mark::Whose;
use crate::matcher::answers::Answers;
use crate::matcher::ids::UnlikeId;
use crate::scan::view::SpanView;
use crate::scan::{Scanned, Visitor};
use crate::state::arriving::Merging;
use crate::state::merge::Merged;
use crate::state::shard::Shard;
use crate::state::shards::{ShardIndex, Shards};
use crate::state::slots::TracePlace;
use crate::state::span_kinds::KindId;
use crate::sync::{MutexGuard, worked};
use crate::wire::ScanError;

/// After so many spans, well below a millisecond, whoever waits for the lock goes first.
const SPANS_AT_ONCE: u32 = if cfg!(loom) { 1 } else { 256 };

/// After so many touches of traces they are decided before further spans are merged, however many there are: neither
/// what a call works with nor what it adds to the state beyond the bound grows with the message.
const TOUCHES: usize = 4096;

/// Likewise, after so many spans or bytes were read they are merged.
const SPANS: usize = if cfg!(loom) { 1 } else { 1024 };
const READ: usize = 512 << 10;

/// And where calls take turns, which they do at the end of what is merged at once.
const SPANS_IN_TURN: usize = 8 * SPANS;
const READ_IN_TURN: usize = 8 * READ;

/// In which order calls that run side by side come to the parts of all traces: see
/// [`Engine::consume_in_turn`](crate::Engine::consume_in_turn).
pub trait Turns {
    /// Waits until those before this call have left a part. It comes to all parts, from zero on.
    fn enter(&self, part: usize);

    /// The call will not come to the part again.
    fn leave(&self, part: usize);
}

/// How many spans were read, and where the message is to be gone on with, if it was left before its end.
pub(crate) struct TakenIn {
    pub spans: u64,
    pub malformed: u64,
    pub rest: Option<usize>,
}

/// Takes in a message, from a place on, until its end or until other rules are to be read: those who wait for that wait no
/// longer than what is merged at once takes.
pub(crate) fn take_in(
    shards: &Shards,
    context: &Context<'_>,
    outbox: &Outbox,
    (otlp, from): (&[u8], usize),
    turns: Option<&dyn Turns>,
    scratch: &mut CallScratch,
) -> Result<TakenIn, ScanError> {
    let mut intake = Intake {
        message: otlp,
        turns,
        shards,
        outbox,
        spans: &mut scratch.spans,
        parts: &mut scratch.parts,
        found: &mut scratch.found,
        merged_to: from,
        read_to: from,
        noted: BeforeScope::default(),
        into: Merger {
            context,
            merging: merging(context),
            sink: &mut scratch.sink,
            touches: &mut scratch.touches,
            scratch: &mut scratch.decide,
            outbox,
            merged: 0,
            added: 0,
        },
    };
    let matcher = &context.rules.plan.matcher;
    let result = matcher.scan_from((otlp, from), &mut scratch.scan, &mut intake);
    intake.merge(true);
    let Scanned { stats, rest } = result?;
    scratch.sink.tally.spans.malformed += stats.malformed;
    Ok(TakenIn {
        spans: stats.spans + stats.malformed,
        malformed: stats.malformed,
        rest,
    })
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
    message: &'e [u8],
    turns: Option<&'e dyn Turns>,
    shards: &'e Shards,
    outbox: &'e Outbox,
    spans: &'e mut SortedSpans,
    parts: &'e mut Vec<ShardIndex>,
    found: &'e mut Vec<Option<TracePlace>>,
    /// How much of the message was read when spans were merged last, and now.
    merged_to: usize,
    read_to: usize,
    noted: BeforeScope,
    into: Merger<'e>,
}

/// What had come of a message before a scope of which spans may have to be taken back.
#[derive(Default)]
struct BeforeScope {
    spans: usize,
    own: u64,
    unmarked: u64,
}

/// A call sets spans aside, and merges them where it pauses.
impl<'a> Visitor<'a, Answers> for &mut Intake<'_> {
    #[inline(always)]
    fn visit(&mut self, span: &SpanView<'a, '_>, found: &Answers) -> bool {
        let tally = &mut self.into.sink.tally;
        match span.whose() {
            Whose::Own => {
                tally.spans.own += 1;
                return true;
            }
            Whose::Unmarked => tally.unmarked += 1,
            Whose::Others => {}
        }
        let shard = self.shards.of(span.trace_id());
        let Merging {
            plan, early_from, ..
        } = self.into.merging;
        let kinds = &mut tally.kinds;
        let kind = kinds.of(plan, early_from, found.hashed_hits());
        self.spans.push((shard, kind), span, found);
        let is_full = kinds.is_full();
        self.read_to = span.position();
        let read = self.read_to.saturating_sub(self.merged_to);
        let (most_spans, most_read) = match self.turns {
            None => (SPANS, READ),
            Some(_) => (SPANS_IN_TURN, READ_IN_TURN),
        };
        !is_full && !self.spans.is_full(most_spans) && read < most_read
    }

    fn note(&mut self) -> bool {
        let tally = &self.into.sink.tally;
        self.noted = BeforeScope {
            spans: self.spans.len(),
            own: tally.spans.own,
            unmarked: tally.unmarked,
        };
        true
    }

    fn take_back(&mut self) {
        let tally = &mut self.into.sink.tally;
        tally.spans.own = self.noted.own;
        tally.unmarked = self.noted.unmarked;
        self.spans.truncate(self.noted.spans);
    }

    fn pause(&mut self) -> bool {
        self.merged_to = self.read_to;
        self.merge(false);
        // Whoever has his turn keeps it to the end, for others wait for that. Else other rules may have to be read first.
        self.turns.is_some() || !self.into.context.present.are_awaited()
    }
}

impl Intake<'_> {
    /// Merges and decides what came so far, and keeps the state within its bound.
    fn merge(&mut self, is_last: bool) {
        let (message, shards, turns) = (self.message, self.shards, self.turns);
        let Intake {
            spans,
            parts,
            found,
            into,
            ..
        } = self;
        let context = into.context;
        let matcher = &context.rules.plan.matcher;
        spans.arrange(parts);
        let mut merge = |at: ShardIndex, shard: &mut MutexGuard<'_, Shard>| {
            // While some are merged, what those behind them need is under way.
            let mut coming = spans.some_of(at);
            let mut find = |shard: &mut Shard, spans: &SortedSpans, found: &mut Vec<_>| {
                if let Some(next) = coming.next() {
                    shard.find_ahead(context.key, spans.named(next, message), found);
                }
            };
            found.clear();
            find(shard, spans, found);
            for some in spans.some_of(at) {
                find(shard, spans, found);
                let mut merged = 0;
                spans.each_of(some, (message, matcher), |span, kind, unlike| {
                    let place = found.get(merged).copied().flatten();
                    merged += 1;
                    into.merge(shard, (span, place), (kind, unlike));
                });
                found.drain(..merged.min(found.len()));
            }
            into.decide_touched(shard);
            shards.account(at, shard);
        };
        match turns {
            None => shards.visit(parts, |at, shard| {
                merge(at, shard);
                true
            }),
            Some(turns) => {
                for at in shards.all() {
                    turns.enter(at.index());
                    if parts.contains(&at) {
                        merge(at, &mut shards.lock(at));
                    }
                    if is_last {
                        turns.leave(at.index());
                    }
                }
            }
        }
        spans.clear();
        into.forget_kinds();
        shed(shards, context, self.outbox, into.scratch, into.sink);
    }
}

/// What spans of one part after the other are merged into.
struct Merger<'e> {
    context: &'e Context<'e>,
    merging: Merging<'e>,
    sink: &'e mut Sink,
    touches: &'e mut Touches,
    scratch: &'e mut DecideScratch,
    outbox: &'e Outbox,
    /// Spans merged since the lock was lent to others.
    merged: u32,
    /// Spans that were new.
    added: u64,
}

impl Merger<'_> {
    #[inline(always)]
    fn merge(
        &mut self,
        shard: &mut MutexGuard<'_, Shard>,
        (span, found): (&SpanView<'_, '_>, Option<TracePlace>),
        (kind, unlike): (KindId, &[UnlikeId]),
    ) {
        worked(1);
        self.merged += 1;
        if self.merged.is_multiple_of(SPANS_AT_ONCE) {
            MutexGuard::bump(shard);
        }
        let context = self.context;
        let generation = self.merging.generation;
        let place = found.unwrap_or_else(|| {
            let id = span.trace_id();
            shard.open(context.key, id, context.now, generation, context.settings)
        });
        let Some((trace, pool)) = shard.grow(place) else {
            // It went since it was found, while the lock was lent.
            if found.is_some() {
                self.merge_again(shard, span, (kind, unlike));
            }
            return;
        };
        let is_late = trace.is_late() || !trace.is_live();
        let touched = self.touches.touch(place, trace);
        let touches = &mut *self.touches;
        let met = |selector| touches.met(touched, selector);
        let tally = &mut self.sink.tally;
        let Some(known) = tally.kinds.get(kind) else {
            return;
        };
        let merged = trace.merge(&self.merging, pool, span, known, met);
        let spans = &mut tally.spans;
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
            for (to, from) in tally.reopened.iter_mut().zip(unbroken) {
                *to += from;
            }
        }
        trace.heard(context.now, is_new);
        if merged == Merged::Added {
            self.added += 1;
            tally.kinds.count(kind);
            for unlike in unlike {
                tally.unlike(*unlike);
            }
        }
        if self.touches.len() >= TOUCHES {
            self.decide_touched(shard);
        }
    }

    /// Merges a span whose trace went.
    #[cold]
    #[inline(never)]
    fn merge_again(
        &mut self,
        shard: &mut MutexGuard<'_, Shard>,
        span: &SpanView<'_, '_>,
        found: (KindId, &[UnlikeId]),
    ) {
        self.merged -= 1;
        self.merge(shard, (span, None), found);
    }

    /// Forgets kinds of spans if there are many. None of them waits at this time.
    fn forget_kinds(&mut self) {
        if self.sink.tally.kinds.is_full() {
            self.outbox.settle(self.sink, &self.context.rules.plan);
            self.sink.tally.kinds.forget();
        }
    }

    fn decide_touched(&mut self, shard: &mut MutexGuard<'_, Shard>) {
        let (context, sink) = (self.context, &mut *self.sink);
        context.reserve.fill(std::mem::take(&mut self.added));
        let mut lent = Lent::new(shard);
        for touched in self.touches.all() {
            let place = self.touches.place(touched);
            let Some((trace, settled)) = lent.ask(place) else {
                continue;
            };
            let is_live = trace.is_live();
            let needed = &context.rules.needed;
            let may_break = needed.any_span_may_break() || self.touches.has_met(touched);
            // A trace that closed hears of violations whatever the settings say of open ones.
            if may_break && (context.settings.early || !is_live) {
                let selectors = self.touches.selectors(touched);
                self.scratch.rules.clear();
                needed.early((trace, settled), selectors, &mut self.scratch.rules);
                context.decide_early(&mut lent, place, self.scratch, sink);
            }
            if !is_live && let Some(trace) = lent.get_mut(place) {
                context.count_contradicted(trace, &mut self.scratch.eval, sink);
            }
            lent.reweigh(place);
            self.outbox.settle_much(sink, &context.rules.plan);
            lent.came_to_trace();
        }
        self.touches.clear();
    }
}
