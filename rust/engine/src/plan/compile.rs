//! From checked rules to a [`Plan`].

use std::sync::Arc;

use betrace_lang::rule::{
    Aggregate, Body, CompareOp, Completeness, Expr, ExprKind, GroupKey, GroupOp, Measure, Quantity,
    Rule, Segment, Selector, SpanSelector, Term,
};
use hashbrown::{HashMap, HashSet};

use crate::intern::{CellId, Interner};
use crate::logic::interval::{End, Interval};
use crate::matcher::ids::SelectorId;
use crate::plan::condition::{
    Against, Condition, ConditionKind, Counted, GroupedBy, Grouping, Measuring, MemberMeasure,
    Selecting, ValueOf,
};
use crate::plan::draft::{Draft, RuleDraft};
use crate::plan::early::fires_early;
use crate::plan::feed::{FeedKind, NumberOf, SelectorPlan};
use crate::plan::ids::RuleIndex;
use crate::plan::reads::{counted, is_span_duration, reads_order, turns_on_any_span};
use crate::plan::{Clauses, Plan, PlanError, RulePlan, node};
use crate::predicate::PatternError;

/// The plan of `rules`, of which no two may share an id. `unsaid`: what those ask of a trace that do not say so themselves.
pub(crate) fn compile(
    rules: &[Arc<Rule>],
    interner: &mut Interner,
    unsaid: Completeness,
) -> Result<Plan, PlanError> {
    let own = rules.iter().map(|rule| rule.completeness);
    let awaited = Completeness::of_all(own.map(|own| own.unwrap_or(unsaid)));
    let mut draft = Draft {
        structure: awaited.asks_for_parents(),
        unsaid,
        ..Draft::default()
    };
    let mut ids = HashSet::new();
    let mut sets = SelectorSets::default();
    let mut plans: Vec<RulePlan> = Vec::with_capacity(rules.len());
    for (index, rule) in (0..).map(RuleIndex).zip(rules) {
        let refuse = |message: String| PlanError {
            rule: rule.id.0.to_string(),
            message,
        };
        if !ids.insert(&rule.id) {
            return Err(refuse("two rules have this id".to_owned()));
        }
        let plan = compile_rule(rule, index, &mut draft, &mut sets, interner);
        plans.push(plan.map_err(|error| refuse(error.to_string()))?);
    }
    let mut cell_rules: HashMap<CellId, Vec<RuleIndex>> = HashMap::new();
    let indexed = (0..).map(RuleIndex).zip(&plans);
    let by_key = indexed.map(|(index, plan)| (plan.key, index)).collect();
    let mut on_any_span = Vec::new();
    let mut with_deadlines = Vec::new();
    for (index, plan) in (0..).map(RuleIndex).zip(&plans) {
        for cell in &plan.cells {
            cell_rules.entry(*cell).or_default().push(index);
        }
        if plan.early && turns_on_any_span(&plan.rule.body) {
            on_any_span.push(index);
        }
        if plan.rule.body.longest_deadline().is_some() {
            with_deadlines.push(index);
        }
    }
    if !draft.times {
        draft.builder.leave_times();
    }
    let matcher = draft.builder.build();
    let field_keys = matcher
        .fields()
        .iter()
        .map(|(_, field)| interner.field(field))
        .collect();
    Ok(Plan {
        unlike_ids: matcher.unlike_ids(),
        digest_basis: matcher.digest_basis(),
        matcher,
        selectors: draft.selectors,
        terms: draft.terms.into_iter().map(|(_, term)| term).collect(),
        by_key,
        rules: plans,
        awaited,
        field_keys,
        structure: draft.structure,
        shown_of_first: draft.shown_of_first,
        cell_rules,
        on_any_span,
        with_deadlines,
        selector_sets: sets.0.len(),
    })
}

fn compile_rule(
    rule: &Arc<Rule>,
    index: RuleIndex,
    draft: &mut Draft,
    sets: &mut SelectorSets,
    interner: &mut Interner,
) -> Result<RulePlan, PatternError> {
    let key = interner.rule(rule);
    let mut of_rule = RuleDraft::new(draft, interner);
    let clauses = clauses(&mut of_rule, rule)?;
    let RuleDraft {
        cells,
        fields,
        selectors,
        memos,
        reads_trace,
        ..
    } = of_rule;
    let unsaid = draft.unsaid;
    draft.times |= reads_trace || reads_order(&rule.body);
    let early = fires_early(&rule.body);
    if early {
        for selector in &selectors {
            draft.selectors[selector.index()].early.push(index);
        }
    }
    Ok(RulePlan {
        rule: rule.clone(),
        key,
        completeness: rule.completeness.unwrap_or(unsaid),
        clauses,
        early,
        reads_trace,
        selector_set: sets.of(selectors.into_iter().collect(), &mut draft.selectors),
        memos,
        cells: cells.into_iter().collect(),
        fields: fields.into_iter().collect(),
    })
}

