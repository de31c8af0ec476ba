//! Which rules over many traces a trace that closes has to be asked for.

use betrace_lang::rule::Rule;

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
    by_cell: RulesByCell,
}

/// Rules by cells, found without hashing: at every close each cell of a trace is looked up.
#[derive(Debug, Default)]
struct RulesByCell {
    /// The least of the cells.
    first: u32,
    /// For each cell from the first on where its rules begin; the last is where all end.
    begins: Vec<u32>,
    rules: Vec<RuleIndex>,
}

impl RulesByCell {
    fn of(mut reads: Vec<(CellId, RuleIndex)>) -> RulesByCell {
        reads.sort_unstable();
        let Some(((first, _), (last, _))) = reads.first().zip(reads.last()) else {
            return RulesByCell::default();
        };
        let cells = first.0..=last.0 + 1;
        let begins = cells.map(|cell| reads.partition_point(|(of, _)| of.0 < cell) as u32);
        RulesByCell {
            first: first.0,
            begins: begins.collect(),
            rules: reads.iter().map(|(_, rule)| *rule).collect(),
        }
    }

    #[inline(always)]
    fn get(&self, cell: CellId) -> &[RuleIndex] {
        let at = cell.0.wrapping_sub(self.first) as usize;
        match (self.begins.get(at), self.begins.get(at.wrapping_add(1))) {
            (Some(from), Some(to)) => &self.rules[*from as usize..*to as usize],
            _ => &[],
        }
    }
}

impl WindowRules {
    /// Of all rules of a plan, each with the cells that it reads.
    pub fn of<'a>(rules: impl Iterator<Item = (&'a Rule, &'a [CellId])>) -> WindowRules {
        let mut all = WindowRules::default();
        let mut reads = Vec::new();
        for (index, (rule, cells)) in (0..).map(RuleIndex).zip(rules) {
            let Some(over) = &rule.body.over else {
                continue;
            };
            all.rules.push(index);
            all.lengths.push(over.length);
            // A condition may hold where nothing is selected.
            if over.measure.is_of_traces() {
                all.of_all.push(index);
            }
            reads.extend(cells.iter().map(|cell| (*cell, index)));
        }
        all.by_cell = RulesByCell::of(reads);
        all.lengths.sort_unstable();
        all.lengths.dedup();
        all
    }

    /// Those that read the cell.
    #[inline(always)]
    pub fn reading(&self, cell: CellId) -> &[RuleIndex] {
        self.by_cell.get(cell)
    }
}
