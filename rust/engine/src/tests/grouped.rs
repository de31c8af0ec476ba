//! What a violation shows of spans that are measured by groups, or in a stretch of time: those of the group, or the stretch, that broke
//! the bound.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{CloseCause, Engine, Settings, SnapshotKind};

fn engine(rule: &str, early: bool) -> Engine {
    let settings = Settings {
        early,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules(&[rule]), settings, at(0)).unwrap()
}

/// The ids of the spans that the one violation shows, its count and what it says.
fn shown(engine: &Engine) -> (Vec<u8>, u64, String) {
    let findings = engine.take_findings(usize::MAX);
    let [one] = &findings[..] else {
        panic!("{} findings", findings.len());
    };
    let ids = one.evidence.iter().map(|span| span.span_id.0[0]);
    (ids.collect(), one.count, one.message.clone())
}

fn at_close(rule: &str, spans: &[TestSpan]) -> (Vec<u8>, u64) {
    let mut answers = [false, true].map(|reversed| {
        let engine = engine(rule, false);
        let mut spans = spans.to_vec();
        if reversed {
            spans.reverse();
        }
        for one in spans {
            engine.feed(&[one], 0);
        }
        engine.close_traces(at(1), CloseCause::EndOfInput);
        shown(&engine)
    });
    assert_eq!(answers[0], answers[1], "in two orders");
    let (ids, count, _) = std::mem::take(&mut answers[0]);
    (ids, count)
}

/// A call to a server, a millisecond after the one of the id before.
fn call(id: u8, server: &str, size: i64) -> TestSpan {
    let start = u64::from(id);
    let one = span(1, id, "call", start, start + 1);
    one.text("server", server).int("size", size)
}

/// Of the five of `b` none is among the lowest four.
fn calls() -> Vec<TestSpan> {
    let a = (1..=4).map(|id| call(id, "a", 10));
    let b = (5..=9).map(|id| call(id, "b", 1));
    a.chain(b).collect()
}

#[test]
fn a_count_by_groups_shows_the_largest_group() {
    let rule = "r: never { count(call) by server > 3 }";
    assert_eq!(at_close(rule, &calls()), (vec![5, 6, 7, 8, 9], 5));
    let by_two = "r: never { count(call) by server, size > 3 }";
    assert_eq!(at_close(by_two, &calls()), (vec![5, 6, 7, 8, 9], 5));
}

#[test]
fn of_groups_that_are_as_large_the_one_with_the_lowest_span_is_shown() {
    let rule = "r: never { count(call) by server > 3 }";
    assert_eq!(at_close(rule, &calls()[..8]), (vec![1, 2, 3, 4], 4));
    let spans: Vec<TestSpan> = (1..=12)
        .map(|id| span(1, id, "call", 100 - u64::from(id), 200).under(id % 2 + 20))
        .collect();
    let rule = "r: never { count(call) by parent > 3 }";
    assert_eq!(at_close(rule, &spans), (vec![12, 10, 8, 6, 4, 2], 6));
}

#[test]
fn a_measure_by_groups_shows_the_group_with_the_most_of_it() {
    let (a, b) = ((vec![1, 2, 3, 4], 4), (vec![5, 6, 7, 8, 9], 5));
    for (measure, is_a) in [
        ("sum(call, size) by server > 3", true),
        ("max(call, size) by server >= 1", true),
        ("min(call, size) by server > 0", true),
        ("avg(call, size) by server > 0", true),
        ("distinct(call, span:id) by server > 1", false),
        ("sum(call, span:duration) by server > 2ms", false),
    ] {
        let rule = format!("r: never {{ {measure} }}");
        let wanted = if is_a { &a } else { &b };
        assert_eq!(at_close(&rule, &calls()), *wanted, "{measure}");
    }
    // Of a stretch of time no more than it: three starts in 2 ms, first in `a`.
    let rule = "r: never { count(call) within 2ms by server > 1 }";
    assert_eq!(at_close(rule, &calls()), (vec![1, 2, 3], 3));
}

