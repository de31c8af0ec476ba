//! What one rule has gathered in a window, and what of the traces that closed in it is known of all rules.

use betrace_lang::rule::{Completeness, Over};
use betrace_lang::verdict::Reason;
use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::intern::RuleKey;
use crate::logic::tri::Reasons;
use crate::window::distinct::ValueKey;
use crate::window::grouped::Grouped;
use crate::window::summary::Summary;
use crate::windows::adds::Idle;
use crate::windows::by_size::ENTRY_BYTES;
use crate::windows::gathered::Gathered;

/// How many traces closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Closed {
    pub complete: u64,
    pub incomplete: u64,
}

impl Closed {
    pub fn count(&mut self, is_complete: bool) {
        match is_complete {
            true => self.complete += 1,
            false => self.incomplete += 1,
        }
    }
}

/// What closed in a window, for rules that ask so much of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeenTraces {
    /// Why some were not complete.
    pub reasons: Option<Reasons>,
    pub closed: Closed,
}

impl SeenTraces {
    /// So many closed. `reasons`: why they are not complete.
    pub fn of(reasons: Reasons, times: u64) -> SeenTraces {
        let (complete, incomplete) = match reasons.is_empty() {
            true => (times, 0),
            false => (0, times),
        };
        SeenTraces {
            reasons: (!reasons.is_empty()).then_some(reasons),
            closed: Closed {
                complete,
                incomplete,
            },
        }
    }

    /// So did all of these besides.
    pub fn join(&mut self, other: SeenTraces) {
        self.closed.complete += other.closed.complete;
        self.closed.incomplete += other.closed.incomplete;
        if let Some(reasons) = other.reasons {
            self.reasons = Some(self.reasons.unwrap_or(Reasons::NONE).with(reasons));
        }
    }
}

/// By what is asked of a trace.
pub(crate) type SeenByAsked = [SeenTraces; Completeness::ALL.len()];

/// What one rule has gathered in one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RuleWindow {
    pub groups: Grouped<Gathered>,
    /// What may be of any group.
    pub any: Gathered,
    /// Traces that were asked one by one. What the others add follows from how many there were.
    pub met: Closed,
}

impl RuleWindow {
    pub fn new(salt: u64, bound: usize) -> RuleWindow {
        RuleWindow {
            groups: Grouped::new(salt, bound),
            any: Gathered::default(),
            met: Closed::default(),
        }
    }

    /// What it takes with nothing in it.
    pub const LEAST_BYTES: usize =
        size_of::<(RuleKey, usize)>() + ENTRY_BYTES + heap(size_of::<RuleWindow>());

    pub fn heap_bytes(&self) -> usize {
        RuleWindow::LEAST_BYTES + self.groups.heap_bytes() + self.any.heap_bytes()
    }

    /// Nothing is known of what the rule gathered, for want of memory.
    pub fn open(&mut self) {
        self.groups.open();
        self.any.open(Reasons::of(Reason::Memory));
    }

    /// All that is known of a window that is over: where there are no groups there is one, and of those traces that closed in
    /// it and were not asked one by one it is known what they add. `idle`: that, where the rule was there all the while.
    pub fn end(&mut self, over: &Over, idle: Option<(Idle, SeenTraces)>) {
        if over.by.is_empty() && self.groups.get(0).is_none() {
            self.groups.update(0, String::new, |_| {});
        }
        let Some((idle, SeenTraces { reasons, closed })) = idle else {
            return;
        };
        let complete = closed.complete.saturating_sub(self.met.complete);
        let incomplete = closed.incomplete.saturating_sub(self.met.incomplete);
        let reasons = reasons.unwrap_or(Reasons::NONE);
        let add = |group: &mut Gathered| {
            group.add_idle(idle.complete, complete, Reasons::NONE);
            group.add_idle(idle.incomplete, incomplete, reasons);
        };
        self.groups.update(0, String::new, add);
    }

    /// Takes over some of what another has gathered, from where it stands; whether that was the last of it. The other may
    /// gather on between two times: then a group is as it was when it was taken over.
    pub fn copy_some(&mut self, of: &RuleWindow, most: usize) -> bool {
        let is_done = self.groups.copy_some(&of.groups, most);
        if is_done {
            (self.any, self.met) = (of.any.clone(), of.met);
        }
        is_done
    }

    pub fn is_sound(&self) -> bool {
        let groups = self.groups.groups().map(|(_, _, group)| group);
        let mut all = groups.chain([&self.groups.others().summary, &self.any]);
        all.all(Gathered::is_sound)
    }

    /// A group that there is, with all that may be of it besides.
    pub fn known(&self, key: ValueKey) -> Option<Gathered> {
        let mut group = self.groups.get(key)?.clone();
        complete(&mut group, &self.any);
        Some(group)
    }

    /// Each group with all that may be of it besides.
    #[must_use]
    pub fn completed(self) -> RuleWindow {
        let RuleWindow {
            mut groups, any, ..
        } = self;
        groups.change_all(|group| complete(group, &any));
        RuleWindow {
            groups,
            any: Gathered::default(),
            met: Closed::default(),
        }
    }

    /// Those that were given up, together.
    pub fn rest(&self) -> Option<&Gathered> {
        let others = self.groups.others();
        others.were_given_up().then_some(&others.summary)
    }
}

/// Adds what may be of any group.
fn complete(group: &mut Gathered, any: &Gathered) {
    group.perhaps = group.perhaps.saturating_add(any.perhaps);
    group.reasons = group.reasons.with(any.reasons);
    group.is_open |= any.is_open;
}
