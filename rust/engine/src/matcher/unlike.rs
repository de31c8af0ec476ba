//! Which selectors are counted where a comparison met a value of an unlike type.

use crate::matcher::ids::{SelectorId, UnlikeId};

/// The selectors of every [`UnlikeId`]: those of one selector, whose number it has, and behind them those of several.
#[derive(Debug)]
pub(crate) struct UnlikeTable {
    own: Vec<SelectorId>,
    shared: Vec<Vec<SelectorId>>,
}

impl UnlikeTable {
    /// Of so many selectors, one for each.
    pub(crate) fn new(selectors: usize) -> UnlikeTable {
        UnlikeTable {
            own: (0u32..).map(SelectorId).take(selectors).collect(),
            shared: Vec::new(),
        }
    }

    /// One more, which is of no selector yet.
    pub(crate) fn add(&mut self) -> UnlikeId {
        self.shared.push(Vec::new());
        UnlikeId(u32::try_from(self.len() - 1).unwrap_or(u32::MAX))
    }

    /// A selector more of one that was [added](UnlikeTable::add).
    pub(crate) fn push(&mut self, id: UnlikeId, selector: SelectorId) {
        let at = (id.0 as usize).checked_sub(self.own.len());
        if let Some(selectors) = at.and_then(|at| self.shared.get_mut(at)) {
            selectors.push(selector);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.own.len() + self.shared.len()
    }

    pub(crate) fn selectors_of(&self, id: UnlikeId) -> &[SelectorId] {
        let at = id.0 as usize;
        match self.own.get(at) {
            Some(own) => std::slice::from_ref(own),
            None => self
                .shared
                .get(at - self.own.len())
                .map_or(&[], Vec::as_slice),
        }
    }
}
