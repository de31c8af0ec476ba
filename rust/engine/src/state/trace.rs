//! The state of one trace: cells, a few records, the ids that came, and what was already reported.
//! Never the spans themselves.
//!
//! Its fields are this room's own. Others read it through what is public here, and change it by telling it
//! what happened: a span came (see [`merge`](crate::state::merge)), it closed, a violation fired.

use betrace_lang::verdict::Reason;
use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::TraceId;
use crate::intern::{CellId, RuleKey};
use crate::logic::tri::Reasons;
use crate::settings::Completeness;
use crate::state::cell::Cell;
use crate::state::heap::heap;
use crate::state::record::{RecordId, Records};
use crate::state::seen::Seen;
use crate::time::{EventTime, Timestamp};

/// Counts the rule sets that an engine has had.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub(crate) struct Generation(pub u32);

/// A violation that was already reported: of a rule, and of an obligation in it (0: the rule has none).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fired {
    pub rule: RuleKey,
    pub obligation: u64,
}

/// A rule that was costly to evaluate, and the span count from which it is tried again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Postponed {
    rule: RuleKey,
    until: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct TraceState {
    pub(super) id: TraceId,
    /// When its first span came, and the latest one before the close.
    pub(super) opened: Timestamp,
    pub(super) last: Timestamp,
    pub(super) closed: Option<Timestamp>,
    /// The oldest rule set under which a span was merged.
    pub(super) generation: Generation,
    /// Why it is, or will be, incomplete. What is missing when it closes is among it whoever asks for it: a rule passes over
    /// what it does not ask for.
    pub(super) reasons: Reasons,
    /// The earliest start and the latest end of the spans that have order.
    pub(super) ordered: Option<(EventTime, EventTime)>,
    /// The earliest start of all spans that name one.
    pub(super) began: Option<EventTime>,
    /// Spans without order.
    pub(super) skewed: u32,
    pub(super) seen: Seen,
    /// Of what all digests in `seen` are made; 0: of several things, or of what is not known.
    pub(super) digest_basis: u64,
    pub(super) records: Records,
    /// The first root and the first span, by [`Rank`](crate::state::record::Rank).
    pub(super) root: Option<RecordId>,
    pub(super) first: Option<RecordId>,
    /// Sorted by id.
    pub(super) cells: Vec<(CellId, Cell)>,
    /// Sorted: by rule, then obligation.
    pub(super) fired: Vec<Fired>,
    /// Those of `fired` that spans which came after the close contradict; sorted.
    pub(super) contradicted: Vec<Fired>,
    /// A span came after the close, and nobody asked yet what it contradicts.
    pub(super) is_news: bool,
    /// Sorted by rule.
    pub(super) postponed: Vec<Postponed>,
    /// Steps taken for verdicts before the close. Not stored: a restart grants them again.
    pub(super) early_work: u64,
    /// As accounted for at the latest change.
    pub(super) bytes: usize,
}

impl TraceState {
    pub(crate) fn new(id: TraceId, now: Timestamp, generation: Generation) -> TraceState {
        TraceState {
            id,
            opened: now,
            last: now,
            closed: None,
            generation,
            reasons: Reasons::NONE,
            ordered: None,
            began: None,
            skewed: 0,
            seen: Seen::default(),
            digest_basis: 0,
            records: Records::default(),
            root: None,
            first: None,
            cells: Vec::new(),
            fired: Vec::new(),
            contradicted: Vec::new(),
            is_news: false,
            postponed: Vec::new(),
            early_work: 0,
            bytes: heap(size_of::<TraceState>()),
        }
    }

    /// A trace of which nothing came, to ask rules about.
    pub fn empty() -> TraceState {
        TraceState::new(TraceId([0; 16]), Timestamp(0), Generation::default())
    }

    pub fn id(&self) -> TraceId {
        self.id
    }

    pub fn opened(&self) -> Timestamp {
        self.opened
    }

