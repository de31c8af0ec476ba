//! Where what hangs on a span itself leads, remembered from one span to the next.
//!
//! Spans of a kind and status that have values of the same kinds in the same slots, in one order, are led by the same fields:
//! what is settled by that alone is noted in one piece, and only what single values decide is asked of each of them, in the
//! order in which the group would.

use std::sync::Arc;

use crate::hash::fold;
use crate::matcher::ids::{Hit, HitsHash, SelectorId, UnlikeId};
use crate::matcher::leads::{Follow, Lead};
use crate::scan::expected::SetShape;
use crate::scan::read_plan::{PlanIdentity, ReadPlan};
use crate::scan::view::SpanView;
use crate::wire::value::RawKind;

/// Ways that are remembered: in each of so many places one.
const PLACES: usize = 256;
/// One with more steps or hits is not remembered, nor that of spans with more values: it would take memory.
const LENGTH: usize = 32;
/// So many other spans come to a place in a row before it is theirs, if it was of use before.
const WORTH: u8 = 8;

/// Belongs to one thread at a time, and to one matcher at a time.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    plan: Option<Arc<PlanIdentity>>,
    places: Vec<WayPlace>,
}

/// Spans that go one way, and which that is. Its memory is used again.
#[derive(Debug, Default)]
struct WayPlace {
    kind: i32,
    status: i32,
    /// Of one that came.
    shape: Option<SetShape>,
    /// What they have set, in this order.
    set: Vec<(u32, RawKind)>,
    known: KnownWay,
    way: LedWay,
    worth: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum KnownWay {
    /// One span came, or none.
    #[default]
    Nothing,
    Way,
    /// It is too long.
    Never,
}

/// What one span of a group is led to, step by step.
#[derive(Debug, Default)]
pub(crate) struct LedWay {
    hits: Vec<Hit>,
    /// Of the hits.
    hash: HitsHash,
    steps: Vec<WayStep>,
    /// The value that leads at the moment, while the way is found.
    led_by: Option<u32>,
    is_too_long: bool,
}

/// A step on the way through a group's fields.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WayStep {
    /// These hits of the way.
    Hits {
        from: u32,
        to: u32,
    },
    /// A selector of which more is to be asked, and which value among those that are set leads to it, if one does.
    Ask {
        selector: u32,
        at: Option<u32>,
    },
    Unlike(UnlikeId),
    /// A field that is read from the span.
    Field(u32),
    /// A field of which the span has this value among those that are set.
    Value {
        field: u32,
        at: u32,
    },
}

impl Ways {
    /// Spans are read by this plan, and matched by its matcher.
    pub(crate) fn begin(&mut self, plan: &ReadPlan) {
        if PlanIdentity::is_changed(&mut self.plan, plan) {
            self.places.clear();
            self.places.resize_with(PLACES, WayPlace::default);
        }
    }

    /// The way of a span, where it is known; it is found with `record` once two spans would go it.
    #[inline]
    pub(crate) fn of(
        &mut self,
        view: &SpanView<'_, '_>,
        record: impl FnOnce(&mut LedWay),
    ) -> Option<&LedWay> {
        let status = view.status() as usize;
        let set = match view.shape() {
            Some(shape) => shape.number() as usize,
            None => fold(view.span_signs().bits(), view.span_slots().len() as u64) as usize,
        };
        let at = set ^ status << 6 ^ (view.kind() as usize) << 4;
        let place = self.places.get_mut(at % PLACES)?;
        if !place.is_of(view) {
            place.leave_to(view);
            return None;
        }
        if place.known == KnownWay::Nothing {
            place.meet(record);
        }
        place.worth = WORTH;
        (place.known == KnownWay::Way).then_some(&place.way)
    }
}

impl WayPlace {
    #[inline(always)]
    fn is_of(&self, view: &SpanView<'_, '_>) -> bool {
        (self.kind, self.status) == (view.kind(), view.status())
            && (self.shape.is_some() && self.shape == view.shape() || self.has_set(view))
    }

    #[inline(never)]
    fn has_set(&self, view: &SpanView<'_, '_>) -> bool {
        let slots = view.span_slots();
        let mut pairs = self.set.iter().zip(slots);
        self.set.len() == slots.len() && pairs.all(|(of, set)| *of == (set.slot, set.kind()))
    }

    /// Is a span's, unless it is still of use to others.
    #[cold]
    fn leave_to(&mut self, view: &SpanView<'_, '_>) {
        let slots = view.span_slots();
        if self.worth > 0 || slots.len() > LENGTH {
            self.worth = self.worth.saturating_sub(1);
            return;
        }
        (self.kind, self.status) = (view.kind(), view.status());
        self.shape = view.shape();
        self.set.clear();
        self.set.reserve_exact(slots.len());
        self.way.clear();
        let set = slots.iter().map(|set| (set.slot, set.kind()));
        self.set.extend(set);
        self.known = KnownWay::Nothing;
    }

    #[cold]
    fn meet(&mut self, record: impl FnOnce(&mut LedWay)) {
        record(&mut self.way);
        self.known = match self.way.is_too_long {
            true => KnownWay::Never,
            false => KnownWay::Way,
        };
    }
}

impl LedWay {
    fn clear(&mut self) {
        self.steps.clear();
        self.steps.reserve(LENGTH);
        self.hits.clear();
        self.hits.reserve(LENGTH);
        self.hash = HitsHash::default();
        self.led_by = None;
        self.is_too_long = false;
    }

    #[inline(always)]
    pub(crate) fn steps(&self) -> &[WayStep] {
        &self.steps
    }

