//! Engines that stop and start again from stored state.

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::{CloseCause, Engine, Report, Restored, Settings, SnapshotError, SnapshotKind};

const MANY: &str = "many: never { count(q) > 2 }";
const ALWAYS: &str = "always: always { a }";
const LOOP: &str = "loop: when each { q as p } never { p inside loop }";
const RULES: [&str; 3] = [MANY, ALWAYS, LOOP];

fn engine(texts: &[&str], seed: u64, started: u64) -> Engine {
    let settings = Settings {
        report: Report::All,
        seed,
        ..Settings::default()
    };
    Engine::new(rules(texts), settings, at(started)).unwrap()
}

/// Three traces: one live, one closed, one forgotten.
fn before() -> Engine {
    let engine = engine(&RULES, 1, 0);
    engine.feed(&[span(3, 1, "x", 0, 1)], 1000);
    engine.tick(at(11_000));
    engine.tick(at(72_000));
    engine.feed(&[span(2, 1, "x", 72_000, 72_001)], 72_000);
    engine.tick(at(82_000));
    engine.feed(
        &[
            span(1, 1, "loop", 90_000, 99_999),
            span(1, 2, "q", 90_001, 90_002).under(1),
            span(1, 3, "q", 90_001, 90_002).under(9),
        ],
        90_000,
    );
    let _ = engine.told();
    engine
}

#[test]
fn stored_traces_go_on_as_if_nothing_had_happened() {
    let bytes = before().snapshot(SnapshotKind::Final);
    let engine = engine(&RULES, 2, 95_000);
    let restored = engine.restore(&bytes, at(95_000)).unwrap();
    assert_eq!(
        restored,
        Restored {
            live_traces: 1,
            remembered_traces: 1,
            forgotten_ids: 1,
            known_rules: 3
        }
    );
    // The copy is known, and the third one makes three.
    engine.feed(&[span(1, 2, "q", 90_001, 90_002).under(1)], 95_001);
    assert_eq!(engine.stats().spans.duplicate, 1);
    engine.feed(&[span(1, 4, "q", 90_001, 90_002).under(1)], 95_001);
    let told = engine.told();
    assert_eq!(told, ["many violated", "loop violated"]);
    engine.feed(&[span(2, 2, "q", 0, 1), span(3, 2, "q", 0, 1)], 95_001);
    assert_eq!(engine.stats().spans.late, 2);
    engine.close_traces(at(99_000), CloseCause::EndOfInput);
    let mut told = engine.told();
    told.sort();
    assert_eq!(
        told,
        [
            "always inconclusive(late)",
            "always violated",
            "loop inconclusive(late)",
            "many inconclusive(late)",
        ]
    );
}

#[test]
fn what_fired_before_does_not_fire_again() {
    let first = engine(&RULES, 1, 0);
    let spans = [2, 3, 4].map(|id| span(1, id, "q", 1, 2).under(1));
    first.feed(&[span(1, 1, "loop", 0, 9)], 10);
    first.feed(&spans, 10);
    let ids = |engine: &Engine| {
        let findings = engine.take_findings(99);
        let mut ids: Vec<_> = findings.iter().map(|found| found.violation_id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&first).len(), 4);
    let second = engine(&RULES, 9, 20);
    second
        .restore(&first.snapshot(SnapshotKind::Final), at(20))
        .unwrap();
    second.feed(&[span(1, 5, "q", 1, 2).under(1)], 21);
    assert_eq!(ids(&second).len(), 1);
}

#[test]
fn a_snapshot_in_between_makes_live_traces_inconclusive() {
    let bytes = before().snapshot(SnapshotKind::Periodic);
    let engine = engine(&RULES, 1, 95_000);
    engine.restore(&bytes, at(95_000)).unwrap();
    engine.feed(&[span(1, 4, "q", 90_001, 90_002).under(1)], 95_001);
    assert_eq!(engine.told(), ["many violated", "loop violated"]);
    engine.close_traces(at(99_000), CloseCause::EndOfInput);
    assert_eq!(engine.told(), ["always inconclusive(restart)"]);
}

#[test]
fn other_rules_see_restored_traces_as_after_a_reload() {
    let bytes = before().snapshot(SnapshotKind::Final);
    let engine = engine(&[MANY, "always: always { a or z }"], 1, 95_000);
    let restored = engine.restore(&bytes, at(95_000)).unwrap();
    assert_eq!(restored.known_rules, 1);
    engine.close_traces(at(99_000), CloseCause::EndOfInput);
    assert_eq!(
        engine.told(),
        ["many satisfied", "always inconclusive(reload)"]
    );
}

