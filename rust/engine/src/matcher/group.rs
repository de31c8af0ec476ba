//! The selectors of one name (or of any span, or of roots), found by the values that a span has.

use hashbrown::HashMap;

use crate::matcher::access::Access;
use crate::matcher::ask::Asking;
use crate::matcher::field::{Building, FieldIndex};
use crate::matcher::routes::{Route, Routes};
use crate::predicate::fields::FieldId;

/// Groups up to this size are asked one by one.
const SMALL: usize = 4;
/// With more fields than this, those that a span has are looked up instead of all being tried.
const FEW_FIELDS: usize = 6;

/// A selector of the group, and by what it may be found.
pub(crate) struct GroupMember {
    pub selector: u32,
    pub accesses: Vec<Access>,
}

/// Selectors that share what they ask of the name.
#[derive(Debug, Default)]
pub(crate) struct Group {
    always: Box<[u32]>,
    fields: Box<[FieldIndex]>,
    routes: Option<Routes>,
}

impl Group {
    pub(crate) fn new(members: &[GroupMember], building: &mut Building<'_>) -> Group {
        if members.len() <= SMALL {
            return Group {
                always: members.iter().map(|member| member.selector).collect(),
                ..Group::default()
            };
        }
        let costs = Costs::new(members);
        let mut always = Vec::new();
        let mut fields: Vec<FieldIndex> = Vec::new();
        let mut at: HashMap<FieldId, usize> = HashMap::new();
        for member in members {
            let best = member.accesses.iter().min_by_key(|access| costs.of(access));
            let Some(access) = best else {
                always.push(member.selector);
                continue;
            };
            for id in access.fields() {
                let index = *at.entry(*id).or_insert_with(|| {
                    fields.push(FieldIndex::new(*id, building));
                    fields.len() - 1
                });
                fields[index].add(member.selector, access, building);
            }
        }
        for field in &mut fields {
            field.finish();
        }
        Group {
            always: always.into(),
            routes: (fields.len() > FEW_FIELDS).then(|| Routes::new(&fields, building.plan)),
            fields: fields.into(),
        }
    }

    /// Asks each selector that the span could satisfy; the same one may be met more than once.
    pub(crate) fn ask(&self, asking: &mut Asking<'_, '_, '_>) {
        asking.ask_all(&self.always);
        let Some(routes) = &self.routes else {
            for field in &self.fields {
                field.ask(asking);
            }
            return;
        };
        let view = *asking.view;
        self.follow(&routes.rest, asking);
        self.follow_all(&routes.span, view.span_slots(), asking);
        for slot in view.resource_slots() {
            for index in routes.resource.leads(*slot) {
                // What the span has itself, if only an empty value, has led here already.
                if let Some(field) = self.fields.get(*index as usize)
                    && !view.has_span_slot(field.place)
                {
                    field.ask(asking);
                }
            }
        }
        self.follow_all(&routes.event, view.event_slots(), asking);
        self.follow_all(&routes.link, view.link_slots(), asking);
    }

    fn follow_all(&self, route: &Route, slots: &[u32], asking: &mut Asking<'_, '_, '_>) {
        for slot in slots {
            self.follow(route.leads(*slot), asking);
        }
    }

    fn follow(&self, indexes: &[u32], asking: &mut Asking<'_, '_, '_>) {
        for index in indexes {
            if let Some(field) = self.fields.get(*index as usize) {
                field.ask(asking);
            }
        }
    }
}

/// How many members share each access: the rarest is the best.
struct Costs {
    equal: HashMap<(FieldId, u64), usize>,
    fields: HashMap<FieldId, usize>,
}

impl Costs {
    fn new(members: &[GroupMember]) -> Costs {
        let mut costs = Costs {
            equal: HashMap::new(),
            fields: HashMap::new(),
        };
        for access in members.iter().flat_map(|member| &member.accesses) {
            for field in access.fields() {
                *costs.fields.entry(*field).or_default() += 1;
            }
            if let Access::Equal { field, keys, .. } = access {
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
            Access::Equal { field, keys, .. } => {
                4 * keys
                    .iter()
                    .filter_map(|key| self.equal.get(&(*field, *key)))
                    .max()
                    .copied()
                    .unwrap_or(0)
            }
            Access::Pattern { field, .. } => 8 + sharing(field),
            Access::Beyond { field, .. } => 8 + 2 * sharing(field),
            Access::Present(fields) => 8 + 4 * fields.iter().map(sharing).sum::<usize>(),
        }
    }
}
