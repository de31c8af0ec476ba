//! What is necessary for a rule to say anything but what it says of a trace in which it selected nothing.
//!
//! Every condition stands on the cells that its selectors feed. Of most rules one part alone keeps the rule from
//! applying, or from being broken, until some cell has a span: the `when`, the spans that are bound, the clause itself. A
//! [`Need`] names those cells and how many spans each must have, so that a rule whose need is not met is not evaluated,
//! however many spans its other selectors share with other rules.
//!
//! Needs are found by asking each part of a condition of a trace without spans: what is as wanted there has none.

use betrace_lang::rule::{CompareOp, Number};

use crate::decide::cells::{cells_of, first_cell, reads_trace};
use crate::decide::condition::truth;
use crate::decide::empty_trace::EmptyTrace;
use crate::few::{Few, Short};
use crate::intern::CellId;
use crate::logic::interval::{End, Interval};
use crate::logic::tri::Tri;
use crate::plan::condition::{Condition, ConditionKind, Selecting};
use crate::plan::reach::reached_cell;
use crate::plan::window::WindowAsks;
use crate::plan::{Plan, RulePlan};

/// So many spans in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bar {
    pub cell: CellId,
    pub least: u32,
}

/// One of these must be reached.
pub(crate) type Need = Few<Bar>;

/// What one rule needs.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// To be violated while its trace is open, all of them, each by certain spans; none of a rule that cannot be.
    pub early: Vec<Need>,
    /// To say of a complete trace what it does not say of any; by certain spans and others.
    pub complete: Need,
    /// Likewise of an incomplete one.
    pub incomplete: Need,
}

impl Needs {
    pub fn of(plan: &Plan, rule: &RulePlan, empty: &EmptyTrace) -> Needs {
        let asking = |closed| Empty::of(plan, rule, empty, closed);
        Needs {
            early: match rule.early {
                true => asking(false).to_break(),
                false => Vec::new(),
            },
            complete: asking(true).at_close(),
            incomplete: asking(false).while_incomplete(),
        }
    }

    /// What a rule over many traces needs of one that closes, to add to its windows what one does not in which it selected
    /// nothing.
    pub fn of_windows(plan: &Plan, rule: &RulePlan, empty: &EmptyTrace) -> Needs {
        let asking = |closed| Empty::of(plan, rule, empty, closed);
        let all = || asking(true).all_cells();
        let at_close = |complete, incomplete| Needs {
            early: Vec::new(),
            complete,
            incomplete,
        };
        let counts = match rule.window.as_ref().map(|window| &window.asks) {
            Some(WindowAsks::Traces(of)) => of,
            Some(WindowAsks::Share { among, .. }) => among,
            Some(WindowAsks::Spans { among, .. }) => {
                let need = first_cell(among).map_or_else(all, one);
                return at_close(need.clone(), need);
            }
            _ => return at_close(all(), all()),
        };
        let open = asking(false);
        let mut incomplete = Need::default();
        match open.truth(counts) {
            Tri::Open(_) => open.need_to_settle_all(counts, &mut incomplete),
            _ => incomplete = all(),
        }
        let complete = asking(true).need(counts, true);
        at_close(complete.unwrap_or_else(all), incomplete)
    }
}

/// One rule, asked of a trace without spans.
#[derive(Clone, Copy)]
struct Empty<'a> {
    plan: &'a Plan,
    rule: &'a RulePlan,
    empty: &'a EmptyTrace,
    closed: bool,
}

