//! How much is done while a lock is held, whatever the calls and however many traces there are: nothing that grows with
//! them is done in one go. Counted, not timed: a unit is a thing looked at, moved, written or given back, of some
//! ten to a hundred nanoseconds.

use crate::sync::most_work;
use crate::tests::floods::traces;
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at};
use crate::{CloseCause, Engine, Settings, SnapshotKind};

/// So many traces lie behind one lock: more than may be looked at in one go.
const TRACES: u64 = 30_000;

/// What is done at most under a lock.
const WORK_AT_ONCE: usize = 10_000;

const SECOND: u64 = 1_000;

fn engine(memory_bytes: u64) -> Engine {
    let settings = Settings {
        memory_bytes,
        shards: 1,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules(&["r: always { b }"]), settings, at(0)).unwrap()
}

/// So many traces, all at once as far as the engine knows.
fn flood(engine: &Engine, millis: u64, change: impl Fn(&mut TestSpan)) {
    for part in 0..TRACES / 500 {
        let mut spans = traces(millis + part, 500);
        spans.iter_mut().for_each(&change);
        engine.feed(&spans, millis);
    }
}

fn held_for_little(what: &str) {
    let most = most_work();
    assert!(most <= WORK_AT_ONCE, "{what}: {most} under one lock");
}

#[test]
fn no_call_does_much_under_one_lock_however_many_traces_there_are() {
    let engine = engine(64 << 20);
    flood(&engine, 0, |_| ());
    held_for_little("traces that open");
    assert_eq!(engine.stats().live_traces, TRACES);
    held_for_little("stats");
    let stored = engine.snapshot(SnapshotKind::Periodic);
    held_for_little("a snapshot");
    engine
        .replace_rules(rules(&["r: always { c }"]), at(1))
        .unwrap();
    held_for_little("other rules");
    // A second span each, so that every timer is looked at and put back.
    flood(&engine, 0, |span| {
        span.span.span_id = vec![2; 8];
    });
    engine.tick(at(9 * SECOND));
    held_for_little("further spans");
    engine.tick(at(12 * SECOND));
    assert_eq!(engine.stats().remembered_traces, TRACES);
    held_for_little("traces that close");
    engine.tick(at(80 * SECOND));
    assert_eq!(engine.stats().forgotten_ids, TRACES);
    held_for_little("traces that are forgotten");
    drop(engine.snapshot(SnapshotKind::Periodic));
    held_for_little("a snapshot of ids");
    engine.tick(at(2 * 3600 * SECOND));
    assert_eq!(engine.stats().forgotten_ids, 0);
    held_for_little("ids that are forgotten");
    let again = self::engine(64 << 20);
    again.restore(&stored, at(0)).unwrap();
    assert_eq!(again.stats().live_traces, TRACES);
    most_work();
    again.close_traces(at(1), CloseCause::Shutdown);
    assert_eq!(again.stats().remembered_traces, TRACES);
    held_for_little("a shutdown");
}

#[test]
fn nor_where_traces_wait_for_their_roots_or_memory_is_short() {
    let child = |span: &mut TestSpan| span.span.parent_span_id = vec![9; 8];
    let engine = engine(64 << 20);
    flood(&engine, 0, child);
    for second in [11, 22, 33] {
        engine.tick(at(second * SECOND));
        held_for_little("traces that wait");
    }
    assert_eq!(engine.stats().live_traces, TRACES);
    // All that wait are under way again, and are found so one after the other.
    flood(&engine, 0, |span| {
        child(span);
        span.span.span_id = vec![2; 8];
    });
    held_for_little("further spans");
    let engine = self::engine(3 << 20);
    for second in 0..4 {
        flood(&engine, second * 100_000, |_| ());
        held_for_little("traces that are shed");
    }
    assert!(engine.stats().shed_traces > TRACES);
    for second in [9_000, 9_100, 14_000] {
        engine.tick(at(second * SECOND));
        held_for_little("the end of a flood");
    }
    assert!(engine.stats().memory_bytes < 16 << 10);
}
