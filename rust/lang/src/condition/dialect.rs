//! Older dialects: where one is spoken, and what its names of fields stand for.

use crate::condition::ast::{Node, NodeKind};
use crate::rule::{Field, Intrinsic, Scope};

/// Where the parts of a filter stand, which decides what their older spellings mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[default]
    Modern,
    /// Inside `trace.spans.where(…)`.
    TraceSpans,
    /// A one-span condition outside `where`.
    OneSpan,
    /// The `when` of `rule "name" when …`.
    Rule,
}

impl Dialect {
    /// Of the filters behind `base`.
    pub fn behind(base: &Node) -> Dialect {
        match &base.bare().kind {
            NodeKind::TraceSpans => Dialect::TraceSpans,
            NodeKind::Call { .. } => Dialect::OneSpan,
            _ => Dialect::Modern,
        }
    }

    /// The field that a name stands for here and would not elsewhere.
    pub fn field(self, name: &str) -> Option<Field> {
        let service = || Field::Attribute {
            scope: Scope::SpanThenResource,
            key: "service.name".into(),
        };
        Some(match (self, name) {
            (Dialect::Modern, _) => return None,
            (Dialect::TraceSpans, "service") => service(),
            (_, "span.service" | "resource.service") => service(),
            (Dialect::Rule, "span.type") => Field::Intrinsic(Intrinsic::SpanName),
            (_, "span.name" | "span.operation") => Field::Intrinsic(Intrinsic::SpanName),
            (_, "span.status") => Field::Intrinsic(Intrinsic::SpanStatus),
            (_, "span.kind") => Field::Intrinsic(Intrinsic::SpanKind),
            (_, "span.duration") => Field::Intrinsic(Intrinsic::SpanDuration),
            _ => return None,
        })
    }
}
