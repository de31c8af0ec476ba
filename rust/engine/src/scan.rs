//! From OTLP bytes to spans with the values that rules read.
//!
//! One pass over an `ExportTraceServiceRequest` (or `TracesData`), nothing decoded that no rule asks for.
//! Protobuf fixes no order of fields, so the resource is looked for before its spans, and the scope before
//! its own; a message that is split into parts is read as their merge. Values of the resource and the scope
//! are read once. Bytes that break off are read as far as they go: a whole span whose resource and scope are
//! known has been visited before the error is returned.

pub(crate) mod digest;
pub(crate) mod keys;
pub(crate) mod read_plan;
pub(crate) mod slots;
pub(crate) mod view;

use std::ops::Range;

use crate::matcher::{Hit, MatchState, Matcher};
use crate::scan::keys::KeyTable;
use crate::scan::read_plan::{EVENT_NAME_SLOT, OWN_KEY, OWN_SCOPE, ReadPlan};
use crate::scan::slots::{ListSet, SlotSet};
pub use crate::scan::view::SpanView;
use crate::scan::view::{Head, IdTexts};
use crate::wire::value::{KeyValue, Raw, RawKind};
use crate::wire::{Cursor, error, usual_payload};
pub use crate::wire::{ScanError, ScanErrorKind};

/// What one scan went over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanStats {
    /// Spans visited, our own among them.
    pub spans: u64,
    /// Spans passed over because an id is zero or of the wrong length.
    pub malformed: u64,
    /// Our own violation spans.
    pub own: u64,
}

/// Working memory of a scan, reused from one to the next. Belongs to one thread at a time, to no message.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) read: ReadState,
    pub(crate) matching: MatchState,
}

/// What has been read of the span at hand, its scope and its resource.
#[derive(Debug, Default)]
pub(crate) struct ReadState {
    pub resource: SlotSet,
    pub resource_digest: u64,
    pub scope: SlotSet,
    pub scope_name: Range<usize>,
    pub scope_version: Range<usize>,
    pub scope_digest: u64,
    pub is_own_scope: bool,
    pub span: SlotSet,
    pub events: ListSet,
    pub links: ListSet,
    pub head: Head,
    pub ids: IdTexts,
}

pub(crate) struct Scanner<'a, 's, V> {
    message: &'a [u8],
    matcher: &'s Matcher,
    plan: &'s ReadPlan,
    read: &'s mut ReadState,
    matching: &'s mut MatchState,
    visit: V,
    stats: ScanStats,
}

/// Whether a payload is all there. Of one that breaks off nothing is believed that a lost part could change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    BrokenOff,
}

/// Field numbers of a container of repeated messages: the one-off part and the repeated one.
const REQUEST_RESOURCE_SPANS: u32 = 1;
const FIRST: u32 = 1;
const REPEATED: u32 = 2;

