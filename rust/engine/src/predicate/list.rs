//! `in [..]`: true if one literal equals, unknown if none does and some could not be compared, else false. The same of
//! the elements of an array.

use betrace_lang::rule::{CompareOp, Literal, Number};
use hashbrown::{HashMap, HashSet};

use crate::value::number::number_text;
use crate::value::{Compared, Numeric, Value, boolean_text, compare_literal, number, numeric};

/// Lists up to this length are compared one by one.
const SHORT: usize = 8;

/// The literals of a list, hashed where there are many.
#[derive(Clone, Debug)]
pub(crate) struct LiteralSet {
    literals: Box<[Literal]>,
    hashed: Option<Box<Hashed>>,
}

#[derive(Clone, Debug, Default)]
struct Hashed {
    texts: HashSet<Box<[u8]>>,
    /// Number literals by [`number_key`].
    numbers: HashMap<u64, Vec<Number>>,
    /// Text literals that spell a number; they meet values that are numbers, and text as text only.
    spelled: HashMap<u64, Vec<Number>>,
    has_true: bool,
    has_false: bool,
    has_bool: bool,
    has_text: bool,
    has_duration: bool,
    /// Every text literal spells a number.
    texts_are_numbers: bool,
    /// Every text literal is `true` or `false`.
    texts_are_booleans: bool,
}

impl LiteralSet {
    pub(crate) fn new(literals: &[Literal]) -> LiteralSet {
        LiteralSet {
            literals: literals.into(),
            hashed: (literals.len() > SHORT).then(|| Box::new(Hashed::new(literals))),
        }
    }

    pub(crate) fn contains(&self, value: Value<'_>) -> Compared {
        match (&self.hashed, value) {
            (_, Value::Missing) => Compared::UNKNOWN,
            (Some(hashed), Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)) => {
                hashed
                    .contains(value)
                    .unwrap_or_else(|| self.one_by_one(value))
            }
            _ => self.one_by_one(value),
        }
    }

    fn one_by_one(&self, value: Value<'_>) -> Compared {
        let mut all = Compared::known(false);
        for literal in &self.literals {
            let one = compare_literal(value, CompareOp::Eq, literal);
            all.truth = all.truth.or(one.truth);
            all.unlike |= one.unlike;
            if all.truth.is_true() {
                return Compared::known(true);
            }
        }
        if !all.truth.may_be_unknown() {
            all.unlike = false;
        }
        all
    }
}

/// The elements of an array, hashed.
pub(super) struct ElementSet {
    hashed: Hashed,
    /// An element that compares with nothing: missing, an array, bytes, a map, NaN or an infinity.
    has_odd: bool,
    is_empty: bool,
}

impl ElementSet {
    pub(super) fn new<'a>(elements: impl Iterator<Item = Value<'a>>) -> ElementSet {
        let mut set = ElementSet {
            hashed: Hashed::empty(),
            has_odd: false,
            is_empty: true,
        };
        for element in elements {
            set.is_empty = false;
            match (element, numeric(element)) {
                (Value::Text(text), _) => set.hashed.add_text(text),
                (Value::Bool(value), _) => set.hashed.add_boolean(value),
                (_, Numeric::Finite(number)) => insert(&mut set.hashed.numbers, number),
                _ => set.has_odd = true,
            }
        }
        set
    }

    /// Whether an element equals the value.
    pub(super) fn contains(&self, value: Value<'_>) -> Compared {
        if self.is_empty {
            return match value {
                Value::Missing => Compared::UNKNOWN,
                _ => Compared::known(false),
            };
        }
        match self.hashed.contains(value) {
            Some(found) if found.truth.is_true() || !self.has_odd => found,
            // A value that compares with nothing, or may equal what cannot be compared.
            Some(_) => Compared::UNLIKE,
            None if value.is_missing() => Compared::UNKNOWN,
            None => Compared::UNLIKE,
        }
    }
}

impl Hashed {
    fn empty() -> Hashed {
        Hashed {
            texts_are_numbers: true,
            texts_are_booleans: true,
            ..Hashed::default()
        }
    }

    fn new(literals: &[Literal]) -> Hashed {
        let mut hashed = Hashed::empty();
        for literal in literals {
            match literal {
                Literal::Text(text) => hashed.add_text(text.as_bytes()),
                Literal::Number(number) => insert(&mut hashed.numbers, *number),
                Literal::Bool(value) => hashed.add_boolean(*value),
                Literal::Duration(_) => hashed.has_duration = true,
            }
        }
        hashed
    }

    fn add_text(&mut self, text: &[u8]) {
        self.has_text = true;
        self.texts.insert(text.into());
        self.texts_are_booleans &= boolean_text(text).is_some();
        match number_text(text) {
            Some(number) => insert(&mut self.spelled, number),
            None => self.texts_are_numbers = false,
        }
    }

    fn add_boolean(&mut self, value: bool) {
        self.has_bool = true;
        self.has_true |= value;
        self.has_false |= !value;
    }

    /// `None`: not a value that the hashes cover.
    fn contains(&self, value: Value<'_>) -> Option<Compared> {
        let number = number(value);
        let (equal, unlike) = match value {
            Value::Text(text) => {
                let boolean = boolean_text(text);
                (
                    self.texts.contains(text)
                        || number.is_some_and(|number| holds(&self.numbers, number))
                        || boolean.is_some_and(|value| self.has(value)),
                    (!self.numbers.is_empty() && number.is_none())
                        || (self.has_bool && boolean.is_none()),
                )
            }
            Value::Int(_) | Value::Float(_) => {
                let number = number?;
                (
                    holds(&self.numbers, number) || holds(&self.spelled, number),
                    self.has_bool || (self.has_text && !self.texts_are_numbers),
                )
            }
            Value::Bool(value) => (
                self.has(value)
                    || self
                        .texts
                        .contains(if value { &b"true"[..] } else { b"false" }),
                !self.numbers.is_empty() || (self.has_text && !self.texts_are_booleans),
            ),
            _ => return None,
        };
        Some(if equal {
            Compared::known(true)
        } else if unlike || self.has_duration {
            Compared::UNLIKE
        } else {
            Compared::known(false)
        })
    }

    fn has(&self, value: bool) -> bool {
        if value { self.has_true } else { self.has_false }
    }
}

fn insert(numbers: &mut HashMap<u64, Vec<Number>>, number: Number) {
    numbers
        .entry(number_key(number.to_f64()))
        .or_default()
        .push(number);
}

fn holds(numbers: &HashMap<u64, Vec<Number>>, number: Number) -> bool {
    numbers
        .get(&number_key(number.to_f64()))
        .is_some_and(|near| near.contains(&number))
}

/// Equal numbers have equal keys; unequal ones hardly ever.
pub(crate) fn number_key(nearest: f64) -> u64 {
    if nearest == 0.0 { 0 } else { nearest.to_bits() }
}
