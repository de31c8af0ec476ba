//! The engine: spans in, findings out.
//!
//! [`Engine`] is the door. A call takes its [`scratch`], sees one [`rule_set`] through a [`context`], merges
//! what came ([`intake`], [`touches`]), decides ([`lifecycle`]) and closes ([`mod@close`]) what is [`due`], [ends](ending) windows, counts what late spans contradict ([`contradict`]), keeps all state within its bound ([`shed`]), and
//! hands what it found and [tallied](tally) ([`selections`] of spans among it) over the [`sink`] to the findings that wait and to the [`counters`]. A [`snapshot`] carries the state over a restart.

pub(crate) mod call;
pub(crate) mod close;
pub(crate) mod consumed;
pub(crate) mod context;
pub(crate) mod contradict;
pub(crate) mod counters;
pub(crate) mod due;
pub(crate) mod ending;
pub(crate) mod folding;
pub(crate) mod held;
pub(crate) mod in_turn;
pub(crate) mod intake;
pub(crate) mod ledger;
pub(crate) mod lifecycle;
pub(crate) mod present_rules;
pub(crate) mod rule_set;
pub(crate) mod scratch;
pub(crate) mod selections;
pub(crate) mod shed;
pub(crate) mod sink;
pub(crate) mod snapshot;
pub(crate) mod snapshot_writer;
pub(crate) mod sorted;
pub(crate) mod stored;
pub(crate) mod tally;
pub(crate) mod touches;
pub(crate) mod windows;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use betrace_lang::rule::Rule;

use crate::decide::budget::Reserve;
use crate::engine::consumed::{ConsumeError, Consumed};
use crate::engine::context::Context;
use crate::engine::counters::Counters;
use crate::engine::due::close_due;
use crate::engine::held::Held;
use crate::engine::intake::{Turns, take_in};
use crate::engine::ledger::{Ledger, Outside};
use crate::engine::present_rules::PresentRules;
use crate::engine::rule_set::RuleSet;
use crate::engine::scratch::{CallScratch, SpareScratch};
use crate::engine::shed::shed;
use crate::engine::sink::{Outbox, Queue};
use crate::engine::snapshot::{Restored, SnapshotError, SnapshotKind};
use crate::finding::Finding;
use crate::hash::HashKey;
use crate::id::TraceId;
use crate::intern::{Interner, Stamp};
use crate::period::Period;
use crate::plan::PlanError;
use crate::settings::{CloseCause, Settings};
use crate::state::shards::{ShardIndex, Shards};
use crate::stats::Stats;
use crate::sync::{AtomicU64, Mutex};
use crate::time::Timestamp;
use crate::wanted::Wanted;
use crate::windows::table::Windows;

/// Evaluates rules over the spans it is given. All methods take `&self`; calls may come from many
/// threads at once.
pub struct Engine {
    settings: Settings,
    key: HashKey,
    /// Read by every call for as long as it works on something, which sees one rule set so.
    pub(crate) rules: PresentRules,
    interner: Mutex<Interner>,
    shards: Shards,
    reserve: Reserve,
    outbox: Outbox,
    /// Held by whoever asks what was counted, and while that goes over from one rule set to the next.
    counted: Mutex<()>,
    scratch: SpareScratch,
    /// The latest time that a caller gave.
    clock: AtomicU64,
    /// When it, or one of before whose state it goes on with, started without all of the state until then; else zero.
    started: AtomicU64,
    /// Until when spans may have gone to another engine; zero: none ever did.
    moved: AtomicU64,
    held: Held,
    windows: Mutex<Windows>,
    /// Held by whoever ends windows, and by whoever wants to see none that is half ended. Taken before every other lock.
    ending: Mutex<()>,
}

impl Engine {
    /// An engine for checked `rules`; disabled ones among them are left out. `now` is the start of the
    /// engine's time.
    ///
    /// # Errors
    /// If two rules share an id, or a regular expression is too large to compile.
    pub fn new(
        rules: Vec<Arc<Rule>>,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Engine, PlanError> {
        let mut interner = Interner::default();
        let rules = RuleSet::first(rules, &mut interner, settings.completeness)?;
        let noted = rules.plan.rules.len();
        let samples = settings.kept_samples;
        let ledger = samples.map(|samples| Ledger::new(samples.into(), noted));
        let outbox = Outbox::new(ledger, Queue::new(settings.queue_bytes));
        // The first call finds what it works with.
        let own_spans = settings.own_spans.clone();
        let scratch = SpareScratch::default();
        scratch.put(Box::new(CallScratch::new(
            own_spans,
            outbox.sink(&rules.plan),
        )));
        Ok(Engine {
            key: HashKey::new(settings.seed),
            rules: PresentRules::new(rules),
            interner: Mutex::new(interner),
            shards: Shards::new(settings.shards),
            reserve: Reserve::new(settings.shares_work),
            outbox,
            counted: Mutex::default(),
            scratch,
            clock: AtomicU64::new(now.0),
            started: AtomicU64::new(if settings.restart_grace { now.0 } else { 0 }),
            moved: AtomicU64::new(0),
            held: Held::default(),
            windows: Mutex::new(Windows::new(settings.seed, settings.window_bytes())),
            ending: Mutex::default(),
            settings,
        })
    }

    /// What a message must carry for the present rules.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.rules.read().plan.matcher.wanted().clone()
    }

