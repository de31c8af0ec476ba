//! What all good traces keep, and nobody may have written down: rules that no trace breaks, and that say something because
//! they could be broken. The strongest form that holds is taken, and of neighbours the nearest.

use std::collections::HashMap;

use crate::bits::Bits;
use crate::candidate::Collector;
use crate::form::{Form, Of, Relation, Selector, Structure, Test};
use crate::nearness::Nearness;
use crate::sample::{Roster, Sample};
use crate::table::{NameId, Place};

use crate::mine::cut::Cut;
use crate::mine::{existence, join, order, structure, value};

/// Traces that a rule has to hold in before it is more than a habit.
const ENOUGH: u32 = 20;

/// Names that are compared with one another, pair by pair.
const NAMES: usize = 200;

/// Values that an attribute always has one of.
const LISTED: usize = 3;

/// A rule that holds.
pub struct Invariant {
    pub form: Form,
    /// In how many traces there was something to keep.
    pub holds_in: u32,
    /// How much it says: the rarer what it asks for is elsewhere, the more.
    pub weight: f64,
}

/// Rules that the sample keeps, those that say most first.
#[must_use]
pub fn invariants(sample: &Sample<'_>) -> Vec<Invariant> {
    let from = Collector::new(sample);
    let roster = Roster::of(sample, ENOUGH, NAMES);
    let mut found = Vec::new();
    follows(&from, &roster, &mut found);
    gated(&from, &roster, &mut found);
    joined(&from, &roster, &mut found);
    valued(&from, &roster, &mut found);
    called(&from, &roster, &mut found);
    found.sort_by(|a, b| {
        let weight = b.weight.total_cmp(&a.weight);
        weight.then(b.holds_in.cmp(&a.holds_in))
    });
    found
}

/// How seldom traces are in the set, in bits: what is everywhere says nothing.
fn surprise(sample: &Sample<'_>, set: &Bits) -> f64 {
    let count = set.count();
    let all = f64::from(sample.sides.good + sample.sides.bad);
    -(f64::from(count.good + count.bad) / all.max(1.0)).log2()
}

/// For each name the nearest other one that always comes with it, in the order in which it does.
fn follows(from: &Collector<'_, '_>, roster: &Roster, found: &mut Vec<Invariant>) {
    let sample = from.sample;
    let nearness = Nearness::of(sample);
    let broken = order::broken(from, roster);
    for bound in 0..roster.count() {
        let known = roster.sets[bound].and(&sample.complete);
        let holds_in = known.count().good;
        if holds_in < ENOUGH {
            continue;
        }
        let mut nearest: Option<(f64, usize, Relation)> = None;
        for needs in (0..roster.count()).filter(|needs| *needs != bound) {
            if known.count_without(&roster.sets[needs]).good > 0 {
                continue;
            }
            let of_pair = broken[bound * roster.count() + needs];
            for relation in [Relation::After, Relation::Before] {
                if of_pair[relation as usize].good > 0 {
                    continue;
                }
                let (first, second) = match relation {
                    Relation::After => (bound, needs),
                    _ => (needs, bound),
                };
                let far = nearness.far(roster.names[first], roster.names[second]);
                if nearest.is_none_or(|(least, ..)| far < least) {
                    nearest = Some((far, needs, relation));
                }
            }
        }
        if let Some((_, needs, relation)) = nearest {
            found.push(Invariant {
                form: Form::Each {
                    bound: roster.names[bound],
                    needs: roster.names[needs],
                    relation,
                    within: None,
                },
                holds_in,
                weight: 1.0 + surprise(sample, &roster.sets[needs]).min(6.0),
            });
        }
    }
}

/// What comes exactly where a number is beyond a bound.
fn gated(from: &Collector<'_, '_>, roster: &Roster, found: &mut Vec<Invariant>) {
    let sample = from.sample;
    for ((name, key), mut most) in existence::largest(from, roster) {
        most.retain(|(slot, _)| sample.complete.has(*slot as usize));
        for (needed, set) in roster.names.iter().zip(&roster.sets) {
            if *needed == name {
                continue;
            }
            let (has, lacks): (Vec<_>, Vec<_>) =
                most.iter().partition(|(slot, _)| set.has(*slot as usize));
            let least = has.iter().map(|(_, figure)| *figure).reduce(f64::min);
            let kept = lacks.iter().map(|(_, figure)| *figure).reduce(f64::max);
            let (Some(beyond), Some(kept)) = (least, kept) else {
                continue;
            };
            // Only where the number alone decides.
            let few = u32::try_from(has.len().min(lacks.len())).unwrap_or(u32::MAX);
            if beyond <= kept || few < ENOUGH / 2 {
                continue;
            }
            let bound = Cut { beyond, kept }.round();
            found.push(Invariant {
                form: Form::Always {
                    when: Selector::of(Of::Name(name), Test::Above(key, bound)),
                    then: Selector::name(*needed),
                },
                holds_in: u32::try_from(has.len()).unwrap_or(u32::MAX),
                weight: 6.0,
            });
        }
    }
}

/// Identifiers and amounts that always fit.
fn joined(from: &Collector<'_, '_>, roster: &Roster, found: &mut Vec<Invariant>) {
    for (form, holds_in) in join::held(from, roster) {
        if holds_in >= ENOUGH {
            found.push(Invariant {
                form,
                holds_in,
                weight: 5.0,
            });
        }
    }
}

/// Attributes that always have one of a few values, none of them seen once only.
fn valued(from: &Collector<'_, '_>, roster: &Roster, found: &mut Vec<Invariant>) {
    let table = from.sample.table;
    for ((of, key), values) in value::known(from, roster) {
        let Of::Name(name) = of else { continue };
        let own = table.key(key);
        let holds_in = roster.set(Of::Name(name)).map_or(0, |set| set.count().good);
        let is_closed = values.iter().all(|(_, set)| set.count().good > 1);
        // That there are several says that there is a choice.
        if own.place != Place::Attribute
            || !is_closed
            || holds_in < ENOUGH
            || !(2..=LISTED).contains(&values.len())
        {
            continue;
        }
        let listed = values.iter().map(|(value, _)| *value).collect();
        found.push(Invariant {
            form: Form::Never(Selector::of(of, Test::NotIn(key, listed))),
            holds_in,
            weight: 2.5,
        });
    }
}

/// Services by which alone spans of a name are called.
fn called(from: &Collector<'_, '_>, roster: &Roster, found: &mut Vec<Invariant>) {
    let Some(service) = structure::service_key(from) else {
        return;
    };
    let mut callers: HashMap<NameId, Vec<_>> = HashMap::new();
    for (name, value, set) in structure::known_callers(from, roster, service) {
        callers.entry(name).or_default().push((value, set));
    }
    for (name, callers) in callers {
        let holds_in = callers
            .iter()
            .map(|(_, set): &(_, Bits)| set.clone())
            .reduce(|a, b| a.or(&b))
            .map_or(0, |set| set.count().good);
        if holds_in < ENOUGH || callers.len() > LISTED {
            continue;
        }
        let listed = callers.iter().map(|(value, _)| *value).collect();
        found.push(Invariant {
            form: Form::Placed {
                spans: name,
                structure: Structure::ChildOf,
                other: Selector::of(Of::Any, Test::NotIn(service, listed)),
            },
            holds_in,
            weight: 2.0,
        });
    }
}
