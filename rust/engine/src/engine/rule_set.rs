//! The rules that are evaluated now: their plan, what they answer for traces that they did not touch, which of them a
//! trace gives something to do, and since when each is there.

use std::sync::Arc;

use betrace_lang::rule::{Completeness, Rule};
use hashbrown::HashMap;

use crate::decide::needed::NeededRules;
use crate::decide::untouched::UntouchedRules;
use crate::engine::tally::BySeverity;
use crate::intern::{Interner, RuleKey, Stamp};
use crate::plan::ids::RuleIndex;
use crate::plan::{Plan, PlanError, RulePlan, compile};
use crate::state::trace::{Generation, TraceState};

#[derive(Debug)]
pub(crate) struct RuleSet {
    pub plan: Plan,
    pub untouched: UntouchedRules,
    pub needed: NeededRules,
    pub generation: Generation,
    /// By [`RuleIndex`]: the generation in which this meaning came; older traces are incomplete for it.
    since: Vec<Generation>,
    /// That of the newest rule.
    newest: Generation,
    /// How many rules there are of each severity, by what they ask of a trace.
    by_severity: [BySeverity; Completeness::ALL.len()],
}

/// Since when each rule of a set is there, apart from the set.
pub(crate) struct Dates {
    generation: Generation,
    since: HashMap<RuleKey, Generation>,
}

impl Dates {
    pub fn generation(&self) -> Generation {
        self.generation
    }
}

impl RuleSet {
    /// An engine's first rule set; disabled rules are left out. `unsaid`: what those ask of a trace that do not say so
    /// themselves.
    pub fn first(
        rules: Vec<Arc<Rule>>,
        interner: &mut Interner,
        unsaid: Completeness,
    ) -> Result<RuleSet, PlanError> {
        RuleSet::new(rules, interner, unsaid, Generation::default(), |_| None)
    }

    /// The rule set after the one with these dates: rules that both have with the same meaning are as old as
    /// they were.
    pub fn next(
        old: &Dates,
        rules: Vec<Arc<Rule>>,
        interner: &mut Interner,
        unsaid: Completeness,
    ) -> Result<RuleSet, PlanError> {
        let generation = Generation(old.generation.0 + 1);
        RuleSet::new(rules, interner, unsaid, generation, |key| {
            old.since.get(&key).copied()
        })
    }

    fn new(
        mut rules: Vec<Arc<Rule>>,
        interner: &mut Interner,
        unsaid: Completeness,
        generation: Generation,
        since: impl Fn(RuleKey) -> Option<Generation>,
    ) -> Result<RuleSet, PlanError> {
        let mut by_severity: [BySeverity; Completeness::ALL.len()] = Default::default();
        rules.retain(|rule| {
            if rule.enabled && rule.body.over.is_none() {
                let asked = rule.completeness.unwrap_or(unsaid);
                by_severity[asked as usize][rule.severity as usize] += 1;
            }
            rule.enabled
        });
        interner.stamp(Stamp(generation.0));
        let plan = compile::compile(rules, interner, unsaid)?;
        let mut untouched = UntouchedRules::of(&plan);
        let mut set = RuleSet {
            needed: NeededRules::of(&plan, &mut untouched),
            untouched,
            plan,
            generation,
            since: Vec::new(),
            newest: generation,
            by_severity,
        };
        set.date(generation, since);
        Ok(set)
    }

    /// Says since when each rule is there; those of which `since` knows nothing, since `generation`, the
    /// present one.
    pub fn date(&mut self, generation: Generation, since: impl Fn(RuleKey) -> Option<Generation>) {
        self.generation = generation;
        self.since = self
            .plan
            .rules
            .iter()
            .map(|rule| since(rule.key).unwrap_or(generation))
            .collect();
        self.newest = self.since.iter().copied().max().unwrap_or_default();
    }

    pub fn dates(&self) -> Dates {
        let dated = self.dated().map(|(rule, since)| (rule.key, since));
        Dates {
            generation: self.generation,
            since: dated.collect(),
        }
    }

    /// Every rule, and since when it is there.
    pub fn dated(&self) -> impl Iterator<Item = (&RulePlan, Generation)> {
        self.plan.rules.iter().zip(self.since.iter().copied())
    }

    pub fn since(&self, rule: RuleIndex) -> Generation {
        self.since[rule.index()]
    }

    /// How many rules of each severity said of this closed trace something that rests on its being complete, and is no
    /// violation.
    pub fn settled_by_severity(&self, trace: &TraceState) -> BySeverity {
        let mut settled = BySeverity::default();
        for asked in Completeness::ALL {
            if trace.is_complete(asked) {
                let rules = self.by_severity[asked as usize];
                settled
                    .iter_mut()
                    .zip(rules)
                    .for_each(|(to, from)| *to += from);
            }
        }
        for key in trace.fired_rules() {
            if let Some(index) = self.plan.by_key.get(&key) {
                let rule = &self.plan.rules[index.index()];
                let broken = u64::from(trace.is_complete(rule.completeness));
                settled[rule.rule.severity as usize] -= broken;
            }
        }
        settled
    }

    pub fn newest(&self) -> Generation {
        self.newest
    }
}
