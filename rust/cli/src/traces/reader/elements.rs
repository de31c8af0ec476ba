//! One JSON value that spans many lines or is too long to hold: the elements of its main array are
//! cut out one after another and read apart, so memory holds one element.
//!
//! The main array is the value itself, or what stands under `resourceSpans`, `batches` or `data` in it;
//! what is left of the object, with that array emptied, is read last. A broken element costs itself;
//! where brackets do not match up, the rest of the line is given up.

use super::MAX_PIECE;
use super::walk::Walk;
use crate::traces::out::Out;
use crate::traces::shape::{document, otlp};
use crate::traces::source::Source;
use crate::traces::text::fault::{Fault, What};
use crate::traces::text::token::Cursor;
use crate::traces::wire::write::{BATCH, Writer};
use crate::traces::{At, unreadable};

/// What the elements of an array are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    ResourceSpans,
    Documents,
    /// The object that is left once its main array is emptied.
    Rest,
}

/// Ends the walk: the place is told already.
struct Broken;

pub struct Elements<'s, 'r, 'o> {
    source: &'s mut Source<'r>,
    out: &'s mut Out<'o>,
    line: u64,
    /// Offset in the input of the current line's first byte.
    line_start: u64,
    writer: Writer,
    writer_at: At,
    piece: Vec<u8>,
    /// The piece is longer than may be held; what was held of it is gone.
    is_too_long: bool,
}

impl<'s, 'r, 'o> Elements<'s, 'r, 'o> {
    /// The window must begin at the start of line `line`.
    pub fn new(source: &'s mut Source<'r>, out: &'s mut Out<'o>, line: u64) -> Self {
        let line_start = source.offset();
        Elements {
            source,
            out,
            line,
            line_start,
            writer: Writer::default(),
            writer_at: At::Line { line, column: 1 },
            piece: Vec::new(),
            is_too_long: false,
        }
    }

    /// Reads one value and takes it; the line that the window now begins with.
    pub fn value(mut self) -> u64 {
        let read = self.top();
        self.flush();
        if read.is_err() {
            self.skip_line();
        } else if self.after_space() == Some(b'\n') {
            self.take();
        }
        self.line
    }

    fn at(&self) -> At {
        At::Line {
            line: self.line,
            column: self.source.offset() - self.line_start + 1,
        }
    }

    fn peek(&mut self) -> Option<u8> {
        if self.source.window().is_empty()
            && let Err(error) = self.source.fill(1)
        {
            let at = self.at();
            self.out.broken(at, &unreadable(&error));
        }
        self.source.window().first().copied()
    }

