//! Keyed hashing: whoever chooses trace and span ids cannot choose where they land in a table, while
//! the same seed gives the same run.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::id::TraceId;

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

/// Which part of all traces an id belongs to, the same in every process and cheap. Whoever chooses ids
/// can crowd one shard with it, or make a new trace of his own look late; tables use [`HashKey`].
pub(crate) fn route(id: TraceId) -> u64 {
    let [high, low] = [0, 8].map(|at| {
        let mut half = [0; 8];
        half.copy_from_slice(&id.0[at..at + 8]);
        u64::from_le_bytes(half)
    });
    let product =
        u128::from(high ^ 0xa076_1d64_78bd_642f) * u128::from(low ^ 0xe703_7ed1_a0b4_28db);
    (product >> 64) as u64 ^ product as u64
}
