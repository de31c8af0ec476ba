//! Rules with other bounds: each bound is moved by itself, and the engine says what every one of these rules would have done.

use std::sync::Arc;

use betrace_lang::meaning_hash;
use betrace_lang::rule::{Rule, RuleId};

use crate::compared::Count;

use super::bounds::{Value, each};

/// How far a bound is moved, as factors.
const FACTORS: [f64; 24] = [
    0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.65, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0,
    10.0, 20.0, 50.0, 150.0, 500.0, 2_000.0, 10_000.0,
];

/// What else a number is set to that is nothing, or hardly more.
const SMALL: [f64; 5] = [1.0, 2.0, 5.0, 10.0, 100.0];

/// One rule with one bound moved.
pub struct Varied {
    /// Its place among the rules that are tuned.
    pub of: usize,
    /// Which of its bounds.
    pub bound: usize,
    pub value: Value,
    pub rule: Arc<Rule>,
}

/// A bound of a rule as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    pub text: String,
    pub value: Value,
}

/// The bounds of a rule.
#[must_use]
pub fn standing(rule: &Rule) -> Vec<Standing> {
    let mut found = Vec::new();
    each(&mut rule.body.clone(), &mut |text, bound| {
        found.push(Standing {
            text: text.to_owned(),
            value: bound.value(),
        });
    });
    found
}

/// The rule with each of its bounds moved up and down.
#[must_use]
pub fn varied(of: usize, rule: &Rule) -> Vec<Varied> {
    let mut all = Vec::new();
    for (bound, standing) in standing(rule).into_iter().enumerate() {
        for value in others(standing.value) {
            let mut body = rule.body.clone();
            let mut at = 0;
            each(&mut body, &mut |_, mut here| {
                if at == bound {
                    here.set(value);
                }
                at += 1;
            });
            let id = format!("{} {bound} {}", rule.id.0, value.text());
            all.push(Varied {
                of,
                bound,
                value,
                rule: Arc::new(Rule {
                    id: RuleId(id.into()),
                    hash: meaning_hash(&body, rule.completeness),
                    body,
                    ..rule.clone()
                }),
            });
        }
    }
    all
}

/// Values around one, each once.
fn others(value: Value) -> Vec<Value> {
    let moved = FACTORS.iter().filter_map(|factor| value.times(*factor));
    let is_small = matches!(value, Value::Number(_)) && value.size().abs() < 10.0;
    let unit = Value::Number(betrace_lang::rule::Number::Int(1));
    let small = SMALL.iter().filter_map(|size| unit.times(*size));
    let mut others: Vec<Value> = moved.chain(small.filter(|_| is_small)).collect();
    others.sort_by(|a, b| a.size().total_cmp(&b.size()));
    others.dedup_by(|a, b| a.size() == b.size());
    others.retain(|other| other.size() != value.size());
    others
}

/// What a rule did on either side.
#[derive(Clone, Copy, Debug, Default)]
pub struct Did {
    pub bad: Count,
    pub good: Count,
}

impl Did {
    /// So few good traces break it as a rule may have for false alarms.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let applies = self.good.violated + self.good.satisfied;
        f64::from(self.good.violated) <= betrace_suggest::FALSE_ALARMS * f64::from(applies)
    }
}

/// Of the rules with one bound moved the one to take instead of what stands: quiet, with the most bad traces caught, and
/// nearest to what stands. `None`: what stands does as well.
#[must_use]
pub fn better<'v>(
    standing: Value,
    now: Did,
    moved: impl Iterator<Item = (&'v Varied, Did)>,
) -> Option<(&'v Varied, Did)> {
    let far = |value: Value| {
        let (a, b) = (
            value.size().abs().max(1e-9),
            standing.size().abs().max(1e-9),
        );
        (a / b).ln().abs()
    };
    let quiet = moved.filter(|(_, did)| did.is_quiet());
    let best = quiet.max_by(|(a, did), (b, other)| {
        let caught = did.bad.violated.cmp(&other.bad.violated);
        caught.then(far(b.value).total_cmp(&far(a.value)))
    });
    best.filter(|(_, did)| {
        let caught = did.bad.violated;
        // Quiet at the price of every bad trace is no gain.
        let is_worth = now.bad.violated == 0 || caught > 0;
        is_worth && (!now.is_quiet() || caught > now.bad.violated)
    })
}
