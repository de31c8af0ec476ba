//! Digests of single values, by what they mean and not by how they are encoded.

use std::hash::{BuildHasher, Hasher};

use crate::hash::{fold, fold_text};
use crate::scan::keys::HASH;
use crate::value::Value;
use crate::wire::value::array_elements;

/// Of a text that stands for a key with this hash.
#[inline(always)]
pub(super) fn digest_text(key: u64, text: &[u8]) -> u64 {
    fold_text(key ^ TEXT, text)
}

/// Of the bits of a whole number, likewise.
#[inline(always)]
pub(super) fn digest_int(key: u64, bits: u64) -> u64 {
    fold(key ^ INT, bits)
}

/// Of any value, likewise.
#[inline(always)]
pub(super) fn digest_value(key: u64, value: Value<'_>) -> u64 {
    match value {
        Value::Text(text) => digest_text(key, text),
        Value::Int(value) => digest_int(key, value.cast_unsigned()),
        value => digest_other(key, value),
    }
}

#[cold]
fn digest_other(seed: u64, value: Value<'_>) -> u64 {
    let mut hash = HASH.build_hasher();
    hash.write_u64(seed);
    write_value(&mut hash, value, MAX_DEPTH);
    hash.finish()
}

/// What most values are has a shorter way; numbers without a pattern tell their kinds apart.
pub(super) const TEXT: u64 = 0xa076_1d64_78bd_642f;
pub(super) const INT: u64 = 0xe703_7ed1_a0b4_28db;

/// Arrays in arrays are told apart to this depth.
const MAX_DEPTH: u32 = 16;

/// By meaning, not by encoding: two writers may encode one array differently.
fn write_value(hash: &mut impl Hasher, value: Value<'_>, depth: u32) {
    match value {
        Value::Missing => hash.write_u8(0),
        Value::Text(text) => {
            hash.write_u8(1);
            write_text(hash, text);
        }
        Value::Int(value) => {
            hash.write_u8(2);
            hash.write_i64(value);
        }
        Value::Float(value) => {
            hash.write_u8(3);
            hash.write_u64(value.to_bits());
        }
        Value::Bool(value) => {
            hash.write_u8(4);
            hash.write_u8(u8::from(value));
        }
        Value::Array(encoded) => {
            hash.write_u8(5);
            if depth > 0 {
                for element in array_elements(encoded) {
                    write_value(hash, element, depth - 1);
                }
            }
            hash.write_u8(9);
        }
        Value::Bytes(bytes) => {
            hash.write_u8(6);
            write_text(hash, bytes);
        }
        // Rules see that it is there, and nothing of it.
        Value::Other => hash.write_u8(7),
        Value::Duration(nanos) => {
            hash.write_u8(8);
            hash.write_u64(nanos.unwrap_or(u64::MAX));
        }
    }
}

pub(super) fn write_text(hash: &mut impl Hasher, text: &[u8]) {
    hash.write_usize(text.len());
    hash.write(text);
}
