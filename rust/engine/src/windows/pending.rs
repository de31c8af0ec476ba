//! Traces that closed and are not in their windows yet: what they add, and that they closed. A call hands them on some at a
//! time, and all of them before it ends, so that the windows are asked for seldom, and each at most once for many traces.

use std::ops::Range;

use betrace_lang::rule::Completeness;

use crate::logic::tri::Reasons;
use crate::time::EventTime;
use crate::windows::adds::{AddingTrace, Adds};
use crate::windows::exemplars::Exemplar;
use crate::windows::rule_window::{SeenByAsked, SeenTraces};
use crate::windows::tumbling::Window;

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
    /// Of the latest trace.
    began: BeganIn,
}

/// In which windows a trace began. Most that close together began in the same ones, which are worked out once, as is what
/// those that closed alike mean for them.
#[derive(Debug, Default)]
struct BeganIn {
    /// Whatever begins from then on and before then begins in the same; nothing: none did yet.
    within: Range<u64>,
    /// Those that are not over.
    windows: Vec<Window>,
    is_some_over: bool,
    /// Why traces are not complete that closed in them, and how many closed like that.
    closed: Vec<(Reasons, u64)>,
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

    /// A trace closed that began then. `reasons`: why it is not complete. `lengths`: those of all windows; what ends no later
    /// than `until` is over.
    pub fn note(&mut self, began: EventTime, reasons: Reasons, lengths: &[u64], until: u64) {
        if !self.began.within.contains(&began.0) {
            self.settle();
            self.began.find(began, lengths, until);
        }
        let BeganIn {
            closed,
            is_some_over,
            ..
        } = &mut self.began;
        self.late += u64::from(*is_some_over);
        match closed.iter_mut().find(|(known, _)| *known == reasons) {
            Some((_, times)) => *times += 1,
            None => closed.push((reasons, 1)),
        }
    }

    /// The window of this length in which the latest trace began, if it is not over.
    pub fn window(&self, length: u64) -> Option<Window> {
        let mut windows = self.began.windows.iter();
        windows.find(|window| window.length == length).copied()
    }

    /// What closed in the windows of the latest trace goes to what closed in all of them.
    fn settle(&mut self) {
        for (reasons, times) in self.began.closed.drain(..) {
            for window in &self.began.windows {
                let known = self.seen.iter().position(|(known, _)| known == window);
                let at = known.unwrap_or_else(|| {
                    self.seen.push((*window, SeenByAsked::default()));
                    self.seen.len() - 1
                });
                for (seen, asked) in self.seen[at].1.iter_mut().zip(Completeness::ALL) {
                    seen.join(SeenTraces::of(reasons.asked_for(asked), times));
                }
            }
        }
    }

    /// Takes out in which windows traces began.
    pub fn take_seen(&mut self) -> impl Iterator<Item = (Window, SeenByAsked)> {
        self.settle();
        self.began.within = 0..0;
        self.seen.drain(..)
    }

    pub fn is_empty(&self) -> bool {
        let is_seen = !self.seen.is_empty() || !self.began.closed.is_empty();
        !is_seen && self.shown.is_empty() && self.late == 0
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

impl BeganIn {
    fn find(&mut self, began: EventTime, lengths: &[u64], until: u64) {
        self.windows.clear();
        self.within = 0..u64::MAX;
        self.is_some_over = false;
        for length in lengths {
            let window = Window::at(*length, began);
            self.within.start = self.within.start.max(window.start);
            self.within.end = self.within.end.min(window.end());
            match window.end() <= until {
                true => self.is_some_over = true,
                false => self.windows.push(window),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use betrace_lang::verdict::Reason;

    use super::*;
    use crate::windows::rule_window::Closed;

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
        let held = (0..2 * MANY_WINDOWS as u64).position(|began| {
            pending.note(EventTime(began), Reasons::NONE, &[1], 0);
            pending.is_full()
        });
        // The latest window is among them once another comes.
        assert_eq!(held, Some(MANY_WINDOWS + 1));
    }

    #[test]
    fn traces_are_counted_in_their_windows_as_they_closed_in_whatever_order() {
        let no_root = Reasons::of(Reason::NoRoot);
        let traces = [
            (12, Reasons::NONE),
            (19, no_root),
            (14, Reasons::NONE),
            (25, no_root),
            (3, Reasons::NONE),
            (11, no_root),
        ];
        let mut pending = Pending::default();
        for (began, reasons) in traces {
            pending.note(EventTime(began), reasons, &[10, 100], 10);
        }
        assert_eq!(
            pending.window(10),
            Some(Window {
                start: 10,
                length: 10
            })
        );
        // The window that ended at 10 is over.
        assert_eq!(pending.late, 1);
        assert!(!pending.is_empty());
        let asked = [Completeness::Root, Completeness::Idle].map(|asked| asked as usize);
        let mut seen: Vec<_> = pending
            .take_seen()
            .map(|(window, seen)| {
                let closed = asked.map(|asked| (seen[asked].closed, seen[asked].reasons));
                (window.start, window.length, closed)
            })
            .collect();
        seen.sort_by_key(|(start, length, _)| (*length, *start));
        let closed = |complete, incomplete| {
            let of = |complete, incomplete| Closed {
                complete,
                incomplete,
            };
            [
                (of(complete, incomplete), Some(no_root)),
                (of(complete + incomplete, 0), None),
            ]
        };
        let expected = [
            (10, 10, closed(2, 2)),
            (20, 10, closed(0, 1)),
            (0, 100, closed(3, 3)),
        ];
        assert_eq!(seen, expected);
        assert_eq!(pending.take_seen().count(), 0);
    }
}
