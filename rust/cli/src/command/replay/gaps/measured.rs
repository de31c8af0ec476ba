//! The times at which spans came, by trace, and what they come to. A span is taken to arrive when it ended: that is when an
//! SDK hands it on, and the only time that a recording tells.

use std::collections::{BTreeMap, HashMap, HashSet};

use betrace_engine::{Completeness, Settings};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

/// What is kept of a span, in bytes, the room that a growing list keeps free among them.
const BYTES_A_SPAN: u64 = 2 * size_of::<Arrival>() as u64;

/// What is kept of a trace beside its spans, in bytes.
const BYTES_A_TRACE: u64 = 128;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    end: u64,
    id: u64,
    /// 0: a root.
    parent: u64,
}

/// Spans by trace, within a bound.
pub struct Arrivals {
    traces: HashMap<[u8; 16], Vec<Arrival>>,
    left: u64,
    without_end: u64,
    beyond_memory: u64,
}

/// What closes a trace although spans of it still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    Idle,
    Root,
    Age,
}

/// Sorted times, in nanoseconds, and counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub traces: u64,
    pub spans: u64,
    /// Left out: they have no end.
    pub without_end: u64,
    /// Left out: there was no room.
    pub beyond_memory: u64,
    /// Traces that never had all that completeness asks for.
    pub incomplete: u64,
    /// Between two spans of a trace while the root, or a parent, had not come.
    pub awaited: Vec<u64>,
    /// Between two spans once all that is awaited had come.
    pub settled: Vec<u64>,
    pub longest_awaited: Vec<u64>,
    pub longest_settled: Vec<u64>,
    pub root_delays: Vec<u64>,
    pub ages: Vec<u64>,
    /// Traces by what would cut them first.
    pub cut: BTreeMap<Cut, u64>,
}

impl Arrivals {
    #[must_use]
    pub fn within(bytes: u64) -> Arrivals {
        Arrivals {
            traces: HashMap::new(),
            left: bytes,
            without_end: 0,
            beyond_memory: 0,
        }
    }

    /// Spans without a usable trace id are in no trace that could be measured.
    pub fn add(&mut self, request: &ExportTraceServiceRequest) {
        let scopes = request.resource_spans.iter().flat_map(|r| &r.scope_spans);
        for span in scopes.flat_map(|scope| &scope.spans) {
            let Ok(trace) = <[u8; 16]>::try_from(&*span.trace_id) else {
                continue;
            };
            let id = |bytes: &[u8]| <[u8; 8]>::try_from(bytes).map_or(0, u64::from_be_bytes);
            if span.end_time_unix_nano == 0 {
                self.without_end += 1;
                continue;
            }
            let arrival = Arrival {
                end: span.end_time_unix_nano,
                id: id(&span.span_id),
                parent: id(&span.parent_span_id),
            };
            self.push(trace, arrival);
        }
    }

    fn push(&mut self, trace: [u8; 16], arrival: Arrival) {
        let is_new = !self.traces.contains_key(&trace);
        let costs = BYTES_A_SPAN + if is_new { BYTES_A_TRACE } else { 0 };
        match self.left.checked_sub(costs) {
            None => self.beyond_memory += 1,
            Some(left) => {
                self.left = left;
                self.traces.entry(trace).or_default().push(arrival);
            }
        }
    }

    #[must_use]
    pub fn measure(self, settings: &Settings) -> Measured {
        let mut measured = Measured {
            without_end: self.without_end,
            beyond_memory: self.beyond_memory,
            ..Measured::default()
        };
        for mut spans in self.traces.into_values() {
            // Copies of a span that was sent again are no later spans.
            spans.sort_unstable();
            spans.dedup();
            measured.add(&spans, settings);
        }
        for all in [
            &mut measured.awaited,
            &mut measured.settled,
            &mut measured.longest_awaited,
            &mut measured.longest_settled,
            &mut measured.root_delays,
            &mut measured.ages,
        ] {
            all.sort_unstable();
        }
        measured
    }
}

impl Measured {
    /// The spans of one trace, in the order of their ends.
    fn add(&mut self, spans: &[Arrival], settings: &Settings) {
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return;
        };
        self.traces += 1;
        self.spans += spans.len() as u64;
        self.ages.push(last.end - first.end);
        if let Some(root) = spans.iter().find(|span| span.parent == 0) {
            self.root_delays.push(root.end - first.end);
        }
        let mut awaited = Awaited::of(settings.completeness);
        let (mut longest_awaited, mut longest_settled) = (None, None);
        let mut cut = None;
        let mut before: Option<u64> = None;
        for span in spans {
            if let Some(before) = before {
                let gap = span.end - before;
                let waits = awaited.has_any();
                let (gaps, longest) = if waits {
                    (&mut self.awaited, &mut longest_awaited)
                } else {
                    (&mut self.settled, &mut longest_settled)
                };
                gaps.push(gap);
                *longest = (*longest).max(Some(gap));
                cut = cut.or_else(|| cut_by(gap, span.end - first.end, waits, settings));
            }
            awaited.came(span);
            before = Some(span.end);
        }
        self.longest_awaited.extend(longest_awaited);
        self.longest_settled.extend(longest_settled);
        self.incomplete += u64::from(awaited.has_any());
        if let Some(cut) = cut {
            *self.cut.entry(cut).or_default() += 1;
        }
    }
}

