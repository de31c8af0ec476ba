//! Asking a selector: whether all of its parts are true of the span at hand.
//!
//! Parts that several selectors share are asked once a span, or once a scope where they hang on the resource
//! and the scope alone.

use betrace_lang::rule::{Base, Field, FieldTest, Predicate};

use crate::logic::truth::Truth;
use crate::matcher::access::is_of_scope;
use crate::matcher::answers::{Answers, Holds};
use crate::matcher::ids::{Hit, PartId, SelectorId, UnlikeId};
use crate::matcher::leads::{Follow, Lead};
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::{FieldTable, NoBindings};
use crate::predicate::test::ValueTest;
use crate::scan::read_plan::{Place, ReadPlan};
use crate::scan::slots::SetSlot;
use crate::scan::view::SpanView;
use crate::wire::value::RawKind;

/// A selector before indexing: what a span must be, and which parts must be true of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SelectorParts {
    pub base: Base,
    pub parts: Vec<PartId>,
}

/// Everything that can be asked: all selectors, and the parts that they share.
#[derive(Debug)]
pub(crate) struct Questions {
    pub(super) parts: Box<[Part]>,
    pub(super) selectors: Box<[AskedSelector]>,
}

#[derive(Debug)]
pub(super) struct Part {
    test: PartTest,
    holds: Holds,
}

impl Part {
    /// Where the span itself may have the value that is all that is asked, if no other selector asks.
    fn of_slot(&self) -> Option<u32> {
        match self.test {
            PartTest::Value(Place::Span(slot) | Place::SpanThenResource(slot, _), _)
                if self.holds == Holds::Once =>
            {
                Some(slot)
            }
            _ => None,
        }
    }
}

/// How a part is asked.
#[derive(Debug)]
enum PartTest {
    /// One value by itself, which most parts are.
    Value(Place, ValueTest),
    /// Whether one attribute is there.
    Exists(Place),
    Any(CompiledPredicate),
}

impl PartTest {
    fn new(
        part: &Predicate,
        compiled: CompiledPredicate,
        fields: &FieldTable,
        plan: &ReadPlan,
    ) -> PartTest {
        if let Some((field, test)) = compiled.single()
            && let Some(place) = plan.place(field)
        {
            return PartTest::Value(place, test.clone());
        }
        if let Predicate::Asks {
            test: FieldTest::Exists,
            field: field @ Field::Attribute { .. },
        } = part
            && let Some(place) = fields.id(field).and_then(|id| plan.place(id))
            && !matches!(place, Place::Event(_) | Place::Link(_))
        {
            return PartTest::Exists(place);
        }
        PartTest::Any(compiled)
    }

