//! Conditions that read bound spans: once for each of them, and what is kept of them over a restart.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{CloseCause, Engine, Report, Settings, SnapshotKind};

fn engine(texts: &[&str]) -> Engine {
    let settings = Settings {
        report: Report::All,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

fn closed(engine: &Engine) -> Vec<String> {
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    let mut told = engine.told();
    told.sort();
    told
}

fn with_event(mut of: TestSpan, key: &str, value: i64) -> TestSpan {
    use opentelemetry_proto::tonic::trace::v1::span::Event;
    let carrier = span(1, 1, "carrier", 0, 1).int(key, value);
    of.span.events.push(Event {
        name: "e".to_owned(),
        attributes: carrier.span.attributes,
        ..Event::default()
    });
    of
}

#[test]
fn a_measure_inside_a_bound_span_against_its_own_field_is_asked_for_each() {
    let engine = engine(&["r: when each { a as p } always { count(b inside p) == p.n }"]);
    engine.feed(
        &[
            span(1, 1, "a", 0, 9).int("n", 1),
            span(1, 2, "a", 0, 9).int("n", 2).under(1),
            span(1, 3, "b", 1, 2).under(2),
        ],
        0,
    );
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    let found = engine.take_findings(usize::MAX);
    let triggers = found.iter().map(|one| one.evidence[0].span_id.0[0]);
    assert_eq!(triggers.collect::<Vec<_>>(), [2]);
}

#[test]
fn any_event_may_equal_the_field_of_a_bound_span() {
    let engine = engine(&["r: when each { a as p } always { b.where(event.x == p.x) }"]);
    for (trace, wanted) in [(1, 7), (2, 8), (3, 9)] {
        let events = with_event(
            with_event(span(trace, 2, "b", 1, 2).under(1), "x", 7),
            "x",
            8,
        );
        engine.feed(&[span(trace, 1, "a", 0, 9).int("x", wanted), events], 0);
    }
    assert_eq!(
        closed(&engine),
        ["r satisfied", "r satisfied", "r violated"]
    );
}

/// Of so many spans those are looked up that may have the value; of an event's, that is none.
#[test]
fn any_event_of_many_spans_may_equal_the_field_of_a_bound_span() {
    let engine = engine(&["r: when each { a as p } always { b.where(event.x == p.x) }"]);
    for (trace, wanted) in [(1, 37), (2, 38), (3, 39)] {
        engine.feed(&[span(trace, 1, "a", 0, 9).int("x", wanted)], 0);
        for id in 2..40 {
            let spans = span(trace, id, "b", 1, 2).under(1);
            let value = if id == 20 { 37 } else { i64::from(id) + 100 };
            let events = with_event(with_event(spans, "x", value), "x", value + 1);
            engine.feed(&[events], 0);
        }
    }
    let told = ["r satisfied", "r satisfied", "r violated"];
    assert_eq!(closed(&engine), told);
}

#[test]
fn what_is_kept_of_a_bound_span_is_known_by_its_name_after_a_restart() {
    let of_j = "j: when each { a as p } always { b.where(j == p.j) }";
    let of_k = "k: when each { a as p } always { b.where(k == p.k) }";
    let before = engine(&[of_j, of_k]);
    before.feed(&[span(1, 1, "a", 0, 9).int("j", 1).int("k", 2)], 0);
    let stored = before.snapshot(SnapshotKind::Final);
    for order in [[of_j, of_k], [of_k, of_j]] {
        let after = engine(&order);
        after.restore(&stored, at(1)).unwrap();
        after.feed(&[span(1, 2, "b", 1, 2).under(1).int("k", 2).int("j", 3)], 2);
        assert_eq!(closed(&after), ["j violated", "k satisfied"]);
    }
    // The rule of the first field is gone, and with it what it kept.
    let after = engine(&[of_k]);
    after.restore(&stored, at(1)).unwrap();
    after.feed(&[span(1, 2, "b", 1, 2).under(1).int("k", 2)], 2);
    assert_eq!(closed(&after), ["k satisfied"]);
}

#[test]
fn a_span_that_starts_when_another_ends_follows_it_directly() {
    let engine = engine(&["r: when each { a as p } always { b directly after p }"]);
    engine.feed(&[span(1, 1, "a", 0, 5), span(1, 2, "b", 5, 6)], 0);
    engine.feed(&[span(2, 1, "a", 0, 5), span(2, 2, "b", 4, 6)], 0);
    engine.feed(
        &[
            span(3, 1, "a", 0, 5),
            span(3, 3, "x", 5, 7),
            span(3, 2, "b", 7, 8),
        ],
        0,
    );
    assert_eq!(closed(&engine), ["r satisfied", "r violated", "r violated"]);
}

#[test]
fn of_a_count_against_another_one_either_side_may_read_order() {
    let texts = [
        "l: never { count(a before b) > count(c) }",
        "r: never { count(c) < count(a before b) }",
    ];
    let engine = engine(&texts);
    engine.feed(&[span(1, 1, "a", 0, 1), span(1, 2, "b", 2, 3)], 0);
    engine.feed(&[span(2, 1, "a", 2, 3), span(2, 2, "b", 0, 1)], 0);
    assert_eq!(
        closed(&engine),
        ["l satisfied", "l violated", "r satisfied", "r violated"]
    );
}

#[test]
fn a_scope_that_nothing_may_end_is_none_though_it_is_open_what_may_cut_it() {
    let between = engine(&["r: always { c between o and next (e inside x) }"]);
    // Whether the ender is inside is not known, and it would come too early.
    let early = span(1, 2, "e", 5, 6).under(99);
    let spans = [span(1, 1, "o", 0, 5), span(1, 3, "c", 8, 9).under(1)];
    between.feed(&[&spans[..], std::slice::from_ref(&early)].concat(), 0);
    assert_eq!(closed(&between), ["r violated"]);
    let late = span(1, 4, "e", 9, 10).under(99);
    let between = engine(&["r: always { c between o and next (e inside x) }"]);
    between.feed(&[&spans[..], &[early, late]].concat(), 0);
    assert_eq!(closed(&between), ["r inconclusive(orphan)"]);
}

/// Both sides name the span: what either reads is asked anew for each.
#[test]
fn a_count_of_what_follows_a_bound_span_is_held_against_that_spans_own_number() {
    let engine = engine(&["r: when each { a as p } always { count(b after p) == p.n }"]);
    let spans = [
        span(1, 1, "a", 0, 1).int("n", 2),
        span(1, 2, "b", 2, 3).under(1),
        span(1, 3, "a", 4, 5).int("n", 1).under(1),
        span(1, 4, "b", 6, 7).under(1),
        span(1, 5, "a", 8, 9).int("n", 1).under(1),
    ];
    engine.feed(&spans, 0);
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    let found = engine.take_findings(usize::MAX);
    let triggers = found.iter().map(|one| one.evidence[0].span_id.0[0]);
    assert_eq!(triggers.collect::<Vec<_>>(), [5]);
}
