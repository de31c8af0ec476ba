//! A cursor over the text of one JSON value: it walks, it never builds.
//!
//! Callers ask for the shape they expect. Where the text is JSON but of another shape (a number
//! where a list should be), the value is skipped and the caller hears `None` or `false`: one odd value
//! costs no more than itself. Where the text is not JSON, a [`Fault`] names the byte. Where it is JSON
//! that is not understood, the caller leaves an [`Odd`](super::told::Odd) with the cursor and goes on. Strings are handed
//! out as written, escapes and all; bytes that are not UTF-8 are kept.

use super::fault::{Fault, MAX_DEPTH, What};
use super::number::is_number;
use super::string::{Raw, plain_run};
use super::told::{Told, excerpt};

/// A value that holds no others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    Null,
    Bool(bool),
    /// JSON's number grammar, or the bare words `NaN`, `Infinity`, `-Infinity` that some writers use.
    Number(&'a [u8]),
    Text(Raw<'a>),
    /// An array or object, skipped.
    Nested,
}

#[derive(Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    told: Told,
}

impl<'a> Cursor<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Cursor {
            bytes,
            at: 0,
            told: Told::default(),
        }
    }

    /// The place of the next token.
    #[inline]
    pub fn at(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Returns to a place that [`Cursor::at`] gave.
    pub fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Notes that what stands at `at` is not understood.
    #[cold]
    pub fn odd(&mut self, at: usize, message: impl Into<String>) {
        self.told.odd(at, message.into());
    }

    /// Notes that a trace is known to have more spans than are here.
    pub fn partial(&mut self, trace: [u8; 16]) {
        self.told.partial.push(trace);
    }

    #[must_use]
    pub fn into_told(self) -> Told {
        self.told
    }

    /// The text from `at` to the place the cursor is at, shortened, for a message.
    #[must_use]
    pub fn excerpt(&self, at: usize) -> String {
        excerpt(self.bytes.get(at..self.at).unwrap_or_default())
    }

    fn fault(&self, expected: &'static str) -> Fault {
        let what = if self.at >= self.bytes.len() {
            What::EndsEarly
        } else {
            What::Expected(expected)
        };
        Fault { at: self.at, what }
    }

    /// The next byte that is not white space, without taking it.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes these bytes if they come next, and nothing else.
    #[inline(always)]
    pub fn takes(&mut self, text: &[u8]) -> bool {
        let is_here = self.bytes[self.at..].starts_with(text);
        self.at += if is_here { text.len() } else { 0 };
        is_here
    }

    /// Takes what comes next up to a quote, and the quote; `None`: an escape comes first.
    #[inline]
    pub fn plain_text(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.at = plain_run(self.bytes, start);
        let text = &self.bytes[start..self.at];
        self.takes(b"\"").then_some(text)
    }

    /// Nothing but white space is left.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Fault {
                at: self.at,
                what: What::Trailing,
            }),
        }
    }

    /// Calls `field` for each key, which must take the value. `false`: not an object, skipped.
    #[inline]
    pub fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &[u8]) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        if self.peek() != Some(b'{') {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(true);
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in quotes"));
            }
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.fault("a colon after the key"));
            }
            self.at += 1;
            if key.escaped {
                let mut plain = Vec::new();
                key.unescape_into(&mut plain);
                field(self, &plain)?;
            } else {
                field(self, key.bytes)?;
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(true);
                }
                _ => return Err(self.fault("a comma or the end of the object")),
            }
        }
    }

    /// Calls `element` for each element, which must take it. `false`: not an array, skipped.
    #[inline]
    pub fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        if self.peek() != Some(b'[') {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(true);
        }
        loop {
            element(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(true);
                }
                _ => return Err(self.fault("a comma or the end of the array")),
            }
        }
    }

    /// The value if it is a string; anything else is skipped.
    #[inline]
    pub fn text(&mut self) -> Result<Option<Raw<'a>>, Fault> {
        if self.peek() == Some(b'"') {
            return self.string().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// The value, if it holds no others.
    #[inline]
    pub fn scalar(&mut self) -> Result<Scalar<'a>, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'{' | b'[') => {
                self.skip()?;
                Ok(Scalar::Nested)
            }
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => self.number().map(Scalar::Number),
            Some(b't') => self.word(b"true").map(|()| Scalar::Bool(true)),
            Some(b'f') => self.word(b"false").map(|()| Scalar::Bool(false)),
            Some(b'n') => self.word(b"null").map(|()| Scalar::Null),
            _ => Err(self.fault("a value")),
        }
    }

    /// Passes over one value of any kind, checking its grammar, without recursion.
    pub fn skip(&mut self) -> Result<(), Fault> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(Fault {
                            at: self.at,
                            what: What::TooDeep,
                        });
                    }
                    self.at += 1;
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.peek() == Some(close) {
                        self.at += 1;
                    } else {
                        open.push(close);
                        if close == b'}' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                _ => {
                    self.scalar()?;
                }
            }
            // A value is behind us: what may follow depends on what is still open.
            loop {
                let Some(&close) = open.last() else {
                    return Ok(());
                };
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if close == b'}' {
                            self.key()?;
                        }
                        break;
                    }
                    Some(byte) if byte == close => {
                        self.at += 1;
                        open.pop();
                    }
                    _ => return Err(self.fault("a comma or a closing bracket")),
                }
            }
        }
    }

    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.fault("a key in quotes"));
        }
        self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.fault("a colon after the key"));
        }
        self.at += 1;
        Ok(())
    }

    /// At an opening quote.
    #[inline]
    fn string(&mut self) -> Result<Raw<'a>, Fault> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = plain_run(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Raw {
                        bytes: &self.bytes[start..at],
                        escaped,
                    });
                }
                Some(_) => {
                    escaped = true;
                    at += 2;
                }
                None => {
                    return Err(Fault {
                        at: self.bytes.len(),
                        what: What::OpenString,
                    });
                }
            }
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        if word.starts_with(rest) {
            self.at = self.bytes.len();
        }
        Err(self.fault("a value"))
    }

    fn number(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        let mut at = start;
        while let Some(byte) = self.bytes.get(at) {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')) {
                break;
            }
            at += 1;
        }
        let text = &self.bytes[start..at];
        let is_plain = text[0] != b'0' && text.iter().all(u8::is_ascii_digit);
        if is_plain || is_number(text) {
            self.at = at;
            return Ok(text);
        }
        if at == self.bytes.len() {
            self.at = at;
        }
        Err(self.fault("a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(text: &str) -> Result<(), What> {
        let mut cursor = Cursor::new(text.as_bytes());
        cursor
            .skip()
            .and_then(|()| cursor.end())
            .map_err(|fault| fault.what)
    }

    #[test]
    fn skipping_checks_the_grammar() {
        for good in [
            "{}",
            "[]",
            " [1, -2.5e+3, \"a\\\"b\", true, false, null, {\"k\": [{}]}] ",
            "NaN",
            "-Infinity",
            "\"\\u00e9\"",
        ] {
            assert_eq!(skipped(good), Ok(()), "{good}");
        }
        for bad in [
            "[1,]", "{\"a\"}", "{a:1}", "[}", "01", "1.", "truth", "{} {}", "[1 2]", "+1", "1e",
        ] {
            assert!(skipped(bad).is_err(), "{bad}");
        }
        for (early, what) in [
            ("[1,", What::EndsEarly),
            ("{\"a\":", What::EndsEarly),
            ("", What::EndsEarly),
            ("tru", What::EndsEarly),
            ("[\"abc", What::OpenString),
            ("[\"abc\\", What::OpenString),
        ] {
            assert_eq!(skipped(early), Err(what), "{early}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(skipped(&deep(MAX_DEPTH)), Ok(()));
        assert_eq!(skipped(&deep(MAX_DEPTH + 1)), Err(What::TooDeep));
    }
}