    fn ask(&self, view: &SpanView<'_, '_>) -> (Truth, bool) {
        match self {
            PartTest::Value(place, test) => {
                let compared = test.of(view.at(*place));
                (compared.truth, compared.unlike)
            }
            PartTest::Exists(place) => (Truth::from(!view.at(*place).is_missing()), false),
            PartTest::Any(predicate) => {
                let mut unlike = 0;
                let truth = predicate.eval(view, &NoBindings, &mut unlike);
                (truth, unlike > 0)
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct AskedSelector {
    parts: Box<[PartId]>,
    /// All that is asked is one value by itself, for this selector alone: what the span has set here, if that is a value.
    of_slot: Option<u32>,
    /// One span can come to it on several ways.
    is_repeated: bool,
}

impl Questions {
    /// `repeated`: the selectors to which one span can come on several ways.
    pub(crate) fn new(
        selectors: Vec<SelectorParts>,
        parts: Vec<(Predicate, CompiledPredicate)>,
        repeated: &[bool],
        fields: &FieldTable,
        plan: &ReadPlan,
    ) -> Questions {
        let mut shared = vec![0u32; parts.len()];
        for part in selectors.iter().flat_map(|selector| &selector.parts) {
            shared[part.0 as usize] += 1;
        }
        let weights: Vec<u32> = parts.iter().map(|(part, _)| weight(part)).collect();
        let parts: Box<[Part]> = parts
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
            .collect();
        let asked = |(selector, is_repeated): (SelectorParts, &bool)| {
            let mut own = selector.parts;
            own.sort_by_key(|part| weights[part.0 as usize]);
            let of_slot = match own[..] {
                [only] if !is_repeated => parts[only.0 as usize].of_slot(),
                _ => None,
            };
            AskedSelector {
                parts: own.into(),
                of_slot,
                is_repeated: *is_repeated,
            }
        };
        Questions {
            selectors: selectors.into_iter().zip(repeated).map(asked).collect(),
            parts,
        }
    }
}

impl Questions {
    /// What is asked of a selector with one part.
    #[inline(always)]
    fn only_test(&self, selector: &AskedSelector) -> Option<&PartTest> {
        let part = selector.parts.first()?;
        Some(&self.parts.get(part.0 as usize)?.test)
    }
}

/// One span's way through the index.
pub(crate) struct Asking<'i, 'v, 's> {
    pub questions: &'i Questions,
    pub view: &'i SpanView<'v, 's>,
    pub answers: &'i mut Answers,
    /// What the span has set by which it is led at the moment, if it is by that.
    pub led_by: Option<&'s SetSlot>,
}

impl Asking<'_, '_, '_> {
    /// Notes a hit if the span satisfies the selector or may do so.
    #[inline(never)]
    pub(super) fn ask(&mut self, id: u32) {
        let Some(selector) = self.questions.selectors.get(id as usize) else {
            return;
        };
        if let Some(set) = self.led_by
            && selector.of_slot == Some(set.slot)
            && set.kind() != RawKind::Missing
            && let Some(PartTest::Value(_, test)) = self.questions.only_test(selector)
        {
            let compared = test.of(set.raw().value(self.view.message));
            return self.note(id, (compared.truth, compared.unlike));
        }
        if selector.is_repeated && !self.answers.meets(id) {
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
        self.note(id, (truth, unlike));
    }

    #[inline(always)]
    fn note(&mut self, id: u32, (truth, unlike): (Truth, bool)) {
        if unlike {
            self.answers.count_unlike(UnlikeId(id));
        }
        if truth.may_be_true() {
            let hit = Hit::new(SelectorId(id), truth.is_true());
            self.answers.hit(hit);
        }
    }

    fn ask_part(&mut self, id: PartId) -> (Truth, bool) {
        let Some(part) = self.questions.parts.get(id.0 as usize) else {
            return (Truth::UNKNOWN, false);
        };
        if let Some(kept) = self.answers.kept(id, part.holds) {
            return kept;
        }
        let (truth, unlike) = part.test.ask(self.view);
        self.answers.keep(id, part.holds, truth, unlike);
        (truth, unlike)
    }
}

impl Follow for Asking<'_, '_, '_> {
    #[inline(always)]
    fn lead(&mut self, lead: Lead) {
        if lead.is_settled {
            self.answers.hit(Hit::new(SelectorId(lead.selector), true));
        } else {
            self.ask(lead.selector);
        }
    }

    fn count_unlike(&mut self, id: UnlikeId) {
        self.answers.count_unlike(id);
    }
}

/// What a part costs, roughly: the cheap ones are asked first, and only the others are worth remembering.
fn weight(part: &Predicate) -> u32 {
    match part {
        Predicate::Compare { left, .. } if left.as_field().is_none() => 1,
        Predicate::Compare { .. } | Predicate::Asks { .. } => 0,
        Predicate::In { .. } => 1,
        Predicate::Not(part) => weight(part),
        Predicate::And(parts) | Predicate::Or(parts) => 1 + parts.iter().map(weight).sum::<u32>(),
        Predicate::Text { .. } | Predicate::Each { .. } => 2,
        Predicate::Matches { .. } => 8,
        Predicate::Item { filter, .. } => 4 + weight(filter),
    }
}
