//! A plan under construction: what is collected over all rules, and within one.

use std::sync::Arc;

use betrace_lang::rule::{
    Base, Completeness, Field, Intrinsic, Predicate, Role, SpanSelector, Term,
};

use hashbrown::HashMap;

use crate::few::Short;
use crate::intern::{CellId, FieldKey, Interner};
use crate::matcher::MatcherBuilder;
use crate::matcher::ids::SelectorId;
use crate::plan::feed::{Feed, FeedKind, SelectorPlan};
use crate::plan::ids::{RuleIndex, TermId};
use crate::plan::trace::TraceTest;
use crate::predicate::fields::FieldId;
use crate::predicate::reckoning::CompiledTerm;
use crate::predicate::{CompiledPredicate, PatternError};

/// How many selectors of its own a rule mostly has.
const SELECTORS_OF_A_RULE: usize = 2;

/// What is collected over all rules.
#[derive(Default)]
pub(crate) struct Draft {
    pub builder: MatcherBuilder,
    /// By the builder's selector ids.
    pub selectors: Vec<SelectorPlan>,
    /// What is reckoned of single spans to be measured.
    pub terms: Vec<(Term, CompiledTerm)>,
    pub structure: bool,
    /// What rules ask of a trace that do not say so themselves.
    pub unsaid: Completeness,
    /// Some rule reads when spans began or ended.
    pub times: bool,
    /// See [`Plan::with_deadlines`](crate::plan::Plan::with_deadlines).
    pub with_deadlines: Vec<RuleIndex>,
    /// See [`Plan::shown_of_first`](crate::plan::Plan::shown_of_first).
    pub shown_of_first: Vec<(FieldKey, FieldId)>,
    /// What counts spans that rules share, such as those of an exception that most have, by where they lie.
    pub counts: HashMap<*const SpanSelector, SharedCount>,
}

pub(crate) struct SharedCount {
    selector: SelectorId,
    cell: CellId,
    /// As long as it lies there nothing else does.
    _spans: Arc<SpanSelector>,
}

impl Draft {
    /// With room for what so many rules mostly have. `awaited`: what some of them ask of a trace; `unsaid`: what those ask that
    /// do not say so themselves.
    pub fn new(
        rules: usize,
        interner: &mut Interner,
        (awaited, unsaid): (Completeness, Completeness),
    ) -> Draft {
        interner.make_room(rules);
        let mut draft = Draft {
            structure: awaited.asks_for_parents(),
            unsaid,
            ..Draft::default()
        };
        draft.selectors.reserve(SELECTORS_OF_A_RULE * rules);
        draft.builder.make_room(SELECTORS_OF_A_RULE * rules);
        draft
    }
}

/// What is collected within one rule.
pub(crate) struct RuleDraft<'a> {
    pub draft: &'a mut Draft,
    pub interner: &'a mut Interner,
    pub cells: Noted<CellId>,
    pub fields: Noted<FieldKey>,
    pub selectors: Noted<SelectorId>,
    /// For each bound span, the selectors from which it may come.
    pub bound: Vec<Vec<SelectorId>>,
    pub memos: usize,
    pub reads_trace: bool,
    /// Some relation of it has a deadline.
    pub has_deadline: bool,
}

/// Numbers that were met, most of them once.
#[derive(Clone, Debug)]
pub(crate) struct Noted<T>(Short<T>);

impl<T> Default for Noted<T> {
    fn default() -> Noted<T> {
        Noted(Short::new())
    }
}

impl<T: Copy + Ord> Noted<T> {
    fn insert(&mut self, number: T) {
        if self.0.last() != Some(&number) {
            self.0.push(number);
        }
    }

    pub fn extend(&mut self, others: &Noted<T>) {
        others.0.iter().for_each(|number| self.insert(*number));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each once, ascending.
    pub fn each_once(mut self) -> Short<T> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}

impl<'a> RuleDraft<'a> {
    pub fn new(draft: &'a mut Draft, interner: &'a mut Interner) -> RuleDraft<'a> {
        RuleDraft {
            draft,
            interner,
            cells: Noted::default(),
            fields: Noted::default(),
            selectors: Noted::default(),
            bound: Vec::new(),
            memos: 0,
            reads_trace: false,
            has_deadline: false,
        }
    }

