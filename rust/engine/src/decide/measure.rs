//! Counts and aggregates as intervals, from a selector's cells or from its members.

use std::collections::BTreeSet;

use betrace_lang::rule::{Aggregate, Number};
use betrace_lang::verdict::Reason;

use crate::decide::eval::Eval;
use crate::decide::facts::{Facts, skew_if};
use crate::decide::member_set::MemberSet;
use crate::decide::moments;
use crate::decide::recorded::RecordFields;
use crate::intern::CellId;
use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::{Reasons, Tri};
use crate::plan::condition::{
    Against, Counted, Measuring, MemberMeasure, Selecting, TotalPart, ValueOf,
};
use crate::predicate::fields::NoBindings;
use crate::state::cell::Cell;
use crate::state::key::group_key;
use crate::state::record_id::RecordId;
use crate::state::values::{Amount, DistinctCell, ExtremesCell, SumCell};
use crate::value::Value;
use crate::value::total::total as total_of;

pub(crate) fn measure<'a>(eval: &mut Eval<'a>, measuring: &'a Measuring) -> Measured {
    match measuring {
        Measuring::Count(Selecting::Counted(counted)) => {
            Measured::Range(count_cell(&eval.facts, counted))
        }
        Measuring::Count(Selecting::Members(node)) => {
            Measured::Range(eval.with_members(node, |_, set| count_members(set)))
        }
        Measuring::OfCell {
            function,
            of,
            cell,
            is_duration,
        } => {
            let selects = eval.facts.trace_tests(&of.trace);
            aggregate_cell(&eval.facts, *function, *cell, *is_duration, selects)
        }
        Measuring::OfMembers { of, measure } => eval.with_members(of, |eval, set| {
            eval.budget.spend(set.items.len());
            measure_members(&eval.facts, *measure, set)
        }),
    }
}

pub(crate) fn against<'a>(eval: &mut Eval<'a>, right: &'a Against) -> Measured {
    match right {
        Against::Value(value) => Measured::Range(*value),
        Against::Term { term, .. } => eval.reckoned(term),
        Against::Measure {
            factor,
            measure: of,
        } => measure(eval, of).scale(*factor),
    }
}

pub(crate) fn total<'a>(eval: &mut Eval<'a>, parts: &'a [TotalPart]) -> Measured {
    let parts = parts.iter().map(|part| {
        let of = against(eval, &part.of).scale(part.factor);
        (part.is_taken_away, of)
    });
    total_of(parts)
}

pub(crate) fn measure_members(
    facts: &Facts<'_>,
    measure: MemberMeasure,
    set: &MemberSet,
) -> Measured {
    match measure {
        MemberMeasure::Of {
            function,
            of,
            is_duration,
        } => aggregate_members(facts, function, set, of, is_duration),
        MemberMeasure::Count => Measured::Range(count_members(set)),
        MemberMeasure::Within(window) => Measured::Range(moments::within(facts, set, window)),
        MemberMeasure::Overlap => Measured::Range(moments::overlap(facts, set)),
    }
}

/// How many spans are selected for certain, and at most of those that were seen.
pub(crate) fn count_of(facts: &Facts<'_>, counted: &Counted) -> (u64, u64) {
    let (certain, perhaps) = facts.count_cell(counted.count).map_or((0, 0), |cell| {
        (u64::from(cell.certain), u64::from(cell.perhaps))
    });
    match facts.trace_tests(&counted.trace) {
        Tri::False => (0, 0),
        Tri::True => (certain, certain + perhaps),
        Tri::Open(_) => (0, certain + perhaps),
    }
}

fn count_cell(facts: &Facts<'_>, counted: &Counted) -> Interval {
    let (certain, perhaps) = facts.count_cell(counted.count).map_or((0, 0), |cell| {
        (u64::from(cell.certain), u64::from(cell.perhaps))
    });
    let selects = facts.trace_tests(&counted.trace);
    let low = if selects == Tri::True { certain } else { 0 };
    match selects {
        Tri::False => Interval::exactly(End::count(0)),
        _ if facts.closed => Interval::between(End::count(low), End::count(certain + perhaps)),
        _ => Interval::between(End::count(low), End::Highest),
    }
    .with_reasons(selects.reasons().with(skew_if(perhaps > 0)))
}