impl<'a> Empty<'a> {
    fn of(plan: &'a Plan, rule: &'a RulePlan, empty: &'a EmptyTrace, closed: bool) -> Empty<'a> {
        Empty {
            plan,
            rule,
            empty,
            closed,
        }
    }

    /// What must be met before some span is bound, or `when` holds.
    fn to_apply(self) -> Vec<Need> {
        let clauses = &self.rule.clauses;
        let bound = clauses.bindings.iter().filter_map(first_cell);
        let mut needs: Vec<Need> = bound.map(one).collect();
        let when = clauses.when.as_ref();
        needs.extend(when.and_then(|when| self.need(when, true)));
        needs
    }

    fn to_break(self) -> Vec<Need> {
        let mut needs = self.to_apply();
        needs.extend(self.to_break_a_clause());
        needs
    }

    fn to_break_a_clause(self) -> Option<Need> {
        let clauses = &self.rule.clauses;
        let mut all = Need::default();
        for (clause, wanted) in [(&clauses.never, true), (&clauses.always, false)] {
            if let Some(clause) = clause {
                all.extend(self.need(clause, wanted)?);
            }
        }
        Some(all)
    }

    fn at_close(self) -> Need {
        let clauses = &self.rule.clauses;
        if let Some(need) = self.rarest(&self.to_apply()) {
            return need;
        }
        if clauses.when.is_none()
            && clauses.bindings.is_empty()
            && let Some(mut need) = self.to_break_a_clause()
        {
            // An exception changes what is said of a trace that keeps the rule.
            let mut exceptions = clauses.exceptions.iter();
            let is_all = exceptions.all(|one| {
                let own = self.need(one, true);
                let is_known = own.is_some();
                need.extend(own.into_iter().flatten());
                is_known
            });
            if is_all {
                return need;
            }
        }
        self.all_cells()
    }

    /// Of an incomplete trace a part is open until its own cells have spans, but it may be decided without the others; and
    /// where it is open whether the rule applies, nothing else matters.
    fn while_incomplete(self) -> Need {
        let clauses = &self.rule.clauses;
        let conditions = clauses.when.iter().chain(&*clauses.exceptions);
        let mut need = Need::default();
        for part in conditions.filter(|part| part.mask == 0) {
            self.need_to_settle(part, &mut need);
        }
        if let Some(first) = clauses.bindings.first() {
            let Some(cell) = first_cell(first) else {
                return self.all_cells();
            };
            need.extend(one(cell));
        } else if self.applies_anyway() {
            for clause in clauses.never.iter().chain(&clauses.always) {
                self.need_to_settle(clause, &mut need);
            }
        }
        need.sort_unstable();
        need.dedup();
        need
    }

    /// Without any span `when` holds, and no exception does.
    fn applies_anyway(self) -> bool {
        let clauses = &self.rule.clauses;
        let is = |part: &'a Condition, wanted: bool| self.truth(part) == Tri::of(wanted);
        let mut exceptions = clauses.exceptions.iter();
        clauses.when.as_ref().is_none_or(|when| is(when, true))
            && exceptions.all(|part| is(part, false))
    }

    /// Adds what must be met before a part of a condition, while its trace is incomplete, is anything but what it is without
    /// spans.
    fn need_to_settle(self, condition: &'a Condition, need: &mut Need) {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.need_to_settle(part, need));
            }
            ConditionKind::Not(inner) => self.need_to_settle(inner, need),
            ConditionKind::Exists(Selecting::Members(node)) => {
                need.extend(first_cell(node).map(one).unwrap_or_default());
            }
            _ => match condition.count() {
                Some((cell, op, value)) => {
                    let is_settled = |count: u32| {
                        let count = End::count(u64::from(count));
                        let count = Interval::between(count, End::Highest);
                        count.decides(op, value).is_some()
                    };
                    let least = first_count(value, is_settled);
                    need.push(Bar { cell, least });
                }
                None => {
                    let mut cells = Short::new();
                    cells_of(condition, &mut cells);
                    need.extend(need_of(cells));
                }
            },
        }
    }

    /// The same of a whole condition. Whether spans are there is never settled to be false: of several such parts one is
    /// enough.
    fn need_to_settle_all(self, condition: &'a Condition, need: &mut Need) {
        let is_presence = |part: &Condition| matches!(part.kind, ConditionKind::Exists(_));
        match &condition.kind {
            ConditionKind::And(parts) if parts.iter().all(is_presence) => {
                parts[..1]
                    .iter()
                    .for_each(|part| self.need_to_settle(part, need));
            }
            _ => self.need_to_settle(condition, need),
        }
    }

    fn all_cells(self) -> Need {
        need_of(self.rule.cells.clone())
    }

    /// That which fewest rules have in common.
    fn rarest(self, needs: &[Need]) -> Option<Need> {
        let readers = |need: &&Need| readers(self.plan, need);
        needs.iter().min_by_key(readers).cloned()
    }

    /// What must be met before a condition is as wanted (of a complete trace: may be); `None`: it may be without.
    fn need(self, condition: &'a Condition, wanted: bool) -> Option<Need> {
        let of = |part: &'a Condition| self.need(part, wanted);
        match (&condition.kind, wanted) {
            (ConditionKind::And(parts), true) | (ConditionKind::Or(parts), false) => {
                let needs: Vec<Need> = parts.iter().filter_map(of).collect();
                self.rarest(&needs)
            }
            (ConditionKind::Or(parts), true) | (ConditionKind::And(parts), false) => {
                let needs: Option<Vec<Need>> = parts.iter().map(of).collect();
                Some(needs?.into_iter().flatten().collect())
            }
            (ConditionKind::Not(inner), _) => self.need(inner, !wanted),
            (ConditionKind::Exists(Selecting::Members(node)), true) => first_cell(node).map(one),
            (ConditionKind::Exists(Selecting::Counted(counted)), true) => Some(one(counted.count)),
            _ => self.need_of_leaf(condition, wanted),
        }
    }

    fn need_of_leaf(self, condition: &'a Condition, wanted: bool) -> Option<Need> {
        // What else it hangs on, a trace without spans does not show.
        if condition.mask != 0 || reads_trace(condition) || self.may_be(condition, wanted) {
            return None;
        }
        if let Some((cell, op, value)) = condition.count() {
            let least = least_count(op, value, wanted);
            return Some(Few::One(Bar { cell, least }));
        }
        if let Some(cell) = reached_cell(condition, wanted) {
            return Some(one(cell));
        }
        let mut cells = Short::new();
        cells_of(condition, &mut cells);
        Some(need_of(cells))
    }

    fn may_be(self, condition: &'a Condition, wanted: bool) -> bool {
        let truth = self.truth(condition);
        if self.closed {
            truth != Tri::of(!wanted)
        } else {
            truth == Tri::of(wanted)
        }
    }

    fn truth(self, condition: &'a Condition) -> Tri {
        let scratch = &mut *self.empty.scratch();
        let mut eval = self
            .empty
            .eval((self.plan, self.rule), self.closed, scratch);
        truth(&mut eval, condition)
    }
}

