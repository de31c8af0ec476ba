//! Records as predicates and terms read them: what was kept of their spans.

use std::cell::Cell as Flag;

use betrace_lang::rule::BindingId;

use crate::decide::eval::BINDINGS;
use crate::decide::facts::Facts;
use crate::intern::FieldKey;
use crate::predicate::fields::{BoundSpans, FieldId, Fields};
use crate::state::kept::Projection;
use crate::state::record_id::RecordId;
use crate::value::{OwnedValue, Value};

/// A record as a predicate reads it.
pub(crate) struct RecordFields<'e> {
    keys: &'e [FieldKey],
    projection: Option<&'e Projection>,
    /// A field was asked for that was not kept: the rule that reads it came after the span.
    missed: Flag<bool>,
}

impl<'e> RecordFields<'e> {
    pub fn new(facts: &Facts<'e>, record: RecordId) -> RecordFields<'e> {
        RecordFields {
            keys: &facts.plan.field_keys,
            projection: facts.trace.records().projection(record),
            missed: Flag::new(false),
        }
    }

    /// Whether what was read may not be all that the span had.
    pub fn is_short(&self) -> bool {
        self.missed.get() || self.projection.is_some_and(|projection| projection.cut)
    }

    fn kept(&self, field: FieldId) -> Option<&'e OwnedValue> {
        let key = self.keys.get(field.index())?;
        let kept = self.projection.and_then(|projection| projection.kept(*key));
        self.missed.set(self.missed.get() || kept.is_none());
        kept
    }
}

impl Fields for RecordFields<'_> {
    fn value(&self, field: FieldId) -> Value<'_> {
        self.kept(field)
            .map_or(Value::Missing, OwnedValue::as_value)
    }

    fn any(&self, field: FieldId, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.kept(field).is_some_and(|value| value.any(test))
    }

    fn items(&self, field: FieldId) -> u32 {
        let Some(kept) = self.kept(field) else {
            return 0;
        };
        let rows = kept.rows();
        self.missed.set(self.missed.get() || rows.is_none());
        rows.unwrap_or(0)
    }

    fn item(&self, index: u32, field: FieldId) -> Value<'_> {
        self.kept(field)
            .map_or(Value::Missing, |kept| kept.row(index))
    }
}

/// The records of bound spans.
pub(crate) struct BoundRecords<'e>(pub [Option<RecordFields<'e>>; BINDINGS]);

impl BoundRecords<'_> {
    /// Whether what was read of one may not be all that it had.
    pub fn is_short(&self) -> bool {
        self.0.iter().flatten().any(RecordFields::is_short)
    }
}

impl BoundSpans for BoundRecords<'_> {
    fn span(&self, binding: BindingId) -> Option<&dyn Fields> {
        let record = self.0.get(usize::from(binding.0))?.as_ref()?;
        Some(record)
    }
}
