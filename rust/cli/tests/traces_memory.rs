//! However long the input and whatever its layout, reading holds less than 300 MB. `BETRACE_STREAM_MB` says how
//! much of each layout is read (24 unless told; 10000 is the long version). One test alone in its process, since
//! it is the process whose memory is measured.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

use std::io::Read;

use betrace_cli::traces::{At, Sink, read_stream};

const MOST: u64 = 300 << 20;

/// `head`, then `body` over and over up to about `length` bytes, then `tail`.
struct Repeated {
    head: Vec<u8>,
    body: Vec<u8>,
    tail: Vec<u8>,
    length: u64,
    given: u64,
}

impl Read for Repeated {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let (head, body, tail) = (
            self.head.len() as u64,
            self.body.len() as u64,
            self.tail.len() as u64,
        );
        let bodies = head + self.length.div_ceil(body) * body;
        let rest: &[u8] = if self.given < head {
            &self.head[self.given as usize..]
        } else if self.given < bodies {
            &self.body[((self.given - head) % body) as usize..]
        } else if self.given < bodies + tail {
            &self.tail[(self.given - bodies) as usize..]
        } else {
            &[]
        };
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count as u64;
        Ok(count)
    }
}

#[derive(Default)]
struct Counted {
    bytes: u64,
    largest: usize,
    broken: Vec<String>,
}

impl Sink for Counted {
    fn batch(&mut self, otlp: &[u8], _: At) {
        self.bytes += otlp.len() as u64;
        self.largest = self.largest.max(otlp.len());
    }

    fn broken(&mut self, at: At, message: &str) {
        self.broken.push(format!("{at}: {message}"));
    }

    fn note(&mut self, _: &str) {}

    fn partial(&mut self, _: [u8; 16]) {}
}

/// The most that the process ever held, in bytes; nothing where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse()
        .ok()
        .map(|kib: u64| kib << 10)
}

#[test]
fn memory_is_bounded_whatever_the_layout() {
    let megabytes: u64 =
        std::env::var("BETRACE_STREAM_MB").map_or(24, |text| text.parse().unwrap());
    let filler = "x".repeat(3000);
    let span = |open: &str, close: &str| {
        format!(
            r#"{open}{{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"{filler}","startTimeUnixNano":"1","endTimeUnixNano":"2"}}{close}"#
        )
    };
    let group = span(r#"{"scopeSpans":[{"spans":["#, "]}]}");
    let zipkin = format!(
        r#"{{"traceId":"ab","id":"cd","name":"{filler}","localEndpoint":{{"serviceName":"a"}}}}"#
    );
    let frame = {
        let mut frame = 4_000_000u32.to_be_bytes().to_vec();
        frame.extend_from_slice(b"\x0a\x80\x92\xf4\x01");
        frame.resize(4_000_004, b'\x12');
        frame
    };
    // What each begins with, repeats and ends with; whether it is sound.
    let layouts: [(&str, &str, &str, &str, bool); 9] = [
        (
            "lines",
            "",
            &format!("{{\"resourceSpans\":[{group}]}}\n"),
            "",
            true,
        ),
        (
            "one document",
            "{\"resourceSpans\":[{}",
            &format!(",{group}"),
            "]}",
            true,
        ),
        (
            "one document of lines",
            "{\n\"resourceSpans\": [\n{}\n",
            &format!(",\n{group}\n"),
            "]\n}\n",
            true,
        ),
        (
            "one list of Zipkin's spans",
            "[\n{}\n",
            &format!(",\n{zipkin}"),
            "]",
            true,
        ),
        (
            "one element that never ends",
            &span(
                "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":[",
                "",
            ),
            &span(",", ""),
            "]}]}]}",
            megabytes < 90,
        ),
        (
            "one text that never ends",
            "{\"resourceSpans\":[{\"a\":\"",
            &filler,
            "",
            false,
        ),
        (
            "one value of any other key",
            "{\"a\":[0",
            &format!(",\"{filler}\""),
            "]}",
            false,
        ),
        ("brackets", "", "[", "", false),
        (
            "zeros behind a line",
            "{\"resourceSpans\":[]}\n",
            "\0\0\0\0\0\0\0\0",
            "",
            false,
        ),
    ];
    let mut inputs: Vec<_> = layouts
        .iter()
        .map(|(what, head, body, tail, is_sound)| {
            (
                *what,
                head.as_bytes().to_vec(),
                body.as_bytes().to_vec(),
                tail.as_bytes().to_vec(),
                *is_sound,
            )
        })
        .collect();
    inputs.push(("frames", Vec::new(), frame, Vec::new(), true));
    for (what, head, body, tail, is_sound) in inputs {
        let mut found = Counted::default();
        // What has no end must be longer than what may be held.
        let length = if is_sound {
            megabytes
        } else {
            megabytes.max(100)
        } << 20;
        let stream = Repeated {
            head,
            body,
            tail,
            length,
            given: 0,
        };
        read_stream(stream, Default::default(), &mut found);
        assert_eq!(
            found.broken.is_empty(),
            is_sound,
            "{what}: {:?}",
            found.broken
        );
        assert_eq!(
            found.bytes > length / 2,
            is_sound,
            "{what}: {} bytes",
            found.bytes
        );
        assert!(
            found.largest < 8 << 20,
            "{what}: a batch of {} bytes",
            found.largest
        );
        match peak() {
            Some(peak) => assert!(peak < MOST, "{what}: {} MB", peak >> 20),
            None => println!("skipped: the system does not say how much memory the process held"),
        }
    }
}
