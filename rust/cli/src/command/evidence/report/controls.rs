//! The controls of a framework, and what the rules that speak for them came to.

use std::collections::{BTreeMap, BTreeSet};

use betrace_evidence::{Checked, Entry, RuleEntry};

use crate::args::EvidenceReport;

use super::catalogue;
use super::readings::Readings;
use super::told::{Control, Rule, Status, Trace, Violation};

/// Traces that are shown of those that kept a rule, and violations of one.
const SAMPLED: usize = 8;
const VIOLATIONS: usize = 200;

/// Whoever is not asked for a signature may write any number.
fn add(to: &mut u64, count: u64) {
    *to = to.saturating_add(count);
}

/// What the records say of one rule together.
struct Sum<'r> {
    rule: Rule,
    controls: BTreeSet<&'r str>,
    meanings: BTreeSet<&'r str>,
    spans_matched: u64,
    sample: BTreeSet<&'r str>,
    violations: BTreeSet<(&'r str, &'r str)>,
}

pub fn of(
    records: &[&Checked],
    framework: &str,
    args: &EvidenceReport,
    readings: &Readings,
) -> Vec<Control> {
    let url = args.trace_url.as_deref();
    let rules: Vec<(Rule, BTreeSet<&str>)> = sums(records, framework)
        .into_values()
        .map(|sum| sum.told(url, readings))
        .collect();
    let mut ids: BTreeSet<&str> = args.control.iter().map(String::as_str).collect();
    ids.extend(
        catalogue::all()
            .filter(|known| known.framework == framework)
            .map(|known| known.id),
    );
    ids.extend(
        rules
            .iter()
            .flat_map(|(_, controls)| controls.iter().copied()),
    );
    ids.into_iter()
        .map(|id| {
            let known = catalogue::all().find(|one| one.framework == framework && one.id == id);
            Control {
                id: id.to_owned(),
                asks: known.as_ref().map(|known| known.asks),
                cannot_show: known.map(|known| known.cannot_show),
                rules: rules
                    .iter()
                    .filter(|(_, controls)| controls.contains(id))
                    .map(|(rule, _)| rule.clone())
                    .collect(),
            }
        })
        .collect()
}

/// By id, the rules that speak for some control of the framework in any of the records.
fn sums<'r>(records: &[&'r Checked], framework: &str) -> BTreeMap<&'r str, Sum<'r>> {
    let mut sums: BTreeMap<&str, Sum<'r>> = BTreeMap::new();
    for record in records {
        for entry in &record.statement.predicate.entries.list {
            let Entry::Rule(rule) = entry else { continue };
            let named = rule.compliance.iter();
            let controls: Vec<&str> = named
                .filter(|(name, _)| catalogue::is_same(name, framework))
                .flat_map(|(_, controls)| controls.iter().map(String::as_str))
                .collect();
            // A rule that spoke for the framework at another time is summed up whole.
            if !controls.is_empty() || sums.contains_key(rule.id.as_str()) {
                let sum = sums.entry(&rule.id).or_insert_with(|| Sum::begin(rule));
                sum.controls.extend(controls);
                sum.add(rule);
            }
        }
    }
    for record in records {
        for entry in &record.statement.predicate.entries.list {
            let Entry::Violation(one) = entry else {
                continue;
            };
            if let Some(sum) = sums.get_mut(one.rule.as_str()) {
                sum.violations.insert((&one.trace, &one.violation));
            }
        }
    }
    sums
}

impl<'r> Sum<'r> {
    fn begin(entry: &RuleEntry) -> Sum<'r> {
        Sum {
            rule: Rule {
                id: entry.id.clone(),
                severity: String::new(),
                reading: Vec::new(),
                status: Status::NotExercised,
                violated: 0,
                kept: 0,
                satisfied: 0,
                not_applicable: 0,
                inconclusive: BTreeMap::new(),
                excused: 0,
                violations: 0,
                contradicted: 0,
                meanings: 0,
                in_records: 0,
                sample: Vec::new(),
                named_violations: Vec::new(),
            },
            controls: BTreeSet::new(),
            meanings: BTreeSet::new(),
            spans_matched: 0,
            sample: BTreeSet::new(),
            violations: BTreeSet::new(),
        }
    }

    fn add(&mut self, entry: &'r RuleEntry) {
        let rule = &mut self.rule;
        rule.severity.clone_from(&entry.severity);
        add(&mut rule.violated, entry.violated);
        add(&mut rule.kept, entry.kept);
        add(&mut rule.satisfied, entry.satisfied);
        add(&mut rule.not_applicable, entry.not_applicable);
        add(&mut rule.excused, entry.excused);
        add(&mut rule.violations, entry.violations);
        add(&mut rule.contradicted, entry.contradicted);
        rule.in_records += 1;
        for (reason, count) in &entry.inconclusive {
            add(rule.inconclusive.entry(reason.clone()).or_default(), *count);
        }
        add(&mut self.spans_matched, entry.spans_matched);
        self.meanings.insert(&entry.meaning);
        self.sample.extend(entry.sample.iter().map(String::as_str));
    }

    fn told(mut self, url: Option<&str>, readings: &Readings) -> (Rule, BTreeSet<&'r str>) {
        let trace = |id: &str| Trace {
            id: id.to_owned(),
            url: url.map(|url| url.replace("{trace_id}", id)),
        };
        self.rule.status = self.status();
        self.rule.meanings = self.meanings.len();
        // Of several meanings none is the rule's.
        if let [meaning] = Vec::from_iter(&self.meanings)[..] {
            self.rule.reading = readings.get(&self.rule.id, meaning);
        }
        self.rule.sample = self.sample.into_iter().take(SAMPLED).map(trace).collect();
        let violations = self.violations.into_iter().take(VIOLATIONS);
        self.rule.named_violations = violations
            .map(|(of, id)| Violation {
                trace: trace(of),
                id: id.to_owned(),
            })
            .collect();
        (self.rule, self.controls)
    }

    /// Never better than what is known: where no span had to do with the rule, nothing is.
    fn status(&self) -> Status {
        let rule = &self.rule;
        match (
            rule.violated.max(rule.violations),
            rule.unknown(),
            rule.kept,
        ) {
            (1.., ..) => Status::Broken,
            (0, 1.., kept) if kept > 0 || self.spans_matched > 0 => Status::PartlyUnknown,
            (0, 0, 1..) => Status::Kept,
            _ => Status::NotExercised,
        }
    }
}
