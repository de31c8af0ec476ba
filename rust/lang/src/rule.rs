//! The checked rule: what the language hands to the engine, the oracle, `explain` and `fmt`.
//!
//! A [`Rule`] holds meaning only. Macros, lists and older spellings are expanded, names are resolved,
//! literals are typed, and every shape that the language refuses is already gone, so whoever reads a
//! rule never meets a user's mistake. Text is kept only where a violation shows it
//! ([`Expr::text`]). All of it can be compared, cloned, and printed canonically (see [`Rule::hash`]).

//!
//! A [`Body`] is what is measured of many traces ([`Over`]) or conditions ([`Expr`]) about a trace; these are of selectors ([`Selector`]), which are of predicates
//! ([`Predicate`]) on one span, which are of terms ([`Term`]) and these of fields ([`Field`]). Each file uses only those before it in this sentence's
//! reverse.

mod body;
mod body_patterns;
mod clause;
mod condition;
mod deadline;
mod field;
mod name;
mod number;
mod pattern;
mod predicate;
mod selector;
mod template;
mod term;
mod window;
mod withheld;

pub use body::{Binding, Body};
pub use clause::ClauseKind;
pub use condition::{Addend, Aggregate, Expr, ExprKind, GroupOp, Measure, Quantity, Total};
pub use field::{
    Alternative, BindingId, Field, FirstOf, GroupKey, Intrinsic, ItemScope, Proviso, ReadAt,
    Reading, Scope,
};
pub use name::Name;
pub(crate) use name::Whole;
pub use number::Number;
pub use pattern::TextPattern;
pub(crate) use pattern::reason_of_refusal;
pub use predicate::{CompareOp, FieldTest, ListSource, Predicate, Quantifier, TextOp};
pub use selector::{Base, Gap, Related, Relation, Selector, SpanSelector};
pub use template::{Role, Segment, Template};
pub use term::{Literal, Nanos, Operand, Term, Unit};
pub use window::{Confidence, Over, Peer, Rank, WindowBound, WindowMeasure};
pub use withheld::{WITHHELD, Withheld};

use std::sync::Arc;

use crate::words::words;

/// One checked rule of a rule file.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: RuleId,
    pub name: Option<Name>,
    pub description: Option<Name>,
    /// [`Severity::Medium`] where the file says nothing.
    pub severity: Severity,
    pub enabled: bool,
    /// Those of rules of one file that have the same are shared, as are the next two.
    pub tags: Arc<[String]>,
    pub compliance: Arc<[Compliance]>,
    pub message: Option<Arc<Template>>,
    /// [`Emit::Spans`] where the file says nothing.
    pub emit: Emit,
    /// What it asks of a trace before it judges what is absent; `None`: what is asked where no rule says anything.
    pub completeness: Option<Completeness>,
    pub body: Body,
    /// Of `body` and `completeness`.
    pub hash: MeaningHash,
}

/// A rule's identifier, unique in its rule set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub Name);

/// Sixteen bytes that change whenever the checked meaning of a rule does, and not with its text,
/// name, severity or tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeaningHash(pub [u8; 16]);

words! {
    /// How bad a violation is, as written by the rule's author.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Severity {
        Info = "info",
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

words! {
    /// What becomes of a rule's violations.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub enum Emit {
        /// Each is counted, and is a span.
        #[default]
        Spans = "spans",
        /// They are counted.
        None = "none",
    }
}

words! {
    /// What a trace that was closed by idle time, or at the end of the input, needs to count as complete.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub enum Completeness {
        /// A span without a parent id came.
        #[default]
        Root = "root",
        /// A root came, and every span's parent.
        Linked = "linked",
        /// Nothing more.
        Idle = "idle",
    }
}

impl Completeness {
    /// A trace without a root is not complete.
    #[must_use]
    pub const fn asks_for_a_root(self) -> bool {
        !matches!(self, Completeness::Idle)
    }

    /// A trace of which a span's parent never came is not complete.
    #[must_use]
    pub const fn asks_for_parents(self) -> bool {
        matches!(self, Completeness::Linked)
    }

    /// What asks for all that some of these ask for: [`Completeness::Idle`] of none.
    #[must_use]
    pub fn of_all(these: impl IntoIterator<Item = Completeness>) -> Completeness {
        let stricter = |a: Completeness, b: Completeness| match (a, b) {
            (Completeness::Linked, _) | (_, Completeness::Linked) => Completeness::Linked,
            (Completeness::Root, _) | (_, Completeness::Root) => Completeness::Root,
            _ => Completeness::Idle,
        };
        these.into_iter().fold(Completeness::Idle, stricter)
    }
}

/// A framework and those of its controls that a rule gives evidence for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compliance {
    pub framework: String,
    pub controls: Vec<String>,
}
