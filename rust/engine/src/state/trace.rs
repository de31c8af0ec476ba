//! The state of one trace: cells, a few records, the ids that came, and what was already reported.
//! Never the spans themselves.
//!
//! Its fields are this room's own. Others read it through what is public here, and change it by telling it
//! what happened: a span came (see [`merge`](crate::state::merge)), it closed, a violation fired.

use betrace_pages::prefetch_all;
use serde::{Deserialize, Serialize};

use crate::id::TraceId;
use crate::logic::tri::Reasons;
use crate::state::apart::SetApart;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::cell::Cells;
use crate::state::fed_cells::CellsMut;
use crate::state::flags::{Flag, Flags};
use crate::state::kept::Projection;
use crate::state::record::{Records, RecordsMut};
use crate::state::record_id::{NO_RECORD, RecordId, packed_id, unpacked_id};
use crate::state::seen::{Parents, Seen, SeenMut};
use crate::time::{Earliest, EventTime, Timestamp};

/// Counts the rule sets that an engine has had.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub(crate) struct Generation(pub u32);

/// Small, as there are many: what few traces have stands [apart](crate::state::apart).
#[derive(Debug)]
pub(crate) struct TraceState {
    pub(super) id: TraceId,
    /// Its spans, records and cells.
    block: Block,
    apart: Option<Box<SetApart>>,
    /// When its first span came.
    pub(super) opened: Timestamp,
    /// When the latest span before the close came, or, of one that closed, when it did.
    pub(super) last: Timestamp,
    /// The earliest start and the latest end of the spans that have order; the highest and 0: none has.
    pub(super) earliest: EventTime,
    pub(super) latest: EventTime,
    /// The earliest start of all spans that name one.
    pub(super) began: Earliest,
    /// The oldest rule set under which a span was merged.
    pub(super) generation: Generation,
    /// Of what all digests of its spans are made; 0: of several things, or of what is not known.
    pub(super) digest_basis: u32,
    /// The first root or, as long as none came, the first span, by [`Rank`](crate::state::record::Rank).
    foremost: u32,
    /// Its number among those that the latest call touched. Not stored.
    touched: u32,
    /// Tells it from all others that stood at its place. Not stored.
    pub(super) serial: u32,
    /// Steps taken for verdicts before the close. Not stored: a restart grants them again.
    early_work: u32,
    /// What it weighed at the latest change, in pieces of [`WEIGHT`].
    weight: u32,
    /// Why it is, or will be, incomplete. What is missing when it closes is among it whoever asks for it: a rule passes over
    /// what it does not ask for.
    pub(super) reasons: Reasons,
    pub(super) parents: Parents,
    pub(super) flags: Flags,
}

/// In what pieces a trace is weighed, in bytes.
const WEIGHT: usize = 16;

impl TraceState {
    pub(crate) fn new(id: TraceId, now: Timestamp, generation: Generation) -> TraceState {
        TraceState {
            id,
            block: Block::default(),
            apart: None,
            opened: now,
            last: now,
            earliest: EventTime::LAST,
            latest: EventTime::FIRST,
            began: Earliest::NONE,
            generation,
            digest_basis: 0,
            foremost: NO_RECORD,
            touched: 0,
            serial: 0,
            early_work: 0,
            weight: 0,
            reasons: Reasons::NONE,
            parents: Parents::OfRecorded,
            flags: Flags::default(),
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

    /// When the latest span of a live one came.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    pub fn closed(&self) -> Option<Timestamp> {
        (!self.is_live()).then_some(self.last)
    }

    pub fn is_live(&self) -> bool {
        !self.flags.has(Flag::Closed)
    }

    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether every span came under the rule set of `since` or a later one.
    pub fn was_seen_by(&self, since: Generation) -> bool {
        self.generation >= since
    }

    /// Whether some span has order.
    fn is_ordered(&self) -> bool {
        self.earliest <= self.latest
    }

    /// Nanoseconds from the earliest start to the latest end.
    pub fn duration(&self) -> u64 {
        let is_ordered = self.is_ordered();
        if is_ordered {
            self.latest.since(self.earliest)
        } else {
            0
        }
    }

    /// The latest end; none where no span has order.
    pub fn latest(&self) -> Option<EventTime> {
        self.is_ordered().then_some(self.latest)
    }

    #[inline(always)]
    pub fn began(&self) -> Option<EventTime> {
        self.began.get()
    }

    /// Whether some span has no order.
    pub fn is_skewed(&self) -> bool {
        self.flags.has(Flag::Skewed)
    }

    #[inline(always)]
    pub fn span_count(&self) -> usize {
        self.seen().len()
    }

    #[inline(always)]
    pub fn seen(&self) -> Seen<'_> {
        Seen::of(&self.block, self.apart.as_deref(), self.parents)
    }