    /// Reads one `ExportTraceServiceRequest` (equally a `TracesData`) in protobuf.
    ///
    /// # Errors
    /// If the bytes are not such a message: the spans before the fault were evaluated.
    pub fn consume(&self, otlp: &[u8], now: Timestamp) -> Result<Consumed, ConsumeError> {
        self.take_in(otlp, now, None)
    }

    /// Takes a message in, beside others or in its turn.
    fn take_in(
        &self,
        otlp: &[u8],
        now: Timestamp,
        turns: Option<&dyn Turns>,
    ) -> Result<Consumed, ConsumeError> {
        let now = self.advance(now);
        let (mut from, mut spans, mut malformed) = (0, 0, 0);
        loop {
            let message = (otlp, from);
            let (result, queued_findings) = self.with_rules(now, |context, scratch| {
                take_in(&self.shards, context, &self.outbox, message, turns, scratch)
            });
            let taken = result.map_err(|error| ConsumeError {
                offset: error.offset,
                message: error.kind.to_string(),
            })?;
            spans += taken.spans;
            malformed += taken.malformed;
            match taken.rest {
                Some(rest) => from = rest,
                None => {
                    return Ok(Consumed {
                        spans,
                        malformed,
                        queued_findings,
                    });
                }
            }
        }
    }

    /// Marks a live trace of which not every span comes, by the word of what recorded it: what rests on absence
    /// stays open at its close (`span_limit`). `false`: no such trace is live.
    pub fn mark_partial(&self, trace: TraceId) -> bool {
        let mut shard = self.shards.lock(self.shards.of(trace));
        shard.mark_partial(self.key, trace)
    }

    /// The engines that share the traces are others than before, and until `until` spans may have gone to another of them
    /// than others of their trace: traces that were opened by then, or began before, close incomplete (`moved`). A later
    /// call takes the place of an earlier one. Of traces that had closed nothing changes, so call it sooner after a
    /// change than a trace is idle. Zero: nothing is moved any more.
    pub fn moved(&self, until: Timestamp) {
        self.moved.store(until.0, Ordering::Relaxed);
    }

