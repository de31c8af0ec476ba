//! The selectors of one name (or of any span, or of roots), found by the values that a span has.

use betrace_lang::rule::Number;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::matcher_access::{Access, CLASSES, Class, Side, key};
use crate::matcher_index::UnlikeId;
use crate::matcher_state::MatchState;
use crate::predicate_fields::{FieldId, FieldTable, Fields};
use crate::scan_keys::HASH;
use crate::scan_plan::{Place, ReadPlan};
use crate::scan_view::SpanView;
use crate::value::{TextBuffer, Value, boolean_text, number, shortest_text};

/// Groups up to this size are asked one by one.
const SMALL: usize = 4;
/// With more fields than this, those that a span has are looked up instead of all being tried.
const FEW_FIELDS: usize = 6;
/// Patterns of one field from this number on are first tried together.
const MANY_PATTERNS: usize = 3;
/// Compiled size of patterns that are tried together, in bytes.
const PATTERNS_BYTES: usize = 32 << 20;

/// A selector of the group, and by what it may be found.
pub(crate) struct Member {
    pub selector: u32,
    pub accesses: Vec<Access>,
}

#[derive(Debug, Default)]
pub(crate) struct Group {
    always: Box<[u32]>,
    fields: Box<[FieldIndex]>,
    routes: Option<Routes>,
}

/// Which field indexes an attribute's slot leads to.
#[derive(Debug, Default)]
struct Routes {
    span: HashMap<u32, Vec<u32>, FixedState>,
    resource: HashMap<u32, Vec<u32>, FixedState>,
    event: HashMap<u32, Vec<u32>, FixedState>,
    link: HashMap<u32, Vec<u32>, FixedState>,
    /// Those that are tried on every span: of intrinsics and of the scope.
    rest: Vec<u32>,
}

#[derive(Debug)]
struct FieldIndex {
    field: FieldId,
    is_list: bool,
    present: Vec<u32>,
    equal: HashMap<u64, Vec<u32>, FixedState>,
    /// By bound, ascending.
    above: Vec<(Number, u32)>,
    /// By bound, descending.
    below: Vec<(Number, u32)>,
    patterns: Vec<u32>,
    together: Option<RegexSet>,
    /// For each class of literals here, whom to count where a value is unlike them.
    unlike: [Option<UnlikeId>; CLASSES],
}

/// What the whole index keeps of all groups while they are built.
pub(crate) struct Building<'b> {
    pub fields: &'b FieldTable,
    pub plan: &'b ReadPlan,
    /// Selectors counted by each [`UnlikeId`].
    pub unlike: &'b mut Vec<Vec<crate::matcher::SelectorId>>,
    /// Selectors that one span can meet more than once.
    pub repeated: &'b mut [bool],
}

impl Group {
    pub(crate) fn new(members: Vec<Member>, building: &mut Building<'_>) -> Group {
        if members.len() <= SMALL {
            return Group {
                always: members.iter().map(|member| member.selector).collect(),
                ..Group::default()
            };
        }
        let costs = Costs::new(&members);
        let mut always = Vec::new();
        let mut fields = Vec::new();
        let mut patterns: HashMap<u32, Vec<String>> = HashMap::new();
        let mut at: HashMap<FieldId, u32> = HashMap::new();
        for member in members {
            let best = member.accesses.iter().min_by_key(|access| costs.of(access));
            let Some(access) = best else {
                always.push(member.selector);
                continue;
            };
            for id in access.fields() {
                let index = *at.entry(*id).or_insert_with(|| {
                    fields.push(FieldIndex::new(*id, building.fields.is_list(*id)));
                    u32::try_from(fields.len() - 1).unwrap_or(u32::MAX)
                });
                if let Some(field) = fields.get_mut(index as usize) {
                    field.add(member.selector, access, building);
                }
                if let Access::Pattern { pattern, .. } = access {
                    patterns.entry(index).or_default().push(pattern.to_string());
                }
            }
        }
        for (index, patterns) in patterns {
            if let Some(field) = fields.get_mut(index as usize)
                && patterns.len() >= MANY_PATTERNS
            {
                // Too large together: then each is tried on its own.
                field.together = RegexSetBuilder::new(patterns)
                    .size_limit(PATTERNS_BYTES)
                    .dfa_size_limit(PATTERNS_BYTES)
                    .build()
                    .ok();
            }
        }
        for field in &mut fields {
            field.above.sort_by(|a, b| a.0.compare(b.0));
            field.below.sort_by(|a, b| b.0.compare(a.0));
        }
        let routes = (fields.len() > FEW_FIELDS).then(|| Routes::new(&fields, building.plan));
        Group {
            always: always.into(),
            fields: fields.into(),
            routes,
        }
    }

