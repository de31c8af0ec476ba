//! Filters that contradict themselves.

use crate::condition::lint::numbers;
use crate::condition::lint::reach::cannot_be;
use crate::rule::{
    Base, CompareOp, Field, FieldTest, Intrinsic, ListSource, Literal, Number, Operand, Predicate,
    Relation, Selector, SpanSelector,
};

/// Whether the filter contradicts itself.
pub(super) fn selects_nothing(selector: &Selector) -> bool {
    match selector {
        Selector::Spans(spans) => contradicts(spans),
        Selector::Related(related) => {
            selects_nothing(&related.left) || has_no_place(&related.left, &related.relation)
        }
        Selector::Bound(_) => false,
    }
}

/// Whether no span stands so to another: nothing is above a root or beside it, and nothing below a leaf.
fn has_no_place(left: &Selector, relation: &Relation) -> bool {
    match relation {
        Relation::Inside { right } | Relation::ChildOf { right } => {
            is_all(left, &Base::Root) || is_all(right, &Base::Leaf)
        }
        Relation::Containing { right } | Relation::ParentOf { right } => {
            is_all(left, &Base::Leaf) || is_all(right, &Base::Root)
        }
        Relation::SiblingOf { right } => is_all(left, &Base::Root) || is_all(right, &Base::Root),
        _ => false,
    }
}

/// Whether all spans that it selects are of this base.
pub(super) fn is_all(selector: &Selector, base: &Base) -> bool {
    match selector {
        Selector::Spans(spans) => spans.base == *base,
        Selector::Related(related) => is_all(&related.left, base),
        Selector::Bound(_) => false,
    }
}

/// Whether no span proves every part.
pub(super) fn proves_nothing(filter: &[Predicate]) -> bool {
    contradicts(&SpanSelector {
        filter: filter.to_vec(),
        ..SpanSelector::all(Base::Any)
    })
}

fn contradicts(spans: &SpanSelector) -> bool {
    if spans.filter.is_empty() && spans.trace.is_empty() {
        return false;
    }
    // Most have one part, which nothing else can exclude.
    if let ([only], []) | ([], [only]) = (&*spans.filter, &*spans.trace)
        && !may_be_excluded_by(&spans.base, only)
    {
        return never_true(only);
    }
    let of_base = match &spans.base {
        Base::Root => Some(Predicate::missing(Field::Intrinsic(
            Intrinsic::SpanParentId,
        ))),
        Base::Named(name) => Some(Predicate::Compare {
            left: Field::Intrinsic(Intrinsic::SpanName).into(),
            op: CompareOp::Eq,
            right: Literal::Text(name.clone()).into(),
        }),
        Base::Any | Base::Leaf => None,
    };
    let parts = || {
        let own = spans.filter.iter().chain(&spans.trace);
        own.chain(&of_base)
    };
    let mut pairs = (1..).zip(parts());
    pairs.any(|(behind, part)| parts().skip(behind).any(|other| exclude(part, other)))
        || parts().any(never_true)
}

/// Whether what the base says of a span may exclude a part of its filter.
fn may_be_excluded_by(base: &Base, part: &Predicate) -> bool {
    let mut reads_name = false;
    part.for_each_field(&mut |field| reads_name |= *field == Field::Intrinsic(Intrinsic::SpanName));
    match base {
        Base::Named(_) => reads_name,
        Base::Root => true,
        Base::Any | Base::Leaf => false,
    }
}

pub(super) fn never_true(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::And(parts) => {
            let pairs = parts.iter().enumerate();
            parts.iter().any(never_true)
                || pairs.into_iter().any(|(index, part)| {
                    parts[index + 1..].iter().any(|other| exclude(part, other))
                })
        }
        Predicate::Or(parts) => parts.iter().all(never_true),
        other => cannot_be(other),
    }
}

/// Two conditions that no span satisfies together.
fn exclude(one: &Predicate, other: &Predicate) -> bool {
    let negates = |not: &Predicate, predicate: &Predicate| matches!(not, Predicate::Not(inner) if **inner == *predicate);
    if negates(one, other) || negates(other, one) {
        return !one.asked().iter().any(|field| field.has_many_values());
    }
    let (Some(field), Some(other_field)) = (one.field(), other.field()) else {
        return false;
    };
    if field != other_field || field.has_many_values() {
        return false;
    }
    match (one, other) {
        (one, other) if is_missing(one) && is_missing(other) => false,
        // What is missing makes everything else unknown.
        (one, other) if is_missing(one) || is_missing(other) => true,
        (
            Predicate::Compare {
                op,
                right: Operand::Literal(value),
                ..
            },
            Predicate::Compare {
                op: other_op,
                right: Operand::Literal(other_value),
                ..
            },
        ) => literals_exclude((*op, value), (*other_op, other_value)),
        (
            Predicate::Compare {
                op: CompareOp::Eq,
                right: Operand::Literal(value),
                ..
            },
            Predicate::In {
                list: ListSource::Literals(values),
                ..
            },
        )
        | (
            Predicate::In {
                list: ListSource::Literals(values),
                ..
            },
            Predicate::Compare {
                op: CompareOp::Eq,
                right: Operand::Literal(value),
                ..
            },
        ) => values
            .iter()
            .all(|other| literals_exclude((CompareOp::Eq, value), (CompareOp::Eq, other))),
        _ => false,
    }
}

fn is_missing(predicate: &Predicate) -> bool {
    matches!(
        predicate,
        Predicate::Asks {
            test: FieldTest::Missing,
            ..
        }
    )
}

fn literals_exclude(one: (CompareOp, &Literal), other: (CompareOp, &Literal)) -> bool {
    let number = |literal: &Literal| match literal {
        Literal::Number(number) => Some(*number),
        Literal::Duration(nanos) => Some(Number::Int(i128::from(*nanos))),
        _ => None,
    };
    match (one, other) {
        ((CompareOp::Eq, Literal::Text(a)), (CompareOp::Eq, Literal::Text(b))) => {
            // A number's text compares as its value, so `5` and `5.0` may both hold.
            a != b && !looks_like_number(a) && !looks_like_number(b)
        }
        ((CompareOp::Eq, Literal::Bool(a)), (CompareOp::Eq, Literal::Bool(b))) => a != b,
        ((CompareOp::Eq, a), (CompareOp::Ne, b)) | ((CompareOp::Ne, a), (CompareOp::Eq, b)) => {
            a == b
        }
        ((op, a), (other_op, b)) => match (number(a), number(b)) {
            (Some(a), Some(b)) => numbers::exclude((op, a), (other_op, b)),
            _ => false,
        },
    }
}

fn looks_like_number(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-')
}
