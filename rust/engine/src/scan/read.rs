//! What has been read of the span at hand, its scope and its resource: the reading of everything below the
//! containers.
//!
//! A [`ReadState`] is filled part by part as the message goes by, and reused from one message to the next.

use std::cell::Cell;
use std::ops::Range;

use crate::mark::{Claim, MARK, OwnSpans, SCOPE, VIOLATION_ID, Whose};
use crate::scan::attributes::{attribute, keep, unexpected_attributes};
use crate::scan::expected::Expectations;
use crate::scan::head::{IdTexts, SpanHead};
use crate::scan::lists::ListSet;
use crate::scan::read_plan::{EVENT_SHIFT, LINK_SHIFT, ReadPlan};
use crate::scan::resources::{KnownResources, ResourcePlace, Twins};
use crate::scan::slots::SlotSet;
use crate::scan::span_field as field;
use crate::wire::pair::KeyValue;
use crate::wire::value::{Raw, RawKind};
use crate::wire::{Cursor, PartOfMessage, ScanError, usual_payload};

/// Text of link ids kept for the next span; a span with more gives the room back.
const KEPT_ID_BYTES: usize = 1 << 20;

/// The working memory of a scan. Belongs to one thread at a time, to no message.
#[derive(Debug, Default)]
pub(crate) struct ReadState {
    pub resource: SlotSet,
    pub scope: SlotSet,
    /// The service, where it was looked for once for the spans of a scope.
    pub service: Option<Raw>,
    pub scope_name: PartOfMessage,
    pub scope_version: PartOfMessage,
    /// Counts the scopes that were begun: what was said of the spans of one may not hold for the next.
    pub scope_serial: u64,
    /// Which spans are our own.
    own: OwnSpans,
    is_own_scope: bool,
    /// What a span in our scope has of ours.
    violation_id: Raw,
    mark: Raw,
    pub span: SlotSet,
    /// What its attributes are expected to be.
    pub expected: Expectations,
    pub events: ListSet,
    pub links: ListSet,
    /// The hexadecimal text of the ids that links name, one behind the other.
    pub link_ids: Vec<u8>,
    pub head: SpanHead,
    pub ids: IdTexts,
    /// Worked out when it is first asked for.
    pub scope_digest: Cell<Option<u64>>,
    /// Likewise, of the resource.
    pub twins: Twins,
    resources: KnownResources,
    has_resource: bool,
    /// Where the resource is kept, if one part was read of it and no more.
    known: Option<ResourcePlace>,
}

/// By what a span is told from another with its id, and a copy of it from one that differs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanMarks {
    pub twin: u32,
    pub digest: u64,
}

impl ReadState {
    pub(crate) fn new(own: OwnSpans) -> ReadState {
        ReadState {
            own,
            ..ReadState::default()
        }
    }

    /// A message is read by this plan.
    pub(crate) fn begin(&mut self, plan: &ReadPlan) {
        self.expected.begin(plan);
        self.leave_resource();
        self.resources.begin(plan);
    }

    pub(crate) fn begin_resource(&mut self, plan: &ReadPlan) {
        self.leave_resource();
        self.resource.begin(plan.resource.len());
        self.twins = Default::default();
        self.has_resource = false;
    }

    fn leave_resource(&mut self) {
        if let Some(known) = self.known.take() {
            self.resources.keep_twins(known, &self.twins);
        }
    }

    /// Reads one part of a resource; most have one.
    pub(crate) fn resource(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        let is_first = !std::mem::replace(&mut self.has_resource, true);
        self.leave_resource();
        self.twins = Default::default();
        let part = (message.get(range.clone()).unwrap_or(&[]), range.start);
        let place = self.resources.place(part.0).filter(|_| is_first);
        if let Some(place) = place
            && self
                .resources
                .fill(place, part, &mut self.resource, &mut self.twins)
        {
            self.known = Some(place);
            return Ok(());
        }
        self.resource_attributes(message, plan, range)?;
        self.known = place.filter(|place| self.resources.keep(*place, part, &self.resource));
        Ok(())
    }

