//! Which attributes are expected: whoever writes spans writes those of a kind with the same keys in the same order.
//!
//! What came by is remembered as a tree: behind each attribute those that came behind it, from the kinds of spans on. What is
//! written as one of them is known by one comparison of its first bytes, whether it is asked for, in which slot and as what kind
//! of value; else it is read like any other. Spans that came to the same place of the tree have set the same slots in the same
//! order. A guess that fails costs a little and changes nothing: an attribute is only taken for what it is in all of its bytes.

mod attribute;

use std::sync::Arc;

use crate::scan::expected::attribute::{AskedPair, Expected, Form, NOWHERE};
use crate::scan::keys::KeyTable;
use crate::scan::read_plan::{PlanIdentity, ReadPlan};
use crate::scan::slots::{FEW, SlotSet};
use crate::wire::pair::UsualPair;

/// Places of the tree at once.
const REMEMBERED: usize = 1024;
/// Of them those in which spans of a kind begin, the last those of all kinds that are not known.
const KINDS: u16 = 7;
/// Behind an attribute so many are expected.
const AHEAD: usize = 8;
/// Once so many spans had what could not be remembered, all is forgotten.
const SPANS: u32 = 1 << 13;
/// What was learnt of the attributes of spans. Belongs to one thread at a time, and to one plan at a time.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    plan: Option<Arc<PlanIdentity>>,
    all: Vec<Expected>,
    /// How often all was forgotten.
    generation: u32,
    /// Spans that had what could not be remembered, since then.
    strangers: u32,
    /// To where the span at hand came; [`NOWHERE`] if not all of its attributes were those expected.
    last: u16,
}

/// Spans with the same have set the same slots to values of the same kinds, in one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetShape {
    generation: u32,
    place: u16,
}

impl SetShape {
    /// What tells it from most others.
    #[inline(always)]
    pub(crate) fn number(self) -> u64 {
        u64::from(self.generation) << 16 | u64::from(self.place)
    }
}

impl Expectations {
    /// A message is read by this plan.
    pub(crate) fn begin(&mut self, plan: &ReadPlan) {
        if PlanIdentity::is_changed(&mut self.plan, plan) || self.strangers >= SPANS {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.all.clear();
        self.all.extend((0..KINDS).map(Expected::beginning));
        self.generation = self.generation.wrapping_add(1);
        self.strangers = 0;
    }

    /// A span of this kind begins.
    #[inline(always)]
    pub(super) fn begin_span(&mut self, kind: i32) {
        self.last = kind.cast_unsigned().min(u32::from(KINDS - 1)) as u16;
    }

    /// The span at hand has an attribute that was not taken for one expected.
    pub(super) fn lose(&mut self) {
        self.last = NOWHERE;
    }

    /// Of what the span at hand has set, if all of its attributes were those expected.
    #[inline(always)]
    pub(super) fn shape(&self) -> Option<SetShape> {
        let place = self.all.get(usize::from(self.last))?.shape;
        let generation = self.generation;
        Some(SetShape { generation, place })
    }

    /// Reads attributes of a span from `at` on for as long as they are those expected, and tells where that ends. The span ends
    /// at `end`.
    #[inline(never)]
    pub(super) fn follow(
        &mut self,
        message: &[u8],
        (at, end): (usize, usize),
        slots: &mut SlotSet,
    ) -> usize {
        let all = &*self.all;
        let (Some(mut last), Some(mut rest)) = (all.get(usize::from(self.last)), message.get(at..))
        else {
            return at;
        };
        let beyond = message.len().saturating_sub(end);
        'attributes: while let Some(window) = rest.first_chunk() {
            let mut next = last.next;
            while let Some(expected) = all.get(usize::from(next)) {
                if expected.begins(window)
                    && let Some(behind) = expected.take(window, rest, beyond, message.len(), slots)
                {
                    (rest, last) = (behind, expected);
                    continue 'attributes;
                }
                next = expected.other;
            }
            break;
        }
        slots.come_to(last.signs);
        self.last = last.place;
        message.len() - rest.len()
    }

