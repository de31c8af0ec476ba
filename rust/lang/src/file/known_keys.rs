//! What stands under the keys of a mapping, once all of them are known.

use crate::file::yaml::{Entry, YamlNode};

/// A mapping of which every key is known.
pub(crate) struct Fields<'n, 't> {
    pub(super) entries: Vec<(&'static str, &'n Entry<'t>)>,
    /// A syntax error cut it off.
    pub is_cut: bool,
    /// The mapping itself, for what has no place of its own.
    pub(super) node: &'n YamlNode<'t>,
}

impl<'n, 't> Fields<'n, 't> {
    /// The entry of a key, if it has a value.
    // Keys are known where this is called, and are compared in a step or two there.
    #[inline(always)]
    pub fn get(&self, key: &str) -> Option<&'n Entry<'t>> {
        self.entry(key).filter(|entry| !entry.value.is_null())
    }

    #[inline(always)]
    pub fn value(&self, key: &str) -> Option<&'n YamlNode<'t>> {
        self.get(key).map(|entry| &entry.value)
    }

    /// The entry of a key, with a value or without.
    #[inline(always)]
    pub fn entry(&self, key: &str) -> Option<&'n Entry<'t>> {
        let mut entries = self.entries.iter();
        let (_, entry) = entries.find(|(known, _)| *known == key)?;
        Some(*entry)
    }
}
