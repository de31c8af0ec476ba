//! `--evidence`: a record of what the recordings came to, which says that it was made of recordings and of which.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use betrace_engine::Engine;
use betrace_evidence::{
    Cause, Facts, Replayed, Sha256Hex, Signer, Subject, Written, canonical, rules_hash, seal,
};

use crate::args::Replay;
use crate::exit::Exit;
use crate::output::{self, Existing, write_whole};
use crate::paths::{self, TraceInputs};
use crate::traces::{by_resource, latest_end};

/// The private key in PEM, where no file is named.
const KEY_VARIABLE: &str = "BETRACE_EVIDENCE_KEY";

/// Recordings that one record names.
const MOST_RECORDINGS: usize = 10_000;

/// What is known before the recordings are read.
pub struct Evidence {
    path: PathBuf,
    signer: Option<Signer>,
    recordings: Vec<Recording>,
}

/// A file as it was before it was read, so that one that changed meanwhile is not taken for what was.
struct Recording {
    path: PathBuf,
    before: Metadata,
}

/// From the first start to the last end of any span, nanoseconds since 1970.
#[derive(Default)]
pub struct Stretch {
    from: Option<u64>,
    to: u64,
}

impl Stretch {
    pub fn note(&mut self, otlp: &[u8]) {
        by_resource(otlp, |_, spans| {
            let starts = spans.iter().map(|(_, start)| *start);
            let first = starts.filter(|start| *start > 0).min();
            self.from = self.from.into_iter().chain(first).min();
        });
        self.to = self.to.max(latest_end(otlp));
    }
}

/// What a replay needs for a record, where one is asked for; what is wrong has been told.
pub fn begin(args: &Replay, inputs: &TraceInputs) -> Result<Option<Evidence>, Exit> {
    let Some(path) = &args.evidence else {
        return Ok(None);
    };
    let usage = |message: String| {
        output::fault(message);
        Exit::Usage
    };
    paths::writable(path).map_err(usage)?;
    if path.exists() {
        let text = format!(
            "{}: it is there already, and a record is never written over: name another file",
            path.display()
        );
        return Err(usage(text));
    }
    bounded(inputs.files.len()).map_err(usage)?;
    let signer = signer(args.evidence_key.as_deref()).map_err(usage)?;
    let mut recordings = Vec::new();
    for input in &inputs.files {
        if input.is_stdin() {
            let text = "--evidence names its recordings by their hashes, so they must be files";
            return Err(usage(text.to_owned()));
        }
        let before = fs::metadata(&input.path)
            .map_err(|error| usage(format!("{}: {error}", input.path.display())))?;
        recordings.push(Recording {
            path: input.path.clone(),
            before,
        });
    }
    Ok(Some(Evidence {
        path: path.clone(),
        signer,
        recordings,
    }))
}

fn bounded(recordings: usize) -> Result<(), String> {
    if recordings > MOST_RECORDINGS {
        return Err(format!(
            "a record names at most {MOST_RECORDINGS} recordings, and these are {recordings}"
        ));
    }
    Ok(())
}

/// The file that is named, else the variable. Neither is ever shown.
fn signer(path: Option<&Path>) -> Result<Option<Signer>, String> {
    let (name, pem) = match (path, std::env::var(KEY_VARIABLE)) {
        (Some(path), _) => {
            let name = path.display().to_string();
            let pem = fs::read_to_string(path)
                .map_err(|error| paths::no_file(path, &error, "a private key in PEM"))?;
            (name, pem)
        }
        (None, Ok(pem)) if !pem.is_empty() => (KEY_VARIABLE.to_owned(), pem),
        (None, _) => return Ok(None),
    };
    let signer = Signer::of_pem(&pem, None);
    signer.map(Some).map_err(|error| format!("{name}: {error}"))
}

impl Evidence {
    /// Writes the record; the exit where that fails, which has been told.
    #[must_use]
    pub fn write(self, engine: &Engine, stretch: &Stretch, is_broken: bool) -> Option<Exit> {
        let period = engine.take_period()?;
        let mut subjects = Vec::with_capacity(self.recordings.len());
        for recording in &self.recordings {
            match recording.subject() {
                Ok(subject) => subjects.push(subject),
                Err(error) => {
                    output::fault(format_args!("{}: {error}", recording.path.display()));
                    return Some(Exit::Broken);
                }
            }
        }
        let facts = Facts {
            chain: None,
            instance: instance(&subjects, rules_hash(&period.rules)),
            cause: Cause::Replay,
            now: stretch.to,
            producer: Default::default(),
            chain_lost: false,
            violations_lost: Default::default(),
            clock: Default::default(),
            records: Written::default(),
            replay: Some(Replayed {
                from: stretch.from.unwrap_or(stretch.to),
                recordings: subjects,
                is_broken,
            }),
        };
        let sealed = seal(&period, &facts, self.signer.as_ref());
        let mut line = sealed.envelope.line();
        line.push(b'\n');
        if let Err(error) = write_whole(&self.path, &line, Existing::Keep) {
            output::fault(format_args!("{}: {error}", self.path.display()));
            return Some(Exit::Usage);
        }
        output::note(format_args!(
            "evidence: {}, {} ({})",
            self.path.display(),
            sealed.chain.hash,
            match sealed.chain.signer.as_str() {
                betrace_evidence::UNSIGNED => "unsigned".to_owned(),
                key => format!("signed by {key}"),
            }
        ));
        None
    }
}

/// One and the same for the same recordings under the same rules.
fn instance(recordings: &[Subject], rules: Sha256Hex) -> String {
    let hash = Sha256Hex::of(&canonical(&(recordings, rules)));
    hash.to_string()[..32].to_owned()
}

impl Recording {
    /// By the name of the file alone: folders are often called after people.
    fn subject(&self) -> io::Result<Subject> {
        let mut file = File::open(&self.path)?;
        let mut hash = betrace_evidence::Hashing::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                length => hash.update(&buffer[..length]),
            }
        }
        let after = fs::metadata(&self.path)?;
        let is_as_before =
            after.len() == self.before.len() && after.modified()? == self.before.modified()?;
        if !is_as_before {
            return Err(io::Error::other("it changed while it was read"));
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Subject::new(&name, hash.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_recordings_are_named_and_one_more_is_refused() {
        assert!(bounded(MOST_RECORDINGS).is_ok());
        assert!(bounded(MOST_RECORDINGS + 1).is_err());
    }
}
