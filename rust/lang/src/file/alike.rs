//! What many rules of a file have word by word: their tags, and what they give evidence for. It is read once, and the rules
//! share it.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::rule::Compliance;

/// By their texts, what was read without a fault.
#[derive(Default)]
pub(crate) struct Alike<'t> {
    pub tags: Shared<'t, String>,
    pub compliance: Shared<'t, Compliance>,
}

pub(crate) type Shared<'t, T> = HashMap<&'t str, Arc<[T]>>;
