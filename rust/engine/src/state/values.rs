//! What a cell keeps of the values of its spans: sums, extremes, distinct values, groups. Few rules ask for them, and
//! some grow large, so that they stand apart from their trace's block.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use betrace_lang::rule::Number;
use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::logic::interval::End;
use crate::plan::feed::ValueReach;
use crate::state::group_cell::GroupsCell;
use crate::state::key::{KEY_CAP, TextKey, group_key};
use crate::state::sum::ExactSum;
use crate::value::{Compared, Value, number};

/// Of the finite numbers among the certain spans' values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SumCell {
    pub sum: ExactSum,
    pub numbers: u32,
    /// Numbers of spans that are selected perhaps.
    pub perhaps: u32,
    /// Of the perhaps spans' durations.
    pub perhaps_sum: ExactSum,
    /// Durations that are not known.
    pub unknown: u32,
}

impl SumCell {
    pub fn add(&mut self, amount: Amount, certain: bool) {
        match amount {
            Amount::Number(number) | Amount::Duration(number) if certain => {
                self.sum.add(number);
                self.numbers = self.numbers.saturating_add(1);
            }
            Amount::Number(_) => self.perhaps = self.perhaps.saturating_add(1),
            Amount::Duration(number) => {
                self.perhaps = self.perhaps.saturating_add(1);
                self.perhaps_sum.add(number);
            }
            Amount::Unknown => self.unknown = self.unknown.saturating_add(1),
            Amount::None => {}
        }
    }
}

/// What a span adds to a sum.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Amount {
    Number(Number),
    /// How long it took, in nanoseconds: never negative.
    Duration(Number),
    /// It hangs on the duration of a span without order.
    Unknown,
    None,
}

impl From<Value<'_>> for Amount {
    fn from(value: Value<'_>) -> Amount {
        match value {
            Value::Duration(None) => Amount::Unknown,
            Value::Duration(Some(nanos)) => Amount::Duration(Number::Int(i128::from(nanos))),
            value => number(value).map_or(Amount::None, Amount::Number),
        }
    }
}

impl Amount {
    /// Whether it matters where that is what matters: what is not known may.
    pub fn is_within(self, reach: ValueReach) -> bool {
        match self {
            Amount::Number(number) | Amount::Duration(number) => reach.has(number),
            Amount::Unknown => true,
            Amount::None => false,
        }
    }

