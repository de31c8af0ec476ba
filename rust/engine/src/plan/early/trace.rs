//! What of a trace as a whole is known while it is open: that it is longer than so long, not that it is
//! shorter.

use betrace_lang::rule::{CompareOp, Predicate, SpanSelector};

use crate::few::Few;
use crate::logic::interval::{End, Interval};
use crate::logic::tri::Tri;
use crate::plan::early::obstacle::{MUCH, Obstacle, Obstacles, either, every};
use crate::plan::trace::{TraceLeaf, leaf};

/// All `trace:` parts of a selector together.
pub(super) fn trace_tests(spans: &SpanSelector, wanted: bool) -> Obstacles {
    let parts = spans.trace.iter().map(|test| trace_test(test, wanted));
    if wanted { every(parts) } else { either(parts) }
}

/// What a condition on the trace must be known as. Unknown, the third value, is neither.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    True,
    False,
    NotTrue,
    NotFalse,
}

impl Known {
    fn of_negation(self) -> Known {
        match self {
            Known::True => Known::False,
            Known::False => Known::True,
            Known::NotTrue => Known::NotFalse,
            Known::NotFalse => Known::NotTrue,
        }
    }

    fn is_kept_by(self, is_true: bool) -> bool {
        is_true == matches!(self, Known::True | Known::NotFalse)
    }
}

pub(super) fn trace_test(test: &Predicate, wanted: bool) -> Obstacles {
    test_known(test, if wanted { Known::True } else { Known::NotTrue })
}

fn test_known(test: &Predicate, known: Known) -> Obstacles {
    let part = |part: &Predicate| test_known(part, known);
    match test {
        Predicate::And(parts) if known.is_kept_by(true) => every(parts.iter().map(part)),
        Predicate::And(parts) => either(parts.iter().map(part)),
        Predicate::Or(parts) if known.is_kept_by(true) => either(parts.iter().map(part)),
        Predicate::Or(parts) => every(parts.iter().map(part)),
        Predicate::Not(inner) => test_known(inner, known.of_negation()),
        test => leaf_known(&leaf(test), known),
    }
}

fn leaf_known(leaf: &TraceLeaf, known: Known) -> Obstacles {
    let growing = |op: CompareOp, value: Interval, obstacle: Obstacle| {
        let seen = [End::count(0), End::At(MUCH)];
        let is_known = seen.into_iter().any(|seen| {
            let seen = Interval::between(seen, End::Highest);
            seen.compare(op, value) == Tri::of(known.is_kept_by(true))
        });
        if is_known {
            Few::None
        } else {
            Few::One(obstacle)
        }
    };
    match leaf {
        TraceLeaf::Duration(op, value) => growing(*op, *value, Obstacle::DurationGrows),
        TraceLeaf::SpanCount(op, value) => growing(*op, *value, Obstacle::SpanCountGrows),
        TraceLeaf::AnyOf(parts) if known.is_kept_by(true) => {
            either(parts.iter().map(|part| leaf_known(part, known)))
        }
        TraceLeaf::AnyOf(parts) => every(parts.iter().map(|part| leaf_known(part, known))),
        TraceLeaf::Fixed(value) if known.is_kept_by(*value) => Few::None,
        TraceLeaf::Unknown if matches!(known, Known::NotTrue | Known::NotFalse) => Few::None,
        TraceLeaf::Fixed(_) | TraceLeaf::Unknown => Few::One(Obstacle::Never),
        TraceLeaf::Id => Few::None,
        TraceLeaf::AtClose => Few::One(Obstacle::RootMayCome),
    }
}
