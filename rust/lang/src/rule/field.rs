//! Fields: what of a span (or its trace) is read.

use std::sync::Arc;

use crate::rule::name::Name;
use crate::words::{Word, words};

/// Which of the (at most three) spans bound by `when each`, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub u8);

/// A value that a span has, or has not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Attribute {
        scope: Scope,
        key: Name,
    },
    Intrinsic(Intrinsic),
    /// A field of the rule file, under which several attributes go.
    FirstOf(Arc<FirstOf>),
    /// `p.x`, on right-hand sides and in messages; the inner field is never `Bound`.
    Bound {
        binding: BindingId,
        field: Box<Field>,
    },
}

/// What spans are grouped by, or alike in; spans without it are in no group, and alike to none.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupKey {
    Field(Field),
    /// The parent's span id, which roots have none of.
    Parent,
}

/// The first of several values that a span has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FirstOf {
    /// As the rule file calls it. No part of the meaning.
    pub name: Arc<str>,
    /// At least one, the first choice first.
    pub of: Vec<Alternative>,
}

/// One choice of a [`FirstOf`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alternative {
    pub origin: ReadAt,
    /// It counts only on spans on which this holds.
    pub proviso: Option<Proviso>,
    pub reading: Reading,
}

/// Where an [`Alternative`] is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadAt {
    /// An attribute of the span, else of its resource.
    Attribute(Arc<str>),
    /// An attribute of the span's events: of the first that has it.
    Event(Arc<str>),
    /// A text of the span itself: its name, kind, status or status message, or the name of its scope.
    Intrinsic(Intrinsic),
}

/// The text of a value is exactly this.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Proviso {
    pub origin: ReadAt,
    pub text: Arc<str>,
}

/// What is made of the value of an [`Alternative`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reading {
    AsItIs,
    /// From the shortest text of a value to the text that it stands for, ascending. A value that is not in it is missing.
    Mapped(Vec<(Arc<str>, Arc<str>)>),
    /// What the one group of a regular expression meets in a text. Where it meets nothing the value is missing.
    Part(Arc<str>),
    /// This word, of a text that a regular expression meets.
    Word {
        pattern: Arc<str>,
        word: Arc<str>,
    },
}

words! {
    /// Where an attribute is looked for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Scope {
        /// Unscoped: the span's, else the resource's.
        SpanThenResource = "",
        Span = "span",
        Resource = "resource",
        Instrumentation = "instrumentation",
        Event = "event",
        Link = "link",
    }
}

words! {
    /// Of what a span has many.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum ItemScope {
        Event = "event",
        Link = "link",
    }
}

words! {
    /// Spelled in the language as TraceQL spells them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Intrinsic {
        /// `span:name`
        SpanName = "span:name",
        /// `span:kind`: `unspecified internal server client producer consumer`
        SpanKind = "span:kind",
        /// `span:status`: `unset ok error`
        SpanStatus = "span:status",
        /// `span:statusMessage`; missing where empty
        SpanStatusMessage = "span:statusMessage",
        /// `span:duration`; a duration
        SpanDuration = "span:duration",
        /// `span:id`, 16 lower-case hex digits
        SpanId = "span:id",
        /// `span:parentID`; missing on a root
        SpanParentId = "span:parentID",
        /// `trace:id`, 32 lower-case hex digits; known from the first span on
        TraceId = "trace:id",
        /// `trace:duration`: from the earliest start to the latest end; [seen, ∞) while open
        TraceDuration = "trace:duration",
        /// `trace:spanCount`; [seen, ∞) while open
        TraceSpanCount = "trace:spanCount",
        /// `trace:rootName`: of the earliest root by (start, id); open while the trace is
        TraceRootName = "trace:rootName",
        /// `trace:rootService`
        TraceRootService = "trace:rootService",
        /// `event:name`
        EventName = "event:name",
        /// `event:timeSinceStart`; a duration. Missing of an event without a time, or before its span's start.
        EventTimeSinceStart = "event:timeSinceStart",
        /// `link:traceID`, 32 lower-case hex digits
        LinkTraceId = "link:traceID",
        /// `link:spanID`, 16 lower-case hex digits
        LinkSpanId = "link:spanID",
        /// `instrumentation:name`; missing where empty
        InstrumentationName = "instrumentation:name",
        /// `instrumentation:version`; missing where empty
        InstrumentationVersion = "instrumentation:version",
    }
}

impl Alternative {
    /// An attribute, read on every span.
    #[must_use]
    pub fn of(key: impl Into<Arc<str>>, reading: Reading) -> Alternative {
        Alternative {
            origin: ReadAt::Attribute(key.into()),
            proviso: None,
            reading,
        }
    }