impl<'a, 's, V> Scanner<'a, 's, V>
where
    V: FnMut(&SpanView<'a, '_>, &[Hit]),
{
    pub(crate) fn run(
        message: &'a [u8],
        matcher: &'s Matcher,
        scratch: &'s mut Scratch,
        visit: V,
    ) -> Result<ScanStats, ScanError> {
        if u32::try_from(message.len()).is_err() {
            return Err(error(0, ScanErrorKind::TooLarge));
        }
        let mut scanner = Scanner {
            message,
            matcher,
            plan: matcher.plan(),
            read: &mut scratch.read,
            matching: &mut scratch.matching,
            visit,
            stats: ScanStats::default(),
        };
        let whole = 0..message.len();
        scanner.each(whole, REQUEST_RESOURCE_SPANS, Scanner::resource_spans)?;
        Ok(scanner.stats)
    }

    /// Reads each payload of a repeated message field. What is left of one that breaks off is read too.
    fn each(
        &mut self,
        range: Range<usize>,
        field: u32,
        mut read: impl FnMut(&mut Self, Range<usize>, Extent) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        let end = range.end;
        let mut cursor = Cursor::new(self.message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            if tag.field != field {
                cursor.skip(tag)?;
                continue;
            }
            match cursor.expect_payload(tag) {
                Ok(payload) => read(self, payload, Extent::Whole)?,
                Err(fault) if fault.kind == ScanErrorKind::Truncated => {
                    read(self, cursor.at()..end, Extent::BrokenOff)?;
                    return Err(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Reads each part of a message that stands beside repeated ones, wherever it stands, and tells whether
    /// there is any. Faults of the framing are left to [`Scanner::each`], which goes over the same bytes.
    fn parts(
        &mut self,
        range: &Range<usize>,
        mut read: impl FnMut(&mut Self, Range<usize>) -> Result<(), ScanError>,
    ) -> Result<bool, ScanError> {
        let mut found = false;
        let mut cursor = Cursor::new(self.message, range.clone());
        while !cursor.is_done() {
            let Ok(tag) = cursor.tag() else { break };
            if tag.field == FIRST {
                let payload = cursor.expect_payload(tag)?;
                read(self, payload)?;
                found = true;
            } else if cursor.skip(tag).is_err() {
                break;
            }
        }
        Ok(found)
    }

    fn resource_spans(&mut self, range: Range<usize>, extent: Extent) -> Result<(), ScanError> {
        self.read.resource.begin(self.plan.resource.len());
        let found = self.parts(&range, Scanner::resource)?;
        if extent == Extent::BrokenOff && !found {
            return Ok(());
        }
        self.read.digest_resource(self.message, self.plan);
        self.each(range, REPEATED, Scanner::scope_spans)
    }

    fn resource(&mut self, range: Range<usize>) -> Result<(), ScanError> {
        let mut cursor = Cursor::new(self.message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            if tag.field == 1 {
                let entry = cursor.expect_payload(tag)?;
                attribute(
                    self.message,
                    entry,
                    &self.plan.resource,
                    &mut self.read.resource,
                )?;
            } else {
                cursor.skip(tag)?;
            }
        }
        Ok(())
    }

    fn scope_spans(&mut self, range: Range<usize>, extent: Extent) -> Result<(), ScanError> {
        self.read.scope.begin(self.plan.scope.len());
        self.read.scope_name = 0..0;
        self.read.scope_version = 0..0;
        let found = self.parts(&range, Scanner::scope)?;
        if extent == Extent::BrokenOff && !found {
            return Ok(());
        }
        self.read.is_own_scope = self.message[self.read.scope_name.clone()] == *OWN_SCOPE;
        self.read.digest_scope(self.message, self.plan);
        self.matching.begin_scope();
        self.each(range, REPEATED, Scanner::span)
    }

    fn scope(&mut self, range: Range<usize>) -> Result<(), ScanError> {
        let mut cursor = Cursor::new(self.message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                1 => self.read.scope_name = cursor.expect_payload(tag)?,
                2 => self.read.scope_version = cursor.expect_payload(tag)?,
                3 => {
                    let entry = cursor.expect_payload(tag)?;
                    attribute(self.message, entry, &self.plan.scope, &mut self.read.scope)?;
                }
                _ => cursor.skip(tag)?,
            }
        }
        Ok(())
    }

    fn span(&mut self, range: Range<usize>, extent: Extent) -> Result<(), ScanError> {
        if extent == Extent::BrokenOff {
            return Ok(());
        }
        let Some(is_own) = self.read.span(self.message, self.plan, range)? else {
            self.stats.malformed += 1;
            return Ok(());
        };
        self.stats.spans += 1;
        if is_own {
            self.stats.own += 1;
            self.matching.clear();
        } else {
            let view = SpanView::new(self.message, self.plan, self.read, &[], false);
            self.matcher.find(&view, self.matching);
        }
        let view = SpanView::new(
            self.message,
            self.plan,
            self.read,
            self.matching.unlike(),
            is_own,
        );
        (self.visit)(&view, self.matching.hits());
        Ok(())
    }
}

/// Fields of `Span`, by number and by the tag that they have in one byte.
mod field {
    pub const TRACE_ID: u32 = 1;
    pub const SPAN_ID: u32 = 2;
    pub const PARENT_ID: u32 = 4;
    pub const NAME: u32 = 5;
    pub const KIND: u32 = 6;
    pub const START: u32 = 7;
    pub const END: u32 = 8;
    pub const ATTRIBUTES: u32 = 9;
    pub const EVENTS: u32 = 11;
    pub const LINKS: u32 = 13;
    pub const STATUS: u32 = 15;
    pub const ATTRIBUTES_TAG: u8 = (ATTRIBUTES << 3 | 2) as u8;
}

impl ReadState {
    /// Reads one span. `None`: its ids are not those of a span; else whether it is one of our own.
    fn span(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<Option<bool>, ScanError> {
        self.begin_span(plan);
        let mut is_own = false;
        let mut cursor = Cursor::new(message, range);
        let bytes = cursor.bytes();
        while let Some(tag) = cursor.peek() {
            // Attributes are most of a span, and the rest of it is read by the book.
            if tag == field::ATTRIBUTES_TAG
                && let Some((start, end)) = usual_payload(bytes, cursor.at() + 1)
            {
                is_own |= self.span_attribute(message, plan, start..end)?;
                cursor.go_to(end);
            } else {
                is_own |= self.span_field(message, plan, &mut cursor)?;
            }
        }
        let is_span = self.head.take_ids(message);
        if is_span && plan.ids {
            self.ids.write(&self.head);
        }
        Ok(is_span.then_some(is_own))
    }

    fn begin_span(&mut self, plan: &ReadPlan) {
        self.head = Head::default();
        self.span.begin(plan.span.len());
        if plan.reads_events() {
            self.events.begin(plan.event.len() + 1);
        }
        if plan.reads_links() {
            self.links.begin(plan.link.len());
        }
    }

    /// Whether the attribute is that of our own spans.
    #[inline(always)]
    fn span_attribute(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        entry: Range<usize>,
    ) -> Result<bool, ScanError> {
        let pair = KeyValue::read(message, entry)?;
        if let Some(slot) = plan.span.slot(pair.key)
            && !self.span.is_set(slot)
        {
            self.span.set(slot, pair.value(message)?);
        }
        Ok(self.is_own_scope && pair.key == OWN_KEY)
    }

    fn span_field(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        cursor: &mut Cursor<'_>,
    ) -> Result<bool, ScanError> {
        let head = &mut self.head;
        let tag = cursor.tag()?;
        match tag.field {
            field::ATTRIBUTES => {
                let entry = cursor.expect_payload(tag)?;
                return self.span_attribute(message, plan, entry);
            }
            field::TRACE_ID => head.trace_id = cursor.expect_payload(tag)?,
            field::SPAN_ID => head.span_id = cursor.expect_payload(tag)?,
            field::PARENT_ID => head.parent_id = cursor.expect_payload(tag)?,
            field::NAME => head.name = cursor.expect_payload(tag)?,
            // Enumerations are 32 bits wide; whatever is above them is cut off, as protobuf says.
            field::KIND => head.kind = cursor.expect_varint(tag)? as i32,
            field::START => head.start = cursor.expect_fixed64(tag)?,
            field::END => head.end = cursor.expect_fixed64(tag)?,
            field::STATUS => {
                let payload = cursor.expect_payload(tag)?;
                head.read_status(message, payload)?;
            }
            field::EVENTS => {
                let payload = cursor.expect_payload(tag)?;
                if plan.reads_events() {
                    self.event(message, plan, payload)?;
                }
            }
            field::LINKS => {
                let payload = cursor.expect_payload(tag)?;
                if plan.reads_links() {
                    self.link(message, plan, payload)?;
                }
            }
            _ => cursor.skip(tag)?,
        }
        Ok(false)
    }

    fn event(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        self.events.next_owner();
        let mut name = 0..0;
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                2 => name = cursor.expect_payload(tag)?,
                3 => {
                    let entry = cursor.expect_payload(tag)?;
                    list_attribute(message, entry, &plan.event, 1, &mut self.events)?;
                }
                _ => cursor.skip(tag)?,
            }
        }
        if plan.event_names && !name.is_empty() {
            self.events
                .push(EVENT_NAME_SLOT, Raw::place(RawKind::Text, &name));
        }
        Ok(())
    }

    fn link(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        self.links.next_owner();
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            if tag.field == 4 {
                let entry = cursor.expect_payload(tag)?;
                list_attribute(message, entry, &plan.link, 0, &mut self.links)?;
            } else {
                cursor.skip(tag)?;
            }
        }
        Ok(())
    }
}

/// Keeps the attribute in `entry` if its key is wanted and new.
#[inline]
fn attribute(
    message: &[u8],
    entry: Range<usize>,
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let pair = KeyValue::read(message, entry)?;
    if let Some(slot) = keys.slot(pair.key)
        && !slots.is_set(slot)
    {
        slots.set(slot, pair.value(message)?);
    }
    Ok(())
}

fn list_attribute(
    message: &[u8],
    entry: Range<usize>,
    keys: &KeyTable,
    shift: u32,
    lists: &mut ListSet,
) -> Result<(), ScanError> {
    let pair = KeyValue::read(message, entry)?;
    if let Some(slot) = keys.slot(pair.key)
        && !lists.is_set(slot + shift)
    {
        lists.push(slot + shift, pair.value(message)?);
    }
    Ok(())
}
