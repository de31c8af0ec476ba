//! How many spans start within a stretch of time, and how many are under way at one moment.
//!
//! What was seen is a lower bound. A span whose times have no order may add one, wherever it lies.

use crate::decide::budget::Budget;
use crate::decide::facts::{Facts, skew_if};
use crate::decide::member_set::{Member, MemberSet};
use crate::logic::interval::{End, Interval};
use crate::plan::condition::MemberMeasure;
use crate::state::record_id::RecordId;
use crate::time::EventTime;

/// A span's start and end.
type Times = (EventTime, EventTime);

/// Where most are together, and how many.
#[derive(Clone, Copy)]
struct Fullest {
    at: EventTime,
    count: usize,
}

impl Fullest {
    const OF_NONE: Fullest = Fullest {
        at: EventTime(0),
        count: 0,
    };

    /// Of several that have as many the first.
    fn or(self, other: Fullest) -> Fullest {
        if other.count > self.count {
            other
        } else {
            self
        }
    }
}

/// The most starts in any stretch of `window` nanoseconds, both ends included.
pub(crate) fn within(facts: &Facts<'_>, set: &MemberSet, window: u64) -> Interval {
    most(facts, set, |times| stretch(times, window).count)
}

fn stretch(times: &[Times], window: u64) -> Fullest {
    let starts = sorted(times.iter().map(|(start, _)| *start));
    let mut first = 0;
    let stretches = starts.iter().enumerate().map(|(last, start)| {
        while start.since(starts[first]) > window {
            first += 1;
        }
        Fullest {
            at: starts[first],
            count: last + 1 - first,
        }
    });
    stretches.fold(Fullest::OF_NONE, Fullest::or)
}

/// The most that are under way at one moment: from their start up to their end, without length at their start.
pub(crate) fn overlap(facts: &Facts<'_>, set: &MemberSet) -> Interval {
    most(facts, set, |times| moment(times).count)
}

fn moment(times: &[Times]) -> Fullest {
    let starts = sorted(times.iter().map(|(start, _)| *start));
    let lasts = sorted(times.iter().map(last_moment));
    let mut over = 0;
    let moments = starts.iter().enumerate().map(|(last, start)| {
        while lasts[over] < *start {
            over += 1;
        }
        Fullest {
            at: *start,
            count: last + 1 - over,
        }
    });
    moments.fold(Fullest::OF_NONE, Fullest::or)
}

fn last_moment((start, end): &Times) -> EventTime {
    start.under_way_until(*end)
}

/// The certain members that make such a measure what it is, lowest first: those of the stretch, or of the moment, in which there
/// are most, of several such the earliest. Of a measure that knows no time there are none, nor of members without an order in it,
/// nor where the budget is spent.
pub(crate) fn fullest(
    facts: &Facts<'_>,
    budget: &mut Budget,
    members: &[Member],
    measure: MemberMeasure,
) -> Vec<RecordId> {
    let is_of_time = matches!(measure, MemberMeasure::Within(_) | MemberMeasure::Overlap);
    if !is_of_time || !budget.spend(members.len()) {
        return Vec::new();
    }
    let certain = members.iter().filter(|member| member.certain);
    let spans = certain.map(|member| (facts.record(member.record), member.record));
    let mut spans: Vec<_> = spans.filter(|(span, _)| span.has_order()).collect();
    spans.sort_by_key(|(span, _)| span.rank());
    let times: Vec<Times> = spans
        .iter()
        .map(|(span, _)| (span.start, span.end))
        .collect();
    let Fullest { at, .. } = match measure {
        MemberMeasure::Within(window) => stretch(&times, window),
        _ => moment(&times),
    };
    let is_in = |times: &Times| match measure {
        MemberMeasure::Within(window) => times.0 >= at && times.0.since(at) <= window,
        _ => times.0 <= at && last_moment(times) >= at,
    };
    let found = spans.iter().zip(&times).filter(|(_, times)| is_in(times));
    found.map(|((_, record), _)| *record).collect()
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
