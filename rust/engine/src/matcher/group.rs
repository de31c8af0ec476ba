//! The selectors of one name (or of any span, or of roots), found by the values that a span has.

use betrace_lang::rule::Name;
use hashbrown::HashMap;

use crate::matcher::access::Access;
use crate::matcher::ask::Asking;
use crate::matcher::field::{Building, FieldIndex};
use crate::matcher::leads::{Follow as _, Lead, Leads, ScopeLeads};
use crate::matcher::routes::{Route, Routes};
use crate::matcher::ways::{LedWay, WayStep, Ways};
use crate::predicate::fields::FieldId;
use crate::scan::read_plan::Place;
use crate::scan::slots::SetSlot;
use crate::scan::view::SpanView;

/// Groups up to this size are asked one by one.
pub(super) const SMALL: usize = 4;
/// With more fields than this, those that a span has are looked up instead of all being tried.
const FEW_FIELDS: usize = 6;

/// A selector of the group, and by what it may be found.
pub(crate) struct GroupMember {
    pub selector: u32,
    /// None in a small group.
    pub approaches: Vec<Approach>,
    /// Nothing is asked of it besides what all members are asked.
    pub is_bare: bool,
}

impl GroupMember {
    /// Where nothing leads to it.
    fn lead(&self) -> Lead {
        Lead {
            selector: self.selector,
            is_settled: self.is_bare,
        }
    }
}

/// One way to a selector.
pub(crate) struct Approach {
    pub access: Access,
    /// A span that has this access satisfies the selector.
    pub settles: bool,
}

/// Selectors that share what they ask of the name.
#[derive(Debug, Default)]
pub(crate) struct Group {
    always: Leads,
    fields: Box<[FieldIndex]>,
    /// Of a large group, which few names have.
    routes: Option<Box<Routes>>,
}

impl Group {
    pub(crate) fn new(members: &[GroupMember], building: &mut Building<'_>) -> Group {
        if members.len() <= SMALL {
            return Group::one_by_one(members);
        }
        let costs = Costs::new(members);
        let mut always = Leads::default();
        let mut fields: Vec<FieldIndex> = Vec::new();
        let mut at: HashMap<FieldId, usize> = HashMap::new();
        for member in members {
            let best = member
                .approaches
                .iter()
                .min_by_key(|approach| costs.of(&approach.access));
            let Some(approach) = best else {
                always.add(member.lead());
                continue;
            };
            let lead = Lead {
                selector: member.selector,
                is_settled: approach.settles,
            };
            for id in approach.access.fields() {
                let index = *at.entry(*id).or_insert_with(|| {
                    fields.push(FieldIndex::new(*id, building));
                    fields.len() - 1
                });
                fields[index].add(lead, &approach.access, building);
            }
        }
        for field in &mut fields {
            field.finish();
        }
        Group {
            always,
            routes: (fields.len() > FEW_FIELDS)
                .then(|| Box::new(Routes::new(&fields, building.plan))),
            fields: fields.into(),
        }
    }

    /// Of so few members that each is asked.
    pub(crate) fn one_by_one(members: &[GroupMember]) -> Group {
        let mut always = Leads::default();
        for member in members {
            always.add(member.lead());
        }
        Group {
            always,
            ..Group::default()
        }
    }

    /// Asks each selector that the span could satisfy; the same one may be met more than once.
    pub(crate) fn ask(&self, asking: &mut Asking<'_, '_, '_>) {
        self.always.follow(asking);
        match &self.routes {
            None => self.ask_fields(asking),
            Some(routes) => {
                self.follow(&routes.scope, asking);
                self.ask_resource(routes, asking);
                self.ask_span(routes, asking);
            }
        }
    }

    /// Likewise, with what is known of the span's scope, and of spans that are like it.
    pub(crate) fn ask_within(
        &self,
        (scope, ways): (&mut ScopeLeads, &mut Ways),
        asking: &mut Asking<'_, '_, '_>,
    ) {
        self.always.follow(asking);
        let Some(routes) = &self.routes else {
            self.ask_fields(asking);
            return;
        };
        let view = asking.view;
        if scope.begin(view.scope_serial()) {
            self.lead_scope(routes, view, scope);
        }
        if scope.may_give_way(view.span_signs()) {
            self.follow(&routes.scope, asking);
            self.ask_resource(routes, asking);
        } else {
            scope.follow(asking);
        }
        match ways.of(view, |way| self.find_way(routes, view, way)) {
            Some(way) => self.go(way, asking),
            None => self.ask_set(routes, asking),
        }
        self.ask_lists(routes, asking);
    }

    /// Notes where spans that are like this one are led.
    fn find_way(&self, routes: &Routes, view: &SpanView<'_, '_>, way: &mut LedWay) {
        routes.kind.of(view.kind()).follow(way);
        routes.status.of(view.status()).follow(way);
        for field in &routes.rest {
            way.step(WayStep::Field(*field));
        }
        for (at, set) in (0u32..).zip(view.span_slots()) {
            way.be_led_by(at);
            for field in routes.span.leads(set.slot) {
                match self
                    .field(*field)
                    .and_then(|field| field.by_kind(set.raw()))
                {
                    Some(leads) => leads.follow(way),
                    None => way.step(WayStep::Value { field: *field, at }),
                }
            }
        }
    }

