//! The traces of one part of all that a call touched since they were decided, each with the selectors of its new spans that
//! may decide a rule early.
//!
//! A trace keeps its number among them, so that no list is sorted to bring together what belongs together; a number that is
//! another call's, or of before, is told by what stands there.

use crate::matcher::ids::SelectorId;
use crate::state::slots::TracePlace;
use crate::state::trace::TraceState;

/// In place of a selector's number: there is none.
const END: u32 = u32::MAX;

/// Among so many selectors that a trace met last another one is looked for: a trace of many spans has many.
const SEARCHED: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Touches {
    traces: Vec<TouchedTrace>,
    /// Each with the one that the same trace met before.
    selectors: Vec<(SelectorId, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct TouchedTrace {
    place: TracePlace,
    /// Of its selectors.
    last: u32,
}

/// A trace's number among those that are touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TouchedId(u32);

impl Touches {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.traces.len() + self.selectors.len()
    }

    /// A span of the trace came.
    #[inline]
    pub fn touch(&mut self, place: TracePlace, trace: &mut TraceState) -> TouchedId {
        let known = trace.touched();
        if let Some(touched) = self.traces.get(known as usize)
            && touched.place == place
        {
            return TouchedId(known);
        }
        let id = self.traces.len() as u32;
        self.traces.push(TouchedTrace { place, last: END });
        trace.set_touched(id);
        TouchedId(id)
    }

    /// A new span of the trace met a selector that may decide a rule early. One that was met shortly before is not noted again.
    #[inline]
    pub fn met(&mut self, id: TouchedId, selector: SelectorId) {
        if self.selectors(id).take(SEARCHED).any(|met| met == selector) {
            return;
        }
        if let Some(trace) = self.traces.get_mut(id.0 as usize) {
            let before = std::mem::replace(&mut trace.last, self.selectors.len() as u32);
            self.selectors.push((selector, before));
        }
    }

    /// All of them, in the order in which they were touched.
    pub fn all(&self) -> impl Iterator<Item = TouchedId> + use<> {
        (0..self.traces.len() as u32).map(TouchedId)
    }

    pub fn place(&self, id: TouchedId) -> TracePlace {
        self.traces[id.0 as usize].place
    }

    /// Whether new spans of a trace met any.
    pub fn has_met(&self, id: TouchedId) -> bool {
        self.traces[id.0 as usize].last != END
    }

    /// The selectors that new spans of a trace met, few of them repeatedly.
    pub fn selectors(&self, id: TouchedId) -> impl Iterator<Item = SelectorId> {
        let mut next = self.traces[id.0 as usize].last;
        std::iter::from_fn(move || {
            let (selector, before) = *self.selectors.get(next as usize)?;
            next = before;
            Some(selector)
        })
    }

    pub fn clear(&mut self) {
        self.traces.clear();
        self.selectors.clear();
    }
}
