//! Reads the inputs on a thread of its own and hands their batches over, in order.

mod progress;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use betrace_engine::{ConsumeError, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

use crate::output;
use crate::paths::TraceInputs;
use crate::traces::{self, At, Outcome, Sink};

use progress::Progress;

/// Batches on their way; with their size this bounds the memory between the threads.
const AHEAD: usize = 8;

/// What the inputs hold.
pub enum Fed<'a> {
    /// The bytes of an `ExportTraceServiceRequest`.
    Spans(&'a [u8]),
    /// A trace that came has more spans than are in the inputs.
    Partial(TraceId),
}

enum Message {
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

/// A request as a tree, for those who look at whole spans.
///
/// # Errors
/// If the bytes are none.
pub fn decoded(otlp: &[u8]) -> Result<ExportTraceServiceRequest, ConsumeError> {
    ExportTraceServiceRequest::decode(otlp).map_err(|error| ConsumeError {
        offset: 0,
        message: format!("no OTLP request: {error}"),
    })
}

/// Calls `consume` with what `inputs` hold. What is broken, or named and no recording, goes to standard error
/// with its place; whether anything was.
pub fn feed(
    inputs: TraceInputs,
    mut consume: impl FnMut(Fed<'_>) -> Result<(), ConsumeError>,
) -> bool {
    let progress = Progress::new(inputs.files.iter().map(|input| input.size).sum());
    let (sender, messages) = sync_channel(AHEAD);
    let (give_back, spare) = sync_channel(2 * AHEAD);
    let count = progress.count();
    let mut is_broken = false;
    thread::scope(|scope| {
        scope.spawn(move || read(inputs, &count, sender, spare));
        let mut name = String::new();
        for message in messages {
            let mut broken = |at: &dyn std::fmt::Display, what: &dyn std::fmt::Display| {
                is_broken = true;
                progress.aside(|| output::fault(format_args!("{name}: {at}: {what}")));
            };
            match message {
                Message::Begin(begun) => name = begun,
                Message::Batch(otlp, at) => {
                    if let Err(error) = consume(Fed::Spans(&otlp)) {
                        match at {
                            At::Byte(base) => {
                                broken(&At::Byte(base + error.offset as u64), &error.message);
                            }
                            At::Line { .. } | At::Row(_) => broken(&at, &error.message),
                        }
                    }
                    // The reader may have ended; then nobody needs the buffer.
                    let _ = give_back.try_send(otlp);
                }
                Message::Broken(at, what) => broken(&at, &what),
                Message::Note(what) => {
                    progress.aside(|| output::note(format_args!("{name}: {what}")));
                }
                Message::Partial(trace) => {
                    // Nothing of it can be malformed.
                    let _ = consume(Fed::Partial(trace));
                    let what =
                        "partial by its source's word: what rests on absence is inconclusive";
                    progress.aside(|| output::note(format_args!("{name}: trace {trace}: {what}")));
                }
                Message::NotTraces => broken(
                    &At::Byte(0),
                    &"no traces of a kind that is known, as far as its first bytes tell",
                ),
                Message::Unreadable(error) => broken(&"cannot open", &error),
                Message::Empty(name) => {
                    progress.aside(|| output::note(format_args!("{name}: empty")));
                }
                Message::AllEmpty(name) => {
                    is_broken = true;
                    progress.aside(|| output::fault(format_args!("{name}: empty, no traces")));
                }
                Message::NothingIn(directory) => {
                    name = directory.display().to_string();
                    is_broken = true;
                    progress.aside(|| {
                        output::fault(format_args!("{name}: no recorded traces in this directory"));
                    });
                }
                Message::Skipped => {
                    progress.aside(|| output::note(format_args!("{name}: skipped, not traces")));
                }
            }
        }
    });
    progress.end();
    is_broken
}

fn read(
    inputs: TraceInputs,
    count: &Arc<AtomicU64>,
    sender: SyncSender<Message>,
    spare: Receiver<Vec<u8>>,
) {
    let mut sink = Channel { sender, spare };
    let mut is_barren = vec![true; inputs.directories.len()];
    let mut is_all_empty = true;
    let mut empty = Vec::new();
    for input in inputs.files {
        sink.send(Message::Begin(input.name()));
        let outcome = if input.is_stdin() {
            Ok(traces::read_stream(
                io::stdin(),
                Arc::clone(count),
                &mut sink,
            ))
        } else {
            traces::read_file(&input.path, Arc::clone(count), &mut sink)
        };
        match outcome {
            Ok(Outcome::Read) => {}
            Ok(Outcome::Empty) => {
                empty.extend(input.directory.is_none().then(|| input.name()));
                continue;
            }
            Ok(Outcome::NotTraces) if input.directory.is_none() => sink.send(Message::NotTraces),
            Ok(Outcome::NotTraces) => {
                sink.send(Message::Skipped);
                continue;
            }
            Err(error) => sink.send(Message::Unreadable(error)),
        }
        is_all_empty = false;
        if let Some(directory) = input.directory {
            is_barren[directory] = false;
        }
    }
    for name in empty {
        sink.send(if is_all_empty {
            Message::AllEmpty(name)
        } else {
            Message::Empty(name)
        });
    }
    for (directory, is_barren) in inputs.directories.into_iter().zip(is_barren) {
        if is_barren {
            sink.send(Message::NothingIn(directory));
        }
    }
}

struct Channel {
    sender: SyncSender<Message>,
    spare: Receiver<Vec<u8>>,
}

impl Channel {
    fn send(&self, message: Message) {
        // The receiver outlives this thread.
        let _ = self.sender.send(message);
    }
}

impl Sink for Channel {
    fn batch(&mut self, otlp: &[u8], at: At) {
        let mut buffer = self.spare.try_recv().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(otlp);
        self.send(Message::Batch(buffer, at));
    }

    fn broken(&mut self, at: At, message: &str) {
        self.send(Message::Broken(at, message.to_owned()));
    }

    fn note(&mut self, message: &str) {
        self.send(Message::Note(message.to_owned()));
    }

    fn partial(&mut self, trace: [u8; 16]) {
        self.send(Message::Partial(TraceId(trace)));
    }
}
