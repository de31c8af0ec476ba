//! Where the decisions of a call go: findings and counts gather in a [`Sink`], and are handed on to what all calls share.
//!
//! Calls side by side count into parts of their own, which are added up when somebody asks: what one core counts never
//! waits for another one, nor is fetched from it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::counters::{Counters, Earlier};
use crate::engine::ledger::{Ledger, Open};
use crate::engine::rule_set::RuleSet;
use crate::engine::tally::Tally;
use crate::finding::Finding;
use crate::plan::Plan;
use crate::sync::{Apart, Mutex};
use crate::time::Timestamp;

/// Counters are in so many parts at most: they grow with the rules, and more calls than processors share some.
const PARTS: usize = 8;

/// Counters of the calls that have the sink one after the other, and where there are more sinks than parts, of others too.
type CallCounters = Arc<Apart<Mutex<Counters>>>;

/// What the decisions of one call lead to.
pub(crate) struct Sink {
    pub tally: Tally,
    pub findings: Vec<Finding>,
    part: CallCounters,
}

impl Sink {
    /// Worth handing on before the call ends.
    fn is_full(&self) -> bool {
        self.tally.events.len() > 4096 || self.findings.len() > 256
    }
}

/// What was found and counted, of all calls.
pub(crate) struct Outbox {
    parts: Mutex<AllCounters>,
    earlier: Mutex<Earlier>,
    /// Where somebody keeps evidence. It is taken while the counters are held, so that both say the same.
    ledger: Option<Mutex<Ledger>>,
    pub queue: Mutex<Queue>,
}

#[derive(Default)]
struct AllCounters {
    all: Vec<CallCounters>,
    /// How many sinks there are.
    sinks: usize,
}

impl Outbox {
    pub fn new(ledger: Option<Ledger>, queue: Queue) -> Outbox {
        Outbox {
            parts: Mutex::default(),
            earlier: Mutex::default(),
            ledger: ledger.map(Mutex::new),
            queue: Mutex::new(queue),
        }
    }

    /// A sink for calls that come one after the other.
    pub fn sink(&self, plan: &Plan) -> Sink {
        let mut parts = self.parts.lock();
        let AllCounters { all, sinks } = &mut *parts;
        if *sinks < PARTS {
            all.push(Arc::new(Apart(Mutex::new(Counters::new(plan)))));
        }
        let part = Arc::clone(&all[*sinks % PARTS]);
        *sinks += 1;
        Sink {
            tally: Tally::default(),
            findings: Vec::new(),
            part,
        }
    }

    /// Hands on what a call decided and counted; returns how many findings wait.
    pub fn settle(&self, sink: &mut Sink, plan: &Plan) -> u64 {
        let mut counters = sink.part.0.lock();
        if let Some(ledger) = &self.ledger {
            let mut ledger = ledger.lock();
            ledger.take(&mut sink.tally);
        }
        counters.take(&mut sink.tally);
        if counters.has_many_selections() {
            counters.work_out(plan);
        }
        drop(counters);
        let mut queue = self.queue.lock();
        for finding in sink.findings.drain(..) {
            queue.push(finding);
        }
        queue.findings.len() as u64
    }

    /// [`Outbox::settle`], if it is worth it in the middle of a call; whether it was.
    pub fn settle_much(&self, sink: &mut Sink, plan: &Plan) -> bool {
        let is_worth_it = sink.is_full();
        if is_worth_it {
            self.settle(sink, plan);
        }
        is_worth_it
    }

    /// What was counted until now, for the rules of a plan.
    pub fn counted(&self, plan: &Plan) -> Counters {
        let mut counted = self.none_yet(plan);
        let parts = self.parts.lock().all.clone();
        for part in parts {
            let mut part = part.0.lock();
            part.work_out(plan);
            counted.unite(&part);
        }
        counted
    }

    /// Takes from the ledger at one moment with what was counted. `None` where there is none.
    pub fn noted<R>(
        &self,
        plan: &Plan,
        take: impl FnOnce(&Counters, &mut Ledger) -> R,
    ) -> Option<R> {
        let ledger = self.ledger.as_ref()?;
        // Of many rules it takes a while, and others count on meanwhile.
        drop(self.counted(plan));
        let mut counted = self.none_yet(plan);
        let parts = self.parts.lock();
        let mut held: Vec<_> = parts.all.iter().map(|part| part.0.lock()).collect();
        for part in &mut held {
            part.work_out(plan);
            counted.unite(part);
        }
        Some(take(&counted, &mut ledger.lock()))
    }

    fn none_yet(&self, plan: &Plan) -> Counters {
        let mut counters = Counters::new(plan);
        counters.keep(self.earlier.lock().clone());
        counters
    }
}

/// Counters and notes of one rule set.
pub(crate) struct Counting {
    /// A part each.
    counters: Vec<Counters>,
    open: Open,
}

impl Outbox {
    /// None yet, for the rules of another plan. Made before others have to wait.
    pub fn begin(&self, plan: &Plan) -> Counting {
        let parts = self.parts.lock().all.len();
        Counting {
            counters: (0..parts).map(|_| Counters::new(plan)).collect(),
            open: Open::of(plan.rules.len()),
        }
    }

    /// Goes on with another rule set, and hands out what was counted for the one before. No call is under way.
    pub fn cut(&self, mut new: Counting, plan: &Plan) -> Counting {
        let parts = self.parts.lock();
        // More may have come meanwhile.
        let missing = new.counters.len()..parts.all.len();
        new.counters.extend(missing.map(|_| Counters::new(plan)));
        let both = parts.all.iter().zip(new.counters);
        Counting {
            open: match &self.ledger {
                Some(ledger) => ledger.lock().cut(new.open),
                None => new.open,
            },
            counters: both.map(|(part, new)| part.0.lock().cut(new)).collect(),
        }
    }

    /// Works out what the rules of the set before came to, while others count on for the present one, and keeps it. Nobody may
    /// ask between the cut and the end of this what was counted.
    pub fn carry(&self, counted: Counting, old: &RuleSet, now: Timestamp) {
        let Counting { counters, open } = counted;
        let mut all = self.none_yet(&old.plan);
        for mut part in counters {
            part.work_out(&old.plan);
            all.unite(&part);
        }
        if let Some(ledger) = &self.ledger {
            let ended = open.end(&all, old, None);
            ledger.lock().replaced(ended, now);
        }
        *self.earlier.lock() = all.earlier(old);
    }
}

/// Findings that wait to be taken, bounded in bytes.
#[derive(Debug)]
pub(crate) struct Queue {
    findings: VecDeque<Finding>,
    bytes: u64,
    most_bytes: u64,
    lost: u64,
}

impl Queue {
    pub fn new(most_bytes: u64) -> Queue {
        Queue {
            findings: VecDeque::new(),
            bytes: 0,
            most_bytes,
            lost: 0,
        }
    }

    /// A finding for which there is no room is counted as lost.
    fn push(&mut self, finding: Finding) {
        let bytes = finding.bytes();
        if self.bytes.saturating_add(bytes) > self.most_bytes {
            self.lost += 1;
        } else {
            self.bytes += bytes;
            self.findings.push_back(finding);
        }
    }

    /// At most `limit`, the oldest first.
    pub fn take(&mut self, limit: usize) -> Vec<Finding> {
        let count = limit.min(self.findings.len());
        let taken: Vec<Finding> = self.findings.drain(..count).collect();
        let bytes: u64 = taken.iter().map(Finding::bytes).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
        taken
    }

    pub fn len(&self) -> u64 {
        self.findings.len() as u64
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }
}
