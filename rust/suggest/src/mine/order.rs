//! What always came before or after something else: `when each { B as p } always { A before p }`, and how soon.

use crate::bits::{Bits, Sides};
use crate::candidate::Collector;
use crate::form::{Form, Relation};
use crate::sample::Roster;
use crate::table::{Row, Trace};

use crate::mine::cut::{APART, above};

/// Good traces in which an order held before it is held to be meant.
const ENOUGH: u32 = 10;

/// Names of one trace that are compared pair by pair, those first that most traces have.
const NAMES: usize = 96;

/// When the spans of a name were, in one trace.
#[derive(Clone, Copy)]
struct Times {
    index: usize,
    first_start: u64,
    last_start: u64,
    first_end: u64,
    last_end: u64,
}

impl Times {
    /// Some bound span has no `needs` that stands so to it, though there is one.
    fn is_broken(relation: Relation, bound: &Times, needs: &Times) -> bool {
        match relation {
            Relation::Before => needs.first_end > bound.first_start,
            Relation::After => needs.last_start < bound.last_end,
            Relation::StartsBefore => needs.first_start > bound.first_start,
            Relation::StartsAfter => needs.last_start < bound.last_start,
        }
    }

    /// The least gap that a bound span may have to what it needs, of the span that is worst off.
    fn gap(relation: Relation, bound: &Times, needs: &Times) -> Option<u64> {
        match relation {
            Relation::After => needs.last_start.checked_sub(bound.last_end),
            Relation::Before => bound.first_start.checked_sub(needs.first_end),
            Relation::StartsBefore | Relation::StartsAfter => None,
        }
    }
}

/// The times of each name of a trace, by the index of the name, of the most frequent names.
fn times(roster: &Roster, rows: &[Row], into: &mut Vec<Times>) {
    into.clear();
    into.extend(rows.iter().filter_map(|row| {
        Some(Times {
            index: roster.index(row.name)?,
            first_start: row.start,
            last_start: row.start,
            first_end: row.end,
            last_end: row.end,
        })
    }));
    into.sort_unstable_by_key(|times| times.index);
    into.dedup_by(|next, times| {
        let is_same = next.index == times.index;
        if is_same {
            times.first_start = times.first_start.min(next.first_start);
            times.last_start = times.last_start.max(next.last_start);
            times.first_end = times.first_end.min(next.first_end);
            times.last_end = times.last_end.max(next.last_end);
        }
        is_same
    });
    into.truncate(NAMES);
}

/// For each pair of names, the bound one first, in how many traces with both each order does not hold.
pub fn broken(into: &Collector<'_, '_>, roster: &Roster) -> Vec<[Sides; Relation::ALL.len()]> {
    let names = roster.count();
    let table = into.sample.table;
    let mut broken = vec![[Sides::default(); Relation::ALL.len()]; names * names];
    let mut here = Vec::new();
    for trace in complete(into) {
        times(roster, table.rows_of(trace), &mut here);
        let is_bad = trace.slot < table.layout.first_good();
        for bound in &here {
            for needs in here.iter().filter(|needs| needs.index != bound.index) {
                let sides = &mut broken[bound.index * names + needs.index];
                for (relation, sides) in Relation::ALL.into_iter().zip(sides) {
                    if Times::is_broken(relation, bound, needs) {
                        *if is_bad {
                            &mut sides.bad
                        } else {
                            &mut sides.good
                        } += 1;
                    }
                }
            }
        }
    }
    broken
}

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) {
    let names = roster.count();
    let broken = broken(into, roster);
    for bound in 0..names {
        for needs in (0..names).filter(|needs| *needs != bound) {
            let of_pair = broken[bound * names + needs];
            for (relation, sides) in Relation::ALL.into_iter().zip(of_pair) {
                pair(into, roster, (bound, needs), relation, sides);
            }
        }
    }
}

fn complete<'t>(into: &Collector<'_, 't>) -> Vec<&'t Trace> {
    let traces = into.sample.traces.iter().copied();
    traces.filter(|trace| trace.is_complete).collect()
}

