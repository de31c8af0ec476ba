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

    /// Of a trace, by which every span is looked up: products with the key, which a sender does not know, in place of the rounds
    /// of [`HashKey::of`].
    #[inline(always)]
    pub fn of_trace(self, id: TraceId) -> u64 {
        let (halves, _) = id.0.as_chunks::<8>();
        let [first, last] = [0, 1].map(|at| halves.get(at).map_or(0, word));
        fold(fold(first ^ self.0, last ^ self.1), self.0 ^ self.1)
    }

    /// Of a text that a sender chose, likewise.
    #[inline]
    pub fn of_text(self, text: &[u8]) -> u64 {
        let (mut hash, mut rest) = (self.0, text);
        while rest.len() > 16
            && let Some((first, after)) = rest.split_first_chunk::<8>()
            && let Some((second, after)) = after.split_first_chunk::<8>()
        {
            hash = fold(word(first) ^ hash, word(second) ^ self.1);
            rest = after;
        }
        let (first, last) = ends(rest);
        let hash = fold(first ^ hash, last ^ self.1);
        fold(
            hash ^ (text.len() as u64).wrapping_mul(LENGTH),
            self.0 ^ self.1,
        )
    }

    /// As [`HashKey::of`] sixteen bytes, without a hasher's way with bytes of any number.
    #[inline(always)]
    pub fn of_16(self, bytes: [u8; 16]) -> u64 {
        let (halves, _) = bytes.as_chunks::<8>();
        let mut state = Sip::new(self);
        for half in halves {
            state.take(u64::from_le_bytes(*half));
        }
        // The last word ends with how many bytes there were.
        state.take((bytes.len() as u64) << 56);
        state.finish()
    }

    pub fn of(self, bytes: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        hasher.write(bytes);
        hasher.finish()
    }
}

/// The state of SipHash-1-3 (Aumasson and Bernstein, 2012).
struct Sip([u64; 4]);

impl Sip {
    fn new(HashKey(a, b): HashKey) -> Sip {
        Sip([
            a ^ 0x736f_6d65_7073_6575,
            b ^ 0x646f_7261_6e64_6f6d,
            a ^ 0x6c79_6765_6e65_7261,
            b ^ 0x7465_6462_7974_6573,
        ])
    }

    #[inline(always)]
    fn round(&mut self) {
        let [a, b, c, d] = &mut self.0;
        *a = a.wrapping_add(*b);
        *c = c.wrapping_add(*d);
        *b = b.rotate_left(13) ^ *a;
        *d = d.rotate_left(16) ^ *c;
        *a = a.rotate_left(32).wrapping_add(*d);
        *c = c.wrapping_add(*b);
        *b = b.rotate_left(17) ^ *c;
        *d = d.rotate_left(21) ^ *a;
        *c = c.rotate_left(32);
    }

    #[inline(always)]
    fn take(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.0[0] ^= word;
    }

    #[inline(always)]
    fn finish(mut self) -> u64 {
        self.0[2] ^= 0xff;
        for _ in 0..3 {
            self.round();
        }
        let [a, b, c, d] = self.0;
        a ^ b ^ c ^ d
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

/// Both halves of a product, as wyhash (Wang, 2019) has it.
#[inline(always)]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b ^ 0x8ebc_6af0_9c88_c6e3);
    (product >> 64) as u64 ^ product as u64
}

/// A text and its length, folded into `seed` two words at a time.
#[inline(always)]
pub(crate) fn fold_text(mut seed: u64, text: &[u8]) -> u64 {
    let mut rest = text;
    while rest.len() > 16
        && let Some((first, after)) = rest.split_first_chunk::<8>()
        && let Some((second, after)) = after.split_first_chunk::<8>()
    {
        seed = fold(word(first) ^ seed, word(second));
        rest = after;
    }
    let (first, last) = ends(rest);
    fold(
        first ^ seed,
        last ^ (text.len() as u64).wrapping_mul(LENGTH),
    )
}

/// Spreads a length over a word.
const LENGTH: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline(always)]
fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

#[inline(always)]
fn half(bytes: &[u8; 4]) -> u64 {
    u64::from(u32::from_le_bytes(*bytes))
}

/// A text of up to sixteen bytes as two words, from both its ends, which may overlap: its length tells what does. Of a longer one
/// the first and the last eight bytes.
#[inline(always)]
pub(crate) fn ends(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (word(first), word(last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (half(first), half(last));
    }
    let byte = |at: usize| text.get(at).map_or(0, |byte| u64::from(*byte));
    (byte(0) | byte(1) << 8, byte(2))
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_ends_and_the_length_are_all_of_a_short_text() {
        let mut seen = HashSet::new();
        let mut texts = 0;
        for length in 0..=16usize {
            let base = vec![b'a'; length];
            for at in 0..length {
                for byte in [b'b', 0, 0xff] {
                    let mut text = base.clone();
                    text[at] = byte;
                    texts += 1;
                    assert!(seen.insert((ends(&text), length)), "{text:?}");
                }
            }
            texts += 1;
            assert!(seen.insert((ends(&base), length)));
        }
        assert_eq!(seen.len(), texts);
    }

    #[test]
    fn an_id_hashes_as_its_bytes_do() {
        for number in 0..1000u64 {
            let key = HashKey::new(number ^ 0x5a);
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
            id[8..].copy_from_slice(&number.wrapping_mul(0xd6e8_feb8_6659_fd93).to_le_bytes());
            assert_eq!(key.of_16(id), key.of(&id));
        }
    }

    #[test]
    fn each_bit_of_a_trace_id_and_of_the_key_changes_half_of_its_hash() {
        const ROUNDS: u64 = 200;
        let spread = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for bit in 0..192u32 {
            let mut changed = [0u64; 64];
            for round in 0..ROUNDS {
                let id = u128::from(spread(round)) << 64 | u128::from(spread(!round));
                let seed = spread(round ^ 0x5a);
                let of = |id: u128, seed| HashKey::new(seed).of_trace(TraceId(id.to_le_bytes()));
                let other = match bit {
                    0..128 => of(id ^ 1 << bit, seed),
                    _ => of(id, seed ^ 1 << (bit - 128)),
                };
                let differs = of(id, seed) ^ other;
                let bits = changed.iter_mut().enumerate();
                bits.for_each(|(at, changed)| *changed += differs >> at & 1);
            }
            let is_half = |count: &u64| (ROUNDS / 4..=ROUNDS * 3 / 4).contains(count);
            assert!(changed.iter().all(is_half), "{bit}: {changed:?}");
        }
    }
}
