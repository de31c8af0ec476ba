//! Records after each other: numbers, hashes, time, keys; and what is expected of all of them.

use std::collections::BTreeMap;

use crate::key::UNSIGNED;
use crate::record::{Cause, Ended, Entry};
use crate::time::time_text;

use crate::verify::told::{Checked, Expectations, FaultKind, Verification};

pub fn check(expected: &Expectations, found: &mut Verification) {
    let records = std::mem::take(&mut found.records);
    let mut instances: Vec<(&str, Vec<&Checked>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &records {
        let instance = record.statement.predicate.instance.as_str();
        let place = *places.entry(instance).or_insert(instances.len());
        if place == instances.len() {
            instances.push((instance, Vec::new()));
        }
        instances[place].1.push(record);
    }
    for (instance, chain) in &instances {
        if let Some(first) = chain.first() {
            begins(instance, first, expected, found);
        }
        for pair in chain.windows(2) {
            follows(pair[0], pair[1], expected, found);
        }
    }
    ends(&records, &instances, expected, found);
    found.records = records;
}

fn begins(instance: &str, first: &Checked, expected: &Expectations, found: &mut Verification) {
    let predicate = &first.statement.predicate;
    let before = predicate.sequence.saturating_sub(1);
    let is_known = |previous| expected.after.contains(&(before, previous));
    match (predicate.sequence, predicate.previous) {
        (1, None) => {}
        (2.., Some(previous)) if is_known(previous) => {}
        (2.., Some(_)) => {
            let text = format!(
                "instance {}: {} not here",
                shown(instance),
                missing(1, before)
            );
            found.fault(FaultKind::Missing, &first.place, text);
        }
        _ => {
            let text = "its number and the hash of the record before do not go together";
            found.fault(FaultKind::Unlinked, &first.place, text.to_owned());
        }
    }
    if predicate.before.as_ref().map(|before| before.ended) == Some(Ended::ChainLost) {
        let text = "the chain before it was lost: what was stored of it could not be read";
        found.fault(FaultKind::Missing, &first.place, text.to_owned());
    }
    if predicate.signer == UNSIGNED {
        found.note(&first.place, "from here on records are unsigned".to_owned());
    }
}

fn missing(from: u64, to: u64) -> String {
    if from >= to {
        format!("record {to} is")
    } else {
        format!("records {from} to {to} are")
    }
}

/// Whatever stands in a file is shown as what it is.
fn shown(instance: &str) -> String {
    instance.escape_debug().take(64).collect()
}

fn follows(a: &Checked, b: &Checked, expected: &Expectations, found: &mut Verification) {
    let (of_a, of_b) = (&a.statement.predicate, &b.statement.predicate);
    let instance = shown(&of_b.instance);
    let number = of_b.sequence;
    if number == of_a.sequence {
        let (kind, text) = if a.hash == b.hash {
            (
                FaultKind::Repeated,
                format!("instance {instance}: record {number} stands twice"),
            )
        } else {
            (
                FaultKind::Forked,
                format!(
                    "instance {instance}: two different records have the number {number} (the other: {})",
                    a.place
                ),
            )
        };
        found.fault(kind, &b.place, text);
        return;
    }
    if number < of_a.sequence {
        let text = format!(
            "instance {instance}: record {number} stands behind record {}",
            of_a.sequence
        );
        found.fault(FaultKind::OutOfOrder, &b.place, text);
        return;
    }
    if number - of_a.sequence > 1 {
        let text = format!(
            "instance {instance}: {} not here",
            missing(of_a.sequence + 1, number - 1)
        );
        found.fault(FaultKind::Missing, &b.place, text);
    } else if of_b.previous != Some(a.hash) {
        let text = format!(
            "instance {instance}: record {number} does not follow from the record {} that is here",
            of_a.sequence
        );
        found.fault(FaultKind::Unlinked, &b.place, text);
    }
    in_time(a, b, expected, found);
    by_key(a, b, found);
    under_rules(a, b, found);
}

fn in_time(a: &Checked, b: &Checked, expected: &Expectations, found: &mut Verification) {
    let of_b = &b.statement.predicate;
    let stretch = format!("from {} to {}", time_text(a.to), time_text(b.from));
    if b.from < a.to {
        let text = format!(
            "the clock was set back: it begins at {}, and the record before ended at {}",
            time_text(b.from),
            time_text(a.to)
        );
        found.fault(FaultKind::ClockBack, &b.place, text);
    } else if of_b.cause == Cause::Start {
        let how = match of_b.before.as_ref().map(|before| before.ended) {
            Some(Ended::Stopped) => "stopped in order, and not running",
            _ => "killed, and nothing is known of the time",
        };
        let text = format!("{how} {stretch}");
        if b.from - a.to > expected.longest_pause {
            found.fault(FaultKind::NotRunning, &b.place, text);
        } else {
            found.note(&b.place, text);
        }
    } else if b.from > a.to {
        found.fault(
            FaultKind::TimeGap,
            &b.place,
            format!("nothing is known of the time {stretch}"),
        );
    }
}

fn by_key(a: &Checked, b: &Checked, found: &mut Verification) {
    let (of_a, of_b) = (&a.statement.predicate, &b.statement.predicate);
    if of_a.signer == of_b.signer {
        return;
    }
    if of_b.hand_over_from.as_ref() == Some(&of_a.signer) {
        let text = format!(
            "the key {} hands over to the key {}, signed by both",
            of_a.signer, of_b.signer
        );
        found.note(&b.place, text);
    } else if of_a.signer == UNSIGNED {
        let text = format!("from here on records are signed by the key {}", of_b.signer);
        found.note(&b.place, text);
    } else {
        let text = format!(
            "the key changed, and the one before did not sign the hand-over: {} to {}",
            shown(&of_a.signer),
            shown(&of_b.signer)
        );
        found.fault(FaultKind::HandOver, &b.place, text);
    }
}

/// Which rules are others than in the record before.
fn under_rules(a: &Checked, b: &Checked, found: &mut Verification) {
    let digest = |one: &Checked| {
        let rules = one.statement.subject.iter().find(|one| one.name == "rules");
        rules.and_then(|rules| rules.digest.get("sha256").copied())
    };
    if digest(a) == digest(b) {
        return;
    }
    let (before, after) = (meanings(a), meanings(b));
    let mut changes = Vec::new();
    for (id, meaning) in &after {
        match before.get(id) {
            None => changes.push(format!("{} is new", shown(id))),
            Some(other) if other != meaning => changes.push(format!("{} changed", shown(id))),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|id| !after.contains_key(*id));
    changes.extend(gone.map(|id| format!("{} is gone", shown(id))));
    let more = changes.len().saturating_sub(20);
    changes.truncate(20);
    if more > 0 {
        changes.push(format!("and {more} more"));
    }
    let text = format!("the rules are others from here on: {}", changes.join(", "));
    found.note(&b.place, text);
}

fn meanings(record: &Checked) -> BTreeMap<&str, &str> {
    let list = record.statement.predicate.entries.list.iter();
    list.filter_map(|entry| match entry {
        Entry::Rule(rule) => Some((rule.id.as_str(), rule.meaning.as_str())),
        Entry::Violation(_) => None,
    })
    .collect()
}

/// What is expected of all records together.
fn ends(
    records: &[Checked],
    instances: &[(&str, Vec<&Checked>)],
    expected: &Expectations,
    found: &mut Verification,
) {
    for (number, hash) in &expected.known {
        let is_there =
            |one: &Checked| one.statement.predicate.sequence == *number && one.hash == *hash;
        if !records.iter().any(is_there) {
            let text = format!("record {number} with the hash {hash} is expected, and not here");
            found.fault(FaultKind::NotThere, "", text);
        }
    }
    let Some(until) = expected.until else { return };
    let mut reaches = false;
    for (instance, chain) in instances {
        let Some(last) = chain.last() else { continue };
        if last.to >= until {
            reaches = true;
            continue;
        }
        let text = format!(
            "instance {}: its records end at {}",
            shown(instance),
            time_text(last.to)
        );
        match last.statement.predicate.cause {
            Cause::Stop => found.note(&last.place, format!("{text}, where it stopped")),
            _ => {
                reaches = true;
                let text = format!("{text}, before {}", time_text(until));
                found.fault(FaultKind::EndsEarly, &last.place, text);
            }
        }
    }
    if !reaches {
        let text = format!("no record reaches {}", time_text(until));
        found.fault(FaultKind::EndsEarly, "", text);
    }
}
