//! The selectors of a group that one field's value leads to.

use std::cmp::Ordering;

use betrace_lang::rule::Number;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::matcher::access::{Access, CLASSES, Class, Side, key};
use crate::matcher::ask::Asking;
use crate::matcher::class_set::{
    ANY_TEXT, BOOLEAN, ClassSet, NOTHING, NUMBER, PATTERN, TEXT, UNLIKE_BOOLEANS, UNLIKE_NUMBERS,
};
use crate::matcher::ids::{SelectorId, UnlikeId};
use crate::matcher::leads::{Follow, Lead, Leads, TextLeads};
use crate::matcher::unlike::UnlikeTable;
use crate::predicate::fields::{FieldId, FieldTable, Fields};
use crate::scan::keys::HASH;
use crate::scan::read_plan::{Place, ReadPlan};
use crate::value::{TextBuffer, Value, boolean_text, number, shortest_text};
use crate::wire::value::{Raw, RawKind};

/// Patterns of one field from this number on are first tried together.
const MANY_PATTERNS: usize = 3;
/// Compiled size of patterns that are tried together, in bytes.
const PATTERNS_BYTES: usize = 32 << 20;

/// What the whole index keeps of all groups while they are built.
pub(crate) struct Building<'b> {
    pub fields: &'b FieldTable,
    pub plan: &'b ReadPlan,
    /// Selectors counted by each [`UnlikeId`].
    pub unlike: &'b mut UnlikeTable,
    /// Selectors that one span can meet more than once.
    pub repeated: &'b mut [bool],
}

/// Selectors by what they ask of one field.
#[derive(Debug)]
pub(crate) struct FieldIndex {
    pub field: FieldId,
    pub place: Option<Place>,
    is_list: bool,
    present: Leads,
    texts: Option<Box<TextLeads>>,
    /// By keys of numbers and booleans, which equal ones share.
    equal: HashMap<u64, Leads, FixedState>,
    /// By bound, ascending.
    above: Vec<BoundLead>,
    /// By bound, descending.
    below: Vec<BoundLead>,
    patterns: Vec<(u32, String)>,
    together: Option<RegexSet>,
    /// The classes of literals here.
    asks: ClassSet,
    kind: FieldKind,
    /// For each class of literals here, whom to count where a value is unlike them.
    unlike: [Option<UnlikeId>; CLASSES],
}

/// What alone is asked of a field of one value, as of most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldKind {
    /// Whether it has one.
    Presence,
    /// Texts that spell nothing else.
    Texts,
    /// Bounds of numbers.
    Bounds,
    /// This and that, or another thing.
    Mixed,
}

#[derive(Debug)]
struct BoundLead {
    bound: Number,
    /// The same, if it is a whole number, which most values are compared with.
    whole: Option<i64>,
    or_equal: bool,
    leads: Leads,
}

impl FieldIndex {
    pub(crate) fn new(field: FieldId, building: &Building<'_>) -> FieldIndex {
        FieldIndex {
            field,
            place: building.plan.place(field),
            is_list: building.fields.is_list(field),
            present: Leads::default(),
            texts: None,
            equal: HashMap::with_hasher(HASH),
            above: Vec::new(),
            below: Vec::new(),
            patterns: Vec::new(),
            together: None,
            asks: ClassSet::default(),
            kind: FieldKind::Mixed,
            unlike: [None; CLASSES],
        }
    }

    pub(crate) fn add(&mut self, lead: Lead, access: &Access, building: &mut Building<'_>) {
        let selector = lead.selector;
        let mut is_repeated = self.is_list;
        let class = match access {
            Access::Equal {
                texts, keys, class, ..
            } => {
                // By its text, and by what that spells.
                is_repeated |= !texts.is_empty() && !keys.is_empty();
                for text in texts {
                    self.texts.get_or_insert_default().add(text, lead);
                }
                for key in keys {
                    self.equal.entry(*key).or_default().add(lead);
                }
                Some(*class)
            }
            Access::Beyond {
                side,
                bound,
                or_equal,
                ..
            } => {
                let bounds = match side {
                    Side::Above => &mut self.above,
                    Side::Below => &mut self.below,
                };
                let mut leads = Leads::default();
                leads.add(lead);
                bounds.push(BoundLead {
                    bound: *bound,
                    whole: match bound {
                        Number::Int(bound) => i64::try_from(*bound).ok(),
                        Number::Float(_) => None,
                    },
                    or_equal: *or_equal,
                    leads,
                });
                Some(Class::Number)
            }
            Access::Pattern { pattern, .. } => {
                self.patterns.push((selector, pattern.to_string()));
                Some(Class::Pattern)
            }
            Access::Present(fields) => {
                is_repeated |= fields.len() > 1;
                self.present.add(lead);
                None
            }
        };
        if is_repeated && let Some(flag) = building.repeated.get_mut(selector as usize) {
            *flag = true;
        }
        if let Some(class) = class {
            self.asks = self.asks.with(ClassSet::of(&[class]));
            let id = self.unlike[class.index()].get_or_insert_with(|| building.unlike.add());
            building.unlike.push(*id, SelectorId(selector));
        }
    }

