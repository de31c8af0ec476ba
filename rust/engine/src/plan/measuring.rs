//! From what a rule counts and measures to cells, where numbers alone answer for it, and members, where they do not.

use std::sync::Arc;

use betrace_lang::rule::{
    Aggregate, GroupKey, Measure, Quantity, Selector, SpanSelector, Term, Total,
};

use crate::logic::interval::{End, Interval};
use crate::matcher::ids::SelectorId;
use crate::plan::condition::{
    Against, Counted, Grouping, Measuring, MemberMeasure, Selecting, TotalPart, ValueOf,
};
use crate::plan::draft::RuleDraft;
use crate::plan::feed::{FeedKind, NumberOf};
use crate::plan::join::GroupedBy;
use crate::plan::node;
use crate::plan::reads::counted;
use crate::predicate::PatternError;

/// A count by one key of spans that numbers alone answer for is a cell; all else is reckoned from members.
pub(super) fn grouping(
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
    let by = GroupedBy::all(draft, &leaves, by);
    let measure = match measure {
        Measure::Count(_) => MemberMeasure::Count,
        Measure::Within { window, .. } => MemberMeasure::Within(*window),
        Measure::Overlap(_) => MemberMeasure::Overlap,
        Measure::Of { function, of, .. } => of_members(draft, &leaves, *function, of),
    };
    Ok(Grouping::Members { of, by, measure })
}

pub(super) fn quantity(
    draft: &mut RuleDraft<'_>,
    quantity: &Quantity,
) -> Result<Against, PatternError> {
    Ok(match quantity {
        Quantity::Number(number) => Against::Value(Interval::exactly(End::At(*number))),
        Quantity::Duration(nanos) => Against::Value(Interval::exactly(End::count(*nanos))),
        Quantity::Term(term) => {
            let (term, mask) = draft.bound_term(term);
            Against::Term {
                term: Box::new(term),
                mask,
            }
        }
        Quantity::Measure {
            factor,
            measure: of,
        } => Against::Measure {
            factor: *factor,
            measure: Box::new(measure(draft, of)?),
        },
    })
}

pub(super) fn total(
    draft: &mut RuleDraft<'_>,
    total: &Total,
) -> Result<Vec<TotalPart>, PatternError> {
    let mut seen: Vec<&Selector> = Vec::new();
    let mut addends = Vec::with_capacity(total.parts.len());
    for part in &total.parts {
        let is_shown = match &part.of {
            Quantity::Measure { measure, .. } => {
                let is_new = !seen.contains(&measure.selector());
                seen.push(measure.selector());
                is_new
            }
            _ => false,
        };
        addends.push(TotalPart {
            is_taken_away: part.is_taken_away,
            factor: part.factor,
            of: quantity(draft, &part.of)?,
            is_shown,
        });
    }
    Ok(addends)
}

pub(super) fn measure(
    draft: &mut RuleDraft<'_>,
    measure: &Measure,
) -> Result<Measuring, PatternError> {
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
            is_duration: term.is_span_duration(),
        });
    }
    let (of, leaves) = node::compile(draft, selector)?;
    let measure = of_members(draft, &leaves, function, term);
    let of = Box::new(of);
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
        is_duration: term.is_span_duration(),
    }
}

fn members(
    draft: &mut RuleDraft<'_>,
    selector: &Selector,
    measure: MemberMeasure,
) -> Result<Measuring, PatternError> {
    let of = Box::new(node::compile(draft, selector)?.0);
    Ok(Measuring::OfMembers { of, measure })
}

pub(super) fn selecting(
    draft: &mut RuleDraft<'_>,
    selector: &Selector,
) -> Result<Selecting, PatternError> {
    match counted(selector) {
        Some(spans) => Ok(Selecting::Counted(count(draft, spans)?)),
        None => Ok(Selecting::Members(Box::new(
            node::compile(draft, selector)?.0,
        ))),
    }
}

fn count(draft: &mut RuleDraft<'_>, spans: &Arc<SpanSelector>) -> Result<Counted, PatternError> {
    Ok(Counted {
        count: draft.count(spans)?,
        trace: draft.trace_tests(&spans.trace)?,
    })
}
