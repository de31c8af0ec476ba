//! Standard output and error, and files that are written whole.
//!
//! What is written for programs goes out as it is, byte for byte; what is written for people is shown: a character that a
//! terminal would obey or that cannot be seen becomes an escape. There is one [`Output`] in a run, and it remembers whether
//! something of it was lost, so that no command can end well with half of its results on a full disk. A reader that
//! went away is no fault.

mod escape;
mod file;
mod html;
mod paint;
mod working;

use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

pub use escape::one_line;
pub use file::{Existing, write_whole};
pub use html::escaped;
pub use paint::{Paint, Palette};
pub use working::Working;

/// Standard output, buffered. Once it cannot be written, what follows is dropped.
pub struct Output {
    inner: BufWriter<StdoutLock<'static>>,
    palette: Palette,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Nobody reads it any more.
    Closed,
    /// Something was lost, and told.
    Failed,
}

/// Not all of the output could be written. Standard error has been told why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

impl Output {
    /// Standard output, in colour where a terminal wants it.
    #[must_use]
    pub fn standard() -> Output {
        Output {
            inner: BufWriter::with_capacity(64 * 1024, io::stdout().lock()),
            palette: Palette::of_terminal(),
            state: State::Open,
        }
    }

    /// The colours that this output is painted in.
    #[must_use]
    pub fn palette(&self) -> Palette {
        self.palette
    }

    /// Bytes for programs, as they are.
    pub fn data(&mut self, bytes: &[u8]) {
        if self.state == State::Open {
            let written = self.inner.write_all(bytes);
            self.note(written);
        }
    }

    /// A value as one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) {
        if self.state == State::Open {
            let written = serde_json::to_writer(&mut self.inner, value).map_err(io::Error::from);
            let written = written.and_then(|()| self.inner.write_all(b"\n"));
            self.note(written);
        }
    }

    /// One line for people, whatever stands in it.
    pub fn line(&mut self, text: impl fmt::Display) {
        if self.state == State::Open {
            let text = text.to_string();
            let shown = escape::line(&text, self.palette.is_on);
            let written = writeln!(self.inner, "{shown}");
            self.note(written);
        }
    }

    /// Lines for people.
    pub fn text(&mut self, text: &str) {
        self.data(escape::lines(text, self.palette.is_on).as_bytes());
    }

    /// Hands on what is buffered.
    pub fn flush(&mut self) {
        if self.state == State::Open {
            let flushed = self.inner.flush();
            self.note(flushed);
        }
    }

    /// Hands on what is buffered and says whether everything was written, or nobody wanted it.
    ///
    /// # Errors
    /// If some of it was lost.
    pub fn finish(mut self) -> Result<(), Lost> {
        self.flush();
        if self.state == State::Failed {
            return Err(Lost);
        }
        Ok(())
    }

    fn note(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.state = State::Closed,
            Err(error) => {
                self.state = State::Failed;
                fault(format_args!("cannot write: {error}"));
            }
        }
    }
}

/// Tells standard error in one line what went wrong.
pub fn fault(message: impl fmt::Display) {
    note(format_args!("error: {message}"));
}

/// Tells standard error something in one line.
pub fn note(message: impl fmt::Display) {
    tell(&escape::line(&message.to_string(), false));
}

/// Tells standard error something of several lines.
pub fn report(text: &str) {
    tell(&escape::lines(text.trim_end(), false));
}

/// That nobody listens is no fault.
fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// `1 rule`, `2,000 rules`.
#[must_use]
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number with its thousands apart.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
