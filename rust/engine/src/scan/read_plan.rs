//! What to read of each span, and where each field's value will stand.

use std::sync::Arc;

use betrace_lang::rule::{Field, FirstOf, Intrinsic, ReadAt, Scope};

use crate::predicate::fields::{FieldId, FieldTable};
use crate::scan::first_of::{FirstOfPlan, ValuePlace};
use crate::scan::keys::KeyTable;

/// The service's name, which is part of a span's identity, is always read.
pub(crate) const SERVICE_NAME: &[u8] = b"service.name";

/// Where a field's value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Span(u32),
    /// The span's, else the resource's.
    SpanThenResource(u32, u32),
    Resource(u32),
    Scope(u32),
    Event(u32),
    Link(u32),
    /// Among [`ReadPlan::first_of`].
    FirstOf(u32),
    Intrinsic(Intrinsic),
}

/// Slots of `event:name` and of the event's time among the keys of events. No attribute gets them.
pub(crate) const EVENT_NAME_SLOT: u32 = 0;
pub(crate) const EVENT_TIME_SLOT: u32 = 1;
/// How far the slots of an event's attributes are shifted.
pub(crate) const EVENT_SHIFT: u32 = 2;
/// Slots of the ids that a link names, among the keys of links.
pub(crate) const LINK_TRACE_SLOT: u32 = 0;
pub(crate) const LINK_SPAN_SLOT: u32 = 1;
pub(crate) const LINK_SHIFT: u32 = 2;

/// What a plan has in common with its copies, and with no other.
#[derive(Debug, Default)]
pub(crate) struct PlanIdentity(());

impl PlanIdentity {
    /// Notes that what is kept is kept for this plan from now on. Whether it was for another, or for none.
    pub(crate) fn is_changed(known: &mut Option<Arc<PlanIdentity>>, plan: &ReadPlan) -> bool {
        let is_same = known
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &plan.identity));
        if !is_same {
            *known = Some(Arc::clone(&plan.identity));
        }
        !is_same
    }
}

/// The reading plan of one matcher.
#[derive(Clone, Debug)]
pub(crate) struct ReadPlan {
    pub identity: Arc<PlanIdentity>,
    places: Vec<Place>,
    pub first_of: Vec<FirstOfPlan>,
    pub span: KeyTable,
    pub resource: KeyTable,
    pub scope: KeyTable,
    /// Shifted by [`EVENT_SHIFT`].
    pub event: KeyTable,
    /// Shifted by [`LINK_SHIFT`].
    pub link: KeyTable,
    pub service_slot: u32,
    pub event_names: bool,
    pub event_times: bool,
    pub link_ids: bool,
    pub reads_events: bool,
    pub reads_links: bool,
    pub status: bool,
    pub status_message: bool,
    pub scope_version: bool,
    /// Some rule reads times, or it is not known that none does.
    pub times: bool,
    /// The hexadecimal text of ids is asked for.
    pub ids: bool,
}

impl ReadPlan {
    pub(crate) fn new(fields: &FieldTable) -> ReadPlan {
        let mut resource = KeyTable::default();
        let service_slot = resource.intern(SERVICE_NAME);
        let mut plan = ReadPlan {
            identity: Arc::default(),
            places: Vec::with_capacity(fields.len()),
            first_of: Vec::new(),
            span: KeyTable::default(),
            resource,
            scope: KeyTable::default(),
            event: KeyTable::default(),
            link: KeyTable::default(),
            service_slot,
            event_names: false,
            event_times: false,
            link_ids: false,
            reads_events: false,
            reads_links: false,
            status: false,
            status_message: false,
            scope_version: false,
            times: true,
            ids: false,
        };
        for (_, field) in fields.iter() {
            let place = plan.place_of(field);
            plan.places.push(place);
        }
        for keys in [
            &mut plan.span,
            &mut plan.resource,
            &mut plan.scope,
            &mut plan.event,
            &mut plan.link,
        ] {
            keys.settle();
        }
        plan.reads_events = plan.event_names || plan.event_times || !plan.event.is_empty();
        plan.reads_links = plan.link_ids || !plan.link.is_empty();
        plan
    }

    fn place_of(&mut self, field: &Field) -> Place {
        match field {
            Field::Attribute { scope, key } => {
                let key = key.as_bytes();
                match scope {
                    Scope::Span => Place::Span(self.span.intern(key)),
                    Scope::Resource => Place::Resource(self.resource.intern(key)),
                    Scope::SpanThenResource => {
                        Place::SpanThenResource(self.span.intern(key), self.resource.intern(key))
                    }
                    Scope::Instrumentation => Place::Scope(self.scope.intern(key)),
                    Scope::Event => Place::Event(self.event.intern(key) + EVENT_SHIFT),
                    Scope::Link => Place::Link(self.link.intern(key) + LINK_SHIFT),
                }
            }
            Field::Intrinsic(intrinsic) => self.place_of_intrinsic(*intrinsic),
            Field::FirstOf(field) => self.place_of_first(field),
            Field::Bound { field, .. } => self.place_of(field),
        }
    }

    fn place_of_intrinsic(&mut self, intrinsic: Intrinsic) -> Place {
        match intrinsic {
            Intrinsic::SpanStatus => self.status = true,
            Intrinsic::SpanStatusMessage => self.status_message = true,
            Intrinsic::EventName => {
                self.event_names = true;
                return Place::Event(EVENT_NAME_SLOT);
            }
            Intrinsic::EventTimeSinceStart => {
                self.event_times = true;
                return Place::Event(EVENT_TIME_SLOT);
            }
            Intrinsic::LinkTraceId => {
                self.link_ids = true;
                return Place::Link(LINK_TRACE_SLOT);
            }
            Intrinsic::LinkSpanId => {
                self.link_ids = true;
                return Place::Link(LINK_SPAN_SLOT);
            }
            Intrinsic::InstrumentationVersion => self.scope_version = true,
            Intrinsic::SpanId | Intrinsic::SpanParentId | Intrinsic::TraceId => {
                self.ids = true;
            }
            _ => {}
        }
        Place::Intrinsic(intrinsic)
    }

    fn place_of_first(&mut self, field: &FirstOf) -> Place {
        let plan = FirstOfPlan::new(field, |origin| match origin {
            ReadAt::Attribute(key) => ValuePlace::Attribute {
                span: self.span.intern(key.as_bytes()),
                resource: self.resource.intern(key.as_bytes()),
            },
            ReadAt::Event(key) => {
                ValuePlace::Event(self.event.intern(key.as_bytes()) + EVENT_SHIFT)
            }
            ReadAt::Intrinsic(intrinsic) => {
                self.place_of_intrinsic(*intrinsic);
                ValuePlace::Intrinsic(*intrinsic)
            }
        });
        self.first_of.push(plan);
        Place::FirstOf(u32::try_from(self.first_of.len() - 1).unwrap_or(u32::MAX))
    }

    #[inline]
    pub(crate) fn place(&self, field: FieldId) -> Option<Place> {
        self.places.get(field.index()).copied()
    }

    /// For tests: of these attributes of spans and resources.
    #[cfg(test)]
    pub(crate) fn of_keys(keys: impl IntoIterator<Item = String>) -> ReadPlan {
        let mut fields = FieldTable::default();
        for key in keys {
            fields.intern(&Field::Attribute {
                scope: Scope::SpanThenResource,
                key: key.as_str().into(),
            });
        }
        ReadPlan::new(&fields)
    }
}