    /// What is reckoned of single spans; the same for equal terms.
    pub fn own_term(&mut self, term: &Term) -> TermId {
        let terms = &mut self.draft.terms;
        let known = terms.iter().position(|(known, _)| known == term);
        let at = known.unwrap_or_else(|| {
            terms.push((term.clone(), self.draft.builder.term(term)));
            terms.len() - 1
        });
        TermId(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// A cell that counts the selected spans.
    pub fn count(&mut self, spans: &Arc<SpanSelector>) -> Result<CellId, PatternError> {
        let is_shared = Arc::strong_count(spans) > 1;
        let at = Arc::as_ptr(spans);
        if let Some(known) = self.draft.counts.get(&at).filter(|_| is_shared) {
            self.cells.insert(known.cell);
            self.selectors.insert(known.selector);
            return Ok(known.cell);
        }
        let (selector, cell) = self.feed(spans, &spans.filter, FeedKind::Count, None)?;
        if is_shared {
            let known = SharedCount {
                selector,
                cell,
                _spans: Arc::clone(spans),
            };
            self.draft.counts.insert(at, known);
        }
        Ok(cell)
    }

    /// A cell that the selected spans feed with what `of` reads of them, as `kind` says.
    pub fn feed(
        &mut self,
        spans: &SpanSelector,
        filter: &[Predicate],
        kind: FeedKind,
        of: Option<&Term>,
    ) -> Result<(SelectorId, CellId), PatternError> {
        // Any span may be a leaf until the trace has closed.
        let base = match &spans.base {
            Base::Leaf => &Base::Any,
            base => base,
        };
        let selector = self.draft.builder.selector(base, filter)?;
        let filter = self.draft.builder.filter_name();
        let cell = self.interner.cell(base, filter, kind.name(), of);
        let plans = &mut self.draft.selectors;
        if plans.len() <= selector.index() {
            plans.resize_with(selector.index() + 1, SelectorPlan::default);
        }
        let feed = Feed { cell, kind };
        let feeds = &mut plans[selector.index()].feeds;
        if !feeds.contains(&feed) {
            feeds.push(feed);
        }
        self.cells.insert(cell);
        self.selectors.insert(selector);
        Ok((selector, cell))
    }

    /// Keeps a field in the records of the spans that these selectors select.
    pub fn project(&mut self, leaves: &[SelectorId], field: &Field) {
        let id = self.draft.builder.field(field);
        let key = self.interner.field(field);
        self.fields.insert(key);
        for leaf in leaves {
            insert(&mut self.draft.selectors[leaf.index()].project, (key, id));
        }
    }

    /// Keeps an intrinsic, and says where.
    pub fn keep(&mut self, leaves: &[SelectorId], intrinsic: Intrinsic) -> FieldKey {
        let field = Field::Intrinsic(intrinsic);
        self.project(leaves, &field);
        self.interner.field(&field)
    }

    /// Keeps a field of every span that a violation of the rule may show.
    pub fn show(&mut self, role: Role, field: &Field) {
        let selectors = self.selectors.clone().each_once();
        self.project(&selectors, field);
        let shown = (self.interner.field(field), self.draft.builder.field(field));
        for selector in &*selectors {
            insert(&mut self.draft.selectors[selector.index()].shown, shown);
        }
        // The trigger of a pure absence is the root, else the earliest span.
        if role == Role::Trigger && self.bound.is_empty() {
            insert(&mut self.draft.shown_of_first, shown);
        }
    }

    pub fn project_bound(&mut self, binding: usize, field: &Field) {
        let leaves = self.bound.get(binding).cloned().unwrap_or_default();
        self.project(&leaves, field);
    }

    /// Parts that are asked of records: of the spans that `leaves` select, whose fields are kept, and of the bound
    /// spans that they name, a bit for each.
    pub fn predicates(
        &mut self,
        parts: &[Predicate],
        leaves: &[SelectorId],
    ) -> Result<(Vec<CompiledPredicate>, u8), PatternError> {
        let mut compiled = Vec::with_capacity(parts.len());
        let mut mask = 0;
        for part in parts {
            compiled.push(self.draft.builder.predicate(part)?);
            part.for_each_field(&mut |field| match field {
                Field::Bound { binding, field } => {
                    mask |= 1 << binding.0;
                    self.project_bound(usize::from(binding.0), field);
                }
                field => self.project(leaves, field),
            });
        }
        Ok((compiled, mask))
    }

    /// What is read of bound spans, and of which, a bit for each.
    pub fn bound_term(&mut self, term: &Term) -> (CompiledTerm, u8) {
        let mut mask = 0;
        term.for_each_field(&mut |field| {
            if let Field::Bound { binding, field } = field {
                mask |= 1 << binding.0;
                self.project_bound(usize::from(binding.0), field);
            }
        });
        (self.draft.builder.term(term), mask)
    }

    pub fn trace_test(&mut self, predicate: &Predicate) -> Result<TraceTest, PatternError> {
        self.reads_trace = true;
        TraceTest::new(predicate, &mut self.draft.builder)
    }

    pub fn trace_tests(&mut self, parts: &[Predicate]) -> Result<Vec<TraceTest>, PatternError> {
        parts.iter().map(|part| self.trace_test(part)).collect()
    }
}

fn insert(fields: &mut Vec<(FieldKey, FieldId)>, field: (FieldKey, FieldId)) {
    if !fields.contains(&field) {
        fields.push(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_comes_ascending_and_each_once() {
        for numbers in 0..4u32.pow(5) {
            for count in 0..=5 {
                let mut noted = Noted::default();
                let mut long: Vec<u32> = (0..count).map(|at| numbers >> (2 * at) & 3).collect();
                long.iter().for_each(|number| noted.insert(*number));
                long.sort_unstable();
                long.dedup();
                assert_eq!(noted.each_once()[..], long[..]);
            }
        }
    }
}
