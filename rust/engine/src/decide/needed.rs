//! Which rules a trace gives something to do: found by the cells that its spans fed, so that a rule costs nothing where
//! what it [needs](crate::decide::need) was not met.

use betrace_lang::rule::Completeness;
use betrace_lang::verdict::Verdict;

use crate::decide::by_cell::ByCell;
use crate::decide::empty_trace::EmptyTrace;
use crate::decide::need::{Bar, Need, Needs, readers};
use crate::decide::untouched::UntouchedRules;
use crate::intern::CellId;
use crate::matcher::ids::SelectorId;
use crate::plan::Plan;
use crate::plan::feed::{FeedKind, SelectorPlan};
use crate::plan::ids::RuleIndex;
use crate::state::named::NamedTrace;
use crate::state::settled::SettledCells;
use crate::state::span_kinds::EarlyFrom;
use crate::state::trace::TraceState;

/// Rules of a plan by what they need.
#[derive(Debug)]
pub(crate) struct NeededRules {
    /// By [`Completeness`], for traces that have all of it, and for others.
    complete: [NeededByCell; Completeness::ALL.len()],
    incomplete: [NeededByCell; Completeness::ALL.len()],
    /// Likewise, rules that such a trace keeps where it has spans of theirs and nothing that they need.
    kept_complete: [KeptByCell; Completeness::ALL.len()],
    kept_incomplete: [KeptByCell; Completeness::ALL.len()],
    /// By selector: those that its spans may break, and from how many certain spans of it on another may break one.
    by_selector: Vec<EarlyRules>,
    early_from: Vec<EarlyFrom>,
    /// Those that any span may break.
    by_any: EarlyRules,
    /// Those with deadlines, by the cells that they read.
    with_deadlines: ByCell<RuleIndex>,
    /// By [`RuleIndex`]: what one needs besides that by which it is found early.
    further: Vec<Box<[Need]>>,
}

/// So few rules are asked one by one whether a trace has what they need, settled or not.
const FEW: usize = 8;

/// The rules that need spans in a cell, and how many, ascending.
type NeededByCell = ByCell<Needing>;

/// A rule, and of how many spans it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Needing {
    least: u32,
    rule: RuleIndex,
    is_over_many: bool,
}

/// The rules that have to do with spans in a cell, but for those that need just one of them.
type KeptByCell = ByCell<RuleIndex>;

/// What such rules are found by, while they are collected, by [`Completeness`].
#[derive(Default)]
struct Collected {
    complete: [Vec<(CellId, Needing)>; Completeness::ALL.len()],
    incomplete: [Vec<(CellId, Needing)>; Completeness::ALL.len()],
    kept_complete: [Vec<(CellId, RuleIndex)>; Completeness::ALL.len()],
    kept_incomplete: [Vec<(CellId, RuleIndex)>; Completeness::ALL.len()],
}

/// Rules that may be broken while a trace is open.
#[derive(Debug, Default)]
struct EarlyRules {
    /// By one of the cells that they need, ascending.
    needing: Vec<(Bar, RuleIndex)>,
    /// Those that need none.
    needless: Vec<RuleIndex>,
}

