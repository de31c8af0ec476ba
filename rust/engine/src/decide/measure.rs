//! Counts and aggregates as intervals, from a selector's cells or from its members.

use std::collections::{BTreeMap, BTreeSet};

use betrace_lang::rule::{Aggregate, Number};
use betrace_lang::verdict::Reason;

use crate::decide::members::MemberSet;
use crate::decide::{Eval, GroupSizes, skew_if};
use crate::logic::interval::{End, Interval, Measured};
use crate::logic::tri::{Reasons, Tri};
use crate::plan::{Against, GroupSource, Measuring, Selecting};
use crate::state::cell::{Cell, CountCell, DistinctCell, ExtremesCell, SumCell, text_key};
use crate::state::group_key;
use crate::state::record::FieldKey;
use crate::value::Value;

impl<'a> Eval<'a> {
    pub fn measure(&mut self, measure: &'a Measuring) -> Measured {
        match measure {
            Measuring::Count(Selecting::Counted { count, trace }) => {
                let seen = self.count_cell(*count).map_or((0, 0), |cell: &CountCell| {
                    (u64::from(cell.certain), u64::from(cell.perhaps))
                });
                let selects = self.trace_tests(trace);
                Measured::Range(self.count(seen, selects))
            }
            Measuring::Count(Selecting::Members(node)) => {
                let set = self.members(node);
                Measured::Range(count_members(&set))
            }
            Measuring::Of {
                function,
                selecting: Selecting::Counted { trace, .. },
                cell,
                is_duration,
                ..
            } => {
                let selects = self.trace_tests(trace);
                self.aggregate_cell(*function, *cell, *is_duration, selects)
            }
            Measuring::Of {
                function,
                selecting: Selecting::Members(node),
                field,
                is_duration,
                ..
            } => {
                let set = self.members(node);
                self.aggregate_members(*function, &set, *field, *is_duration)
            }
        }
    }

    pub fn against(&mut self, right: &'a Against) -> Measured {
        match right {
            Against::Value(value) => Measured::Range(*value),
            Against::Measure { factor, measure } => self.measure(measure).scale(*factor),
        }
    }

    fn count(&self, (certain, perhaps): (u64, u64), selects: Tri) -> Interval {
        let low = if selects == Tri::True { certain } else { 0 };
        match selects {
            Tri::False => Interval::exactly(End::count(0)),
            _ if self.closed => Interval::between(End::count(low), End::count(certain + perhaps)),
            _ => Interval::between(End::count(low), End::Highest),
        }
        .with_reasons(selects.reasons().with(skew_if(perhaps > 0)))
    }

