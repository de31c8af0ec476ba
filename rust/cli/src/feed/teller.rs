//! What is told of the inputs while they are read: on standard error, each with the name of its input and its place.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use betrace_engine::{ConsumeError, TraceId};

use super::progress::Progress;
use crate::output;
use crate::paths::TraceInputs;
use crate::traces::At;

/// What the reader says.
pub enum Message {
    /// The name of the input that follows.
    Begin(String),
    Batch(Vec<u8>, At),
    Broken(At, String),
    Note(String),
    Partial(TraceId),
    /// Found in a directory, and not a recording.
    Skipped,
    /// Nothing is in it, but there is something in another one.
    Empty(String),
    /// Nothing is in it, nor in any other one.
    AllEmpty(String),
    /// A directory that was named and holds no recording.
    NothingIn(PathBuf),
    Unreadable(io::Error),
    NotTraces,
}

/// Tells it, out of the way of a bar that shows how far reading is.
pub struct Teller {
    progress: Progress,
    /// Of the input at hand.
    name: String,
    is_broken: bool,
}

impl Teller {
    pub fn new(inputs: &TraceInputs) -> Teller {
        Teller {
            progress: Progress::new(inputs.files.iter().map(|input| input.size).sum()),
            name: String::new(),
            is_broken: false,
        }
    }

    /// To be raised by what is read.
    pub fn count(&self) -> Arc<AtomicU64> {
        self.progress.count()
    }

    /// What was broken in a batch that begins at a place.
    pub fn fault(&mut self, at: At, error: &ConsumeError) {
        match at {
            At::Byte(base) => self.broken(&At::Byte(base + error.offset as u64), &error.message),
            At::Line { .. } | At::Row(_) => self.broken(&at, &error.message),
        }
    }

    fn broken(&mut self, at: &dyn Display, what: &dyn Display) {
        self.is_broken = true;
        let name = &self.name;
        self.progress
            .aside(|| output::fault(format_args!("{name}: {at}: {what}")));
    }

    fn note(&self, what: &dyn Display) {
        self.progress.aside(|| output::note(what));
    }

    /// Anything but a batch.
    pub fn tell(&mut self, message: Message) {
        match message {
            Message::Begin(begun) => self.name = begun,
            Message::Batch(..) => {}
            Message::Broken(at, what) => self.broken(&at, &what),
            Message::Note(what) => self.note(&format_args!("{}: {what}", self.name)),
            Message::Partial(trace) => {
                let what = "partial by its source's word: what rests on absence is inconclusive";
                self.note(&format_args!("{}: trace {trace}: {what}", self.name));
            }
            Message::NotTraces => self.broken(
                &At::Byte(0),
                &"no traces of a kind that is known, as far as its first bytes tell",
            ),
            Message::Unreadable(error) => self.broken(&"cannot open", &error),
            Message::Empty(name) => self.note(&format_args!("{name}: empty")),
            Message::AllEmpty(name) => {
                self.is_broken = true;
                self.progress
                    .aside(|| output::fault(format_args!("{name}: empty, no traces")));
            }
            Message::NothingIn(directory) => {
                self.name = directory.display().to_string();
                self.is_broken = true;
                let name = &self.name;
                self.progress.aside(|| {
                    output::fault(format_args!("{name}: no recorded traces in this directory"));
                });
            }
            Message::Skipped => self.note(&format_args!("{}: skipped, not traces", self.name)),
        }
    }

    /// Whether anything was broken.
    pub fn end(self) -> bool {
        self.progress.end();
        self.is_broken
    }
}
