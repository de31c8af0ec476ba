//! Recorded traces of any kind, as OTLP protobuf.
//!
//! ```text
//! file, directory, - ──▶ source (gz, zst undone) ──▶ kind, by content ─┬▶ reader: lines | elements ──▶ shape ──▶ OTLP protobuf
//!                                ▲                                     ├▶ reader: frames | request ───────────▶
//!                                └────── archive: tar | zip ◀──────────┤
//!                                                                      └▶ columns: Parquet ────────▶ shape ──▶
//! ```
//!
//! Everything streams: memory holds one line, one frame or one element of a document at a time. What
//! is broken or not understood is reported with its place, a handful of times and then as a count, and
//! reading goes on where a next piece can be found. Nothing is taken for a span by its ids alone.

mod archive;
mod columns;
mod kind;
mod out;
mod packed;
mod reader;
mod shape;
mod source;
mod text;
mod wire;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use kind::Kind;
use out::Out;
pub use shape::field::time_of;
use source::Source;
pub use wire::fields::{TraceStart, by_resource, latest_end, traces_of};

/// A place in one (decompressed) input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Both from 1; the column counts bytes.
    Line { line: u64, column: u64 },
    /// From 0.
    Byte(u64),
    /// Of a table, from 0.
    Row(u64),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Line { line, column } => write!(f, "line {line}, column {column}"),
            At::Byte(offset) => write!(f, "byte {offset}"),
            At::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// Where a reader leaves what it finds.
pub trait Sink {
    /// Spans, as the bytes of an `ExportTraceServiceRequest`; `at` is where they begin. The bytes
    /// come from outside and may be malformed.
    fn batch(&mut self, otlp: &[u8], at: At);

    /// As [`Sink::batch`], of bytes that are all of a buffer: whoever wants them longer keeps it, and leaves another one.
    fn buffer(&mut self, otlp: &mut Vec<u8>, at: At) {
        self.batch(otlp, at);
    }

    /// Something could not be read; reading goes on where it can.
    fn broken(&mut self, at: At, message: &str);

    /// Something worth a word that is no fault.
    fn note(&mut self, message: &str);

    /// A trace of which spans were handed on has more than came, by the word of what recorded it.
    fn partial(&mut self, trace: [u8; 16]);
}

/// A trace id as a person writes it: up to 32 hex digits in any case, leading zeros left out or not.
#[must_use]
pub fn trace_id(text: &str) -> Option<[u8; 16]> {
    text::scalar::short_id(text.trim().as_bytes())
}

/// What became of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its kind was known; what was wrong with it was told to the sink.
    Read,
    /// Nothing was there, or white space alone.
    Empty,
    /// Not a kind of trace file that is known. Nothing was told to the sink.
    NotTraces,
}

/// Reads a file. `read` counts the bytes as they come from disk.
pub fn read_file(path: &Path, read: Arc<AtomicU64>, sink: &mut dyn Sink) -> io::Result<Outcome> {
    let file = File::open(path)?;
    // What is no plain file cannot be opened a second time.
    let origin = match file.metadata() {
        Ok(metadata) if metadata.is_file() => Origin::File(path),
        _ => Origin::Stream,
    };
    Ok(read_from(file, origin, read, sink))
}

/// The bytes of a file, compression undone as of recordings; `None` of an archive, whose bytes are those of several files.
pub fn unpacked(path: &Path) -> io::Result<Option<impl io::Read>> {
    let mut source = packed::unpacked(File::open(path)?)?;
    let is_archive = matches!(kind::of(&mut source)?, Kind::Tar | Kind::Zip);
    Ok((!is_archive).then_some(source))
}

/// The bytes of a stream, compression undone.
pub fn unpacked_stream<'a>(stream: impl io::Read + 'a) -> io::Result<impl io::Read + 'a> {
    packed::unpacked(stream)
}

/// Reads a table that is in memory: a Parquet file with the columns of ClickHouse's `otel_traces`.
pub fn read_table(parquet: bytes::Bytes, sink: &mut dyn Sink) {
    let mut out = Out::new(sink);
    columns::read(parquet, &mut out);
    out.end();
}

/// Reads a stream to its end.
pub fn read_stream(stream: impl io::Read, read: Arc<AtomicU64>, sink: &mut dyn Sink) -> Outcome {
    read_from(stream, Origin::Stream, read, sink)
}

fn read_from(
    stream: impl io::Read,
    origin: Origin<'_>,
    read: Arc<AtomicU64>,
    sink: &mut dyn Sink,
) -> Outcome {
    let mut out = Out::new(sink);
    let outcome = match packed::open(stream, read) {
        Ok(mut source) => read_source(&mut source, origin, 0, &mut out),
        Err(error) => {
            out.broken(At::Byte(0), &unreadable(&error));
            Outcome::Read
        }
    };
    out.end();
    outcome
}

/// Where bytes come from, for readers that must jump about in them.
#[derive(Clone, Copy)]
enum Origin<'p> {
    File(&'p Path),
    Stream,
}

/// `depth`: how many archives the source stands in.
fn read_source(
    source: &mut Source<'_>,
    origin: Origin<'_>,
    depth: u32,
    out: &mut Out<'_>,
) -> Outcome {
    let kind = match kind::of(source) {
        Ok(kind) => kind,
        Err(error) => {
            out.broken(At::Byte(source.offset()), &unreadable(&error));
            // The little that came before the error may still hold something.
            kind::of(source).unwrap_or(Kind::Empty)
        }
    };
    match kind {
        Kind::Empty => return Outcome::Empty,
        Kind::Json => reader::lines::read(source, false, out),
        Kind::Log => reader::lines::read(source, true, out),
        Kind::Inspected => reader::inspected::read(source, out),
        Kind::Frames => reader::frames::read(source, out),
        Kind::Request => reader::request::read(source, out),
        Kind::Tar | Kind::Zip if depth >= archive::MAX_NESTED => {
            let message = format!("more than {} archives in one another", archive::MAX_NESTED);
            out.broken(At::Byte(0), &message);
        }
        Kind::Tar => return archive::tar(source, depth, out),
        Kind::Zip | Kind::Parquet => {
            let file = match origin {
                Origin::File(path) if source.is_raw() => File::open(path),
                _ => source.spool(),
            };
            match file {
                Ok(file) if kind == Kind::Zip => return archive::zip(file, depth, out),
                Ok(file) => columns::read(file, out),
                Err(error) => out.broken(At::Byte(0), &unreadable(&error)),
            }
        }
        Kind::Named(refusal) => out.broken(At::Byte(0), refusal),
        Kind::Unknown => return Outcome::NotTraces,
    }
    Outcome::Read
}

/// The first column of a line.
fn at_line(line: u64) -> At {
    At::Line { line, column: 1 }
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot read on: {error}")
}
