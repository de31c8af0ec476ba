//! Numbers for cells, fields and rules that outlive a reload of the rule set, so that the state of live
//! traces keeps its meaning; and [names](name) for them that outlive the process, for snapshots.

pub(crate) mod name;

use std::hash::BuildHasher;
use std::ops::Range;

use betrace_lang::rule::{Base, Field, Rule, Term};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

/// A cell's number in this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct CellId(pub u32);

/// A field's number in this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FieldKey(pub u32);

/// A rule's number in this engine: of its id and meaning together. Tests count how often two of them are compared.
#[derive(Clone, Copy, Debug, Eq, Serialize, Deserialize)]
#[cfg_attr(not(test), derive(PartialEq, Hash, PartialOrd, Ord))]
pub(crate) struct RuleKey(pub u32);

#[cfg(test)]
pub(crate) mod compared;

/// Of a rule set, in the order of their coming.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(pub u32);

/// Names, numbered in the order of their coming. A number is never given to another name. They stand in one text, so that
/// ten thousand rules do not take as much memory again for where each of theirs lies.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    text: String,
    /// Ascending by their numbers.
    names: Vec<Named>,
    /// Numbers by their names.
    ids: HashTable<u32>,
    hasher: DefaultHashBuilder,
    next: u32,
}

/// Where a name stands.
#[derive(Debug)]
struct Named {
    id: u32,
    place: Range<usize>,
    /// The latest rule set that has it.
    used: Stamp,
}

/// What most names come to.
const USUAL_BYTES: usize = 48;

impl Numbers {
    pub fn number(&mut self, name: &str, used: Stamp) -> u32 {
        let known = Known {
            text: &self.text,
            names: &self.names,
        };
        let entry = self.ids.entry(
            self.hasher.hash_one(name),
            |id| known.name(*id) == name,
            |id| self.hasher.hash_one(known.name(*id)),
        );
        match entry {
            Entry::Occupied(known) => {
                let id = *known.get();
                if let Some(at) = place_of(&self.names, id) {
                    self.names[at].used = used;
                }
                id
            }
            Entry::Vacant(free) => {
                let id = self.next;
                free.insert(id);
                self.next += 1;
                let place = self.text.len()..self.text.len() + name.len();
                self.text.push_str(name);
                self.names.push(Named { id, place, used });
                id
            }
        }
    }

    pub fn make_room(&mut self, more: usize) {
        self.text.reserve(more * USUAL_BYTES);
        self.names.reserve(more);
        let known = Known {
            text: &self.text,
            names: &self.names,
        };
        let hash = |id: &u32| self.hasher.hash_one(known.name(*id));
        self.ids.reserve(more, hash);
    }

    pub fn get(&self, name: &str) -> Option<u32> {
        let is_same = |id: &u32| self.name(*id) == name;
        let found = self.ids.find(self.hasher.hash_one(name), is_same);
        found.copied()
    }

    fn name(&self, id: u32) -> &str {
        let (text, names) = (&self.text, &self.names);
        Known { text, names }.name(id)
    }

    fn forget_before(&mut self, oldest: Stamp) {
        self.names.retain(|named| named.used >= oldest);
        self.names.shrink_to_fit();
        let all = std::mem::take(&mut self.text);
        self.text
            .reserve_exact(self.names.iter().map(|named| named.place.len()).sum());
        self.ids = HashTable::with_capacity(self.names.len());
        for named in &mut self.names {
            let name = &all[named.place.clone()];
            let begin = self.text.len();
            self.text.push_str(name);
            named.place = begin..self.text.len();
            // There is room for all of them, so that none is hashed again.
            let hash = self.hasher.hash_one(name);
            self.ids.insert_unique(hash, named.id, |_| hash);
        }
    }

    fn restamp(&mut self, used: Stamp) {
        self.names.iter_mut().for_each(|named| named.used = used);
    }
}

/// The names of [`Numbers`], apart from their table.
struct Known<'n> {
    text: &'n str,
    names: &'n [Named],
}

impl<'n> Known<'n> {
    fn name(&self, id: u32) -> &'n str {
        let place = place_of(self.names, id).map(|at| self.names[at].place.clone());
        &self.text[place.unwrap_or_default()]
    }
}