    /// Closes every trace that is due. Call it about once a second.
    pub fn tick(&self, now: Timestamp) {
        let now = self.advance(now);
        let mut parts: Vec<ShardIndex> = self.shards.all().collect();
        let mut held = 0;
        while !parts.is_empty() {
            let left = (&self.shards, &mut parts);
            let close = |context: &Context<'_>, scratch: &mut CallScratch| {
                close_due(left, context, &self.outbox, scratch)
            };
            held += self.with_rules(now, close).0;
        }
        self.held.note(held + self.windows.lock().bytes() as u64);
        self.end_windows(now, None);
        self.with_rules(now, |context, scratch| {
            let CallScratch { sink, decide, .. } = scratch;
            shed(&self.shards, context, &self.outbox, decide, sink);
        });
    }

    /// Whether much of the state went since this was last so. Most allocators keep what they are given back: now is the time
    /// to let them hand it on to the operating system. Known after a tick.
    pub fn take_freed(&self) -> bool {
        self.held.take_freed()
    }

    /// Closes every live trace.
    pub fn close_traces(&self, now: Timestamp, cause: CloseCause) {
        self.close_all(now, cause, || {});
    }

    /// [`Engine::close_traces`], which hands over all findings that wait, some at a time and the oldest first, so that those
    /// of all traces need not wait together. `take` must not call the engine.
    pub fn drain_traces(
        &self,
        now: Timestamp,
        cause: CloseCause,
        mut take: impl FnMut(Vec<Finding>),
    ) {
        self.close_all(now, cause, || take(self.take_findings(usize::MAX)));
    }

    /// `settled` is called whenever findings may have come to those that wait, and at the end.
    fn close_all(&self, now: Timestamp, cause: CloseCause, mut settled: impl FnMut()) {
        self.close_parts(self.shards.all(), now, cause.into(), &mut settled);
        self.end_windows(self.advance(now), Some(cause.into()));
        settled();
    }

    /// Takes at most `limit` findings, the oldest first.
    #[must_use]
    pub fn take_findings(&self, limit: usize) -> Vec<Finding> {
        self.outbox.queue.lock().take(limit)
    }

    /// Everything counted since the engine was made.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let _ending = self.ending.lock();
        let _counted = self.counted.lock();
        let rules = self.rules.read();
        let mut stats = Stats {
            memory_limit_bytes: self.settings.memory_bytes,
            ..Stats::default()
        };
        self.shards.count(&mut stats);
        self.windows.lock().count(&mut stats);
        let counters = self.outbox.counted(&rules.plan);
        stats.spans = counters.spans;
        stats.rules = windows::with_sums(&self.windows, &rules, counters.rule_stats(&rules));
        stats.closed_traces = counters.closed;
        stats.shed_traces = counters.shed;
        stats.outside_traces = counters.outside;
        stats.decision_delay = counters.delay;
        stats.unmarked_spans = counters.unmarked;
        stats.severities = counters.by_severity(&rules);
        let queue = self.outbox.queue.lock();
        stats.queued_findings = queue.len();
        stats.lost_findings = queue.lost();
        stats
    }

    /// Ends a period and says what happened in it: of rules that were replaced, the oldest that was not taken yet, else
    /// until now. `None` where the settings ask for no evidence.
    #[must_use]
    pub fn take_period(&self) -> Option<Period> {
        self.settings.kept_samples?;
        let _counted = self.counted.lock();
        let rules = self.rules.read();
        let mut outside = Outside::default();
        for at in self.shards.all() {
            let shard = self.shards.lock(at);
            outside.live += shard.live();
            outside.dropped_ids += shard.forgotten.dropped();
            outside.returned += shard.returned();
        }
        outside.lost_findings = self.outbox.queue.lock().lost();
        let next =
            |counters: &Counters, ledger: &mut Ledger| ledger.next(counters, &rules, outside);
        self.outbox.noted(&rules.plan, next)
    }

    /// Swaps the rule set; on an error the old one goes on. A rule whose id and meaning are unchanged
    /// keeps its state; an added or changed one sees traces that are live or remembered now as
    /// incomplete. Spans that are being consumed meanwhile wait only for the swap itself.
    ///
    /// # Errors
    /// As of [`Engine::new`].
    pub fn replace_rules(&self, rules: Vec<Arc<Rule>>, now: Timestamp) -> Result<(), PlanError> {
        let now = self.advance(now);
        // Held to the end, so that two reloads come one after the other.
        let mut interner = self.interner.lock();
        // The lock on the old set ends with the statement: spans go on while the new one is compiled.
        let dates = self.rules.read().dates();
        let seen = self.shards.oldest_generation();
        let oldest = seen.map_or(dates.generation(), |seen| seen.min(dates.generation()));
        interner.forget_before(Stamp(oldest.0));
        let next = RuleSet::next(&dates, rules, &mut interner, self.settings.completeness)?;
        // All that takes long is done before the spans wait, and after.
        let new = self.outbox.begin(&next.plan);
        let _counted = self.counted.lock();
        let mut present = self.rules.write();
        let counted = self.outbox.cut(new, &next.plan);
        windows::begin_rules(&self.windows, &present, &next, now);
        let old = std::mem::replace(&mut *present, next);
        drop(present);
        self.outbox.carry(counted, &old, now);
        windows::forget_others(&self.windows, &self.rules.read());
        Ok(())
    }

    /// The state of all traces. What was counted, and findings that wait, are not part of it.
    #[must_use]
    pub fn snapshot(&self, kind: SnapshotKind) -> Vec<u8> {
        let started = Timestamp(self.started.load(Ordering::Relaxed));
        let _ending = self.ending.lock();
        let (state, interner) = ((&self.shards, &self.windows), self.interner.lock());
        snapshot_writer::write(kind, started, &self.rules.read(), &interner, state)
    }

    /// Takes over the state that another engine stored. Only before the first span is consumed.
    ///
    /// # Errors
    /// If the bytes are not a sound snapshot of a known version.
    pub fn restore(&self, bytes: &[u8], now: Timestamp) -> Result<Restored, SnapshotError> {
        let now = self.advance(now);
        let read = snapshot::read(bytes)?;
        let mut interner = self.interner.lock();
        let mut rules = self.rules.write();
        let mut shards = self.shards.all().map(|at| self.shards.lock(at));
        if !shards.all(|shard| shard.live() == 0 && shard.remembered() == 0) {
            return Err(SnapshotError::NotFresh);
        }
        if let Some(before) = read.not_whole_at() {
            // A crash before the orderly stop took spans of traces that may still be under way.
            self.started.store(before.0, Ordering::Relaxed);
        }
        let (key, settings) = (self.key, &self.settings);
        let state = (&self.shards, &self.windows);
        let restored = read.restore(&mut rules, &interner, state, key, settings, now);
        // What calls know of these rules they know by what they were called before.
        self.scratch
            .each(|scratch| scratch.sink.tally.kinds.forget());
        interner.restamp(Stamp(rules.generation.0));
        Ok(restored)
    }
}
