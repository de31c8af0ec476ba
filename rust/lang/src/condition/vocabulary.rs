//! The macros, lists and fields that a rule file brings along: words that its conditions may use.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::condition::ast::Document;
use crate::condition::parse::parse;
use crate::condition::shipped::{PREFIX, shipped};
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;
use crate::rule::{Field, FirstOf, Literal};

/// Macros, lists and fields by name. A macro's text is parsed once, at its first use.
#[derive(Debug, Default)]
pub struct Vocabulary {
    pub(crate) macros: BTreeMap<Arc<str>, Macro>,
    pub(crate) lists: BTreeMap<Arc<str>, Vec<Literal>>,
    pub(crate) fields: BTreeMap<Arc<str>, Arc<FirstOf>>,
}

#[derive(Debug)]
pub(crate) struct Macro {
    pub text: Arc<str>,
    parsed: OnceLock<(Document, Vec<Fault>)>,
}

impl Vocabulary {
    #[must_use]
    pub fn new() -> Vocabulary {
        Vocabulary::default()
    }

    /// Adds or replaces a macro; `text` is not looked at before it is used.
    pub fn add_macro(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) {
        let parsed = OnceLock::new();
        let text = text.into();
        self.macros.insert(name.into(), Macro { text, parsed });
    }

    /// Adds or replaces a field, under its name.
    pub fn add_field(&mut self, field: FirstOf) {
        self.fields.insert(field.name.clone(), Arc::new(field));
    }

    /// The field of this name: of the rule file, or with its prefix of the vocabulary that ships.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        let own = || self.fields.get(name).cloned();
        let field = match name.starts_with(PREFIX) {
            true => shipped(name).map(|shipped| shipped.field.clone()),
            false => own(),
        };
        field.map(Field::FirstOf)
    }

    /// Adds or replaces a list of numbers, booleans, durations and texts.
    pub fn add_list(&mut self, name: impl Into<Arc<str>>, items: Vec<Literal>) {
        self.lists.insert(name.into(), items);
    }
}

impl Macro {
    pub(crate) fn document(&self, limits: &Limits) -> &(Document, Vec<Fault>) {
        self.parsed.get_or_init(|| {
            let mut faults = Vec::new();
            let document = parse(&self.text, limits, &mut faults);
            (document, faults)
        })
    }
}
