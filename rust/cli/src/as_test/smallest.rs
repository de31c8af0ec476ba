//! The smallest trace that keeps a verdict: spans are left out in ever smaller groups (delta debugging, Zeller and Hildebrandt
//! 2002), then everything that a span says and the rule does not read. Whether the verdict is kept is asked of the engine.

use std::sync::Arc;

use betrace_engine::PlanError;
use betrace_lang::rule::{ClauseKind, Rule};
use betrace_lang::rule_test::{
    AttributeValue, Instrumentation, RuleTest, SpanKind, SpanStatus, TestParent, TestSpan,
};
use betrace_lang::verdict::{Reason, Verdict};

use crate::case::{self, Seen};

/// So many spans are evaluated at most before what is smallest so far has to do.
const MOST_EVALUATED: u64 = 20_000_000;

/// What has to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    pub clause: Option<ClauseKind>,
    /// Some span met the rule: a trace without such a one keeps most rules, and shows nothing.
    pub is_met: bool,
}

impl Kept {
    #[must_use]
    pub fn of(seen: &Seen) -> Kept {
        Kept {
            verdict: seen.verdict,
            reason: seen.reason,
            clause: seen.violations.first().and_then(|one| one.clause),
            is_met: seen.spans_matched > 0,
        }
    }
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Not at all: spans follow one another as they are written.
    LaidOut,
    Written,
}

pub struct Smallest {
    pub test: RuleTest,
    pub times: Times,
    /// Not everything could be tried.
    pub is_cut_short: bool,
}

/// `laid_out` gives the spans the times that they have where none are written.
pub fn smallest(
    rule: &Arc<Rule>,
    test: RuleTest,
    kept: Kept,
    laid_out: impl Fn(&RuleTest) -> Option<RuleTest>,
) -> Result<Smallest, PlanError> {
    let mut search = Search {
        rule,
        kept,
        left: MOST_EVALUATED,
        test,
    };
    search.spans()?;
    search.details()?;
    // Without its details a span may be one too many.
    search.spans()?;
    let mut times = Times::Written;
    if let Some(plain) = laid_out(&search.test)
        && search.keeps(&plain)?
    {
        search.test = plain;
        times = Times::LaidOut;
    } else {
        search.rounded()?;
    }
    Ok(Smallest {
        times,
        is_cut_short: search.left == 0,
        test: search.test,
    })
}

struct Search<'r> {
    rule: &'r Arc<Rule>,
    kept: Kept,
    left: u64,
    test: RuleTest,
}

