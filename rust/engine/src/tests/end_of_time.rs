//! Spans that say that they were at the last of all times, after which there is no moment: whatever a sender writes of
//! times is one span's word, and never the end of the engine.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{CloseCause, Engine, Report, Settings};

/// From so long before the last of all times up to it.
fn last(id: u8, name: &str, before: u64) -> TestSpan {
    let mut one = span(1, id, name, 0, 0);
    one.span.start_time_unix_nano = u64::MAX - before;
    one.span.end_time_unix_nano = u64::MAX;
    if id > 1 { one.under(1) } else { one }
}

fn told(rule: &str, spans: &[TestSpan]) -> Vec<String> {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&[rule]), settings, at(0)).unwrap();
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
