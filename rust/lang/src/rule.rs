//! The checked rule: what the language hands to the engine, the oracle, `explain` and `fmt`.
//!
//! A [`Rule`] holds meaning only. Macros, lists and older spellings are expanded, names are resolved,
//! literals are typed, and every shape that the language refuses is already gone, so whoever reads a
//! rule never meets a user's mistake. Text is kept only where a violation shows it
//! ([`Expr::text`]). All of it can be compared, cloned, and printed canonically (see [`Rule::hash`]).

mod number;

use std::sync::Arc;

/// Nanoseconds; durations in the language are never negative.
pub type Nanos = u64;

/// A rule's identifier, unique in its rule set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub Arc<str>);

/// Which of the (at most three) spans bound by `when each`, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub u8);

/// Sixteen bytes that change whenever the checked meaning of a rule does, and not with its text,
/// name, severity or tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeaningHash(pub [u8; 16]);

/// How bad a violation is, as written by the rule's author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// One checked rule of a rule file.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: RuleId,
    pub name: Option<String>,
    pub description: Option<String>,
    /// [`Severity::Medium`] where the file says nothing.
    pub severity: Severity,
    pub enabled: bool,
    pub tags: Vec<String>,
    pub compliance: Vec<Compliance>,
    pub message: Option<Template>,
    pub body: Body,
    /// Of `body` alone.
    pub hash: MeaningHash,
}

/// A framework and those of its controls that a rule gives evidence for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compliance {
    pub framework: String,
    pub controls: Vec<String>,
}

/// A violation message with its placeholders resolved to what they name.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(pub Vec<Segment>);

/// One piece of a [`Template`].
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    Text(String),
    /// `{p.field}`: prints `?` where the value is missing.
    Bound {
        binding: BindingId,
        field: Field,
    },
    /// `{count}`
    Count,
    /// `{trace:id}`
    TraceId,
}

/// What a rule says. Broken when `when` holds, no exception does, and `always` fails or `never` holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Empty unless `when each`; each tuple of bound spans is one obligation. At most three.
    pub bindings: Vec<Binding>,
    /// The `when` condition, or with bindings the condition `C` behind them. `None`: holds.
    pub when: Option<Expr>,
    /// Each is one more negated part of `when`.
    pub exceptions: Vec<Expr>,
    pub never: Option<Expr>,
    pub always: Option<Expr>,
    /// The rule was written as a bare pattern: `never` holds it, and its clause is called `pattern`.
    pub is_pattern: bool,
}

/// `S as p`; the selector may use earlier bindings.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub name: String,
    pub selector: Selector,
}

/// Which clause of a rule a violation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClauseKind {
    Never,
    Always,
    Pattern,
}

/// A condition about a whole trace (and the bound spans), with the text that a violation shows.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    /// The source of this expression, white space folded to single spaces. Not part of the meaning.
    pub text: Arc<str>,
}

impl PartialEq for Expr {
    /// Equal meaning, whatever the text.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The forms a condition takes. `And` and `Or` are flat and have at least two parts.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// The selector selects at least one span.
    Exists(Selector),
    Compare {
        left: Measure,
        op: CompareOp,
        right: Quantity,
    },
    /// `count(S) by f > n`: some group reaches it.
    GroupCount {
        selector: Selector,
        by: GroupKey,
        op: GroupOp,
        value: Number,
    },
    /// A comparison of `trace:` intrinsics standing as a condition; unknown counts as false.
    Trace(Predicate),
}

/// `== != < <= > >=`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// What may follow `by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupOp {
    Gt,
    Ge,
}

/// What spans are grouped by; spans without it are in no group.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupKey {
    Field(Field),
    /// The parent's span id; roots are in no group.
    Parent,
}

/// A number computed from the selected spans.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    Count(Selector),
    Of {
        function: Aggregate,
        selector: Selector,
        field: Field,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Sum,
    Min,
    Max,
    Avg,
    Distinct,
}

/// The right-hand side of a [`ExprKind::Compare`].
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    Number(Number),
    /// Only against an aggregate (not distinct) of a duration intrinsic.
    Duration(Nanos),
    /// `factor * measure`, factor > 0; 1 where none is written.
    Measure {
        factor: Number,
        measure: Measure,
    },
}

