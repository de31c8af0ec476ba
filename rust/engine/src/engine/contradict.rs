//! What spans that come after the close show of the violations that were given at it.
//!
//! None is withdrawn. But one that the whole trace would not have given was a false alarm, and how many of those
//! there are tells whether traces close too soon.

use crate::decide::budget::{Allowance, Budget};
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::decide::rule::{OpenParts, decide_and_tell, obligation_of};
use crate::engine::context::Context;
use crate::engine::sink::Sink;
use crate::engine::tally::RuleEvent;
use crate::plan::ids::RuleIndex;
use crate::plan::node::Node;
use crate::state::reported::Fired;
use crate::state::trace::TraceState;

impl Context<'_> {
    /// Counts, each once, the violations that are not there when all spans that are remembered now are read as a
    /// complete trace.
    pub fn count_contradicted(
        &self,
        trace: &mut TraceState,
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
                self.contradicted(*index, trace, of_rule, allowance.budget(), scratch);
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
        trace: &TraceState,
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
        let mut open = OpenObligations::default();
        let outcome = decide_and_tell(&mut eval, &mut open);
        // Where not every broken obligation is known, none is known to be kept.
        if open.more_may_come || outcome.is_cut || outcome.is_beyond {
            return (Vec::new(), eval.work());
        }
        let is_broken = |one: u64| outcome.broken.iter().any(|broken| broken.obligation == one);
        let is_open = |one: u64| open.obligations.contains(&one);
        let contradicted = given
            .iter()
            .filter(|one| !is_broken(one.obligation) && !is_open(one.obligation));
        (contradicted.copied().collect(), eval.work())
    }
}

/// Which obligations are not decided.
#[derive(Default)]
struct OpenObligations {
    obligations: Vec<u64>,
    more_may_come: bool,
}

impl<'a> OpenParts<'a> for OpenObligations {
    fn binding(&mut self, _: &mut Eval<'a>, _: &'a Node) {
        self.more_may_come = true;
    }

    fn obligation(&mut self, eval: &mut Eval<'a>) {
        self.obligations.push(obligation_of(eval));
    }
}
