//! The hash of a rule's meaning, by which a reload tells changed rules from unchanged ones.

use crate::condition::canonical::canonical;
use crate::rule::{Body, MeaningHash};

/// The first sixteen bytes of BLAKE3 over the canonical text of the body, exceptions included.
#[must_use]
pub fn meaning_hash(body: &Body) -> MeaningHash {
    let mut hasher = blake3::Hasher::new();
    // A later change of the canonical form would change hashes; then this line changes as well.
    hasher.update(b"betrace meaning 1\n");
    hasher.update(canonical(body).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    MeaningHash(bytes)
}
