//! What is known of the span at hand: which selectors it satisfies, and the answers that these share.
//!
//! Nothing is cleared between spans: each answer carries the stamp of the span (or of the resource and scope)
//! that it was given for.

use crate::logic::truth::Truth;
use crate::matcher::ids::{Hit, HitsHash, PartId, UnlikeId};

/// What a span was found to satisfy.
#[derive(Debug, Default)]
pub struct Answers {
    hits: Vec<Hit>,
    /// Of the hits.
    hash: HitsHash,
    unlike: Vec<UnlikeId>,
    answers: Vec<Answer>,
    /// Selectors that stand in several lists of the index, by the span that met them last.
    met: Vec<u64>,
    clock: u64,
    span: u64,
    /// When the scope began, by the same clock.
    scope: u64,
    /// As the scan numbers scopes.
    scope_serial: u64,
}

/// A part's answer, and whether unlike types were met on the way.
#[derive(Clone, Copy, Debug)]
struct Answer {
    stamp: u64,
    truth: Truth,
    unlike: bool,
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

impl Answers {
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// With what tells these hits from most others.
    #[inline(always)]
    pub(crate) fn hashed_hits(&self) -> (HitsHash, &[Hit]) {
        (self.hash, &self.hits)
    }

    /// Whose comparisons were unknown through unlike types.
    #[must_use]
    pub fn unlike(&self) -> &[UnlikeId] {
        &self.unlike
    }

    pub(crate) fn clear(&mut self) {
        self.hits.clear();
        self.hash = HitsHash::default();
        self.unlike.clear();
    }

    /// Nothing that was said of the last span holds; nor, in another scope, what was said of that.
    pub(crate) fn begin_span(&mut self, scope_serial: u64, parts: usize, selectors: usize) {
        self.clear();
        self.clock += 1;
        self.span = self.clock;
        if self.scope_serial != scope_serial {
            self.scope_serial = scope_serial;
            self.scope = self.clock;
        }
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

    #[inline(always)]
    pub(crate) fn hit(&mut self, hit: Hit) {
        self.hits.push(hit);
        self.come_to(HitsHash::of(hit.selector()));
    }

    /// Several at once; who does it [comes](Answers::come_to) to their hash.
    #[inline(always)]
    pub(crate) fn hit_all(&mut self, hits: &[Hit]) {
        self.hits.extend_from_slice(hits);
    }

    /// What was hit has this hash.
    #[inline(always)]
    pub(crate) fn come_to(&mut self, hash: HitsHash) {
        self.hash = self.hash.with(hash);
    }

    pub(crate) fn count_unlike(&mut self, id: UnlikeId) {
        self.unlike.push(id);
    }

    fn stamp(&self, holds: Holds) -> Option<u64> {
        match holds {
            Holds::Once => None,
            Holds::Span => Some(self.span),
            Holds::Scope => Some(self.scope),
        }
    }

    /// The answer that was kept for a part, if it still holds.
    pub(crate) fn kept(&self, part: PartId, holds: Holds) -> Option<(Truth, bool)> {
        let stamp = self.stamp(holds)?;
        let kept = self.answers.get(part.0 as usize)?;
        (kept.stamp == stamp).then_some((kept.truth, kept.unlike))
    }

    /// Keeps a part's answer for as long as it holds.
    pub(crate) fn keep(&mut self, part: PartId, holds: Holds, truth: Truth, unlike: bool) {
        if let Some(stamp) = self.stamp(holds)
            && let Some(kept) = self.answers.get_mut(part.0 as usize)
        {
            *kept = Answer {
                stamp,
                truth,
                unlike,
            };
        }
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
