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
    /// What the span at hand meets next, if it meets what the one before it did: a place among the selectors.
    expected: u32,
}

#[derive(Clone, Copy, Debug)]
struct TouchedTrace {
    place: TracePlace,
    /// Of its selectors.
    last: u32,
    /// Where those of one of its spans begin and end, side by side: another span of the same kind meets the same ones, however
    /// many there are.
    begin: u32,
    end: u32,
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
            self.expected = touched.begin;
            return TouchedId(known);
        }
        let id = self.traces.len() as u32;
        let at = self.selectors.len() as u32;
        self.traces.push(TouchedTrace {
            place,
            last: END,
            begin: at,
            end: at,
        });
        self.expected = at;
        trace.set_touched(id);
        TouchedId(id)
    }

    /// A new span of the trace met a selector that may decide a rule early. One that was met shortly before is not noted again.
    #[inline]
    pub fn met(&mut self, id: TouchedId, selector: SelectorId) {
        let Some(trace) = self.traces.get(id.0 as usize) else {
            return;
        };
        if self.expected < trace.end && self.selectors[self.expected as usize].0 == selector {
            self.expected += 1;
            return;
        }
        if self.selectors(id).take(SEARCHED).any(|met| met == selector) {
            return;
        }
        self.note(id, selector);
    }

    fn note(&mut self, TouchedId(id): TouchedId, selector: SelectorId) {
        let at = self.selectors.len() as u32;
        let Some(trace) = self.traces.get_mut(id as usize) else {
            return;
        };
        if trace.end != at && self.expected == trace.begin {
            trace.begin = at;
            trace.end = at;
        }
        if trace.end == at {
            trace.end += 1;
            self.expected = trace.end;
        }
        let before = std::mem::replace(&mut trace.last, at);
        self.selectors.push((selector, before));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TraceId;
    use crate::state::slots::place;
    use crate::state::trace::Generation;
    use crate::time::Timestamp;

    #[test]
    fn what_a_span_met_is_noted_once_however_many_come_and_in_whatever_order() {
        let mut touches = Touches::default();
        let mut traces: Vec<TraceState> = (0..3)
            .map(|at| TraceState::new(TraceId([at; 16]), Timestamp(0), Generation::default()))
            .collect();
        let of_kind = |kind: u32| (0..100 + kind).map(move |at| SelectorId(1000 * kind + at));
        // Two kinds of spans in one trace, one in the others, in turns.
        for round in 0..20 {
            for (at, trace) in (0..).zip(&mut traces) {
                let id = touches.touch(place(at), trace);
                let kind = if at == 0 { round / 10 } else { at };
                of_kind(kind).for_each(|selector| touches.met(id, selector));
            }
        }
        assert_eq!(touches.selectors.len(), 100 + 101 + 101 + 102);
        for (id, kinds) in touches.all().zip([&[0, 1][..], &[1], &[2]]) {
            let mut met: Vec<SelectorId> = touches.selectors(id).collect();
            met.sort();
            let wanted: Vec<SelectorId> = kinds.iter().flat_map(|kind| of_kind(*kind)).collect();
            assert_eq!(met, wanted);
        }
        // More of the same, as traces grow.
        let more = of_kind(1).chain([SelectorId(7), SelectorId(8)]);
        for _ in 0..2 {
            let id = touches.touch(place(1), &mut traces[1]);
            more.clone().for_each(|selector| touches.met(id, selector));
        }
        assert_eq!(touches.selectors.len(), 404 + 2);
    }
}