impl NeededRules {
    /// Those of a plan; what each says of a trace that it did not touch is added to `untouched`, while the rule is at hand.
    pub fn of(plan: &Plan, untouched: &mut UntouchedRules) -> NeededRules {
        let empty = EmptyTrace::new();
        let mut all = Collected::default();
        let mut further = Vec::with_capacity(plan.rules.len());
        let mut early: Vec<Option<Need>> = Vec::with_capacity(plan.rules.len());
        for (index, rule) in (0..).map(RuleIndex).zip(&plan.rules) {
            let is_over_many = rule.window.is_some();
            let mut needs = match is_over_many {
                true => Needs::of_windows(plan, rule, &empty),
                false => Needs::of(plan, rule, &empty),
            };
            let asked = rule.completeness as usize;
            let needing = (index, is_over_many);
            add(&mut all.complete[asked], &needs.complete, needing);
            add(&mut all.incomplete[asked], &needs.incomplete, needing);
            let answer = untouched.add(plan, index, &empty);
            for (verdict, need, kept) in [
                (
                    answer.complete,
                    &needs.complete,
                    &mut all.kept_complete[asked],
                ),
                (
                    answer.incomplete,
                    &needs.incomplete,
                    &mut all.kept_incomplete[asked],
                ),
            ] {
                // What a window says no single trace keeps.
                if verdict == Verdict::Satisfied && !is_over_many {
                    add_kept(kept, &rule.cells, need, index);
                }
            }
            let rarest = (0..needs.early.len()).min_by_key(|at| readers(plan, &needs.early[*at]));
            early.push(rarest.map(|at| needs.early.swap_remove(at)));
            further.push(needs.early.into());
        }
        let with_deadlines = plan.with_deadlines.iter().flat_map(|rule| {
            let cells = plan.rules[rule.index()].cells.iter();
            cells.map(|cell| (*cell, *rule))
        });
        let found_by = |rules: &[RuleIndex]| EarlyRules::new(rules, &early);
        let selectors = plan.selectors.iter();
        let by_selector: Vec<EarlyRules> = selectors
            .map(|selector| found_by(&selector.early))
            .collect();
        let from = |(rules, selector): (&EarlyRules, &SelectorPlan)| rules.from(selector);
        let with_plan = by_selector.iter().zip(&plan.selectors);
        NeededRules {
            complete: all.complete.map(needed),
            incomplete: all.incomplete.map(needed),
            kept_complete: all.kept_complete.map(KeptByCell::from_iter),
            kept_incomplete: all.kept_incomplete.map(KeptByCell::from_iter),
            early_from: with_plan.map(from).collect(),
            by_selector,
            by_any: found_by(&untouched.on_any_span),
            with_deadlines: with_deadlines.collect(),
            further,
        }
    }

    /// By selector: from when on another of its spans may break a rule while the trace is open.
    pub fn early_from(&self) -> &[EarlyFrom] {
        &self.early_from
    }

    /// Rules that say of the trace, which closes, something else than of one in which they selected nothing, and rules over
    /// many traces to which it adds something else; some twice.
    pub fn at_close(
        &self,
        trace: NamedTrace<'_>,
        found: &mut Vec<RuleIndex>,
        over_many: &mut Vec<RuleIndex>,
    ) {
        for asked in Completeness::ALL {
            let by_cell = if trace.is_complete(asked) {
                &self.complete[asked as usize]
            } else {
                &self.incomplete[asked as usize]
            };
            if by_cell.is_empty() {
                continue;
            }
            for (cell, spans) in trace.cells.spans() {
                for needing in by_cell.get(cell) {
                    if needing.least > spans.all {
                        break;
                    }
                    match needing.is_over_many {
                        true => over_many.push(needing.rule),
                        false => found.push(needing.rule),
                    }
                }
            }
        }
    }

    /// Rules that the trace, which closes, keeps without being asked, as what they say follows from its close alone; some
    /// twice, and some that are asked.
    pub fn kept_unasked(&self, trace: NamedTrace<'_>, mut found: impl FnMut(RuleIndex)) {
        for asked in Completeness::ALL {
            let by_cell = if trace.is_complete(asked) {
                &self.kept_complete[asked as usize]
            } else {
                &self.kept_incomplete[asked as usize]
            };
            if by_cell.is_empty() {
                continue;
            }
            for (cell, _) in trace.cells.spans() {
                by_cell.get(cell).iter().copied().for_each(&mut found);
            }
        }
    }

