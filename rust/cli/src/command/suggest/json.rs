//! Suggestions for programs, one object a line.

use serde::Serialize;

use crate::compared::ToldCount;
use crate::english::reading::in_sentences;
use crate::output::Output;

use super::examples::Examples;
use super::suggested::{CERTAIN, Suggested};
use super::text::upper;

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    condition: &'a str,
    says: String,
    /// Of traces that are taken for good alone nothing is said of bad ones, nor of chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    bad: Option<ToldCount>,
    good: ToldCount,
    /// Of false alarms, the upper end of the 95 % interval.
    false_alarms_upper_bound: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    false_discovery_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_certain: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<HeldOut<'a>>,
    first_seen_unix_nano: Option<String>,
    same: &'a [String],
    examples: Vec<String>,
}

#[derive(Serialize)]
struct HeldOut<'a> {
    condition: Option<&'a str>,
    bad: ToldCount,
    good: ToldCount,
}

pub fn write(suggested: &Suggested, examples: &Examples, out: &mut Output) {
    for one in &suggested.all {
        let has_bad = one.bad.traces > 0;
        out.json(&Line {
            rule: &one.id,
            condition: &one.condition,
            says: in_sentences(&one.rule),
            bad: has_bad.then(|| one.bad.told()),
            good: one.good.told(),
            false_alarms_upper_bound: upper(one.good),
            p: has_bad.then_some(one.p),
            false_discovery_rate: has_bad.then_some(one.q),
            is_certain: has_bad.then_some(one.q <= CERTAIN),
            held_out: one.held_out.as_ref().map(|held| HeldOut {
                condition: held.condition.as_deref(),
                bad: held.bad.told(),
                good: held.good.told(),
            }),
            first_seen_unix_nano: one.verdicts.first.map(|first| first.to_string()),
            same: &one.same,
            examples: examples.ids(one),
        });
    }
}
