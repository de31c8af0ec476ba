//! What spans that come after the close show of the violations that were given at it.
//!
//! None is withdrawn. But one that the whole trace would not have given was a false alarm, and how many of those
//! there are tells whether traces close too soon. The work of looking is bounded as that of early verdicts is: what
//! is not known within it is not counted.

use crate::decide::budget::{Allowance, Budget};
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::decide::rule::{Watch, decide_watched, obligation_of};
use crate::engine::context::Context;
use crate::engine::sink::Sink;
use crate::engine::tally::RuleEvent;
use crate::plan::ids::RuleIndex;
use crate::plan::node::Node;
use crate::state::named::{NamedTrace, NamedTraceMut};
use crate::state::reported::Fired;

impl Context<'_> {
    /// Counts, each once, the violations that are not there when all spans that are remembered now are read as a
    /// complete trace.
    pub fn count_contradicted(
        &self,
        mut trace: NamedTraceMut<'_>,
        scratch: &mut EvalScratch,
        sink: &mut Sink,
    ) {
        if trace.is_live() || !trace.take_news() {
            return;
        }
        let given = trace.uncontradicted();
        scratch.begin_trace();
        for of_rule in given.chunk_by(|a, b| a.rule == b.rule) {
            let Some(index) = self.rules.plan.by_key.get(&of_rule[0].rule) else {
                continue;
            };
            if !trace.was_complete(self.rule(*index).completeness) {
                continue;
            }
            let (spans, before) = (trace.span_count(), trace.early_work());
            let mut allowance = Allowance::early(spans, before, self.reserve);
            if allowance.is_used_up() {
                return;
            }
            let (contradicted, work) =
                self.contradicted(*index, trace.asked(), of_rule, allowance.budget(), scratch);
            allowance.take(work);
            trace.worked_early(work);
            for fired in contradicted {
                trace.note_contradicted(fired);
                sink.tally.events.push(RuleEvent::Contradicted(*index));
            }
        }
    }

    /// Which of `given` are contradicted, and the steps that it took to know.
    fn contradicted(
        &self,
        index: RuleIndex,
        trace: NamedTrace<'_>,
        given: &[Fired],
        budget: Budget,
        scratch: &mut EvalScratch,
    ) -> (Vec<Fired>, u64) {
        let facts = self.facts(index, trace);
        if !facts.saw_all {
            return (Vec::new(), 0);
        }
        let facts = Facts {
            closed: true,
            ..facts
        };
        let mut eval = Eval::new(facts, budget, scratch);
        let mut standing = Standing {
            given,
            stands: vec![false; given.len()],
            more_may_come: false,
        };
        let outcome = decide_watched(&mut eval, &mut standing);
        // Where not every obligation was looked at, or more may be there, none is known to be kept.
        if standing.more_may_come || outcome.is_cut {
            return (Vec::new(), eval.work());
        }
        let stands = given.iter().zip(&standing.stands);
        let contradicted = stands.filter(|(_, stands)| !**stands);
        let contradicted = contradicted.map(|(one, _)| *one).collect();
        (contradicted, eval.work())
    }
}

/// Which of the violations that were given are still there, or may be.
struct Standing<'g> {
    /// Of one rule, sorted by obligation.
    given: &'g [Fired],
    stands: Vec<bool>,
    more_may_come: bool,
}

impl Standing<'_> {
    /// The obligation of the bound spans is not known to be kept. Of more than are told one by one, those alone count
    /// that were.
    fn stands(&mut self, eval: &Eval<'_>) {
        let obligation = obligation_of(eval);
        let place = |one: &Fired| one.obligation.cmp(&obligation);
        if let Ok(at) = self.given.binary_search_by(place) {
            self.stands[at] = true;
        }
    }
}

impl<'a> Watch<'a> for Standing<'_> {
    fn open_binding(&mut self, _: &mut Eval<'a>, _: &'a Node) {
        self.more_may_come = true;
    }

    fn open_obligation(&mut self, eval: &mut Eval<'a>) {
        self.stands(eval);
    }

    fn broken_obligation(&mut self, eval: &Eval<'a>) {
        self.stands(eval);
    }
}
