//! Which selectors a span could satisfy, and which of those it does.
//!
//! Selectors are grouped by the name that they ask for; those of any span and of roots are groups of their
//! own. Inside a [`Group`] they are found by the values that a span has. Parts that several selectors share
//! are asked once a span, or once a scope where they hang on the resource and scope alone.

use betrace_lang::rule::{Base, CompareOp, Literal, Operand, Predicate};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::logic::truth::Truth;
use crate::matcher::access::{access, is_of_scope};
use crate::matcher::answers::{Holds, MatchState};
use crate::matcher::group::{Building, Group, Member};
use crate::matcher::{Hit, PartId, Selecting, SelectorId};
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::{FieldTable, NoBindings};
use crate::scan::keys::HASH;
use crate::scan::read_plan::{Place, ReadPlan};
use crate::scan::view::SpanView;
use crate::value::compare_literal;

/// Stands for one selector, or for all those whose indexed comparison met a value of an unlike type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnlikeId(pub u32);

#[derive(Debug)]
pub(crate) struct Index {
    parts: Box<[Part]>,
    selectors: Box<[Asked]>,
    named: HashMap<Box<[u8]>, Group, FixedState>,
    any: Group,
    root: Group,
    unlike: Vec<Vec<SelectorId>>,
}

#[derive(Debug)]
struct Part {
    test: PartTest,
    holds: Holds,
}

/// How a part is asked.
#[derive(Debug)]
enum PartTest {
    /// One value against one literal, which most parts are.
    Compare(Place, CompareOp, Literal),
    Any(CompiledPredicate),
}

impl PartTest {
    fn new(
        part: &Predicate,
        compiled: CompiledPredicate,
        fields: &FieldTable,
        plan: &ReadPlan,
    ) -> PartTest {
        if let Predicate::Compare {
            field,
            op,
            value: Operand::Literal(literal),
        } = part
            && let Some(place) = fields.id(field).and_then(|id| plan.place(id))
            && !matches!(place, Place::Event(_) | Place::Link(_))
        {
            return PartTest::Compare(place, *op, literal.clone());
        }
        PartTest::Any(compiled)
    }

    fn ask(&self, view: &SpanView<'_, '_>) -> (Truth, bool) {
        match self {
            PartTest::Compare(place, op, literal) => {
                let compared = compare_literal(view.at(*place), *op, literal);
                (compared.truth, compared.unlike)
            }
            PartTest::Any(predicate) => {
                let mut unlike = 0;
                let truth = predicate.eval(view, &NoBindings, &mut unlike);
                (truth, unlike > 0)
            }
        }
    }
}

#[derive(Debug)]
struct Asked {
    parts: Box<[PartId]>,
    /// One span can come to it on several ways.
    is_repeated: bool,
}

