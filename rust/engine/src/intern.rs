//! Numbers for cells, fields and rules that outlive a reload of the rule set, so that the state of live
//! traces keeps its meaning; and names for them that outlive the process, for snapshots.

use betrace_lang::rule::{Base, Field, Predicate, Rule};
use hashbrown::HashMap;

use crate::state::record::FieldKey;

/// A cell's number in this engine.
pub(crate) type CellId = u32;

/// A rule's number in this engine: of its id and meaning together.
pub(crate) type RuleKey = u32;

/// What names a cell, a field or a rule in every process: a hash of its canonical description.
pub(crate) type Name = u128;

#[derive(Debug, Default)]
pub(crate) struct Numbers {
    ids: HashMap<Name, u32>,
    names: Vec<Name>,
}

impl Numbers {
    pub fn number(&mut self, name: Name) -> u32 {
        if let Some(id) = self.ids.get(&name) {
            return *id;
        }
        let id = self.names.len() as u32;
        self.names.push(name);
        self.ids.insert(name, id);
        id
    }

    pub fn get(&self, name: Name) -> Option<u32> {
        self.ids.get(&name).copied()
    }

    pub fn names(&self) -> &[Name] {
        &self.names
    }
}

#[derive(Debug, Default)]
pub(crate) struct Interner {
    pub cells: Numbers,
    pub fields: Numbers,
    pub rules: Numbers,
}

fn name(kind: &str, description: &str) -> Name {
    let mut hash = blake3::Hasher::new();
    hash.update(kind.as_bytes());
    hash.update(&[0]);
    hash.update(description.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    u128::from_le_bytes(bytes)
}

pub(crate) fn rule_name(rule: &Rule) -> Name {
    name("rule", &format!("{} {:?}", rule.id.0, rule.hash.0))
}

impl Interner {
    pub fn field(&mut self, field: &Field) -> FieldKey {
        self.fields.number(name("field", &format!("{field:?}")))
    }

    pub fn rule(&mut self, rule: &Rule) -> RuleKey {
        self.rules.number(rule_name(rule))
    }

    /// The cell of a selector that `what` describes further.
    pub fn cell(&mut self, selector: &str, what: &str) -> CellId {
        self.cells
            .number(name("cell", &format!("{selector} {what}")))
    }
}

/// A span selector's canonical description.
pub(crate) fn describe(base: &Base, filter: &[Predicate]) -> String {
    format!("{base:?} {filter:?}")
}
