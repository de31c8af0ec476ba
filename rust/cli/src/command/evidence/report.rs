//! `betrace evidence report`: control by control, what records show of a stretch of time and what they cannot.
//!
//! ```text
//! records ──▶ verified ──▶ those of the stretch ──▶ controls ▸ rules ▸ sums, coverage of time ──▶ markdown | html | json | oscal
//! ```

mod catalogue;
mod controls;
mod coverage;
mod html;
mod markdown;
mod oscal;
mod readings;
mod told;
mod weaknesses;

use std::collections::{BTreeMap, BTreeSet};

use betrace_evidence::{Checked, Entry, Verification};

use crate::args::{EvidenceReport, EvidenceReportFormat};
use crate::exit::Exit;
use crate::output::{self, Output};
use crate::window::Window;

use super::read;
use readings::Readings;
use told::{Fault, Framework, Origin, Told, time};

/// Of the product, wherever evidence is shown.
const DISCLAIMER: &str = "BeTrace generates compliance evidence through trace pattern matching. Certification requires \
external auditors (SOC 2) or assessments (HIPAA). BeTrace provides the technical evidence, not the certification itself.";

/// Faults and remarks that are shown one by one.
const SHOWN: usize = 100;

pub fn run(args: &EvidenceReport, out: &mut Output) -> Exit {
    let window = match Window::of(args.from.as_deref(), args.to.as_deref()) {
        Ok(window) => window,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let readings = match Readings::of(&args.rules) {
        Ok(readings) => readings,
        Err(exit) => return exit,
    };
    let verified = match read::checked(&args.records) {
        Ok(verified) => verified,
        Err(exit) => return exit,
    };
    let (from, to) = stretch(&window, &verified);
    let records = within(&verified, from, to);
    let mut told = told(args, (from, to), &records, &readings, &verified);
    if let Some(far) = elsewhere(&records, &verified) {
        output::note(format_args!(
            "{far} Name a time of these with --from and --to."
        ));
        told.weaknesses.push(far);
    }
    if told.records > 0 && told.controls.is_empty() {
        output::fault(unknown(&args.framework, &records));
        return Exit::Usage;
    }
    match args.format {
        EvidenceReportFormat::Json => out.json(&told),
        EvidenceReportFormat::Markdown => markdown::write(&told, out),
        EvidenceReportFormat::Oscal => oscal::write(&told, &records, out),
        EvidenceReportFormat::Html => html::write(&told, out),
    }
    match (verified.records.is_empty(), verified.is_whole()) {
        (true, _) => Exit::Broken,
        (false, true) if told.records > 0 => Exit::Fine,
        (false, _) => Exit::Found,
    }
}

/// What to say of a framework that nothing speaks of: a report without a control would read as one without a fault.
fn unknown(typed: &str, records: &[&Checked]) -> String {
    let mut named: BTreeSet<&str> = catalogue::frameworks().collect();
    for record in records {
        for entry in &record.statement.predicate.entries.list {
            if let Entry::Rule(rule) = entry {
                named.extend(rule.compliance.keys().map(String::as_str));
            }
        }
    }
    let named: Vec<&str> = named.into_iter().collect();
    format!(
        "--framework {typed}: no rule of these records speaks for a control of it, and none is known; there are {}, or name controls with --control",
        named.join(", ")
    )
}

/// As asked for, else all that there are records of; nanoseconds since 1970.
fn stretch(window: &Window, verified: &Verification) -> (u64, u64) {
    let all = &verified.records;
    let from = window.from.or_else(|| all.iter().map(|one| one.from).min());
    let to = window.to.or_else(|| all.iter().map(|one| one.to).max());
    (from.unwrap_or(0), to.unwrap_or(0).max(from.unwrap_or(0)))
}

/// Records that have something of the stretch in them; one without length counts by where it is.
fn within(verified: &Verification, from: u64, to: u64) -> Vec<&Checked> {
    let is_within = |one: &&Checked| {
        let overlaps = one.from < to && one.to > from;
        overlaps || one.from == one.to && (from..=to).contains(&one.from)
    };
    verified.records.iter().filter(is_within).collect()
}

/// Of a stretch of which there is no record: of when there are some.
fn elsewhere(records: &[&Checked], verified: &Verification) -> Option<String> {
    let all = &verified.records;
    let (from, to) = (all.iter().map(|one| one.from), all.iter().map(|one| one.to));
    let (from, to) = records.is_empty().then(|| from.min().zip(to.max()))??;
    let (from, to) = (time(from), time(to));
    Some(format!(
        "No record is of this stretch of time; those that are here are from {from} to {to}."
    ))
}

fn told(
    args: &EvidenceReport,
    (from, to): (u64, u64),
    records: &[&Checked],
    readings: &Readings,
    verified: &Verification,
) -> Told {
    let framework = catalogue::framework(&args.framework);
    let mut weaknesses = weaknesses::of(records);
    if records.iter().any(|one| one.from < from || one.to > to) {
        let text = "Records reach beyond the stretch of time and are counted whole.";
        weaknesses.push(text.to_owned());
    }
    let last = records.last();
    Told {
        framework: Framework {
            name: framework.clone(),
        },
        from: time(from),
        to: time(to),
        records: records.len(),
        last_record_sha256: last.map(|last| last.hash.to_string()),
        last_record: last.map(|last| last.statement.predicate.sequence),
        origin: origin(records),
        whole: verified.is_whole(),
        faults: verified
            .faults
            .iter()
            .take(SHOWN)
            .map(|fault| Fault {
                kind: fault.kind.as_str(),
                place: fault.place.clone(),
                text: fault.text.clone(),
            })
            .collect(),
        faults_total: verified.faults.len(),
        coverage: coverage::of(records, from, to),
        weaknesses,
        changes: verified
            .notes
            .iter()
            .take(SHOWN)
            .map(|note| note.text.clone())
            .collect(),
        controls: controls::of(records, &framework, args, readings),
        disclaimer: DISCLAIMER,
    }
}

fn origin(records: &[&Checked]) -> Origin {
    let mut origin = Origin::default();
    // With the last record of each.
    let mut instances: BTreeMap<&str, &Checked> = BTreeMap::new();
    for record in records {
        let predicate = &record.statement.predicate;
        let rules = record
            .statement
            .subject
            .iter()
            .find(|one| one.name == "rules");
        let rules = rules.and_then(|rules| rules.digest.get("sha256"));
        let rules = rules.map(ToString::to_string).unwrap_or_default();
        for (known, this) in [
            (&mut origin.signers, &predicate.signer),
            (&mut origin.rule_sets, &rules),
            (&mut origin.versions, &predicate.producer.version),
        ] {
            if !known.contains(this) {
                known.push(this.clone());
            }
        }
        instances.insert(&predicate.instance, record);
    }
    origin.instances = instances.len();
    // Each has an end of its own, which nothing else tells of.
    for (instance, last) in &instances {
        let place = format!("{}:{}", last.statement.predicate.sequence, last.hash);
        origin.lasts.push(match instances.len() {
            1 => place,
            _ => format!("{place} of {instance}"),
        });
    }
    origin
}