impl Index {
    pub(crate) fn new(
        selectors: Vec<Selecting>,
        parts: Vec<(Predicate, CompiledPredicate)>,
        fields: &FieldTable,
        plan: &ReadPlan,
    ) -> Index {
        let mut shared = vec![0u32; parts.len()];
        for part in selectors.iter().flat_map(|selector| &selector.parts) {
            shared[part.0 as usize] += 1;
        }
        let mut named: HashMap<Box<[u8]>, Vec<Member>> = HashMap::new();
        let (mut any, mut root) = (Vec::new(), Vec::new());
        for (id, selector) in (0u32..).zip(&selectors) {
            let member = Member {
                selector: id,
                accesses: selector
                    .parts
                    .iter()
                    .filter_map(|part| access(&parts[part.0 as usize].0, fields))
                    .collect(),
            };
            match &selector.base {
                Base::Named(name) => named
                    .entry(name.as_bytes().into())
                    .or_default()
                    .push(member),
                Base::Any => any.push(member),
                Base::Root => root.push(member),
            }
        }
        let mut unlike: Vec<Vec<SelectorId>> = (0u32..)
            .zip(&selectors)
            .map(|(id, _)| vec![SelectorId(id)])
            .collect();
        let mut repeated = vec![false; selectors.len()];
        let mut building = Building {
            fields,
            plan,
            unlike: &mut unlike,
            repeated: &mut repeated,
        };
        let any = Group::new(&any, &mut building);
        let root = Group::new(&root, &mut building);
        // In the order of names, so that ids are a function of the rules.
        let mut by_name: Vec<(Box<[u8]>, Vec<Member>)> = named.into_iter().collect();
        by_name.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut named = HashMap::with_capacity_and_hasher(by_name.len(), HASH);
        for (name, members) in by_name {
            named.insert(name, Group::new(&members, &mut building));
        }
        let weights: Vec<u32> = parts.iter().map(|(part, _)| weight(part)).collect();
        Index {
            selectors: selectors
                .into_iter()
                .zip(&repeated)
                .map(|(selector, is_repeated)| {
                    let mut parts = selector.parts;
                    parts.sort_by_key(|part| weights[part.0 as usize]);
                    Asked {
                        parts: parts.into(),
                        is_repeated: *is_repeated,
                    }
                })
                .collect(),
            parts: parts
                .into_iter()
                .zip(shared)
                .map(|((part, predicate), shared)| {
                    let is_of_scope = predicate
                        .fields()
                        .all(|field| fields.get(field).is_some_and(is_of_scope));
                    let holds = if is_of_scope {
                        Holds::Scope
                    } else if shared > 1 && weight(&part) > 0 {
                        Holds::Span
                    } else {
                        Holds::Once
                    };
                    Part {
                        test: PartTest::new(&part, predicate, fields, plan),
                        holds,
                    }
                })
                .collect(),
            named,
            any,
            root,
            unlike,
        }
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

    /// Fills `state` with the hits of `view`.
    pub(crate) fn find(&self, view: &SpanView<'_, '_>, state: &mut MatchState) {
        state.begin_span(self.parts.len(), self.selectors.len());
        let mut asking = Asking {
            index: self,
            view,
            state,
        };
        if let Some(group) = self.named.get(view.name()) {
            group.ask(&mut asking);
        }
        self.any.ask(&mut asking);
        if view.parent().is_none() {
            self.root.ask(&mut asking);
        }
    }
}

/// One span's way through the index.
pub(crate) struct Asking<'i, 'v, 's> {
    index: &'i Index,
    pub view: &'i SpanView<'v, 's>,
    pub state: &'i mut MatchState,
}

impl Asking<'_, '_, '_> {
    pub(crate) fn ask_all(&mut self, selectors: &[u32]) {
        for selector in selectors {
            self.ask(*selector);
        }
    }

    /// Notes a hit if the span satisfies the selector or may do so.
    pub(crate) fn ask(&mut self, id: u32) {
        let Some(selector) = self.index.selectors.get(id as usize) else {
            return;
        };
        if selector.is_repeated && !self.state.meets(id) {
            return;
        }
        let mut truth = Truth::TRUE;
        let mut unlike = false;
        for part in &selector.parts {
            let (answer, met_unlike) = self.ask_part(*part);
            truth = truth.and(answer);
            unlike |= met_unlike;
            if !truth.may_be_true() {
                break;
            }
        }
        if unlike {
            self.state.count_unlike(UnlikeId(id));
        }
        if truth.may_be_true() {
            self.state.hit(Hit {
                selector: SelectorId(id),
                certain: truth.is_true(),
            });
        }
    }

    fn ask_part(&mut self, id: PartId) -> (Truth, bool) {
        let Some(part) = self.index.parts.get(id.0 as usize) else {
            return (Truth::UNKNOWN, false);
        };
        let view = self.view;
        self.state.answer(id, part.holds, || part.test.ask(view))
    }
}

/// What a part costs, roughly: the cheap ones are asked first, and only the others are worth remembering.
fn weight(part: &Predicate) -> u32 {
    match part {
        Predicate::Compare { .. } | Predicate::Exists(_) | Predicate::Missing(_) => 0,
        Predicate::In { .. } => 1,
        Predicate::Not(part) => weight(part),
        Predicate::And(parts) | Predicate::Or(parts) => 1 + parts.iter().map(weight).sum::<u32>(),
        Predicate::Text { .. } => 2,
        Predicate::Matches { .. } => 8,
    }
}
