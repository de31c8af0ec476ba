//! A span as the engine sees it: ids, times, and a value for each field that rules read.

use betrace_lang::rule::Intrinsic;

use crate::id::{SpanId, TraceId};
use crate::mark::Whose;
use crate::predicate::fields::{FieldId, Fields};
use crate::scan::expected::SetShape;
use crate::scan::first_of::ValuePlace;
use crate::scan::head::SpanHead;
use crate::scan::lists::ListSet;
use crate::scan::read::{ReadState, SpanMarks};
use crate::scan::read_plan::{EVENT_TIME_SLOT, LINK_SHIFT, Place, ReadPlan};
use crate::scan::slots::{SetSlot, SetSlots, Signs};
use crate::value::{OwnedValue, Value};
use crate::wire::PartOfMessage;
use crate::wire::value::Raw;

/// One span of a message while it is visited. Ids, names and values are borrowed; nothing is owned.
#[derive(Clone, Copy)]
pub struct SpanView<'a, 's> {
    pub(crate) message: &'a [u8],
    pub(crate) plan: &'s ReadPlan,
    /// What was read of its scope, events and links.
    pub(super) read: &'s ReadState,
    pub(super) head: &'s SpanHead,
    /// Its attributes.
    pub(super) set: SetSlots<'s>,
    /// Those of its resource.
    pub(super) of_resource: SetSlots<'s>,
    pub(super) whose: Whose,
    /// What was worked out of the span when it was read, where it waited [aside](crate::scan::aside) since.
    pub(super) marks: Option<&'s SpanMarks>,
}

impl<'a, 's> SpanView<'a, 's> {
    /// Shows `visit` the span that was read last: a view lasts as long as the visit.
    #[inline]
    pub(crate) fn lend(
        message: &'a [u8],
        plan: &'s ReadPlan,
        read: &'s ReadState,
        whose: Whose,
        visit: &mut impl FnMut(&SpanView<'a, '_>) -> bool,
    ) -> bool {
        visit(&SpanView {
            message,
            plan,
            read,
            head: &read.head,
            set: read.span.all(),
            of_resource: read.resource.all(),
            whose,
            marks: None,
        })
    }

