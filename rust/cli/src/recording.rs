//! One trace out of recordings, whole: its spans as they were recorded, each once.

mod drawn;
mod trace;

use std::path::PathBuf;

use betrace_engine::{ConsumeError, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::exit::Exit;
use crate::feed::{Fed, decoded, feed};
use crate::output;
use crate::paths;
use crate::traces::{trace_id, traces_of};

pub use trace::{Placed, Recorded, parents};

/// Spans of one trace that are kept, which is as many as a processor can be told to evaluate; the rest is counted.
const MOST_SPANS: usize = 500_000;

/// Looks for the trace with that id in the inputs; without one for the only trace that there is. What is wrong has been told.
pub fn find(id: Option<&str>, paths: &[PathBuf]) -> Result<Recorded, Exit> {
    let trace = match id.map(|id| trace_id(id).ok_or(id)).transpose() {
        Ok(trace) => trace,
        Err(id) => {
            output::fault(format_args!("{id:?} is no trace id: up to 32 hex digits"));
            return Err(Exit::Usage);
        }
    };
    let inputs = paths::trace_inputs(paths).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    let mut picked = Picked::within(trace, MOST_SPANS);
    let mut partial = Vec::new();
    let is_broken = feed(inputs, |fed| {
        match fed {
            Fed::Spans(otlp) => picked.add(otlp)?,
            Fed::Partial(other) => partial.push(other.0),
        }
        Ok(())
    });
    if picked.has_others {
        output::fault(
            "there are several traces here: name one with --trace, as betrace show lists them",
        );
        return Err(Exit::Usage);
    }
    let failed = if is_broken { Exit::Broken } else { Exit::Usage };
    let Some(trace) = picked
        .trace
        .filter(|_| !picked.request.resource_spans.is_empty())
    else {
        match id {
            Some(id) => output::fault(format_args!(
                "no span of the trace {id} is among these traces; betrace show lists them"
            )),
            None => output::fault("no span is among these traces"),
        }
        return Err(failed);
    };
    if picked.beyond > 0 {
        output::note(format_args!(
            "the trace {} has more than {}: {} are left out",
            TraceId(trace),
            output::counted(MOST_SPANS, "span"),
            output::grouped(picked.beyond)
        ));
    }
    Ok(Recorded {
        trace: TraceId(trace),
        is_partial: partial.contains(&trace) || picked.beyond > 0,
        request: picked.request,
        is_broken,
    })
}

/// The spans of one trace so far.
struct Picked {
    /// The one that is asked for; where none is, the first that came.
    trace: Option<[u8; 16]>,
    is_named: bool,
    /// None was asked for, and there are several.
    has_others: bool,
    request: ExportTraceServiceRequest,
    left: usize,
    beyond: u64,
}

impl Picked {
    fn within(trace: Option<[u8; 16]>, most: usize) -> Picked {
        Picked {
            trace,
            is_named: trace.is_some(),
            has_others: false,
            request: ExportTraceServiceRequest::default(),
            left: most,
            beyond: 0,
        }
    }

    /// Keeps the spans of the trace.
    fn add(&mut self, otlp: &[u8]) -> Result<(), ConsumeError> {
        if !self.is_named {
            let traces = traces_of(otlp);
            self.trace = self.trace.or(traces.first().copied());
            self.has_others |= traces.iter().any(|trace| Some(*trace) != self.trace);
        }
        let Some(trace) = self.trace.filter(|_| !self.has_others) else {
            return Ok(());
        };
        if memchr::memmem::find(otlp, &trace).is_none() {
            return Ok(());
        }
        let mut batch = decoded(otlp)?;
        for resource in &mut batch.resource_spans {
            for scope in &mut resource.scope_spans {
                scope.spans.retain(|span| span.trace_id == trace);
                let kept = scope.spans.len().min(self.left);
                self.left -= kept;
                self.beyond += (scope.spans.len() - kept) as u64;
                scope.spans.truncate(kept);
            }
            resource.scope_spans.retain(|scope| !scope.spans.is_empty());
        }
        batch
            .resource_spans
            .retain(|resource| !resource.scope_spans.is_empty());
        self.request
            .resource_spans
            .append(&mut batch.resource_spans);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;

    use super::*;

    #[test]
    fn so_many_spans_are_kept_and_the_rest_is_counted() {
        let request = |count: usize, trace: [u8; 16]| {
            let span = Span {
                trace_id: trace.to_vec(),
                ..Span::default()
            };
            let scope_spans = vec![ScopeSpans {
                spans: vec![span; count],
                ..ScopeSpans::default()
            }];
            let resource_spans = vec![ResourceSpans {
                scope_spans,
                ..ResourceSpans::default()
            }];
            ExportTraceServiceRequest { resource_spans }.encode_to_vec()
        };
        let kept = |counts: &[usize]| {
            let mut picked = Picked::within(Some([7; 16]), 3);
            for count in counts {
                picked.add(&request(*count, [7; 16])).unwrap();
                picked.add(&request(*count, [8; 16])).unwrap();
            }
            let resources = picked.request.resource_spans.iter();
            let scopes = resources.flat_map(|resource| &resource.scope_spans);
            (
                scopes.map(|scope| scope.spans.len()).sum::<usize>(),
                picked.beyond,
            )
        };
        assert_eq!(kept(&[1, 2]), (3, 0));
        assert_eq!(kept(&[1, 3]), (3, 1));
        assert_eq!(kept(&[4, 1]), (3, 2));
    }
}
