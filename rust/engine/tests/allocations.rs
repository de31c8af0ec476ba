//! In the steady state spans cost next to no allocation: traces open, are decided and close in memory that others gave back.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

#[path = "../benches/traffic/mod.rs"]
mod traffic;

use betrace_engine::{Completeness, Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};
use prost::Message;

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_760_000_001 * SECOND;
const SPANS: usize = 256;

/// As long as state is kept by default, and some more.
const WARM: u64 = 100;
const SECONDS: u64 = 20;

fn engine(conditions: &[String]) -> Engine {
    let rules = conditions
        .iter()
        .enumerate()
        .map(|(index, condition)| format!("  - id: rule-{index}\n    condition: '{condition}'\n"));
    let text = format!("rules:\n{}", rules.collect::<String>());
    let rules = compile(&[SourceFile::new("rules.yaml", text)]).unwrap();
    let settings = Settings {
        completeness: Completeness::Idle,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules, settings, Timestamp(NOW)).unwrap()
}

/// Allocations of some seconds in the steady state.
fn measured(conditions: &[String], batches: &[Vec<u8>]) -> u64 {
    let engine = engine(conditions);
    let mut now = NOW;
    let mut run = |batches: &[Vec<u8>]| {
        for bytes in batches {
            now += SECOND;
            engine.consume(bytes, Timestamp(now)).unwrap();
            engine.tick(Timestamp(now));
        }
    };
    let (first, last) = batches.split_at(WARM as usize);
    run(first);
    let seen = allocation_counter::measure(|| run(last));
    let stats = engine.stats();
    assert!(stats.closed_traces > 60 * SECONDS && stats.queued_findings == 0);
    seen.count_total
}

/// Each kind of rule over names that the traffic has, so that it is evaluated, and none is broken.
fn conditions() -> Vec<String> {
    let [a, b] = [0, 7].map(traffic::name);
    vec![
        "never { any.where(http.response.status_code == 999) }".to_owned(),
        format!("when {{ {a:?} }} always {{ {a:?} or {b:?} }}"),
        "never { count(any) > 1000 }".to_owned(),
        "never { any.where(amount > 2900) before none }".to_owned(),
        format!(
            "when each {{ any.where(amount > 2000) as p }} never {{ {b:?}.where(verified) then p then none }}"
        ),
    ]
}

/// Compares values of spans, so that they are kept.
const KEEPS_VALUES: &str = "when each { any.where(currency == USD) as p } never { any.where(processor == p.tenant) after p }";

#[test]
fn spans_cost_next_to_no_allocation() {
    let batches: Vec<Vec<u8>> = (0..WARM + SECONDS)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect();
    let spans = SECONDS * SPANS as u64;
    let mut all: Vec<Vec<String>> = conditions().into_iter().map(|one| vec![one]).collect();
    all.push(conditions());
    for conditions in all {
        let allocations = measured(&conditions, &batches);
        println!("{allocations} allocations, {spans} spans: {conditions:?}");
        // The ids of traces that are gone are written anew now and then, and of so few traces the block of the right size is not
        // always at hand.
        assert!(
            allocations < spans / 5,
            "{allocations} allocations: {conditions:?}"
        );
    }
    // What is kept of values stands in memory of its own: some allocations for each span of which it is.
    let allocations = measured(&[KEEPS_VALUES.to_owned()], &batches);
    println!("{allocations} allocations, {spans} spans, whose values are kept");
    assert!(allocations < 4 * spans, "{allocations}");
}
