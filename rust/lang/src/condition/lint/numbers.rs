//! What comparisons of one number say together.

use std::cmp::Ordering;

use crate::rule::{CompareOp, Number};

/// Whether no number satisfies both comparisons.
pub(super) fn exclude(one: (CompareOp, Number), other: (CompareOp, Number)) -> bool {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    let order = one.1.compare(other.1);
    match (one.0, other.0) {
        (Eq, Eq) => order != Ordering::Equal,
        (Eq, Ne) | (Ne, Eq) => order == Ordering::Equal,
        (Eq, Lt) | (Ge, Lt) | (Gt, Lt) | (Gt, Le) | (Gt, Eq) => order != Ordering::Less,
        (Eq, Le) | (Ge, Le) | (Ge, Eq) => order == Ordering::Greater,
        (Lt, Eq | Ge | Gt) | (Le, Gt) | (Eq, Gt) => order != Ordering::Greater,
        (Le, Eq | Ge) | (Eq, Ge) => order == Ordering::Less,
        _ => false,
    }
}
