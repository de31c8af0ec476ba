//! How many spans start within a stretch of time, and how many are under way at one moment.
//!
//! What was seen is a lower bound. A span whose times have no order may add one, wherever it lies.

use crate::decide::facts::{Facts, skew_if};
use crate::decide::member_set::MemberSet;
use crate::logic::interval::{End, Interval};
use crate::time::EventTime;

/// A span's start and end.
type Times = (EventTime, EventTime);

/// The most starts in any stretch of `window` nanoseconds, both ends included.
pub(crate) fn within(facts: &Facts<'_>, set: &MemberSet, window: u64) -> Interval {
    most(facts, set, |times| {
        let starts = sorted(times.iter().map(|(start, _)| *start));
        let mut first = 0;
        let counts = starts.iter().enumerate().map(|(last, start)| {
            while start.since(starts[first]) > window {
                first += 1;
            }
            last + 1 - first
        });
        counts.max().unwrap_or(0)
    })
}

/// The most that are under way at one moment: from their start up to their end, without length at their start.
pub(crate) fn overlap(facts: &Facts<'_>, set: &MemberSet) -> Interval {
    most(facts, set, |times| {
        let starts = sorted(times.iter().map(|(start, _)| *start));
        let over = |(start, end): &Times| *end.max(&EventTime(start.0.saturating_add(1)));
        let ends = sorted(times.iter().map(over));
        let mut over = 0;
        let counts = starts.iter().enumerate().map(|(last, start)| {
            while ends[over] <= *start {
                over += 1;
            }
            last + 1 - over
        });
        counts.max().unwrap_or(0)
    })
}

fn sorted(times: impl Iterator<Item = EventTime>) -> Vec<EventTime> {
    let mut times: Vec<EventTime> = times.collect();
    times.sort_unstable();
    times
}

fn most(facts: &Facts<'_>, set: &MemberSet, count: impl Fn(&[Times]) -> usize) -> Interval {
    let (mut certain, mut all, mut skewed) = (Vec::new(), Vec::new(), 0);
    for member in &set.items {
        let span = facts.record(member.record);
        if !span.has_order() {
            skewed += 1;
            continue;
        }
        all.push((span.start, span.end));
        if member.certain {
            certain.push((span.start, span.end));
        }
    }
    let high = if set.open {
        End::Highest
    } else {
        End::count((count(&all) + skewed) as u64)
    };
    let low = End::count(count(&certain) as u64);
    Interval::between(low, high).with_reasons(set.reasons.with(skew_if(skewed > 0)))
}
