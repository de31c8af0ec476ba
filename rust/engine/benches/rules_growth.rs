//! What a span costs with 10, 100, 1,000 and 10,000 rules of which the same ten are met: `cargo bench -p betrace-engine
//! --bench rules_growth`.
//!
//! Of the others half share five clause selectors that most traces meet, each behind a `when` of its own that nothing
//! meets; the rest select nothing; one in a hundred of all has a regular expression. Traces open, are decided and close
//! in every round. The peers, over the same bytes in the same run: the engine with ten rules, and prost only decoding.
//! Interleaved rounds give each ratio, by the processor's time, with the bounds that hold its median at 95 %. The last of
//! complete traces is the row `engine_rules_growth` of the table that `make bench` prints.
#![allow(clippy::print_stdout, reason = "what a bench is for is its figures")]

mod traffic;

use std::hint::black_box;
use std::time::Duration;

use betrace_bench::pairs::{of_pairs, pairs, processor_time};
use betrace_bench::row::Row;
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
    let took = processor_time(|| {
        for bytes in batches {
            *now += 1;
            assert!(engine.consume(bytes, Timestamp(*now)).is_ok());
        }
        engine.close_traces(Timestamp(*now), CloseCause::EndOfInput);
        black_box(engine.take_findings(usize::MAX).len());
    });
    *now += SECOND;
    engine.tick(Timestamp(*now));
    took
}

fn decode(batches: &[Vec<u8>]) {
    for bytes in batches {
        assert!(black_box(ExportTraceServiceRequest::decode(&bytes[..])).is_ok());
    }
}

/// The time of a span with these rules, with ten of them, and of prost, in nanoseconds, of each round.
fn measured(rules: usize, completeness: Completeness, batches: &[Vec<u8>]) -> Vec<[f64; 3]> {
    let spans = (SPANS * batches.len()) as f64;
    let (all, ten) = (engine(rules, completeness), engine(10, completeness));
    let (mut now, mut of_ten) = (NOW, NOW);
    round(&all, batches, &mut now);
    round(&ten, batches, &mut of_ten);
    let of_round = |number: usize| {
        let mut times = [Duration::ZERO; 3];
        for at in 0..3 {
            // Each goes first in turn.
            let at = (at + number) % 3;
            times[at] = match at {
                0 => round(&all, batches, &mut now),
                1 => round(&ten, batches, &mut of_ten),
                _ => processor_time(|| decode(batches)),
            };
        }
        times.map(|time| time.as_nanos() as f64 / spans)
    };
    (0..pairs(ROUNDS)).map(of_round).collect()
}

fn main() {
    let batches: Vec<Vec<u8>> = (0..BATCHES)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect();
    for (completeness, said) in [
        (Completeness::Idle, "complete traces"),
        (Completeness::Root, "traces of which most lack a root"),
    ] {
        println!("{said}: rules, ns a span, and ratios (at 95 %) to 10 rules and to prost");
        for rules in [10, 100, 1_000, 10_000] {
            let measured = measured(rules, completeness, &batches);
            let to = |peer: usize| {
                let pairs: Vec<(f64, f64)> =
                    measured.iter().map(|one| (one[0], one[peer])).collect();
                of_pairs(&pairs)
            };
            let (ten, prost) = (to(1), to(2));
            println!(
                "{rules:7} {:7.0}   {:6.2} ({:.2} to {:.2})   {:6.2} ({:.2} to {:.2})",
                ten.ours, ten.ratio, ten.low, ten.high, prost.ratio, prost.low, prost.high
            );
            if rules == 10_000 && completeness == Completeness::Idle {
                let row = Row::new("engine_rules_growth", "10 rules", "ns a span", ten);
                assert!(row.keep().is_ok(), "the row is not kept");
            }
        }
    }
}
