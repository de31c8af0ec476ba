//! What a group of a window that is over means for its rule.
//!
//! A count, a sum or a quantile is held against its bound as an interval of what is known for certain. A share is a
//! sample of what would be seen in more windows alike: its confidence interval counts, wide enough for all groups that
//! are asked about together (Bonferroni), and whatever is not known of single traces widens it further. Only where the
//! whole interval lies on the wrong side is the rule violated.

use betrace_lang::rule::{
    Aggregate, ClauseKind, CompareOp, Number, Over, Peer, WindowBound, WindowMeasure,
};
use betrace_lang::verdict::{Reason, Verdict};

use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::{Reasons, Tri};
use crate::window::share::{Confidence, Proportion};
use crate::windows::gathered::{Gathered, KeptValues, grows};
use crate::windows::rivals::Rival;

/// The answer for one group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// What it was held against.
    pub bound: Option<Interval>,
}

impl Judged {
    fn of(verdict: Verdict) -> Judged {
        Judged {
            verdict,
            reason: None,
            bound: None,
        }
    }

    fn inconclusive(reasons: Reasons) -> Judged {
        Judged {
            reason: Some(reasons.first().unwrap_or(Reason::StateCap)),
            ..Judged::of(Verdict::Inconclusive)
        }
    }
}

/// `asked`: how many groups of the window are judged.
pub(crate) fn judge(over: &Over, group: &Gathered, rival: &Rival, asked: usize) -> Judged {
    if group.samples < over.at_least {
        let may_be_enough =
            group.is_open || group.samples.saturating_add(group.perhaps) >= over.at_least;
        return match may_be_enough {
            true => Judged::inconclusive(group.reasons),
            false => Judged::of(Verdict::NotApplicable),
        };
    }
    let measured = group.measured(&over.measure);
    let bound = match bound(over, rival) {
        Ok(bound) => bound,
        Err(none) => return none.judged(),
    };
    if matches!(measured, Measured::Never) || matches!(bound, Measured::Never) {
        return Judged::of(Verdict::NotApplicable);
    }
    let tri = match over.measure.is_share() {
        true => compare_share(over, group, rival, bound, confidence(over, asked)),
        false => measured.compare(over.op, bound),
    };
    let broken = match over.clause {
        ClauseKind::Always => tri.negate(),
        ClauseKind::Never | ClauseKind::Pattern => tri,
    };
    let judged = match broken {
        Tri::True => Judged::of(Verdict::Violated),
        Tri::False => Judged::of(Verdict::Satisfied),
        Tri::Open(reasons) => Judged::inconclusive(reasons),
    };
    Judged {
        bound: range(bound),
        ..judged
    }
}

/// What the measure of a group is known to be; of a share its confidence interval. Worked out where it is told, as few are.
pub(crate) fn value(over: &Over, group: &Gathered, asked: usize) -> Option<Interval> {
    if !over.measure.is_share() {
        return range(group.measured(&over.measure));
    }
    let is_known = !group.is_open && group.samples > 0;
    let limits = || group.proportion().limits(confidence(over, asked));
    is_known.then(|| limits().interval())
}

/// For each of so many groups.
fn confidence(over: &Over, asked: usize) -> Confidence {
    let confidence = Confidence::of_percent(over.confidence.percent()).unwrap_or_default();
    // The counts themselves choose which group is the highest: each pair might have been compared.
    let is_chosen = matches!(
        over.bound,
        WindowBound::Peer {
            peer: Peer::Highest | Peer::Lowest,
            ..
        }
    );
    match is_chosen {
        true => confidence.among_pairs(asked as u64),
        false => confidence.among(asked as u64),
    }
}

/// Whether a breach can be known before its window is over: what was seen of the measure stays, and once it has passed its bound
/// it is never again equal to it, nor on the other side.
pub(crate) fn fires_early(over: &Over) -> bool {
    let is_always = over.clause == ClauseKind::Always;
    let is_fixed = !matches!(over.bound, WindowBound::Peer { .. });
    is_fixed
        && grows(&over.measure)
        && match over.op {
            CompareOp::Eq => is_always,
            CompareOp::Ne => !is_always,
            _ => breaks_upwards(over) != is_least(&over.measure),
        }
}

/// Whether groups of which all together keep the rule each keep it: alone none has come so far as all together.
pub(crate) fn is_kept_by_each(over: &Over) -> bool {
    over.op.is_ordering() && over.at_least == 0 && fires_early(over)
}

/// Whether the rule is broken by what is there already, whatever comes.
pub(crate) fn has_crossed(over: &Over, group: &Gathered) -> bool {
    if !fires_early(over) || group.samples < over.at_least || is_short(over, group) {
        return false;
    }
    let Ok(bound) = bound(over, &Rival::None) else {
        return false;
    };
    // What comes can only be more, and of `min` less.
    let tri = group.measured_so_far(&over.measure).compare(over.op, bound);
    tri == Tri::of(over.clause != ClauseKind::Always)
}

/// Whether what was seen stays short of its bound, as in most groups: all there is may come to less, as much or more.
fn is_short(over: &Over, group: &Gathered) -> bool {
    let bound = match over.bound {
        WindowBound::Number(number) => number,
        WindowBound::Duration(nanos) => Number::Int(i128::from(nanos)),
        WindowBound::Peer { .. } => return false,
    };
    let count = |seen: u64| Some(Number::Int(i128::from(seen)));
    let is_least = is_least(&over.measure);
    let seen = match (&over.measure, &group.values) {
        (WindowMeasure::Count(_), _) => count(group.samples),
        (WindowMeasure::Traces(_), _) => count(group.hits),
        (_, KeptValues::Range(range)) if is_least => range.least(),
        (_, KeptValues::Range(range)) => range.greatest(),
        (_, KeptValues::Distinct(distinct)) => count(distinct.count().bounds().0),
        _ => None,
    };
    seen.is_some_and(|seen| match is_least {
        true => seen.compare(bound).is_gt(),
        false => seen.compare(bound).is_lt(),
    })
}

