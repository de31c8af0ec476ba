//! Reading attributes into slots: those that are written as usual one behind the other, any other by the book.

use std::ops::Range;

use crate::scan::expected::Expectations;
use crate::scan::keys::{KeyTable, KnownKey};
use crate::scan::slots::{Signs, SlotSet};
use crate::scan::span_field as field;
use crate::scan::value_digest::{digest_int, digest_text, digest_value};
use crate::wire::ScanError;
use crate::wire::pair::{KeyValue, UsualPair, UsualValue};
use crate::wire::value::{Raw, any_value};

/// Reads attributes of a span from `begin` on, of which the first is not one expected, for as long as they are written as usual,
/// and tells where that ends; `None`: the first is not. The span ends where `bytes` do.
#[inline(never)]
pub(super) fn unexpected_attributes(
    (message, bytes): (&[u8], &[u8]),
    begin: usize,
    keys: &KeyTable,
    slots: &mut SlotSet,
    expected: &mut Expectations,
) -> Result<Option<usize>, ScanError> {
    let mut at = begin;
    loop {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let Some((pair, behind)) = any_usual(rest) else {
            return Ok((at > begin).then_some(at));
        };
        let end = bytes.len() - behind.len();
        if expected.surprise(&pair, keys, slots) {
            at = expected.follow(message, (at, end), slots);
        }
        if at < end {
            keep_usual(bytes, (pair, behind), keys, slots)?;
            expected.lose();
            at = end;
        }
    }
}

/// The attribute that `rest` begins with, and what is behind it.
#[inline(always)]
fn any_usual(rest: &[u8]) -> Option<(UsualPair<'_>, &[u8])> {
    let split = UsualPair::split(rest, field::ATTRIBUTES_TAG);
    split.or_else(|| UsualPair::split_long(rest, field::ATTRIBUTES_TAG))
}

/// Keeps an attribute, which has this `behind` it, if its key is wanted and new: value and digest while they are at hand.
#[inline(always)]
fn keep_usual(
    bytes: &[u8],
    (pair, behind): (UsualPair<'_>, &[u8]),
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let Some(key) = keys.known(pair.mark, || pair.key()) else {
        return Ok(());
    };
    if slots.is_set(key.slot) {
        return Ok(());
    }
    let end = bytes.len() - behind.len();
    let (value, digest) = match pair.value() {
        Some(UsualValue::Text(text)) => {
            (UsualValue::Text(text).raw(end), digest_text(key.hash, text))
        }
        Some(UsualValue::Int(bits)) => (UsualValue::Int(bits).raw(end), digest_int(key.hash, bits)),
        Some(other) => with_digest(key, other.raw(end), bytes),
        None => with_digest(
            key,
            any_value(bytes, pair.value_at(end), Raw::MISSING)?,
            bytes,
        ),
    };
    slots.set((key.slot, Signs::of(key.slot)), value, digest);
    Ok(())
}

#[inline(never)]
fn with_digest(key: KnownKey, value: Raw, message: &[u8]) -> (Raw, u64) {
    (value, digest_value(key.hash, value.value(message)))
}

/// Keeps the attribute in `entry` if its key is wanted and new.
#[inline]
pub(super) fn attribute(
    message: &[u8],
    entry: Range<usize>,
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let pair = KeyValue::read(message, entry)?;
    keep(message, &pair, keys, slots)
}

#[inline]
pub(super) fn keep(
    message: &[u8],
    pair: &KeyValue<'_>,
    keys: &KeyTable,
    slots: &mut SlotSet,
) -> Result<(), ScanError> {
    let Some(key) = keys.key(pair.key) else {
        return Ok(());
    };
    // Of a key that stands twice the first counts.
    if !slots.is_set(key.slot) {
        let (value, digest) = with_digest(key, pair.value(message)?, message);
        slots.set((key.slot, Signs::of(key.slot)), value, digest);
    }
    Ok(())
}