    /// Called once, when all selectors have been added.
    pub(crate) fn finish(&mut self) {
        if let Some(texts) = &mut self.texts {
            texts.settle();
        }
        self.above.sort_by(|a, b| a.bound.compare(b.bound));
        self.below.sort_by(|a, b| b.bound.compare(a.bound));
        if self.patterns.len() >= MANY_PATTERNS {
            // Too large together: then each is tried on its own.
            self.together = RegexSetBuilder::new(self.patterns.iter().map(|(_, pattern)| pattern))
                .size_limit(PATTERNS_BYTES)
                .dfa_size_limit(PATTERNS_BYTES)
                .build()
                .ok();
        }
        for (_, pattern) in &mut self.patterns {
            *pattern = String::new();
        }
        self.kind = self.kind();
    }

    fn kind(&self) -> FieldKind {
        match self.asks {
            _ if self.is_list => FieldKind::Mixed,
            NOTHING => FieldKind::Presence,
            TEXT if self.present.is_nowhere() => FieldKind::Texts,
            NUMBER if self.present.is_nowhere() && self.equal.is_empty() => FieldKind::Bounds,
            _ => FieldKind::Mixed,
        }
    }

    /// Asks each selector here that the span's value could satisfy.
    #[inline(never)]
    pub(crate) fn ask(&self, asking: &mut Asking<'_, '_, '_>) {
        let view = asking.view;
        if !self.is_list {
            if let Some(place) = self.place {
                self.follow(view.at(place), asking);
            }
            return;
        }
        let mut unlike = ClassSet::default();
        let mut has_any = false;
        view.any(self.field, &mut |value| {
            has_any = true;
            unlike = unlike.with(self.follow_value(value, asking));
            false
        });
        if has_any {
            self.present.follow(asking);
        }
        self.count_unlike(unlike, asking);
    }

    /// Likewise, where the span has set a slot of the field to this.
    #[inline(always)]
    pub(crate) fn ask_set(&self, raw: Raw, asking: &mut Asking<'_, '_, '_>) {
        match (self.kind, raw.kind) {
            // An empty value gives way to that of the resource.
            (_, RawKind::Missing) => self.ask(asking),
            (FieldKind::Presence, _) => self.present.follow(asking),
            (FieldKind::Texts, RawKind::Text) => {
                let text = raw.payload(asking.view.message);
                if let Some(leads) = self.texts.as_ref().and_then(|texts| texts.of(text)) {
                    leads.follow(asking);
                }
            }
            (FieldKind::Bounds, RawKind::Int) => {
                self.follow_whole(raw.bits.cast_signed(), asking);
            }
            _ => self.ask_mixed(raw, asking),
        }
    }

    /// Where a value of this kind leads, whatever it is; `None`: that hangs on what it is.
    pub(crate) fn by_kind(&self, raw: Raw) -> Option<&Leads> {
        let is_told = self.kind == FieldKind::Presence && raw.kind != RawKind::Missing;
        is_told.then_some(&self.present)
    }

    #[inline(never)]
    fn ask_mixed(&self, raw: Raw, asking: &mut Asking<'_, '_, '_>) {
        self.follow(raw.value(asking.view.message), asking);
    }

    /// Where a text leads, if this is all that is asked of the field and only texts are.
    pub(crate) fn of_text(&self, text: &[u8]) -> Option<Leads> {
        let is_all = self.asks == self.asks.only(ANY_TEXT) && self.present.is_nowhere();
        let leads = self.texts.as_ref().and_then(|texts| texts.of(text));
        is_all.then(|| leads.cloned().unwrap_or_default())
    }