    /// What hangs on the span itself, but for its events and links, as the way says.
    fn go(&self, way: &LedWay, asking: &mut Asking<'_, '_, '_>) {
        let slots = asking.view.span_slots();
        asking.answers.come_to(way.hash());
        for step in way.steps() {
            match *step {
                WayStep::Hits { from, to } => asking.answers.hit_all(way.hits(from, to)),
                WayStep::Ask { selector, at } => {
                    asking.led_by = at.and_then(|at| slots.get(at as usize));
                    asking.ask(selector);
                }
                WayStep::Unlike(id) => asking.count_unlike(id),
                WayStep::Field(field) => {
                    asking.led_by = None;
                    if let Some(field) = self.field(field) {
                        field.ask(asking);
                    }
                }
                WayStep::Value { field, at } => {
                    if let Some(field) = self.field(field)
                        && let Some(set) = slots.get(at as usize)
                    {
                        asking.led_by = Some(set);
                        field.ask_set(set.raw(), asking);
                    }
                }
            }
        }
        asking.led_by = None;
    }

    fn ask_fields(&self, asking: &mut Asking<'_, '_, '_>) {
        for field in &self.fields {
            field.ask(asking);
        }
    }

    /// Notes where the scope and the resource lead.
    fn lead_scope(&self, routes: &Routes, view: &SpanView<'_, '_>, scope: &mut ScopeLeads) {
        for field in routes.scope.iter().filter_map(|index| self.field(*index)) {
            if let Some(place) = field.place {
                field.follow(view.at(place), scope);
            }
        }
        for SetSlot { slot, .. } in view.resource_slots() {
            for field in routes.resource.leads(*slot) {
                if let Some(field) = self.field(*field) {
                    if let Some(Place::SpanThenResource(of_span, _)) = field.place {
                        scope.give_way(of_span);
                    }
                    field.follow(view.at(Place::Resource(*slot)), scope);
                }
            }
        }
    }

    fn ask_resource(&self, routes: &Routes, asking: &mut Asking<'_, '_, '_>) {
        let view = asking.view;
        for SetSlot { slot, .. } in view.resource_slots() {
            for index in routes.resource.leads(*slot) {
                // What the span has itself, if only an empty value, leads to it as well.
                if let Some(field) = self.field(*index)
                    && !view.has_span_slot(field.place)
                {
                    field.ask(asking);
                }
            }
        }
    }

    /// What hangs on the span itself.
    fn ask_span(&self, routes: &Routes, asking: &mut Asking<'_, '_, '_>) {
        self.ask_set(routes, asking);
        self.ask_lists(routes, asking);
    }

    /// Likewise, but for its events and links.
    #[inline(never)]
    fn ask_set(&self, routes: &Routes, asking: &mut Asking<'_, '_, '_>) {
        let view = asking.view;
        routes.kind.of(view.kind()).follow(asking);
        routes.status.of(view.status()).follow(asking);
        self.follow(&routes.rest, asking);
        for set in view.span_slots() {
            for index in routes.span.leads(set.slot) {
                if let Some(field) = self.field(*index) {
                    field.ask_set(set.raw(), asking);
                }
            }
        }
    }

    #[inline(always)]
    fn ask_lists(&self, routes: &Routes, asking: &mut Asking<'_, '_, '_>) {
        let view = asking.view;
        if !view.event_slots().is_empty() {
            self.follow_all(&routes.event, view.event_slots(), asking);
        }
        if !view.link_slots().is_empty() {
            self.follow_all(&routes.link, view.link_slots(), asking);
        }
    }

    fn follow_all(&self, route: &Route, slots: &[u32], asking: &mut Asking<'_, '_, '_>) {
        for slot in slots {
            self.follow(route.leads(*slot), asking);
        }
    }

    fn follow(&self, indexes: &[u32], asking: &mut Asking<'_, '_, '_>) {
        for index in indexes {
            if let Some(field) = self.field(*index) {
                field.ask(asking);
            }
        }
    }

    fn field(&self, index: u32) -> Option<&FieldIndex> {
        self.fields.get(index as usize)
    }
}

/// How many members share each access: the rarest is the best.
struct Costs {
    texts: HashMap<(FieldId, Name), usize>,
    equal: HashMap<(FieldId, u64), usize>,
    fields: HashMap<FieldId, usize>,
}

impl Costs {
    fn new(members: &[GroupMember]) -> Costs {
        let mut costs = Costs {
            texts: HashMap::new(),
            equal: HashMap::new(),
            fields: HashMap::new(),
        };
        for Approach { access, .. } in members.iter().flat_map(|member| &member.approaches) {
            for field in access.fields() {
                *costs.fields.entry(*field).or_default() += 1;
            }
            if let Access::Equal {
                field, texts, keys, ..
            } = access
            {
                for text in texts {
                    *costs.texts.entry((*field, text.clone())).or_default() += 1;
                }
                for key in keys {
                    *costs.equal.entry((*field, *key)).or_default() += 1;
                }
            }
        }
        costs
    }

    /// About how many other members a span would meet on the way to this one, in quarters.
    fn of(&self, access: &Access) -> usize {
        let sharing = |field: &FieldId| self.fields.get(field).copied().unwrap_or(0);
        match access {
            Access::Equal {
                field, texts, keys, ..
            } => {
                let texts = texts.iter();
                let of_texts = texts.map(|text| self.texts.get(&(*field, text.clone())));
                let of_keys = keys.iter().map(|key| self.equal.get(&(*field, *key)));
                let most = of_texts.chain(of_keys).flatten().max();
                4 * most.copied().unwrap_or(0)
            }
            Access::Pattern { field, .. } => 8 + sharing(field),
            Access::Beyond { field, .. } => 8 + 2 * sharing(field),
            Access::Present(fields) => 8 + 4 * fields.iter().map(sharing).sum::<usize>(),
        }
    }
}