/// What would have closed the trace before a span that came so long after the one before it, and so long after the first.
fn cut_by(gap: u64, age: u64, waits: bool, settings: &Settings) -> Option<Cut> {
    let (timeout, by) = if waits && settings.root_timeout > settings.idle_timeout {
        (settings.root_timeout, Cut::Root)
    } else {
        (settings.idle_timeout, Cut::Idle)
    };
    if gap >= timeout {
        Some(by)
    } else {
        (age >= settings.max_age).then_some(Cut::Age)
    }
}

/// What completeness asks for and has not come yet.
struct Awaited {
    needs_root: bool,
    needs_parents: bool,
    came: HashSet<u64>,
    missing: HashSet<u64>,
}

impl Awaited {
    fn of(completeness: Completeness) -> Awaited {
        Awaited {
            needs_root: completeness.asks_for_a_root(),
            needs_parents: completeness.asks_for_parents(),
            came: HashSet::new(),
            missing: HashSet::new(),
        }
    }

    fn came(&mut self, span: &Arrival) {
        self.needs_root &= span.parent != 0;
        if self.needs_parents {
            self.came.insert(span.id);
            self.missing.remove(&span.id);
            if span.parent != 0 && !self.came.contains(&span.parent) {
                self.missing.insert(span.parent);
            }
        }
    }

    fn has_any(&self) -> bool {
        self.needs_root || !self.missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn measured(spans: &[(u64, u64, u64)], completeness: Completeness) -> Measured {
        let mut arrivals = Arrivals::within(1 << 20);
        for (end, id, parent) in spans {
            arrivals.push(
                [1; 16],
                Arrival {
                    end: end * SECOND,
                    id: *id,
                    parent: *parent,
                },
            );
        }
        arrivals.measure(&Settings {
            completeness,
            ..Settings::default()
        })
    }

    #[test]
    fn a_gap_is_held_against_the_timeout_that_runs_then() {
        let cut = |spans: &[(u64, u64, u64)], completeness| {
            measured(spans, completeness).cut.keys().copied().next()
        };
        // (end, id, parent): the root comes 20 s after its child.
        let root_last = [(1, 2, 1), (21, 1, 0)];
        assert_eq!(cut(&root_last, Completeness::Root), None);
        assert_eq!(cut(&root_last, Completeness::Idle), Some(Cut::Idle));
        let late_child = [(1, 1, 0), (11, 2, 1)];
        assert_eq!(cut(&late_child, Completeness::Root), Some(Cut::Idle));
        assert_eq!(cut(&[(1, 1, 0), (10, 2, 1)], Completeness::Root), None);
        // The parent of a grandchild is awaited too.
        let late_parent = [(1, 1, 0), (2, 3, 2), (21, 2, 1)];
        assert_eq!(cut(&late_parent, Completeness::Linked), None);
        assert_eq!(cut(&late_parent, Completeness::Root), Some(Cut::Idle));
        assert_eq!(
            cut(&[(1, 2, 1), (61, 1, 0)], Completeness::Root),
            Some(Cut::Root)
        );
        let steps: Vec<(u64, u64, u64)> = (0..=60).map(|n| (5 * n + 1, n + 2, 1)).collect();
        assert_eq!(cut(&steps, Completeness::Root), Some(Cut::Age));
        assert_eq!(cut(&steps[..60], Completeness::Root), None);
    }

    #[test]
    fn gaps_are_told_apart_by_what_was_awaited() {
        let spans = [(1, 2, 1), (3, 3, 1), (7, 1, 0), (8, 4, 1), (8, 4, 1)];
        let measured = measured(&spans, Completeness::Root);
        assert_eq!(measured.awaited, [2 * SECOND, 4 * SECOND]);
        assert_eq!(measured.settled, [SECOND]);
        assert_eq!(measured.longest_awaited, [4 * SECOND]);
        assert_eq!(measured.root_delays, [6 * SECOND]);
        assert_eq!(measured.ages, [7 * SECOND]);
        assert_eq!((measured.spans, measured.incomplete), (4, 0));
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let fits = 3;
        let mut arrivals = Arrivals::within(BYTES_A_TRACE + fits * BYTES_A_SPAN);
        for id in 0..=fits {
            arrivals.push(
                [1; 16],
                Arrival {
                    end: id + 1,
                    id,
                    parent: 0,
                },
            );
        }
        let measured = arrivals.measure(&Settings::default());
        assert_eq!((measured.spans, measured.beyond_memory), (fits, 1));
    }
}