    /// Where a value leads that is the only one of its field.
    #[inline]
    pub(crate) fn follow(&self, value: Value<'_>, by: &mut impl Follow) {
        if value.is_missing() {
            return;
        }
        self.present.follow(by);
        if self.asks != ClassSet::default() {
            let unlike = self.follow_value(value, by);
            self.count_unlike(unlike, by);
        }
    }

    fn count_unlike(&self, unlike: ClassSet, by: &mut impl Follow) {
        if !unlike.meets(self.asks) {
            return;
        }
        for (index, id) in self.unlike.iter().enumerate() {
            if let Some(id) = id
                && unlike.has(index)
            {
                by.count_unlike(*id);
            }
        }
    }

    /// Leads by a value that is not missing, and tells the classes that it is unlike to.
    #[inline(always)]
    fn follow_value(&self, value: Value<'_>, by: &mut impl Follow) -> ClassSet {
        let mut unlike = ClassSet::default();
        match value {
            Value::Text(text) => {
                if let Some(texts) = &self.texts
                    && let Some(leads) = texts.of(text)
                {
                    leads.follow(by);
                }
                if self.asks.meets(NUMBER) {
                    match number(value) {
                        Some(number) => self.follow_number(number, by),
                        None => unlike = unlike.with(NUMBER),
                    }
                }
                if self.asks.meets(BOOLEAN) {
                    match boolean_text(text) {
                        Some(value) => self.follow_key(key::boolean(value), by),
                        None => unlike = unlike.with(BOOLEAN),
                    }
                }
            }
            Value::Int(value) => {
                unlike = UNLIKE_NUMBERS;
                if !self.equal.is_empty() {
                    self.follow_key(key::number(Number::Int(i128::from(value))), by);
                }
                self.follow_whole(value, by);
            }
            Value::Float(_) => {
                unlike = UNLIKE_NUMBERS;
                // NaN and infinities equal nothing.
                if let Some(number) = number(value) {
                    self.follow_number(number, by);
                }
            }
            Value::Bool(value) => {
                unlike = UNLIKE_BOOLEANS;
                self.follow_key(key::boolean(value), by);
            }
            _ => unlike = ClassSet::ALL,
        }
        if self.asks.meets(PATTERN) && !unlike.meets(PATTERN) {
            self.follow_patterns(value, by);
        }
        unlike
    }

    fn follow_key(&self, key: u64, by: &mut impl Follow) {
        if let Some(leads) = self.equal.get(&key) {
            leads.follow(by);
        }
    }

    #[inline(always)]
    fn follow_whole(&self, value: i64, by: &mut impl Follow) {
        self.follow_bounds(by, |bound| match bound.whole {
            Some(bound) => bound.cmp(&value),
            None => bound.bound.compare(Number::Int(i128::from(value))),
        });
    }

    #[inline(never)]
    fn follow_number(&self, number: Number, by: &mut impl Follow) {
        if !self.equal.is_empty() {
            self.follow_key(key::number(number), by);
        }
        self.follow_bounds(by, |bound| bound.bound.compare(number));
    }

    /// `compare` says how a bound compares with the value.
    #[inline(always)]
    fn follow_bounds(&self, by: &mut impl Follow, compare: impl Fn(&BoundLead) -> Ordering) {
        for (bounds, before) in [
            (&self.above, Ordering::Less),
            (&self.below, Ordering::Greater),
        ] {
            for bound in bounds {
                let order = compare(bound);
                if order == before || order.is_eq() && bound.or_equal {
                    bound.leads.follow(by);
                } else if !order.is_eq() {
                    break;
                }
            }
        }
    }

    #[inline(never)]
    fn follow_patterns(&self, value: Value<'_>, by: &mut impl Follow) {
        let mut buffer;
        let text = match value {
            Value::Text(text) => Some(text),
            other => {
                buffer = TextBuffer::default();
                shortest_text(other, &mut buffer)
            }
        };
        if let Some(text) = text
            && self.together.as_ref().is_none_or(|set| set.is_match(text))
        {
            for (selector, _) in &self.patterns {
                by.lead(Lead {
                    selector: *selector,
                    is_settled: false,
                });
            }
        }
    }
}
