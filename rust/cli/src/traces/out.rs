//! What the readers of one input find, on its way to the sink: spans go on at once; of faults of one
//! sort a few are told, the rest is counted and told as one line at the end.

use super::text::told::Told;
use super::{At, Sink};

/// How many faults of one sort are told with their places.
const OF_A_SORT: usize = 2;

/// How many faults of an input are told with their places.
const TOLD: usize = 6;

pub struct Out<'s> {
    sink: &'s mut dyn Sink,
    /// Sorts told so far, one entry a fault.
    told: Vec<String>,
    untold: u64,
    last: At,
    /// The names of the files in archives that are being read, behind one another.
    inside: String,
}

impl<'s> Out<'s> {
    pub fn new(sink: &'s mut dyn Sink) -> Self {
        Out {
            sink,
            told: Vec::new(),
            untold: 0,
            last: At::Byte(0),
            inside: String::new(),
        }
    }

    /// What follows stands in this file of an archive; give what it returns to [`Out::leave`].
    pub fn enter(&mut self, name: &str) -> usize {
        let outer = self.inside.len();
        self.inside.push_str(name);
        self.inside.push_str(": ");
        outer
    }

    pub fn leave(&mut self, outer: usize) {
        self.inside.truncate(outer);
    }

    /// As [`Sink::note`].
    pub fn note(&mut self, message: &str) {
        self.sink.note(&format!("{}{message}", self.inside));
    }

    /// As [`Sink::batch`].
    pub fn batch(&mut self, otlp: &[u8], at: At) {
        self.sink.batch(otlp, at);
    }

    /// As [`Sink::buffer`].
    pub fn buffer(&mut self, otlp: &mut Vec<u8>, at: At) {
        self.sink.buffer(otlp, at);
    }

    /// As [`Sink::broken`], unless enough of this sort was told.
    pub fn broken(&mut self, at: At, message: &str) {
        let sort = sort(message);
        let alike = self.told.iter().filter(|told| *told == sort).count();
        if self.told.len() >= TOLD || alike >= OF_A_SORT {
            self.untold += 1;
            self.last = at;
            return;
        }
        self.told.push(sort.to_owned());
        if self.inside.is_empty() {
            self.sink.broken(at, message);
        } else {
            self.sink.broken(at, &format!("{}{message}", self.inside));
        }
    }

    /// What was odd in a text; `place` is where a byte of it stands.
    pub fn odd(&mut self, told: &Told, place: impl Fn(usize) -> At) {
        for odd in &told.odd {
            let at = place(odd.at);
            self.broken(at, &odd.message);
            if told.more_odd > 0 {
                self.last = at;
            }
        }
        self.untold += told.more_odd;
    }

    /// The traces of a text that was handed on which are known to be incomplete.
    pub fn partial(&mut self, told: &Told) {
        for trace in &told.partial {
            self.sink.partial(*trace);
        }
    }

    /// Tells the count of what was not told.
    pub fn end(self) {
        match self.untold {
            0 => {}
            1 => self.sink.broken(self.last, "and here once more"),
            more => {
                let message = format!("and {more} more like these, the last one here");
                self.sink.broken(self.last, &message);
            }
        }
    }
}

/// What a message is about: the part before the first thing it quotes or counts.
fn sort(message: &str) -> &str {
    let end = message.find(|c: char| c == '`' || c.is_ascii_digit());
    &message[..end.unwrap_or(message.len())]
}