/// How many rules read what is needed.
pub(crate) fn readers(plan: &Plan, need: &Need) -> u64 {
    let rules = need
        .iter()
        .filter_map(|bar| plan.cell_readers.get(&bar.cell));
    rules.map(|rules| u64::from(*rules)).sum()
}

fn one(cell: CellId) -> Need {
    Few::One(Bar { cell, least: 1 })
}

fn need_of(mut cells: Short<CellId>) -> Need {
    cells.sort_unstable();
    cells.dedup();
    cells.into_iter().flat_map(one).collect()
}

/// The least count that compares as wanted, of all that are higher than one that does not.
fn least_count(op: CompareOp, value: Interval, wanted: bool) -> u32 {
    if matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return 1;
    }
    let is_wanted = |count: u32| {
        let count = Interval::exactly(End::count(u64::from(count)));
        count.decides(op, value) == Some(wanted)
    };
    first_count(value, is_wanted)
}

/// The first count from one on of which this is true, mostly beside the value that counts are held against; it is of all that
/// are higher.
fn first_count(value: Interval, is_true: impl Fn(u32) -> bool) -> u32 {
    let (mut below, mut least) = (0, u32::MAX);
    if let End::At(Number::Int(value)) = value.low
        && let Ok(value) = u32::try_from(value)
        && (2..u32::MAX - 1).contains(&value)
    {
        for beside in value - 1..=value + 1 {
            match is_true(beside) {
                true => least = least.min(beside),
                false => below = below.max(beside),
            }
        }
    }
    while below + 1 < least {
        let middle = below + (least - below) / 2;
        if is_true(middle) {
            least = middle;
        } else {
            below = middle;
        }
    }
    least
}
