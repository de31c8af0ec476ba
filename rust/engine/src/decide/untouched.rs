//! What rules answer for traces of which they selected nothing, so that most closes need not ask them.

use betrace_lang::verdict::Verdict;

use crate::decide::empty_trace::EmptyTrace;
use crate::decide::rule::decide;
use crate::decide::window::idle;
use crate::plan::ids::RuleIndex;
use crate::plan::{Plan, RulePlan};
use crate::windows::adds::{Idle, IdleAdds};
use crate::windows::judge::breaks_upwards;

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
    pub windows: UntouchedWindows,
}

/// What rules over many traces ask of those with which they have nothing to do.
#[derive(Debug, Default)]
pub(crate) struct UntouchedWindows {
    /// Rules that ask each.
    pub always: Vec<RuleIndex>,
    /// Rules that ask those that are not complete.
    pub incomplete: Vec<RuleIndex>,
    /// By [`RuleIndex`]: of rules that ask none of them one by one, what each adds.
    idle: Vec<Option<Idle>>,
}

impl UntouchedWindows {
    pub fn idle(&self, rule: RuleIndex) -> Option<Idle> {
        self.idle.get(rule.index()).copied().flatten()
    }

    fn add(&mut self, plan: &Plan, index: RuleIndex, empty: &EmptyTrace) {
        let rule = &plan.rules[index.index()];
        let (Some(window), Some(over)) = (&rule.window, &rule.rule.body.over) else {
            return;
        };
        if !over.measure.is_of_traces() {
            return;
        }
        let scratch = &mut *empty.scratch();
        let mut adds = |closed| idle(&mut empty.eval((plan, rule), closed, scratch), window);
        // One that counts and is not looked for may be shown as speaking against the rule, or be the last that it needs.
        let may_miss = over.at_least == 0 && breaks_upwards(over);
        let is_plain = |adds: &IdleAdds| may_miss || *adds != IdleAdds::Miss;
        let [complete, incomplete] = [adds(true), adds(false)].map(|adds| adds.filter(is_plain));
        match (complete, incomplete) {
            _ if rule.reads_trace => self.always.push(index),
            // Of which group they are is not known.
            (Some(IdleAdds::Nothing), _) if !over.by.is_empty() => self.incomplete.push(index),
            (Some(complete), Some(incomplete)) if over.by.is_empty() => {
                self.idle.resize(plan.rules.len(), None);
                self.idle[index.index()] = Some(Idle {
                    complete,
                    incomplete,
                });
            }
            _ => self.always.push(index),
        }
    }
}

impl UntouchedRules {
    /// Of none of a plan's rules yet.
    pub fn of(plan: &Plan) -> UntouchedRules {
        UntouchedRules {
            answers: Vec::with_capacity(plan.rules.len()),
            always_asked: Vec::new(),
            held: Vec::new(),
            on_any_span: plan.on_any_span.clone(),
            windows: UntouchedWindows::default(),
        }
    }

    /// Adds the next rule of the plan, and gives its answer.
    pub fn add(&mut self, plan: &Plan, index: RuleIndex, empty: &EmptyTrace) -> Untouched {
        let rule = &plan.rules[index.index()];
        if rule.window.is_some() {
            self.windows.add(plan, index, empty);
            // It answers for windows, and never for a trace.
            let answer = Untouched {
                complete: Verdict::NotApplicable,
                incomplete: Verdict::NotApplicable,
                held: false,
            };
            self.answers.push(answer);
            return answer;
        }
        let answer = untouched(plan, rule, empty);
        let fires = answer.incomplete == Verdict::Violated;
        if rule.reads_trace || fires || answer.complete == Verdict::Violated {
            self.always_asked.push(index);
            if fires && rule.early && !self.on_any_span.contains(&index) {
                self.on_any_span.push(index);
            }
        } else if answer.held && answer.incomplete == Verdict::Inconclusive {
            self.held.push(index);
        }
        self.answers.push(answer);
        answer
    }

    pub fn answer(&self, rule: RuleIndex) -> Untouched {
        self.answers[rule.index()]
    }
}

fn untouched(plan: &Plan, rule: &RulePlan, empty: &EmptyTrace) -> Untouched {
    let scratch = &mut *empty.scratch();
    let mut decide = |closed| decide(&mut empty.eval((plan, rule), closed, scratch));
    let incomplete = decide(false);
    Untouched {
        complete: decide(true).verdict.unwrap_or(Verdict::Inconclusive),
        incomplete: incomplete.verdict.unwrap_or(Verdict::Inconclusive),
        held: incomplete.when_held,
    }
}
