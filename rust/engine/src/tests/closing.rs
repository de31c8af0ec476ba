//! When a trace closes: after its idle time, once its root has come or was awaited long enough.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, message, span};
use crate::{Completeness, Engine, Report, Settings};

const SECOND: u64 = 1_000_000_000;

fn engine(settings: Settings) -> Engine {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..settings
    };
    Engine::new(rules(&["r: always { b }"]), settings, at(0)).unwrap()
}

/// Nothing is said at `millis` less one, and this at `millis`.
fn closes(engine: &Engine, millis: u64, says: &str) {
    engine.tick(at(millis - 1));
    assert_eq!(engine.told(), Vec::<String>::new(), "before {millis}");
    engine.tick(at(millis));
    assert_eq!(engine.told(), [says], "at {millis}");
}

fn child() -> TestSpan {
    span(1, 2, "a", 0, 1).under(1)
}

#[test]
fn a_root_that_comes_late_ends_the_wait_for_it() {
    let engine = engine(Settings::default());
    engine.feed(&[child()], 0);
    engine.tick(at(10_000));
    engine.feed(&[span(1, 1, "b", 0, 15_000)], 15_000);
    closes(&engine, 25_000, "r satisfied");
}

#[test]
fn a_root_is_awaited_for_root_timeout_after_the_latest_span() {
    let engine = engine(Settings::default());
    engine.feed(&[child()], 0);
    engine.tick(at(30_000));
    engine.feed(&[span(1, 3, "a", 0, 1).under(1)], 31_000);
    closes(&engine, 91_000, "r inconclusive(no_root)");
}

#[test]
fn max_age_bounds_the_wait_and_says_so() {
    let engine = engine(Settings {
        max_age: 30 * SECOND,
        ..Settings::default()
    });
    engine.feed(&[child()], 0);
    closes(&engine, 30_000, "r inconclusive(evicted)");
}

#[test]
fn nothing_is_awaited_where_completeness_asks_for_nothing() {
    let engine = engine(Settings {
        completeness: Completeness::Idle,
        ..Settings::default()
    });
    engine.feed(&[child()], 0);
    closes(&engine, 10_000, "r violated");
}

#[test]
fn a_shorter_root_timeout_than_the_idle_time_awaits_nothing() {
    let engine = engine(Settings {
        root_timeout: SECOND,
        ..Settings::default()
    });
    engine.feed(&[child()], 0);
    closes(&engine, 10_000, "r inconclusive(no_root)");
}

#[test]
fn linked_traces_await_every_parent() {
    let engine = engine(Settings {
        completeness: Completeness::Linked,
        ..Settings::default()
    });
    let root = || span(1, 1, "a", 0, 1);
    engine.feed(&[root(), span(1, 3, "a", 0, 1).under(2)], 0);
    engine.tick(at(20_000));
    engine.feed(&[child()], 20_000);
    closes(&engine, 30_000, "r violated");
}

#[test]
fn what_only_waits_is_shed_before_what_is_under_way() {
    let engine = engine(Settings {
        memory_bytes: 48 << 10,
        shards: 1,
        ..Settings::default()
    });
    let of = |trace: u8, span: TestSpan| {
        let mut span = span;
        span.span.trace_id = vec![trace; 16];
        span
    };
    // The first is the older one, and spans of it come all the time.
    engine.feed(&[of(1, span(1, 1, "a", 0, 1))], 0);
    engine.feed(&[of(2, child())], 1);
    for second in 1..15 {
        engine.feed(
            &[of(1, span(1, 10 + second, "a", 0, 1).under(1))],
            u64::from(second) * 1000,
        );
        engine.tick(at(u64::from(second) * 1000));
    }
    assert_eq!(engine.stats().live_traces, 2);
    for trace in 3..200 {
        let spans: Vec<TestSpan> = (1..4).map(|id| of(trace, span(1, id, "a", 0, 1))).collect();
        engine.consume(&message(&spans), at(15_000)).unwrap();
        let shed = engine.take_findings(10);
        if !shed.is_empty() {
            assert_eq!(
                shed[0].trace_id.0, [2; 16],
                "the one that only waits goes first"
            );
            assert_eq!(
                shed.get(1).map(|found| found.trace_id.0),
                shed.get(1).map(|_| [1; 16])
            );
            return;
        }
    }
    panic!("nothing was shed");
}
