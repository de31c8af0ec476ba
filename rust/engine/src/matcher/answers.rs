//! What changes while spans are matched: the hits at hand, and answers that are shared.
//!
//! Nothing is cleared between spans: each answer carries the stamp of the span (or of the resource and scope)
//! that it was given for.

use crate::logic::truth::Truth;
use crate::matcher::index::UnlikeId;
use crate::matcher::{Hit, PartId};

#[derive(Debug, Default)]
pub(crate) struct MatchState {
    hits: Vec<Hit>,
    unlike: Vec<UnlikeId>,
    answers: Vec<Answer>,
    /// Selectors that stand in several lists of the index, by the span that met them last.
    met: Vec<u64>,
    clock: u64,
    span: u64,
    scope: u64,
}

/// A part's answer, and whether unlike types were met on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    stamp: u64,
    pub truth: Truth,
    pub unlike: bool,
}

/// How long an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Only one selector asks: not worth keeping.
    Once,
    Span,
    /// Depends on the resource and the scope alone.
    Scope,
}

impl MatchState {
    pub(crate) fn hits(&self) -> &[Hit] {
        &self.hits
    }

    pub(crate) fn unlike(&self) -> &[UnlikeId] {
        &self.unlike
    }

    pub(crate) fn clear(&mut self) {
        self.hits.clear();
        self.unlike.clear();
    }

    /// Another scope or resource: nothing that was said of the last one holds.
    pub(crate) fn begin_scope(&mut self) {
        self.clock += 1;
        self.scope = self.clock;
    }

    pub(crate) fn begin_span(&mut self, parts: usize, selectors: usize) {
        self.clear();
        self.clock += 1;
        self.span = self.clock;
        if self.answers.len() < parts {
            let none = Answer {
                stamp: 0,
                truth: Truth::UNKNOWN,
                unlike: false,
            };
            self.answers.resize(parts, none);
        }
        if self.met.len() < selectors {
            self.met.resize(selectors, 0);
        }
    }

    pub(crate) fn hit(&mut self, hit: Hit) {
        self.hits.push(hit);
    }

    pub(crate) fn count_unlike(&mut self, id: UnlikeId) {
        self.unlike.push(id);
    }

    /// The answer kept for a part, else the one that `ask` gives.
    pub(crate) fn answer(
        &mut self,
        part: PartId,
        holds: Holds,
        ask: impl FnOnce() -> (Truth, bool),
    ) -> (Truth, bool) {
        let stamp = match holds {
            Holds::Once => return ask(),
            Holds::Span => self.span,
            Holds::Scope => self.scope,
        };
        let Some(kept) = self.answers.get_mut(part.0 as usize) else {
            return ask();
        };
        if kept.stamp != stamp {
            let (truth, unlike) = ask();
            *kept = Answer {
                stamp,
                truth,
                unlike,
            };
        }
        (kept.truth, kept.unlike)
    }

    /// Whether this span meets the selector for the first time.
    pub(crate) fn meets(&mut self, selector: u32) -> bool {
        match self.met.get_mut(selector as usize) {
            Some(met) if *met == self.span => false,
            Some(met) => {
                *met = self.span;
                true
            }
            None => true,
        }
    }
}
