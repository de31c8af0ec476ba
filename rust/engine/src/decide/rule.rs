//! A rule's verdict over a trace: one obligation for the trace, or with `when each` one for each tuple
//! of bound spans; the worst of them is the trace's.

use betrace_lang::verdict::{Reason, Verdict};
use hashbrown::HashSet;

use crate::decide::{BINDINGS, Eval, Tuple, UNBOUND};
use crate::engine::lifecycle::OBLIGATIONS;
use crate::hash::{HashKey, fixed_hash};
use crate::logic::tri::{Reasons, Tri};
use crate::plan::{Condition, Plan, RulePlan};
use crate::state::TraceState;

/// How many tuples of bound spans one evaluation looks at; beyond it the rest is open.
pub(crate) const TUPLE_CAP: u64 = 1 << 16;

/// An obligation that is violated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken {
    pub tuple: Tuple,
    /// Of the bound spans' ids, as the violation's identity is; 0 where nothing is bound.
    pub obligation: u64,
}

/// What one evaluation found.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None`: open.
    pub verdict: Option<Verdict>,
    /// Why it is open, besides what the trace itself says.
    pub reasons: Reasons,
    /// `when` held, or there is none.
    pub when_held: bool,
    /// In the order of their bound spans, at most as many as were asked for.
    pub broken: Vec<Broken>,
    pub total: u64,
    /// More violations than are reported one by one.
    pub is_beyond: bool,
    /// Elementary steps taken.
    pub work: u64,
}

/// Evaluates `rule`; `most` bounds [`Outcome::broken`].
pub(crate) fn decide(
    plan: &Plan,
    rule: &RulePlan,
    trace: &TraceState,
    key: HashKey,
    most: usize,
) -> Outcome {
    let mut eval = Eval::new(plan, rule, trace, key);
    let mut outcome = if rule.bindings.is_empty() {
        eval.one(most)
    } else {
        eval.each(most)
    };
    outcome.work = eval.work;
    outcome
}

/// The parts of an obligation that no bound span changes, evaluated once.
#[derive(Clone, Copy)]
struct Fixed {
    /// `when` and the exceptions that name no bound span.
    when: Tri,
    never: Option<Tri>,
    always: Option<Tri>,
}

#[derive(Default)]
struct Tally {
    broken: Vec<Broken>,
    total: u64,
    /// Identities of the broken obligations, up to one beyond the cap. The halves of a call share one.
    identities: HashSet<u64>,
    tuples: u64,
    held: bool,
    open: bool,
    reasons: Reasons,
    most: usize,
}

impl<'a> Eval<'a> {
    fn one(&mut self, most: usize) -> Outcome {
        let rule = self.rule;
        let when = self.optional(rule.when.as_ref());
        let applies = self.exceptions(when, |_| true);
        let broken = if applies == Tri::False {
            Tri::False
        } else {
            self.broken(None, None)
        };
        let (verdict, reasons) = match (applies, broken) {
            (Tri::False, _) => (Some(Verdict::NotApplicable), Reasons::NONE),
            (Tri::True, Tri::True) => (Some(Verdict::Violated), Reasons::NONE),
            (Tri::True, Tri::False) => (Some(Verdict::Satisfied), Reasons::NONE),
            (applies, broken) => (None, applies.reasons().with(broken.reasons())),
        };
        let is_violated = verdict == Some(Verdict::Violated);
        let mut found = Vec::new();
        if is_violated && most > 0 {
            found.push(Broken {
                tuple: [UNBOUND; BINDINGS],
                obligation: 0,
            });
        }
        Outcome {
            verdict,
            reasons,
            when_held: rule.when.is_none() || when == Tri::True,
            broken: found,
            total: u64::from(is_violated),
            is_beyond: false,
            work: 0,
        }
    }

    fn each(&mut self, most: usize) -> Outcome {
        let rule = self.rule;
        let is_fixed = |condition: &Condition| condition.mask == 0;
        let when = self.optional(rule.when.as_ref().filter(|when| is_fixed(when)));
        let fixed = Fixed {
            when: self.exceptions(when, is_fixed),
            never: self.fixed(rule.never.as_ref()),
            always: self.fixed(rule.always.as_ref()),
        };
        let mut tally = Tally {
            most,
            ..Tally::default()
        };
        if fixed.when != Tri::False {
            self.bind(0, Tri::True, fixed, &mut tally);
        }
        let verdict = if tally.total > 0 {
            Some(Verdict::Violated)
        } else if tally.open {
            None
        } else if tally.held {
            Some(Verdict::Satisfied)
        } else {
            Some(Verdict::NotApplicable)
        };
        Outcome {
            verdict,
            reasons: tally.reasons,
            when_held: tally.held,
            broken: tally.broken,
            total: tally.total,
            is_beyond: tally.identities.len() > OBLIGATIONS,
            work: 0,
        }
    }