    pub(super) fn seen_mut<'t>(&'t mut self, pool: &'t mut BlockPool) -> SeenMut<'t> {
        SeenMut {
            block: &mut self.block,
            pool,
            apart: &mut self.apart,
            parents: self.parents,
        }
    }

    #[inline(always)]
    pub fn records(&self) -> Records<'_> {
        Records {
            block: &self.block,
            seen: self.seen(),
            kept: self.apart().and_then(|apart| apart.kept.as_deref()),
        }
    }

    /// What is kept of a recorded span.
    #[inline]
    pub fn projection(&self, id: RecordId) -> Option<&Projection> {
        self.apart()?.kept.as_deref()?.projection(id.index())
    }

    pub(super) fn records_mut<'t>(&'t mut self, pool: &'t mut BlockPool) -> RecordsMut<'t> {
        RecordsMut {
            block: &mut self.block,
            pool,
            apart: &mut self.apart,
            parents: self.parents,
        }
    }

    /// The first root.
    #[inline(always)]
    pub fn root(&self) -> Option<RecordId> {
        self.foremost().filter(|_| self.flags.has(Flag::Rooted))
    }

    /// The first span, as long as there is no root.
    #[inline(always)]
    pub fn first(&self) -> Option<RecordId> {
        self.foremost().filter(|_| !self.flags.has(Flag::Rooted))
    }

    /// Either of them.
    #[inline(always)]
    pub(super) fn foremost(&self) -> Option<RecordId> {
        unpacked_id(self.foremost)
    }

    pub(super) fn set_foremost(&mut self, record: Option<RecordId>) {
        self.foremost = packed_id(record);
    }

    /// Without what is [noted](crate::state::settled).
    #[inline(always)]
    pub fn own_cells(&self) -> Cells<'_> {
        let values = self.apart.as_deref().map_or(&[][..], |apart| &apart.values);
        Cells::in_block(&self.block, values)
    }

    pub(super) fn cells_mut<'t>(&'t mut self, pool: &'t mut BlockPool) -> CellsMut<'t> {
        CellsMut {
            block: &mut self.block,
            pool,
            apart: &mut self.apart,
        }
    }

    #[inline(always)]
    pub(super) fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    /// What its spans, records and cells take, in bytes.
    #[inline(always)]
    pub(super) fn block_len(&self) -> usize {
        self.block.len()
    }

    /// Asks for its block before that is needed.
    #[inline]
    pub(super) fn prefetch_block(&self) {
        self.block.prefetch();
        self.prefetch_apart();
    }

    /// Asks for what is read when it goes.
    #[inline]
    pub(super) fn prefetch_release(&self) {
        self.block.prefetch_list(List::Records);
        self.prefetch_apart();
    }

    #[inline(always)]
    fn prefetch_apart(&self) {
        if let Some(apart) = self.apart() {
            prefetch_all(apart);
        }
    }

    #[inline(always)]
    pub(super) fn apart(&self) -> Option<&SetApart> {
        self.apart.as_deref()
    }

    pub(super) fn apart_mut(&mut self) -> &mut SetApart {
        self.apart.get_or_insert_default()
    }

    /// What it weighed at the latest change, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.weight as usize * WEIGHT
    }

    /// Weighs the trace after it changed. Returns what it weighed before, and what it does now.
    pub fn weigh(&mut self) -> (usize, usize) {
        let before = self.bytes();
        let apart = self.apart.as_ref().map_or(0, |apart| apart.heap_bytes());
        let pieces = (self.block.heap_bytes() + apart).div_ceil(WEIGHT);
        self.weight = u32::try_from(pieces).unwrap_or(u32::MAX);
        (before, self.bytes())
    }

    /// Gives its memory back.
    pub fn release(mut self, pool: &mut BlockPool) {
        self.records_mut(pool).release_texts();
        self.block.release(pool);
    }

    #[inline(always)]
    pub fn touched(&self) -> u32 {
        self.touched
    }

    #[inline(always)]
    pub fn set_touched(&mut self, number: u32) {
        self.touched = number;
    }

    /// Steps that verdicts before the close have taken.
    pub fn early_work(&self) -> u64 {
        u64::from(self.early_work)
    }

    pub fn worked_early(&mut self, steps: u64) {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.early_work = self.early_work.saturating_add(steps);
    }
}