    fn aggregate_cell(
        &self,
        function: Aggregate,
        cell: u32,
        is_duration: bool,
        selects: Tri,
    ) -> Measured {
        let nothing = selects == Tri::False || (self.closed && self.trace.cell(cell).is_none());
        if nothing {
            return of_nothing(function);
        }
        let selected = selects == Tri::True;
        let open = !self.closed;
        let reasons = selects.reasons();
        match self.trace.cell(cell) {
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
                let skew = skew_if(differs(extremes));
                extreme_of(function, extremes, selected, open, reasons.with(skew))
            }
            Some(Cell::Distinct(distinct)) => distinct_of(distinct, selected, open, reasons),
            // Nothing was seen, or all of it is selected perhaps.
            _ => match function {
                Aggregate::Distinct => {
                    Measured::Range(Interval::between(End::count(0), End::Highest))
                }
                Aggregate::Sum if is_duration => {
                    Measured::Range(Interval::between(End::count(0), End::Highest))
                }
                Aggregate::Avg => Measured::Perhaps(Interval::unknown().with_reasons(reasons)),
                _ => Measured::Range(Interval::unknown().with_reasons(reasons)),
            },
        }
    }

    fn aggregate_members(
        &self,
        function: Aggregate,
        set: &MemberSet,
        field: FieldKey,
        is_duration: bool,
    ) -> Measured {
        if set.items.is_empty() && !set.open {
            return of_nothing(function);
        }
        match function {
            Aggregate::Sum | Aggregate::Avg => {
                let mut sum = SumCell::default();
                for member in &set.items {
                    sum.add(self.kept(member.record, field), member.certain);
                }
                // Why a member is perhaps one is among the reasons of the set.
                let unknown = skew_if(sum.unknown > 0);
                sum_of(function, &sum, true, set.open, is_duration, unknown)
            }
            Aggregate::Min | Aggregate::Max => {
                let mut cell = ExtremesCell::default();
                for member in &set.items {
                    cell.add(self.kept(member.record, field), member.certain);
                }
                extreme_of(function, &cell, true, set.open, Reasons::NONE)
            }
            Aggregate::Distinct => {
                let (mut certain, mut all) = (BTreeSet::new(), BTreeSet::new());
                let mut unknown = 0;
                for member in &set.items {
                    let value = self.kept(member.record, field);
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
                Measured::Range(
                    Interval::between(low, high)
                        .with_reasons(set.reasons.with(skew_if(unknown > 0))),
                )
            }
        }
        .because(set.reasons)
    }

    pub fn group_sizes(&mut self, selecting: &'a Selecting, by: &'a GroupSource) -> GroupSizes {
        let node = match (selecting, by) {
            (Selecting::Members(node), _) => node,
            (Selecting::Counted { .. }, GroupSource::Cell(cell)) => {
                return self.group_sizes_of_cell(*cell);
            }
            (Selecting::Counted { .. }, _) => {
                return GroupSizes {
                    certain: None,
                    most: None,
                    open: !self.closed,
                    reasons: Reasons::NONE,
                };
            }
        };
        let set = self.members(node);
        let mut groups: BTreeMap<u128, (u64, u64)> = BTreeMap::new();
        let mut unknown = 0;
        for member in &set.items {
            let key = match by {
                GroupSource::Field(field) => match self.kept(member.record, *field) {
                    Value::Duration(None) => {
                        unknown += 1;
                        None
                    }
                    value => group_key(value),
                },
                GroupSource::Parent | GroupSource::Cell(_) => self
                    .trace
                    .records
                    .get(member.record)
                    .parent()
                    .map(|parent| text_key(&parent.0)),
            };
            if let Some(key) = key {
                let group = groups.entry(key).or_default();
                group.0 += u64::from(member.certain);
                group.1 += 1;
            }
        }
        let certain = groups.values().map(|group| group.0).max();
        let most = groups.values().map(|group| group.1).max();
        GroupSizes {
            certain: certain.filter(|size| *size > 0),
            most: with_unknown(most, unknown),
            open: set.open,
            reasons: set.reasons.with(skew_if(unknown > 0)),
        }
    }

    fn group_sizes_of_cell(&self, cell: u32) -> GroupSizes {
        let mut sizes = GroupSizes {
            certain: None,
            most: None,
            open: !self.closed,
            reasons: Reasons::NONE,
        };
        if let Some(Cell::Groups(groups)) = self.trace.cell(cell) {
            let size = |count: u32| (count > 0).then_some(u64::from(count));
            sizes.certain = size(groups.largest);
            sizes.most = with_unknown(size(groups.largest_perhaps), u64::from(groups.unknown));
            let perhaps = groups.largest_perhaps > groups.largest || groups.unknown > 0;
            sizes.reasons = skew_if(perhaps);
            if groups.capped {
                sizes.open = true;
                sizes.reasons.add(Reason::StateCap);
            }
        }
        sizes
    }
}

/// Spans of unknown group may all be in the largest one.
fn with_unknown(most: Option<u64>, unknown: u64) -> Option<u64> {
    match (most, unknown) {
        (most, 0) => most,
        (most, unknown) => Some(most.unwrap_or(0) + unknown),
    }
}

fn count_members(set: &MemberSet) -> Interval {
    let certain = set.items.iter().filter(|member| member.certain).count() as u64;
    let high = if set.open {
        End::Highest
    } else {
        End::count(set.items.len() as u64)
    };
    Interval::between(End::count(certain), high).with_reasons(set.reasons)
}

fn of_nothing(function: Aggregate) -> Measured {
    let end = match function {
        Aggregate::Sum | Aggregate::Distinct => End::count(0),
        Aggregate::Max => End::Lowest,
        Aggregate::Min => End::Highest,
        Aggregate::Avg => return Measured::Never,
    };
    Measured::Range(Interval::exactly(end))
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
