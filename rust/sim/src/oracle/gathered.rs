//! What a group of a window comes to, worked out from a list of all that counts in it.

use std::collections::BTreeSet;

use betrace_lang::rule::{
    Aggregate, ClauseKind, CompareOp, Field, Intrinsic, Number, Over, Peer, Term, WindowBound,
    WindowMeasure,
};
use betrace_lang::verdict::Verdict;

use super::Truth;
use super::measure::{Range, compare};
use super::number::{End, sum};

/// Verdicts that may be given: several where an estimate, or a confidence, comes in.
pub type Allowed = Vec<Verdict>;

/// What counts in a group.
#[derive(Clone)]
pub enum Item {
    /// A span, or a trace that is not looked for.
    Plain,
    /// A trace or a span that is looked for.
    Hit,
    Number(Number),
    Text(String),
    /// Something of it is not known.
    Unknown,
}

#[derive(Clone, Default)]
pub struct Gathered {
    pub items: Vec<Item>,
    /// Any number more may come.
    pub is_open: bool,
}

impl Gathered {
    pub fn with(&self, any: &Gathered) -> Gathered {
        let mut all = self.clone();
        all.items.extend(any.items.iter().cloned());
        all.is_open |= any.is_open;
        all
    }

    fn unknown(&self) -> usize {
        let is_unknown = |item: &&Item| matches!(item, Item::Unknown);
        self.items.iter().filter(is_unknown).count()
    }

    pub fn sure(&self) -> usize {
        self.items.len() - self.unknown()
    }

    fn hits(&self) -> usize {
        let is_hit = |item: &&Item| matches!(item, Item::Hit);
        self.items.iter().filter(is_hit).count()
    }

    fn numbers(&self) -> Vec<Number> {
        let numbers = self.items.iter().filter_map(|item| match item {
            Item::Number(number) => Some(*number),
            _ => None,
        });
        numbers.collect()
    }

    pub fn judged(&self, over: &Over, rivals: &[Gathered], asked: usize) -> Allowed {
        let (sure, unknown) = (self.sure(), self.unknown());
        if (sure as u64) < over.at_least {
            let may_be = self.is_open || (sure + unknown) as u64 >= over.at_least;
            return vec![match may_be {
                true => Verdict::Inconclusive,
                false => Verdict::NotApplicable,
            }];
        }
        let is_peer = matches!(over.bound, WindowBound::Peer { .. });
        if is_peer && rivals.is_empty() {
            return vec![Verdict::NotApplicable];
        }
        let own = self.range(over);
        let bound = bound(over, rivals);
        let is_nothing = |range: &Range| range.ends.is_none() && !range.perhaps_nothing;
        if is_nothing(&own) || is_nothing(&bound) {
            return vec![Verdict::NotApplicable];
        }
        if over.measure.is_share() {
            return self.share_judged(over, rivals, asked);
        }
        let verdict = verdict(over, compare(&own, over.op, &bound));
        let mut allowed = vec![verdict];
        // An estimate may be a hundredth off.
        let is_estimate = matches!(over.measure, WindowMeasure::Quantile { .. });
        if is_estimate && are_near(&own, &bound) {
            allowed.push(Verdict::Inconclusive);
        }
        allowed
    }

    fn range(&self, over: &Over) -> Range {
        let (sure, unknown) = (self.sure(), self.unknown());
        let up_to = |count: usize| match self.is_open {
            true => End::Infinity,
            false => End::whole(count + unknown),
        };
        let is_closed = !self.is_open && unknown == 0;
        let numbers = self.numbers();
        let anything = Some((End::NegativeInfinity, End::Infinity));
        let (ends, perhaps_nothing) = match &over.measure {
            WindowMeasure::Count(_) => (Some((End::whole(sure), up_to(sure))), false),
            WindowMeasure::Traces(_) => {
                (Some((End::whole(self.hits()), up_to(self.hits()))), false)
            }
            WindowMeasure::ShareOfSpans { .. } | WindowMeasure::ShareOfTraces { .. } => {
                let part = |hits: usize| End::of(hits as f64 / (sure + unknown) as f64);
                match (self.is_open, sure + unknown, sure) {
                    (true, ..) => (anything, true),
                    (_, 0, _) => (None, false),
                    (_, _, 0) => (anything, true),
                    _ => (
                        Some((part(self.hits()), part(self.hits() + unknown))),
                        false,
                    ),
                }
            }
            WindowMeasure::Quantile { rank, .. } => match (sure, is_closed) {
                (0, true) => (None, false),
                (0, false) => (anything, true),
                _ if self.is_open => (anything, true),
                _ => (Some(quantile(numbers, unknown, rank.0)), false),
            },
            WindowMeasure::Of { function, of, .. } => self.aggregate(*function, of),
        };
        Range::between(ends, perhaps_nothing)
    }

