//! Joins: a selector that wants a value of its spans to equal one of a bound span, and spans that are alike in some fields.

use betrace_lang::rule::{CompareOp, Field, GroupKey, Intrinsic, Operand, Predicate, Scope, Term};

use crate::intern::FieldKey;
use crate::matcher::ids::SelectorId;
use crate::plan::draft::RuleDraft;

/// `own == p.bound`, one of the parts that all must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinPlan {
    pub own: FieldKey,
    /// Which bound span.
    pub binding: usize,
    pub bound: FieldKey,
}

impl JoinPlan {
    /// The first such part.
    pub fn of(draft: &mut RuleDraft<'_>, parts: &[Predicate]) -> Option<JoinPlan> {
        let (own, binding, bound) = parts.iter().find_map(equality)?;
        Some(JoinPlan {
            own: draft.interner.field(own),
            binding,
            bound: draft.interner.field(bound),
        })
    }
}

fn equality(part: &Predicate) -> Option<(&Field, usize, &Field)> {
    let Predicate::Compare {
        left: Term::Field(left),
        op: CompareOp::Eq,
        right: Operand::Term(Term::Field(right)),
    } = part
    else {
        return None;
    };
    let (own, bound) = match (left, right) {
        (Field::Bound { .. }, own) => (own, left),
        (own, bound) => (own, bound),
    };
    let Field::Bound { binding, field } = bound else {
        return None;
    };
    (has_one_value(own) && has_one_value(field)).then_some((own, usize::from(binding.0), &**field))
}

/// Not the field of events or links, of which there are many, nor of the trace.
fn has_one_value(field: &Field) -> bool {
    match field {
        Field::Attribute { scope, .. } => !matches!(scope, Scope::Event | Scope::Link),
        Field::Intrinsic(intrinsic) => matches!(
            intrinsic,
            Intrinsic::SpanName | Intrinsic::SpanId | Intrinsic::SpanParentId
        ),
        Field::FirstOf(_) => true,
        Field::Bound { .. } => false,
    }
}

/// What spans must be alike in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GroupedBy {
    /// Kept in the spans' records.
    Field(FieldKey),
    Parent,
}

impl GroupedBy {
    /// Keeps what is asked in the records of the spans that `leaves` select.
    pub fn all(
        draft: &mut RuleDraft<'_>,
        leaves: &[SelectorId],
        by: &[GroupKey],
    ) -> Vec<GroupedBy> {
        let by = by.iter().map(|key| match key {
            GroupKey::Field(field) => {
                draft.project(leaves, field);
                GroupedBy::Field(draft.interner.field(field))
            }
            GroupKey::Parent => GroupedBy::Parent,
        });
        by.collect()
    }
}
