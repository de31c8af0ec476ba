//! Reads the inputs and hands their batches over, in order: from a thread of its own to one who takes them, or to a [`crew`]
//! whose threads take turns, of which the one that reads is one. What is to be told of the inputs is told by the [`teller`].

pub mod crew;
mod progress;
mod teller;

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use betrace_engine::{ConsumeError, TraceId, Turns};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

use crate::paths::TraceInputs;
use crate::traces::{self, At, Outcome, Sink};

use crew::Crew;
use teller::{Message, Teller};

/// Batches on their way; with their size this bounds the memory between the threads.
const AHEAD: usize = 8;

/// What the inputs hold.
pub enum Fed<'a> {
    /// The bytes of an `ExportTraceServiceRequest`.
    Spans(&'a [u8]),
    /// A trace that came has more spans than are in the inputs.
    Partial(TraceId),
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
    let mut teller = Teller::new(&inputs);
    thread::scope(|scope| {
        let (messages, give_back) = start(scope, inputs, &teller);
        for message in messages {
            match message {
                Message::Batch(otlp, at) => {
                    if let Err(error) = consume(Fed::Spans(&otlp)) {
                        teller.fault(at, &error);
                    }
                    // The reader may have ended; then nobody needs the buffer.
                    let _ = give_back.try_send(otlp);
                }
                Message::Partial(trace) => {
                    // Nothing of it can be malformed.
                    let _ = consume(Fed::Partial(trace));
                    teller.tell(Message::Partial(trace));
                }
                other => teller.tell(other),
            }
        }
    });
    teller.end()
}

/// As [`feed`], with several threads that take batches [in turns](Crew); `partial` hears of traces of which more was recorded
/// than came. The thread that reads takes batches too where many wait: one more than there are processors would stand in the
/// way of those whose turn the others wait for.
pub fn feed_in_turns<C, R>(
    inputs: TraceInputs,
    crew: &Crew<C, R>,
    mut partial: impl FnMut(TraceId),
) -> bool
where
    C: Fn(&[u8], &dyn Turns) -> Result<(), ConsumeError> + Sync,
    R: Fn() -> bool + Sync,
{
    let mut teller = Teller::new(&inputs);
    let count = teller.count();
    let used = RefCell::new(Vec::new());
    thread::scope(|scope| {
        let over = crew.over();
        for _ in 1..crew.threads() {
            scope.spawn(|| crew.work());
        }
        let post = |message| match message {
            Message::Batch(otlp, at) => {
                let given_back = crew.give(otlp, at);
                used.borrow_mut().extend(given_back);
            }
            other => {
                // What is told of what came before is told before.
                for (at, error) in crew.finish() {
                    teller.fault(at, &error);
                }
                if let Message::Partial(trace) = other {
                    partial(trace);
                }
                teller.tell(other);
            }
        };
        let spare = || used.borrow_mut().pop().unwrap_or_default();
        read(inputs, &count, Posted { post, spare });
        for (at, error) in crew.finish() {
            teller.fault(at, &error);
        }
        drop(over);
    });
    teller.end()
}

/// A thread that reads, what comes of it, and where its buffers go back.
fn start<'s>(
    scope: &'s thread::Scope<'s, '_>,
    inputs: TraceInputs,
    teller: &Teller,
) -> (Receiver<Message>, SyncSender<Vec<u8>>) {
    let (sender, messages) = sync_channel(AHEAD);
    let (give_back, used) = sync_channel(2 * AHEAD);
    let count = teller.count();
    let post = move |message| {
        // The receiver outlives this thread.
        let _ = sender.send(message);
    };
    let spare = move || used.try_recv().unwrap_or_default();
    scope.spawn(move || read(inputs, &count, Posted { post, spare }));
    (messages, give_back)
}

fn read<P: FnMut(Message), S: FnMut() -> Vec<u8>>(
    inputs: TraceInputs,
    count: &Arc<AtomicU64>,
    mut sink: Posted<P, S>,
) {
    let mut is_barren = vec![true; inputs.directories.len()];
    let mut is_all_empty = true;
    let mut empty = Vec::new();
    for input in inputs.files {
        (sink.post)(Message::Begin(input.name()));
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
            Ok(Outcome::NotTraces) if input.directory.is_none() => (sink.post)(Message::NotTraces),
            Ok(Outcome::NotTraces) => {
                (sink.post)(Message::Skipped);
                continue;
            }
            Err(error) => (sink.post)(Message::Unreadable(error)),
        }
        is_all_empty = false;
        if let Some(directory) = input.directory {
            is_barren[directory] = false;
        }
    }
    for name in empty {
        (sink.post)(if is_all_empty {
            Message::AllEmpty(name)
        } else {
            Message::Empty(name)
        });
    }
    for (directory, is_barren) in inputs.directories.into_iter().zip(is_barren) {
        if is_barren {
            (sink.post)(Message::NothingIn(directory));
        }
    }
}

/// What is found is posted, in buffers that were used before.
struct Posted<P, S> {
    post: P,
    spare: S,
}

impl<P: FnMut(Message), S: FnMut() -> Vec<u8>> Sink for Posted<P, S> {
    fn batch(&mut self, otlp: &[u8], at: At) {
        let mut buffer = (self.spare)();
        buffer.clear();
        buffer.extend_from_slice(otlp);
        (self.post)(Message::Batch(buffer, at));
    }

    fn buffer(&mut self, otlp: &mut Vec<u8>, at: At) {
        let buffer = std::mem::replace(otlp, (self.spare)());
        (self.post)(Message::Batch(buffer, at));
    }

    fn broken(&mut self, at: At, message: &str) {
        (self.post)(Message::Broken(at, message.to_owned()));
    }

    fn note(&mut self, message: &str) {
        (self.post)(Message::Note(message.to_owned()));
    }

    fn partial(&mut self, trace: [u8; 16]) {
        (self.post)(Message::Partial(TraceId(trace)));
    }
}
