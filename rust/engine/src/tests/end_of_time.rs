//! Spans that say that they were at the last of all times, after which there is no moment: whatever a sender writes of
//! times is one span's word, and never the end of the engine.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{CloseCause, Engine, Report, Settings, SnapshotKind};

/// From so long before the last of all times up to it.
fn last(id: u8, name: &str, before: u64) -> TestSpan {
    let mut one = span(1, id, name, 0, 0);
    one.span.start_time_unix_nano = u64::MAX - before;
    one.span.end_time_unix_nano = u64::MAX;
    if id > 1 { one.under(1) } else { one }
}

fn settings() -> Settings {
    Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    }
}

fn told(rule: &str, spans: &[TestSpan]) -> Vec<String> {
    let engine = Engine::new(rules(&[rule]), settings(), at(0)).unwrap();
    engine.feed(spans, 10);
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    engine.told()
}

#[test]
fn a_span_without_length_is_under_way_at_the_last_of_all_times() {
    let two = [last(1, "a", 0), last(2, "b", 0)];
    for (rule, is_broken) in [
        ("r: never { overlap(a) > 0 }", true),
        ("r: never { overlap(any) > 1 }", true),
        ("r: never { overlap(any) > 2 }", false),
        ("r: never { overlap(any) by span:kind > 1 }", true),
        ("r: never { a overlaps b }", true),
        ("r: never { a during b }", true),
        ("r: never { count(any) within 1s > 1 }", true),
        ("r: never { a then b within 5s }", true),
        ("r: never { a before b within 1s..2s }", false),
        (
            "r: when each { a as p } never { b after p within 5s }",
            true,
        ),
        ("r: never { b directly after a }", true),
        (
            "r: when each { b next after a as p } never { p.where(span:name == b) }",
            true,
        ),
        ("r: never { trace:duration > 0s }", false),
    ] {
        let expected = if is_broken {
            "r violated"
        } else {
            "r satisfied"
        };
        assert_eq!(told(rule, &two), [expected], "{rule}");
    }
}

#[test]
fn what_ends_with_all_times_is_under_way_until_then_and_not_at_it() {
    let touching = [last(1, "a", 5), last(2, "b", 0)];
    assert_eq!(
        told("r: never { a overlaps b }", &touching),
        ["r satisfied"]
    );
    assert_eq!(
        told("r: never { overlap(any) > 1 }", &touching),
        ["r satisfied"]
    );
    let within = [last(1, "a", 5), last(2, "b", 1)];
    assert_eq!(told("r: never { a overlaps b }", &within), ["r violated"]);
    assert_eq!(
        told("r: never { overlap(any) > 1 }", &within),
        ["r violated"]
    );
}

/// When what is told of one trace at its close was.
fn starts(asked: Settings, rule: &str, spans: &[TestSpan], is_stored: bool) -> Vec<u64> {
    let settings = Settings {
        early: false,
        ..asked
    };
    let new = || Engine::new(rules(&[rule]), settings.clone(), at(0)).unwrap();
    let mut engine = new();
    engine.feed(spans, 10);
    if is_stored {
        let stored = engine.snapshot(SnapshotKind::Final);
        engine = new();
        engine.restore(&stored, at(20)).unwrap();
    }
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    let all = engine.take_findings(9);
    all.iter().map(|one| one.start).collect()
}

#[test]
fn a_trace_begins_at_the_last_of_all_times_if_its_spans_say_so() {
    let mut without = span(1, 1, "a", 0, 0);
    without.span.start_time_unix_nano = 0;
    for is_stored in [false, true] {
        for (spans, start) in [
            (&[last(1, "a", 0)][..], u64::MAX),
            (&[last(1, "a", 0), last(2, "a", 1)], u64::MAX - 1),
            (&[without.clone(), last(2, "a", 0)], u64::MAX),
            (&[without.clone()], 0),
        ] {
            let said = starts(settings(), "r: always { a }", spans, is_stored);
            assert_eq!(said, [start], "{is_stored} {spans:?}");
        }
        // A violation is when its trigger was, and a trigger without a start when the trace began.
        let offender = [without.clone(), last(2, "b", 0)];
        let said = starts(settings(), "r: never { a }", &offender, is_stored);
        assert_eq!(said, [u64::MAX], "{is_stored}");
    }
}

#[test]
fn a_trace_of_the_last_of_all_times_is_in_its_window_and_in_what_has_no_end() {
    let rule = "r: over 10s never { count(a) > 0 }";
    let by_spans = Settings {
        event_time: true,
        ..settings()
    };
    let span = [last(1, "a", 0)];
    let window = u64::MAX - u64::MAX % 10_000_000_000;
    let asked = |began_within| Settings {
        began_within,
        ..by_spans.clone()
    };
    for (within, told) in [
        (None, vec![window]),
        (Some(window..=u64::MAX), vec![window]),
        (Some(window + 1..=u64::MAX), vec![]),
        (Some(0..=u64::MAX - 1), vec![]),
    ] {
        let said = starts(asked(within.clone()), rule, &span, false);
        assert_eq!(said, told, "{within:?}");
    }
    for (within, told) in [
        (at(0).0..=u64::MAX, vec![u64::MAX]),
        (at(0).0..=u64::MAX - 1, vec![]),
    ] {
        let said = starts(asked(Some(within.clone())), "r: always { a }", &span, false);
        assert_eq!(said, told, "{within:?}");
    }
}