    fn bind(&mut self, depth: usize, membership: Tri, fixed: Fixed, tally: &mut Tally) {
        let rule = self.rule;
        let Some(node) = rule.bindings.get(depth) else {
            self.obligation(membership, fixed, tally);
            return;
        };
        let set = self.members(node);
        if set.open {
            tally.open = true;
            tally.reasons = tally
                .reasons
                .with(set.reasons)
                .with(membership.reasons())
                .with(fixed.when.reasons());
        }
        for member in &set.items {
            if tally.tuples >= TUPLE_CAP || !self.spend(1) {
                tally.open = true;
                tally.reasons.add(Reason::StateCap);
                break;
            }
            let is_member = if member.certain {
                Tri::True
            } else {
                Tri::Open(set.reasons)
            };
            self.tuple[depth] = member.record;
            self.bind(depth + 1, membership.and(is_member), fixed, tally);
        }
        self.tuple[depth] = UNBOUND;
    }

    fn obligation(&mut self, membership: Tri, fixed: Fixed, tally: &mut Tally) {
        tally.tuples += 1;
        let rule = self.rule;
        let mut held = membership.and(fixed.when);
        if let Some(when) = rule.when.as_ref().filter(|when| when.mask != 0)
            && held != Tri::False
        {
            held = held.and(self.condition(when));
        }
        let applies = if held == Tri::False {
            Tri::False
        } else {
            self.exceptions(held, |exception| exception.mask != 0)
        };
        if applies == Tri::False {
            return;
        }
        tally.held |= held == Tri::True;
        let broken = self.broken(fixed.never, fixed.always);
        match (applies, broken) {
            (Tri::True, Tri::True) => {
                tally.total += 1;
                let obligation = self.obligation_key();
                if tally.identities.len() <= OBLIGATIONS {
                    tally.identities.insert(obligation);
                }
                if tally.broken.len() < tally.most {
                    tally.broken.push(Broken {
                        tuple: self.tuple,
                        obligation,
                    });
                }
            }
            (Tri::True, Tri::False) => {}
            (applies, broken) => {
                tally.open = true;
                tally.reasons = tally.reasons.with(applies.reasons()).with(broken.reasons());
            }
        }
    }

    fn obligation_key(&self) -> u64 {
        let mut parts = [[0u8; 8]; BINDINGS];
        for (part, record) in parts.iter_mut().zip(self.tuple) {
            if record != UNBOUND {
                *part = self.trace.records.get(record).span_id.0;
            }
        }
        fixed_hash(&[&parts[0], &parts[1], &parts[2]]) | 1
    }

    fn optional(&mut self, condition: Option<&'a Condition>) -> Tri {
        condition.map_or(Tri::True, |condition| self.condition(condition))
    }

    fn fixed(&mut self, condition: Option<&'a Condition>) -> Option<Tri> {
        condition
            .filter(|condition| condition.mask == 0)
            .map(|condition| self.condition(condition))
    }

    fn exceptions(&mut self, start: Tri, which: impl Fn(&Condition) -> bool) -> Tri {
        let mut applies = start;
        for exception in &self.rule.exceptions {
            if applies == Tri::False {
                break;
            }
            if which(exception) {
                applies = applies.and(self.condition(exception).negate());
            }
        }
        applies
    }

    fn broken(&mut self, never: Option<Tri>, always: Option<Tri>) -> Tri {
        let rule = self.rule;
        let mut broken = match (&rule.never, never) {
            (None, _) => Tri::False,
            (Some(_), Some(value)) => value,
            (Some(never), None) => self.condition(never),
        };
        if broken != Tri::True
            && let Some(condition) = &rule.always
        {
            let always = match always {
                Some(value) => value,
                None => self.condition(condition),
            };
            broken = broken.or(always.negate());
        }
        broken
    }
}
