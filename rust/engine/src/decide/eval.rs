//! One evaluation of one rule over one trace: what it stands on, which spans are bound, what it has found and
//! spent so far.

use std::rc::Rc;

use hashbrown::HashSet;

use crate::decide::budget::Budget;
use crate::decide::facts::Facts;
use crate::decide::join::JoinIndex;
use crate::decide::member_set::{Candidates, MemberSet};
use crate::id::SpanId;
use crate::state::record::RecordId;

/// At most so many spans are bound.
pub(crate) const BINDINGS: usize = 3;

/// The spans bound so far.
pub(crate) type Tuple = [Option<RecordId>; BINDINGS];

/// What was found of a selector.
#[derive(Clone, Default)]
pub(crate) struct Memo {
    /// The members, and for which bound spans.
    pub members: Option<(Tuple, Rc<MemberSet>)>,
    /// What they are chosen from, which is the same for all bound spans.
    pub candidates: Option<Candidates>,
    /// The candidates by the value that a bound span must share.
    pub join: Option<Rc<JoinIndex>>,
}

/// One evaluation of one rule over one trace.
pub(crate) struct Eval<'a> {
    pub facts: Facts<'a>,
    pub tuple: Tuple,
    pub budget: Budget,
    /// By [`Node::memo`](crate::plan::node::Node::memo).
    pub memo: Vec<Memo>,
    /// What was spent before the argument was begun; 0 before that.
    spent: u64,
    /// The ids of all spans that are some span's parent, once they are asked for.
    pub parents: Option<Rc<HashSet<SpanId>>>,
}

impl<'a> Eval<'a> {
    pub fn new(facts: Facts<'a>, budget: Budget) -> Eval<'a> {
        Eval {
            facts,
            tuple: [None; BINDINGS],
            budget,
            memo: vec![Memo::default(); facts.rule.memos],
            spent: 0,
            parents: None,
        }
    }

    /// Begins the argument behind the outcome, with as many steps as that had for all violations of the rule.
    pub fn begin_argument(&mut self) {
        if self.budget.is_spent() {
            // What was found under a spent budget is not all there is.
            for memo in &mut self.memo {
                memo.members = None;
            }
        }
        self.spent = self.budget.work;
        self.budget = self.budget.again();
    }

    /// All steps taken.
    pub fn work(&self) -> u64 {
        self.spent + self.budget.work
    }
}
