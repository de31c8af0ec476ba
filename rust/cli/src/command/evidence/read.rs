//! Records from files, and what they are held against.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use betrace_evidence::{
    Checked, Expectations, Line, PublicKey, RECORD_BYTES, Verification, verify,
};

use crate::args::EvidenceRecords;
use crate::exit::Exit;
use crate::output;
use crate::paths;
use crate::traces::{unpacked, unpacked_stream};
use crate::window::typed;

use super::travelled;

/// How the processor's files of records are called.
const FILE: &str = "betrace-evidence-";

/// How each record begins: canonical JSON of an envelope.
const BEGINNING: &[u8] = b"{\"payload\":";

/// How a file in PEM begins.
const PEM: &[u8] = b"-----BEGIN ";

/// Only recordings, which may hold records as spans, are looked for in one.
const ARCHIVE: &str = "files of records are not read out of an archive: unpack it first";

/// A line and where it stands.
struct Found {
    file: String,
    number: usize,
    text: Vec<u8>,
}

/// Reads and checks; what is wrong with the arguments or cannot be read has been told.
pub fn checked(args: &EvidenceRecords) -> Result<Verification, Exit> {
    let usage = |message: String| {
        output::fault(message);
        Exit::Usage
    };
    let mut expected = expectations(args).map_err(usage)?;
    for head in &args.head {
        let record = head_of(head, &expected)?;
        let number = record.statement.predicate.sequence;
        expected.known.push((number, record.hash));
    }
    let lines = lines(&args.records)?;
    if lines.is_empty() {
        output::fault(
            "no evidence record is here: name files of records, or recordings or exported logs that hold them",
        );
        return Err(Exit::Broken);
    }
    let lines = lines.iter().map(|one| Line {
        file: &one.file,
        number: one.number,
        text: &one.text,
    });
    Ok(verify(lines, &expected))
}

fn expectations(args: &EvidenceRecords) -> Result<Expectations, String> {
    let keys = args.public_key.iter().map(|path| {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let pem = fs::read_to_string(path)
            .map_err(|error| paths::no_file(path, &error, "a public key in PEM"))?;
        PublicKey::of_pem(&pem).map_err(|error| named(&error))
    });
    let until = args.expect_until.as_deref().map(|text| {
        typed(text).ok_or_else(|| format!("--expect-until {text}: no time; as 2026-11-21T09:30"))
    });
    Ok(Expectations {
        keys: keys.collect::<Result<_, _>>()?,
        allows_unsigned: args.unsigned,
        known: args.expect_last.clone(),
        after: args.after.clone(),
        until: until.transpose()?,
        longest_pause: args.longest_pause * 1_000_000_000,
    })
}

/// The record that somebody kept, which must be sound by itself.
fn head_of(path: &Path, expected: &Expectations) -> Result<Checked, Exit> {
    let broken = |message: &str| {
        output::fault(format_args!("--head {}: {message}", path.display()));
        Exit::Broken
    };
    let mut found = Vec::new();
    file_lines(path, &mut found).map_err(|error| broken(&error.to_string()))?;
    let [only] = &found[..] else {
        return Err(broken("it does not hold one record"));
    };
    let line = Line {
        file: &only.file,
        number: 1,
        text: &only.text,
    };
    let alone = Expectations {
        known: Vec::new(),
        until: None,
        ..expected.clone()
    };
    let record = verify([line], &alone).records.pop();
    let sound = record.filter(|record| record.is_sound);
    sound.ok_or_else(|| broken("it is no sound record"))
}

/// The lines of all files, those of a directory in the order of their names.
fn lines(records: &[PathBuf]) -> Result<Vec<Found>, Exit> {
    let inputs = paths::trace_inputs_in(records, &|_| true).map_err(|error| {
        output::fault(error);
        Exit::Broken
    })?;
    let mut found = Vec::new();
    let mut told = Vec::new();
    let mut recordings = Vec::new();
    for input in &inputs.files {
        let path = &input.path;
        if input.directory.is_some() && is_pem(path) {
            output::note(format_args!(
                "{}: passed over, as it holds a key and no records; --public-key reads it",
                path.display()
            ));
            continue;
        }
        let read = match input.is_stdin() {
            true if stdin_holds_records() => unpacked_stream(io::stdin().lock())
                .and_then(|records| lines_of(records, &input.name(), &mut found)),
            false if holds_records(path).unwrap_or(true) => file_lines(path, &mut found),
            false if travelled::is_of_logs(path).unwrap_or(false) => {
                travelled::in_logs(path, &mut told)
            }
            _ => {
                recordings.push(path.clone());
                Ok(())
            }
        };
        if let Err(error) = read {
            output::fault(format_args!("{}: {error}", input.name()));
            return Err(Exit::Broken);
        }
    }
    found.extend(numbered("logs", travelled::sorted(told)));
    if !recordings.is_empty() {
        let held = travelled::in_spans(&recordings);
        let is_without = held.as_ref().map_or(true, Vec::is_empty);
        if is_without && recordings.iter().any(|path| is_archive(path)) {
            output::note(ARCHIVE);
        }
        found.extend(numbered("spans", travelled::sorted(held?)));
    }
    Ok(found)
}

fn numbered(file: &str, lines: Vec<String>) -> impl Iterator<Item = Found> {
    lines.into_iter().zip(1..).map(move |(line, number)| Found {
        file: file.to_owned(),
        number,
        text: line.into_bytes(),
    })
}

/// Whether a file is one of records, by its name as the processor gives it, or by its first bytes; one that is too short to
/// tell is.
fn holds_records(path: &Path) -> io::Result<bool> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(FILE) {
        return Ok(true);
    }
    let begin = travelled::beginning(path, BEGINNING.len())?;
    Ok(begin.is_some_and(|begin| BEGINNING.starts_with(&begin)))
}

/// By its first bytes, packed or not, which stay where they are; what comes in smaller pieces is no pipe of records.
fn stdin_holds_records() -> bool {
    let mut stdin = io::stdin().lock();
    let Ok(first) = stdin.fill_buf() else {
        return false;
    };
    let mut begin = [0; BEGINNING.len()];
    let read = unpacked_stream(first).and_then(|mut source| source.read_exact(&mut begin));
    read.is_ok() && begin == BEGINNING
}

/// Whether a file holds a key or a certificate, which auditors get beside the records.
fn is_pem(path: &Path) -> bool {
    let begin = travelled::beginning(path, PEM.len());
    begin.is_ok_and(|begin| begin.is_some_and(|begin| begin == PEM))
}

fn is_archive(path: &Path) -> bool {
    matches!(unpacked(path), Ok(None))
}

fn file_lines(path: &Path, found: &mut Vec<Found>) -> io::Result<()> {
    let file = unpacked(path)?.ok_or_else(|| io::Error::other(ARCHIVE))?;
    lines_of(file, &path.display().to_string(), found)
}

fn lines_of(records: impl Read, name: &str, found: &mut Vec<Found>) -> io::Result<()> {
    let mut file = BufReader::new(records);
    for number in 1.. {
        let mut text = Vec::new();
        // One byte more than a record may have, so that a longer one is told as such.
        let most = RECORD_BYTES as u64 + 1;
        if file.by_ref().take(most).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        if text.last() == Some(&b'\n') {
            text.pop();
        } else if text.len() as u64 == most {
            skip_line(&mut file)?;
        }
        found.push(Found {
            file: name.to_owned(),
            number,
            text,
        });
    }
    Ok(())
}

fn skip_line(file: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        file.consume(length);
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}
