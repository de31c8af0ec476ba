//! JSON as lines, the usual case: each line a document or several, a broken line costs itself. Lines that lie at hand are read
//! side by side, and handed on in their order.
//!
//! A line that ends in the middle of a value is either cut off or the first line of a document that
//! goes on over many lines (pretty-printed, or an element a line). It is cut off where nothing
//! follows or where the next line opens as this one did; otherwise, as for a line too long to hold, the
//! value is read element by element.

use std::io;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::elements::Elements;
use crate::traces::kind::in_a_log;
use crate::traces::out::Out;
use crate::traces::shape::document;
use crate::traces::source::{LineEnd, Source};
use crate::traces::text::fault::Fault;
use crate::traces::text::token::Cursor;
use crate::traces::text::told::Told;
use crate::traces::wire::write::{BATCH, Writer};
use crate::traces::{At, unreadable};

/// A line longer than this is read element by element.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// What came of a line is handed on in one piece up to this size, and is not copied then.
const WHOLE: usize = 2 * BATCH;

/// Lines that lie at hand are read side by side, so many bytes of them at once.
const AT_ONCE: usize = 4 << 20;

/// Shorter ones are not worth a thread.
const WORTH_A_THREAD: usize = 256 << 10;

/// At most so many threads read lines.
const THREADS: usize = 8;

/// Reads to the end of the input. `is_log`: lines without JSON are passed over, and what stands before
/// the JSON of a line.
pub fn read(source: &mut Source<'_>, is_log: bool, out: &mut Out<'_>) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut lines = Lines {
        source,
        out,
        is_log,
        line: 1,
        is_cut: false,
        met: None,
    };
    let mut read: Vec<ReadLine> = Vec::new();
    loop {
        let lengths = lines.at_hand(threads);
        if lengths.len() > 1 {
            read.resize_with(read.len().max(lengths.len()), ReadLine::default);
            let all = &mut read[..lengths.len()];
            side_by_side(lines.source.window(), &lengths, is_log, all, threads);
            for (length, one) in lengths.iter().zip(all) {
                if !lines.take(*length, false, one) {
                    // What follows is to be read otherwise.
                    break;
                }
            }
            continue;
        }
        let end = match lines.source.line_end(MAX_LINE) {
            Ok(end) => end,
            Err(error) => {
                lines.unreadable(&error);
                continue;
            }
        };
        if !matches!(end, LineEnd::Newline(_))
            && let Some(error) = lines.met.take()
        {
            lines.unreadable(&error);
        }
        let (length, is_last) = match end {
            LineEnd::Newline(length) => (length, false),
            LineEnd::Input(0) => return,
            LineEnd::Input(length) => (length, true),
            LineEnd::TooFar => {
                lines.elements();
                continue;
            }
        };
        read.resize_with(read.len().max(1), ReadLine::default);
        read[0].read(&lines.source.window()[..length], is_log);
        lines.take(length, is_last, &mut read[0]);
    }
}

/// Reads lines of the window, whose lengths are known, on several threads.
fn side_by_side(
    window: &[u8],
    lengths: &[usize],
    is_log: bool,
    read: &mut [ReadLine],
    threads: usize,
) {
    let total: usize = lengths.iter().sum();
    let threads = threads.min(THREADS).min(total / WORTH_A_THREAD);
    let mut begin = 0;
    let texts = lengths.iter().map(|length| {
        let text = &window[begin..begin + length];
        begin += length + 1;
        text
    });
    let work = Mutex::new(texts.zip(read));
    let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
    let read_some = || {
        while let Some((text, line)) = next() {
            line.read(text, is_log);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(read_some);
        }
        read_some();
    });
}

/// What came of one line.
#[derive(Default)]
struct ReadLine {
    /// Where its JSON begins; `None`: there is none.
    start: Option<usize>,
    writer: Writer,
    fault: Option<Fault>,
    told: Told,
}

impl ReadLine {
    fn read(&mut self, text: &[u8], is_log: bool) {
        self.writer.clear();
        self.start = if is_log { in_a_log(text) } else { Some(0) };
        self.start = self
            .start
            .filter(|start| !text[*start..].trim_ascii().is_empty());
        if let Some(start) = self.start {
            let mut cursor = Cursor::new(&text[start..]);
            self.fault = document::read(&mut cursor, &mut self.writer).err();
            self.told = cursor.into_told();
        }
    }
}

/// The lines of an input, and which is next.
struct Lines<'l, 's, 'o> {
    source: &'l mut Source<'s>,
    out: &'l mut Out<'o>,
    is_log: bool,
    line: u64,
    is_cut: bool,
    /// Reading ends with this, behind whole lines that are still to be read.
    met: Option<io::Error>,
}

impl Lines<'_, '_, '_> {
    fn at(&self) -> At {
        let line = self.line;
        At::Line { line, column: 1 }
    }

    /// The lengths of the whole lines that come next, if they are to be read side by side.
    fn at_hand(&mut self, threads: usize) -> Vec<usize> {
        if threads == 1 {
            return Vec::new();
        }
        if let Err(error) = self.source.fill(AT_ONCE) {
            self.met = Some(error);
        }
        let window = self.source.window();
        let ends = memchr::memchr_iter(b'\n', &window[..window.len().min(AT_ONCE)]);
        let mut begin = 0;
        let lengths = ends.map(|end| {
            let length = end - begin;
            begin = end + 1;
            length
        });
        lengths.collect()
    }

    /// Hands on what was read of the next line. `false`: its value goes on behind it, and was read with what follows.
    fn take(&mut self, length: usize, is_last: bool, read: &mut ReadLine) -> bool {
        let Some(start) = read.start else {
            self.pass(length, is_last);
            return true;
        };
        let (line, at, is_log) = (self.line, self.at(), self.is_log);
        let place = |inside: usize| At::Line {
            line,
            column: (start + inside) as u64 + 1,
        };
        match read.fault {
            None => {}
            Some(fault)
                if fault.is_incomplete() && !is_last && !is_log && goes_on(self.source, length) =>
            {
                self.elements();
                return false;
            }
            // The error that cut it off is told already.
            Some(fault) if self.is_cut && is_last && fault.is_cut_off() => {}
            Some(Fault { at, what }) => self.out.broken(place(at), &what.to_string()),
        }
        self.out.odd(&read.told, place);
        match read.writer.len() {
            0 => {}
            1..=WHOLE => self.out.buffer(read.writer.buffer(), at),
            _ => {
                let batches = read.writer.batches();
                batches.for_each(|batch| self.out.batch(batch, at));
            }
        }
        self.out.partial(&read.told);
        self.pass(length, is_last);
        true
    }

    fn pass(&mut self, length: usize, is_last: bool) {
        self.source.take(length + usize::from(!is_last));
        self.line += 1;
    }

    fn unreadable(&mut self, error: &io::Error) {
        self.out.broken(self.at(), &unreadable(error));
        self.is_cut = true;
    }

    /// Reads a value element by element.
    fn elements(&mut self) {
        self.line = Elements::new(self.source, self.out, self.line).value();
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
