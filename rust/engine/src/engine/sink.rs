//! Where the decisions of a call go: findings and counts gather in a [`Sink`], and are handed on to what
//! all calls share.

use std::collections::VecDeque;

use crate::engine::counters::Counters;
use crate::engine::ledger::{Ledger, Open};
use crate::engine::rule_set::RuleSet;
use crate::engine::tally::Tally;
use crate::finding::Finding;
use crate::plan::Plan;
use crate::sync::Mutex;
use crate::time::Timestamp;

/// What the decisions of one call lead to.
#[derive(Default)]
pub(crate) struct Sink {
    pub tally: Tally,
    pub findings: Vec<Finding>,
}

impl Sink {
    /// Worth handing on before the call ends.
    fn is_full(&self) -> bool {
        self.tally.events.len() > 4096
            || self.findings.len() > 256
            || self.tally.selections.is_full()
    }
}

/// What was found and counted, of all calls.
pub(crate) struct Outbox {
    pub counters: Mutex<Counters>,
    /// Where somebody keeps evidence. It is taken while the counters are held, so that both say the same.
    pub ledger: Option<Mutex<Ledger>>,
    pub queue: Mutex<Queue>,
}

impl Outbox {
    /// Hands on what a call decided and counted; returns how many findings wait.
    pub fn settle(&self, sink: &mut Sink, plan: &Plan) -> u64 {
        let mut counters = self.counters.lock();
        if let Some(ledger) = &self.ledger {
            let mut ledger = ledger.lock();
            ledger.take(&mut sink.tally);
        }
        counters.take(&mut sink.tally);
        let is_full = counters.has_many_selections();
        drop(counters);
        if is_full {
            self.work_out(plan);
        }
        let mut queue = self.queue.lock();
        for finding in sink.findings.drain(..) {
            queue.push(finding);
        }
        queue.findings.len() as u64
    }

    /// Works out of which rules the spans were that are counted by their selectors; others count on meanwhile.
    pub fn work_out(&self, plan: &Plan) {
        let selections = std::mem::take(&mut self.counters.lock().selections);
        let matched = selections.by_set(plan);
        self.counters.lock().add_matched(&matched);
    }

    /// [`Outbox::settle`], if it is worth it in the middle of a call; whether it was.
    pub fn settle_much(&self, sink: &mut Sink, plan: &Plan) -> bool {
        let is_worth_it = sink.is_full();
        if is_worth_it {
            self.settle(sink, plan);
        }
        is_worth_it
    }
}

/// Counters and notes of one rule set.
pub(crate) struct Counting {
    counters: Counters,
    open: Open,
}

impl Counting {
    /// None yet, for the rules of a plan. Made before others have to wait.
    pub fn new(plan: &Plan) -> Counting {
        Counting {
            counters: Counters::new(plan),
            open: Open::of(plan.rules.len()),
        }
    }
}

impl Outbox {
    /// Goes on with another rule set, and hands out what was counted for the one before.
    pub fn cut(&self, new: Counting) -> Counting {
        let mut counters = self.counters.lock();
        Counting {
            open: match &self.ledger {
                Some(ledger) => ledger.lock().cut(new.open),
                None => new.open,
            },
            counters: counters.cut(new.counters),
        }
    }

    /// Works out what the rules of the set before came to, while others count on for the present one, and keeps it. Nobody may
    /// ask between the cut and the end of this what was counted.
    pub fn carry(&self, counted: Counting, old: &RuleSet, now: Timestamp) {
        let Counting { mut counters, open } = counted;
        counters.work_out(&old.plan);
        if let Some(ledger) = &self.ledger {
            let ended = open.end(&counters, old, None);
            ledger.lock().replaced(ended, now);
        }
        let earlier = counters.earlier(old);
        self.counters.lock().keep(earlier);
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