    fn resource_attributes(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            if tag.field == 1 {
                let entry = cursor.expect_payload(tag)?;
                attribute(message, entry, &plan.resource, &mut self.resource)?;
            } else {
                cursor.skip(tag)?;
            }
        }
        Ok(())
    }

    pub(crate) fn begin_scope(&mut self, plan: &ReadPlan) {
        self.scope.begin(plan.scope.len());
        self.scope_name = PartOfMessage::default();
        self.scope_version = PartOfMessage::default();
        self.scope_digest.set(None);
        self.scope_serial += 1;
    }

    /// Reads one part of a scope.
    pub(crate) fn scope(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                1 => self.scope_name = PartOfMessage::of(&cursor.expect_payload(tag)?),
                2 => self.scope_version = PartOfMessage::of(&cursor.expect_payload(tag)?),
                3 => {
                    let entry = cursor.expect_payload(tag)?;
                    attribute(message, entry, &plan.scope, &mut self.scope)?;
                }
                _ => cursor.skip(tag)?,
            }
        }
        Ok(())
    }

    /// All parts of the scope have been read.
    pub(crate) fn end_scope(&mut self, message: &[u8]) {
        self.is_own_scope = self.scope_name.of_message(message) == SCOPE.as_bytes();
    }

    /// Reads one span. `None`: its ids are not those of a span; else whose it is.
    #[inline(always)]
    pub(crate) fn span(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<Option<Whose>, ScanError> {
        self.begin_span(plan);
        let mut cursor = Cursor::new(message, range);
        let bytes = cursor.bytes();
        // What nearly every span has is read as it is nearly always written, and the rest by the book.
        let mut at = self.head.read_usual(bytes, cursor.at());
        self.expected.begin_span(self.head.kind);
        while let Some(tag) = bytes.get(at) {
            if *tag == field::ATTRIBUTES_TAG
                && !self.is_own_scope
                && let Some(end) = self.attributes(message, bytes, at, plan)?
            {
                at = end;
            } else if let Some(end) = passed_over(plan, bytes, *tag, at) {
                at = end;
            } else {
                cursor.go_to(at);
                self.span_field(message, plan, &mut cursor)?;
                at = cursor.at();
            }
        }
        let is_span = self.head.is_span();
        if is_span && plan.ids {
            self.ids.write(&self.head);
        }
        Ok(is_span.then(|| self.whose(message)))
    }

    /// Reads attributes that begin at `at` and are written as usual, and tells where that ends. The span ends where `bytes` do.
    #[inline(always)]
    fn attributes(
        &mut self,
        message: &[u8],
        bytes: &[u8],
        at: usize,
        plan: &ReadPlan,
    ) -> Result<Option<usize>, ScanError> {
        let ReadState { span, expected, .. } = self;
        let behind = expected.follow(message, (at, bytes.len()), span);
        if behind > at {
            return Ok(Some(behind));
        }
        unexpected_attributes((message, bytes), at, &plan.span, span, expected)
    }

    #[inline]
    fn whose(&self, message: &[u8]) -> Whose {
        if !self.is_own_scope {
            return Whose::Others;
        }
        let text = |raw: Raw| (raw.kind == RawKind::Text).then(|| raw.payload(message));
        self.own.whose(&Claim {
            trace: &self.head.trace,
            span: &self.head.span,
            name: self.head.name.of_message(message),
            violation: text(self.violation_id),
            mark: text(self.mark),
        })
    }

    #[inline(always)]
    fn begin_span(&mut self, plan: &ReadPlan) {
        self.head = SpanHead::default();
        (self.violation_id, self.mark) = (Raw::MISSING, Raw::MISSING);
        self.span.begin(plan.span.len());
        if plan.reads_events {
            self.events.begin(plan.event.len() + EVENT_SHIFT as usize);
        }
        if plan.reads_links {
            self.links.begin(plan.link.len() + LINK_SHIFT as usize);
            self.link_ids.clear();
            if self.link_ids.capacity() > KEPT_ID_BYTES {
                self.link_ids.shrink_to(KEPT_ID_BYTES);
            }
        }
    }

    fn span_attribute(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        entry: Range<usize>,
    ) -> Result<(), ScanError> {
        let pair = KeyValue::read(message, entry)?;
        self.expected.lose();
        keep(message, &pair, &plan.span, &mut self.span)?;
        if self.is_own_scope {
            self.claim(message, &pair)?;
        }
        Ok(())
    }

    /// Of a key that stands twice the first counts, as everywhere.
    #[cold]
    fn claim(&mut self, message: &[u8], pair: &KeyValue<'_>) -> Result<(), ScanError> {
        let claimed = match pair.key {
            key if key == VIOLATION_ID.as_bytes() => &mut self.violation_id,
            key if key == MARK.as_bytes() => &mut self.mark,
            _ => return Ok(()),
        };
        if *claimed == Raw::MISSING {
            *claimed = pair.value(message)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn span_field(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), ScanError> {
        let head = &mut self.head;
        let tag = cursor.tag()?;
        match tag.field {
            field::ATTRIBUTES => {
                let entry = cursor.expect_payload(tag)?;
                return self.span_attribute(message, plan, entry);
            }
            field::TRACE_ID => head.set_trace(&message[cursor.expect_payload(tag)?]),
            field::SPAN_ID => head.set_span(&message[cursor.expect_payload(tag)?]),
            field::PARENT_ID => head.set_parent(&message[cursor.expect_payload(tag)?]),
            field::NAME => head.name = PartOfMessage::of(&cursor.expect_payload(tag)?),
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
                if plan.reads_events {
                    self.event(message, plan, payload)?;
                }
            }
            field::LINKS => {
                let payload = cursor.expect_payload(tag)?;
                if plan.reads_links {
                    self.link(message, plan, payload)?;
                }
            }
            _ => cursor.skip(tag)?,
        }
        Ok(())
    }
}

/// Where the field whose tag stands at `at` ends, if nobody asks what it says and it is written as usual.
#[inline]
fn passed_over(plan: &ReadPlan, bytes: &[u8], tag: u8, at: usize) -> Option<usize> {
    match tag {
        // Flags stand in every span that a current writer wrote.
        _ if bytes[at..].first_chunk() == Some(&field::FLAGS_TAG) => {
            let end = at + field::FLAGS_BYTES;
            (end <= bytes.len()).then_some(end)
        }
        field::EVENTS_TAG if plan.reads_events => None,
        field::LINKS_TAG if plan.reads_links => None,
        field::EVENTS_TAG | field::LINKS_TAG | field::TRACE_STATE_TAG => {
            usual_payload(bytes, at + 1).map(|(_, end)| end)
        }
        _ => None,
    }
}
