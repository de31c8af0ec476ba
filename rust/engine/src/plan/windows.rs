//! Which rules over many traces a trace that closes has to be asked for.

use betrace_lang::rule::Rule;
use hashbrown::HashMap;

use crate::intern::CellId;
use crate::plan::ids::RuleIndex;

/// The rules over many traces of a plan.
#[derive(Debug, Default)]
pub(crate) struct WindowRules {
    /// All of them.
    pub rules: Vec<RuleIndex>,
    /// Each length of a window once.
    pub lengths: Vec<u64>,
    /// Those that ask of every trace, whether it has something to do with them or not.
    pub of_all: Vec<RuleIndex>,
    /// All by the cells that they read.
    pub by_cell: HashMap<CellId, Vec<RuleIndex>>,
}

impl WindowRules {
    /// Adds the next rule of a plan, with the cells that it reads.
    pub fn add(&mut self, index: RuleIndex, rule: &Rule, cells: &[CellId]) {
        let Some(over) = &rule.body.over else {
            return;
        };
        self.rules.push(index);
        if !self.lengths.contains(&over.length) {
            self.lengths.push(over.length);
        }
        // A condition may hold where nothing is selected.
        if over.measure.is_of_traces() {
            self.of_all.push(index);
        }
        for cell in cells {
            self.by_cell.entry(*cell).or_default().push(index);
        }
    }
}