/// The distinct sets of selectors that rules have, numbered in the order of their coming.
#[derive(Default)]
struct SelectorSets(HashMap<Vec<SelectorId>, u32>);

impl SelectorSets {
    /// The number of a set; each selector in a new one is told.
    fn of(&mut self, selectors: Vec<SelectorId>, plans: &mut [SelectorPlan]) -> u32 {
        if let Some(set) = self.0.get(&selectors) {
            return *set;
        }
        let set = self.0.len() as u32;
        for selector in &selectors {
            plans[selector.index()].sets.push(set);
        }
        self.0.insert(selectors, set);
        set
    }
}

fn clauses(draft: &mut RuleDraft<'_>, rule: &Rule) -> Result<Clauses, PatternError> {
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
    let exceptions = conditions(draft, exceptions)?;
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

fn optional(
    draft: &mut RuleDraft<'_>,
    expr: Option<&Expr>,
) -> Result<Option<Condition>, PatternError> {
    expr.map(|expr| condition(draft, expr)).transpose()
}

fn condition(draft: &mut RuleDraft<'_>, expr: &Expr) -> Result<Condition, PatternError> {
    let kind = match &expr.kind {
        ExprKind::And(parts) => ConditionKind::And(conditions(draft, parts)?),
        ExprKind::Or(parts) => ConditionKind::Or(conditions(draft, parts)?),
        ExprKind::Not(inner) => ConditionKind::Not(Box::new(condition(draft, inner)?)),
        ExprKind::Exists(selector) => ConditionKind::Exists(selecting(draft, selector)?),
        ExprKind::Bound { binding, filter } => {
            let binding = usize::from(binding.0);
            let leaves = draft.bound.get(binding).cloned().unwrap_or_default();
            let (filter, mask) = draft.predicates(filter, &leaves)?;
            ConditionKind::Bound {
                binding,
                filter,
                mask: mask | 1 << binding,
            }
        }
        ExprKind::Compare { left, op, right } => ConditionKind::Compare {
            left: measure(draft, left)?,
            op: *op,
            right: quantity(draft, right)?,
        },
        ExprKind::GroupCompare {
            measure,
            by,
            op,
            value,
        } => ConditionKind::Groups {
            groups: grouping(draft, measure, by)?,
            op: match op {
                GroupOp::Gt => CompareOp::Gt,
                GroupOp::Ge => CompareOp::Ge,
            },
            value: match value {
                Quantity::Number(number) => Interval::exactly(End::At(*number)),
                Quantity::Duration(nanos) => Interval::exactly(End::count(*nanos)),
                // No group is compared with anything else.
                Quantity::Measure { .. } | Quantity::Term(_) => Interval::unknown(),
            },
        },
        ExprKind::Trace(predicate) => ConditionKind::Trace(draft.trace_test(predicate)?),
    };
    Ok(Condition {
        mask: kind.mask(),
        kind,
        text: expr.text.clone(),
    })
}

fn conditions(draft: &mut RuleDraft<'_>, parts: &[Expr]) -> Result<Vec<Condition>, PatternError> {
    parts.iter().map(|part| condition(draft, part)).collect()
}

/// A count by one key of spans that numbers alone answer for is a cell; all else is reckoned from members.
fn grouping(
    draft: &mut RuleDraft<'_>,
    measure: &Measure,
    by: &[GroupKey],
) -> Result<Grouping, PatternError> {
    if let (Measure::Count(selector), [key]) = (measure, by)
        && let Some(spans) = counted(selector)
    {
        let (kind, of) = match key {
            GroupKey::Field(field) => {
                let id = draft.draft.builder.field(field);
                (FeedKind::Groups(id), Some(field.clone().into()))
            }
            GroupKey::Parent => (FeedKind::GroupsByParent, None),
        };
        return Ok(Grouping::Counted {
            cell: draft.feed(spans, &spans.filter, kind, of.as_ref())?.1,
            of: count(draft, spans)?,
        });
    }
    let (of, leaves) = node::compile(draft, measure.selector())?;
    let by = by.iter().map(|key| match key {
        GroupKey::Field(field) => {
            draft.project(&leaves, field);
            GroupedBy::Field(draft.interner.field(field))
        }
        GroupKey::Parent => GroupedBy::Parent,
    });
    let by = by.collect();
    let measure = match measure {
        Measure::Count(_) => MemberMeasure::Count,
        Measure::Within { window, .. } => MemberMeasure::Within(*window),
        Measure::Overlap(_) => MemberMeasure::Overlap,
        Measure::Of { function, of, .. } => of_members(draft, &leaves, *function, of),
    };
    Ok(Grouping::Members { of, by, measure })
}

fn quantity(draft: &mut RuleDraft<'_>, quantity: &Quantity) -> Result<Against, PatternError> {
    Ok(match quantity {
        Quantity::Number(number) => Against::Value(Interval::exactly(End::At(*number))),
        Quantity::Duration(nanos) => Against::Value(Interval::exactly(End::count(*nanos))),
        Quantity::Term(term) => {
            let (term, mask) = draft.bound_term(term);
            Against::Term { term, mask }
        }
        Quantity::Measure {
            factor,
            measure: of,
        } => Against::Measure {
            factor: *factor,
            measure: measure(draft, of)?,
        },
    })
}

fn measure(draft: &mut RuleDraft<'_>, measure: &Measure) -> Result<Measuring, PatternError> {
    let (function, selector, term) = match measure {
        Measure::Count(selector) => return Ok(Measuring::Count(selecting(draft, selector)?)),
        Measure::Within { selector, window } => {
            return members(draft, selector, MemberMeasure::Within(*window));
        }
        Measure::Overlap(selector) => return members(draft, selector, MemberMeasure::Overlap),
        Measure::Of {
            function,
            selector,
            of,
        } => (*function, selector, of),
    };
    if let Some(spans) = counted(selector) {
        let number = match term {
            Term::Field(field) => NumberOf::Field(draft.draft.builder.field(field)),
            term => NumberOf::Term(draft.own_term(term)),
        };
        let kind = match (function, number) {
            (Aggregate::Distinct, NumberOf::Field(field)) => FeedKind::Distinct(field),
            (Aggregate::Min | Aggregate::Max, number) => FeedKind::Extremes(number),
            // `distinct` is of fields alone.
            (Aggregate::Sum | Aggregate::Avg | Aggregate::Distinct, number) => {
                FeedKind::Sum(number)
            }
        };
        return Ok(Measuring::OfCell {
            function,
            cell: draft.feed(spans, &spans.filter, kind, Some(term))?.1,
            of: count(draft, spans)?,
            is_duration: is_span_duration(term),
        });
    }
    let (of, leaves) = node::compile(draft, selector)?;
    let measure = of_members(draft, &leaves, function, term);
    Ok(Measuring::OfMembers { of, measure })
}

/// What is computed of what the records of these selectors keep.
fn of_members(
    draft: &mut RuleDraft<'_>,
    leaves: &[SelectorId],
    function: Aggregate,
    term: &Term,
) -> MemberMeasure {
    for field in term.reads() {
        draft.project(leaves, field);
    }
    MemberMeasure::Of {
        function,
        of: match term {
            Term::Field(field) => ValueOf::Field(draft.interner.field(field)),
            term => ValueOf::Term(draft.own_term(term)),
        },
        is_duration: is_span_duration(term),
    }
}

fn members(
    draft: &mut RuleDraft<'_>,
    selector: &Selector,
    measure: MemberMeasure,
) -> Result<Measuring, PatternError> {
    let (of, _) = node::compile(draft, selector)?;
    Ok(Measuring::OfMembers { of, measure })
}

fn selecting(draft: &mut RuleDraft<'_>, selector: &Selector) -> Result<Selecting, PatternError> {
    match counted(selector) {
        Some(spans) => Ok(Selecting::Counted(count(draft, spans)?)),
        None => Ok(Selecting::Members(node::compile(draft, selector)?.0)),
    }
}

fn count(draft: &mut RuleDraft<'_>, spans: &SpanSelector) -> Result<Counted, PatternError> {
    Ok(Counted {
        count: draft.feed(spans, &spans.filter, FeedKind::Count, None)?.1,
        trace: draft.trace_tests(&spans.trace)?,
    })
}