#[test]
fn what_fires_early_shows_the_group_that_made_it_fire() {
    let engine = engine(
        "r: never { count(call) by server > 2 } | message: \"{offender.size} and {count}\"",
        true,
    );
    engine.feed(&[call(1, "a", 10), call(2, "b", 1), call(3, "a", 10)], 0);
    engine.feed(&[call(4, "b", 2), call(5, "b", 3)], 0);
    assert_eq!(shown(&engine), (vec![2, 4, 5], 3, "1 and 3".to_owned()));
}

#[test]
fn a_bound_that_no_group_reaches_shows_the_group_that_came_nearest() {
    let rule = "r: always { count(call) by server > 7 }";
    assert_eq!(at_close(rule, &calls()), (vec![5, 6, 7, 8, 9], 5));
    let in_no_group = "r: always { count(call) by client > 7 }";
    assert_eq!(
        at_close(in_no_group, &calls()),
        (vec![1, 2, 3, 4, 5, 6, 7, 8], 9)
    );
}

#[test]
fn the_witness_of_when_is_of_the_group_that_brings_the_rule_into_play() {
    let rule = "r: when { count(call) by server > 4 } always { audit }";
    assert_eq!(at_close(rule, &calls()), (vec![5], 1));
}

#[test]
fn a_restart_keeps_which_spans_a_group_shows() {
    let rule = "r: never { count(call) by server > 4 }";
    let before = engine(rule, true);
    before.feed(&calls()[..8], 0);
    let after = engine(rule, true);
    let stored = before.snapshot(SnapshotKind::Final);
    after.restore(&stored, at(1)).unwrap();
    after.feed(&calls()[8..], 1);
    let (ids, count, _) = shown(&after);
    assert_eq!((ids, count), (vec![5, 6, 7, 8, 9], 5));
}

/// More than are looked at one by one, beside a span that has few.
#[test]
fn a_group_is_found_among_many_attributes() {
    let of = |n: usize| format!("(not exists(k{n}) or k{n} >= 0)");
    let all: Vec<String> = (0..20).map(of).collect();
    let of_all = all.join(" and ");
    let rule = format!("r: never {{ count(call.where({of_all})) by server > 3 }}");
    let with_many = |one: TestSpan| {
        let keys = (0..20).map(|n| format!("k{n}"));
        keys.fold(one, |one, key| one.int(&key, 1))
    };
    let spans: Vec<TestSpan> = calls()
        .into_iter()
        .enumerate()
        .map(|(at, one)| if at % 2 == 0 { with_many(one) } else { one })
        .collect();
    let engine = engine(&rule, false);
    engine.feed(&spans, 0);
    engine.close_traces(at(1), CloseCause::EndOfInput);
    let (ids, count, _) = shown(&engine);
    assert_eq!(count, 5);
    assert!(ids.iter().all(|id| *id >= 5), "{ids:?}");
}

/// A quiet call, two that overlap, and a burst of three in 2 ms, of which two are under way at once.
fn burst() -> Vec<TestSpan> {
    let times = [(1, 2), (20, 24), (22, 23), (50, 51), (51, 53), (52, 53)];
    let calls = (1..).zip(times);
    let calls = calls.map(|(id, (start, end))| span(1, id, "call", start, end));
    calls.map(|one| one.text("server", "a")).collect()
}

#[test]
fn a_count_within_a_stretch_of_time_shows_and_counts_the_fullest_one() {
    for rule in [
        "r: never { count(call) within 2ms > 2 }",
        "r: always { count(call) within 2ms <= 2 }",
        "r: always { count(call) within 2ms > 3 }",
        "r: never { count(call) within 2ms by server > 2 }",
    ] {
        assert_eq!(at_close(rule, &burst()), (vec![4, 5, 6], 3), "{rule}");
    }
}

#[test]
fn an_overlap_shows_and_counts_the_first_of_the_fullest_moments() {
    for rule in [
        "r: never { overlap(call) > 1 }",
        "r: never { overlap(call) by server > 1 }",
    ] {
        assert_eq!(at_close(rule, &burst()), (vec![2, 3], 2), "{rule}");
    }
}
