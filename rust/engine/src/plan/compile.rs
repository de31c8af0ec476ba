//! From checked rules to a [`Plan`].

use std::hash::BuildHasher;
use std::sync::Arc;

use betrace_lang::rule::{Body, Completeness, Rule, Segment};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::few::Short;
use crate::intern::{CellId, Interner};
use crate::matcher::ids::SelectorId;
use crate::plan::clause::{SharedExceptions, optional};
use crate::plan::draft::{Draft, RuleDraft};
use crate::plan::early::fires_early;
use crate::plan::feed::SelectorPlan;
use crate::plan::ids::RuleIndex;
use crate::plan::reach::Reaches;
use crate::plan::reads::{reads_order, turns_on_any_span};
use crate::plan::windows::WindowRules;
use crate::plan::{Clauses, Plan, PlanError, RulePlan, node, window};
use crate::predicate::PatternError;

/// The plan of `rules`, of which no two may share an id. `unsaid`: what those ask of a trace that do not say so themselves.
pub(crate) fn compile(
    rules: Vec<Arc<Rule>>,
    interner: &mut Interner,
    unsaid: Completeness,
) -> Result<Plan, PlanError> {
    let own = rules.iter().map(|rule| rule.completeness);
    let awaited = Completeness::of_all(own.map(|own| own.unwrap_or(unsaid)));
    let mut draft = Draft::new(rules.len(), interner, (awaited, unsaid));
    let hasher = DefaultHashBuilder::default();
    let mut ids: HashTable<RuleIndex> = HashTable::with_capacity(rules.len());
    let mut sets = SelectorSets(HashMap::with_capacity(rules.len()));
    let mut exceptions = SharedExceptions::default();
    let mut plans: Vec<RulePlan> = Vec::with_capacity(rules.len());
    let mut by_key = HashMap::with_capacity(rules.len());
    let mut cell_readers: HashMap<CellId, u32> = HashMap::with_capacity(2 * rules.len());
    let mut on_any_span = Vec::new();
    let mut reaches = Reaches::default();
    let mut windows = WindowRules::default();
    for (index, rule) in (0..).map(RuleIndex).zip(rules) {
        let hash = hasher.hash_one(&rule.id);
        let id = |other: &RuleIndex| &plans[other.index()].rule.id;
        if ids.find(hash, |other| *id(other) == rule.id).is_some() {
            return Err(refused(&rule, "two rules have this id".to_owned()));
        }
        ids.insert_unique(hash, index, |other| hasher.hash_one(id(other)));
        // Put where it stays, as it is large.
        let shared = (&mut sets, &mut exceptions);
        plans.push(compile_rule((rule, index), &mut draft, shared, interner)?);
        let plan = &plans[index.index()];
        let rule = &*plan.rule;
        by_key.insert(plan.key, index);
        for cell in &*plan.cells {
            *cell_readers.entry(*cell).or_default() += 1;
        }
        if plan.early && turns_on_any_span(&rule.body) {
            on_any_span.push(index);
        }
        // While it is at hand: of ten thousand each further look at all is a wait for memory.
        reaches.add(&plan.clauses);
        windows.add(index, rule, &plan.cells);
    }
    windows.lengths.sort_unstable();
    reaches.note(&mut draft.selectors);
    if !draft.times {
        draft.builder.leave_times();
    }
    let matcher = draft.builder.build();
    let fields = matcher.fields().iter();
    let field_keys = fields.map(|(_, field)| interner.field(field)).collect();
    Ok(Plan {
        unlike_ids: matcher.unlike_ids(),
        digest_basis: matcher.digest_basis(),
        matcher,
        selectors: draft.selectors,
        terms: draft.terms.into_iter().map(|(_, term)| term).collect(),
        by_key,
        windows,
        rules: plans,
        awaited,
        structure: draft.structure,
        field_keys,
        shown_of_first: draft.shown_of_first,
        cell_readers,
        on_any_span,
        with_deadlines: draft.with_deadlines,
        selector_sets: sets.0.len(),
    })
}

fn refused(rule: &Rule, message: String) -> PlanError {
    PlanError {
        rule: rule.id.0.to_string(),
        message,
    }
}

