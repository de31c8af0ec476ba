//! What a span costs with 10, 100, 1,000 and 10,000 rules of which the same ten are met: `cargo bench -p betrace-engine
//! --bench rules_growth`.
//!
//! Of the others half share five clause selectors that most traces meet, each behind a `when` of its own that nothing
//! meets; the rest select nothing; one in a hundred of all has a regular expression. Traces open, are decided and close
//! in every round. The peers, over the same bytes in the same run: the engine with ten rules, and prost only decoding.
//! Interleaved rounds give each ratio, with its median and quartiles.
#![allow(clippy::print_stdout, reason = "what a bench is for is its figures")]

mod traffic;

use std::hint::black_box;
use std::time::{Duration, Instant};

use betrace_engine::{CloseCause, Completeness, Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

const SPANS: usize = 512;
const BATCHES: u64 = 16;
const ROUNDS: usize = 21;
const NOW: u64 = 1_760_000_001_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// One in a hundred is a regular expression.
const HUNDRED: usize = 100;

/// What most traces have some span of.
const SHARED: [&str; 5] = [
    "any.where(http.response.status_code == 200)",
    "any.where(currency == EUR)",
    "any.where(db.system.name == postgresql)",
    "any.where(processor == stripe)",
    "any.where(http.request.method == GET)",
];

/// The ten that are met.
fn met(index: usize) -> String {
    let a = traffic::name(index * 24);
    let b = traffic::name(index * 24 + 7);
    match index {
        0 => "never { any.where(http.response.status_code == 503 and amount > 5) }".to_owned(),
        1 => format!("when {{ {a:?} }} always {{ {} }}", SHARED[0]),
        2 => format!("never {{ count({a:?}) > 2 }}"),
        3 => format!(
            "when each {{ {a:?} as p }} never {{ {b:?}.where(user.id == p.user.id) after p }}"
        ),
        4 => format!("never {{ count({a:?}) by user.id > 3 }}"),
        5 => format!("when {{ {a:?} }} always {{ {} }}", SHARED[1]),
        6 => format!("never {{ max({a:?}, amount) > 2900 }}"),
        7 => format!("always {{ sum({a:?}, span:duration) < 5s and not {b:?} }}"),
        8 => format!("never {{ {a:?} before {b:?} }}"),
        _ => format!("when {{ {} }} always {{ {} }}", SHARED[2], SHARED[3]),
    }
}

fn unmet(index: usize) -> String {
    if index.is_multiple_of(HUNDRED) {
        return format!("never {{ any.where(url.path matches \"^/admin/[a-f]+/{index}$\") }}");
    }
    let name = traffic::name(index % traffic::NAMES);
    match index % 8 {
        0 | 2 | 4 | 6 => {
            let shared = SHARED[index / 2 % SHARED.len()];
            format!("when {{ \"refund.{index}\" }} always {{ {shared} }}")
        }
        1 => format!("never {{ {name:?}.where(amount == {}) }}", 10_000 + index),
        3 => format!("when {{ any.where(tenant == \"none-{index}\") }} always {{ {name:?} }}"),
        5 => format!("never {{ \"admin.{index}\" after {name:?} }}"),
        _ => format!("when each {{ \"login.{index}\" as p }} never {{ {name:?} after p }}"),
    }
}

fn engine(rules: usize, completeness: Completeness) -> Engine {
    let conditions = (0..rules).map(|index| if index < 10 { met(index) } else { unmet(index) });
    let rules = conditions
        .enumerate()
        .map(|(index, condition)| format!("  - id: rule-{index}\n    condition: '{condition}'\n"));
    let text = format!("rules:\n{}", rules.collect::<String>());
    let Ok(rules) = compile(&[SourceFile::new("rules.yaml", text)]) else {
        unreachable!("every rule here is faultless");
    };
    // Nothing is left of a round, so that each meets new traces in the same bytes.
    let settings = Settings {
        completeness,
        late_window: 0,
        forget_after: 0,
        ..Settings::default()
    };
    let Ok(engine) = Engine::new(rules, settings, Timestamp(NOW)) else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

/// Takes all batches through and closes their traces.
fn round(engine: &Engine, batches: &[Vec<u8>], now: &mut u64) -> Duration {
    let began = Instant::now();
    for bytes in batches {
        *now += 1;
        assert!(engine.consume(bytes, Timestamp(*now)).is_ok());
    }
    engine.close_traces(Timestamp(*now), CloseCause::EndOfInput);
    black_box(engine.take_findings(usize::MAX).len());
    let took = began.elapsed();
    *now += SECOND;
    engine.tick(Timestamp(*now));
    took
}

fn decode(batches: &[Vec<u8>]) -> Duration {
    let began = Instant::now();
    for bytes in batches {
        assert!(black_box(ExportTraceServiceRequest::decode(&bytes[..])).is_ok());
    }
    began.elapsed()
}

/// Median and quartiles.
fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let len = values.len();
    (values[len / 4], values[len / 2], values[len * 3 / 4])
}

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        1
    } else {
        ROUNDS
    };
    let batches: Vec<Vec<u8>> = (0..BATCHES)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect();
    let spans = (SPANS * batches.len()) as f64;
    for (completeness, said) in [
        (Completeness::Idle, "complete traces"),
        (Completeness::Root, "traces of which most lack a root"),
    ] {
        println!("{said}: rules, ns a span, and ratios (quartiles) to 10 rules and to prost");
        let ten = engine(10, completeness);
        for rules in [10, 100, 1_000, 10_000] {
            let all = engine(rules, completeness);
            let (mut now, mut of_ten) = (NOW, NOW);
            round(&all, &batches, &mut now);
            round(&ten, &batches, &mut of_ten);
            let measured: Vec<[f64; 3]> = (0..rounds)
                .map(|_| {
                    let took = round(&all, &batches, &mut now);
                    let peers = [round(&ten, &batches, &mut of_ten), decode(&batches)];
                    [took, peers[0], peers[1]].map(|time| time.as_nanos() as f64 / spans)
                })
                .collect();
            let ratio = |to: usize| spread(measured.iter().map(|one| one[0] / one[to]).collect());
            let (_, nanos, _) = spread(measured.iter().map(|one| one[0]).collect());
            let ((low, middle, high), (least, prost, most)) = (ratio(1), ratio(2));
            println!(
                "{rules:7} {nanos:7.0}   {middle:6.2} ({low:.2} to {high:.2})   {prost:6.2} ({least:.2} to {most:.2})"
            );
        }
    }
}
