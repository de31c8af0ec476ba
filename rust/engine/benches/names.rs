//! Fifty rules on names of the vocabulary against the same rules on single attributes, over the same spans.
//!
//! Interleaved pairs give the ratio, with its median and quartiles, and the median is held to a bound:
//! `cargo bench -p betrace-engine --bench names`.
#![allow(clippy::print_stdout, reason = "what a bench is for is its figures")]

mod traffic;

use std::hint::black_box;
use std::time::{Duration, Instant};

use betrace_engine::{CloseCause, Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};
use prost::Message;

const SPANS: usize = 512;
const BATCHES: u64 = 16;
const PAIRS: usize = 31;
/// What the vocabulary may cost: a median above this is a failure.
const BOUND: f64 = 1.3;
const NOW: u64 = 1_760_000_001_000_000_000;

/// Status, route, method, system, operation.
const SINGLE: [&str; 5] = [
    "http.response.status_code",
    "http.route",
    "http.request.method",
    "db.system.name",
    "db.operation.name",
];
const OF_VOCABULARY: [&str; 5] = [
    "otel:http.status",
    "otel:http.route",
    "otel:http.method",
    "otel:db.system",
    "otel:db.operation",
];

fn engine([status, route, method, system, operation]: [&str; 5]) -> Engine {
    let mut text = "rules:\n".to_owned();
    for index in 0..50 {
        let condition = match index % 5 {
            0 => format!(
                "never {{ any.where(span:kind == server and {status} == {}) }}",
                600 + index
            ),
            1 => format!("never {{ any.where({route} == \"/none/{index}\" and {method} == GET) }}"),
            2 => format!(
                "never {{ count(any.where(exists({system}) and {operation} == DROP{index})) > 3 }}"
            ),
            3 => format!(
                "when {{ any.where({status} == {}) }} always {{ any.where({method} == PUT) }}",
                700 + index
            ),
            _ => {
                format!("never {{ any.where({system} == redis and {operation} == FLUSH{index}) }}")
            }
        };
        text.push_str(&format!(
            "  - id: rule-{index}\n    condition: '{condition}'\n"
        ));
    }
    let rules = compile(&[SourceFile::new("rules.yaml", text)]);
    let Ok(rules) = rules else {
        unreachable!("every rule here is faultless");
    };
    let Ok(engine) = Engine::new(rules, Settings::default(), Timestamp(NOW)) else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

fn consume(names: [&str; 5], batches: &[Vec<u8>]) -> Duration {
    let engine = engine(names);
    let start = Instant::now();
    for bytes in batches {
        assert!(engine.consume(bytes, Timestamp(NOW)).is_ok());
    }
    engine.close_traces(Timestamp(NOW), CloseCause::EndOfInput);
    black_box(engine.take_findings(usize::MAX).len());
    start.elapsed()
}

fn main() {
    let batches: Vec<Vec<u8>> = (0..BATCHES)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect();
    let pairs = if std::env::args().any(|argument| argument == "--test") {
        1
    } else {
        PAIRS
    };
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|_| {
            let ours = consume(OF_VOCABULARY, &batches).as_secs_f64();
            ours / consume(SINGLE, &batches).as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "fifty rules on names of the vocabulary / on single attributes: {:.3} ({:.3} to {:.3})",
        ratios[pairs / 2],
        ratios[pairs / 4],
        ratios[pairs * 3 / 4]
    );
    assert!(
        pairs < PAIRS || ratios[pairs / 2] <= BOUND,
        "the vocabulary costs more than {BOUND} times single attributes"
    );
}
