//! Whether a trace is whole: what is missing of it when it closes, what came after that, and for whom it is complete.

use betrace_lang::rule::Completeness;
use betrace_lang::verdict::Reason;

use crate::hash::HashKey;
use crate::logic::tri::Reasons;
use crate::settings::Settings;
use crate::state::flags::Flag;
use crate::state::trace::TraceState;
use crate::time::Timestamp;

impl TraceState {
    /// It closed with all that is asked for.
    #[inline(always)]
    pub fn is_complete(&self, asked: Completeness) -> bool {
        !self.is_live() && self.reasons(asked).is_empty()
    }

    /// Likewise, but for what came after the close.
    pub fn was_complete(&self, asked: Completeness) -> bool {
        !self.is_live() && self.reasons(asked).without(Reason::Late).is_empty()
    }

    /// Why it is incomplete for those who ask for so much.
    #[inline(always)]
    pub fn reasons(&self, asked: Completeness) -> Reasons {
        self.reasons.asked_for(asked)
    }

    /// Whoever asks for it, and for more than that.
    pub fn all_reasons(&self) -> Reasons {
        self.reasons
    }

    /// Whether something is missing without which the trace is not complete, and may still come.
    pub fn awaits(&self, asked: Completeness, key: HashKey) -> bool {
        // What is known to be incomplete gains nothing by waiting, but what is missing should not hide a conflict.
        self.reasons.without(Reason::Conflict).is_empty() && !self.missing(asked, key).is_empty()
    }

    /// What is asked for and has not come.
    pub fn missing(&self, asked: Completeness, key: HashKey) -> Reasons {
        let mut missing = Reasons::NONE;
        if asked.asks_for_a_root() && self.root().is_none() {
            missing.add(Reason::NoRoot);
        }
        if asked.asks_for_parents() && !self.seen().is_linked(key) {
            missing.add(Reason::Orphan);
        }
        missing
    }

    /// It closes now: complete for those who ask for nothing that is among the reasons against it.
    pub fn close(&mut self, now: Timestamp, reasons: Reasons) {
        self.reasons = self.reasons.with(reasons);
        self.last = now;
        self.flags.add(Flag::Closed);
        self.forget_postponed();
    }

    /// A live trace goes on after the engine stood still; `missed`: spans may have been lost meanwhile.
    pub fn resume(&mut self, now: Timestamp, missed: Option<Reason>) {
        self.last = self.last.max(now);
        if let Some(reason) = missed {
            self.reasons.add(reason);
        }
    }

    /// A span was told at `now`. After the close, one that was not seen before opens the trace again, for
    /// ever.
    pub fn heard(&mut self, now: Timestamp, is_new: bool) {
        if self.is_live() {
            self.last = now;
        } else if is_new {
            self.reasons.add(Reason::Late);
            self.flags.add(Flag::News);
        }
    }

    /// Whether the id was known before the trace's first span, or spans came after its close.
    pub fn is_late(&self) -> bool {
        self.reasons.has(Reason::Late)
    }

    /// Whether a span came after the close since this was asked.
    pub fn take_news(&mut self) -> bool {
        self.flags.take(Flag::News)
    }

    /// When it has been idle long enough, if nothing more comes.
    pub(super) fn quiet(&self, settings: &Settings) -> Timestamp {
        self.last().plus(settings.idle_timeout)
    }

    /// When it closes at the latest.
    pub(super) fn age(&self, settings: &Settings) -> Timestamp {
        self.opened().plus(settings.max_age)
    }
}
