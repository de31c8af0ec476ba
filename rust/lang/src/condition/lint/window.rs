//! Rules over many traces whose comparison is the same in every window, and parts of their conditions that say nothing.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::lint::constant::{always, same};
use crate::condition::lint::filter::selects_nothing;
use crate::condition::lint::reach::Known;
use crate::diagnostic::fault::Fault;
use crate::rule::{
    Aggregate, ClauseKind, Expr, Number, Over, Selector, WindowBound, WindowMeasure,
};

/// Looks at a rule over many traces. `range`: where its comparison stands.
pub(super) fn window(over: &Over, range: &Range<usize>, faults: &mut Vec<Fault>) {
    if let Some(nothing) = unmeasured(&over.measure) {
        let message = format!("{nothing}, so nothing is measured and the rule never fires");
        faults.push(Fault::new(code::NEVER_FIRES, range.clone(), message));
        return;
    }
    match holds(over) {
        Some(holds) => {
            let why = match holds {
                true => "this holds in every window",
                false => "this can hold in no window",
            };
            let (code, then) = match holds == (over.clause == ClauseKind::Always) {
                true => (code::NEVER_FIRES, "so the rule never fires"),
                false => (
                    code::ALWAYS_FIRES,
                    "so the rule fires on every window that it asks about",
                ),
            };
            faults.push(Fault::new(code, range.clone(), format!("{why}, {then}")));
        }
        None => {
            for condition in over.measure.conditions() {
                same(condition, range, faults);
            }
        }
    }
}

/// Why there is never anything that is measured.
fn unmeasured(measure: &WindowMeasure) -> Option<&'static str> {
    match measure {
        WindowMeasure::Of {
            function: Aggregate::Avg,
            selector,
            ..
        }
        | WindowMeasure::Quantile { selector, .. }
        | WindowMeasure::ShareOfSpans {
            among: selector, ..
        } => selects_nothing(selector).then_some("what is measured can select no span"),
        WindowMeasure::ShareOfTraces { among, .. } => {
            (always(among) == Some(false)).then_some("what is measured can hold in no trace")
        }
        _ => None,
    }
}

/// What the comparison is in every window in which something is measured, if it is the same in all.
fn holds(over: &Over) -> Option<bool> {
    let number = match over.bound {
        WindowBound::Number(number) => number,
        WindowBound::Duration(nanos) => Number::Int(i128::from(nanos)),
        WindowBound::Peer { .. } => return None,
    };
    let decides = |known: Known, is_whole| known.decides(over.op, number, is_whole);
    let of_spans = |selector: &Selector, else_: Known| match selects_nothing(selector) {
        true => Known::ZERO,
        false => else_,
    };
    let of_traces = |condition: &Expr, else_: Known| match always(condition) {
        Some(false) => Known::ZERO,
        _ => else_,
    };
    match &over.measure {
        // Windows with fewer spans are not asked.
        WindowMeasure::Count(selector) => {
            decides(of_spans(selector, Known::at_least(over.at_least)), true)
        }
        WindowMeasure::Of {
            function: Aggregate::Distinct,
            selector,
            ..
        } => decides(of_spans(selector, Known::at_least(0)), true),
        WindowMeasure::Of {
            function: Aggregate::Sum,
            selector,
            of,
        } if of.is_span_duration() => decides(of_spans(selector, Known::at_least(0)), false),
        WindowMeasure::Traces(condition) => decides(of_traces(condition, Known::at_least(0)), true),
        WindowMeasure::ShareOfTraces { of, .. } => decides(of_traces(of, Known::SHARE), false),
        WindowMeasure::ShareOfSpans { of, .. } => decides(of_spans(of, Known::SHARE), false),
        WindowMeasure::Of { .. } | WindowMeasure::Quantile { .. } => None,
    }
}
