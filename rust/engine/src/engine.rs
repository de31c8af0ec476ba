//! The engine: spans in, findings out.

pub(crate) mod counters;
pub(crate) mod intake;
pub(crate) mod lifecycle;
pub(crate) mod snapshot;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use betrace_lang::rule::Rule;
use parking_lot::{Mutex, RwLock};

use crate::engine::counters::Counters;
use crate::engine::intake::Scratch;
use crate::engine::lifecycle::{Cause, Context, Sink};
use crate::finding::Finding;
use crate::hash::HashKey;
use crate::intern::Interner;
use crate::plan::Plan;
use crate::plan::compile::{kept_generations, repeated_id};
use crate::settings::{CloseCause, Completeness, Settings, Timestamp};
use crate::state::shard::{Place, Shard};
use crate::stats::Stats;
use crate::wanted::Wanted;

/// What one call of [`Engine::consume`] read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Spans read, malformed ones and BeTrace's own included.
    pub spans: u64,
    /// Findings that wait to be taken after this call.
    pub queued_findings: u64,
}

/// The bytes are not an OTLP trace message. The spans before the fault were evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumeError {
    /// In bytes from the beginning of the message.
    pub offset: usize,
    /// What is wrong, and where.
    pub message: String,
}

impl fmt::Display for ConsumeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for ConsumeError {}

/// A rule set that cannot be evaluated, though each rule was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// The rule's id.
    pub rule: String,
    pub message: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rule {}: {}", self.rule, self.message)
    }
}

impl std::error::Error for PlanError {}

#[derive(Debug, Default)]
struct Queue {
    findings: VecDeque<Finding>,
    bytes: u64,
    lost: u64,
}

