//! What values are called in a group or a distinct set.

use crate::value::{TextBuffer, Value, shortest_text};

/// How many distinct values or groups a cell keeps; beyond it the lower bound stands and the rest is
/// `inconclusive(state_cap)`.
pub(crate) const KEY_CAP: usize = 8192;

/// A value's shortest text: itself with its length where it is at most 14 bytes, else a hash of it.
pub(crate) type TextKey = u128;

pub(crate) fn text_key(text: &[u8]) -> TextKey {
    let mut key = [0; 16];
    if text.len() < 15 {
        key[..text.len()].copy_from_slice(text);
        key[15] = text.len() as u8;
    } else {
        key.copy_from_slice(&blake3::hash(text).as_bytes()[..16]);
        key[15] = 0xff;
    }
    u128::from_be_bytes(key)
}

/// What a value is in a group or a distinct set; `None`: it is in none.
pub(crate) fn group_key(value: Value<'_>) -> Option<TextKey> {
    if let Value::Duration(nanos) = value {
        return nanos.map(|nanos| text_key(&nanos.to_le_bytes()));
    }
    match value {
        Value::Text(text) => Some(text_key(text)),
        value => shortest_text(value, &mut TextBuffer::new()).map(text_key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_their_own_key_and_long_ones_do_not_meet_them() {
        assert_ne!(text_key(b""), text_key(b"\0"));
        assert_ne!(text_key(b"a"), text_key(b"a\0"));
        assert_ne!(text_key(b"aaaaaaaaaaaaaaa"), text_key(b"aaaaaaaaaaaaaaaa"));
        assert_ne!(
            text_key(b"abcdefghijklmnopq"),
            text_key(b"abcdefghijklmnopr")
        );
        // Stored state has these keys: they stay what they are.
        assert_eq!(text_key(b"ab"), 0x6162_0000_0000_0000_0000_0000_0000_0002);
        assert_eq!(
            text_key(b"abcdefghijklmnopq"),
            0x26dc_2e71_5516_d406_c370_0205_6890_feff
        );
    }
}