/// Where the name of a number stands among these.
fn place_of(names: &[Named], id: u32) -> Option<usize> {
    // As long as none was forgotten, each follows the one before it.
    let likely = id.checked_sub(names.first()?.id)? as usize;
    match names.get(likely) {
        Some(named) if named.id == id => Some(likely),
        _ => names.binary_search_by_key(&id, |named| named.id).ok(),
    }
}

#[derive(Debug, Default)]
pub(crate) struct Interner {
    cells: Numbers,
    fields: Numbers,
    rules: Numbers,
    /// Of the rule set that is numbered now.
    stamp: Stamp,
    /// The name that is looked for.
    name: String,
}

impl Interner {
    fn all(&mut self) -> [&mut Numbers; 3] {
        [&mut self.cells, &mut self.fields, &mut self.rules]
    }

    /// Room for the names of so many rules and of what they mostly have.
    pub fn make_room(&mut self, rules: usize) {
        let known = self.rules.names.len();
        self.rules.make_room(rules.saturating_sub(known));
        let known = self.cells.names.len();
        self.cells.make_room((2 * rules).saturating_sub(known));
    }

    /// What is numbered from now on belongs to this rule set.
    pub fn stamp(&mut self, stamp: Stamp) {
        self.stamp = stamp;
    }

    /// All that is numbered belongs to this rule set.
    pub fn restamp(&mut self, stamp: Stamp) {
        self.stamp = stamp;
        self.all().into_iter().for_each(|all| all.restamp(stamp));
    }

    /// Forgets what only rule sets before this one had: no state of a trace that began with it or later can hold it.
    pub fn forget_before(&mut self, oldest: Stamp) {
        let all = self.all().into_iter();
        all.for_each(|all| all.forget_before(oldest));
    }

    pub fn field(&mut self, field: &Field) -> FieldKey {
        self.name.clear();
        name::write_bounded_field(&mut self.name, field);
        FieldKey(self.fields.number(&self.name, self.stamp))
    }

    pub fn rule(&mut self, rule: &Rule) -> RuleKey {
        self.name.clear();
        name::write_rule(&mut self.name, rule);
        RuleKey(self.rules.number(&self.name, self.stamp))
    }

    /// The cell that keeps `kind` (of what `of` reads) of the spans that a selector selects. `filter`: the
    /// [names](name::write_predicate) of its parts, each behind a space.
    pub fn cell(&mut self, base: &Base, filter: &str, kind: &str, of: Option<&Term>) -> CellId {
        self.name.clear();
        name::write_cell(&mut self.name, base, filter, kind, of);
        CellId(self.cells.number(&self.name, self.stamp))
    }

    pub fn cell_name(&self, id: CellId) -> &str {
        self.cells.name(id.0)
    }

    pub fn field_name(&self, key: FieldKey) -> &str {
        self.fields.name(key.0)
    }

    pub fn rule_name(&self, key: RuleKey) -> &str {
        self.rules.name(key.0)
    }

    /// The cell of this name, if some rule set of this engine had it.
    pub fn find_cell(&self, name: &str) -> Option<CellId> {
        self.cells.get(name).map(CellId)
    }

    pub fn find_field(&self, name: &str) -> Option<FieldKey> {
        self.fields.get(name).map(FieldKey)
    }

    pub fn find_rule(&self, name: &str) -> Option<RuleKey> {
        self.rules.get(name).map(RuleKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_once_no_rule_set_has_it_that_a_trace_can_have_seen() {
        let mut numbers = Numbers::default();
        let number = |numbers: &mut Numbers, name: &str, set| numbers.number(name, Stamp(set));
        let gone = number(&mut numbers, "gone", 1);
        let stays = number(&mut numbers, "stays", 1);
        assert_eq!(number(&mut numbers, "stays", 2), stays);
        numbers.forget_before(Stamp(1));
        assert_eq!(numbers.get("gone"), Some(gone));
        numbers.forget_before(Stamp(2));
        assert_eq!(
            (numbers.get("gone"), numbers.get("stays")),
            (None, Some(stays))
        );
        let again = number(&mut numbers, "gone", 3);
        assert!(again != gone && again != stays, "a number was given twice");
        assert_eq!(numbers.get("gone"), Some(again));
        assert_eq!(numbers.name(again), "gone");
        numbers.restamp(Stamp(9));
        numbers.forget_before(Stamp(9));
        assert_eq!(numbers.name(stays), "stays");
    }
}
