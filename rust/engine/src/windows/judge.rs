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

/// Whether the rule is broken by what is there already, whatever comes.
pub(crate) fn has_crossed(over: &Over, group: &Gathered) -> bool {
    if !grows(&over.measure) || group.samples < over.at_least || is_short(over, group) {
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
    let is_least = matches!(
        over.measure,
        WindowMeasure::Of {
            function: Aggregate::Min,
            ..
        }
    );
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