    /// The attribute of span or resource that it reads.
    #[must_use]
    pub fn attribute(&self) -> Option<&Arc<str>> {
        match &self.origin {
            ReadAt::Attribute(key) => Some(key),
            ReadAt::Event(_) | ReadAt::Intrinsic(_) => None,
        }
    }

    /// Where it reads: its value, and what its proviso looks at.
    pub fn origins(&self) -> impl Iterator<Item = &ReadAt> {
        std::iter::once(&self.origin).chain(self.proviso.as_ref().map(|proviso| &proviso.origin))
    }
}

impl std::fmt::Display for ReadAt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadAt::Attribute(key) => out.write_str(key),
            ReadAt::Event(key) => write!(out, "event.{key}"),
            ReadAt::Intrinsic(intrinsic) => out.write_str(intrinsic.as_str()),
        }
    }
}

impl From<ItemScope> for Scope {
    fn from(item: ItemScope) -> Scope {
        match item {
            ItemScope::Event => Scope::Event,
            ItemScope::Link => Scope::Link,
        }
    }
}

impl Scope {
    /// The scope that is written so.
    pub(crate) fn written(word: &str) -> Option<Scope> {
        Scope::named(word).filter(|_| !word.is_empty())
    }

    /// The scope and the key of `span.x`, or of `x`, where an attribute stands.
    pub(crate) fn split(name: &str) -> (Scope, &str) {
        match name.split_once('.') {
            Some((first, rest)) => match Scope::written(first) {
                Some(scope) => (scope, rest),
                None => (Scope::SpanThenResource, name),
            },
            None => (Scope::SpanThenResource, name),
        }
    }
}

impl Intrinsic {
    /// One value for all spans of a trace.
    #[must_use]
    pub fn is_of_trace(self) -> bool {
        self.as_str().starts_with("trace:")
    }

    /// Measured in time.
    #[must_use]
    pub fn is_duration(self) -> bool {
        matches!(
            self,
            Intrinsic::SpanDuration | Intrinsic::TraceDuration | Intrinsic::EventTimeSinceStart
        )
    }

    /// All that it can be, where that is one of a few words.
    #[must_use]
    pub fn words(self) -> Option<&'static [&'static str]> {
        match self {
            Intrinsic::SpanKind => Some(&[
                "unspecified",
                "internal",
                "server",
                "client",
                "producer",
                "consumer",
            ]),
            Intrinsic::SpanStatus => Some(&["unset", "ok", "error"]),
            _ => None,
        }
    }

    /// Whose it is, where it is not the span's own or the trace's.
    #[must_use]
    pub fn item(self) -> Option<ItemScope> {
        match self {
            Intrinsic::EventName | Intrinsic::EventTimeSinceStart => Some(ItemScope::Event),
            Intrinsic::LinkTraceId | Intrinsic::LinkSpanId => Some(ItemScope::Link),
            _ => None,
        }
    }
}

impl Field {
    /// The intrinsic that it reads, be it of a bound span.
    #[must_use]
    pub fn intrinsic(&self) -> Option<Intrinsic> {
        match self {
            Field::Intrinsic(intrinsic) => Some(*intrinsic),
            Field::Bound { field, .. } => field.intrinsic(),
            Field::Attribute { .. } | Field::FirstOf(_) => None,
        }
    }

    /// A value of the whole trace that may change while spans come (all but `trace:id`).
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Field::Intrinsic(intrinsic) if intrinsic.is_of_trace() && *intrinsic != Intrinsic::TraceId)
    }

    /// Of a span's events or links: each comparison picks one of its own, unless it stands in an `event.where( )`.
    #[must_use]
    pub fn has_many_values(&self) -> bool {
        self.item().is_some()
    }

    /// Whose it is, where it is of a span's events or links; of a bound span's it is the bound span's.
    #[must_use]
    pub fn item(&self) -> Option<ItemScope> {
        match self {
            Field::Attribute { scope, .. } => match scope {
                Scope::Event => Some(ItemScope::Event),
                Scope::Link => Some(ItemScope::Link),
                _ => None,
            },
            Field::Intrinsic(intrinsic) => intrinsic.item(),
            Field::Bound { .. } | Field::FirstOf(_) => None,
        }
    }

    /// Whether a span may be without it. A service is always named: where nobody does, SDKs write `unknown_service`.
    #[must_use]
    pub fn may_be_missing(&self) -> bool {
        match self {
            Field::Attribute {
                scope: Scope::SpanThenResource | Scope::Resource,
                key,
            } if &**key == "service.name" => false,
            Field::Attribute { .. } => !self.has_many_values(),
            Field::FirstOf(_) => true,
            Field::Intrinsic(intrinsic) => matches!(
                intrinsic,
                Intrinsic::SpanStatusMessage
                    | Intrinsic::SpanParentId
                    | Intrinsic::InstrumentationName
                    | Intrinsic::InstrumentationVersion
            ),
            Field::Bound { .. } => false,
        }
    }
}