    /// When the latest span before the close came.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    pub fn closed(&self) -> Option<Timestamp> {
        self.closed
    }

    pub fn is_live(&self) -> bool {
        self.closed.is_none()
    }

    /// It closed with all that is asked for.
    pub fn is_complete(&self, asked: Completeness) -> bool {
        !self.is_live() && self.reasons(asked).is_empty()
    }

    /// Likewise, but for what came after the close.
    pub fn was_complete(&self, asked: Completeness) -> bool {
        !self.is_live() && self.reasons(asked).without(Reason::Late).is_empty()
    }

    /// Why it is incomplete for those who ask for so much.
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
        if asked.asks_for_a_root() && self.root.is_none() {
            missing.add(Reason::NoRoot);
        }
        if asked.asks_for_parents() && !self.seen.is_linked(key) {
            missing.add(Reason::Orphan);
        }
        missing
    }

    /// Whether every span came under the rule set of `since` or a later one.
    pub fn was_seen_by(&self, since: Generation) -> bool {
        self.generation >= since
    }

    /// Nanoseconds from the earliest start to the latest end.
    pub fn duration(&self) -> u64 {
        self.ordered.map_or(0, |(start, end)| end.since(start))
    }

    /// The latest end; none where no span has order.
    pub fn latest(&self) -> Option<EventTime> {
        self.ordered.map(|(_, end)| end)
    }

    pub fn began(&self) -> Option<EventTime> {
        self.began
    }

    pub fn skewed(&self) -> u32 {
        self.skewed
    }

    pub fn span_count(&self) -> usize {
        self.seen.len()
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    pub fn records(&self) -> &Records {
        &self.records
    }

    pub fn root(&self) -> Option<RecordId> {
        self.root
    }

    pub fn first(&self) -> Option<RecordId> {
        self.first
    }

    pub fn cell(&self, id: CellId) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.cells[at].1)
    }

    /// The cells that some span fed, ascending.
    pub fn cells(&self) -> impl Iterator<Item = CellId> {
        self.cells.iter().map(|(id, _)| *id)
    }

    /// It closes now: complete for those who ask for nothing that is among the reasons against it.
    pub fn close(&mut self, now: Timestamp, reasons: Reasons) {
        self.reasons = self.reasons.with(reasons);
        self.closed = Some(now);
        self.postponed = Vec::new();
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
            self.is_news = true;
        }
    }

    /// Whether the id was known before the trace's first span, or spans came after its close.
    pub fn is_late(&self) -> bool {
        self.reasons.has(Reason::Late)
    }

    pub fn has_fired(&self, fired: Fired) -> bool {
        self.fired.binary_search(&fired).is_ok()
    }

    pub fn fired_of(&self, rule: RuleKey) -> usize {
        let from = self.fired.partition_point(|fired| fired.rule < rule);
        self.fired[from..].partition_point(|fired| fired.rule == rule)
    }

    pub fn note_fired(&mut self, fired: impl IntoIterator<Item = Fired>) {
        for fired in fired {
            if let Err(at) = self.fired.binary_search(&fired) {
                self.fired.insert(at, fired);
            }
        }
    }

    /// Steps that verdicts before the close have taken.
    pub fn early_work(&self) -> u64 {
        self.early_work
    }

    pub fn worked_early(&mut self, steps: u64) {
        self.early_work = self.early_work.saturating_add(steps);
    }

    /// Whether a span came after the close since this was asked.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }

    /// The violations that were given and not found to be contradicted, those of a rule together.
    pub fn uncontradicted(&self) -> Vec<Fired> {
        let is_left = |fired: &&Fired| self.contradicted.binary_search(fired).is_err();
        self.fired.iter().filter(is_left).copied().collect()
    }

    pub fn note_contradicted(&mut self, fired: Fired) {
        if let Err(at) = self.contradicted.binary_search(&fired) {
            self.contradicted.insert(at, fired);
        }
    }

    /// Leaves a costly rule alone until `spans` more came.
    pub fn postpone(&mut self, rule: RuleKey, spans: usize) {
        let until = self.seen.len().saturating_add(spans);
        match self.postponed.binary_search_by_key(&rule, |one| one.rule) {
            Ok(at) => self.postponed[at].until = until,
            Err(at) => self.postponed.insert(at, Postponed { rule, until }),
        }
    }

    pub fn is_postponed(&self, rule: RuleKey) -> bool {
        let at = self.postponed.binary_search_by_key(&rule, |one| one.rule);
        self.is_live() && at.is_ok_and(|at| self.seen.len() < self.postponed[at].until)
    }
}
