//! What has been read of the span at hand, its scope and its resource: the reading of everything below the
//! containers.
//!
//! A [`ReadState`] is filled part by part as the message goes by, and reused from one message to the next.

use std::cell::Cell;
use std::ops::Range;

use crate::mark::{Claim, MARK, OwnSpans, SCOPE, VIOLATION_ID, Whose};
use crate::scan::expected::Expectations;
use crate::scan::head::{IdTexts, SpanHead};
use crate::scan::keys::{KeyTable, KnownKey};
use crate::scan::lists::ListSet;
use crate::scan::read_plan::{EVENT_SHIFT, LINK_SHIFT, ReadPlan};
use crate::scan::slots::{Signs, SlotSet};
use crate::scan::span_field as field;
use crate::scan::value_digest::{digest_int, digest_text, digest_value};
use crate::wire::pair::{KeyValue, UsualPair, UsualValue};
use crate::wire::value::{Raw, RawKind, any_value};
use crate::wire::{Cursor, PartOfMessage, ScanError, usual_payload};

/// Text of link ids kept for the next span; a span with more gives the room back.
const KEPT_ID_BYTES: usize = 1 << 20;

/// Kinds of spans, the unspecified one included.
const KINDS: usize = 6;

/// The working memory of a scan. Belongs to one thread at a time, to no message.
#[derive(Debug, Default)]
pub(crate) struct ReadState {
    pub resource: SlotSet,
    pub scope: SlotSet,
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
    /// Likewise, what tells apart spans of a kind, by its number, that share an id.
    pub twins: [Cell<Option<u32>>; KINDS],
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

    pub(crate) fn begin_resource(&mut self, plan: &ReadPlan) {
        self.resource.begin(plan.resource.len());
        self.twins = Default::default();
    }

    /// Reads one part of a resource.
    pub(crate) fn resource(
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
        while let Some(tag) = bytes.get(at) {
            if *tag == field::ATTRIBUTES_TAG
                && !self.is_own_scope
                && let Some(end) = usual_attributes(
                    (message, bytes),
                    at,
                    &plan.span,
                    &mut self.span,
                    &mut self.expected,
                )?
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

    fn begin_span(&mut self, plan: &ReadPlan) {
        self.head = SpanHead::default();
        (self.violation_id, self.mark) = (Raw::MISSING, Raw::MISSING);
        self.span.begin(plan.span.len());
        self.expected.begin_span();
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

/// Reads the attributes of a span from `at` on for as long as they are written as usual, and tells where that ends; `None`:
/// the first is not. The span ends where `bytes` do.
#[inline(never)]
fn usual_attributes(
    (message, bytes): (&[u8], &[u8]),
    begin: usize,
    keys: &KeyTable,
    slots: &mut SlotSet,
    expected: &mut Expectations,
) -> Result<Option<usize>, ScanError> {
    let mut at = begin;
    loop {
        at = expected.follow(message, bytes, at, slots);
        let rest = bytes.get(at..).unwrap_or(&[]);
        let Some((pair, behind)) = any_usual(rest) else {
            return Ok((at > begin).then_some(at));
        };
        let end = bytes.len() - behind.len();
        if expected.surprise(&pair, keys) {
            at = expected.follow(message, &bytes[..end], at, slots);
        }
        if at < end {
            keep_usual(bytes, (pair, behind), keys, slots)?;
            at = end;
        }
    }
}

/// The attribute that `rest` begins with, and what is behind it.
#[inline(always)]
fn any_usual(rest: &[u8]) -> Option<(UsualPair<'_>, &[u8])> {
    let split = UsualPair::split(rest, field::ATTRIBUTES_TAG);
    split.or_else(|| UsualPair::split_long(rest, field::ATTRIBUTES_TAG))
}

/// Keeps an attribute, which has this `behind` it, if its key is wanted and new: value and digest while they are at hand.
#[inline(always)]
fn keep_usual(
    bytes: &[u8],
    (pair, behind): (UsualPair<'_>, &[u8]),
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let Some(key) = keys.known(pair.mark, || pair.key()) else {
        return Ok(());
    };
    if slots.is_set(key.slot) {
        return Ok(());
    }
    let end = bytes.len() - behind.len();
    let (value, digest) = match pair.value() {
        Some(UsualValue::Text(text)) => {
            (UsualValue::Text(text).raw(end), digest_text(key.hash, text))
        }
        Some(UsualValue::Int(bits)) => (UsualValue::Int(bits).raw(end), digest_int(key.hash, bits)),
        Some(other) => with_digest(key, other.raw(end), bytes),
        None => with_digest(
            key,
            any_value(bytes, pair.value_at(end), Raw::MISSING)?,
            bytes,
        ),
    };
    slots.set((key.slot, Signs::of(key.slot)), value, digest);
    Ok(())
}

#[inline(never)]
fn with_digest(key: KnownKey, value: Raw, message: &[u8]) -> (Raw, u64) {
    (value, digest_value(key.hash, value.value(message)))
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

/// Keeps the attribute in `entry` if its key is wanted and new.
#[inline]
fn attribute(
    message: &[u8],
    entry: Range<usize>,
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let pair = KeyValue::read(message, entry)?;
    keep(message, &pair, keys, slots)
}

#[inline]
fn keep(
    message: &[u8],
    pair: &KeyValue<'_>,
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let Some(key) = keys.key(pair.key) else {
        return Ok(());
    };
    // Of a key that stands twice the first counts.
    if !slots.is_set(key.slot) {
        let (value, digest) = with_digest(key, pair.value(message)?, message);
        slots.set((key.slot, Signs::of(key.slot)), value, digest);
    }
    Ok(())
}
