//! Which selectors a span could satisfy.

use betrace_lang::rule::{Base, Predicate};
use hashbrown::HashMap;

use crate::matcher::{Hit, PartId, Selecting, SelectorId};
use crate::matcher_state::{Holds, MatchState};
use crate::predicate::CompiledPredicate;
use crate::predicate_fields::{FieldTable, NoBindings};
use crate::predicate_truth::Truth;
use crate::scan_plan::ReadPlan;
use crate::scan_view::SpanView;

/// Stands for one selector, or for all those whose indexed comparison met a value of an unlike type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnlikeId(pub u32);

#[derive(Debug)]
pub(crate) struct Index {
    parts: Vec<Part>,
    selectors: Vec<Selecting>,
    named: HashMap<Box<[u8]>, Vec<u32>, foldhash::fast::FixedState>,
    any: Vec<u32>,
    root: Vec<u32>,
    unlike: Vec<Vec<SelectorId>>,
}

#[derive(Debug)]
struct Part {
    predicate: CompiledPredicate,
    holds: Holds,
}

impl Index {
    pub(crate) fn new(
        selectors: &[Selecting],
        parts: Vec<(Predicate, CompiledPredicate)>,
        _fields: &mut FieldTable,
    ) -> Index {
        let mut index = Index {
            parts: parts
                .into_iter()
                .map(|(_, predicate)| Part {
                    predicate,
                    holds: Holds::Span,
                })
                .collect(),
            selectors: selectors.to_vec(),
            named: HashMap::with_hasher(crate::scan_keys::HASH),
            any: Vec::new(),
            root: Vec::new(),
            unlike: Vec::new(),
        };
        for (id, selector) in (0u32..).zip(selectors) {
            index.unlike.push(vec![SelectorId(id)]);
            match &selector.base {
                Base::Named(name) => index
                    .named
                    .entry(name.as_bytes().into())
                    .or_default()
                    .push(id),
                Base::Any => index.any.push(id),
                Base::Root => index.root.push(id),
            }
        }
        index
    }

    pub(crate) fn selectors(&self) -> usize {
        self.selectors.len()
    }

    pub(crate) fn unlike_ids(&self) -> usize {
        self.unlike.len()
    }

    pub(crate) fn selectors_of(&self, unlike: UnlikeId) -> &[SelectorId] {
        self.unlike
            .get(unlike.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn find(&self, view: &SpanView<'_, '_>, _plan: &ReadPlan, state: &mut MatchState) {
        state.begin_span(self.parts.len(), self.selectors.len());
        if let Some(group) = self.named.get(view.name()) {
            self.ask(group, view, state);
        }
        self.ask(&self.any, view, state);
        if view.parent().is_none() {
            self.ask(&self.root, view, state);
        }
    }

    fn ask(&self, group: &[u32], view: &SpanView<'_, '_>, state: &mut MatchState) {
        for id in group {
            if let Some(selector) = self.selectors.get(*id as usize) {
                self.ask_one(*id, selector, view, state);
            }
        }
    }

    fn ask_one(
        &self,
        id: u32,
        selector: &Selecting,
        view: &SpanView<'_, '_>,
        state: &mut MatchState,
    ) {
        let mut truth = Truth::TRUE;
        let mut unlike = false;
        for part in &selector.parts {
            let (answer, met_unlike) = self.ask_part(*part, view, state);
            truth = truth.and(answer);
            unlike |= met_unlike;
            if !truth.may_be_true() {
                break;
            }
        }
        if unlike {
            state.count_unlike(UnlikeId(id));
        }
        if truth.may_be_true() {
            state.hit(Hit {
                selector: SelectorId(id),
                certain: truth.is_true(),
            });
        }
    }

    fn ask_part(
        &self,
        id: PartId,
        view: &SpanView<'_, '_>,
        state: &mut MatchState,
    ) -> (Truth, bool) {
        let Some(part) = self.parts.get(id.0 as usize) else {
            return (Truth::UNKNOWN, false);
        };
        state.answer(id, part.holds, || {
            let mut unlike = 0;
            let truth = part.predicate.eval(view, &NoBindings, &mut unlike);
            (truth, unlike > 0)
        })
    }
}
