//! What rules answer for traces of which they selected nothing, so that most closes need not ask them.

use betrace_lang::verdict::Verdict;

use crate::decide::budget::Budget;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::decide::rule::decide;
use crate::hash::HashKey;
use crate::plan::ids::RuleIndex;
use crate::plan::{Plan, RulePlan};
use crate::state::trace::TraceState;

/// One rule's answer, where it does not depend on `trace:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untouched {
    pub complete: Verdict,
    /// [`Verdict::Inconclusive`] with the trace's reason.
    pub incomplete: Verdict,
    /// Of an incomplete one: `when` holds, or there is none.
    pub held: bool,
}

/// The answers of all rules of a plan.
#[derive(Debug)]
pub(crate) struct UntouchedRules {
    /// By [`RuleIndex`].
    answers: Vec<Untouched>,
    /// Rules whose verdict is worked out at every close, though nothing touched them.
    pub always_asked: Vec<RuleIndex>,
    /// Further rules that an incomplete trace leaves inconclusive although their `when` holds, or is
    /// absent.
    pub held: Vec<RuleIndex>,
    /// Rules that any span may decide early.
    pub on_any_span: Vec<RuleIndex>,
}

impl UntouchedRules {
    pub fn of(plan: &Plan) -> UntouchedRules {
        let mut all = UntouchedRules {
            answers: Vec::with_capacity(plan.rules.len()),
            always_asked: Vec::new(),
            held: Vec::new(),
            on_any_span: plan.on_any_span.clone(),
        };
        for (index, rule) in (0..).map(RuleIndex).zip(&plan.rules) {
            if rule.window.is_some() {
                // It answers for windows, and never for a trace.
                all.answers.push(Untouched {
                    complete: Verdict::NotApplicable,
                    incomplete: Verdict::NotApplicable,
                    held: false,
                });
                continue;
            }
            let answer = untouched(plan, rule);
            let fires = answer.incomplete == Verdict::Violated;
            if rule.reads_trace || fires || answer.complete == Verdict::Violated {
                all.always_asked.push(index);
                if fires && rule.early && !all.on_any_span.contains(&index) {
                    all.on_any_span.push(index);
                }
            } else if answer.held && answer.incomplete == Verdict::Inconclusive {
                all.held.push(index);
            }
            all.answers.push(answer);
        }
        all
    }

    pub fn answer(&self, rule: RuleIndex) -> Untouched {
        self.answers[rule.index()]
    }
}

fn untouched(plan: &Plan, rule: &RulePlan) -> Untouched {
    let trace = TraceState::empty();
    let mut scratch = EvalScratch::default();
    let mut decide = |closed| {
        decide(&mut Eval::new(
            Facts {
                plan,
                rule,
                trace: &trace,
                key: HashKey::new(0),
                saw_all: true,
                closed,
            },
            Budget::most(),
            &mut scratch,
        ))
    };
    let incomplete = decide(false);
    Untouched {
        complete: decide(true).verdict.unwrap_or(Verdict::Inconclusive),
        incomplete: incomplete.verdict.unwrap_or(Verdict::Inconclusive),
        held: incomplete.when_held,
    }
}
