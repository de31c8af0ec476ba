//! A trace without spans, of which a plan's rules are asked one after the other before any trace comes.

use std::cell::{RefCell, RefMut};

use crate::decide::budget::Budget;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::hash::HashKey;
use crate::plan::{Plan, RulePlan};
use crate::state::texts::Texts;
use crate::state::trace::TraceState;

pub(crate) struct EmptyTrace {
    trace: TraceState,
    /// For each question the same.
    scratch: RefCell<EvalScratch>,
}

impl EmptyTrace {
    pub fn new() -> EmptyTrace {
        EmptyTrace {
            trace: TraceState::empty(),
            scratch: RefCell::default(),
        }
    }

    /// What one rule at a time is asked with.
    pub fn scratch(&self) -> RefMut<'_, EvalScratch> {
        self.scratch.borrow_mut()
    }

    /// An evaluation of a rule over it. `closed`: it is complete.
    pub fn eval<'a>(
        &'a self,
        (plan, rule): (&'a Plan, &'a RulePlan),
        closed: bool,
        scratch: &'a mut EvalScratch,
    ) -> Eval<'a> {
        scratch.begin_trace();
        let facts = Facts {
            plan,
            rule,
            trace: &self.trace,
            texts: Texts::none(),
            cells: self.trace.own_cells(),
            key: HashKey::new(0),
            saw_all: true,
            closed,
        };
        Eval::new(facts, Budget::most(), scratch)
    }
}
