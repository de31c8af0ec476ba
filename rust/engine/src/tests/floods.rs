//! What is left of the verdicts, and of the memory, under floods of traces and after them.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{Engine, Settings};

const SECOND: u64 = 1_000_000_000;

/// `count` traces of one root each, told from all others by `number`.
pub(super) fn traces(number: u64, count: u64) -> Vec<TestSpan> {
    (0..count)
        .map(|index| {
            let mut root = span(1, 1, "a", 0, 1);
            // As random ids are: no two differ in their last bytes alone.
            let id = (number * count + index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            root.span.trace_id[..8].copy_from_slice(&id.to_le_bytes());
            root.span.trace_id[8..].copy_from_slice(&id.rotate_left(32).to_le_bytes());
            root
        })
        .collect()
}

fn engine(memory_bytes: u64) -> Engine {
    let settings = Settings {
        idle_timeout: 2 * SECOND,
        late_window: 2 * SECOND,
        memory_bytes,
        shards: 2,
        restart_grace: false,
        kept_samples: Some(0),
        ..Settings::default()
    };
    Engine::new(rules(&["r: always { b }"]), settings, at(0)).unwrap()
}

#[test]
fn ids_of_closed_traces_never_cost_a_live_one_its_verdict() {
    let limit = 256 << 10;
    let engine = engine(limit);
    for second in 0..1500 {
        engine.feed(&traces(second, 40), second * 1000);
        engine.tick(at(second * 1000));
        assert!(engine.stats().memory_bytes <= limit, "{second}");
        assert!(
            engine
                .take_findings(1000)
                .iter()
                .all(|found| found.reason.is_none())
        );
    }
    let stats = engine.stats();
    assert_eq!(stats.shed_traces, 0);
    // A new trace may look like one that is gone, once in a thousand.
    let late = stats.closed_traces - stats.rules[0].violated;
    assert!(late <= stats.closed_traces / 1000, "{late}");
    assert!(stats.dropped_ids > 0, "the ids did not fill their share");
    assert!(stats.forgotten_ids > 12_000, "{}", stats.forgotten_ids);
    // A record of evidence says the same of all shards.
    let period = engine.take_period().unwrap();
    assert_eq!(period.dropped_ids, stats.dropped_ids);
}

#[test]
fn windows_take_of_what_traces_may() {
    const MEMORY: u64 = 6 << 20;
    let flooded = |rule: &str| {
        let settings = Settings {
            memory_bytes: MEMORY,
            shards: 1,
            ..Settings::default()
        };
        let engine = Engine::new(rules(&[rule]), settings, at(0)).unwrap();
        for batch in 0..200 {
            let spans = traces(batch, 100).into_iter().zip(batch as i64 * 100..);
            let spans: Vec<_> = spans.map(|(span, key)| span.int("k", key)).collect();
            engine.feed(&spans, 0);
        }
        engine.stats()
    };
    let without = flooded("r: always { count(a) > 9 }");
    let with = flooded("r: over 1h by k never { p99(a, k) > 1000 }");
    assert!(without.shed_traces > 0 && with.shed_traces > 0);
    assert_eq!((without.open_windows, with.open_windows), (0, 1));
    // Both together stay where traces alone would.
    let slack = MEMORY / 256;
    let (with, without) = (with.memory_bytes, without.memory_bytes);
    assert!(with < without + slack, "{with} beside {without}");
}

#[test]
fn an_old_flood_leaves_nothing_behind() {
    let (limit, of_none) = (256 << 10, 8 << 10);
    let engine = engine(limit);
    for part in 0..40 {
        engine.feed(&traces(part, 500), 0);
    }
    assert!(engine.stats().shed_traces > 10_000);
    engine.tick(at(10_000));
    engine.tick(at(20_000));
    let stats = engine.stats();
    assert_eq!((stats.live_traces, stats.remembered_traces), (0, 0));
    let shed = stats.shed_traces;
    let ids = stats.memory_bytes;
    assert!(ids < limit / 6 + of_none, "{ids} bytes for ids alone");
    assert!(!engine.told().is_empty());
    for number in 0..10 {
        // None of the flood, whose ids are remembered.
        engine.feed(&traces(100_000 + number, 1), 30_000 + number * 1000);
        engine.tick(at(30_000 + number * 1000));
    }
    engine.tick(at(60_000));
    assert_eq!(engine.told(), vec!["r violated"; 10]);
    assert_eq!(engine.stats().shed_traces, shed);
    engine.tick(at(2 * 3600 * 1000));
    let stats = engine.stats();
    assert_eq!(stats.forgotten_ids, 0);
    assert!(stats.memory_bytes < of_none, "{}", stats.memory_bytes);
}