    #[inline(always)]
    pub(crate) fn hits(&self, from: u32, to: u32) -> &[Hit] {
        self.hits.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// From here on this value among those that are set leads.
    pub(crate) fn be_led_by(&mut self, at: u32) {
        self.led_by = Some(at);
    }

    /// Of all of its hits.
    #[inline(always)]
    pub(crate) fn hash(&self) -> HitsHash {
        self.hash
    }

    pub(crate) fn step(&mut self, step: WayStep) {
        self.is_too_long |= self.steps.len() >= LENGTH;
        if !self.is_too_long {
            self.steps.push(step);
        }
    }
}

impl Follow for LedWay {
    fn lead(&mut self, lead: Lead) {
        if !lead.is_settled {
            let (selector, at) = (lead.selector, self.led_by);
            self.step(WayStep::Ask { selector, at });
            return;
        }
        let from = self.hits.len() as u32;
        self.is_too_long |= self.hits.len() >= LENGTH;
        if self.is_too_long {
            return;
        }
        let selector = SelectorId(lead.selector);
        self.hits.push(Hit::new(selector, true));
        self.hash = self.hash.with(HitsHash::of(selector));
        match self.steps.last_mut() {
            Some(WayStep::Hits { to, .. }) => *to = from + 1,
            _ => self.step(WayStep::Hits { from, to: from + 1 }),
        }
    }

    fn count_unlike(&mut self, id: UnlikeId) {
        self.step(WayStep::Unlike(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::read::ReadState;
    use crate::scan::scan;
    use crate::tests::spans::{TestSpan, message, span};

    fn ask(selector: u32) -> WayStep {
        WayStep::Ask { selector, at: None }
    }

    fn plan() -> ReadPlan {
        ReadPlan::of_keys((0..=LENGTH).map(|number| format!("key{number}")))
    }

    /// Of each span whether its way was found, and whether it was known.
    fn met(ways: &mut Ways, plan: &ReadPlan, spans: &[TestSpan]) -> Vec<(bool, bool)> {
        let mut met = Vec::new();
        let visit = |view: &SpanView<'_, '_>, (): &()| {
            let mut is_found = false;
            let way = ways.of(view, |way| {
                is_found = true;
                way.step(ask(7));
            });
            let is_known =
                way.is_some_and(|way| matches!(way.steps(), [WayStep::Ask { selector: 7, .. }]));
            met.push((is_found, is_known));
            true
        };
        // What stands near the end of a message is read with more care.
        let behind = span(2, 1, "behind", 0, 1).text("behind", "all others");
        let spans = [spans, &[behind]].concat();
        let mut read = ReadState::default();
        scan((&message(&spans), 0), plan, &mut read, visit).unwrap();
        met.pop();
        met
    }

    fn with(keys: usize) -> TestSpan {
        let none = span(1, 1, "a", 0, 1);
        (0..keys).fold(none, |span, key| span.int(&format!("key{key}"), 1))
    }

    #[test]
    fn a_way_is_found_once_for_all_spans_that_go_it() {
        let (plan, mut ways) = (plan(), Ways::default());
        ways.begin(&plan);
        let spans: Vec<TestSpan> = (0..4).map(|_| with(2)).collect();
        let (unknown, found, known) = ((false, false), (true, true), (false, true));
        assert_eq!(
            met(&mut ways, &plan, &spans),
            [unknown, found, known, known]
        );
        // What is not known by its shape is known by what it has set.
        assert_eq!(met(&mut ways, &plan, &spans[..1]), [known]);
        let of_other_kinds = [with(2), with(1)].map(|mut span| {
            span.span.kind = 4;
            span
        });
        assert_eq!(met(&mut ways, &plan, &of_other_kinds), [unknown, unknown]);
        ways.begin(&self::plan());
        assert_eq!(met(&mut ways, &plan, &spans[..2]), [unknown, found]);
    }

    #[test]
    fn the_way_of_a_span_with_as_many_values_as_that_is_known_and_with_one_more_not() {
        let (plan, mut ways) = (plan(), Ways::default());
        ways.begin(&plan);
        for (keys, is_known) in [(LENGTH, true), (LENGTH + 1, false)] {
            let spans: Vec<TestSpan> = (0..6).map(|_| with(keys)).collect();
            let last = met(&mut ways, &plan, &spans).pop();
            assert_eq!(last, Some((false, is_known)), "{keys}");
        }
    }

    #[test]
    fn who_is_of_use_keeps_the_place_until_enough_others_have_come() {
        let mut place = WayPlace {
            worth: WORTH,
            ..WayPlace::default()
        };
        let plan = plan();
        let mut left = Vec::new();
        let visit = |view: &SpanView<'_, '_>, (): &()| {
            place.leave_to(view);
            left.push(place.is_of(view));
            true
        };
        let spans: Vec<TestSpan> = (0..=WORTH).map(|_| with(2)).collect();
        let mut read = ReadState::default();
        scan((&message(&spans), 0), &plan, &mut read, visit).unwrap();
        let (last, before) = left.split_last().unwrap();
        assert!(*last && before.iter().all(|is_left| !is_left), "{left:?}");
    }

    #[test]
    fn a_way_has_as_many_steps_and_not_one_more() {
        let mut way = LedWay::default();
        for step in 0..LENGTH {
            way.step(ask(step as u32));
        }
        assert_eq!((way.steps().len(), way.is_too_long), (LENGTH, false));
        way.step(ask(0));
        assert_eq!((way.steps().len(), way.is_too_long), (LENGTH, true));
    }
}