/// `wrong`: traces in which both came, and the order did not hold.
fn pair(
    into: &mut Collector<'_, '_>,
    roster: &Roster,
    (bound, needs): (usize, usize),
    relation: Relation,
    wrong: Sides,
) {
    let known = roster.sets[bound].and(&into.sample.complete);
    let among = known.count();
    let absent = known.count_without(&roster.sets[needs]);
    let tolerated = Collector::tolerated(among.good);
    let both = among.good - absent.good;
    // Of what is needed several names mostly stand for the same spans, so that one bound name and one count is one test.
    into.tried((bound, relation), wrong, among);
    if both < ENOUGH || wrong.good > tolerated {
        return;
    }
    let (bound_name, needs_name) = (roster.names[bound], roster.names[needs]);
    if wrong.bad < into.least_bad {
        // The order holds: perhaps it held no longer in time.
        if absent.good <= tolerated && matches!(relation, Relation::After | Relation::Before) {
            late(into, roster, (bound, needs), relation);
        }
        return;
    }
    let mut set = misplaced(into, roster, (bound, needs), relation);
    if absent.good <= tolerated {
        set = set.or(&known.without(&roster.sets[needs]));
        into.offer(set, among, || Form::Each {
            bound: bound_name,
            needs: needs_name,
            relation,
            within: None,
        });
    } else if relation == Relation::Before {
        let among = known.count_and(&roster.sets[needs]);
        into.offer(set, among, || Form::Ordered {
            first: needs_name,
            second: bound_name,
        });
    }
}

/// The traces in which both came, and the order does not hold.
fn misplaced(
    into: &Collector<'_, '_>,
    roster: &Roster,
    pair: (usize, usize),
    relation: Relation,
) -> Bits {
    let mut set = Bits::none(into.sample.table.layout);
    each_pair(into, roster, pair, |slot, bound, needs| {
        if Times::is_broken(relation, bound, needs) {
            set.insert(slot);
        }
    });
    set
}

fn each_pair(
    into: &Collector<'_, '_>,
    roster: &Roster,
    (bound, needs): (usize, usize),
    mut see: impl FnMut(usize, &Times, &Times),
) {
    let table = into.sample.table;
    let both = roster.sets[bound].and(&roster.sets[needs]);
    let mut here = Vec::new();
    for trace in complete(into)
        .into_iter()
        .filter(|trace| both.has(trace.slot))
    {
        times(roster, table.rows_of(trace), &mut here);
        let of = |index: usize| here.iter().find(|times| times.index == index);
        if let (Some(bound), Some(needs)) = (of(bound), of(needs)) {
            see(trace.slot, bound, needs);
        }
    }
}

/// `… within 5s`: what came, and later than ever before.
fn late(into: &mut Collector<'_, '_>, roster: &Roster, pair: (usize, usize), relation: Relation) {
    let (bound, needs) = pair;
    let known = roster.sets[bound].and(&into.sample.complete);
    let among = known.count();
    if among.bad < into.least_bad {
        return;
    }
    let mut gaps = Vec::new();
    each_pair(into, roster, pair, |slot, bound, needs| {
        if let Some(gap) = Times::gap(relation, bound, needs) {
            gaps.push((u32::try_from(slot).unwrap_or(u32::MAX), gap as f64));
        }
    });
    for cut in above(&mut gaps, into.sample.table.layout.first_good(), among) {
        // Microseconds are the machine's, not the rule's.
        if cut.beyond < 1e6 || cut.ratio() < APART {
            continue;
        }
        let beyond = gaps.iter().filter(|(_, gap)| *gap >= cut.beyond);
        let broken = into.sample.bits(beyond.map(|(slot, _)| *slot));
        let broken = broken.or(&known.without(&roster.sets[needs]));
        let within = cut.round().max(0.0) as u64;
        into.offer_apart(broken, among, cut.ratio(), || Form::Each {
            bound: roster.names[bound],
            needs: roster.names[needs],
            relation,
            within: Some(within),
        });
    }
}
