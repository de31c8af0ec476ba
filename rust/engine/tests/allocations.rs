//! In the steady state spans cost next to no allocation: traces open, are decided and close in memory that others gave back.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod messages;
#[path = "../benches/traffic/mod.rs"]
mod traffic;

use std::sync::Arc;

use betrace_engine::{Completeness, Engine, Settings, Timestamp};
use betrace_lang::rule::Rule;
use betrace_lang::{SourceFile, compile};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::messages::{message, message_of, text};

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_760_000_001 * SECOND;
const SPANS: usize = 256;

/// As long as state is kept by default, and some more.
const WARM: u64 = 100;
const SECONDS: u64 = 20;

fn compiled(conditions: &[String]) -> Vec<Arc<Rule>> {
    let rules = conditions
        .iter()
        .enumerate()
        .map(|(index, condition)| format!("  - id: rule-{index}\n    condition: '{condition}'\n"));
    let text = format!("rules:\n{}", rules.collect::<String>());
    compile(&[SourceFile::new("rules.yaml", text)]).unwrap()
}

fn engine(conditions: &[String]) -> Engine {
    let settings = Settings {
        completeness: Completeness::Idle,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(compiled(conditions), settings, Timestamp(NOW)).unwrap()
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

/// A root of a trace of its own with these attributes.
fn root_with(id: u64, keys: &[String]) -> Span {
    Span {
        trace_id: [id.to_be_bytes(), id.to_le_bytes()].concat(),
        span_id: vec![1; 8],
        name: "root".to_owned(),
        start_time_unix_nano: NOW,
        end_time_unix_nano: NOW + 1,
        attributes: keys.iter().map(|key| text(key, "here")).collect(),
        ..Span::default()
    }
}

/// A sender chooses which attributes his spans have, and which resources: what a call learns of them stays a third of the 2 MiB that are
/// set aside for some calls side by side.
#[test]
fn what_a_call_works_with_is_bounded_whatever_spans_have() {
    const KEYS: usize = 32;
    const MOST: i64 = (2 << 20) / 3;
    let all: Vec<String> = (0..KEYS)
        .map(|key| format!("never {{ any.where(k{key} == gone or k{key} == away) }}"))
        .collect();
    let engine = engine(&all);
    let mut dice = traffic::Dice::new(7);
    let sets: Vec<u64> = (0..1_000).map(|_| dice.next() | dice.next()).collect();
    let batches: Vec<Vec<u8>> = (0..1_000)
        .map(|_| {
            let set = sets[dice.roll(1_000) as usize];
            let keys = (0..KEYS).filter(|key| set >> key & 1 == 1);
            let keys: Vec<String> = keys.map(|key| format!("k{key}")).collect();
            let spans = (0..64).map(|_| root_with(dice.next(), &keys)).collect();
            let long = format!("{set:x}").repeat(100);
            let mut attributes: Vec<KeyValue> = (0..16)
                .map(|key| text(&format!("k{key}"), "there"))
                .collect();
            attributes.push(text("long", &long));
            message_of(attributes, spans).encode_to_vec()
        })
        .collect();
    let mut now = NOW;
    let mut run = |batches: &[Vec<u8>]| {
        for bytes in batches {
            engine.consume(bytes, Timestamp(now)).unwrap();
        }
        for _ in 0..3 {
            now += 7_200 * SECOND;
            engine.tick(Timestamp(now));
        }
    };
    run(&batches[..1]);
    let grown = allocation_counter::measure(|| run(&batches[1..])).bytes_current;
    println!("{grown} bytes are left of what a call works with");
    assert!(grown <= MOST, "{grown}");
}

/// Rules that all differ from those of before, while traces come and go between two changes.
fn rules_of(round: usize) -> Vec<String> {
    let rule = |n: usize| match n % 4 {
        0 => format!("when {{ step{n}.where(amount > {round}) }} always {{ check{n} }}"),
        1 => format!("never {{ step{n}.where(amount > {round}) }}"),
        2 => format!("never {{ any.where(path matches \"^/v{round}/item{n}/\") }}"),
        _ => format!("never {{ count(step{n}.where(amount{round} > {n})) > 3 }}"),
    };
    (0..200).map(rule).collect()
}

#[test]
fn rules_that_are_changed_again_and_again_leave_nothing_behind() {
    const ROUNDS: usize = 40;
    let sets: Vec<_> = (0..2 * ROUNDS)
        .map(|round| compiled(&rules_of(round)))
        .collect();
    let engine = engine(&rules_of(0));
    let mut now = NOW;
    let mut change = |sets: &[Vec<Arc<Rule>>]| {
        for (round, set) in sets.iter().enumerate() {
            engine.replace_rules(set.clone(), Timestamp(now)).unwrap();
            let root = |n: u64| {
                let keys = ["amount".to_owned(), "path".to_owned()];
                let mut root = root_with(n << 32 | round as u64, &keys);
                root.name = format!("step{n}");
                root
            };
            let bytes = message((0..8).map(root).collect()).encode_to_vec();
            engine.consume(&bytes, Timestamp(now)).unwrap();
            for _ in 0..3 {
                now += 100 * SECOND;
                engine.tick(Timestamp(now));
            }
            drop(engine.take_findings(usize::MAX));
        }
    };
    let (first, last) = sets.split_at(ROUNDS);
    let held = allocation_counter::measure(|| change(first)).bytes_current;
    let grown = allocation_counter::measure(|| change(last)).bytes_current;
    println!("{held} bytes with the first changes, {grown} more with as many after them");
    assert!(grown < 1 << 16, "{grown}");
}
