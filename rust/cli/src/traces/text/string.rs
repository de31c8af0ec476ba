//! Strings of JSON: where they end, and what their escapes mean.

/// A string as written between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    pub bytes: &'a [u8],
    pub escaped: bool,
}

impl Raw<'_> {
    /// Appends the string meant: escapes read, lone surrogates and unknown escapes replaced.
    pub fn unescape_into(&self, out: &mut Vec<u8>) {
        if !self.escaped {
            out.extend_from_slice(self.bytes);
            return;
        }
        let mut rest = self.bytes;
        while let Some(slash) = memchr::memchr(b'\\', rest) {
            out.extend_from_slice(&rest[..slash]);
            let kind = rest.get(slash + 1).copied();
            rest = rest.get(slash + 2..).unwrap_or_default();
            match kind {
                Some(b'n') => out.push(b'\n'),
                Some(b't') => out.push(b'\t'),
                Some(b'r') => out.push(b'\r'),
                Some(b'b') => out.push(8),
                Some(b'f') => out.push(12),
                Some(b'u') => {
                    let (code, taken) = unicode_escape(rest);
                    rest = &rest[taken..];
                    let mut utf8 = [0; 4];
                    out.extend_from_slice(code.encode_utf8(&mut utf8).as_bytes());
                }
                Some(other) => out.push(other),
                None => {}
            }
        }
        out.extend_from_slice(rest);
    }

    /// The string meant.
    #[must_use]
    pub fn unescape(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len());
        self.unescape_into(&mut out);
        out
    }
}

/// What stands behind `\u`, with the second half of a pair; how many bytes it took.
fn unicode_escape(rest: &[u8]) -> (char, usize) {
    let Some(first) = four_hex(rest) else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    if !(0xD800..0xE000).contains(&first) {
        let code = char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (code, 4);
    }
    if first < 0xDC00
        && rest.get(4..6) == Some(b"\\u".as_slice())
        && let Some(second) = four_hex(&rest[6..])
        && (0xDC00..0xE000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        let code = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (code, 10);
    }
    (char::REPLACEMENT_CHARACTER, 4)
}

fn four_hex(bytes: &[u8]) -> Option<u32> {
    let mut value = 0;
    for &byte in bytes.get(..4)? {
        value = value << 4 | char::from(byte).to_digit(16)?;
    }
    Some(value)
}

/// The first quote or backslash at or after `at`, or the end. Eight bytes at a step: most strings
/// in a trace are longer than that and hold neither.
#[inline]
pub fn plain_run(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let word = u64::from_le_bytes(word);
        let quote = word ^ (ONES * b'"' as u64);
        let slash = word ^ (ONES * b'\\' as u64);
        let found = (quote.wrapping_sub(ONES) & !quote | slash.wrapping_sub(ONES) & !slash) & HIGHS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_what_they_mean() {
        let read = |text: &str| {
            let raw = Raw {
                bytes: text.as_bytes(),
                escaped: true,
            };
            String::from_utf8(raw.unescape()).unwrap_or_default()
        };
        assert_eq!(read(r#"a\n\t\"\\\/b"#), "a\n\t\"\\/b");
        assert_eq!(read(r#"\u00e9\ud83d\ude00"#), "é😀");
        assert_eq!(read(r#"x\ud83dy\ude00z"#), "x\u{fffd}y\u{fffd}z");
        assert_eq!(read(r#"\ud83d\u0041"#), "\u{fffd}A");
        assert_eq!(read(r#"\uzzzz"#), "\u{fffd}zzzz");
    }
}
