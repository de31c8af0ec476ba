//! From checked rules to a [`Plan`].

use std::collections::BTreeSet;
use std::sync::Arc;

use betrace_lang::rule::{
    Aggregate, Expr, ExprKind, Field, GroupKey, Intrinsic, Measure, Number, Predicate, Quantity,
    Rule, Segment, Selector, SpanSelector,
};
use betrace_lang::verdict::Verdict;
use hashbrown::{HashMap, HashSet};

use crate::engine::PlanError;
use crate::intern::{CellId, Interner, RuleKey, describe};
use crate::logic::interval::{End, Interval};
use crate::matcher::MatcherBuilder;
use crate::matcher::ids::SelectorId;
use crate::plan::early::{can_fire_early, turns_on_any_span};
use crate::plan::node::{counted, mask};
use crate::plan::trace::TraceTest;
use crate::plan::{
    Against, Condition, ConditionKind, Feed, FeedKind, GroupSource, Measuring, Plan, RulePlan,
    Selecting, SelectorPlan, Untouched,
};
use crate::predicate::PatternError;

/// What is collected over all rules.
#[derive(Default)]
pub(crate) struct Draft {
    pub builder: MatcherBuilder,
    selectors: Vec<SelectorPlan>,
    pub structure: bool,
}

/// What is collected within one rule.
#[derive(Default)]
pub(crate) struct RuleDraft {
    cells: BTreeSet<CellId>,
    selectors: BTreeSet<u32>,
    /// For each bound span, the selectors from which it may come.
    pub bound: Vec<Vec<SelectorId>>,
    pub memos: usize,
    reads_trace: bool,
}

pub(crate) struct Compiler<'a> {
    pub draft: &'a mut Draft,
    pub rule: RuleDraft,
    interner: &'a mut Interner,
}

impl Plan {
    /// `since`: for each rule, the generation in which its meaning came.
    pub fn new(
        rules: &[Arc<Rule>],
        generation: u32,
        interner: &mut Interner,
        since: impl Fn(RuleKey) -> u32,
        linked: bool,
    ) -> Result<Plan, PlanError> {
        let mut draft = Draft {
            structure: linked,
            ..Draft::default()
        };
        let mut plans = Vec::with_capacity(rules.len());
        let mut cell_rules: HashMap<CellId, Vec<u32>> = HashMap::new();
        let mut sets: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut on_any_span = Vec::new();
        for (position, rule) in rules.iter().enumerate() {
            let position = position as u32;
            let mut compiler = Compiler {
                draft: &mut draft,
                rule: RuleDraft::default(),
                interner,
            };
            let key = compiler.interner.rule(rule);
            let mut plan = compiler
                .rule(rule, key, since(key))
                .map_err(|error| PlanError {
                    rule: rule.id.0.to_string(),
                    message: error.to_string(),
                })?;
            let RuleDraft {
                cells,
                selectors,
                memos,
                reads_trace,
                ..
            } = compiler.rule;
            plan.memos = memos;
            plan.reads_trace = reads_trace;
            plan.early = can_fire_early(&plan);
            plan.cells = cells.into_iter().collect();
            for cell in plan.cells.iter().copied() {
                cell_rules.entry(cell).or_default().push(position);
            }
            if plan.early {
                for selector in &selectors {
                    draft.selectors[*selector as usize].early.push(position);
                }
                if turns_on_any_span(&plan) {
                    on_any_span.push(position);
                }
            }
            let next = sets.len() as u32;
            let selectors: Vec<u32> = selectors.into_iter().collect();
            plan.selector_set = match sets.get(&selectors) {
                Some(set) => *set,
                None => {
                    for selector in &selectors {
                        draft.selectors[*selector as usize].sets.push(next);
                    }
                    sets.insert(selectors, next);
                    next
                }
            };
            plans.push(plan);
        }
        let matcher = draft.builder.build();
        let field_keys = matcher
            .fields()
            .iter()
            .map(|(_, field)| interner.field(field))
            .collect();
        let mut plan = Plan {
            generation,
            newest: plans.iter().map(|rule| rule.since).max().unwrap_or(0),
            matcher,
            selectors: draft.selectors,
            rules: plans,
            field_keys,
            structure: draft.structure,
            cell_rules,
            looped: Vec::new(),
            held_untouched: Vec::new(),
            on_any_span,
            selector_sets: sets.len(),
        };
        plan.find_untouched();
        Ok(plan)
    }