/// A finite number, kept exactly where it is an integer.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Int(i128),
    /// Finite, and not an integer that fits `Int`.
    Float(f64),
}

/// Which spans of a trace are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    Spans(SpanSelector),
    /// A span bound by `when each`.
    Bound(BindingId),
    /// Those spans of `left` that stand in `relation`. A selector again, so chains nest to the left
    /// (`S after q before p` is `(S after q) before p`), `then` to the right
    /// (`A then B then C` is `A then (B then C)`).
    Related(Box<Related>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct SpanSelector {
    pub base: Base,
    /// Every part must be proved true by the span (chained `.where` and top-level `and` are parts).
    pub filter: Vec<Predicate>,
    /// Parts that read `trace:` intrinsics (besides `trace:id`, which stays in `filter`); they hold
    /// for all spans of the trace or for none.
    pub trace: Vec<Predicate>,
}

/// What a span must be before any filter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// Exactly this name.
    Named(Arc<str>),
    Any,
    /// No parent id.
    Root,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub left: Selector,
    pub relation: Relation,
}

/// Order by time, structure by ancestry (section 4 of the language).
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    Before {
        right: Selector,
        within: Option<Nanos>,
    },
    After {
        right: Selector,
        within: Option<Nanos>,
    },
    Then {
        right: Selector,
        within: Option<Nanos>,
    },
    Inside {
        right: Selector,
    },
    ChildOf {
        right: Selector,
    },
    SiblingOf {
        right: Selector,
    },
    /// `between from and next to`
    Between {
        from: Selector,
        to: Selector,
    },
    /// `after from until next to`
    AfterUntil {
        from: Selector,
        to: Selector,
    },
}

/// A three-valued condition on one span (Kleene); a span is selected only where it is true.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare {
        field: Field,
        op: CompareOp,
        value: Operand,
    },
    /// `not in` is `Not(In)`.
    In {
        field: Field,
        values: Vec<Literal>,
    },
    /// A linear-time, unanchored regular expression.
    Matches {
        field: Field,
        pattern: Arc<str>,
    },
    Text {
        op: TextOp,
        field: Field,
        value: Operand,
    },
    /// Two-valued.
    Exists(Field),
    /// Two-valued.
    Missing(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextOp {
    /// Also tests the elements of an array.
    Contains,
    StartsWith,
    EndsWith,
}

/// The right-hand side of a comparison in a predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Literal(Literal),
    /// Explicitly scoped: `span.max_depth`, `p.order.id`.
    Field(Field),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Number(Number),
    Bool(bool),
    Duration(Nanos),
    /// For `span:kind` and `span:status`, already in the lower-case spelling of the intrinsic.
    Text(Arc<str>),
}

/// A value that a span has, or has not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Attribute {
        scope: Scope,
        key: Arc<str>,
    },
    Intrinsic(Intrinsic),
    /// `p.x`, on right-hand sides and in messages; the inner field is never `Bound`.
    Bound {
        binding: BindingId,
        field: Box<Field>,
    },
}

/// Where an attribute is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Unscoped: the span's, else the resource's.
    SpanThenResource,
    Span,
    Resource,
    Instrumentation,
    Event,
    Link,
}

/// Spelled in the language as TraceQL spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Intrinsic {
    /// `span:name`
    SpanName,
    /// `span:kind`: `unspecified internal server client producer consumer`
    SpanKind,
    /// `span:status`: `unset ok error`
    SpanStatus,
    /// `span:statusMessage`; missing where empty
    SpanStatusMessage,
    /// `span:duration`; a duration
    SpanDuration,
    /// `span:id`, 16 lower-case hex digits
    SpanId,
    /// `span:parentID`; missing on a root
    SpanParentId,
    /// `trace:id`, 32 lower-case hex digits; known from the first span on
    TraceId,
    /// `trace:duration`: from the earliest start to the latest end; [seen, ∞) while open
    TraceDuration,
    /// `trace:spanCount`; [seen, ∞) while open
    TraceSpanCount,
    /// `trace:rootName`: of the earliest root by (start, id); open while the trace is
    TraceRootName,
    /// `trace:rootService`
    TraceRootService,
    /// `event:name`
    EventName,
    /// `instrumentation:name`; missing where empty
    InstrumentationName,
    /// `instrumentation:version`; missing where empty
    InstrumentationVersion,
}