    /// Rules with deadlines that may run in the trace; each once, ascending.
    pub fn with_deadlines(&self, trace: NamedTrace<'_>) -> Vec<RuleIndex> {
        if self.with_deadlines.is_empty() {
            return Vec::new();
        }
        let cells = trace.cells.spans().map(|(cell, _)| cell);
        let met = cells.flat_map(|cell| self.with_deadlines.get(cell));
        let mut rules: Vec<RuleIndex> = met.copied().collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Whether a span may break a rule by whatever selects it.
    pub fn any_span_may_break(&self) -> bool {
        !self.by_any.needing.is_empty() || !self.by_any.needless.is_empty()
    }

    /// Rules that spans of these selectors may have broken; each once, ascending. What the trace noted is counted only if there
    /// are many to choose from.
    pub fn early(
        &self,
        (trace, settled): (&TraceState, &mut SettledCells),
        selectors: impl Iterator<Item = SelectorId>,
        found: &mut Vec<RuleIndex>,
    ) {
        let selectors = selectors.map(|selector| &self.by_selector[selector.index()]);
        for rules in std::iter::once(&self.by_any).chain(selectors) {
            rules.find(trace, settled, found);
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|rule| {
            let further = &self.further[rule.index()];
            further.iter().all(|need| is_met(trace, need))
        });
    }
}

impl EarlyRules {
    /// `early`: by which need each rule of the plan is found.
    fn new(rules: &[RuleIndex], early: &[Option<Need>]) -> EarlyRules {
        let mut all = EarlyRules::default();
        for rule in rules {
            match &early[rule.index()] {
                Some(need) => all.needing.extend(need.iter().map(|bar| (*bar, *rule))),
                None => all.needless.push(*rule),
            }
        }
        all.needing.sort_unstable();
        all
    }

    /// From when on it is worth looking for these rules, which spans of a selector may break.
    fn from(&self, selector: &SelectorPlan) -> EarlyFrom {
        let kind = |bar: &Bar| {
            let mut feeds = selector.feeds.iter();
            let own = feeds.find(|feed| feed.cell == bar.cell);
            own.map(|own| own.kind)
        };
        let never = EarlyFrom {
            spans: u32::MAX,
            values: u32::MAX,
        };
        let spans = if self.needless.is_empty() {
            u32::MAX
        } else {
            0
        };
        let bars = self.needing.iter().map(|(bar, _)| bar);
        bars.fold(EarlyFrom { spans, ..never }, |from, bar| match kind(bar) {
            Some(FeedKind::Count) => EarlyFrom {
                spans: from.spans.min(bar.least),
                ..from
            },
            // Members are counted with other spans of the selector.
            Some(FeedKind::Records) | None => EarlyFrom { spans: 0, ..from },
            Some(_) => EarlyFrom {
                values: from.values.min(bar.least.max(1)),
                ..from
            },
        })
    }

    fn find(&self, trace: &TraceState, settled: &mut SettledCells, found: &mut Vec<RuleIndex>) {
        found.extend_from_slice(&self.needless);
        if self.needing.len() <= FEW {
            let met = self
                .needing
                .iter()
                .filter(|(bar, _)| is_reached(trace, *bar));
            found.extend(met.map(|(_, rule)| *rule));
            return;
        }
        // Both ascend by cell.
        let mut rest = &self.needing[..];
        for (cell, spans) in trace.settle(settled).spans() {
            rest = &rest[rest.partition_point(|(bar, _)| bar.cell < cell)..];
            let here = rest.iter();
            let here = here.take_while(|(bar, _)| bar.cell == cell && bar.least <= spans.certain);
            found.extend(here.map(|(_, rule)| *rule));
        }
    }
}

fn add(all: &mut Vec<(CellId, Needing)>, need: &Need, (rule, is_over_many): (RuleIndex, bool)) {
    let needing = |least| Needing {
        least,
        rule,
        is_over_many,
    };
    all.extend(need.iter().map(|bar| (bar.cell, needing(bar.least))));
}

/// Those of each cell by how many spans they need.
fn needed(all: Vec<(CellId, Needing)>) -> NeededByCell {
    NeededByCell::from_iter(all).ascending()
}

fn add_kept(all: &mut Vec<(CellId, RuleIndex)>, cells: &[CellId], need: &Need, rule: RuleIndex) {
    let is_asked = |cell| {
        need.iter()
            .any(|bar: &Bar| bar.cell == cell && bar.least <= 1)
    };
    let cells = cells.iter().copied().filter(|cell| !is_asked(*cell));
    all.extend(cells.map(|cell| (cell, rule)));
}

fn is_met(trace: &TraceState, need: &Need) -> bool {
    need.iter().any(|bar| is_reached(trace, *bar))
}

/// No cell has more spans than its trace, and most bars that are high need not be looked at.
fn is_reached(trace: &TraceState, bar: Bar) -> bool {
    bar.least as usize <= trace.span_count() && trace.certain_spans_of(bar.cell) >= bar.least
}