    /// Where in the message its name begins: how much of the message was read, as far as spans have names.
    pub(crate) fn position(&self) -> usize {
        self.head.name.start()
    }

    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        TraceId(self.head.trace)
    }

    #[must_use]
    pub fn span_id(&self) -> SpanId {
        SpanId(self.head.span)
    }

    /// `None` on a root: no parent id, or one of zeros.
    #[must_use]
    pub fn parent(&self) -> Option<SpanId> {
        let parent = self.head.parent;
        (parent != [0; 8]).then_some(SpanId(parent))
    }

    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        self.head.name.of_message(self.message)
    }

    /// The resource's `service.name`; empty if it has none, or one that is not text.
    #[inline(always)]
    #[must_use]
    pub fn service(&self) -> &'a [u8] {
        match self.service_raw().value(self.message) {
            Value::Text(name) => name,
            _ => b"",
        }
    }

    /// Where it stands.
    #[inline(always)]
    pub(super) fn service_raw(&self) -> Raw {
        match self.read.service {
            Some(service) => service,
            None => self.of_resource.get(self.plan.service_slot),
        }
    }

    /// OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer; others are as read.
    #[must_use]
    pub fn kind(&self) -> i32 {
        self.head.kind
    }

    /// Unix nanoseconds, as reported.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.head.start
    }

    /// Unix nanoseconds, as reported.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.head.end
    }

    /// Both times are there, and the end is not before the start.
    #[must_use]
    pub fn has_order(&self) -> bool {
        self.start() != 0 && self.end() != 0 && self.end() >= self.start()
    }

    /// In nanoseconds; `None`: its times have no order.
    #[inline(always)]
    pub(crate) fn duration(&self) -> Option<u64> {
        self.has_order().then(|| self.end() - self.start())
    }

    /// OTLP's number: 0 unset, 1 ok, 2 error. Always 0 in a thin message of rules that do not ask.
    #[must_use]
    pub fn status(&self) -> i32 {
        self.head.status
    }

    /// Whether it is a violation span that comes by again.
    #[must_use]
    pub fn whose(&self) -> Whose {
        self.whose
    }

    /// By what it is told from others with its id.
    #[inline]
    pub(crate) fn marks(&self) -> SpanMarks {
        match self.marks {
            Some(marks) => *marks,
            None => self.worked_out_marks(),
        }
    }

    /// Changes with the resource and the scope: what hangs on these alone holds for as long as this stays.
    pub(crate) fn scope_serial(&self) -> u64 {
        self.read.scope_serial
    }

    /// The value of a field that is not read from events or links.
    #[inline]
    #[must_use]
    pub fn field(&self, field: FieldId) -> Value<'_> {
        match self.plan.place(field) {
            Some(place) => self.at(place),
            None => Value::Missing,
        }
    }

    #[inline(always)]
    pub(crate) fn at(&self, place: Place) -> Value<'_> {
        match place {
            Place::Span(slot) => self.span(slot),
            Place::SpanThenResource(span, resource) => match self.span(span) {
                Value::Missing => self.resource(resource),
                value => value,
            },
            Place::Resource(slot) => self.resource(slot),
            Place::Scope(slot) => self.read.scope.get(slot).value(self.message),
            Place::Intrinsic(intrinsic) => self.intrinsic(intrinsic),
            Place::FirstOf(index) => self.first_of(index),
            Place::Event(_) | Place::Link(_) => Value::Missing,
        }
    }

    #[inline(never)]
    fn first_of(&self, index: u32) -> Value<'_> {
        let Some(plan) = self.plan.first_of.get(index as usize) else {
            return Value::Missing;
        };
        let (span, resource) = (self.set.signs(), self.of_resource.signs());
        plan.read(span, resource, |from| match from {
            ValuePlace::Attribute { span, resource } => match self.span(span) {
                Value::Missing => self.resource(resource),
                value => value,
            },
            ValuePlace::Event(slot) => {
                let values = self.read.events.values(slot);
                let mut values = values.map(|(_, raw)| self.event_value(slot, raw));
                values
                    .find(|value| !value.is_missing())
                    .unwrap_or(Value::Missing)
            }
            ValuePlace::Intrinsic(intrinsic) => self.intrinsic(intrinsic),
        })
    }

    /// The value of any field, to keep; of events and links a list.
    #[must_use]
    pub fn owned(&self, field: FieldId) -> OwnedValue {
        match self.plan.place(field) {
            Some(Place::Event(slot)) => {
                rows(&self.read.events, slot, |raw| self.event_value(slot, raw))
            }
            Some(Place::Link(slot)) => {
                rows(&self.read.links, slot, |raw| self.link_value(slot, raw))
            }
            _ => self.field(field).to_owned(),
        }
    }

    pub(crate) fn span_slots(&self) -> &'s [SetSlot] {
        self.set.all()
    }

    /// Of [`SpanView::span_slots`].
    pub(crate) fn span_signs(&self) -> Signs {
        self.set.signs()
    }

    /// Of what it has set, where that is known of the span at hand: spans with the same have set the same slots to values of the
    /// same kinds, in one order.
    #[inline(always)]
    pub(crate) fn shape(&self) -> Option<SetShape> {
        self.read.expected.shape()
    }

    pub(crate) fn resource_slots(&self) -> &'s [SetSlot] {
        self.of_resource.all()
    }

    pub(crate) fn event_slots(&self) -> &'s [u32] {
        self.read.events.touched()
    }

    pub(crate) fn link_slots(&self) -> &'s [u32] {
        self.read.links.touched()
    }

    /// Whether the span itself has an attribute, if only an empty one, that this field reads.
    pub(crate) fn has_span_slot(&self, place: Option<Place>) -> bool {
        match place {
            Some(Place::Span(slot) | Place::SpanThenResource(slot, _)) => self.set.is_set(slot),
            _ => false,
        }
    }

    /// What an event has in a slot: its time counts from the span's start, and is missing before that.
    pub(crate) fn event_value(&self, slot: u32, raw: Raw) -> Value<'a> {
        if slot != EVENT_TIME_SLOT {
            return raw.value(self.message);
        }
        let (start, time) = (self.start(), raw.bits);
        match time.checked_sub(start) {
            Some(since) if start != 0 && time != 0 => Value::Duration(Some(since)),
            _ => Value::Missing,
        }
    }

    /// What a link has in a slot.
    pub(crate) fn link_value(&self, slot: u32, raw: Raw) -> Value<'s>
    where
        'a: 's,
    {
        if slot < LINK_SHIFT {
            raw.value(&self.read.link_ids)
        } else {
            raw.value(self.message)
        }
    }

    #[inline(always)]
    fn span(&self, slot: u32) -> Value<'a> {
        self.set.get(slot).value(self.message)
    }

    #[inline(always)]
    fn resource(&self, slot: u32) -> Value<'a> {
        self.of_resource.get(slot).value(self.message)
    }

    fn intrinsic(&self, intrinsic: Intrinsic) -> Value<'_> {
        match intrinsic {
            Intrinsic::SpanName => Value::Text(self.name()),
            Intrinsic::SpanKind => Value::Text(kind_text(self.kind())),
            Intrinsic::SpanStatus => Value::Text(status_text(self.status())),
            Intrinsic::SpanStatusMessage => self.non_empty(self.head.status_message),
            Intrinsic::SpanDuration => Value::Duration(self.duration()),
            Intrinsic::SpanId => Value::Text(&self.read.ids.span),
            Intrinsic::SpanParentId if self.parent().is_none() => Value::Missing,
            Intrinsic::SpanParentId => Value::Text(&self.read.ids.parent),
            Intrinsic::TraceId => Value::Text(&self.read.ids.trace),
            Intrinsic::InstrumentationName => self.non_empty(self.read.scope_name),
            Intrinsic::InstrumentationVersion => self.non_empty(self.read.scope_version),
            // Of events and links, or of the whole trace: not a single span's.
            Intrinsic::EventName
            | Intrinsic::EventTimeSinceStart
            | Intrinsic::LinkTraceId
            | Intrinsic::LinkSpanId
            | Intrinsic::TraceDuration
            | Intrinsic::TraceSpanCount
            | Intrinsic::TraceRootName
            | Intrinsic::TraceRootService => Value::Missing,
        }
    }

    fn non_empty(&self, text: PartOfMessage) -> Value<'a> {
        if text.is_empty() {
            Value::Missing
        } else {
            Value::Text(text.of_message(self.message))
        }
    }
}

