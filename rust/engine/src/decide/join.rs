//! Which of the spans that a selector chooses from may equal a bound span in a value, without asking each.
//!
//! Values that are equal share a key; those of one key are asked, and so are those of which nothing can be said.

use hashbrown::HashMap;

use crate::decide::facts::Facts;
use crate::hash::fixed_hash;
use crate::intern::FieldKey;
use crate::state::record::RecordId;
use crate::value::Value;
use crate::value::number::number_text;

/// Candidates, by their place, under the key of one of their values.
#[derive(Debug, Default)]
pub(crate) struct JoinIndex {
    by_key: HashMap<u64, Vec<u32>>,
    /// Those of whose value nothing can be said.
    rest: Vec<u32>,
}

impl JoinIndex {
    pub fn new(facts: &Facts<'_>, candidates: &[(RecordId, bool)], field: FieldKey) -> JoinIndex {
        let mut index = JoinIndex::default();
        for (at, (record, _)) in (0..).zip(candidates.iter()) {
            match JoinKey::of(facts, *record, field) {
                JoinKey::Of(key) => index.by_key.entry(key).or_default().push(at),
                JoinKey::None => {}
                JoinKey::Any => index.rest.push(at),
            }
        }
        index
    }

    /// The places of those to be asked, ascending; `None`: all of them.
    pub fn matching(
        &self,
        facts: &Facts<'_>,
        bound: RecordId,
        field: FieldKey,
    ) -> Option<Vec<u32>> {
        let mut places = match JoinKey::of(facts, bound, field) {
            JoinKey::Of(key) => self.by_key.get(&key).cloned().unwrap_or_default(),
            JoinKey::None => return Some(Vec::new()),
            JoinKey::Any => return None,
        };
        if !self.rest.is_empty() {
            places.extend_from_slice(&self.rest);
            places.sort_unstable();
        }
        Some(places)
    }
}

enum JoinKey {
    /// Of equal values the same.
    Of(u64),
    /// It equals nothing.
    None,
    /// What it equals is not known.
    Any,
}

impl JoinKey {
    /// Number text equals a number, and `true` a truth, but no other two kinds of values are ever equal.
    fn of(facts: &Facts<'_>, record: RecordId, field: FieldKey) -> JoinKey {
        let projection = facts.trace.records().projection(record);
        if projection.is_none_or(|projection| projection.cut) {
            return JoinKey::Any;
        }
        let of_number = |number: f64| {
            // Zero has two signs.
            let bits = (number + 0.0).to_bits();
            JoinKey::Of(fixed_hash(&[&[1], &bits.to_le_bytes()]))
        };
        match facts.kept(record, field) {
            Value::Text(text) => match number_text(text) {
                Some(number) => of_number(number.to_f64()),
                None => JoinKey::Of(fixed_hash(&[&[0], text])),
            },
            Value::Bool(value) => JoinKey::Of(fixed_hash(&[&[0], value.to_string().as_bytes()])),
            // Equal numbers round to the same float.
            Value::Int(value) => of_number(value as f64),
            Value::Float(value) => of_number(value),
            Value::Missing => JoinKey::None,
            Value::Array(_) | Value::Bytes(_) | Value::Other | Value::Duration(_) => JoinKey::Any,
        }
    }
}
