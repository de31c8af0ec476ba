//! What all good traces keep: rules that nobody may have written down, each judged by the engine.

use std::collections::HashMap;
use std::sync::Arc;

use betrace_engine::PlanError;
use betrace_lang::rule::{Completeness, Rule};
use betrace_suggest::{FALSE_ALARMS, Family, Invariant, Sample, condition, invariants, rule_id};

use crate::compared::Places;
use crate::judged::{Number, judged};
use crate::output::Working;
use crate::spool::Spooled;

use super::suggested::{Ids, Suggested, Suggestion, compiled};

/// Rules that the engine judges for each that is shown.
const JUDGED: usize = 6;

/// Rules of one family about the same traces that are shown.
const ALIKE: usize = 2;

/// What a rule loses for each one of its family before it.
const REPEATED: f64 = 0.6;

/// The rules that the good traces keep, at most `most`, those that say most first.
pub fn kept(
    places: &Places<'_>,
    spooled: &Spooled,
    completeness: Completeness,
    most: usize,
) -> Result<Suggested, PlanError> {
    let table = places.table;
    let mut ids = Ids::default();
    let mut written = Vec::new();
    let working = Working::at("looking for what all traces keep");
    let found = invariants(&Sample::whole(table));
    drop(working);
    for one in mixed(found, most * JUDGED) {
        let id = ids.unused(&rule_id(table, &one.form));
        let rule = condition(table, &one.form).and_then(|text| {
            let rule = compiled(&id, &text)?;
            Some((one.form.family(), id, text, rule))
        });
        written.extend(rule);
    }
    let rules: Vec<Arc<Rule>> = written.iter().map(|(.., rule)| Arc::clone(rule)).collect();
    let verdicts = judged(&rules, completeness, spooled, places)?;
    let mut all = Vec::new();
    let mut alike: HashMap<(Family, Vec<Number>), usize> = HashMap::new();
    for ((family, id, condition, rule), verdicts) in written.into_iter().zip(verdicts) {
        let (bad, good) = places.counts(&verdicts, |_| true);
        let applies = f64::from(good.violated + good.satisfied);
        let is_kept = good.satisfied > 0 && f64::from(good.violated) <= FALSE_ALARMS * applies;
        let place = alike
            .entry((family, verdicts.satisfied.clone()))
            .or_default();
        *place += 1;
        if is_kept && *place <= ALIKE && all.len() < most {
            all.push(Suggestion {
                id,
                condition,
                rule,
                verdicts,
                bad,
                good,
                p: 1.0,
                q: 1.0,
                held_out: None,
                same: Vec::new(),
            });
        }
    }
    Ok(Suggested {
        all,
        tests: 0,
        implied: 0,
        chance: 0,
    })
}

/// The first `most`, families in turn where they say as much.
fn mixed(mut left: Vec<Invariant>, most: usize) -> Vec<Invariant> {
    let mut before: HashMap<Family, f64> = HashMap::new();
    let mut mixed = Vec::new();
    while mixed.len() < most && !left.is_empty() {
        let weight = |one: &Invariant| {
            let family = before.get(&one.form.family()).copied().unwrap_or(0.0);
            one.weight - REPEATED * family
        };
        let best = left
            .iter()
            .enumerate()
            .max_by(|(at, a), (other, b)| weight(a).total_cmp(&weight(b)).then(other.cmp(at)));
        let Some((at, _)) = best else { break };
        let one = left.remove(at);
        *before.entry(one.form.family()).or_default() += 1.0;
        mixed.push(one);
    }
    mixed
}
