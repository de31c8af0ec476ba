//! The macros, lists and fields that a rule file brings along: words that its conditions may use.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::ast::{Node, NodeKind};
use crate::condition::macro_text::Macro;
use crate::condition::shipped::{PREFIX, Shipped, shipped};
use crate::rule::{Field, FirstOf, Literal, Name};

/// Macros, lists and fields by name. A macro's text is parsed once, at its first use.
#[derive(Debug, Default)]
pub struct Vocabulary {
    pub(crate) macros: BTreeMap<Arc<str>, Macro>,
    pub(crate) lists: BTreeMap<Arc<str>, Vec<Literal>>,
    pub(crate) fields: BTreeMap<Arc<str>, Arc<FirstOf>>,
    /// Where the names stand that other files bring.
    pub(crate) used: BTreeMap<Arc<str>, Arc<Home>>,
    /// A bit for each byte that some of all these names begins with. Most words of a rule begin with none.
    firsts: [u64; 4],
}

/// A file that others use, with the names that its own macros are read with.
#[derive(Debug)]
pub(crate) struct Home {
    /// Its index among the files that are loaded.
    pub file: usize,
    pub vocabulary: Vocabulary,
}

/// A macro by its name.
#[derive(Clone, Copy)]
pub(crate) struct FoundMacro<'a> {
    pub name: &'a Arc<str>,
    pub text: &'a Macro,
    pub whose: Whose<'a>,
}

/// With whose names a macro is read.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    /// Those that it was found with.
    Same,
    Shipped,
    Used(&'a Home),
}

/// What a shipped macro is read with: names of a rule file mean nothing in it.
pub(crate) static NOTHING: Vocabulary = Vocabulary {
    macros: BTreeMap::new(),
    lists: BTreeMap::new(),
    fields: BTreeMap::new(),
    used: BTreeMap::new(),
    firsts: [0; 4],
};

impl Vocabulary {
    #[must_use]
    pub fn new() -> Vocabulary {
        Vocabulary::default()
    }

    /// Adds or replaces a macro; `text` is not looked at before it is used.
    pub fn add_macro(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) {
        let name = name.into();
        self.note(&name);
        self.macros.insert(name, Macro::new(text));
    }

    /// Adds or replaces a field, under its name.
    pub fn add_field(&mut self, field: FirstOf) {
        self.note(&field.name);
        self.fields.insert(field.name.clone(), Arc::new(field));
    }

    /// Adds or replaces a list of numbers, booleans, durations and texts.
    pub fn add_list(&mut self, name: impl Into<Arc<str>>, items: Vec<Literal>) {
        let name = name.into();
        self.note(&name);
        self.lists.insert(name, items);
    }

    /// Adds or replaces a name that another file brings.
    pub(crate) fn add_used(&mut self, name: Arc<str>, home: Arc<Home>) {
        self.note(&name);
        self.used.insert(name, home);
    }

    fn note(&mut self, name: &str) {
        let (word, bit) = place_of_first(name);
        self.firsts[word] |= bit;
    }

    /// Whether some name of the file, or of one that it uses, begins as this one does.
    fn may_have(&self, name: &str) -> bool {
        let (word, bit) = place_of_first(name);
        self.firsts[word] & bit != 0
    }

    /// The field of this name: of the rule file, of one that it uses, or with its prefix of the vocabulary that ships.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        let field = match name.starts_with(PREFIX) {
            true => shipped(name).iter().find_map(Shipped::as_field),
            false if !self.may_have(name) => None,
            false => self
                .fields
                .get(name)
                .or_else(|| self.home(name)?.fields.get(name)),
        };
        field.cloned().map(Field::FirstOf)
    }

    /// The list of this name, likewise.
    pub(crate) fn list(&self, name: &str) -> Option<&[Literal]> {
        if name.starts_with(PREFIX) {
            return shipped(name).iter().find_map(Shipped::as_list);
        }
        if !self.may_have(name) {
            return None;
        }
        let list = self.lists.get(name);
        list.or_else(|| self.home(name)?.lists.get(name))
            .map(Vec::as_slice)
    }

    /// The macro of this name, likewise.
    pub(crate) fn macro_named(&self, name: &str) -> Option<FoundMacro<'_>> {
        let found = |(name, text), whose| FoundMacro { name, text, whose };
        if name.starts_with(PREFIX) {
            let mut named = shipped(name).iter();
            let (name, text) = named.find_map(|one| Some((&one.name, one.as_macro()?)))?;
            return Some(found((name, text), Whose::Shipped));
        }
        if !self.may_have(name) {
            return None;
        }
        if let Some(own) = self.macros.get_key_value(name) {
            return Some(found(own, Whose::Same));
        }
        let home = self.used.get(name)?;
        let other = home.vocabulary.macros.get_key_value(name)?;
        Some(found(other, Whose::Used(home)))
    }

    /// The texts of all macros but those that ship.
    pub(crate) fn macros(&self) -> impl Iterator<Item = &str> {
        let homes = self.used.iter();
        let used = homes.filter_map(|(name, home)| home.vocabulary.macros.get(name));
        self.macros.values().chain(used).map(|found| &*found.text)
    }

    /// The macro that a node, without parentheses around it, is the name of, where no bound span has that.
    pub(crate) fn macro_at(&self, node: &Node, bindings: &[Name]) -> Option<FoundMacro<'_>> {
        match &node.kind {
            NodeKind::Name(name) if bindings.contains(name) => None,
            NodeKind::Name(name) | NodeKind::Intrinsic(name) => self.macro_named(name),
            _ => None,
        }
    }

    fn home(&self, name: &str) -> Option<&Vocabulary> {
        self.used.get(name).map(|home| &home.vocabulary)
    }

    /// What the name is of here: a macro, a list or a field; `None` where it is free.
    pub(crate) fn kind_of(&self, name: &str) -> Option<&'static str> {
        if self.macro_named(name).is_some() {
            Some("macro")
        } else if self.list(name).is_some() {
            Some("list")
        } else {
            self.field(name).map(|_| "field")
        }
    }

    /// The names that stand in its own file.
    pub(crate) fn own_names(&self) -> impl Iterator<Item = &Arc<str>> {
        let names = self.macros.keys().chain(self.lists.keys());
        names.chain(self.fields.keys())
    }

    /// All names but those that ship, of a kind that [`Vocabulary::kind_of`] tells.
    pub(crate) fn names(&self, kind: &'static str) -> impl Iterator<Item = &str> {
        let names = self.own_names().chain(self.used.keys());
        names
            .map(|name| &**name)
            .filter(move |name| self.kind_of(name) == Some(kind))
    }
}

/// Where [`Vocabulary::firsts`] has the first byte of a name; one that is empty passes for a zero byte.
fn place_of_first(name: &str) -> (usize, u64) {
    let first = name.bytes().next().unwrap_or_default();
    (usize::from(first >> 6), 1 << (first & 63))
}
