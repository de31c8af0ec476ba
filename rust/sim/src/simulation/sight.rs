//! What a collector could know of a trace, and when: what the judge's oracles are asked of.

use super::fault::{Fault, Faults, missing};
use super::record::Record;
use super::timeline::{IDLE, LATE_WINDOW, MAX_AGE, PRESSURE, Timeline};
use crate::model::Span;
use betrace_lang::verdict::Reason;

pub struct Sight<'m> {
    record: &'m Record,
    timeline: &'m Timeline,
    /// When its first span came, and its last.
    first: u64,
    last: u64,
    /// When it was closed for the first time.
    pub closes: Option<u64>,
    /// Its id was taken for one that came before.
    pub is_taken_for_old: bool,
    /// Nothing went wrong with it, and all that was made came before it was closed.
    is_exact: bool,
    /// The span without a parent came, and when.
    rooted: Option<u64>,
}

impl<'m> Sight<'m> {
    #[must_use]
    pub fn of(record: &'m Record, timeline: &'m Timeline, first: u64) -> Sight<'m> {
        let last = record.came.last().map_or(first, |(at, _)| *at);
        let closes = record.closed();
        let is_late = record
            .said
            .iter()
            .any(|said| said.reason == Some(Reason::Late));
        let span = |at: u16| &record.spans[usize::from(at)];
        let root = record
            .came
            .iter()
            .find(|(_, at)| span(*at).parent.is_none());
        let mut sight = Sight {
            record,
            timeline,
            first,
            last,
            closes,
            is_taken_for_old: is_late && record.faults.first_of(missing()).is_none(),
            is_exact: false,
            rooted: root.map(|(at, _)| *at),
        };
        sight.is_exact = sight.exact();
        sight
    }

    fn exact(&self) -> bool {
        let Some(closes) = self.closes else {
            return false;
        };
        let mut came: Vec<u16> = self.in_time(closes).map(|(_, at)| *at).collect();
        came.sort_unstable();
        came.dedup();
        let faults = self.record.faults;
        let disturbs = [Fault::DifferingCopy, Fault::Oversize];
        came.len() == self.record.spans.len()
            && !disturbs.iter().any(|fault| faults.has(*fault))
            && !self.is_taken_for_old
            && !self.is_gapped(closes)
            && !self.was_short(closes)
            && !self.is_stopped(closes)
            && closes < self.first + MAX_AGE
            && self.rooted.is_some_and(|at| at <= closes)
    }

    /// Nothing went wrong with it, all that was made came before it was closed, and the rule was there all the while.
    #[must_use]
    pub fn is_exact(&self, rule: u16) -> bool {
        self.is_exact && self.was_there(rule)
    }

    fn in_time(&self, at: u64) -> impl Iterator<Item = &'m (u64, u16)> {
        self.record
            .came
            .iter()
            .take_while(move |(came, _)| *came <= at)
    }

    fn spans(&self, numbers: impl Iterator<Item = &'m (u64, u16)>) -> Vec<&'m Span> {
        numbers
            .map(|(_, at)| &self.record.spans[usize::from(*at)])
            .collect()
    }

    /// All that was made; what came in the order in which it did.
    #[must_use]
    pub fn all(&self) -> Vec<&'m Span> {
        let mut all = self.spans(self.record.came.iter());
        all.extend(&self.record.spans);
        all
    }

    /// All that came by then.
    #[must_use]
    pub fn came(&self, at: u64) -> Vec<&'m Span> {
        self.spans(self.in_time(at))
    }

    /// How many did, copies among them.
    #[must_use]
    pub fn came_by(&self, at: u64) -> usize {
        self.in_time(at).count()
    }

    /// What came by then, and no crash took.
    #[must_use]
    pub fn known(&self, at: u64) -> Vec<&'m Span> {
        self.spans(self.kept(at))
    }

    fn kept(&self, at: u64) -> impl Iterator<Item = &'m (u64, u16)> {
        let timeline = self.timeline;
        let is_lost = move |came: u64| {
            let mut gaps = timeline.gaps.iter();
            gaps.any(|(from, until)| (*from..*until).contains(&came) && *until <= at)
        };
        self.in_time(at).filter(move |(came, _)| !is_lost(*came))
    }

    /// A crash took all that came of it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.kept(u64::MAX).next().is_none()
    }

    /// A collector was down, or knew nothing, since the trace began.
    fn is_gapped(&self, until: u64) -> bool {
        // By what its spans say a trace may have begun before its first one came.
        let began = self.record.spans.iter().map(|span| span.start);
        let began = began
            .filter(|start| *start != 0)
            .min()
            .unwrap_or(self.first);
        let since = began.min(self.first);
        self.timeline
            .gaps
            .iter()
            .any(|(_, up)| *up >= since && *up <= until)
    }

    /// Its collector stopped in order then, and ended what was live: nobody knows what was still to come.
    fn is_stopped(&self, at: u64) -> bool {
        self.timeline.stops.contains(&at)
    }

    /// Memory was short while it was there.
    fn was_short(&self, until: u64) -> bool {
        let mut floods = self.timeline.floods.iter();
        floods.any(|flood| *flood <= until && self.first <= flood + PRESSURE)
    }

    /// The rule was there from the trace's first span on to its last verdict.
    #[must_use]
    pub fn was_there(&self, rule: u16) -> bool {
        let end = self.closes.unwrap_or(self.last + MAX_AGE);
        self.absences(rule, self.first, end) == 0
    }

    /// How often the rule was not there between then and then.
    fn absences(&self, rule: u16, from: u64, until: u64) -> usize {
        let sets = self.timeline.rules.iter();
        let ends = self.timeline.rules.iter().skip(1).map(|(at, _)| *at);
        let spans = sets.zip(ends.chain([u64::MAX]));
        let overlap = spans.filter(|((begin, _), end)| *begin <= until && from < *end);
        overlap
            .filter(|((_, set), _)| !set[usize::from(rule)])
            .count()
    }

    /// Whether it may have been complete then, and whether it may have been incomplete.
    #[must_use]
    pub fn completeness(&self, rule: u16, at: u64) -> (bool, bool) {
        let is_rooted = self.rooted.is_some_and(|rooted| rooted <= at);
        let faults = self.record.faults;
        let lost = self.shows_a_loss(at) && !self.is_odd();
        let added = self.absences(rule, self.first, at) > 0;
        let is_over =
            faults.has(Fault::Oversize) && self.record.spans.len() > self.timeline.spans_a_trace;
        let is_aged = at >= self.first + MAX_AGE + IDLE;
        let is_cut = is_aged || self.is_stopped(at);
        let is_incomplete = !is_rooted || lost || added && !self.is_gapped(at) || is_cut;
        let may_be_incomplete = is_incomplete || self.is_loose(rule) || is_over || added;
        (!is_incomplete, may_be_incomplete)
    }

    /// A crash took spans of it, and those that are known began before it was over. A hostile client can send a root that began
    /// later, and then nothing is left that tells.
    fn shows_a_loss(&self, at: u64) -> bool {
        let span = |at: &u16| &self.record.spans[usize::from(*at)];
        let began = self.kept(at).map(|(_, at)| span(at).start).min();
        let mut gaps = self.timeline.gaps.iter();
        self.came_by(at) > self.kept(at).count()
            && gaps.any(|(_, up)| *up <= at && began.unwrap_or(0) < *up)
    }

    /// Its times say nothing of when it began.
    fn is_odd(&self) -> bool {
        let faults = self.record.faults;
        faults.has(Fault::ClockStep) || faults.has(Fault::ClockSkew)
    }

    /// What the collector knew of it cannot be told exactly.
    #[must_use]
    pub fn is_loose(&self, rule: u16) -> bool {
        let until = self.closes.unwrap_or(u64::MAX);
        let faults = self.record.faults;
        faults.has(Fault::DifferingCopy)
            || faults.has(Fault::Oversize)
            || self.is_taken_for_old
            || self.is_gapped(until)
            || self.was_short(until)
            || self.absences(rule, self.first, until) > 0
            || self.last > until
            || until >= self.first + MAX_AGE
    }

    /// A trace is closed once, but for these.
    #[must_use]
    pub fn may_close_again(&self, at: u64) -> bool {
        let closes = self.closes.unwrap_or(0);
        let is_back = self
            .timeline
            .gaps
            .iter()
            .any(|(_, until)| (closes..=at).contains(until));
        is_back || at >= closes + LATE_WINDOW || self.was_short(at)
    }

    /// No span came for the idle time, or its collector stopped counting.
    #[must_use]
    pub fn was_quiet(&self, at: u64) -> bool {
        let last = self.in_time(at).last().map_or(0, |(came, _)| *came);
        at >= last + IDLE
    }

    /// What befell its collector while it was there.
    #[must_use]
    pub fn befell(&self, rule: u16, at: u64) -> Faults {
        let mut faults = Faults::default();
        if self.is_gapped(at) {
            faults.add(Fault::CollectorCrash);
        }
        if self.was_short(at) {
            faults.add(Fault::Flood);
        }
        if self.absences(rule, self.first, at) > 0 {
            faults.add(Fault::Reload);
        }
        if self.record.faults.has(Fault::CollectorRestart) || self.is_stopped(at) {
            faults.add(Fault::CollectorRestart);
        }
        faults
    }

    #[must_use]
    pub fn befell_at_any_time(&self) -> Faults {
        let mut faults = Faults::default();
        if self.is_gapped(u64::MAX) {
            faults.add(Fault::CollectorCrash);
        }
        if self.was_short(u64::MAX) {
            faults.add(Fault::Flood);
        }
        faults
    }
}
