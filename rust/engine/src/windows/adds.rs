//! What one trace adds to a window.

use betrace_lang::rule::Number;

use crate::logic::tri::Reasons;
use crate::window::distinct::ValueKey;

/// A group of spans or traces that have the same values for the fields of `by`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WindowGroup {
    pub key: ValueKey,
    /// The values, with [`BETWEEN`] between them.
    pub label: String,
}

/// Stands between the values of a label, and in none of them.
pub(crate) const BETWEEN: char = '\u{1f}';

impl WindowGroup {
    /// All there are, where a rule makes no groups.
    pub fn all() -> WindowGroup {
        WindowGroup {
            key: 0,
            label: String::new(),
        }
    }

    /// By the values of its fields.
    pub fn of(values: &[String]) -> WindowGroup {
        let mut hash = blake3::Hasher::new();
        for value in values {
            hash.update(&(value.len() as u64).to_le_bytes());
            hash.update(value.as_bytes());
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize().as_bytes()[..16]);
        let values: Vec<String> = values.iter().map(|one| one.replace(BETWEEN, " ")).collect();
        WindowGroup {
            key: u128::from_le_bytes(key),
            label: values.join(&BETWEEN.to_string()),
        }
    }
}

/// What a closed trace adds to the groups of its window.
#[derive(Debug, Default)]
pub(crate) struct Adds {
    /// `None`: it is not known of which group it is, so it may be of any.
    pub parts: Vec<(Option<WindowGroup>, Added)>,
    /// Why more of it may belong to any group; `None`: all of it is known.
    pub open: Option<Reasons>,
}

impl Adds {
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.open.is_none()
    }
}

/// What a trace adds with which a rule has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleAdds {
    Nothing,
    /// It counts, and is not one of those that are looked for.
    Miss,
    /// It is not known what.
    Perhaps,
}

/// The same of one that closed complete, and of one that did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    pub complete: IdleAdds,
    pub incomplete: IdleAdds,
}

/// A part of what a trace adds to one group.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Added {
    /// A span that counts.
    Span,
    /// A finite number that was measured of a span.
    Value(Number),
    /// What a span is called among different values.
    Text(ValueKey),
    /// A trace or a span that counts, and whether it is one of those that are looked for.
    Part(bool),
    /// One of which it is not known whether it counts, what it measures, or whether it is looked for.
    Perhaps(Reasons),
}
