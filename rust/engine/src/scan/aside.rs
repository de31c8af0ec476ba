//! Spans that were read and wait to be looked at, in another order than that of the message.
//!
//! Of each what was read of it is kept, packed behind what is kept of the others, and of its resource and scope once. It is
//! lent from where it is kept; what is worked out from all of it is worked out when it is set aside, while it is at hand.

use std::ops::Range;

use crate::id::TraceId;
use crate::mark::Whose;
use crate::scan::head::SpanHead;
use crate::scan::lists::Item;
use crate::scan::read::{ReadState, SpanMarks};
use crate::scan::read_plan::{EVENT_SHIFT, LINK_SHIFT, ReadPlan};
use crate::scan::slots::{FEW, SetSlot, SetSlots, Signs};
use crate::scan::view::SpanView;
use crate::wire::PartOfMessage;
use crate::wire::value::Raw;

/// Room for so many values is kept for the next spans.
const KEPT: usize = 1 << 14;

/// Spans of one message.
#[derive(Debug, Default)]
pub(crate) struct SpansAside {
    spans: Vec<SpanAside>,
    scopes: Vec<ScopeAside>,
    /// Of spans, resources and scopes.
    values: Vec<SetSlot>,
    /// Of the spans that have events or links.
    lists: Vec<ListsAside>,
    items: Vec<Item>,
    link_ids: Vec<u8>,
    /// The scope of the span that was set aside last, as the scan numbers it.
    serial: Option<u64>,
    /// Resource and scope, events and links of the span that is lent, and which scope that is.
    lent: ReadState,
    scope: Option<u32>,
}

#[derive(Debug)]
struct SpanAside {
    head: SpanHead,
    signs: Signs,
    marks: SpanMarks,
    /// Where its values begin and end.
    values: (u32, u32),
    scope: u32,
    /// [`NO_LISTS`], or among those that have some.
    lists: u32,
    whose: Whose,
}

const NO_LISTS: u32 = u32::MAX;

#[derive(Debug)]
struct ScopeAside {
    resource: Range<usize>,
    /// Of the resource.
    signs: Signs,
    scope: Range<usize>,
    service: Raw,
    name: PartOfMessage,
    version: PartOfMessage,
}

/// How many events and links there are, and what they have.
#[derive(Debug, Default)]
struct ListsAside {
    owners: [u32; 2],
    events: Range<usize>,
    links: Range<usize>,
    link_ids: Range<usize>,
}

/// Appends and tells where.
fn append<T: Copy>(to: &mut Vec<T>, from: &[T]) -> Range<usize> {
    let begin = to.len();
    to.extend_from_slice(from);
    begin..to.len()
}

/// Brings what a span has of events and links to where they are lent.
#[inline(never)]
fn lend_lists(
    lent: &mut ReadState,
    plan: &ReadPlan,
    lists: Option<&ListsAside>,
    (items, link_ids): (&[Item], &[u8]),
) {
    let none = ListsAside::default();
    let lists = lists.unwrap_or(&none);
    let slots = [
        plan.event.len() + EVENT_SHIFT as usize,
        plan.link.len() + LINK_SHIFT as usize,
    ];
    let items = [&lists.events, &lists.links].map(|of| &items[of.clone()]);
    lent.events.refill(slots[0], lists.owners[0], items[0]);
    lent.links.refill(slots[1], lists.owners[1], items[1]);
    lent.link_ids.clear();
    let link_ids = &link_ids[lists.link_ids.clone()];
    lent.link_ids.extend_from_slice(link_ids);
}

impl SpansAside {
    /// How many values wait with them.
    pub fn values(&self) -> usize {
        self.values.len() + self.items.len()
    }

    /// Sets the span at hand aside.
    #[inline(always)]
    pub fn push(&mut self, span: &SpanView<'_, '_>) {
        let read = span.read;
        if self.serial != Some(read.scope_serial) {
            self.push_scope(span);
        }
        let has_lists = span.plan.reads_events && read.events.owners() > 0
            || span.plan.reads_links && read.links.owners() > 0;
        let lists = match has_lists {
            true => self.push_lists(span),
            false => NO_LISTS,
        };
        let marks = span.worked_out_marks();
        let values = append(&mut self.values, span.span_slots());
        self.spans.push(SpanAside {
            head: *span.head,
            signs: span.span_signs(),
            marks,
            values: (values.start as u32, values.end as u32),
            scope: self.scopes.len() as u32 - 1,
            lists,
            whose: span.whose(),
        });
    }

