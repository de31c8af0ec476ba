//! What stands against knowing something while a trace is open.

use betrace_lang::rule::{ClauseKind, Number, Selector};

use crate::few::Few;

/// Beyond any bound that a rule names.
pub(super) const MUCH: Number = Number::Int(i128::MAX >> 8);
pub(super) const LITTLE: Number = Number::Int(-(i128::MAX >> 8));

/// A clause of a rule, and what its breach has to wait for.
#[derive(Clone, Debug, PartialEq)]
pub struct ClauseProfile {
    pub clause: ClauseKind,
    /// Empty: a breach is known while the trace is open, with the span that completes it. Otherwise it waits
    /// for the close, because of all of these.
    pub waits_for: Vec<Obstacle>,
}

/// Why something is not known before a trace closes.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    /// A span that this selects may still come.
    MayCome(Selector),
    /// More spans that this selects may still come.
    MoreMayCome(Selector),
    /// Which one of those that this selects is the first, last or next is known when all have come.
    NotAllCame(Selector, Which),
    /// Whether a span is a leaf is known when all have come.
    ChildMayCome,
    /// `trace:duration` may still grow.
    DurationGrows,
    /// `trace:spanCount` may still grow.
    SpanCountGrows,
    /// The root may still come.
    RootMayCome,
    /// It is never so, whatever comes.
    Never,
    /// An exception may still apply, because of this.
    Exception(Box<Obstacle>),
}

/// See [`Obstacle::NotAllCame`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    First,
    Last,
    Next,
}

/// What stands against knowing something; empty: nothing.
pub(super) type Obstacles = Few<Obstacle>;

/// It is enough that one of these can be known.
pub(super) fn either(ways: impl IntoIterator<Item = Obstacles>) -> Obstacles {
    let mut all = Few::None;
    for way in ways {
        if way.is_empty() {
            return way;
        }
        all.extend(way);
    }
    all
}

/// Each of these must be known.
pub(super) fn every(parts: impl IntoIterator<Item = Obstacles>) -> Obstacles {
    parts.into_iter().flatten().collect()
}
