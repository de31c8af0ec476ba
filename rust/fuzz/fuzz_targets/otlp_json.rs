//! The reader of OTLP JSON against opentelemetry-proto: a message that prost reads from the fuzzer's bytes, written as JSON
//! by serde, is read back as the same message.
#![no_main]

#[path = "support/message.rs"]
mod message;

use betrace_cli::traces::{At, Sink, read_stream};
use libfuzzer_sys::fuzz_target;
use message::as_json_can_say;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

#[derive(Default)]
struct Read {
    message: ExportTraceServiceRequest,
    broken: Vec<String>,
}

impl Sink for Read {
    fn batch(&mut self, otlp: &[u8], _: At) {
        let read = ExportTraceServiceRequest::decode(otlp).expect("the reader writes OTLP");
        self.message.resource_spans.extend(read.resource_spans);
    }

    fn broken(&mut self, at: At, message: &str) {
        self.broken.push(format!("{at}: {message}"));
    }

    fn note(&mut self, _: &str) {}

    fn partial(&mut self, _: [u8; 16]) {}
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut request) = ExportTraceServiceRequest::decode(bytes) else {
        return;
    };
    as_json_can_say(&mut request);
    if request.resource_spans.is_empty() {
        return;
    }
    let json = serde_json::to_string(&request).expect("every message has a JSON form");
    let mut read = Read::default();
    read_stream(json.as_bytes(), Default::default(), &mut read);
    assert_eq!(read.broken, Vec::<String>::new(), "{json}");
    assert_eq!(read.message, request, "{json}");
});
