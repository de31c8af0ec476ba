//! One evaluation of one rule over one trace: what it stands on, which spans are bound, what it has found and
//! spent so far.

use std::rc::Rc;

use crate::decide::facts::{Budget, Facts};
use crate::decide::member_set::MemberSet;
use crate::state::record::RecordId;

/// At most so many spans are bound.
pub(crate) const BINDINGS: usize = 3;

/// The spans bound so far.
pub(crate) type Tuple = [Option<RecordId>; BINDINGS];

/// One evaluation of one rule over one trace.
pub(crate) struct Eval<'a> {
    pub facts: Facts<'a>,
    pub tuple: Tuple,
    pub budget: Budget,
    /// By [`Node::memo`](crate::plan::node::Node::memo): the members, and for which bound spans.
    pub memo: Vec<Option<(Tuple, Rc<MemberSet>)>>,
}

impl<'a> Eval<'a> {
    pub fn new(facts: Facts<'a>) -> Eval<'a> {
        Eval {
            facts,
            tuple: [None; BINDINGS],
            budget: Budget::default(),
            memo: vec![None; facts.rule.memos],
        }
    }

    /// Takes up the evaluation again with its whole budget, for the argument behind its outcome.
    pub fn refresh(&mut self) {
        if self.budget.is_spent() {
            // What was found under a spent budget is not all there is.
            self.memo.fill(None);
        }
        self.budget = Budget::default();
    }
}
