//! From what was mined to what is suggested: each candidate as a rule, judged by the engine over the recordings, those left
//! out that other rules make needless.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use betrace_engine::PlanError;
use betrace_lang::rule::{Completeness, Rule, RuleId};
use betrace_lang::{Limits, SourceFile, load};
use betrace_suggest::{
    FALSE_ALARMS, Factorials, Found, Half, Ranked, Sample, Sides, Table, condition, mine, ranked,
    rule_id,
};

use crate::compared::{Count, Places};
use crate::judged::{Number, Verdicts, judged};
use crate::output::Working;
use crate::spool::Spooled;

/// Candidates that the engine judges for each that is shown.
const JUDGED: usize = 4;

/// Other conditions that say the same, of which some are told.
const SAME: usize = 3;

/// Times that are apart by this factor are no matter of load.
const APART: f64 = 3.0;

/// What chance brings more seldom than this among all that was tried is more than chance.
pub const CERTAIN: f64 = 0.05;

/// One rule that is suggested, with what the engine says of it.
pub struct Suggestion {
    pub id: String,
    pub condition: String,
    pub rule: Arc<Rule>,
    pub verdicts: Verdicts,
    pub bad: Count,
    pub good: Count,
    /// The chance of as many bad traces among those that break it.
    pub p: f64,
    /// The rate of false discoveries at which it is still one.
    pub q: f64,
    /// What it does in the half that it was not taken from.
    pub held_out: Option<HeldOut>,
    /// Others that say the same on these traces.
    pub same: Vec<String>,
}

/// The rule as half of the traces give it, on the other half.
pub struct HeldOut {
    /// Where that is another one: its bound or its values come from half of the traces.
    pub condition: Option<String>,
    pub bad: Count,
    pub good: Count,
}

/// What came of all.
pub struct Suggested {
    pub all: Vec<Suggestion>,
    /// How many tests were made that could have found something.
    pub tests: usize,
    /// Candidates that an existing rule makes needless.
    pub implied: usize,
    /// Candidates that are not shown, as chance may have brought them.
    pub chance: usize,
}

/// Ids of rules that are taken.
#[derive(Default)]
pub struct Ids(HashSet<String>);

impl Ids {
    /// `id`, with a number behind it where it is taken.
    pub fn unused(&mut self, id: &str) -> String {
        let mut unused = id.to_owned();
        let mut next = 2;
        while !self.0.insert(unused.clone()) {
            unused = format!("{id}-{next}");
            next += 1;
        }
        unused
    }
}

/// A candidate on its way to the engine.
struct Proposed {
    id: String,
    condition: String,
    /// From half of the traces: `None` if it is not found there.
    half: Option<String>,
    p: f64,
    q: f64,
    /// Its bound lies between times that are apart by hardly more than the load of a machine is.
    is_close: bool,
    same: Vec<String>,
}

/// What tells the bad traces of `places` from the good ones, at most `most` rules, the best first.
pub fn suggested(
    places: &Places<'_>,
    spooled: &Spooled,
    existing: &[Arc<Rule>],
    completeness: Completeness,
    most: usize,
) -> Result<Suggested, PlanError> {
    let table = places.table;
    let working = Working::at("looking for what tells the bad traces from the good ones");
    let whole = mine(&Sample::whole(table));
    let half = mine(&Sample::half(table));
    drop(working);
    let proposed = proposed(table, &ranked(&whole, most * JUDGED), &half);
    let mut rules = Vec::new();
    for one in &proposed {
        rules.extend(compiled(&one.id, &one.condition));
        rules.extend(compiled(
            &half_id(&one.id),
            one.half.as_ref().unwrap_or(&one.condition),
        ));
    }
    rules.extend(existing.iter().map(|rule| {
        Arc::new(Rule {
            id: RuleId(format!("existing {}", rule.id.0).into()),
            ..(**rule).clone()
        })
    }));
    let verdicts = judged(&rules, completeness, spooled, places)?;
    let mut judged: HashMap<String, (Arc<Rule>, Verdicts)> = rules
        .into_iter()
        .zip(verdicts)
        .map(|(rule, verdicts)| (rule.id.0.to_string(), (rule, verdicts)))
        .collect();
    let known: Vec<BTreeSet<Number>> = existing
        .iter()
        .filter_map(|rule| judged.remove(&format!("existing {}", rule.id.0)))
        .map(|(_, verdicts)| verdicts.violated.into_iter().collect())
        .collect();
    let mut suggested = Suggested {
        all: Vec::new(),
        tests: whole.tests,
        implied: 0,
        chance: 0,
    };
    let factorials = Factorials::up_to(table.sides.bad + table.sides.good);
    let mut seen: HashSet<Vec<Number>> = HashSet::new();
    for one in proposed {
        let half = judged.remove(&half_id(&one.id));
        let Some((rule, verdicts)) = judged.remove(&one.id) else {
            continue;
        };
        let Some(suggestion) = weighed(places, &factorials, one, rule, verdicts, half) else {
            continue;
        };
        let violated = &suggestion.verdicts.violated;
        if known
            .iter()
            .any(|known| violated.iter().all(|number| known.contains(number)))
        {
            suggested.implied += 1;
            continue;
        }
        let adds = suggested.all.iter().all(|shown| adds(&suggestion, shown));
        if adds && seen.insert(violated.clone()) && suggested.all.len() < most {
            suggested.all.push(suggestion);
        }
    }
    Ok(suggested)
}

