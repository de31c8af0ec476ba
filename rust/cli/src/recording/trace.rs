//! The spans of one trace as they were recorded, each once.

use std::collections::{HashMap, HashSet};

use betrace_engine::TraceId;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::census::service_of;

/// The trace that is asked for, as its inputs have it.
pub struct Recorded {
    pub trace: TraceId,
    pub request: ExportTraceServiceRequest,
    /// It has more spans, by the word of what recorded it.
    pub is_partial: bool,
    /// Something of the inputs could not be read.
    pub is_broken: bool,
}

/// A span with what stands around it.
#[derive(Clone, Copy)]
pub struct Placed<'r> {
    pub resource: &'r [KeyValue],
    pub scope: Option<&'r InstrumentationScope>,
    pub span: &'r Span,
}

impl Placed<'_> {
    /// `service.name`, or nothing.
    #[must_use]
    pub fn service(&self) -> &str {
        service_of(self.resource).unwrap_or_default()
    }
}

impl Recorded {
    /// By start, then id; of several copies (trace, span, kind and service are one) the first that came.
    #[must_use]
    pub fn spans(&self) -> Vec<Placed<'_>> {
        let mut seen = HashSet::new();
        let mut spans: Vec<Placed<'_>> = Vec::new();
        for resource in &self.request.resource_spans {
            let attributes = resource.resource.as_ref();
            for scope in &resource.scope_spans {
                spans.extend(scope.spans.iter().map(|span| Placed {
                    resource: attributes.map_or(&[][..], |resource| &resource.attributes),
                    scope: scope.scope.as_ref(),
                    span,
                }));
            }
        }
        spans.retain(|placed| {
            let span = placed.span;
            seen.insert((span.span_id.clone(), span.kind, placed.service().to_owned()))
        });
        spans.sort_by(|a, b| {
            let key = |placed: &Placed<'_>| placed.span.start_time_unix_nano;
            (key(a), &a.span.span_id).cmp(&(key(b), &b.span.span_id))
        });
        spans
    }

    /// The earliest start that there is; 0 where there is none.
    #[must_use]
    pub fn begin(&self) -> u64 {
        let spans = self.spans();
        let starts = spans.iter().map(|placed| placed.span.start_time_unix_nano);
        starts.filter(|start| *start > 0).min().unwrap_or(0)
    }
}

/// For each of `spans` its parent among them: `None` of a root, `Some(None)` where it never came. Of several spans with the
/// parent's id, as the halves of a call have, the first.
#[must_use]
pub fn parents(spans: &[Placed<'_>]) -> Vec<Option<Option<usize>>> {
    let mut by_id = HashMap::new();
    for (index, placed) in spans.iter().enumerate() {
        by_id.entry(placed.span.span_id.as_slice()).or_insert(index);
    }
    let parents = spans.iter().map(|placed| {
        let id = placed.span.parent_span_id.as_slice();
        let is_root = id.iter().all(|byte| *byte == 0);
        (!is_root).then(|| by_id.get(id).copied())
    });
    parents.collect()
}