/// The rule goes into its plan: to count one user more of each, and one less again, is to wait for its memory twice.
fn compile_rule(
    (rule, index): (Arc<Rule>, RuleIndex),
    draft: &mut Draft,
    (sets, shared): (&mut SelectorSets, &mut SharedExceptions),
    interner: &mut Interner,
) -> Result<RulePlan, PlanError> {
    let key = interner.rule(&rule);
    let mut of_rule = RuleDraft::new(draft, interner);
    let refuse = |error: PatternError| refused(&rule, error.to_string());
    let clauses = clauses(&mut of_rule, shared, &rule).map_err(refuse)?;
    let over = rule.body.over.as_ref();
    let window = over.map(|over| window::compile(&mut of_rule, over));
    let window = window.transpose().map_err(refuse)?.map(Box::new);
    let RuleDraft {
        cells,
        fields,
        selectors,
        memos,
        reads_trace,
        has_deadline,
        ..
    } = of_rule;
    let unsaid = draft.unsaid;
    // It may be between bound spans, of which none is awaited.
    if has_deadline && rule.body.longest_deadline().is_some() {
        draft.with_deadlines.push(index);
    }
    // In which window a trace is, its first start says.
    draft.times = draft.times || reads_trace || window.is_some() || reads_order(&rule.body);
    let early = fires_early(&rule.body);
    let selectors = selectors.each_once();
    if early {
        for selector in &*selectors {
            draft.selectors[selector.index()].early.push(index);
        }
    }
    Ok(RulePlan {
        completeness: rule.completeness.unwrap_or(unsaid),
        rule,
        key,
        clauses,
        window,
        early,
        reads_trace,
        selector_set: sets.of(selectors, &mut draft.selectors),
        memos,
        cells: cells.each_once(),
        fields: fields.each_once(),
    })
}

/// The distinct sets of selectors that rules have, numbered in the order of their coming.
struct SelectorSets(HashMap<Short<SelectorId>, u32>);

impl SelectorSets {
    /// The number of a set; each selector in a new one is told.
    fn of(&mut self, selectors: Short<SelectorId>, plans: &mut [SelectorPlan]) -> u32 {
        if let Some(set) = self.0.get(&selectors) {
            return *set;
        }
        let set = self.0.len() as u32;
        for selector in &*selectors {
            plans[selector.index()].sets.push(set);
        }
        self.0.insert(selectors, set);
        set
    }
}

fn clauses(
    draft: &mut RuleDraft<'_>,
    shared: &mut SharedExceptions,
    rule: &Rule,
) -> Result<Clauses, PatternError> {
    let Body {
        bindings: bound,
        when,
        exceptions,
        never,
        always,
        ..
    } = &rule.body;
    let mut bindings = Vec::with_capacity(bound.len());
    for binding in bound {
        let (node, leaves) = node::compile(draft, &binding.selector)?;
        bindings.push(node);
        draft.bound.push(leaves);
    }
    let when = optional(draft, when.as_ref())?;
    let exceptions = shared.of(draft, exceptions)?;
    let never = optional(draft, never.as_ref())?;
    let always = optional(draft, always.as_ref())?;
    for segment in rule.message.iter().flat_map(|template| &template.segments) {
        match segment {
            Segment::Bound { binding, field } => {
                draft.project_bound(usize::from(binding.0), field);
            }
            Segment::Shown { role, field } => draft.show(*role, field),
            Segment::Text(_) | Segment::Count | Segment::TraceId => {}
        }
    }
    Ok(Clauses {
        bindings,
        when,
        exceptions,
        never,
        always,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::rules::rules;

    #[test]
    fn no_two_rules_of_a_plan_share_an_id() {
        let planned = |all: Vec<Arc<Rule>>| {
            let plan = compile(all, &mut Interner::default(), Completeness::Root);
            plan.map(|plan| plan.rules.len())
                .map_err(|error| error.rule)
        };
        assert_eq!(planned(rules(&["a: x", "b: x"])), Ok(2));
        let twice = [rules(&["a: x", "b: x"]), rules(&["b: y"])].concat();
        assert_eq!(planned(twice), Err("b".to_owned()));
    }
}