/// Why there is nothing to be held against.
#[derive(Clone, Copy)]
enum NoBound {
    Missing,
    Unknown,
}

impl NoBound {
    fn judged(self) -> Judged {
        match self {
            NoBound::Missing => Judged::of(Verdict::NotApplicable),
            NoBound::Unknown => Judged::inconclusive(Reasons::of(Reason::StateCap)),
        }
    }
}

fn bound(over: &Over, rival: &Rival) -> Result<Measured, NoBound> {
    let exactly = |number| Ok(Measured::Range(Interval::exactly(End::At(number))));
    let factor = match &over.bound {
        WindowBound::Number(number) => return exactly(*number),
        WindowBound::Duration(nanos) => return exactly(Number::Int(i128::from(*nanos))),
        WindowBound::Peer { factor, .. } => *factor,
    };
    match rival {
        Rival::Unknown => Err(NoBound::Unknown),
        Rival::None | Rival::Missing => Err(NoBound::Missing),
        Rival::Of(of) => Ok(of.measured.scale(factor)),
    }
}

fn range(measured: Measured) -> Option<Interval> {
    match measured {
        Measured::Never => None,
        Measured::Range(interval) | Measured::Perhaps(interval) => Some(interval),
    }
}

/// Whether the share is as said, with the confidence that is asked for.
fn compare_share(
    over: &Over,
    group: &Gathered,
    rival: &Rival,
    bound: Measured,
    confidence: Confidence,
) -> Tri {
    let rival = match (rival, &over.bound) {
        (Rival::Of(of), WindowBound::Peer { factor, .. }) => Some((of.share, factor.to_f64())),
        _ => None,
    };
    let all_reasons = range(bound).map_or(group.reasons, |bound| group.reasons.with(bound.reasons));
    if group.is_open || matches!(bound, Measured::Perhaps(_)) {
        return Tri::Open(all_reasons);
    }
    let decided = |share: Proportion, rival: Option<(Proportion, f64)>| match (rival, bound) {
        (Some((rival, factor)), _) => {
            let less = share.less(factor, rival, confidence).interval();
            less.decides(over.op, Interval::exactly(End::count(0)))
        }
        (None, Measured::Range(bound)) => {
            let limits = share.limits(confidence);
            limits.interval().decides(over.op, bound)
        }
        _ => None,
    };
    let share = group.proportion();
    if let Some(answer) = decided(share, rival) {
        return Tri::of(answer);
    }
    // Is it what is not known of some traces, or are there too few of them?
    let known = rival.map(|(rival, factor)| (rival.without_doubts(), factor));
    match decided(share.without_doubts(), known) {
        Some(_) => Tri::Open(all_reasons),
        None => Tri::Open(Reasons::of(Reason::TooFew)),
    }
}

fn is_least(measure: &WindowMeasure) -> bool {
    matches!(
        measure,
        WindowMeasure::Of {
            function: Aggregate::Min,
            ..
        }
    )
}

/// Whether more of the measure speaks against the rule, rather than less.
pub(crate) fn breaks_upwards(over: &Over) -> bool {
    let is_above = !matches!(over.op, CompareOp::Lt | CompareOp::Le);
    is_above == (over.clause != ClauseKind::Always)
}

/// Whether a window is held against the one before it.
pub(crate) fn looks_back(over: &Over) -> bool {
    let WindowBound::Peer { peer, .. } = over.bound else {
        return false;
    };
    peer == Peer::Before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::rules::rule;

    /// Each measure with each comparison and clause: known early where the measure goes to where it breaks the rule.
    #[test]
    fn a_breach_is_known_early_where_the_measure_goes_towards_it() {
        let over = |clause: &str, measure: &str, op: &str, bound: &str| {
            let text = format!("r: over 1m {clause} {{ {measure} {op} {bound} }}");
            rule(&text).unwrap().body.over.clone().unwrap()
        };
        let (ups, downs) = (
            ["count(a)", "traces(a)", "distinct(a, u)", "max(a, n)"],
            ["min(a, n)"],
        );
        let neither = ["avg(a, n)", "sum(a, n)"];
        for op in ["<", "<=", ">", ">=", "==", "!="] {
            let is_above = op.starts_with('>');
            for (clause, is_always) in [("never", false), ("always", true)] {
                let (goes_up, goes_down) = match op {
                    "==" => (is_always, is_always),
                    "!=" => (!is_always, !is_always),
                    _ => (is_above != is_always, is_above == is_always),
                };
                let all = ups.iter().map(|one| (one, goes_up));
                let all = all.chain(downs.iter().map(|one| (one, goes_down)));
                for (measure, wanted) in all.chain(neither.iter().map(|one| (one, false))) {
                    let one = over(clause, measure, op, "5");
                    let said = format!("{clause} {measure} {op} 5");
                    assert_eq!(fires_early(&one), wanted, "{said}");
                    // Five in all is not five in each.
                    let is_order = !["==", "!="].contains(&op);
                    assert_eq!(is_kept_by_each(&one), wanted && is_order, "{said}");
                }
            }
        }
        assert!(fires_early(&over(
            "never",
            "sum(a, span:duration)",
            ">",
            "5s"
        )));
        assert!(!fires_early(&over("never", "p90(a, n)", ">", "5")));
        assert!(!fires_early(&over("never", "count(a)", ">", "2 * before")));
    }
}