    fn aggregate(&self, function: Aggregate, of: &Term) -> (Option<(End, End)>, bool) {
        let unknown = self.unknown();
        let is_closed = !self.is_open && unknown == 0;
        let numbers = self.numbers();
        let anything = Some((End::NegativeInfinity, End::Infinity));
        let up_to = |count: usize| match self.is_open {
            true => End::Infinity,
            false => End::whole(count + unknown),
        };
        match function {
            Aggregate::Distinct => {
                let texts = self.items.iter().filter_map(|item| match item {
                    Item::Text(text) => Some(text),
                    _ => None,
                });
                let texts: BTreeSet<&String> = texts.collect();
                (Some((End::whole(texts.len()), up_to(texts.len()))), false)
            }
            Aggregate::Sum => {
                let took = *of == Term::Field(Field::Intrinsic(Intrinsic::SpanDuration));
                let seen = sum(&numbers);
                match (is_closed, took) {
                    (true, _) => (Some((seen, seen)), false),
                    (_, true) => (Some((seen, End::Infinity)), false),
                    _ => (anything, false),
                }
            }
            Aggregate::Avg if !is_closed => (anything, true),
            Aggregate::Avg if numbers.is_empty() => (None, false),
            Aggregate::Avg => {
                let average = sum(&numbers).over(numbers.len());
                (Some((average, average)), false)
            }
            Aggregate::Max => {
                let seen = extreme(&numbers, true);
                let high = if is_closed { seen } else { End::Infinity };
                (Some((seen, high)), false)
            }
            Aggregate::Min => {
                let seen = extreme(&numbers, false);
                let low = if is_closed {
                    seen
                } else {
                    End::NegativeInfinity
                };
                (Some((low, seen)), false)
            }
        }
    }

    /// By tails of the binomial distribution: a share is surely below a value where so few hits would hardly come of it.
    fn share_judged(&self, over: &Over, rivals: &[Gathered], asked: usize) -> Allowed {
        let (hits, sure, unknown) = (self.hits(), self.sure(), self.unknown());
        let all = sure + unknown;
        if self.is_open {
            return vec![Verdict::Inconclusive];
        }
        let tail = (1.0 - over.confidence.level()) / asked as f64 / 2.0;
        let WindowBound::Number(bound) = over.bound else {
            return against_rivals(over, self, rivals);
        };
        let bound = bound.to_f64();
        let is_above = hits > 0 && at_least(hits, all, bound) < tail;
        let is_below =
            hits + unknown < all && 1.0 - at_least(hits + unknown + 1, all, bound) < tail;
        let truth = match (is_above, is_below, over.op) {
            (false, false, _) => return vec![Verdict::Inconclusive],
            (above, _, CompareOp::Gt | CompareOp::Ge) => Truth::known(above),
            (above, _, _) => Truth::known(!above),
        };
        vec![verdict(over, truth)]
    }
}

/// Only what cannot be: a definite answer on the side on which the shares do not even lie.
fn against_rivals(over: &Over, own: &Gathered, rivals: &[Gathered]) -> Allowed {
    let WindowBound::Peer { factor, peer } = &over.bound else {
        unreachable!("a share is compared with a number or a rival");
    };
    if rivals.iter().any(|rival| rival.is_open) {
        return vec![Verdict::Inconclusive];
    }
    let share = |one: &Gathered| (one.hits(), one.sure(), one.unknown());
    let least =
        |(hits, sure, unknown): (usize, usize, usize)| hits as f64 / (sure + unknown).max(1) as f64;
    let most = |(hits, sure, unknown): (usize, usize, usize)| {
        (hits + unknown) as f64 / (sure + unknown).max(1) as f64
    };
    let pick = |ends: Vec<f64>| match peer {
        Peer::Lowest => ends.into_iter().fold(f64::INFINITY, f64::min),
        _ => ends.into_iter().fold(0.0, f64::max),
    };
    let factor = factor.to_f64();
    let rival_low = factor * pick(rivals.iter().map(|rival| least(share(rival))).collect());
    let rival_high = factor * pick(rivals.iter().map(|rival| most(share(rival))).collect());
    let may_be = |is: bool| match over.op {
        CompareOp::Gt | CompareOp::Ge => match is {
            true => most(share(own)) >= rival_low,
            false => least(share(own)) <= rival_high,
        },
        _ => match is {
            true => least(share(own)) <= rival_high,
            false => most(share(own)) >= rival_low,
        },
    };
    let mut allowed = vec![Verdict::Inconclusive];
    for is in [true, false] {
        if may_be(is) {
            allowed.push(verdict(over, Truth::known(is)));
        }
    }
    allowed
}

