//! Reads bytes through the readers and shows what came out.

use std::io::Read;

use betrace_cli::traces::{At, Outcome, Sink, read_stream};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;

#[derive(Default)]
pub struct Collected {
    pub resource_spans: Vec<ResourceSpans>,
    pub broken: Vec<String>,
    pub notes: Vec<String>,
    pub partial: Vec<[u8; 16]>,
    pub undecodable: Vec<Vec<u8>>,
    pub is_unknown: bool,
}

impl Sink for Collected {
    fn batch(&mut self, otlp: &[u8], _: At) {
        match ExportTraceServiceRequest::decode(otlp) {
            Ok(request) => self.resource_spans.extend(request.resource_spans),
            Err(_) => self.undecodable.push(otlp.to_vec()),
        }
    }

    fn broken(&mut self, at: At, message: &str) {
        self.broken.push(format!("{at}: {message}"));
    }

    fn note(&mut self, message: &str) {
        self.notes.push(message.to_owned());
    }

    fn partial(&mut self, trace: [u8; 16]) {
        self.partial.push(trace);
    }
}

impl Collected {
    pub fn spans(&self) -> Vec<&Span> {
        self.resource_spans
            .iter()
            .flat_map(|r| &r.scope_spans)
            .flat_map(|s| &s.spans)
            .collect()
    }

    pub fn names(&self) -> Vec<&str> {
        self.spans().iter().map(|s| s.name.as_str()).collect()
    }
}

pub fn read(bytes: &[u8]) -> Collected {
    read_from(std::io::Cursor::new(bytes.to_vec()))
}

/// Reads a file by its path.
pub fn read_path(path: &std::path::Path) -> Collected {
    let mut collected = Collected::default();
    let outcome = betrace_cli::traces::read_file(path, Default::default(), &mut collected).unwrap();
    collected.is_unknown = outcome == Outcome::NotTraces;
    collected
}

/// As [`read`], but at most `step` bytes come at a time.
pub fn read_slowly(bytes: &[u8], step: usize) -> Collected {
    read_from(Slow {
        bytes: bytes.to_vec(),
        at: 0,
        step,
    })
}

fn read_from(stream: impl Read + Send + 'static) -> Collected {
    let mut collected = Collected::default();
    let outcome = read_stream(stream, Default::default(), &mut collected);
    collected.is_unknown = outcome == Outcome::NotTraces;
    collected
}

struct Slow {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Slow {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.bytes[self.at..];
        let count = rest.len().min(self.step).min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

/// A request with one span of that name.
pub fn line(name: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeSpans":[{{"scope":{{"name":"lib"}},"spans":[{{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"{name}","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":"2000"}}]}}]}}]}}"#
    )
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

/// The protobuf of [`line`].
pub fn proto(name: &str) -> Vec<u8> {
    let resource_spans = read(line(name).as_bytes()).resource_spans;
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}
