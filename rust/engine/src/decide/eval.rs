//! One evaluation of one rule over one trace: what it stands on, which spans are bound, what it has found and
//! spent so far.

use std::rc::Rc;

use hashbrown::HashSet;

use crate::decide::budget::Budget;
use crate::decide::chosen::{Candidates, Chosen, Joined};
use crate::decide::facts::Facts;
use crate::decide::member_set::MemberSet;
use crate::decide::witnesses::Witnesses;
use crate::id::SpanId;
use crate::state::record_id::RecordId;

/// At most so many spans are bound.
pub(crate) const BINDINGS: usize = 3;

/// The spans bound so far.
pub(crate) type Tuple = [Option<RecordId>; BINDINGS];

/// So many sets are kept for rules to come.
const FREE: usize = 64;

/// What was found of a selector.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// The members, and for which bound spans.
    pub members: Option<(Tuple, Box<MemberSet>)>,
    /// What they are chosen from, and which of it shares a value, where that is the same for all bound spans.
    pub candidates: Option<Candidates>,
    pub join: Option<Joined>,
}

/// The working memory of evaluations, kept from one to the next. Belongs to no trace and no rule, but for what is
/// [chosen](Chosen) from and what is [shown](Witnesses), which hold for the rules of one trace.
#[derive(Debug, Default)]
pub(crate) struct EvalScratch {
    /// By [`Node::memo`](crate::plan::node::Node::memo).
    pub memo: Vec<Memo>,
    /// Sets that no selector has.
    #[allow(
        clippy::vec_box,
        reason = "sets go to and fro between here and their selectors"
    )]
    pub free: Vec<Box<MemberSet>>,
    pub chosen: Chosen,
    pub witnesses: Witnesses,
    /// Places of candidates.
    pub places: Vec<u32>,
    /// Spans of which another selector selects more, each with whether it is certain.
    pub hits: Vec<(RecordId, bool)>,
}

impl EvalScratch {
    /// What comes is asked of another trace, or of one that may have changed.
    pub fn begin_trace(&mut self) {
        self.chosen.clear();
        self.witnesses.clear();
    }

    fn begin_rule(&mut self, memos: usize) {
        if memos == 0 {
            // Nothing is remembered for it; what was for others is forgotten before it is looked at.
            return;
        }
        if self.memo.len() < memos {
            self.memo.resize_with(memos, Memo::default);
        }
        if self.chosen.is_large() {
            self.chosen = Chosen::default();
        }
        for memo in &mut self.memo {
            memo.candidates = None;
            memo.join = None;
            let set = memo.members.take().map(|(_, set)| set);
            // What few rules and traces need is not kept for all.
            let is_kept = self.free.len() < FREE;
            self.free
                .extend(set.filter(|set| is_kept && set.is_small()));
        }
    }
}

/// One evaluation of one rule over one trace.
pub(crate) struct Eval<'a> {
    pub facts: Facts<'a>,
    pub tuple: Tuple,
    pub budget: Budget,
    pub scratch: &'a mut EvalScratch,
    /// What was spent before the argument was begun; 0 before that.
    spent: u64,
    /// The ids of all spans that are some span's parent, once they are asked for.
    pub parents: Option<Rc<HashSet<SpanId>>>,
}

impl<'a> Eval<'a> {
    /// `scratch`: of this trace as it is, or of none.
    pub fn new(facts: Facts<'a>, budget: Budget, scratch: &'a mut EvalScratch) -> Eval<'a> {
        scratch.begin_rule(facts.rule.memos);
        Eval {
            facts,
            tuple: [None; BINDINGS],
            budget,
            scratch,
            spent: 0,
            parents: None,
        }
    }

    /// Begins the argument behind the outcome, with steps of its own for all violations of the rule.
    pub fn begin_argument(&mut self) {
        if self.budget.is_spent() {
            // What was found under a spent budget is not all there is.
            for memo in &mut self.scratch.memo {
                let set = memo.members.take();
                self.scratch.free.extend(set.map(|(_, set)| set));
            }
        }
        self.spent = self.budget.work;
        self.budget = self.budget.to_tell();
    }

    /// All steps taken.
    pub fn work(&self) -> u64 {
        self.spent + self.budget.work
    }
}