    /// Calls `ask` for each selector that `view` could satisfy; the same one may come more than once.
    pub(crate) fn candidates(
        &self,
        view: &SpanView<'_, '_>,
        state: &mut MatchState,
        ask: &mut impl FnMut(u32, &mut MatchState),
    ) {
        for selector in &self.always {
            ask(*selector, state);
        }
        let Some(routes) = &self.routes else {
            for field in &self.fields {
                field.candidates(view, state, ask);
            }
            return;
        };
        self.follow(&routes.rest, view, state, ask);
        for slot in view.span_slots() {
            self.follow(leads(&routes.span, *slot), view, state, ask);
        }
        for slot in view.resource_slots() {
            for index in leads(&routes.resource, *slot) {
                // What the span has itself, if only an empty value, has led here already.
                if let Some(field) = self.fields.get(*index as usize)
                    && !view.has_span_slot(field.field)
                {
                    field.candidates(view, state, ask);
                }
            }
        }
        for slot in view.event_slots() {
            self.follow(leads(&routes.event, *slot), view, state, ask);
        }
        for slot in view.link_slots() {
            self.follow(leads(&routes.link, *slot), view, state, ask);
        }
    }

    fn follow(
        &self,
        indexes: &[u32],
        view: &SpanView<'_, '_>,
        state: &mut MatchState,
        ask: &mut impl FnMut(u32, &mut MatchState),
    ) {
        for index in indexes {
            if let Some(field) = self.fields.get(*index as usize) {
                field.candidates(view, state, ask);
            }
        }
    }
}

fn leads(routes: &HashMap<u32, Vec<u32>, FixedState>, slot: u32) -> &[u32] {
    routes.get(&slot).map_or(&[], Vec::as_slice)
}

impl Routes {
    fn new(fields: &[FieldIndex], plan: &ReadPlan) -> Routes {
        let mut routes = Routes {
            span: HashMap::with_hasher(HASH),
            resource: HashMap::with_hasher(HASH),
            event: HashMap::with_hasher(HASH),
            link: HashMap::with_hasher(HASH),
            rest: Vec::new(),
        };
        for (index, field) in (0u32..).zip(fields) {
            match plan.place(field.field) {
                Some(Place::Span(slot)) => routes.span.entry(slot).or_default().push(index),
                Some(Place::SpanThenResource(span, resource)) => {
                    routes.span.entry(span).or_default().push(index);
                    routes.resource.entry(resource).or_default().push(index);
                }
                Some(Place::Resource(slot)) => {
                    routes.resource.entry(slot).or_default().push(index);
                }
                Some(Place::Event(slot)) => routes.event.entry(slot).or_default().push(index),
                Some(Place::Link(slot)) => routes.link.entry(slot).or_default().push(index),
                Some(Place::Scope(_) | Place::Intrinsic(_)) | None => routes.rest.push(index),
            }
        }
        routes
    }
}

/// How many members share each access: the rarest is the best.
struct Costs {
    equal: HashMap<(FieldId, u64), usize>,
    fields: HashMap<FieldId, usize>,
}