/// Evaluates rules over the spans it is given. All methods take `&self`; calls may come from many
/// threads at once.
pub struct Engine {
    pub(crate) settings: Settings,
    pub(crate) key: HashKey,
    /// Read for the whole of every call, so that a call sees one rule set.
    pub(crate) plan: RwLock<Plan>,
    pub(crate) interner: Mutex<Interner>,
    pub(crate) shards: Box<[Mutex<Shard>]>,
    /// As last accounted, of all shards.
    bytes: Box<[AtomicU64]>,
    counters: Mutex<Counters>,
    queue: Mutex<Queue>,
    scratch: Mutex<Vec<Scratch>>,
    clock: AtomicU64,
    /// When the engine started; zero once stored state was restored.
    pub(crate) started: AtomicU64,
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
        let linked = settings.completeness == Completeness::Linked;
        let plan = make_plan(rules, 0, &mut interner, |_| 0, linked)?;
        let mut counters = Counters::default();
        counters.refit(None, &plan);
        let shards = settings.shards.max(1);
        Ok(Engine {
            key: HashKey::new(settings.seed),
            plan: RwLock::new(plan),
            interner: Mutex::new(interner),
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            bytes: (0..shards).map(|_| AtomicU64::new(0)).collect(),
            counters: Mutex::new(counters),
            queue: Mutex::default(),
            scratch: Mutex::default(),
            clock: AtomicU64::new(now.0),
            started: AtomicU64::new(if settings.restart_grace { now.0 } else { 0 }),
            settings,
        })
    }

    /// What a message must carry for the present rules.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.plan.read().matcher.wanted().clone()
    }

    /// Reads one `ExportTraceServiceRequest` (equally a `TracesData`) in protobuf.
    ///
    /// # Errors
    /// If the bytes are not such a message: the spans before the fault were evaluated.
    pub fn consume(&self, otlp: &[u8], now: Timestamp) -> Result<Consumed, ConsumeError> {
        let now = self.advance(now);
        let plan = self.plan.read();
        let context = self.context(&plan, now);
        let mut scratch = self.scratch.lock().pop().unwrap_or_default();
        scratch.sink.tally.fit(&plan);
        let result = self.take_in(&context, otlp, &mut scratch);
        self.shed(&context, &mut scratch.sink);
        let queued_findings = self.settle(&mut scratch.sink);
        self.scratch.lock().push(scratch);
        match result {
            Ok(spans) => Ok(Consumed {
                spans,
                queued_findings,
            }),
            Err(error) => Err(ConsumeError {
                offset: error.offset,
                message: error.to_string(),
            }),
        }
    }

    /// Closes every trace that is due. Call it about once a second.
    pub fn tick(&self, now: Timestamp) {
        let now = self.advance(now);
        let plan = self.plan.read();
        let context = self.context(&plan, now);
        let mut sink = Sink::default();
        sink.tally.fit(&plan);
        for (at, shard) in self.shards.iter().enumerate() {
            let mut shard = shard.lock();
            while let Some(place) = shard.next_due(now, &self.settings) {
                let cause = shard.get(place).map_or(Cause::Whole, |trace| {
                    let idle = trace.last.saturating_add(self.settings.idle_timeout);
                    let age = trace.opened.saturating_add(self.settings.max_age);
                    if idle <= age {
                        Cause::Whole
                    } else {
                        Cause::MaxAge
                    }
                });
                close(&context, &mut shard, place, cause, &mut sink);
                self.settle_much(&mut sink);
            }
            shard.expire(self.key, now, &self.settings);
            self.account(at, &shard);
        }
        self.shed(&context, &mut sink);
        self.settle(&mut sink);
    }

    /// Closes every live trace.
    pub fn close_traces(&self, now: Timestamp, cause: CloseCause) {
        let now = self.advance(now);
        let plan = self.plan.read();
        let context = self.context(&plan, now);
        let cause = match cause {
            CloseCause::EndOfInput => Cause::Whole,
            CloseCause::Shutdown => Cause::Shutdown,
        };
        let mut sink = Sink::default();
        sink.tally.fit(&plan);
        for (at, shard) in self.shards.iter().enumerate() {
            let mut shard = shard.lock();
            for place in shard.live_places() {
                close(&context, &mut shard, place, cause, &mut sink);
                self.settle_much(&mut sink);
            }
            self.account(at, &shard);
        }
        self.settle(&mut sink);
    }

    /// Takes at most `limit` findings, the oldest first.
    #[must_use]
    pub fn take_findings(&self, limit: usize) -> Vec<Finding> {
        let mut queue = self.queue.lock();
        let count = limit.min(queue.findings.len());
        let taken: Vec<Finding> = queue.findings.drain(..count).collect();
        let bytes: u64 = taken.iter().map(Finding::bytes).sum();
        queue.bytes = queue.bytes.saturating_sub(bytes);
        taken
    }

    /// Everything counted since the engine was made.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let plan = self.plan.read();
        let mut stats = Stats {
            memory_limit_bytes: self.settings.memory_bytes,
            ..Stats::default()
        };
        for shard in &self.shards {
            let shard = shard.lock();
            stats.live_traces += shard.live;
            stats.remembered_traces += shard.remembered;
            stats.forgotten_ids += shard.forgotten.len();
            stats.memory_bytes += shard.bytes();
        }
        let counters = self.counters.lock();
        stats.spans = counters.spans;
        stats.rules = counters.rule_stats(&plan);
        stats.closed_traces = counters.closed;
        stats.shed_traces = counters.shed;
        stats.decision_delay = counters.delay;
        let queue = self.queue.lock();
        stats.queued_findings = queue.findings.len() as u64;
        stats.lost_findings = queue.lost;
        stats
    }

    /// Swaps the rule set; on an error the old one goes on. A rule whose id and meaning are unchanged
    /// keeps its state; an added or changed one sees traces that are live or remembered now as
    /// incomplete. Spans that are being consumed meanwhile wait only for the swap itself.
    ///
    /// # Errors
    /// As of [`Engine::new`].
    pub fn replace_rules(&self, rules: Vec<Arc<Rule>>, now: Timestamp) -> Result<(), PlanError> {
        self.advance(now);
        // Held to the end, so that two reloads come one after the other.
        let mut interner = self.interner.lock();
        let (generation, kept) = {
            let old = self.plan.read();
            (old.generation + 1, kept_generations(&old))
        };
        let linked = self.settings.completeness == Completeness::Linked;
        let new = make_plan(
            rules,
            generation,
            &mut interner,
            |key| kept.get(&key).copied().unwrap_or(generation),
            linked,
        )?;
        let mut plan = self.plan.write();
        self.counters.lock().refit(Some(&plan), &new);
        let old = std::mem::replace(&mut *plan, new);
        drop(plan);
        drop(old);
        Ok(())
    }

    pub(crate) fn context<'a>(&'a self, plan: &'a Plan, now: u64) -> Context<'a> {
        let started = self.started.load(Ordering::Relaxed);
        Context {
            plan,
            settings: &self.settings,
            key: self.key,
            now,
            restarted: (started > 0).then_some(started),
        }
    }

    /// The engine's time: never back.
    pub(crate) fn advance(&self, now: Timestamp) -> u64 {
        self.clock.fetch_max(now.0, Ordering::Relaxed).max(now.0)
    }

    /// By the trace id's [`route`](crate::hash::route).
    pub(crate) fn shard_of(&self, route: u64) -> usize {
        (route % self.shards.len() as u64) as usize
    }

    pub(crate) fn account(&self, at: usize, shard: &Shard) {
        self.bytes[at].store(shard.bytes(), Ordering::Relaxed);
    }

    fn held_bytes(&self) -> u64 {
        self.bytes
            .iter()
            .map(|bytes| bytes.load(Ordering::Relaxed))
            .fold(0, u64::saturating_add)
    }

    /// Sheds until the state is within its bound: first closed traces' state, then live traces, then
    /// remembered ids; of each kind the oldest.
    fn shed(&self, context: &Context<'_>, sink: &mut Sink) {
        while self.held_bytes() > self.settings.memory_bytes {
            let oldest = |stage: fn(&mut Shard) -> Option<u64>| {
                let ages = self
                    .shards
                    .iter()
                    .enumerate()
                    .filter_map(|(at, shard)| stage(&mut shard.lock()).map(|age| (age, at)));
                ages.min().map(|(_, at)| at)
            };
            let closed = oldest(|shard| {
                let place = shard.oldest_closed()?;
                shard.get(place).map(|trace| trace.closed)
            });
            if let Some(at) = closed {
                let mut shard = self.shards[at].lock();
                for _ in 0..SHED_AT_ONCE {
                    shard.forget_oldest(self.key, &self.settings);
                }
                self.account(at, &shard);
                continue;
            }
            let live = oldest(|shard| {
                let place = shard.oldest_live()?;
                shard.get(place).map(|trace| trace.opened)
            });
            if let Some(at) = live {
                let mut shard = self.shards[at].lock();
                if let Some(place) = shard.oldest_live() {
                    close(context, &mut shard, place, Cause::Memory, sink);
                    shard.forget_oldest(self.key, &self.settings);
                    sink.tally.shed += 1;
                    self.settle_much(sink);
                }
                self.account(at, &shard);
                continue;
            }
            let ids = oldest(|shard| (shard.forgotten.len() > 0).then_some(0));
            let Some(at) = ids else {
                return;
            };
            let mut shard = self.shards[at].lock();
            shard.forgotten.shed();
            self.account(at, &shard);
        }
    }

    /// Hands on what a call decided and counted; returns how many findings wait.
    fn settle(&self, sink: &mut Sink) -> u64 {
        self.counters.lock().take(&mut sink.tally);
        let mut queue = self.queue.lock();
        for finding in sink.findings.drain(..) {
            let bytes = finding.bytes();
            if queue.bytes.saturating_add(bytes) > self.settings.queue_bytes {
                queue.lost += 1;
            } else {
                queue.bytes += bytes;
                queue.findings.push_back(finding);
            }
        }
        queue.findings.len() as u64
    }

    fn settle_much(&self, sink: &mut Sink) {
        if sink.tally.events.len() > 4096 || sink.findings.len() > 256 {
            self.settle(sink);
        }
    }
}

/// How many closed traces' states are dropped before the bound is looked at again.
const SHED_AT_ONCE: usize = 16;

fn make_plan(
    rules: Vec<Arc<Rule>>,
    generation: u32,
    interner: &mut Interner,
    since: impl Fn(u32) -> u32,
    linked: bool,
) -> Result<Plan, PlanError> {
    let rules: Vec<Arc<Rule>> = rules.into_iter().filter(|rule| rule.enabled).collect();
    if let Some(rule) = repeated_id(&rules) {
        return Err(PlanError {
            rule: rule.id.0.to_string(),
            message: "two rules have this id".to_owned(),
        });
    }
    Plan::new(&rules, generation, interner, since, linked)
}

fn close(context: &Context<'_>, shard: &mut Shard, place: Place, cause: Cause, sink: &mut Sink) {
    let Some(trace) = shard.get_mut(place) else {
        return;
    };
    context.close(trace, cause, sink);
    shard.weigh(place);
    shard.remember(place);
}