/// It catches a bad trace that `shown` does not, or is by itself less of a chance.
fn adds(one: &Suggestion, shown: &Suggestion) -> bool {
    let caught: HashSet<Number> = shown.verdicts.violated.iter().copied().collect();
    let is_less = one
        .verdicts
        .violated
        .iter()
        .all(|number| caught.contains(number));
    !is_less || one.p < shown.p
}

fn half_id(id: &str) -> String {
    format!("half of {id}")
}

/// Each candidate in the first of its forms that can be written.
fn proposed(table: &Table, ranked: &[Ranked], half: &Found) -> Vec<Proposed> {
    let mut ids = Ids::default();
    let mut proposed = Vec::new();
    for one in ranked {
        let mut written = one
            .alike
            .iter()
            .filter_map(|candidate| Some((candidate, condition(table, &candidate.form)?)));
        let Some((candidate, text)) = written.next() else {
            continue;
        };
        let same = written.map(|(_, text)| text).take(SAME).collect();
        let id = ids.unused(&rule_id(table, &candidate.form));
        let again = half.like(&candidate.form);
        proposed.push(Proposed {
            half: again
                .filter(|again| again.form.is_fitted())
                .and_then(|again| condition(table, &again.form)),
            condition: text,
            is_close: candidate.apart < APART,
            p: candidate.p,
            q: one.q,
            id,
            same,
        });
    }
    proposed
}

/// The rule of a condition that is known to load.
pub fn compiled(id: &str, condition: &str) -> Option<Arc<Rule>> {
    let mut text = format!("rules:\n  - id: {id:?}\n    condition: |\n");
    for line in condition.lines() {
        text.push_str(&format!("      {line}\n"));
    }
    let loaded = load(&[SourceFile::new("suggested", text)], &Limits::default());
    loaded.rules.into_iter().next().map(|loaded| loaded.rule)
}

/// `None`: the engine does not say what the table said, and it is nothing to show.
fn weighed(
    places: &Places<'_>,
    factorials: &Factorials,
    proposed: Proposed,
    rule: Arc<Rule>,
    verdicts: Verdicts,
    half: Option<(Arc<Rule>, Verdicts)>,
) -> Option<Suggestion> {
    let (bad, good) = places.counts(&verdicts, |_| true);
    let applies = good.violated + good.satisfied;
    if bad.violated == 0 || f64::from(good.violated) > FALSE_ALARMS * f64::from(applies) {
        return None;
    }
    let sides = |bad: u32, good: u32| Sides { bad, good };
    let broken = sides(bad.violated, good.violated);
    let p = factorials.fisher(broken, sides(bad.violated + bad.satisfied, applies));
    let held_out = half.map(|(_, verdicts)| {
        let (bad, good) = places.counts(&verdicts, |number| places.half(number) == Half::HeldOut);
        HeldOut {
            condition: proposed.half.filter(|half| *half != proposed.condition),
            bad,
            good,
        }
    });
    // Of one bad trace nothing can be held out, and without one in that half it tells nothing.
    let held_out = held_out.filter(|held| bad.traces > 1 && held.bad.traces > 0);
    let q = (proposed.q * p / proposed.p.max(f64::MIN_POSITIVE)).clamp(p, 1.0);
    // Of times something always is the longest.
    if proposed.is_close && q > CERTAIN {
        return None;
    }
    Some(Suggestion {
        q,
        id: proposed.id,
        condition: proposed.condition,
        rule,
        verdicts,
        bad,
        good,
        p,
        held_out,
        same: proposed.same,
    })
}