impl Costs {
    fn new(members: &[Member]) -> Costs {
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

impl FieldIndex {
    fn new(field: FieldId, is_list: bool) -> FieldIndex {
        FieldIndex {
            field,
            is_list,
            present: Vec::new(),
            equal: HashMap::with_hasher(HASH),
            above: Vec::new(),
            below: Vec::new(),
            patterns: Vec::new(),
            together: None,
            unlike: [None; CLASSES],
        }
    }

    fn add(&mut self, selector: u32, access: &Access, building: &mut Building<'_>) {
        let mut is_repeated = self.is_list;
        let class = match access {
            Access::Equal { keys, class, .. } => {
                is_repeated |= keys.len() > 1;
                for key in keys {
                    self.equal.entry(*key).or_default().push(selector);
                }
                Some(*class)
            }
            Access::Beyond { side, bound, .. } => {
                match side {
                    Side::Above => self.above.push((*bound, selector)),
                    Side::Below => self.below.push((*bound, selector)),
                }
                Some(Class::Number)
            }
            Access::Pattern { .. } => {
                self.patterns.push(selector);
                Some(Class::Pattern)
            }
            Access::Present(fields) => {
                is_repeated |= fields.len() > 1;
                self.present.push(selector);
                None
            }
        };
        if is_repeated && let Some(flag) = building.repeated.get_mut(selector as usize) {
            *flag = true;
        }
        if let Some(class) = class {
            let id = self.unlike[class.index()].get_or_insert_with(|| {
                building.unlike.push(Vec::new());
                UnlikeId(u32::try_from(building.unlike.len() - 1).unwrap_or(u32::MAX))
            });
            if let Some(counted) = building.unlike.get_mut(id.0 as usize) {
                counted.push(crate::matcher::SelectorId(selector));
            }
        }
    }

    fn candidates(
        &self,
        view: &SpanView<'_, '_>,
        state: &mut MatchState,
        ask: &mut impl FnMut(u32, &mut MatchState),
    ) {
        let mut unlike = [false; CLASSES];
        if self.is_list {
            let mut has_any = false;
            view.any(self.field, &mut |value| {
                has_any = true;
                self.of_value(value, &mut unlike, state, ask);
                false
            });
            if has_any {
                ask_all(&self.present, state, ask);
            }
        } else {
            let value = view.field(self.field);
            if value.is_missing() {
                return;
            }
            ask_all(&self.present, state, ask);
            self.of_value(value, &mut unlike, state, ask);
        }
        for (id, is_unlike) in self.unlike.iter().zip(unlike) {
            if let Some(id) = id
                && is_unlike
            {
                state.count_unlike(*id);
            }
        }
    }

    fn of_value(
        &self,
        value: Value<'_>,
        unlike: &mut [bool; CLASSES],
        state: &mut MatchState,
        ask: &mut impl FnMut(u32, &mut MatchState),
    ) {
        let asks = |class: Class| self.unlike[class.index()].is_some();
        let mut keys = [None; 3];
        let mut spelled = None;
        match value {
            Value::Text(text) => {
                if asks(Class::Text) || asks(Class::TextNumber) || asks(Class::TextBoolean) {
                    keys[0] = Some(key::text(text));
                }
                if asks(Class::Number) {
                    spelled = number(value);
                    keys[1] = spelled.map(key::number);
                    unlike[Class::Number.index()] |= spelled.is_none();
                }
                if asks(Class::Boolean) {
                    keys[2] = boolean_text(text).map(key::boolean);
                    unlike[Class::Boolean.index()] |= keys[2].is_none();
                }
            }
            Value::Int(_) | Value::Float(_) => {
                spelled = number(value);
                keys[1] = spelled.map(key::number);
                for class in [Class::Boolean, Class::Text, Class::TextBoolean] {
                    unlike[class.index()] = true;
                }
            }
            Value::Bool(value) => {
                keys[2] = Some(key::boolean(value));
                for class in [Class::Number, Class::Text, Class::TextNumber] {
                    unlike[class.index()] = true;
                }
            }
            _ => *unlike = [true; CLASSES],
        }
        for key in keys.into_iter().flatten() {
            if let Some(selectors) = self.equal.get(&key) {
                ask_all(selectors, state, ask);
            }
        }
        if let Some(number) = spelled {
            for (bound, selector) in &self.above {
                if bound.compare(number).is_gt() {
                    break;
                }
                ask(*selector, state);
            }
            for (bound, selector) in &self.below {
                if bound.compare(number).is_lt() {
                    break;
                }
                ask(*selector, state);
            }
        }
        if !self.patterns.is_empty() && !unlike[Class::Pattern.index()] {
            let mut buffer = TextBuffer::new();
            if let Some(text) = shortest_text(value, &mut buffer)
                && self.together.as_ref().is_none_or(|set| set.is_match(text))
            {
                ask_all(&self.patterns, state, ask);
            }
        }
    }
}

fn ask_all(selectors: &[u32], state: &mut MatchState, ask: &mut impl FnMut(u32, &mut MatchState)) {
    for selector in selectors {
        ask(*selector, state);
    }
}
