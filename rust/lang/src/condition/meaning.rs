//! Hashes of what a rule means, by which a reload tells changed rules from unchanged ones, and rules that say the same
//! or less than others are found.

use std::collections::HashSet;

use crate::condition::canonical::canonical;
use crate::rule::{Body, Completeness, Expr, ExprKind, MeaningHash};

/// The first sixteen bytes of BLAKE3 over the canonical text of the body, exceptions included, and over what the rule
/// asks of a trace, if it says so itself.
#[must_use]
pub fn meaning_hash(body: &Body, completeness: Option<Completeness>) -> MeaningHash {
    let mut hasher = blake3::Hasher::new();
    // A later change of the canonical form would change hashes; then this line changes as well.
    hasher.update(b"betrace meaning 1\n");
    hasher.update(canonical(body).as_bytes());
    if let Some(completeness) = completeness {
        hasher.update(b"\ncompleteness ");
        hasher.update(completeness.as_str().as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    MeaningHash(bytes)
}

/// A body as the sum of its parts: it is violated whenever its scope applies and some part is broken.
pub(crate) struct MeaningParts {
    /// Of `when`, bindings and exceptions, and of what is asked of the trace.
    pub scope: MeaningHash,
    /// Likewise of a rule that applies to every trace.
    pub everywhere: MeaningHash,
    pub never: HashSet<MeaningHash>,
    pub always: HashSet<MeaningHash>,
}

impl MeaningParts {
    pub fn of(body: &Body, completeness: Option<Completeness>) -> MeaningParts {
        let scope = Body {
            bindings: body.bindings.clone(),
            when: body.when.clone(),
            exceptions: body.exceptions.clone(),
            ..Body::empty()
        };
        MeaningParts {
            scope: meaning_hash(&scope, completeness),
            everywhere: meaning_hash(&Body::empty(), completeness),
            never: body.never.iter().flat_map(broken_by_one).collect(),
            always: body.always.iter().flat_map(broken_by_one_of_all).collect(),
        }
    }
}

/// The parts of `never`, of which each that holds breaks it.
fn broken_by_one(clause: &Expr) -> impl Iterator<Item = MeaningHash> {
    hashes(match &clause.kind {
        ExprKind::Or(parts) => parts,
        _ => std::slice::from_ref(clause),
    })
}

/// The parts of `always`, of which each that fails breaks it.
fn broken_by_one_of_all(clause: &Expr) -> impl Iterator<Item = MeaningHash> {
    hashes(clause.parts())
}

fn hashes(parts: &[Expr]) -> impl Iterator<Item = MeaningHash> {
    parts.iter().map(|part| {
        let alone = Body {
            never: Some(part.clone()),
            ..Body::empty()
        };
        meaning_hash(&alone, None)
    })
}
