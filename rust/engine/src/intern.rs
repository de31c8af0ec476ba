//! Numbers for cells, fields and rules that outlive a reload of the rule set, so that the state of live
//! traces keeps its meaning; and [names](name) for them that outlive the process, for snapshots.

pub(crate) mod name;

use std::sync::Arc;

use betrace_lang::rule::{Base, Field, Predicate, Rule, Term};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A cell's number in this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct CellId(pub u32);

/// A field's number in this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FieldKey(pub u32);

/// A rule's number in this engine: of its id and meaning together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RuleKey(pub u32);

/// Names, numbered densely in the order of their coming.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    ids: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Numbers {
    fn number(&mut self, name: String) -> u32 {
        if let Some(id) = self.ids.get(name.as_str()) {
            return *id;
        }
        let id = self.names.len() as u32;
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.ids.insert(name, id);
        id
    }

    fn get(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }

    fn name(&self, id: u32) -> &Arc<str> {
        &self.names[id as usize]
    }
}

#[derive(Debug, Default)]
pub(crate) struct Interner {
    cells: Numbers,
    fields: Numbers,
    rules: Numbers,
}

impl Interner {
    pub fn field(&mut self, field: &Field) -> FieldKey {
        FieldKey(self.fields.number(name::of_field(field)))
    }

    pub fn rule(&mut self, rule: &Rule) -> RuleKey {
        RuleKey(self.rules.number(name::of_rule(rule)))
    }

    /// The cell that keeps `kind` (of what `of` reads) of the spans that a selector selects.
    pub fn cell(
        &mut self,
        base: &Base,
        filter: &[Predicate],
        kind: &str,
        of: Option<&Term>,
    ) -> CellId {
        CellId(self.cells.number(name::of_cell(base, filter, kind, of)))
    }

    pub fn cell_name(&self, id: CellId) -> &Arc<str> {
        self.cells.name(id.0)
    }

    pub fn field_name(&self, key: FieldKey) -> &Arc<str> {
        self.fields.name(key.0)
    }

    pub fn rule_name(&self, key: RuleKey) -> &Arc<str> {
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
