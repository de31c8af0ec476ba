//! Which trace of a shard is due, by its timer and by what came since that was set.

use crate::settings::Settings;
use crate::state::flags::Flag;
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
    /// Its time is over, if it awaits nothing.
    Trace(TracePlace),
    /// There may be more: whoever waits may go first.
    Later,
    /// No trace is due.
    None,
}

impl Shard {
    /// The next live trace whose time is over, with its timer taken: it wants to be asked what it awaits, and
    /// [whether it is due](Shard::is_due).
    pub fn next_due(&mut self, now: Timestamp, settings: &Settings) -> NextDue {
        for _ in 0..LOOKS_AT_ONCE {
            let Some((_, place)) = self.timers.first().filter(|(at, _)| *at <= now) else {
                return NextDue::None;
            };
            self.due_ahead(settings);
            self.timers.pop();
            let Some(trace) = self.get(place).filter(|trace| trace.is_live()) else {
                continue;
            };
            let over = trace.quiet(settings).min(trace.age(settings));
            if over <= now {
                return NextDue::Trace(place);
            }
            self.timers.push((over, place));
        }
        NextDue::Later
    }

    /// Why a trace is due whose timer was taken and that awaits something until then; `None`: it is not, and has its timer again
    /// if it is live.
    pub fn is_due(
        &mut self,
        place: TracePlace,
        awaited: Option<Timestamp>,
        now: Timestamp,
        settings: &Settings,
    ) -> Option<Due> {
        let trace = self.slots.get_mut(place).filter(|trace| trace.is_live())?;
        let (quiet, age) = (trace.quiet(settings), trace.age(settings));
        let until = awaited.map_or(quiet, |until| quiet.max(until));
        if until.min(age) <= now {
            return Some(if until <= age { Due::Quiet } else { Due::Age });
        }
        // Of one that is quiet what it awaits may come at any time, and it is due its idle time after that.
        let is_quiet = quiet <= now;
        let again = match is_quiet {
            true => now.plus(settings.idle_timeout).min(until).min(age),
            // It got spans while others had this part of the traces.
            false => quiet.min(age),
        };
        let stands_there = trace.flags.has(Flag::Waiting);
        if is_quiet && !stands_there {
            trace.flags.add(Flag::Waiting);
            self.waiting.push(place);
        }
        self.timers.push((again, place));
        None
    }
}