    fn find_untouched(&mut self) {
        for position in 0..self.rules.len() {
            let untouched = crate::decide::untouched(self, &self.rules[position]);
            let rule = &mut self.rules[position];
            rule.untouched = untouched;
            if rule.reads_trace
                || untouched.complete == Verdict::Violated
                || untouched.incomplete == Verdict::Violated
            {
                self.looped.push(position as u32);
                let fires_untouched = untouched.incomplete == Verdict::Violated;
                if fires_untouched && rule.early && !self.on_any_span.contains(&(position as u32)) {
                    self.on_any_span.push(position as u32);
                }
            } else if untouched.held && untouched.incomplete == Verdict::Inconclusive {
                self.held_untouched.push(position as u32);
            }
        }
    }
}

impl Compiler<'_> {
    fn rule(
        &mut self,
        rule: &Arc<Rule>,
        key: RuleKey,
        since: u32,
    ) -> Result<RulePlan, PatternError> {
        let body = &rule.body;
        let mut bindings = Vec::with_capacity(body.bindings.len());
        for binding in &body.bindings {
            let (node, leaves) = self.node(&binding.selector)?;
            bindings.push(node);
            self.rule.bound.push(leaves);
        }
        let when = self.optional(body.when.as_ref())?;
        let exceptions = body
            .exceptions
            .iter()
            .map(|exception| self.condition(exception))
            .collect::<Result<_, _>>()?;
        let never = self.optional(body.never.as_ref())?;
        let always = self.optional(body.always.as_ref())?;
        for segment in rule.message.iter().flat_map(|template| &template.0) {
            if let Segment::Bound { binding, field } = segment {
                self.project_bound(usize::from(binding.0), field);
            }
        }
        Ok(RulePlan {
            rule: rule.clone(),
            key,
            since,
            bindings,
            when,
            exceptions,
            never,
            always,
            early: false,
            reads_trace: false,
            selector_set: 0,
            memos: 0,
            cells: Vec::new(),
            untouched: Untouched {
                complete: Verdict::NotApplicable,
                incomplete: Verdict::Inconclusive,
                held: false,
            },
        })
    }

    fn optional(&mut self, expr: Option<&Expr>) -> Result<Option<Condition>, PatternError> {
        expr.map(|expr| self.condition(expr)).transpose()
    }

    fn condition(&mut self, expr: &Expr) -> Result<Condition, PatternError> {
        let kind = match &expr.kind {
            ExprKind::And(parts) => ConditionKind::And(self.conditions(parts)?),
            ExprKind::Or(parts) => ConditionKind::Or(self.conditions(parts)?),
            ExprKind::Not(inner) => ConditionKind::Not(Box::new(self.condition(inner)?)),
            ExprKind::Exists(selector) => ConditionKind::Exists(self.selecting(selector)?),
            ExprKind::Compare { left, op, right } => ConditionKind::Compare {
                left: self.measure(left)?,
                op: *op,
                right: self.quantity(right)?,
            },
            ExprKind::GroupCount {
                selector,
                by,
                op,
                value,
            } => self.groups(selector, by, *op, *value)?,
            ExprKind::Trace(predicate) => ConditionKind::Trace(self.trace_test(predicate)?),
        };
        Ok(Condition {
            mask: mask(&kind),
            kind,
            text: expr.text.clone(),
        })
    }

    fn conditions(&mut self, parts: &[Expr]) -> Result<Vec<Condition>, PatternError> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn trace_test(&mut self, predicate: &Predicate) -> Result<TraceTest, PatternError> {
        self.rule.reads_trace = true;
        TraceTest::new(predicate, &mut self.draft.builder)
    }

    pub fn trace_tests(&mut self, parts: &[Predicate]) -> Result<Vec<TraceTest>, PatternError> {
        parts.iter().map(|part| self.trace_test(part)).collect()
    }

    fn groups(
        &mut self,
        selector: &Selector,
        by: &GroupKey,
        op: betrace_lang::rule::GroupOp,
        value: Number,
    ) -> Result<ConditionKind, PatternError> {
        let (selecting, by) = match counted(selector) {
            Some(spans) => {
                let (what, kind) = match by {
                    GroupKey::Field(field) => {
                        let id = self.draft.builder.field(field);
                        (format!("groups {field:?}"), FeedKind::Groups(id))
                    }
                    GroupKey::Parent => ("groups parent".to_owned(), FeedKind::GroupsByParent),
                };
                let cell = self.feed(spans, &spans.filter, &what, kind)?.1;
                (self.selecting(selector)?, GroupSource::Cell(cell))
            }
            None => {
                let (node, leaves) = self.node(selector)?;
                let by = match by {
                    GroupKey::Field(field) => {
                        self.project(&leaves, field);
                        GroupSource::Field(self.interner.field(field))
                    }
                    GroupKey::Parent => GroupSource::Parent,
                };
                (Selecting::Members(node), by)
            }
        };
        Ok(ConditionKind::Groups {
            selecting,
            by,
            op,
            value,
        })
    }

    fn quantity(&mut self, quantity: &Quantity) -> Result<Against, PatternError> {
        Ok(match quantity {
            Quantity::Number(number) => Against::Value(Interval::exactly(End::At(*number))),
            Quantity::Duration(nanos) => Against::Value(Interval::exactly(End::count(*nanos))),
            Quantity::Measure { factor, measure } => Against::Measure {
                factor: *factor,
                measure: self.measure(measure)?,
            },
        })
    }

    fn measure(&mut self, measure: &Measure) -> Result<Measuring, PatternError> {
        let (function, selector, field) = match measure {
            Measure::Count(selector) => return Ok(Measuring::Count(self.selecting(selector)?)),
            Measure::Of {
                function,
                selector,
                field,
            } => (*function, selector, field),
        };
        let mut cell = CellId::MAX;
        let selecting = match counted(selector) {
            Some(spans) => {
                let id = self.draft.builder.field(field);
                let (what, kind) = match function {
                    Aggregate::Sum | Aggregate::Avg => ("sum", FeedKind::Sum(id)),
                    Aggregate::Min | Aggregate::Max => ("extremes", FeedKind::Extremes(id)),
                    Aggregate::Distinct => ("distinct", FeedKind::Distinct(id)),
                };
                let what = format!("{what} {field:?}");
                cell = self.feed(spans, &spans.filter, &what, kind)?.1;
                self.selecting(selector)?
            }
            None => {
                let (node, leaves) = self.node(selector)?;
                self.project(&leaves, field);
                Selecting::Members(node)
            }
        };
        Ok(Measuring::Of {
            function,
            selecting,
            cell,
            field: self.interner.field(field),
            is_duration: *field == Field::Intrinsic(Intrinsic::SpanDuration),
        })
    }

    fn selecting(&mut self, selector: &Selector) -> Result<Selecting, PatternError> {
        match counted(selector) {
            Some(spans) => Ok(Selecting::Counted {
                count: self.feed(spans, &spans.filter, "count", FeedKind::Count)?.1,
                trace: self.trace_tests(&spans.trace)?,
            }),
            None => Ok(Selecting::Members(self.node(selector)?.0)),
        }
    }

    pub fn feed(
        &mut self,
        spans: &SpanSelector,
        filter: &[Predicate],
        what: &str,
        kind: FeedKind,
    ) -> Result<(SelectorId, CellId), PatternError> {
        let selector = self.draft.builder.selector(&spans.base, filter)?;
        let cell = self.interner.cell(&describe(&spans.base, filter), what);
        let plans = &mut self.draft.selectors;
        if plans.len() <= selector.index() {
            plans.resize_with(selector.index() + 1, SelectorPlan::default);
        }
        let feed = Feed { cell, kind };
        let feeds = &mut plans[selector.index()].feeds;
        if !feeds.contains(&feed) {
            feeds.push(feed);
        }
        self.rule.cells.insert(cell);
        self.rule.selectors.insert(selector.0);
        Ok((selector, cell))
    }

    pub fn project(&mut self, leaves: &[SelectorId], field: &Field) {
        let id = self.draft.builder.field(field);
        let key = self.interner.field(field);
        for leaf in leaves {
            let project = &mut self.draft.selectors[leaf.index()].project;
            if !project.contains(&(key, id)) {
                project.push((key, id));
            }
        }
    }

    pub fn project_bound(&mut self, binding: usize, field: &Field) {
        let leaves = self.rule.bound.get(binding).cloned().unwrap_or_default();
        self.project(&leaves, field);
    }
}

/// The rules that both sets have with the same meaning keep their generation.
pub(crate) fn kept_generations(old: &Plan) -> HashMap<RuleKey, u32> {
    old.rules
        .iter()
        .map(|rule| (rule.key, rule.since))
        .collect()
}

/// The first id that two rules share, if any.
pub(crate) fn repeated_id(rules: &[Arc<Rule>]) -> Option<&Arc<Rule>> {
    let mut ids = HashSet::new();
    rules.iter().find(|rule| !ids.insert(&rule.id))
}