fn count_members(set: &MemberSet) -> Interval {
    let certain = set.certain();
    let high = if set.open {
        End::Highest
    } else {
        End::count(set.items.len() as u64)
    };
    Interval::between(End::count(certain), high).with_reasons(set.reasons)
}

fn aggregate_cell(
    facts: &Facts<'_>,
    function: Aggregate,
    cell: CellId,
    is_duration: bool,
    selects: Tri,
) -> Measured {
    let nothing = selects == Tri::False || (facts.closed && !facts.cells.has(cell));
    if nothing {
        return Measured::of_nothing(function);
    }
    let selected = selects == Tri::True;
    let open = !facts.closed;
    let reasons = selects.reasons();
    match facts.cells.get(cell) {
        Some(Cell::Sum(sum)) => {
            let skew = skew_if(sum.perhaps > 0 || sum.unknown > 0);
            sum_of(
                function,
                sum,
                selected,
                open,
                is_duration,
                reasons.with(skew),
            )
        }
        Some(Cell::Extremes(extremes)) => {
            let skew = skew_if(differs(&extremes));
            extreme_of(function, &extremes, selected, open, reasons.with(skew))
        }
        Some(Cell::Distinct(distinct)) => distinct_of(distinct, selected, open, reasons),
        // Nothing was seen, or all of it is selected perhaps.
        _ => match function {
            Aggregate::Distinct => Measured::Range(Interval::between(End::count(0), End::Highest)),
            Aggregate::Sum if is_duration => {
                Measured::Range(Interval::between(End::count(0), End::Highest))
            }
            Aggregate::Avg => Measured::Perhaps(Interval::unknown().with_reasons(reasons)),
            _ => Measured::Range(Interval::unknown().with_reasons(reasons)),
        },
    }
}

fn aggregate_members(
    facts: &Facts<'_>,
    function: Aggregate,
    set: &MemberSet,
    of: ValueOf,
    is_duration: bool,
) -> Measured {
    if set.items.is_empty() && !set.open {
        return Measured::of_nothing(function);
    }
    match function {
        Aggregate::Sum | Aggregate::Avg => {
            let mut sum = SumCell::default();
            for member in &set.items {
                sum.add(amount(facts, member.record, of), member.certain);
            }
            // Why a member is perhaps one is among the reasons of the set.
            let unknown = skew_if(sum.unknown > 0);
            sum_of(function, &sum, true, set.open, is_duration, unknown)
        }
        Aggregate::Min | Aggregate::Max => {
            let mut cell = ExtremesCell::default();
            for member in &set.items {
                cell.add(amount(facts, member.record, of), member.certain);
            }
            extreme_of(function, &cell, true, set.open, Reasons::NONE)
        }
        Aggregate::Distinct => distinct_members(facts, set, of),
    }
    .because(set.reasons)
}

/// What a recorded span adds.
pub(crate) fn amount(facts: &Facts<'_>, record: RecordId, of: ValueOf) -> Amount {
    let term = match of {
        ValueOf::Field(field) => return facts.kept(record, field).into(),
        ValueOf::Duration => return facts.record(record).duration().into(),
        ValueOf::Term(term) => facts.plan.terms.get(term.index()),
    };
    let span = RecordFields::new(facts, record);
    let amount = term.map(|term| Amount::of_term(term.of(&span, &NoBindings)));
    match amount {
        Some(amount) if !span.is_short() => amount,
        _ => Amount::Unknown,
    }
}

