//! Intrinsics, spelled as TraceQL spells them.

use super::Checker;
use crate::codes::conditions as code;
use crate::condition::ast::Node;
use crate::condition::suggest::closest;
use crate::rule::{Field, Intrinsic};

impl Intrinsic {
    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Intrinsic::SpanName => "span:name",
            Intrinsic::SpanKind => "span:kind",
            Intrinsic::SpanStatus => "span:status",
            Intrinsic::SpanStatusMessage => "span:statusMessage",
            Intrinsic::SpanDuration => "span:duration",
            Intrinsic::SpanId => "span:id",
            Intrinsic::SpanParentId => "span:parentID",
            Intrinsic::TraceId => "trace:id",
            Intrinsic::TraceDuration => "trace:duration",
            Intrinsic::TraceSpanCount => "trace:spanCount",
            Intrinsic::TraceRootName => "trace:rootName",
            Intrinsic::TraceRootService => "trace:rootService",
            Intrinsic::EventName => "event:name",
            Intrinsic::InstrumentationName => "instrumentation:name",
            Intrinsic::InstrumentationVersion => "instrumentation:version",
        }
    }
}

pub(super) const INTRINSICS: [Intrinsic; 15] = [
    Intrinsic::SpanName,
    Intrinsic::SpanKind,
    Intrinsic::SpanStatus,
    Intrinsic::SpanStatusMessage,
    Intrinsic::SpanDuration,
    Intrinsic::SpanId,
    Intrinsic::SpanParentId,
    Intrinsic::TraceId,
    Intrinsic::TraceDuration,
    Intrinsic::TraceSpanCount,
    Intrinsic::TraceRootName,
    Intrinsic::TraceRootService,
    Intrinsic::EventName,
    Intrinsic::InstrumentationName,
    Intrinsic::InstrumentationVersion,
];

impl Checker<'_> {
    /// `span:name`, `p.span:name`.
    pub(super) fn intrinsic(&mut self, node: &Node, name: &str) -> Option<Field> {
        if let Some(known) = INTRINSICS.iter().find(|known| known.as_str() == name) {
            return Some(Field::Intrinsic(*known));
        }
        if let Some((first, rest)) = name.split_once('.') {
            let rest = rest.to_owned();
            let binding = self.known_binding(node, first)?;
            let inner = self.intrinsic(node, &rest)?;
            return self.bound(node, binding, inner);
        }
        let (prefix, word) = name.split_once(':').unwrap_or((name, ""));
        // `p:duration` for `p.span:duration`
        if self.binding(prefix).is_some() {
            let modern = format!("{prefix}.span:{word}");
            let message = format!("an intrinsic of a bound span is written `{modern}`");
            self.fault(code::UNKNOWN_INTRINSIC, node.range(), message)
                .suggestion = Some(modern);
            return None;
        }
        let same_word = INTRINSICS.iter().find(|known| {
            let (scope, known) = known.as_str().split_once(':').unwrap_or_default();
            known.eq_ignore_ascii_case(word)
                && (scope == prefix || closest(prefix, [scope]).is_some())
        });
        let meant = same_word
            .map(|known| known.as_str())
            .or_else(|| closest(name, INTRINSICS.map(Intrinsic::as_str)))
            .or(match name {
                "span:service" | "resource:service" => Some("resource.service.name"),
                "span:parent" | "span:parentId" => Some("span:parentID"),
                "span:statusCode" | "span:status_code" => Some("span:status"),
                "span:operation" | "span:type" => Some("span:name"),
                "trace:root" => Some("trace:rootName"),
                "trace:service" => Some("trace:rootService"),
                "trace:count" | "trace:spans" => Some("trace:spanCount"),
                "scope:name" => Some("instrumentation:name"),
                "scope:version" => Some("instrumentation:version"),
                _ => None,
            });
        let fault = self.fault(
            code::UNKNOWN_INTRINSIC,
            node.range(),
            format!("there is no intrinsic `{name}`"),
        );
        match meant {
            Some(meant) => {
                fault.message = format!("there is no intrinsic `{name}`; did you mean `{meant}`?");
                fault.suggestion = Some(meant.to_owned());
            }
            None => {
                let all: Vec<&str> = INTRINSICS.iter().map(|known| known.as_str()).collect();
                fault.help = Some(format!(
                    "intrinsics are {}; a name with a colon in it is put in quotes",
                    all.join(" ")
                ));
            }
        }
        None
    }

    pub(super) fn refuse_intrinsic_alone(&mut self, node: &Node, name: &str) {
        if self.intrinsic(node, name).is_none() {
            return;
        }
        let message = format!("`{name}` alone is no condition; compare it");
        self.fault(code::VALUE_AS_CONDITION, node.range(), message);
    }
}
