//! Which of the spans that a selector chooses from may equal a bound span in a value, without asking each.
//!
//! Values that are equal share a key; those of one key are asked, and so are those of which nothing can be said.

use crate::decide::facts::Facts;
use crate::hash::fixed_hash;
use crate::intern::FieldKey;
use crate::state::record_id::RecordId;
use crate::value::Value;
use crate::value::number::number_text;

#[derive(Clone, Copy, Debug)]
pub(crate) enum JoinKey {
    /// Of equal values the same.
    Of(u64),
    /// It equals nothing.
    None,
    /// What it equals is not known.
    Any,
}

impl JoinKey {
    /// Number text equals a number, and `true` a truth, but no other two kinds of values are ever equal.
    pub fn of(facts: &Facts<'_>, record: RecordId, field: FieldKey) -> JoinKey {
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
            Value::Bool(value) => {
                let text: &[u8] = if value { b"true" } else { b"false" };
                JoinKey::Of(fixed_hash(&[&[0], text]))
            }
            // Equal numbers round to the same float.
            Value::Int(value) => of_number(value as f64),
            Value::Float(value) => of_number(value),
            Value::Missing => JoinKey::None,
            Value::Array(_) | Value::Bytes(_) | Value::Other | Value::Duration(_) => JoinKey::Any,
        }
    }
}