fn distinct_members(facts: &Facts<'_>, set: &MemberSet, of: ValueOf) -> Measured {
    let (mut certain, mut all) = (BTreeSet::new(), BTreeSet::new());
    let mut unknown = 0;
    for member in &set.items {
        let value = match of {
            ValueOf::Field(field) => facts.kept(member.record, field),
            // What is different is asked of fields alone.
            ValueOf::Term(_) | ValueOf::Duration => Value::Missing,
        };
        if matches!(value, Value::Duration(None)) {
            unknown += 1;
        } else if let Some(key) = group_key(value) {
            all.insert(key);
            if member.certain {
                certain.insert(key);
            }
        }
    }
    let low = End::count(certain.len() as u64);
    let high = if set.open {
        End::Highest
    } else {
        End::count(all.len() as u64 + unknown)
    };
    let reasons = set.reasons.with(skew_if(unknown > 0));
    Measured::Range(Interval::between(low, high).with_reasons(reasons))
}

fn sum_of(
    function: Aggregate,
    cell: &SumCell,
    selected: bool,
    open: bool,
    is_duration: bool,
    reasons: Reasons,
) -> Measured {
    // Without a number among them it does not matter which spans are selected.
    let is_known = selected || cell.numbers == 0;
    let is_exact = is_known && !open && cell.perhaps == 0 && cell.unknown == 0;
    let sum = cell.sum.value();
    if function == Aggregate::Avg {
        return match cell.numbers {
            _ if !is_exact => Measured::Perhaps(Interval::unknown().with_reasons(reasons)),
            0 => Measured::Never,
            numbers => Measured::Range(Interval::exactly(divide(sum, numbers))),
        };
    }
    let interval = if is_exact {
        Interval::exactly(sum)
    } else if is_duration {
        // Durations are not negative: what was seen for certain stays.
        let low = if selected { sum } else { End::count(0) };
        let high = if open || cell.unknown > 0 {
            End::Highest
        } else {
            cell.sum.plus(&cell.perhaps_sum)
        };
        Interval::between(low, high)
    } else {
        Interval::unknown()
    };
    Measured::Range(interval.with_reasons(reasons))
}

fn divide(sum: End, count: u32) -> End {
    let End::At(sum) = sum else {
        return sum;
    };
    if let Number::Int(sum) = sum
        && sum % i128::from(count) == 0
    {
        return End::At(Number::Int(sum / i128::from(count)));
    }
    End::float(sum.to_f64() / f64::from(count))
}

fn extreme_of(
    function: Aggregate,
    cell: &ExtremesCell,
    selected: bool,
    open: bool,
    reasons: Reasons,
) -> Measured {
    let open = open || cell.unknown > 0;
    let interval = if function == Aggregate::Max {
        let low = if selected {
            cell.certain.greatest()
        } else {
            End::Lowest
        };
        let high = if open {
            End::Highest
        } else {
            cell.all.greatest()
        };
        Interval::between(low, high)
    } else {
        let low = if open { End::Lowest } else { cell.all.least() };
        let high = if selected {
            cell.certain.least()
        } else {
            End::Highest
        };
        Interval::between(low, high)
    };
    Measured::Range(interval.with_reasons(reasons.with(skew_if(cell.unknown > 0))))
}

/// Whether some value counts only perhaps.
fn differs(cell: &ExtremesCell) -> bool {
    cell.certain.least().order(cell.all.least()).is_ne()
        || cell.certain.greatest().order(cell.all.greatest()).is_ne()
}

fn distinct_of(cell: &DistinctCell, selected: bool, open: bool, reasons: Reasons) -> Measured {
    let low = End::count(if selected { u64::from(cell.certain) } else { 0 });
    let most = cell.keys.len() as u64 + u64::from(cell.unknown);
    let high = if open || cell.capped {
        End::Highest
    } else {
        End::count(most)
    };
    let mut reasons = reasons.with(skew_if(u64::from(cell.certain) < most));
    if cell.capped {
        reasons.add(Reason::StateCap);
    }
    Measured::Range(Interval::between(low, high).with_reasons(reasons))
}
