//! One trace out of recordings, whole: its spans as they were recorded, each once.

mod drawn;
mod trace;

use std::path::PathBuf;

use betrace_engine::TraceId;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::exit::Exit;
use crate::feed::{Fed, feed};
use crate::output;
use crate::paths;
use crate::traces::trace_id;

pub use trace::{Placed, Recorded, parents};

/// Looks for the trace with that id in the inputs. What is wrong has been told.
pub fn find(id: &str, paths: &[PathBuf]) -> Result<Recorded, Exit> {
    let Some(trace) = trace_id(id) else {
        output::fault(format_args!("{id:?} is no trace id: up to 32 hex digits"));
        return Err(Exit::Usage);
    };
    let inputs = paths::trace_inputs(paths).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    let mut request = ExportTraceServiceRequest::default();
    let mut is_partial = false;
    let is_broken = feed(inputs, |fed| {
        match fed {
            Fed::Spans(otlp) => collect(otlp, trace, &mut request),
            Fed::Partial(other) => is_partial |= other.0 == trace,
        }
        Ok(())
    });
    if request.resource_spans.is_empty() {
        output::fault(format_args!(
            "no span of the trace {id} is among these traces"
        ));
        return Err(if is_broken { Exit::Broken } else { Exit::Usage });
    }
    Ok(Recorded {
        trace: TraceId(trace),
        request,
        is_partial,
        is_broken,
    })
}

/// Keeps the spans of one trace. What cannot be decoded holds none that could be shown.
fn collect(otlp: &[u8], trace: [u8; 16], into: &mut ExportTraceServiceRequest) {
    if memchr::memmem::find(otlp, &trace).is_none() {
        return;
    }
    let Ok(mut batch) = ExportTraceServiceRequest::decode(otlp) else {
        return;
    };
    for resource in &mut batch.resource_spans {
        for scope in &mut resource.scope_spans {
            scope.spans.retain(|span| span.trace_id == trace);
        }
        resource.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    batch
        .resource_spans
        .retain(|resource| !resource.scope_spans.is_empty());
    into.resource_spans.append(&mut batch.resource_spans);
}
