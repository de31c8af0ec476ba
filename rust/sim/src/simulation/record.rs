//! A trace as the simulation knows it: what was made, what of it came where and when, and what was said of it.

use betrace_lang::verdict::{Reason, Verdict};

use super::fault::{Fault, Faults};
use crate::model::Span;

/// A span of a trace by its number.
pub type SpanAt = (u64, u16);

/// What an engine said of a rule and a trace.
#[derive(Clone, Debug)]
pub struct Said {
    pub at: u64,
    pub rule: u16,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// Of a violation: the trace had closed complete.
    pub complete: bool,
    pub identity: [u8; 16],
}

impl Said {
    /// Not a violation that was given while the trace was open.
    #[must_use]
    pub fn is_of_a_close(&self) -> bool {
        self.verdict != Verdict::Violated || self.complete
    }
}

/// One trace.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub serial: u64,
    /// As their processes reported them, differing copies among them.
    pub spans: Vec<Span>,
    /// By span, how wrong its clock was, in nanoseconds; empty where all were right.
    pub offsets: Vec<i64>,
    pub faults: Faults,
    /// Copies of its spans that are still under way.
    pub under_way: u32,
    /// When which span came.
    pub came: Vec<(u64, u16)>,
    pub said: Vec<Said>,
}

impl Record {
    pub fn touch(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// The latest moment at which something happened to it.
    #[must_use]
    pub fn latest(&self) -> u64 {
        let came = self.came.last().map_or(0, |(at, _)| *at);
        came.max(self.said.last().map_or(0, |said| said.at))
    }

    /// When the engine closed it for the first time.
    #[must_use]
    pub fn closed(&self) -> Option<u64> {
        self.said
            .iter()
            .find(|said| said.is_of_a_close())
            .map(|said| said.at)
    }

    /// It was closed after its latest span.
    #[must_use]
    pub fn is_closed_again(&self) -> bool {
        let came = self.came.last().map_or(0, |(at, _)| *at);
        let mut said = self.said.iter().rev();
        said.any(|said| said.is_of_a_close() && said.at > came)
    }
}