    #[inline(never)]
    fn push_scope(&mut self, span: &SpanView<'_, '_>) {
        let read = span.read;
        self.serial = Some(read.scope_serial);
        self.scopes.push(ScopeAside {
            resource: append(&mut self.values, read.resource.touched()),
            signs: read.resource.signs(),
            scope: append(&mut self.values, read.scope.touched()),
            service: span.service_raw(),
            name: read.scope_name,
            version: read.scope_version,
        });
    }

    /// Takes the last ones back; so many stay. What they had is forgotten with the others.
    pub fn truncate(&mut self, len: usize) {
        self.spans.truncate(len);
        self.serial = None;
    }

    #[cold]
    #[inline(never)]
    fn push_lists(&mut self, span: &SpanView<'_, '_>) -> u32 {
        let mut lists = ListsAside::default();
        let read = span.read;
        // What is not read may stand there from another matcher.
        if span.plan.reads_events {
            lists.owners[0] = read.events.owners();
            lists.events = append(&mut self.items, read.events.items());
        }
        if span.plan.reads_links {
            lists.owners[1] = read.links.owners();
            lists.links = append(&mut self.items, read.links.items());
            lists.link_ids = append(&mut self.link_ids, &read.link_ids);
        }
        self.lists.push(lists);
        self.lists.len() as u32 - 1
    }

    /// The trace and the name of a span.
    pub fn named<'a>(&self, at: usize, message: &'a [u8]) -> (TraceId, &'a [u8]) {
        let head = self.spans.get(at).map(|span| &span.head);
        head.map_or((TraceId([0; 16]), &[]), |head| {
            (TraceId(head.trace), head.name.of_message(message))
        })
    }

    /// Shows a span to `visit`. `message` and `plan` are those with which it was read.
    pub fn lend<'a>(
        &mut self,
        at: usize,
        message: &'a [u8],
        plan: &ReadPlan,
        visit: &mut impl FnMut(&SpanView<'a, '_>),
    ) {
        let Some(span) = self.spans.get(at) else {
            return;
        };
        let lent = &mut self.lent;
        let scope = &self.scopes[span.scope as usize];
        let of_resource = &self.values[scope.resource.clone()];
        if self.scope != Some(span.scope) {
            self.scope = Some(span.scope);
            if of_resource.len() > FEW {
                lent.resource.refill(plan.resource.len(), of_resource);
            }
            if !plan.scope.is_empty() {
                let of_scope = &self.values[scope.scope.clone()];
                lent.scope.refill(plan.scope.len(), of_scope);
            }
            lent.service = Some(scope.service);
            lent.scope_name = scope.name;
            lent.scope_version = scope.version;
        }
        if plan.ids {
            lent.ids.write(&span.head);
        }
        if plan.reads_events || plan.reads_links {
            let lists = self.lists.get(span.lists as usize);
            lend_lists(lent, plan, lists, (&self.items, &self.link_ids));
        }
        let of_span = &self.values[span.values.0 as usize..span.values.1 as usize];
        let are_many = of_span.len() > FEW;
        if are_many {
            lent.span.refill(plan.span.len(), of_span);
        }
        visit(&SpanView {
            message,
            plan,
            read: lent,
            head: &span.head,
            set: SetSlots::new(of_span, span.signs, are_many.then_some(&lent.span)),
            of_resource: SetSlots::new(
                of_resource,
                scope.signs,
                (of_resource.len() > FEW).then_some(&lent.resource),
            ),
            whose: span.whose,
            marks: Some(&span.marks),
        });
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.scopes.clear();
        self.values.clear();
        self.lists.clear();
        self.items.clear();
        self.link_ids.clear();
        self.serial = None;
        self.scope = None;
        if self.values.capacity() + self.items.capacity() > KEPT {
            self.values.shrink_to(KEPT);
            self.items.shrink_to(KEPT);
        }
        if self.link_ids.capacity() > KEPT {
            self.link_ids.shrink_to(KEPT);
        }
    }
}
