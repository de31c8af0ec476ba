//! The macros, lists and fields that a rule file brings along: words that its conditions may use.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::macro_text::Macro;
use crate::condition::shipped::{PREFIX, Shipped, shipped};
use crate::rule::{Field, FirstOf, Literal};

/// Macros, lists and fields by name. A macro's text is parsed once, at its first use.
#[derive(Debug, Default)]
pub struct Vocabulary {
    pub(crate) macros: BTreeMap<Arc<str>, Macro>,
    pub(crate) lists: BTreeMap<Arc<str>, Vec<Literal>>,
    pub(crate) fields: BTreeMap<Arc<str>, Arc<FirstOf>>,
}

impl Vocabulary {
    #[must_use]
    pub fn new() -> Vocabulary {
        Vocabulary::default()
    }

    /// Adds or replaces a macro; `text` is not looked at before it is used.
    pub fn add_macro(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) {
        self.macros.insert(name.into(), Macro::new(text));
    }

    /// Adds or replaces a field, under its name.
    pub fn add_field(&mut self, field: FirstOf) {
        self.fields.insert(field.name.clone(), Arc::new(field));
    }

    /// The field of this name: of the rule file, or with its prefix of the vocabulary that ships.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        let own = || self.fields.get(name).cloned();
        let field = match name.starts_with(PREFIX) {
            true => shipped(name).and_then(Shipped::as_field).cloned(),
            false => own(),
        };
        field.map(Field::FirstOf)
    }

    /// The list of this name, likewise.
    pub(crate) fn list(&self, name: &str) -> Option<&[Literal]> {
        match name.starts_with(PREFIX) {
            true => shipped(name).and_then(Shipped::as_list),
            false => self.lists.get(name).map(Vec::as_slice),
        }
    }

    /// The macro of this name, likewise.
    pub(crate) fn macro_named(&self, name: &str) -> Option<(&Arc<str>, &Macro)> {
        match name.starts_with(PREFIX) {
            true => shipped(name).and_then(|one| Some((&one.name, one.as_macro()?))),
            false => self.macros.get_key_value(name),
        }
    }

    /// Adds or replaces a list of numbers, booleans, durations and texts.
    pub fn add_list(&mut self, name: impl Into<Arc<str>>, items: Vec<Literal>) {
        self.lists.insert(name.into(), items);
    }
}

/// What a shipped macro is read with: names of a rule file mean nothing in it.
pub(crate) static NOTHING: Vocabulary = Vocabulary {
    macros: BTreeMap::new(),
    lists: BTreeMap::new(),
    fields: BTreeMap::new(),
};