    fn take(&mut self) {
        let is_newline = self.source.window().first() == Some(&b'\n');
        self.source.take(1);
        if is_newline {
            self.line += 1;
            self.line_start = self.source.offset();
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some() {
            let window = self.source.window();
            match memchr::memchr(b'\n', window) {
                None => self.source.take(window.len()),
                Some(newline) => {
                    self.source.take(newline);
                    self.take();
                    return;
                }
            }
        }
    }

    /// The next byte that is no white space but a newline, not taken.
    fn after_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.take();
        }
        self.peek()
    }

    /// The next byte that is no white space, not taken.
    fn next(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.take();
        }
        self.peek()
    }

    fn expected(&mut self, thing: &'static str) -> Broken {
        let what = match self.peek() {
            None => What::EndsEarly,
            Some(_) => What::Expected(thing),
        };
        let at = self.at();
        self.out.broken(at, &what.to_string());
        Broken
    }

    fn top(&mut self) -> Result<(), Broken> {
        match self.next() {
            Some(b'[') => {
                self.take();
                self.array(Holds::Documents)
            }
            Some(b'{') => self.object(),
            _ => Err(self.expected("an object or an array")),
        }
    }

    /// As [`Elements::next`], but what is passed over is kept.
    fn next_kept(&mut self, kept: &mut Vec<u8>) -> Option<u8> {
        while let Some(space @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            kept.push(space);
            self.take();
        }
        self.peek()
    }

    fn object(&mut self) -> Result<(), Broken> {
        let at = self.at();
        self.take();
        let mut rest = vec![b'{'];
        let read = self.members(&mut rest);
        self.piece = rest;
        match read {
            Ok(holds) => self.element(holds, at),
            Err(broken) => {
                // Cut off: what is complete in it counts.
                self.read_piece(Holds::Rest, at).ok();
                return Err(broken);
            }
        }
        Ok(())
    }

    /// Reads the main arrays of an object and leaves it without their elements in `rest`.
    fn members(&mut self, rest: &mut Vec<u8>) -> Result<Holds, Broken> {
        let mut left = Holds::Documents;
        let mut is_too_long = false;
        let mut is_first = true;
        loop {
            match self.next_kept(rest) {
                Some(b'"') => {}
                Some(b'}') if is_first => break,
                _ => return Err(self.expected("a key in quotes")),
            }
            is_first = false;
            let key = rest.len();
            self.collect(rest)?;
            let main = match rest.get(key..) {
                Some(b"\"resourceSpans\"" | b"\"resource_spans\"" | b"\"batches\"") => {
                    Some(Holds::ResourceSpans)
                }
                Some(b"\"data\"") => Some(Holds::Documents),
                _ => None,
            };
            if self.next_kept(rest) != Some(b':') {
                return Err(self.expected("a colon after the key"));
            }
            self.take();
            rest.push(b':');
            match (main, self.next_kept(rest)) {
                (Some(holds), Some(b'[')) => {
                    self.take();
                    rest.extend_from_slice(b"[]");
                    left = Holds::Rest;
                    self.array(holds)?;
                }
                _ => self.collect(rest)?,
            }
            if self.is_too_long {
                is_too_long = true;
                rest.clear();
            }
            match self.next_kept(rest) {
                Some(b',') => {
                    self.take();
                    rest.push(b',');
                }
                Some(b'}') => break,
                _ => return Err(self.expected("a comma or the end of the object")),
            }
        }
        self.take();
        rest.push(b'}');
        self.is_too_long = is_too_long;
        Ok(left)
    }

    /// What stands behind an opening bracket.
    fn array(&mut self, holds: Holds) -> Result<(), Broken> {
        if self.next() == Some(b']') {
            self.take();
            return Ok(());
        }
        loop {
            self.next();
            let at = self.at();
            let mut piece = std::mem::take(&mut self.piece);
            piece.clear();
            let collected = self.collect(&mut piece);
            self.piece = piece;
            if let Err(broken) = collected {
                // Cut off: what is complete in it counts.
                self.read_piece(holds, at).ok();
                return Err(broken);
            }
            self.element(holds, at);
            match self.next() {
                Some(b',') => self.take(),
                Some(b']') => {
                    self.take();
                    return Ok(());
                }
                _ => return Err(self.expected("a comma or the end of the array")),
            }
        }
    }

    /// Takes bytes up to the end of the value into `into`, as far as that may grow.
    fn collect(&mut self, into: &mut Vec<u8>) -> Result<(), Broken> {
        self.is_too_long = false;
        let mut walk = Walk::default();
        loop {
            if self.peek().is_none() {
                return Err(self.expected(""));
            }
            let step = walk.over(self.source.window());
            if into.len() + step.taken > MAX_PIECE {
                self.is_too_long = true;
                into.clear();
            }
            if !self.is_too_long {
                into.extend_from_slice(&self.source.window()[..step.taken]);
            }
            if step.newlines > 0 {
                self.line += step.newlines;
                self.line_start = self.source.offset() + step.last_newline as u64;
            }
            self.source.take(step.taken);
            if step.is_done {
                return Ok(());
            }
            if step.taken == 0 {
                // A lone backslash at the window's end, or no value at all.
                let before = self.source.window().len();
                let in_escape =
                    walk.is_in_text() && self.source.fill(2).is_ok_and(|w| w.len() > before);
                if !in_escape {
                    return Err(self.expected("a value"));
                }
            }
        }
    }

    fn element(&mut self, holds: Holds, at: At) {
        if self.is_too_long {
            self.is_too_long = false;
            let message = format!("one value of more than {} MiB: left out", MAX_PIECE >> 20);
            self.out.broken(at, &message);
            return;
        }
        if let Err(Fault { at: inside, what }) = self.read_piece(holds, at) {
            let place = place_inside(&self.piece, holds, at, inside);
            self.out.broken(place, &what.to_string());
        }
        if self.writer.len() >= BATCH {
            self.flush();
        }
    }

    fn read_piece(&mut self, holds: Holds, at: At) -> Result<(), Fault> {
        if self.writer.is_empty() {
            self.writer_at = at;
        }
        let mut cursor = Cursor::new(&self.piece);
        let read = match holds {
            Holds::ResourceSpans => otlp::resource_spans(&mut cursor, &mut self.writer),
            Holds::Documents | Holds::Rest => document::value(&mut cursor, &mut self.writer),
        }
        .and_then(|()| cursor.end());
        let told = cursor.into_told();
        let place = |inside| place_inside(&self.piece, holds, at, inside);
        self.out.odd(&told, place);
        if !told.partial.is_empty() {
            self.flush();
            self.out.partial(&told);
        }
        read
    }

    fn flush(&mut self) {
        for batch in self.writer.batches() {
            self.out.batch(batch, self.writer_at);
        }
        self.writer.clear();
    }
}

/// The place of a byte of the piece that began at `at`. What is left of an object has no places of
/// its own any more.
fn place_inside(piece: &[u8], holds: Holds, at: At, inside: usize) -> At {
    let At::Line { line, column } = at else {
        return at;
    };
    if holds == Holds::Rest {
        return at;
    }
    let before = &piece[..inside.min(piece.len())];
    match memchr::memrchr(b'\n', before) {
        None => At::Line {
            line,
            column: column + before.len() as u64,
        },
        Some(newline) => At::Line {
            line: line + memchr::memchr_iter(b'\n', before).count() as u64,
            column: (before.len() - newline) as u64,
        },
    }
}