    /// An attribute came that was not expected, behind what is set in `slots`; from now on it is. `false`: it cannot be.
    #[inline(never)]
    pub(super) fn surprise(
        &mut self,
        pair: &UsualPair<'_>,
        keys: &KeyTable,
        slots: &SlotSet,
    ) -> bool {
        self.remember(pair, keys, slots).is_some()
    }

    fn remember(&mut self, pair: &UsualPair<'_>, keys: &KeyTable, slots: &SlotSet) -> Option<()> {
        let last = self.all.get(usize::from(self.last))?;
        let asked = AskedPair::of(pair, keys, slots)?;
        let form = Form::of(pair, asked);
        let (mut end, mut next) = (None, last.next);
        let mut ahead = 0;
        while let Some(known) = self.all.get(usize::from(next)) {
            // What is not written as its key and its kind say is not what is expected.
            if (known.form, known.asked.kind) == (form, asked.kind) && *known.key == *pair.key() {
                return None;
            }
            ahead += 1;
            (end, next) = (Some(next), known.other);
        }
        if self.all.len() >= REMEMBERED || ahead >= AHEAD || slots.touched().len() >= FEW {
            self.strangers = self.strangers.saturating_add(1);
            return None;
        }
        let place = self.all.len() as u16;
        let expected = Expected::behind(last, pair, (form, asked), place);
        match end {
            Some(end) => self.all.get_mut(usize::from(end))?.other = place,
            None => self.all.get_mut(usize::from(self.last))?.next = place,
        }
        self.all.push(expected);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::read::ReadState;
    use crate::scan::scan;
    use crate::scan::view::SpanView;
    use crate::tests::spans::{TestSpan, message, span};

    /// Behind them come others: what stands near the end of a message is read with more care.
    fn shapes(spans: &[TestSpan], plan: &ReadPlan, read: &mut ReadState) -> Vec<Option<SetShape>> {
        let mut shapes = Vec::new();
        let visit = |view: &SpanView<'_, '_>, (): &()| {
            shapes.push(view.shape());
            true
        };
        let spans = [spans, &spans[..1], &spans[..1]].concat();
        scan((&message(&spans), 0), plan, read, visit).unwrap();
        shapes.truncate(spans.len() - 2);
        shapes
    }

    #[test]
    fn a_span_like_one_before_is_known_by_its_shape_until_it_is_read_for_other_rules() {
        let plans = [(); 2].map(|()| ReadPlan::of_keys(["key", "number"].map(str::to_owned)));
        let one = |id| span(1, id, "a", 0, 1).text("key", "value").int("number", 7);
        let other = span(1, 4, "a", 0, 1).int("number", 8);
        let spans = [one(1), one(2), other, one(3)];
        let mut read = ReadState::default();
        let first = shapes(&spans, &plans[0], &mut read);
        assert!(first[1].is_some() && first[1] == first[3], "{first:?}");
        assert_ne!(first[1], first[2]);
        let again = shapes(&spans, &plans[0], &mut read);
        assert_eq!(again[0], first[1]);
        let of_others = shapes(&spans, &plans[1], &mut read);
        assert!(of_others[1].is_some() && of_others[1] != first[1]);
    }

    #[test]
    fn no_more_is_remembered_than_there_are_places() {
        let key = |number: usize| format!("key{number}");
        let plan = ReadPlan::of_keys((0..=AHEAD).map(key));
        let named = |number: usize| span(1, 1, "a", 0, 1).text(&key(number), "");
        let mut read = ReadState::default();
        for number in 0..AHEAD {
            shapes(&[named(number)], &plan, &mut read);
        }
        let known = shapes(&[named(AHEAD - 1), named(AHEAD)], &plan, &mut read);
        assert!(known[0].is_some());
        // The last has no place, and the next like it none either.
        let stranger = shapes(&[named(AHEAD)], &plan, &mut read);
        assert_eq!((known[1], stranger[0]), (None, None));
    }
}
