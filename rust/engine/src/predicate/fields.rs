//! Which values the rules read, numbered densely, and who can be asked for them.

use betrace_lang::rule::{BindingId, Field};
use hashbrown::HashMap;

use crate::value::Value;

/// A field of some matcher's rules; dense from zero, and meaningful within that matcher only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u32);

impl FieldId {
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every field that a rule set reads. Bound fields (`p.x`) are entered as the field inside.
#[derive(Clone, Debug, Default)]
pub struct FieldTable {
    fields: Vec<Field>,
    ids: HashMap<Field, FieldId>,
}

impl FieldTable {
    /// The id of a field; of a bound one, the id of the field within the bound span.
    pub fn intern(&mut self, field: &Field) -> FieldId {
        let mut field = field;
        while let Field::Bound { field: inner, .. } = field {
            field = inner;
        }
        if let Some(id) = self.ids.get(field) {
            return *id;
        }
        let id = FieldId(u32::try_from(self.fields.len()).unwrap_or(u32::MAX));
        self.fields.push(field.clone());
        self.ids.insert(field.clone(), id);
        id
    }

    /// The id of a field that has been entered; bound ones as in [`FieldTable::intern`].
    #[must_use]
    pub fn id(&self, field: &Field) -> Option<FieldId> {
        match field {
            Field::Bound { field, .. } => self.id(field),
            field => self.ids.get(field).copied(),
        }
    }

    #[must_use]
    pub fn get(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(id.index())
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        (0u32..).map(FieldId).zip(&self.fields)
    }

    /// Read from events or links: it has a list of values, not one.
    #[must_use]
    pub fn is_list(&self, id: FieldId) -> bool {
        self.get(id).is_some_and(is_list)
    }
}

/// Whether a field is read from events or links.
pub(crate) fn is_list(field: &Field) -> bool {
    match field {
        Field::Bound { field, .. } => is_list(field),
        own => own.item().is_some(),
    }
}

/// A span, or what is kept of one.
pub trait Fields {
    /// The value of a field that is not read from events or links.
    fn value(&self, field: FieldId) -> Value<'_>;

    /// Whether some event or link has a value of this field that passes.
    fn any(&self, field: FieldId, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool;

    /// How many events (or links) there are, of those that `field` is read from.
    fn items(&self, _field: FieldId) -> u32 {
        0
    }

    /// The value of a field in one event or link, counted from zero.
    fn item(&self, _index: u32, _field: FieldId) -> Value<'_> {
        Value::Missing
    }
}

/// The spans that `when each` has bound so far.
pub trait BoundSpans {
    /// `None`: nothing is bound, and its fields are missing.
    fn span(&self, binding: BindingId) -> Option<&dyn Fields>;
}

/// No span is bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBindings;

impl BoundSpans for NoBindings {
    fn span(&self, _: BindingId) -> Option<&dyn Fields> {
        None
    }
}

/// A span of which nothing is read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoFields;

impl Fields for NoFields {
    fn value(&self, _: FieldId) -> Value<'_> {
        Value::Missing
    }

    fn any(&self, _: FieldId, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }
}
