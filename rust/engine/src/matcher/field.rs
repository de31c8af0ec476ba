//! The selectors of a group that one field's value leads to.

use betrace_lang::rule::Number;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::matcher::access::{Access, CLASSES, Class, Side, key};
use crate::matcher::ask::Asking;
use crate::matcher::ids::{SelectorId, UnlikeId};
use crate::predicate::fields::{FieldId, FieldTable, Fields};
use crate::scan::keys::HASH;
use crate::scan::read_plan::{Place, ReadPlan};
use crate::value::{TextBuffer, Value, boolean_text, number, shortest_text};

/// Patterns of one field from this number on are first tried together.
const MANY_PATTERNS: usize = 3;
/// Compiled size of patterns that are tried together, in bytes.
const PATTERNS_BYTES: usize = 32 << 20;

/// What the whole index keeps of all groups while they are built.
pub(crate) struct Building<'b> {
    pub fields: &'b FieldTable,
    pub plan: &'b ReadPlan,
    /// Selectors counted by each [`UnlikeId`].
    pub unlike: &'b mut Vec<Vec<SelectorId>>,
    /// Selectors that one span can meet more than once.
    pub repeated: &'b mut [bool],
}

/// Selectors by what they ask of one field.
#[derive(Debug)]
pub(crate) struct FieldIndex {
    pub field: FieldId,
    pub place: Option<Place>,
    is_list: bool,
    present: Vec<u32>,
    equal: HashMap<u64, Vec<u32>, FixedState>,
    /// By bound, ascending.
    above: Vec<(Number, u32)>,
    /// By bound, descending.
    below: Vec<(Number, u32)>,
    patterns: Vec<(u32, String)>,
    together: Option<RegexSet>,
    /// The classes of literals here.
    asks: ClassSet,
    /// For each class of literals here, whom to count where a value is unlike them.
    unlike: [Option<UnlikeId>; CLASSES],
}

/// A set of classes of literals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ClassSet(u8);

impl ClassSet {
    const ALL: ClassSet = ClassSet((1 << CLASSES) - 1);

    const fn of(classes: &[Class]) -> ClassSet {
        let mut bits = 0;
        let mut at = 0;
        while at < classes.len() {
            bits |= 1 << classes[at] as u8;
            at += 1;
        }
        ClassSet(bits)
    }

    fn meets(self, other: ClassSet) -> bool {
        self.0 & other.0 != 0
    }

    fn with(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }
}

const NUMBER: ClassSet = ClassSet::of(&[Class::Number]);
const BOOLEAN: ClassSet = ClassSet::of(&[Class::Boolean]);
const PATTERN: ClassSet = ClassSet::of(&[Class::Pattern]);
const ANY_TEXT: ClassSet = ClassSet::of(&[Class::Text, Class::TextNumber, Class::TextBoolean]);
const UNLIKE_NUMBERS: ClassSet = ClassSet::of(&[Class::Boolean, Class::Text, Class::TextBoolean]);
const UNLIKE_BOOLEANS: ClassSet = ClassSet::of(&[Class::Number, Class::Text, Class::TextNumber]);

impl FieldIndex {
    pub(crate) fn new(field: FieldId, building: &Building<'_>) -> FieldIndex {
        FieldIndex {
            field,
            place: building.plan.place(field),
            is_list: building.fields.is_list(field),
            present: Vec::new(),
            equal: HashMap::with_hasher(HASH),
            above: Vec::new(),
            below: Vec::new(),
            patterns: Vec::new(),
            together: None,
            asks: ClassSet::default(),
            unlike: [None; CLASSES],
        }
    }

    pub(crate) fn add(&mut self, selector: u32, access: &Access, building: &mut Building<'_>) {
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
            Access::Pattern { pattern, .. } => {
                self.patterns.push((selector, pattern.to_string()));
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
            self.asks = self.asks.with(ClassSet::of(&[class]));
            let id = self.unlike[class.index()].get_or_insert_with(|| {
                building.unlike.push(Vec::new());
                UnlikeId(u32::try_from(building.unlike.len() - 1).unwrap_or(u32::MAX))
            });
            if let Some(counted) = building.unlike.get_mut(id.0 as usize) {
                counted.push(SelectorId(selector));
            }
        }
    }