    /// Of what a term comes to.
    pub fn of_term(reckoned: Result<Number, Compared>) -> Amount {
        match reckoned {
            Ok(number) => Amount::Number(number),
            Err(why) if why == Compared::OPEN => Amount::Unknown,
            Err(_) => Amount::None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum KeptNumber {
    Int(i128),
    Float(f64),
}

impl From<Number> for KeptNumber {
    fn from(number: Number) -> KeptNumber {
        match number {
            Number::Int(value) => KeptNumber::Int(value),
            Number::Float(value) => KeptNumber::Float(value),
        }
    }
}

impl From<KeptNumber> for Number {
    fn from(number: KeptNumber) -> Number {
        match number {
            KeptNumber::Int(value) => Number::Int(value),
            KeptNumber::Float(value) => Number::Float(value),
        }
    }
}

/// The least and the greatest of some numbers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Extremes(Option<(KeptNumber, KeptNumber)>);

impl Extremes {
    /// Of whole numbers from `low` to `high`.
    pub fn of(low: i64, high: i64) -> Extremes {
        let [low, high] = [low, high].map(|number| KeptNumber::Int(i128::from(number)));
        Extremes(Some((low, high)))
    }

    pub fn add(&mut self, number: Number) {
        let (low, high) = match self.0 {
            None => (number, number),
            Some((low, high)) => (
                if number.compare(low.into()).is_lt() {
                    number
                } else {
                    low.into()
                },
                if number.compare(high.into()).is_gt() {
                    number
                } else {
                    high.into()
                },
            ),
        };
        self.0 = Some((low.into(), high.into()));
    }

    pub fn least(self) -> End {
        self.0.map_or(End::Highest, |(low, _)| End::At(low.into()))
    }

    pub fn greatest(self) -> End {
        self.0.map_or(End::Lowest, |(_, high)| End::At(high.into()))
    }
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ExtremesCell {
    pub certain: Extremes,
    /// Of certain and perhaps spans.
    pub all: Extremes,
    /// Values that are not known: they may be anything.
    pub unknown: u32,
}

impl ExtremesCell {
    pub fn add(&mut self, amount: Amount, certain: bool) {
        match amount {
            Amount::Number(number) | Amount::Duration(number) => {
                if certain {
                    self.certain.add(number);
                }
                self.all.add(number);
            }
            Amount::Unknown => self.unknown = self.unknown.saturating_add(1),
            Amount::None => {}
        }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DistinctCell {
    /// Each value, and whether a certain span has it.
    pub keys: BTreeMap<TextKey, bool>,
    pub certain: u32,
    pub unknown: u32,
    pub capped: bool,
}

impl DistinctCell {
    pub fn add_value(&mut self, value: Value<'_>, certain: bool) {
        if matches!(value, Value::Duration(None)) {
            self.unknown = self.unknown.saturating_add(1);
        } else if let Some(key) = group_key(value) {
            self.add(key, certain);
        }
    }

    pub fn add(&mut self, key: TextKey, certain: bool) {
        let full = self.keys.len() >= KEY_CAP;
        match self.keys.entry(key) {
            Entry::Occupied(mut seen) => {
                if certain && !*seen.get() {
                    seen.insert(true);
                    self.certain += 1;
                }
            }
            Entry::Vacant(_) if full => self.capped = true,
            Entry::Vacant(free) => {
                free.insert(certain);
                self.certain += u32::from(certain);
            }
        }
    }
}

/// A rough worst case for a B-tree's nodes.
const TREE_ENTRY_OVERHEAD: usize = 12;

/// Values of the spans of a cell.
#[derive(Clone, Debug)]
pub(crate) enum ValueCell {
    Sum(Box<SumCell>),
    /// Of those that are more than a range.
    Extremes(Box<ExtremesCell>),
    Distinct(Box<DistinctCell>),
    Groups(Box<GroupsCell>),
}

impl ValueCell {
    pub fn add_value(&mut self, value: Value<'_>, certain: bool) {
        // Of which group a span is, is asked where it is kept, and amounts are added as such.
        if let ValueCell::Distinct(cell) = self {
            cell.add_value(value, certain);
        }
    }

    pub fn add_amount(&mut self, amount: Amount, certain: bool) {
        match self {
            ValueCell::Sum(cell) => cell.add(amount, certain),
            ValueCell::Extremes(cell) => cell.add(amount, certain),
            // These are of values, not of amounts.
            ValueCell::Distinct(_) | ValueCell::Groups(_) => {}
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match self {
            ValueCell::Sum(sum) => {
                heap(size_of::<SumCell>())
                    + heap(sum.sum.heap_bytes())
                    + heap(sum.perhaps_sum.heap_bytes())
            }
            ValueCell::Extremes(_) => heap(size_of::<ExtremesCell>()),
            ValueCell::Distinct(distinct) => {
                heap(size_of::<DistinctCell>())
                    + distinct.keys.len() * (size_of::<(TextKey, bool)>() + TREE_ENTRY_OVERHEAD)
            }
            ValueCell::Groups(groups) => heap(size_of::<GroupsCell>()) + groups.groups.heap_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distinct_set_keeps_its_lower_bound_at_its_cap() {
        let mut cell = DistinctCell::default();
        for value in 0..KEY_CAP as u128 {
            cell.add(value, true);
        }
        assert!(!cell.capped);
        cell.add(5, true);
        assert!(!cell.capped);
        cell.add(u128::MAX, true);
        assert!(cell.capped);
        assert_eq!(cell.certain as usize, KEY_CAP);
    }

    #[test]
    fn a_perhaps_value_becomes_certain_once() {
        let mut cell = DistinctCell::default();
        cell.add(1, false);
        cell.add(1, true);
        cell.add(1, true);
        assert_eq!((cell.certain, cell.keys.len()), (1, 1));
    }
}