#[test]
fn nothing_but_a_sound_snapshot_is_believed() {
    let bytes = before().snapshot(SnapshotKind::Final);
    let fresh = || engine(&RULES, 1, 95_000);
    let refuses = |bytes: &[u8]| fresh().restore(bytes, at(95_000)).unwrap_err();
    assert_eq!(refuses(b""), SnapshotError::NotASnapshot);
    assert_eq!(refuses(&bytes[1..]), SnapshotError::NotASnapshot);
    for cut in [7, 40, bytes.len() - 1] {
        let error = refuses(&bytes[..cut]);
        assert!(matches!(
            error,
            SnapshotError::NotASnapshot | SnapshotError::Corrupt
        ));
    }
    for at in (6..bytes.len()).step_by(7) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0x40;
        assert_eq!(refuses(&wrong), SnapshotError::Corrupt);
    }
    let mut other = bytes.clone();
    other[4] = 99;
    assert_eq!(refuses(&other), SnapshotError::Version(99));
    let used = fresh();
    used.feed(&[span(1, 1, "x", 0, 1)], 95_001);
    assert_eq!(
        used.restore(&bytes, at(95_002)),
        Err(SnapshotError::NotFresh)
    );
}

#[test]
fn a_crash_is_not_forgotten_over_an_orderly_stop_that_follows_it() {
    let first = engine(&[ALWAYS], 1, 0);
    let periodic = first.snapshot(SnapshotKind::Periodic);
    // The record comes, and the crash takes it.
    first.feed(&[span(1, 2, "a", 10_000, 10_001).under(1)], 10_000);
    let second = engine(&[ALWAYS], 1, 12_000);
    second.restore(&periodic, at(12_000)).unwrap();
    let whole = second.snapshot(SnapshotKind::Final);
    let third = engine(&[ALWAYS], 1, 13_000);
    third.restore(&whole, at(13_000)).unwrap();
    third.feed(&[span(1, 1, "x", 9_000, 14_000)], 14_000);
    third.feed(&[span(2, 1, "x", 13_500, 14_000)], 14_000);
    third.close_traces(at(15_000), CloseCause::EndOfInput);
    let mut told = third.told();
    told.sort();
    assert_eq!(told, ["always inconclusive(restart)", "always violated"]);
}

/// What a trace keeps of rules that are gone has its names for as long as it is kept: a snapshot says them, and the rules
/// may come back.
#[test]
fn what_traces_keep_of_rules_that_are_gone_can_be_stored() {
    let bytes = before().snapshot(SnapshotKind::Final);
    let first = engine(&RULES, 2, 95_000);
    first.restore(&bytes, at(95_000)).unwrap();
    for round in 1..4 {
        let other = format!("other: never {{ other{round} }}");
        first
            .replace_rules(rules(&[&other]), at(95_000 + round))
            .unwrap();
    }
    let second = engine(&RULES, 3, 96_000);
    let again = first.snapshot(SnapshotKind::Final);
    let restored = second.restore(&again, at(96_000)).unwrap();
    assert_eq!((restored.live_traces, restored.remembered_traces), (1, 1));
    // Two more to the two of before, of which both engines have kept that they came.
    second.feed(&[span(1, 4, "q", 96_000, 96_001).under(1)], 96_001);
    assert_eq!(second.told(), ["many violated", "loop violated"]);
}

/// What a call knows of spans it knows by the rules' generation, and that begins anew with the state that is restored: rules of
/// before may have had the same.
#[test]
fn what_calls_know_of_other_rules_is_forgotten_with_stored_state() {
    let most = "most: never { max(q, n) > 5 }";
    let stored = engine(&[most], 1, 0).snapshot(SnapshotKind::Final);
    let second = engine(&[], 1, 0);
    // A span under rules whose generation comes again; nothing is kept of it by the end.
    second.replace_rules(rules(&[MANY]), at(0)).unwrap();
    second.feed(&[span(1, 1, "q", 0, 1)], 1);
    let now = 4_000_000;
    second.tick(at(now / 2));
    second.tick(at(now));
    second.replace_rules(rules(&[most]), at(now)).unwrap();
    let _ = second.told();
    second.restore(&stored, at(now)).unwrap();
    second.feed(&[span(2, 1, "q", now, now + 1).int("n", 9)], now);
    assert_eq!(second.told(), ["most violated"]);
}
