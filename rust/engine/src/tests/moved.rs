//! Traces of which spans may have gone to another engine.

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::{Completeness, Engine, Report, Settings, SnapshotKind, Timestamp};

/// Milliseconds.
const IDLE: u64 = 10_000;
const AGE: u64 = 300_000;

fn engine(completeness: Completeness) -> Engine {
    let rules = rules(&["audited: when { a } always { b }", "clean: never { c }"]);
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        completeness,
        ..Settings::default()
    };
    Engine::new(rules, settings, at(0)).unwrap()
}

const MOVED: [&str; 2] = ["audited inconclusive(moved)", "clean inconclusive(moved)"];
const DEFINITE: [&str; 2] = ["audited violated", "clean satisfied"];

#[test]
fn what_was_live_when_the_tier_changed_is_not_told_what_it_lacks() {
    let engine = engine(Completeness::Root);
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.moved(at(5_000));
    engine.tick(at(IDLE));
    assert_eq!(engine.told(), MOVED);
}

#[test]
fn what_closed_before_the_tier_changed_keeps_its_verdict() {
    let engine = engine(Completeness::Root);
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.tick(at(IDLE));
    engine.moved(at(IDLE));
    assert_eq!(engine.told(), DEFINITE);
}

#[test]
fn a_trace_is_moved_if_it_came_or_began_by_then() {
    // When its root began and came, of a change whose spans had settled at one minute.
    for (began, came, told) in [
        (50_000, 60_000, MOVED),
        (61_000, 60_000, MOVED),
        (59_999, 61_000, MOVED),
        (60_000, 60_001, DEFINITE),
        (0, 60_000 + AGE, MOVED),
        (0, 60_001 + AGE, DEFINITE),
    ] {
        let engine = engine(Completeness::Root);
        engine.moved(at(60_000));
        engine.feed(&[span(1, 1, "a", began, began + 1)], came);
        engine.tick(at(came + IDLE));
        assert_eq!(engine.told(), told, "began {began}, came {came}");
    }
}

/// Where a root is not asked for, children that came here may be the rest of a trace that began elsewhere.
#[test]
fn without_its_root_a_trace_may_have_begun_before() {
    let half = span(1, 2, "a", 70_000, 70_001).under(1);
    let told = |completeness, came| {
        let engine = engine(completeness);
        engine.moved(at(60_000));
        engine.feed(std::slice::from_ref(&half), came);
        engine.tick(at(came + 60_000));
        engine.told()
    };
    assert_eq!(told(Completeness::Idle, 70_000), MOVED);
    assert_eq!(told(Completeness::Idle, 60_001 + AGE), DEFINITE);
    let rootless = [
        "audited inconclusive(no_root)",
        "clean inconclusive(no_root)",
    ];
    assert_eq!(told(Completeness::Root, 70_000), rootless);
}

#[test]
fn presence_is_told_of_a_moved_trace() {
    let engine = engine(Completeness::Root);
    engine.moved(at(60_000));
    engine.feed(&[span(1, 1, "a", 0, 1), span(1, 2, "c", 0, 1).under(1)], 0);
    assert_eq!(engine.told(), ["clean violated"]);
    engine.feed(&[span(1, 3, "b", 2, 3).under(1)], 1);
    engine.tick(at(IDLE + 1));
    assert_eq!(engine.told(), ["audited satisfied"]);
}

#[test]
fn a_tier_that_moves_is_moving_until_it_is_said_when_it_ended() {
    let engine = engine(Completeness::Root);
    engine.moved(Timestamp(u64::MAX));
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.tick(at(IDLE));
    assert_eq!(engine.told(), MOVED);
    engine.feed(&[span(2, 1, "a", 20_000, 20_001)], 20_000);
    engine.moved(at(25_000));
    engine.feed(&[span(3, 1, "a", 26_000, 26_001)], 26_000);
    engine.tick(at(40_000));
    let (moved, rest): (Vec<_>, Vec<_>) = engine
        .told()
        .into_iter()
        .partition(|told| told.ends_with("(moved)"));
    assert_eq!(moved, MOVED);
    assert_eq!(rest, DEFINITE);
}

#[test]
fn a_restored_trace_was_there_before_a_change_during_the_stop() {
    let before = engine(Completeness::Root);
    before.feed(&[span(1, 1, "a", 0, 1)], 0);
    let after = engine(Completeness::Root);
    after
        .restore(&before.snapshot(SnapshotKind::Final), at(20_000))
        .unwrap();
    after.moved(at(20_000));
    after.tick(at(40_000));
    assert_eq!(after.told(), MOVED);
}

/// Zero stands for never: what comes at the very beginning of a clock is not taken for what came before a change or a start.
#[test]
fn at_the_beginning_of_the_clock_nothing_has_moved_and_nothing_restarted() {
    let rules = rules(&["audited: when { a } always { b }", "clean: never { c }"]);
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    };
    let engine = Engine::new(rules, settings, Timestamp(0)).unwrap();
    let mut first = span(1, 1, "a", 0, 1);
    (
        first.span.start_time_unix_nano,
        first.span.end_time_unix_nano,
    ) = (1, 2);
    let message = crate::tests::spans::message(&[first]);
    engine.consume(&message, Timestamp(0)).unwrap();
    engine.tick(Timestamp(IDLE * 1_000_000));
    assert_eq!(engine.told(), DEFINITE);
}
