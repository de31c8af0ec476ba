//! Keyed hashing: whoever chooses trace and span ids cannot choose where they land in a table, while
//! the same seed gives the same run.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

#[derive(Clone, Copy, Debug)]
pub(crate) struct HashKey(u64, u64);

impl HashKey {
    pub fn new(seed: u64) -> HashKey {
        // The second half is derived, so that one number in the settings is enough.
        HashKey(
            seed,
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31),
        )
    }

    pub fn of(self, bytes: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        hasher.write(bytes);
        hasher.finish()
    }
}

/// A 64-bit hash with a fixed key, of what must read the same in every process.
pub(crate) fn fixed_hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0x6265_7472_6163_6531, 0x7370_616e_2069_6473);
    for part in parts {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part);
    }
    hasher.finish()
}
