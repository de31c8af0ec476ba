//! JSON as lines, the usual case: each line a document, a broken line costs itself.
//!
//! A line that ends in the middle of a value is either cut off or the first line of a document that
//! goes on over many lines (pretty-printed). It is cut off where nothing follows or where
//! the next line starts a document at its first column; otherwise, as for a line too long to hold,
//! the value is read element by element.

use super::document::{self, Content};
use super::elements::Elements;
use super::source::{LineEnd, Source};
use super::token::Fault;
use super::write::Writer;
use super::{At, Sink, unreadable};

/// A line longer than this is read element by element.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// Reads to the end of the input.
pub fn read(source: &mut Source, sink: &mut dyn Sink) {
    let mut writer = Writer::default();
    let mut line = 1;
    let mut is_cut = false;
    loop {
        let at = At::Line { line, column: 1 };
        let end = match source.line_end(MAX_LINE) {
            Ok(end) => end,
            Err(error) => {
                sink.broken(at, &unreadable(&error));
                is_cut = true;
                continue;
            }
        };
        let (length, is_last) = match end {
            LineEnd::Newline(length) => (length, false),
            LineEnd::Input(0) => return,
            LineEnd::Input(length) => (length, true),
            LineEnd::TooFar => {
                line = Elements::new(source, sink, line).value();
                continue;
            }
        };
        let text = &source.window()[..length];
        if !text.trim_ascii().is_empty() {
            writer.clear();
            match document::read(text, &mut writer) {
                Ok(Content::Known) => {}
                Ok(Content::Unknown) => {
                    sink.broken(at, "JSON, but neither OTLP, Jaeger nor Zipkin traces")
                }
                Err(fault) if fault.is_incomplete() && !is_last && goes_on(source, length) => {
                    line = Elements::new(source, sink, line).value();
                    continue;
                }
                // The error that cut it off is told already.
                Err(fault) if is_cut && is_last && fault.is_cut_off() => {}
                Err(Fault { at, what }) => {
                    let column = at as u64 + 1;
                    sink.broken(At::Line { line, column }, &what.to_string());
                }
            }
            if !writer.is_empty() {
                sink.batch(writer.bytes(), at);
            }
        }
        source.take(length + usize::from(!is_last));
        line += 1;
    }
}

/// Whether the value that the line at the window's begin leaves open goes on in the next one.
fn goes_on(source: &mut Source, length: usize) -> bool {
    let next = length + 1;
    // An error is met again, and reported, where the next line is read.
    let _ = source.fill(next + 2);
    let rest = source.window().get(next..).unwrap_or_default();
    !rest.trim_ascii().is_empty() && !rest.starts_with(b"{\"")
}