impl Search<'_> {
    fn keeps(&mut self, test: &RuleTest) -> Result<bool, PlanError> {
        let Some(left) = self.left.checked_sub(test.spans.len() as u64 + 1) else {
            self.left = 0;
            return Ok(false);
        };
        self.left = left;
        Ok(Kept::of(&case::evaluate(self.rule, test)?) == self.kept)
    }

    /// Takes the trace as changed where that keeps the verdict.
    fn attempt(&mut self, change: impl FnOnce(&mut RuleTest)) -> Result<bool, PlanError> {
        let mut test = self.test.clone();
        change(&mut test);
        if test == self.test || !self.keeps(&test)? {
            return Ok(false);
        }
        self.test = test;
        Ok(true)
    }

    /// Leaves spans out, many at a time at first.
    fn spans(&mut self) -> Result<(), PlanError> {
        let mut size = (self.test.spans.len() / 2).max(1);
        loop {
            let mut at = 0;
            let mut has_changed = false;
            while at < self.test.spans.len() && self.test.spans.len() > 1 {
                let end = (at + size).min(self.test.spans.len());
                if self.attempt(|test| test.spans = without(&test.spans, at, end))? {
                    has_changed = true;
                } else {
                    at = end;
                }
            }
            if size > 1 {
                size /= 2;
            } else if !has_changed {
                return Ok(());
            }
        }
    }

    /// Leaves out what spans say, of all of them at once where that keeps the verdict.
    fn details(&mut self) -> Result<(), PlanError> {
        for detail in DETAILS {
            if self.attempt(|test| test.spans.iter_mut().for_each(detail))? {
                continue;
            }
            for index in 0..self.test.spans.len() {
                self.attempt(|test| detail(&mut test.spans[index]))?;
            }
        }
        for index in 0..self.test.spans.len() {
            self.entries(index, |span| &mut span.attributes)?;
            let resource = self.test.spans[index].resource.len();
            for entry in (0..resource).rev() {
                self.attempt(|test| {
                    let span = &mut test.spans[index];
                    let mut kept = span.resource.to_vec();
                    kept.remove(entry);
                    span.resource = kept.into();
                })?;
            }
            for event in (0..self.test.spans[index].events.len()).rev() {
                self.attempt(|test| drop(test.spans[index].events.remove(event)))?;
            }
            for event in 0..self.test.spans[index].events.len() {
                self.entries(index, |span| &mut span.events[event].attributes)?;
            }
            for link in (0..self.test.spans[index].links.len()).rev() {
                self.attempt(|test| drop(test.spans[index].links.remove(link)))?;
            }
        }
        Ok(())
    }

    /// Leaves out one entry after another of a list of a span.
    fn entries(
        &mut self,
        index: usize,
        list: impl Fn(&mut TestSpan) -> &mut Vec<(String, AttributeValue)>,
    ) -> Result<(), PlanError> {
        let count = list(&mut self.test.spans[index]).len();
        for entry in (0..count).rev() {
            self.attempt(|test| drop(list(&mut test.spans[index]).remove(entry)))?;
        }
        Ok(())
    }

    /// Writes times in whole milliseconds, where that keeps the verdict.
    fn rounded(&mut self) -> Result<(), PlanError> {
        const MILLISECOND: i64 = 1_000_000;
        let round = |time: &mut i64| *time = time.div_euclid(MILLISECOND) * MILLISECOND;
        let first = self.test.spans.iter().map(|span| span.start).min();
        let first = first.unwrap_or(0);
        self.attempt(|test| {
            for span in &mut test.spans {
                for time in [&mut span.start, &mut span.end] {
                    *time -= first;
                }
                span.events.iter_mut().for_each(|event| event.at -= first);
            }
        })?;
        self.attempt(|test| {
            for span in &mut test.spans {
                round(&mut span.start);
                round(&mut span.end);
                span.events
                    .iter_mut()
                    .for_each(|event| round(&mut event.at));
            }
        })?;
        Ok(())
    }
}

/// What a span says beside its name, its place and its times; each is taken back to what a test need not write.
const DETAILS: [fn(&mut TestSpan); 9] = [
    |span| span.attributes.clear(),
    |span| span.resource = Arc::from([]),
    |span| span.instrumentation = Instrumentation::default(),
    |span| span.events.clear(),
    |span| span.links.clear(),
    |span| span.kind = SpanKind::default(),
    |span| span.status = SpanStatus::default(),
    |span| span.status_message.clear(),
    |span| span.service = Arc::from("test"),
];

/// The spans but those from `begin` to before `end`; what stood below one of them stands below the nearest that is left.
fn without(spans: &[TestSpan], begin: usize, end: usize) -> Vec<TestSpan> {
    let is_out = |index: usize| (begin..end).contains(&index);
    let mut place = vec![0; spans.len()];
    let mut kept = Vec::with_capacity(spans.len() - (end - begin));
    for (index, span) in spans.iter().enumerate() {
        if is_out(index) {
            continue;
        }
        // Parents stand before their children, so this ends.
        let mut parent = span.parent;
        while let TestParent::Span(above) = parent {
            if !is_out(above) {
                break;
            }
            parent = spans[above].parent;
        }
        if let TestParent::Span(above) = parent {
            parent = TestParent::Span(place[above]);
        }
        place[index] = kept.len();
        kept.push(TestSpan {
            parent,
            ..span.clone()
        });
    }
    // What a link leads to may stand behind it.
    for link in kept.iter_mut().flat_map(|span| &mut span.links) {
        link.to = link.to.filter(|to| !is_out(*to)).map(|to| place[to]);
    }
    kept
}
