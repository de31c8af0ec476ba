//! SHA-256, and the Merkle tree over a record's entries, hashed as in RFC 6962 (section 2.1): a leaf behind a byte 0, an
//! inner node behind a byte 1, so that neither can be taken for the other.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256, as 64 lower-case hexadecimal digits wherever it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(pub [u8; 32]);

impl Sha256Hex {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Sha256Hex {
        Sha256Hex::of_parts(&[bytes])
    }

    /// Of the parts one behind the other.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Sha256Hex {
        let mut hash = Hashing::default();
        for part in parts {
            hash.update(part);
        }
        hash.end()
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Hex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> String {
        hash.to_string()
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Sha256Hex, String> {
        text.parse()
    }
}

impl std::str::FromStr for Sha256Hex {
    type Err = String;

    fn from_str(text: &str) -> Result<Sha256Hex, String> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut hash = [0; 32];
        let pairs = text.as_bytes().chunks(2);
        let mut read = hash.iter_mut().zip(pairs).map(|(byte, pair)| {
            let [high, low] = pair else { return None };
            *byte = digit(*high)? << 4 | digit(*low)?;
            Some(())
        });
        if text.len() != 64 || read.any(|read| read.is_none()) {
            return Err("a SHA-256 is 64 lower-case hexadecimal digits".to_owned());
        }
        Ok(Sha256Hex(hash))
    }
}

/// A hash of what comes in pieces.
#[derive(Default)]
pub struct Hashing(Sha256);

impl Hashing {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    #[must_use]
    pub fn end(self) -> Sha256Hex {
        Sha256Hex(self.0.finalize().into())
    }
}

/// Of one entry's canonical bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Sha256Hex {
    Sha256Hex::of_parts(&[&[0], entry])
}

fn inner(left: Sha256Hex, right: Sha256Hex) -> Sha256Hex {
    Sha256Hex::of_parts(&[&[1], &left.0, &right.0])
}

/// How many leaves stand left of a root over `count`: the largest power of two below it.
fn left_of(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

/// The root over leaves in their order; that of none is the hash of nothing.
#[must_use]
pub fn merkle_root(leaves: &[Sha256Hex]) -> Sha256Hex {
    match leaves {
        [] => Sha256Hex::of(&[]),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(left_of(leaves.len()));
            inner(merkle_root(left), merkle_root(right))
        }
    }
}

/// The hashes that lead from the leaf at `index` to the root, the lowest first (RFC 6962, section 2.1.1): with them an entry
/// can be shown to stand in a record without showing the others. Empty where there is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[Sha256Hex], index: usize) -> Vec<Sha256Hex> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(left_of(leaves.len()));
    let (mut path, other) = if index < left.len() {
        (inclusion(left, index), right)
    } else {
        (inclusion(right, index - left.len()), left)
    };
    path.push(merkle_root(other));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree of RFC 6962's own test vectors, as Certificate Transparency implementations have it.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let entries: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let leaves: Vec<Sha256Hex> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        for (count, root) in [
            (
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                1,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                2,
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                3,
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                8,
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ] {
            assert_eq!(merkle_root(&leaves[..count]).to_string(), root, "{count}");
        }
        assert_eq!(inclusion(&leaves[..3], 0), [leaves[1], leaves[2]]);
        assert_eq!(inclusion(&leaves[..3], 2), [merkle_root(&leaves[..2])]);
        assert!(inclusion(&leaves, 8).is_empty());
    }

    #[test]
    fn a_hash_is_written_in_one_way() {
        let hash = Sha256Hex::of(b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let text = hash.to_string();
        for wrong in [
            text.to_uppercase(),
            text[1..].to_owned(),
            format!("{text}0"),
            text.replace('2', "g"),
        ] {
            assert!(wrong.parse::<Sha256Hex>().is_err(), "{wrong}");
        }
    }
}
