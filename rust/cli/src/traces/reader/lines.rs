//! JSON as lines, the usual case: each line a document or several, a broken line costs itself.
//!
//! A line that ends in the middle of a value is either cut off or the first line of a document that
//! goes on over many lines (pretty-printed, or an element a line). It is cut off where nothing
//! follows or where the next line opens as this one did; otherwise, as for a line too long to hold, the
//! value is read element by element.

use super::elements::Elements;
use crate::traces::kind::in_a_log;
use crate::traces::out::Out;
use crate::traces::shape::document;
use crate::traces::source::{LineEnd, Source};
use crate::traces::text::fault::Fault;
use crate::traces::text::token::Cursor;
use crate::traces::wire::write::Writer;
use crate::traces::{At, unreadable};

/// A line longer than this is read element by element.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// Reads to the end of the input. `is_log`: lines without JSON are passed over, and what stands before
/// the JSON of a line.
pub fn read(source: &mut Source<'_>, is_log: bool, out: &mut Out<'_>) {
    let mut writer = Writer::default();
    let mut line = 1;
    let mut is_cut = false;
    loop {
        let at = At::Line { line, column: 1 };
        let end = match source.line_end(MAX_LINE) {
            Ok(end) => end,
            Err(error) => {
                out.broken(at, &unreadable(&error));
                is_cut = true;
                continue;
            }
        };
        let (length, is_last) = match end {
            LineEnd::Newline(length) => (length, false),
            LineEnd::Input(0) => return,
            LineEnd::Input(length) => (length, true),
            LineEnd::TooFar => {
                line = Elements::new(source, out, line).value();
                continue;
            }
        };
        let text = &source.window()[..length];
        let start = if is_log { in_a_log(text) } else { Some(0) };
        let text = &text[start.unwrap_or(length)..];
        if !text.trim_ascii().is_empty() {
            writer.clear();
            let mut cursor = Cursor::new(text);
            let read = document::read(&mut cursor, &mut writer);
            let told = cursor.into_told();
            let place = |inside: usize| At::Line {
                line,
                column: (start.unwrap_or(0) + inside) as u64 + 1,
            };
            match read {
                Ok(()) => {}
                Err(fault)
                    if fault.is_incomplete() && !is_last && !is_log && goes_on(source, length) =>
                {
                    line = Elements::new(source, out, line).value();
                    continue;
                }
                // The error that cut it off is told already.
                Err(fault) if is_cut && is_last && fault.is_cut_off() => {}
                Err(Fault { at, what }) => out.broken(place(at), &what.to_string()),
            }
            out.odd(&told, place);
            for batch in writer.batches() {
                out.batch(batch, at);
            }
            out.partial(&told);
        }
        source.take(length + usize::from(!is_last));
        line += 1;
    }
}

/// Whether the value that the line at the window's begin leaves open goes on in the next one.
fn goes_on(source: &mut Source<'_>, length: usize) -> bool {
    let next = length + 1;
    let opening = opening(&source.window()[..length]).to_vec();
    // An error is met again, and told, where the next line is read.
    let _ = source.fill(next + opening.len().max(2));
    let rest = source.window().get(next..).unwrap_or_default();
    !rest.trim_ascii().is_empty() && (opening.is_empty() || !rest.starts_with(&opening))
}

/// The brackets a line opens with, and the first key behind them; nothing where that is no key.
fn opening(line: &[u8]) -> &[u8] {
    let brackets = line
        .iter()
        .take_while(|byte| matches!(byte, b'{' | b'[' | b' '))
        .count();
    if line.get(brackets) != Some(&b'"') || line.first() == Some(&b' ') {
        return b"";
    }
    let key = &line[brackets + 1..];
    memchr::memchr(b'"', key).map_or(b"", |end| &line[..brackets + end + 2])
}
