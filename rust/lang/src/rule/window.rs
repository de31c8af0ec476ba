//! Rules over many traces: what is measured over a stretch of time, and what it is held against.

use crate::rule::clause::ClauseKind;
use crate::rule::condition::{Aggregate, Expr};
use crate::rule::field::Field;
use crate::rule::name::Name;
use crate::rule::number::Number;
use crate::rule::predicate::CompareOp;
use crate::rule::selector::Selector;
use crate::rule::term::{Nanos, Term};
use crate::words::words;

/// `over 5m by f at least 10 never { measure > n }`: one question, asked of each stretch of time and each group in it.
#[derive(Clone, Debug)]
pub struct Over {
    /// How long a window is. Windows follow each other without a gap, aligned to the epoch; a trace is in the one in
    /// which its first span starts.
    pub length: Nanos,
    /// At most four. Each span's own value where spans are measured, the root's where traces are.
    pub by: Vec<Field>,
    /// Fewer spans (or traces) are not asked about; 0 where nothing is written.
    pub at_least: u64,
    /// How sure a comparison of shares has to be.
    pub confidence: Confidence,
    /// `always` or `never`.
    pub clause: ClauseKind,
    pub measure: WindowMeasure,
    pub op: CompareOp,
    pub bound: WindowBound,
    /// The comparison as written, white space folded. Not part of the meaning.
    pub text: Name,
    /// The measure as written, likewise.
    pub measured: Name,
    /// Which fields of `by` are not shown, by their places. Not part of the meaning.
    pub withheld: [bool; Over::MOST_KEYS],
}

impl PartialEq for Over {
    /// Equal meaning, whatever the text.
    fn eq(&self, other: &Self) -> bool {
        (self.length, self.at_least, self.confidence, self.clause)
            == (other.length, other.at_least, other.confidence, other.clause)
            && (&self.by, &self.measure, self.op, &self.bound)
                == (&other.by, &other.measure, other.op, &other.bound)
    }
}

impl Over {
    /// Fields that group together.
    pub const MOST_KEYS: usize = 4;

    /// Whether values of the field at this place in `by` are not shown.
    #[must_use]
    pub fn withholds(&self, at: usize) -> bool {
        self.withheld.get(at).is_some_and(|is| *is)
    }

    #[must_use]
    pub fn withholds_any(&self) -> bool {
        self.withheld.contains(&true)
    }
}

/// A confidence level, in hundredths of a percent: 9,500 where nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Confidence(pub u16);

impl Confidence {
    pub const USUAL: Confidence = Confidence(9_500);

    /// From 0 to 100, as it is written: `99.9`.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// From 0 to 1.
    #[must_use]
    pub fn level(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

/// What is measured of a window, or of a group in it.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a rule has one")]
pub enum WindowMeasure {
    /// Selected spans.
    Count(Selector),
    /// Of a field, or what is made of fields, of each selected span.
    Of {
        function: Aggregate,
        selector: Selector,
        of: Term,
    },
    /// `p99(S, f)`
    Quantile {
        rank: Rank,
        selector: Selector,
        of: Term,
    },
    /// Traces in which the condition holds.
    Traces(Expr),
    /// Of the traces in which `among` holds, the part in which `of` does too.
    ShareOfTraces { of: Expr, among: Expr },
    /// Of the spans that `among` selects, the part that `of` selects too.
    ShareOfSpans { of: Selector, among: Selector },
}

/// A quantile, in thousandths: 999 of `p99.9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rank(pub u16);

impl Rank {
    /// `p50`, `p99.9`: between 0 and 100, with at most one decimal.
    #[must_use]
    pub fn named(word: &str) -> Option<Rank> {
        let digits = word.strip_prefix('p')?;
        let (whole, tenth) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_plain(whole) || !is_plain(tenth) || whole.len() > 2 || tenth.len() > 1 {
            return None;
        }
        let rank = whole.parse::<u16>().ok()? * 10 + tenth.parse::<u16>().ok()?;
        (rank > 0).then_some(Rank(rank))
    }

    /// From 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl std::fmt::Display for Rank {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 % 10 {
            0 => write!(out, "p{}", self.0 / 10),
            tenth => write!(out, "p{}.{tenth}", self.0 / 10),
        }
    }
}

/// What the measure is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowBound {
    /// Of a share from 0 to 1.
    Number(Number),
    Duration(Nanos),
    /// `factor * highest`; above zero, 1 where none is written.
    Peer {
        factor: Number,
        peer: Peer,
    },
}

words! {
    /// The same measure of something else.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Peer {
        /// Of the group of the same window that has most.
        Highest = "highest",
        /// Of the one that has least.
        Lowest = "lowest",
        /// Of all other groups of the same window taken together.
        Others = "others",
        /// Of the same group in the window before.
        Before = "before",
    }
}

impl WindowMeasure {
    /// Whose spans are looked for, counted or measured, in the order of the text.
    #[must_use]
    pub fn selectors(&self) -> Vec<&Selector> {
        match self {
            WindowMeasure::Count(selector)
            | WindowMeasure::Of { selector, .. }
            | WindowMeasure::Quantile { selector, .. } => vec![selector],
            WindowMeasure::Traces(condition) => condition.selectors(),
            WindowMeasure::ShareOfTraces { of, among } => {
                [of.selectors(), among.selectors()].concat()
            }
            WindowMeasure::ShareOfSpans { of, among } => vec![of, among],
        }
    }

    /// The conditions on single traces.
    #[must_use]
    pub fn conditions(&self) -> Vec<&Expr> {
        match self {
            WindowMeasure::Traces(condition) => vec![condition],
            WindowMeasure::ShareOfTraces { of, among } => vec![of, among],
            _ => Vec::new(),
        }
    }

    /// What is measured of each span.
    #[must_use]
    pub fn term(&self) -> Option<&Term> {
        match self {
            WindowMeasure::Of { of, .. } | WindowMeasure::Quantile { of, .. } => Some(of),
            _ => None,
        }
    }

    /// Whether it is measured in nanoseconds.
    #[must_use]
    pub fn is_duration(&self) -> bool {
        let counts = matches!(
            self,
            WindowMeasure::Of {
                function: Aggregate::Distinct,
                ..
            }
        );
        !counts && self.term().is_some_and(Term::is_duration)
    }

    /// Whether it is a part of a whole.
    #[must_use]
    pub fn is_share(&self) -> bool {
        matches!(
            self,
            WindowMeasure::ShareOfTraces { .. } | WindowMeasure::ShareOfSpans { .. }
        )
    }

    /// Whether some of what is measured is looked for.
    #[must_use]
    pub fn has_hits(&self) -> bool {
        self.is_share() || self.is_of_traces()
    }

    /// Whether groups are those of traces, by their root.
    #[must_use]
    pub fn is_of_traces(&self) -> bool {
        matches!(
            self,
            WindowMeasure::ShareOfTraces { .. } | WindowMeasure::Traces(_)
        )
    }
}