fn verdict(over: &Over, truth: Truth) -> Verdict {
    let broken = match over.clause {
        ClauseKind::Always => truth.not(),
        _ => truth,
    };
    match broken {
        Truth::True => Verdict::Violated,
        Truth::False => Verdict::Satisfied,
        Truth::Open(_) => Verdict::Inconclusive,
    }
}

fn bound(over: &Over, rivals: &[Gathered]) -> Range {
    let point = |number| Range::between(Some((End::At(number), End::At(number))), false);
    let (factor, peer) = match &over.bound {
        WindowBound::Number(number) => return point(*number),
        WindowBound::Duration(nanos) => return point(Number::Int(i128::from(*nanos))),
        WindowBound::Peer { factor, peer } => (*factor, *peer),
    };
    let ranges: Vec<Range> = rivals.iter().map(|rival| rival.range(over)).collect();
    let known: Vec<(End, End)> = ranges.iter().filter_map(|range| range.ends).collect();
    let perhaps_nothing = ranges.iter().any(|range| range.perhaps_nothing);
    let better = |a: End, b: End| match peer {
        Peer::Lowest if a.compare(b).is_lt() => a,
        Peer::Lowest => b,
        _ if a.compare(b).is_gt() => a,
        _ => b,
    };
    let ends = known
        .into_iter()
        .reduce(|a, b| (better(a.0, b.0), better(a.1, b.1)));
    let scaled = ends.map(|(low, high)| (low.times(factor), high.times(factor)));
    Range::between(scaled, perhaps_nothing)
}

fn extreme(numbers: &[Number], is_greatest: bool) -> End {
    let by = |a: &Number, b: &Number| a.compare(*b);
    let numbers = numbers.iter().copied();
    match is_greatest {
        true => numbers.max_by(by).map_or(End::NegativeInfinity, End::At),
        false => numbers.min_by(by).map_or(End::Infinity, End::At),
    }
}

/// Those that are not known may all lie below, or all above.
fn quantile(mut numbers: Vec<Number>, unknown: usize, thousandths: u16) -> (End, End) {
    numbers.sort_by(|a, b| a.compare(*b));
    let all = numbers.len() + unknown;
    let rank = (all * usize::from(thousandths)).div_ceil(1000);
    let low = rank
        .checked_sub(unknown)
        .and_then(|rank| rank.checked_sub(1));
    let at = |at: Option<usize>, else_end| {
        at.and_then(|at| numbers.get(at))
            .map_or(else_end, |number| End::At(*number))
    };
    (
        at(low, End::NegativeInfinity),
        at(rank.checked_sub(1), End::Infinity),
    )
}

fn are_near(a: &Range, b: &Range) -> bool {
    let ends = |range: &Range| {
        range
            .ends
            .map_or([None, None], |(low, high)| [low, high].map(number))
    };
    let near = |a: f64, b: f64| (a - b).abs() <= 0.017 * a.abs().max(b.abs());
    let (left, right) = (ends(a), ends(b));
    left.iter()
        .flatten()
        .any(|a| right.iter().flatten().any(|b| near(*a, *b)))
}

fn number(end: End) -> Option<f64> {
    match end {
        End::At(number) => Some(number.to_f64()),
        _ => None,
    }
}

/// How probable so many hits or more are among `all`, each a hit with this probability.
fn at_least(hits: usize, all: usize, probability: f64) -> f64 {
    let logs: Vec<f64> = std::iter::once(0.0)
        .chain((1..=all).scan(0.0, |sum, number| {
            *sum += (number as f64).ln();
            Some(*sum)
        }))
        .collect();
    let of = |hits: usize| {
        let choices = logs[all] - logs[hits] - logs[all - hits];
        let misses = all - hits;
        (choices + hits as f64 * probability.ln() + misses as f64 * (-probability).ln_1p()).exp()
    };
    (hits..=all).map(of).sum()
}
