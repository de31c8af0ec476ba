//! What groups of few short values are called: most fields that make groups have few values, and the hash of one takes longer
//! than to find it among those of before.

use crate::hash::fold_text;
use crate::window::distinct::ValueKey;

/// Of the latest.
#[derive(Debug, Default)]
pub(crate) struct KnownGroups(Vec<KnownGroup>);

#[derive(Clone, Copy, Debug)]
struct KnownGroup {
    key: ValueKey,
    /// 0: none.
    length: u8,
    values: [u8; SHORT],
}

/// How many are known, once there is one.
const KNOWN: usize = 256;
/// As long as that they are kept: a value of at most 39 bytes, with its length. Each takes a line of a cache.
const SHORT: usize = 47;

impl KnownGroups {
    /// `values`: of the fields of a group, each behind its length.
    pub fn key(&mut self, values: &[u8]) -> ValueKey {
        if values.len() > SHORT {
            return key_of(values);
        }
        if self.0.is_empty() {
            let none = KnownGroup {
                key: 0,
                length: 0,
                values: [0; SHORT],
            };
            self.0.resize(KNOWN, none);
        }
        let at = fold_text(0, values) as usize % KNOWN;
        let known = &mut self.0[at];
        if known.values[..usize::from(known.length)] != *values {
            known.key = key_of(values);
            known.length = values.len() as u8;
            known.values[..values.len()].copy_from_slice(values);
        }
        known.key
    }
}

/// The same for the same values alone.
fn key_of(values: &[u8]) -> ValueKey {
    let mut key = [0; 16];
    key.copy_from_slice(&blake3::hash(values).as_bytes()[..16]);
    u128::from_le_bytes(key)
}