impl Fields for SpanView<'_, '_> {
    fn value(&self, field: FieldId) -> Value<'_> {
        self.field(field)
    }

    fn any(&self, field: FieldId, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let is_present = |value: &Value<'_>| !value.is_missing();
        match self.plan.place(field) {
            Some(Place::Event(slot)) => {
                let values = self.read.events.values(slot);
                let mut values = values.map(|(_, raw)| self.event_value(slot, raw));
                values.by_ref().filter(is_present).any(test)
            }
            Some(Place::Link(slot)) => {
                let values = self.read.links.values(slot);
                let mut values = values.map(|(_, raw)| self.link_value(slot, raw));
                values.by_ref().filter(is_present).any(test)
            }
            _ => false,
        }
    }

    fn items(&self, field: FieldId) -> u32 {
        match self.plan.place(field) {
            Some(Place::Event(_)) => self.read.events.owners(),
            Some(Place::Link(_)) => self.read.links.owners(),
            _ => 0,
        }
    }

    fn item(&self, index: u32, field: FieldId) -> Value<'_> {
        match self.plan.place(field) {
            Some(Place::Event(slot)) => {
                self.event_value(slot, self.read.events.of_owner(index, slot))
            }
            Some(Place::Link(slot)) => self.link_value(slot, self.read.links.of_owner(index, slot)),
            _ => Value::Missing,
        }
    }
}

/// The values of a key, each with its event or link; missing of a span without any.
fn rows<'m>(lists: &ListSet, slot: u32, value: impl Fn(Raw) -> Value<'m>) -> OwnedValue {
    let count = lists.owners();
    if count == 0 {
        return OwnedValue::Missing;
    }
    let values = lists.values(slot).map(|(owner, raw)| (owner, value(raw)));
    let present = values.filter(|(_, value)| !value.is_missing());
    let values = present
        .map(|(owner, value)| (owner, value.to_owned()))
        .collect();
    OwnedValue::Rows { count, values }
}

pub(crate) fn kind_text(kind: i32) -> &'static [u8] {
    match kind {
        1 => b"internal",
        2 => b"server",
        3 => b"client",
        4 => b"producer",
        5 => b"consumer",
        _ => b"unspecified",
    }
}

pub(crate) fn status_text(status: i32) -> &'static [u8] {
    match status {
        1 => b"ok",
        2 => b"error",
        _ => b"unset",
    }
}
