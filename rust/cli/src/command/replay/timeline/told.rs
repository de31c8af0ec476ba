//! What is told of a rule, whichever way it is shown: computed once from what was counted.

use std::collections::BTreeMap;

use betrace_lang::rule::Rule;
use serde::{Serialize, Serializer};

use super::buckets::{Buckets, Sighting, widened};
use super::change::{BARS_TO_SHUFFLE, Unit, change};
use super::origin::{Origins, Value};
use super::tally::{Tally, Timeline};
use super::what::What;

/// A change in few bars is looked for in so many parts, with about as many traces each.
const PARTS: u64 = 64;

/// Values that are told of one rule.
const MOST_SHARED: usize = 10;

/// So large a part of the broken traces must have a value for it to be called theirs.
const SHARED_BY: f64 = 0.9;

/// Below this, chance may have brought the traces with a value and the broken ones together: one in ten thousand, by the
/// likelihood ratio G² with one degree of freedom (Dunning, *Accurate methods for the statistics of surprise and coincidence*,
/// Computational Linguistics 19, 1993), because of hundreds of values some do.
const SURPRISING: f64 = 15.14;

/// One rule over the whole time. Times are Unix nanoseconds, written as text in JSON.
#[derive(Debug, Serialize)]
pub struct Told {
    pub rule: String,
    #[serde(skip)]
    pub of: What,
    pub severity: &'static str,
    /// How wide the buckets are.
    pub bucket_nano: u64,
    pub violated: u64,
    pub satisfied: u64,
    pub not_applicable: u64,
    pub inconclusive: u64,
    /// Traces without a time, which are in no bucket.
    #[serde(skip_serializing_if = "is_zero")]
    pub without_time: u64,
    pub first_violated: Option<Seen>,
    pub last_violated: Option<Seen>,
    /// The latest before the first violated one.
    pub last_satisfied_before: Option<Seen>,
    pub change: Option<Changed>,
    /// What the broken traces come from and the kept ones do not, or less.
    pub shared: Vec<Shared>,
    /// In the order of time; those without a trace that the rule applied to are left out.
    pub buckets: Vec<Bar>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    #[serde(serialize_with = "as_text")]
    pub start_time_unix_nano: u64,
    pub trace_id: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bar {
    #[serde(serialize_with = "as_text")]
    pub from_unix_nano: u64,
    pub violated: u64,
    pub satisfied: u64,
}

/// A stretch of time in which a larger share of traces broke the rule than in the rest.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// How exactly its edges are known: to a bucket, or finer where there are few.
    pub edge_nano: u64,
    /// `None`: it begins with the first trace.
    #[serde(serialize_with = "as_text_if_any")]
    pub from_unix_nano: Option<u64>,
    /// `None`: it lasts to the end.
    #[serde(serialize_with = "as_text_if_any")]
    pub until_unix_nano: Option<u64>,
    /// Shares of the traces to which the rule applied, from 0 to 1.
    pub share: f64,
    pub share_otherwise: f64,
    /// 1 less how likely chance alone brings as much.
    pub confidence: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Shared {
    pub service: String,
    pub attribute: String,
    pub value: String,
    pub violated_with: u64,
    pub violated: u64,
    pub satisfied_with: u64,
    pub satisfied: u64,
}

impl Told {
    /// How large a part of the traces that the rule applied to broke it; 0 of none.
    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.violated, self.violated + self.satisfied)
    }

    #[must_use]
    pub fn applied(&self) -> u64 {
        self.violated + self.satisfied
    }
}

impl Bar {
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.violated + self.satisfied
    }

    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.violated, self.applied())
    }
}

/// A part of a whole; 0 of nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}

