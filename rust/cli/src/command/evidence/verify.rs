//! `betrace evidence verify`: every fault of a chain of records, and where it ends.

use betrace_evidence::{Checked, Verification, time_text};
use serde::Serialize;

use crate::args::{EvidenceVerify, EvidenceVerifyFormat};
use crate::exit::Exit;
use crate::output::{Output, counted};

use super::read;

#[derive(Serialize)]
struct Told<'a> {
    whole: bool,
    records: usize,
    instances: Vec<Instance<'a>>,
    faults: Vec<Fault<'a>>,
    notes: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Instance<'a> {
    instance: &'a str,
    records: usize,
    first: u64,
    last: u64,
    /// Of the last record's payload, for `--expect-last` and `--after`.
    last_sha256: String,
    from: String,
    to: String,
    signer: &'a str,
}

#[derive(Serialize)]
struct Fault<'a> {
    kind: &'static str,
    place: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Note<'a> {
    place: &'a str,
    text: &'a str,
}

pub fn run(args: &EvidenceVerify, out: &mut Output) -> Exit {
    let found = match read::checked(&args.records) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let told = told(&found);
    match args.format {
        EvidenceVerifyFormat::Json => out.json(&told),
        EvidenceVerifyFormat::Text => text(&told, out),
    }
    match (found.records.is_empty(), found.is_whole()) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Fine,
        (false, false) => Exit::Found,
    }
}

fn told(found: &Verification) -> Told<'_> {
    let mut instances: Vec<Instance<'_>> = Vec::new();
    for record in &found.records {
        let instance = record.statement.predicate.instance.as_str();
        match instances.iter_mut().find(|one| one.instance == instance) {
            Some(known) => known.extend(record),
            None => instances.push(Instance::begin(instance, record)),
        }
    }
    Told {
        whole: found.is_whole(),
        records: found.records.len(),
        instances,
        faults: found
            .faults
            .iter()
            .map(|fault| Fault {
                kind: fault.kind.as_str(),
                place: &fault.place,
                text: &fault.text,
            })
            .collect(),
        notes: found
            .notes
            .iter()
            .map(|note| Note {
                place: &note.place,
                text: &note.text,
            })
            .collect(),
    }
}

impl<'a> Instance<'a> {
    fn begin(instance: &'a str, record: &'a Checked) -> Instance<'a> {
        let predicate = &record.statement.predicate;
        let mut one = Instance {
            instance,
            records: 0,
            first: predicate.sequence,
            last: 0,
            last_sha256: String::new(),
            from: time_text(record.from),
            to: String::new(),
            signer: "",
        };
        one.extend(record);
        one
    }

    fn extend(&mut self, record: &'a Checked) {
        let predicate = &record.statement.predicate;
        self.records += 1;
        self.last = predicate.sequence;
        self.last_sha256 = record.hash.to_string();
        self.to = time_text(record.to);
        self.signer = &predicate.signer;
    }
}

fn text(told: &Told<'_>, out: &mut Output) {
    for fault in &told.faults {
        let place = if fault.place.is_empty() {
            String::new()
        } else {
            format!("{}: ", fault.place)
        };
        out.line(format_args!("{place}{}: {}", fault.kind, fault.text));
    }
    for note in &told.notes {
        out.line(format_args!("{}: note: {}", note.place, note.text));
    }
    for one in &told.instances {
        out.line(format_args!(
            "instance {}: {} from {} to {}, numbers {} to {}, {}",
            one.instance,
            counted(one.records, "record"),
            one.from,
            one.to,
            one.first,
            one.last,
            match one.signer {
                betrace_evidence::UNSIGNED => "unsigned".to_owned(),
                key => format!("signed by {key}"),
            }
        ));
        out.line(format_args!("  last {}:{}", one.last, one.last_sha256));
    }
    let came_to = if told.whole {
        "whole".to_owned()
    } else {
        format!("not whole, {}", counted(told.faults.len(), "fault"))
    };
    out.line(format_args!(
        "{}: {came_to}",
        counted(told.records, "record")
    ));
}
