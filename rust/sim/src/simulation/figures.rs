//! What a run came to, in numbers that add up.

use std::collections::BTreeMap;

use betrace_engine::Stats;
use betrace_lang::verdict::{Reason, Verdict};

use super::fault::Fault;

/// Wrong verdicts that are kept, with what is wrong; of more there is a count.
const KEPT: usize = 16;

/// And of those of one kind.
const KEPT_ALIKE: usize = 3;

/// Of one rule, by trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleFigures {
    /// By verdict.
    pub verdicts: [u64; Verdict::ALL.len()],
    /// Definite, right of what was delivered, and other than what happened: of the spans that were lost nothing told.
    pub unseen: u64,
    /// Definite, right of the times that were reported, and other than by the true ones.
    pub by_clock: u64,
    pub wrong: u64,
}

/// A verdict that no oracle gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The number of the trace.
    pub serial: u64,
    /// The number of the rule.
    pub rule: Option<u16>,
    pub at: u64,
    pub what: String,
}

#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub rules: Vec<RuleFigures>,
    /// Why nothing definite was said, and the fault that explains it.
    pub explained: BTreeMap<(Reason, Fault), u64>,
    /// New traces that the filter of old ids took for old ones, which one in a thousand may be.
    pub taken_for_old: u64,
    /// By fault, the traces that it touched.
    pub touched: [u64; Fault::ALL.len()],
    /// Traces that nothing touched.
    pub untouched: u64,
    /// Traces of which no span came.
    pub never_came: u64,
    /// Traces that a crash took with all that had come of them.
    pub forgotten: u64,
    /// Pairs of a trace and a rule that were judged.
    pub judged: u64,
    pub spans_delivered: u64,
    /// Messages of hostile clients that are none.
    pub refused: u64,
    /// What was said, where nobody judges it.
    pub said: u64,
    pub most_memory: u64,
    pub shed: u64,
    pub wrong: Vec<Wrong>,
    pub wrongs: u64,
}

impl Figures {
    #[must_use]
    pub fn new(rules: usize) -> Figures {
        Figures {
            rules: vec![RuleFigures::default(); rules],
            ..Figures::default()
        }
    }

    pub fn wrong(&mut self, serial: u64, rule: Option<u16>, at: u64, what: impl Into<String>) {
        self.wrongs += 1;
        if let Some(rule) = rule {
            self.rules[usize::from(rule)].wrong += 1;
        }
        let what = what.into();
        let alike = self.wrong.iter().filter(|known| known.what == what).count();
        if self.wrong.len() < KEPT && alike < KEPT_ALIKE {
            self.wrong.push(Wrong {
                serial,
                rule,
                at,
                what,
            });
        }
    }

    pub fn note_memory(&mut self, stats: &Stats) {
        self.most_memory = self.most_memory.max(stats.memory_bytes);
        self.shed = self.shed.max(stats.shed_traces);
    }

    pub fn explain(&mut self, reason: Reason, fault: Fault) {
        *self.explained.entry((reason, fault)).or_default() += 1;
    }

    /// Adds the figures of another collector.
    pub fn add(&mut self, other: &Figures) {
        for (to, from) in self.rules.iter_mut().zip(&other.rules) {
            for (to, from) in to.verdicts.iter_mut().zip(from.verdicts) {
                *to += from;
            }
            to.unseen += from.unseen;
            to.by_clock += from.by_clock;
            to.wrong += from.wrong;
        }
        for (key, times) in &other.explained {
            *self.explained.entry(*key).or_default() += times;
        }
        for (to, from) in self.touched.iter_mut().zip(other.touched) {
            *to += from;
        }
        self.taken_for_old += other.taken_for_old;
        self.untouched += other.untouched;
        self.never_came += other.never_came;
        self.forgotten += other.forgotten;
        self.judged += other.judged;
        self.spans_delivered += other.spans_delivered;
        self.refused += other.refused;
        self.said += other.said;
        self.most_memory = self.most_memory.max(other.most_memory);
        self.shed += other.shed;
        self.wrongs += other.wrongs;
        self.wrong.extend(other.wrong.iter().cloned());
        self.wrong.truncate(KEPT);
    }
}