/// All rules, those that were broken first, each part by id.
#[must_use]
pub fn told<'a>(timeline: &Timeline, rules: impl Iterator<Item = &'a Rule>) -> Vec<Told> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for tally in timeline.rules.values() {
        for (at, bucket) in &tally.buckets {
            let count = counts.entry(*at).or_default();
            *count = bucket.applied().max(*count);
        }
    }
    let step = timeline.ladder.shown(timeline.step, &counts);
    let (fine, width) = (
        timeline.ladder.width(timeline.step),
        timeline.ladder.width(step),
    );
    let nothing = Tally::default();
    let rules = rules.map(|rule| {
        let tally = timeline.rules.get(&rule.id).unwrap_or(&nothing);
        of_rule(rule, tally, &timeline.origins, fine, width)
    });
    let mut all: Vec<Told> = rules.collect();
    all.sort_by(|a, b| (a.violated == 0, &a.rule).cmp(&(b.violated == 0, &b.rule)));
    all
}

fn of_rule(rule: &Rule, tally: &Tally, origins: &Origins, fine: u64, width: u64) -> Told {
    let bars = widened(&tally.buckets, width / fine);
    let seen = |seen: Sighting| Seen {
        start_time_unix_nano: seen.at,
        trace_id: seen.trace.to_string(),
    };
    let first = tally
        .buckets
        .values()
        .filter_map(|bucket| bucket.first_violated)
        .min();
    Told {
        rule: rule.id.0.to_string(),
        of: What::of(rule),
        severity: rule.severity.as_str(),
        bucket_nano: width,
        violated: tally.violated,
        satisfied: tally.kept,
        not_applicable: tally.not_applicable,
        inconclusive: tally.inconclusive,
        without_time: tally.without_time,
        first_violated: first.map(seen),
        last_violated: tally.last_violated.map(seen),
        last_satisfied_before: first.and_then(|first| kept_before(tally, first)).map(seen),
        change: changed(&tally.buckets, fine, &bars, width),
        shared: shared(tally, origins),
        buckets: bars
            .iter()
            .map(|(at, bucket)| Bar {
                from_unix_nano: at * width,
                violated: bucket.violated,
                satisfied: bucket.kept,
            })
            .collect(),
    }
}

fn kept_before(tally: &Tally, first: Sighting) -> Option<Sighting> {
    let kept = tally.buckets.values().filter_map(|bucket| bucket.last_kept);
    kept.filter(|kept| *kept < first).max()
}

/// In the bars that are shown, or where they are few in finer parts of them.
fn changed(buckets: &Buckets, fine: u64, bars: &Buckets, width: u64) -> Option<Changed> {
    let are_bars = bars.len() >= BARS_TO_SHUFFLE;
    let (units, edge) = if are_bars {
        (parts(bars, width, 1), width)
    } else {
        let applied: u64 = buckets.values().map(|bucket| bucket.applied()).sum();
        (parts(buckets, fine, applied.div_ceil(PARTS).max(1)), fine)
    };
    let counts: Vec<Unit> = units.iter().map(|(_, _, unit)| *unit).collect();
    let change = change(&counts, are_bars)?;
    let (mut within, mut rest) = (Unit::default(), Unit::default());
    for (at, unit) in counts.iter().enumerate() {
        let side = if (change.from..change.until).contains(&at) {
            &mut within
        } else {
            &mut rest
        };
        side.violated += unit.violated;
        side.applied += unit.applied;
    }
    let last = units.get(change.until.checked_sub(1)?)?;
    let until = last.1.saturating_add(edge);
    Some(Changed {
        edge_nano: edge,
        from_unix_nano: (change.from > 0).then(|| units[change.from].0),
        until_unix_nano: (change.until < units.len()).then_some(until),
        share: share(within.violated, within.applied),
        share_otherwise: share(rest.violated, rest.applied),
        confidence: 1.0 - change.p,
    })
}

/// Stretches one after the other as units with at least `applied` traces each: where the first of a unit begins, and the last.
fn parts(buckets: &Buckets, width: u64, applied: u64) -> Vec<(u64, u64, Unit)> {
    let mut parts: Vec<(u64, u64, Unit)> = Vec::new();
    for (at, bucket) in buckets {
        let at = at * width;
        match parts.last_mut() {
            Some((_, last, unit)) if unit.applied < applied => {
                *last = at;
                unit.violated += bucket.violated;
                unit.applied += bucket.applied();
            }
            _ => parts.push((
                at,
                at,
                Unit {
                    violated: bucket.violated,
                    applied: bucket.applied(),
                },
            )),
        }
    }
    parts
}