    /// Called once, when all selectors have been added.
    pub(crate) fn finish(&mut self) {
        self.above.sort_by(|a, b| a.0.compare(b.0));
        self.below.sort_by(|a, b| b.0.compare(a.0));
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
    }

    /// Asks each selector here that the span's value could satisfy.
    pub(crate) fn ask(&self, asking: &mut Asking<'_, '_, '_>) {
        let mut unlike = ClassSet::default();
        if self.is_list {
            let mut has_any = false;
            let view = *asking.view;
            view.any(self.field, &mut |value| {
                has_any = true;
                unlike = unlike.with(self.ask_by_value(value, asking));
                false
            });
            if has_any {
                asking.ask_all(&self.present);
            }
        } else {
            let view = *asking.view;
            let value = match self.place {
                Some(place) => view.at(place),
                None => Value::Missing,
            };
            if value.is_missing() {
                return;
            }
            asking.ask_all(&self.present);
            unlike = self.ask_by_value(value, asking);
        }
        if unlike.meets(self.asks) {
            for (index, id) in self.unlike.iter().enumerate() {
                if let Some(id) = id
                    && unlike.0 >> index & 1 == 1
                {
                    asking.count_unlike(*id);
                }
            }
        }
    }

    /// The classes that `value`, which is not missing, is unlike to.
    fn ask_by_value(&self, value: Value<'_>, asking: &mut Asking<'_, '_, '_>) -> ClassSet {
        let mut unlike = ClassSet::default();
        match value {
            Value::Text(text) => {
                if self.asks.meets(ANY_TEXT) {
                    self.ask_equal(key::text(text), asking);
                }
                if self.asks.meets(NUMBER) {
                    match number(value) {
                        Some(number) => self.ask_number(number, asking),
                        None => unlike = unlike.with(NUMBER),
                    }
                }
                if self.asks.meets(BOOLEAN) {
                    match boolean_text(text) {
                        Some(value) => self.ask_equal(key::boolean(value), asking),
                        None => unlike = unlike.with(BOOLEAN),
                    }
                }
            }
            Value::Int(_) | Value::Float(_) => {
                unlike = UNLIKE_NUMBERS;
                // NaN and infinities equal nothing.
                if let Some(number) = number(value) {
                    self.ask_number(number, asking);
                }
            }
            Value::Bool(value) => {
                unlike = UNLIKE_BOOLEANS;
                self.ask_equal(key::boolean(value), asking);
            }
            _ => unlike = ClassSet::ALL,
        }
        if self.asks.meets(PATTERN) && !unlike.meets(PATTERN) {
            self.ask_patterns(value, asking);
        }
        unlike
    }

    fn ask_equal(&self, key: u64, asking: &mut Asking<'_, '_, '_>) {
        if let Some(selectors) = self.equal.get(&key) {
            asking.ask_all(selectors);
        }
    }

    fn ask_number(&self, number: Number, asking: &mut Asking<'_, '_, '_>) {
        if !self.equal.is_empty() {
            self.ask_equal(key::number(number), asking);
        }
        for (bound, selector) in &self.above {
            if bound.compare(number).is_gt() {
                break;
            }
            asking.ask(*selector);
        }
        for (bound, selector) in &self.below {
            if bound.compare(number).is_lt() {
                break;
            }
            asking.ask(*selector);
        }
    }

    fn ask_patterns(&self, value: Value<'_>, asking: &mut Asking<'_, '_, '_>) {
        let mut buffer = TextBuffer::default();
        let text = match value {
            Value::Text(text) => Some(text),
            other => shortest_text(other, &mut buffer),
        };
        if let Some(text) = text
            && self.together.as_ref().is_none_or(|set| set.is_match(text))
        {
            for (selector, _) in &self.patterns {
                asking.ask(*selector);
            }
        }
    }
}
