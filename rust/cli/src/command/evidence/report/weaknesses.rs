//! What weakens the claim of records, in sentences.

use std::collections::BTreeMap;

use betrace_evidence::{Checked, Predicate, UNSIGNED};

use crate::output::{counted, grouped};

pub fn of(records: &[&Checked]) -> Vec<String> {
    let said: Vec<&Predicate> = records.iter().map(|one| &one.statement.predicate).collect();
    let mut all = of_spans(&said);
    all.extend(of_violations(&said));
    all.extend(of_traces(&said));
    all.extend(of_records(&said));
    all
}

/// A sentence, where there is something to count.
fn sentence(count: u64, text: impl FnOnce(u64) -> String) -> Option<String> {
    (count > 0).then(|| text(count))
}

/// Whoever is not asked for a signature may write any number.
fn summed(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

fn by_name<'p>(maps: impl Iterator<Item = &'p BTreeMap<String, u64>>) -> BTreeMap<&'p str, u64> {
    let mut sums = BTreeMap::new();
    for (name, count) in maps.flatten() {
        let sum: &mut u64 = sums.entry(name.as_str()).or_default();
        *sum = sum.saturating_add(*count);
    }
    sums
}

fn of_spans(said: &[&Predicate]) -> Vec<String> {
    let spans = by_name(said.iter().map(|one| &one.spans));
    let told = [
        (
            "over_limit",
            "beyond the limit of their trace were not evaluated",
        ),
        ("malformed", "without a usable id were not evaluated"),
        (
            "conflict",
            "differed from an earlier copy and were not evaluated",
        ),
        ("late", "came after their trace had closed"),
        (
            "unmarked",
            "said to be violations and bore no mark of a known key",
        ),
    ];
    let told = told.into_iter().filter_map(|(outcome, text)| {
        let count = spans.get(outcome).copied().unwrap_or(0);
        sentence(count, |count| format!("{} {text}.", counted(count, "span")))
    });
    told.collect()
}

fn of_violations(said: &[&Predicate]) -> Vec<String> {
    let lost = by_name(said.iter().map(|one| &one.violations.lost));
    let mut told: Vec<String> = lost
        .into_iter()
        .map(|(cause, count)| {
            let spans = counted(count, "violation span");
            format!("{spans} reached nobody ({cause}); they are counted.")
        })
        .collect();
    let unnamed = said
        .iter()
        .map(|one| one.violations.total.saturating_sub(one.violations.listed));
    told.extend(sentence(summed(unnamed), |count| {
        format!(
            "{} of the violations found are not named one by one.",
            grouped(count)
        )
    }));
    told
}

fn of_traces(said: &[&Predicate]) -> Vec<String> {
    let sum = |of: fn(&Predicate) -> u64| summed(said.iter().map(|one| of(one)));
    let told = [
        sentence(sum(|one| one.traces.shed), |count| {
            format!(
                "{} closed early for want of memory.",
                counted(count, "trace")
            )
        }),
        sentence(sum(|one| one.traces.returned), |count| {
            format!(
                "{} came again after they were forgotten.",
                counted(count, "trace")
            )
        }),
        sentence(
            sum(|one| one.rules.total.saturating_sub(one.rules.listed)),
            |count| {
                format!(
                    "{} a rule did not fit into a record; of it there is no figure.",
                    counted(count, "time")
                )
            },
        ),
    ];
    told.into_iter().flatten().collect()
}

fn of_records(said: &[&Predicate]) -> Vec<String> {
    let sum = |of: fn(&Predicate) -> u64| summed(said.iter().map(|one| of(one)));
    let told = [
        sentence(sum(|one| one.clock.jumps), |count| {
            format!("The machine's clock was set {}.", counted(count, "time"))
        }),
        sentence(
            sum(|one| one.records.dropped.saturating_add(one.records.periods_lost)),
            |count| {
                format!(
                    "{} could not be written and went.",
                    counted(count, "record")
                )
            },
        ),
        sentence(sum(|one| one.records.failed), |count| {
            format!("{} to write a record failed.", counted(count, "attempt"))
        }),
        sentence(sum(|one| u64::from(one.signer == UNSIGNED)), |count| {
            format!("{} unsigned.", are(count))
        }),
        sentence(
            sum(|one| u64::from(one.recordings.is_some_and(|read| read.broken))),
            |count| {
                format!(
                    "{} of recordings of which some could not be read.",
                    are(count)
                )
            },
        ),
    ];
    told.into_iter().flatten().collect()
}

fn are(count: u64) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(count, "record"))
}