fn shared(tally: &Tally, origins: &Origins) -> Vec<Shared> {
    let (mut violated, mut satisfied) = (0, 0);
    let mut with: BTreeMap<&Value, [u64; 2]> = BTreeMap::new();
    for (set, [v, s]) in &tally.by_origin {
        violated += v;
        satisfied += s;
        for value in origins.values(*set) {
            let counts = with.entry(value).or_default();
            counts[0] += v;
            counts[1] += s;
        }
    }
    let all = with.into_iter().map(|(value, [v, s])| Shared {
        service: value.service.to_string(),
        attribute: value.key.to_string(),
        value: value.value.to_string(),
        violated_with: v,
        violated,
        satisfied_with: s,
        satisfied,
    });
    let mut shared: Vec<Shared> = all.filter(Shared::is_telling).collect();
    shared.sort_by(|a, b| {
        let rank = |one: &Shared| rank(&one.attribute);
        b.lift().total_cmp(&a.lift()).then_with(|| {
            (rank(a), &a.service, &a.attribute).cmp(&(rank(b), &b.service, &b.attribute))
        })
    });
    shared.truncate(MOST_SHARED);
    shared
}

/// Of values that say the same, the one that a person would look for goes first.
fn rank(attribute: &str) -> u8 {
    match attribute {
        "service.version" => 0,
        "deployment.environment.name" | "deployment.environment" => 1,
        sdk if sdk.starts_with("telemetry.") => 3,
        _ => 2,
    }
}

impl Shared {
    /// By how much more of the broken traces have it than of the kept ones.
    fn lift(&self) -> f64 {
        share(self.violated_with, self.violated) - share(self.satisfied_with, self.satisfied)
    }

    fn is_telling(&self) -> bool {
        share(self.violated_with, self.violated) >= SHARED_BY
            && self.lift() > 0.0
            && self.surprise() >= SURPRISING
    }

    /// G² of having the value against being broken.
    fn surprise(&self) -> f64 {
        let (a, c) = (self.violated_with as f64, self.satisfied_with as f64);
        let (b, d) = (self.violated as f64 - a, self.satisfied as f64 - c);
        let all = a + b + c + d;
        let cell = |seen: f64, row: f64, column: f64| {
            if seen > 0.0 {
                seen * (seen * all / (row * column)).ln()
            } else {
                0.0
            }
        };
        let (with, without, broken, kept) = (a + c, b + d, a + b, c + d);
        2.0 * (cell(a, broken, with)
            + cell(b, broken, without)
            + cell(c, kept, with)
            + cell(d, kept, without))
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
fn as_text<S: Serializer>(nanos: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(nanos)
}

fn as_text_if_any<S: Serializer>(nanos: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match nanos {
        Some(nanos) => serializer.collect_str(nanos),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(violated_with: u64, violated: u64, satisfied_with: u64, satisfied: u64) -> Shared {
        Shared {
            service: String::new(),
            attribute: String::new(),
            value: String::new(),
            violated_with,
            violated,
            satisfied_with,
            satisfied,
        }
    }

    #[test]
    fn a_value_is_told_if_the_broken_traces_have_it_and_chance_hardly_ever_brings_that() {
        assert!(counts(12, 12, 0, 100).is_telling());
        // A version that breaks some of its traces only.
        assert!(counts(40, 40, 300, 1000).is_telling());
        assert!(counts(40, 44, 0, 1000).is_telling());
        for (what, counts) in [
            ("all have it", counts(40, 40, 1000, 1000)),
            ("one trace", counts(1, 1, 0, 100)),
            ("half of the broken ones", counts(20, 40, 0, 1000)),
            ("nothing is broken", counts(0, 0, 5, 10)),
            ("nothing is kept", counts(10, 10, 0, 0)),
        ] {
            assert!(!counts.is_telling(), "{what}");
        }
        // The value that Dunning's formula has by hand.
        assert!((counts(5, 5, 0, 95).surprise() - 39.70).abs() < 0.01);
    }
}
