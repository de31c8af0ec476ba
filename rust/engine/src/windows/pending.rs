//! Traces that closed and are not in their windows yet: what they add, and that they closed. A call hands them on some at a
//! time, and all of them before it ends, so that the windows are asked for seldom, and each at most once for many traces.

use betrace_lang::rule::Completeness;

use crate::logic::tri::Reasons;
use crate::time::EventTime;
use crate::windows::adds::{AddingTrace, Adds};
use crate::windows::exemplars::Exemplar;
use crate::windows::rule_window::{SeenByAsked, Window};

/// By [`Completeness`].
pub(crate) type ReasonsByAsked = [Reasons; Completeness::ALL.len()];

/// In so many windows traces began at most before these go there.
const MANY_WINDOWS: usize = 64;
/// So many traces are held at most that add to windows, were it nothing.
const MANY_TRACES: usize = 1 << 10;

#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub adds: Adds,
    /// By [`AddingTrace`]: as violations link to it.
    pub shown: Vec<Exemplar>,
    /// Likewise: its latest end.
    latest: Vec<Option<EventTime>>,
    /// In which windows traces began, and how they closed.
    seen: Vec<(Window, SeenByAsked)>,
    /// Traces that count in no window.
    pub late: u64,
    /// Of the trace that is being asked: the windows in which it began and that are not over.
    pub windows: Vec<Window>,
}

impl Pending {
    /// Another trace adds to windows.
    pub fn begin(&mut self, shown: Exemplar, latest: Option<EventTime>) -> AddingTrace {
        self.shown.push(shown);
        self.latest.push(latest);
        AddingTrace(self.shown.len() as u32 - 1)
    }

    pub fn latest(&self, trace: AddingTrace) -> Option<EventTime> {
        self.latest.get(trace.0 as usize).copied().flatten()
    }

    /// A trace that began in the window closed. `reasons`: why it is not complete, by what is asked of it.
    pub fn note(&mut self, window: Window, reasons: ReasonsByAsked) {
        let known = self.seen.iter().position(|(known, _)| *known == window);
        let at = known.unwrap_or_else(|| {
            self.seen.push((window, SeenByAsked::default()));
            self.seen.len() - 1
        });
        for (seen, reasons) in self.seen[at].1.iter_mut().zip(reasons) {
            seen.note(reasons);
        }
    }

    /// Takes out in which windows traces began.
    pub fn take_seen(&mut self) -> impl Iterator<Item = (Window, SeenByAsked)> {
        self.seen.drain(..)
    }

    pub fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.shown.is_empty() && self.late == 0
    }

    /// Whether more had better wait until these are in their windows.
    pub fn is_full(&self) -> bool {
        self.adds.is_full() || self.seen.len() > MANY_WINDOWS || self.shown.len() > MANY_TRACES
    }

    /// All that was added is in its windows.
    pub fn clear_adds(&mut self) {
        self.adds.clear();
        self.shown.clear();
        self.latest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules are asked of traces that have nothing for them: these are held no longer than others.
    #[test]
    fn traces_that_add_nothing_do_not_wait_without_end() {
        let nothing = Exemplar {
            weight: 0.0,
            trace: [1; 16],
            span: [1; 8],
        };
        let mut pending = Pending::default();
        let held = (0..2 * MANY_TRACES).position(|_| {
            pending.begin(nothing, None);
            pending.is_full()
        });
        assert_eq!(held, Some(MANY_TRACES));
        pending.clear_adds();
        assert!(!pending.is_full() && pending.is_empty());
        let began = |start| Window { start, length: 1 };
        let held = (0..2 * MANY_WINDOWS as u64).position(|start| {
            pending.note(began(start), ReasonsByAsked::default());
            pending.is_full()
        });
        assert_eq!(held, Some(MANY_WINDOWS));
    }
}
