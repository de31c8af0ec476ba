//! Lists and mappings in brackets, on one line.

use memchr::memchr_iter;

use crate::file::yaml::lines::{LineReader, Met};

impl<'t, F: FnMut(Met<'t>) -> Option<()>> LineReader<'t, F> {
    /// What stands between the bracket at `at` and the one that closes it; its end is not told. The place behind it.
    pub(super) fn bracketed(&mut self, at: usize, end: usize) -> Option<usize> {
        let (begins, closer) = match self.byte(at) {
            b'[' => (Met::Sequence(at), b']'),
            _ => (Met::Mapping(at), b'}'),
        };
        (self.meet)(begins)?;
        let mut at = self.behind_spaces(at + 1);
        if self.byte(at) == closer {
            return Some(at + 1);
        }
        loop {
            if closer == b'}' {
                at = self.key_in_brackets(at, end)?;
            }
            at = self.in_brackets(at, end)?;
            let sign = self.byte(at);
            if sign == closer {
                return Some(at + 1);
            }
            if sign != b',' {
                return None;
            }
            at = self.behind_spaces(at + 1);
        }
    }

    /// A key; the place of its value.
    fn key_in_brackets(&mut self, at: usize, end: usize) -> Option<usize> {
        let key_end = self.key_end(at, end)?;
        self.plain(at..key_end)?;
        Some(self.behind_spaces(key_end + 1))
    }

    /// A value; the place of what follows it.
    fn in_brackets(&mut self, at: usize, end: usize) -> Option<usize> {
        match self.byte(at) {
            b'"' | b'\'' => {
                let (value, style, behind) = self.quoted(at, end)?;
                let next = self.behind_spaces(behind);
                (self.meet)(Met::Scalar(value, style, at..next))?;
                Some(next)
            }
            b'[' | b'{' => {
                let behind = self.bracketed(at, end)?;
                let next = self.behind_spaces(behind);
                (self.meet)(Met::End(next))?;
                Some(next)
            }
            first if first.is_ascii_alphanumeric() || first == b'_' => {
                let bytes = &self.text.as_bytes()[at..end];
                let is_part = |byte: &&u8| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ')
                };
                let behind = at + bytes.iter().take_while(is_part).count();
                let value = self.text[at..behind].trim_end_matches(' ');
                // A dash by itself may be no part of it.
                let mut dashes = memchr_iter(b'-', value.as_bytes());
                if dashes.any(|dash| bytes[dash - 1] == b' ' || dash + 1 == value.len()) {
                    return None;
                }
                self.plain(at..at + value.len())?;
                Some(behind)
            }
            _ => None,
        }
    }
}
