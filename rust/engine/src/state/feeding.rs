//! Feeding the cells that keep more of a span than that it came: members, and values.

use betrace_lang::rule::Intrinsic;

use crate::id::SpanId;
use crate::plan::Plan;
use crate::plan::feed::{Feed, FeedKind, NumberOf, SelectorPlan};
use crate::predicate::fields::NoBindings;
use crate::scan::read_plan::Place;
use crate::scan::view::SpanView;
use crate::state::arriving::Arriving;
use crate::state::fed_cells::Keeping;
use crate::state::key::{group_key, text_key};
use crate::state::trace::TraceState;
use crate::state::values::{Amount, ValueCell};
use crate::value::Value;

impl TraceState {
    /// Feeds a cell that does not count. Returns how many of its values matter, if it keeps such.
    pub(super) fn feed(
        &mut self,
        plan: &Plan,
        arriving: &mut Arriving<'_, '_, '_>,
        (selector, feed): (&SelectorPlan, Feed),
        certain: bool,
    ) -> u32 {
        let empty = || keeping(feed.kind);
        match feed.kind {
            // Counted above, as most are.
            FeedKind::Count => return 0,
            FeedKind::Sum(of) | FeedKind::Extremes(of) => {
                let mut reaches = selector.reaches.iter();
                let reach = reaches.find(|reach| reach.cell == feed.cell);
                let mut cells = self.cells_mut(arriving.pool);
                if let Some(reach) = reach.filter(|_| certain)
                    && let Some(number) = whole(arriving.span, of)
                    && reach.idle.has(number)
                    && let Some(count) = cells.widen(feed.cell, number)
                {
                    return count;
                }
                let amount = amount(plan, arriving.span, of);
                let matters = reach.is_none_or(|of_cell| amount.is_within(of_cell.reach));
                let at = cells.open(feed.cell, empty);
                return cells.add_amount(at, (amount, certain), matters);
            }
            FeedKind::Records => {
                let mut cells = self.cells_mut(arriving.pool);
                let at = cells.open(feed.cell, empty);
                if cells.has_room(at) {
                    let record = self.record(arriving);
                    self.hold(arriving, record, &selector.project);
                    self.cells_mut(arriving.pool)
                        .add_record(at, record, certain);
                }
                return 0;
            }
            FeedKind::Distinct(_) | FeedKind::Groups(_) | FeedKind::GroupsByParent => {}
        }
        let mut cells = self.cells_mut(arriving.pool);
        let at = cells.open(feed.cell, empty);
        let values = cells.count_value(at);
        match feed.kind {
            FeedKind::GroupsByParent => {
                if let Some(SpanId(parent)) = arriving.span.parent() {
                    let key = text_key(&parent);
                    self.group(arriving, at, key, certain, &selector.shown);
                }
            }
            FeedKind::Groups(field) => {
                let value = arriving.span.field(field);
                if matches!(value, Value::Duration(None)) {
                    if let Some(ValueCell::Groups(cell)) = cells.value_cell(at) {
                        cell.add_unknown();
                    }
                } else if let Some(key) = group_key(value) {
                    self.group(arriving, at, key, certain, &selector.shown);
                }
            }
            FeedKind::Distinct(field) => {
                if let Some(cell) = cells.value_cell(at) {
                    cell.add_value(arriving.span.field(field), certain);
                }
            }
            _ => {}
        }
        values
    }
}

/// A field's whole number, as most are.
#[inline(always)]
fn whole(span: &SpanView<'_, '_>, of: NumberOf) -> Option<i64> {
    let NumberOf::Field(field) = of else {
        return None;
    };
    whole_at(span, span.plan.place(field)?)
}

/// Likewise, of the field that is read there.
#[inline(always)]
pub(super) fn whole_at(span: &SpanView<'_, '_>, place: Place) -> Option<i64> {
    // The most frequent.
    if place == Place::Intrinsic(Intrinsic::SpanDuration) {
        return i64::try_from(span.duration()?).ok();
    }
    match span.at(place) {
        Value::Int(number) => Some(number),
        Value::Duration(Some(nanos)) => i64::try_from(nanos).ok(),
        _ => None,
    }
}

/// What a span adds to a sum or to extremes.
fn amount(plan: &Plan, span: &SpanView<'_, '_>, of: NumberOf) -> Amount {
    match of {
        NumberOf::Field(field) => span.field(field).into(),
        NumberOf::Term(term) => plan.terms.get(term.index()).map_or(Amount::None, |term| {
            Amount::of_term(term.of(span, &NoBindings))
        }),
    }
}

/// What a new cell keeps.
fn keeping(kind: FeedKind) -> Keeping {
    match kind {
        FeedKind::Count => Keeping::Count,
        FeedKind::Records => Keeping::Records,
        FeedKind::Extremes(_) => Keeping::Range,
        FeedKind::Sum(_) => Keeping::Values(ValueCell::Sum(Box::default())),
        FeedKind::Distinct(_) => Keeping::Values(ValueCell::Distinct(Box::default())),
        FeedKind::Groups(_) | FeedKind::GroupsByParent => {
            Keeping::Values(ValueCell::Groups(Box::default()))
        }
    }
}
