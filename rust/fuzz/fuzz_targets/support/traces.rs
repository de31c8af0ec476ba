//! What must hold of any bytes that are read as traces.

use std::io::Read;

use betrace_cli::traces::{At, Sink, read_stream};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

#[derive(Default, PartialEq, Debug)]
struct Found {
    bytes: u64,
    spans: usize,
    broken: Vec<String>,
    /// The bytes were taken as they stand, so their faults are the engine's to find.
    is_protobuf: bool,
}

impl Sink for Found {
    fn batch(&mut self, otlp: &[u8], at: At) {
        self.bytes += otlp.len() as u64;
        if matches!(at, At::Byte(_)) {
            self.is_protobuf = true;
            return;
        }
        // Text that is not UTF-8 is handed on as it stands, and prost refuses it.
        let Ok(request) = ExportTraceServiceRequest::decode(otlp) else {
            return;
        };
        let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
        for span in scopes.flat_map(|scope| &scope.spans) {
            assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
            self.spans += 1;
        }
    }

    fn broken(&mut self, at: At, message: &str) {
        self.broken.push(format!("{at}: {message}"));
    }

    fn note(&mut self, _: &str) {}

    fn partial(&mut self, trace: [u8; 16]) {
        assert_ne!(trace, [0; 16]);
    }
}

fn found(stream: impl Read) -> Found {
    let mut found = Found::default();
    read_stream(stream, Default::default(), &mut found);
    found
}

struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(out.len()).min(7);
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

pub fn check(bytes: &[u8]) {
    let at_once = found(bytes);
    // Told are a few, and one line that counts the rest.
    assert!(at_once.broken.len() <= 7, "{:?}", at_once.broken);
    if at_once.is_protobuf || bytes.len() > 4096 {
        return;
    }
    assert_eq!(at_once, found(Slow(bytes)));
}
