//! Which trace of a shard is due, by its timer and by what came since that was set.

use crate::settings::Settings;
use crate::state::flags::Flag;
use crate::state::named::NamedTrace;
use crate::state::shard::{LOOKS_AT_ONCE, Shard};
use crate::state::slots::TracePlace;
use crate::time::Timestamp;

/// Why a trace is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// No span came for long enough.
    Quiet,
    /// It is too old.
    Age,
}

/// What [`Shard::next_due`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextDue {
    Trace(TracePlace, Due),
    /// There may be more: whoever waits may go first.
    Later,
    /// No trace is due.
    None,
}

impl Shard {
    /// The next live trace that is due, and why, with its timer taken.
    pub fn next_due(
        &mut self,
        now: Timestamp,
        settings: &Settings,
        mut awaited: impl FnMut(NamedTrace<'_>) -> Option<Timestamp>,
    ) -> NextDue {
        for _ in 0..LOOKS_AT_ONCE {
            let Some((_, place)) = self.timers.first().filter(|(at, _)| *at <= now) else {
                return NextDue::None;
            };
            self.timers.pop();
            let Some(trace) = self.get(place).filter(|trace| trace.is_live()) else {
                continue;
            };
            let (quiet, age) = (trace.quiet(settings), trace.age(settings));
            if quiet.min(age) > now {
                self.timers.push((quiet.min(age), place));
                continue;
            }
            let Some(trace) = self.settled(place) else {
                continue;
            };
            let awaited = awaited(trace.asked()).map_or(quiet, |until| quiet.max(until));
            if awaited.min(age) <= now {
                let due = if awaited <= age { Due::Quiet } else { Due::Age };
                return NextDue::Trace(place, due);
            }
            let stands_there = trace.trace.flags.has(Flag::Waiting);
            trace.trace.flags.add(Flag::Waiting);
            // What is awaited may come at any time, and the trace is due its idle time after that.
            let again = now.plus(settings.idle_timeout).min(awaited).min(age);
            self.timers.push((again, place));
            if !stands_there {
                self.waiting.push(place);
            }
            // To know it may have taken as long as a close.
            return NextDue::Later;
        }
        NextDue::Later
    }
}
