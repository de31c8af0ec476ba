//! Corners of the language, each with a trace on either side of it.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::span::Event;

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, double, span};
use crate::{CloseCause, Engine, Report, Settings};

/// All that is told of one trace of these spans.
fn told(rule: &str, spans: &[TestSpan]) -> Vec<String> {
    let engine = closed(&[rule], spans);
    engine.told()
}

fn closed(texts: &[&str], spans: &[TestSpan]) -> Engine {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    };
    let engine = Engine::new(rules(texts), settings, at(0)).unwrap();
    engine.feed(spans, 10);
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    engine
}

#[test]
fn a_span_whose_value_is_not_known_echoes_none_that_began_with_it() {
    let long = "x".repeat(20_000);
    let pair = |start| {
        [
            span(1, 1, "b", 0, 20).text("key", &long),
            span(1, 2, "a", start, 15).under(1).text("key", &long),
        ]
    };
    let rule = "r: never { a echoing b by key }";
    assert_eq!(told(rule, &pair(0)), ["r satisfied"]);
    assert_eq!(told(rule, &pair(1)), ["r inconclusive(skew)"]);
}

#[test]
fn zero_is_found_by_a_join_whatever_its_sign() {
    let rule = "r: when each { a as p } always { b.where(key == p.key) }";
    for (one, other) in [(0.0, -0.0), (-0.0, 0.0), (2.5, 2.5)] {
        let mut spans = vec![span(1, 1, "a", 0, 9).with("key", double(one))];
        spans.extend(many_others());
        assert_eq!(told(rule, &spans), ["r violated"], "{one}");
        spans.push(span(1, 2, "b", 0, 5).under(1).with("key", double(other)));
        assert_eq!(told(rule, &spans), ["r satisfied"], "{one} and {other}");
    }
}

/// Enough to be looked up by their values.
fn many_others() -> impl Iterator<Item = TestSpan> {
    let other = |id: u8| span(1, id, "b", 0, 5).under(1);
    (100..130).map(move |id| other(id).with("key", double(f64::from(id) + 0.5)))
}

#[test]
fn a_value_that_is_not_known_may_be_what_a_join_looks_for() {
    let rule = "r: when each { a as p } always { b.where(key == p.key) }";
    let mut spans = vec![span(1, 1, "a", 0, 9).text("key", "short")];
    spans.extend(many_others());
    assert_eq!(told(rule, &spans), ["r violated"]);
    // What a rule keeps of a span is cut where it is too long, with all that stands beside it.
    let long = "x".repeat(20_000);
    spans.push(span(1, 2, "b", 0, 5).under(1).text("key", &long));
    assert_eq!(told(rule, &spans), ["r inconclusive(skew)"]);
}

#[test]
fn what_stands_in_a_trace_without_root_is_asked_for() {
    let settings = Settings {
        restart_grace: false,
        ..Settings::default()
    };
    let texts = [
        "r: always { a inside b }",
        "q: when { a inside b } always { a }",
    ];
    let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
    engine.feed(
        &[
            span(1, 1, "b", 0, 9).under(9),
            span(1, 2, "a", 0, 5).under(1),
        ],
        10,
    );
    engine.tick(at(100_000));
    let stats = engine.stats();
    let satisfied: Vec<u64> = stats.rules.iter().map(|rule| rule.satisfied).collect();
    assert_eq!((stats.closed_traces, satisfied), (1, vec![1, 1]));
}

#[test]
fn a_parent_is_known_by_its_children_and_siblings_by_their_parent() {
    let spans = [
        span(1, 1, "a", 0, 9),
        span(1, 2, "b", 0, 5).under(1),
        span(1, 3, "c", 0, 5).under(1),
    ];
    for (rule, is_kept) in [
        ("r: always { a parent of b }", true),
        ("r: always { b parent of a }", false),
        ("r: always { b sibling of c }", true),
        ("r: always { b sibling of a }", false),
    ] {
        let expected = if is_kept { "r satisfied" } else { "r violated" };
        assert_eq!(told(rule, &spans), [expected], "{rule}");
    }
}

#[test]
fn spans_that_touch_do_not_overlap() {
    let at_once = |start| {
        [
            span(1, 1, "q", 0, 10),
            span(1, 2, "q", start, 20).under(1),
            span(1, 3, "q", start + 1, 20).under(1),
        ]
    };
    let rule = "r: never { overlap(q) > 2 }";
    assert_eq!(told(rule, &at_once(10)), ["r satisfied"]);
    assert_eq!(told(rule, &at_once(8)), ["r violated"]);
}

#[test]
fn comparisons_of_unlike_kinds_are_counted_for_the_rule_that_makes_them() {
    let texts = [
        "first: never { any.where(x > 5) }",
        "second: never { any.where(y > 5) }",
        "third: never { any.where(x > 5 or resource.service.name > 5) }",
    ];
    let engine = closed(&texts, &[span(1, 1, "a", 0, 9).text("y", "high")]);
    let stats = engine.stats();
    let unknown: Vec<u64> = stats
        .rules
        .iter()
        .map(|rule| rule.comparisons_unknown)
        .collect();
    assert_eq!(unknown, [0, 1, 1]);
    let engine = closed(
        &["r: never { any.where(every x in [a]) }"],
        &[span(1, 1, "a", 0, 9)],
    );
    assert_eq!(engine.stats().rules[0].comparisons_unknown, 0);
}

#[test]
fn a_value_that_some_rule_asks_for_by_its_text_is_there_for_another() {
    let texts = [
        "by: never { any.where(x == foo) }",
        "any: never { any.where(exists(x)) }",
    ];
    let engine = closed(&texts, &[span(1, 1, "a", 0, 9).int("x", 7)]);
    assert_eq!(engine.told(), ["any violated", "by satisfied"]);
}

#[test]
fn words_of_a_span_lead_to_their_rules() {
    let texts = [
        "is: never { any.where(span:kind == internal) }",
        "is-not: never { any.where(span:kind == server) }",
    ];
    let engine = closed(&texts, &[span(1, 1, "a", 0, 9)]);
    assert_eq!(engine.told(), ["is violated", "is-not satisfied"]);
    let texts = [
        "is: never { any.where(span:kind == server) }",
        "has: never { any.where(exists(span:kind)) }",
    ];
    let engine = closed(&texts, &[span(1, 1, "a", 0, 9)]);
    assert_eq!(engine.told(), ["has violated", "is satisfied"]);
}

#[test]
fn what_a_total_adds_up_is_shown_once() {
    let spans = [
        span(1, 1, "root", 0, 9),
        span(1, 2, "a", 0, 9).under(1).int("x", 3).int("y", 4),
    ];
    let engine = closed(&["r: never { sum(a, x) + sum(a, y) > 6 }"], &spans);
    let found = engine.take_findings(9);
    let shown = found.iter().flat_map(|one| &one.evidence);
    let shown: Vec<u8> = shown.map(|one| one.span_id.0[0]).collect();
    assert_eq!(shown, [2]);
}

#[test]
fn broken_numbers_are_taken_away_exactly() {
    let rule = "r: never { sum(any, x) - sum(any, y) > 2 }";
    for (y, is_kept) in [(0.25, false), (0.5, true), (0.75, true)] {
        let spans = [span(1, 1, "a", 0, 9)
            .with("x", double(2.5))
            .with("y", double(y))];
        let expected = if is_kept { "r satisfied" } else { "r violated" };
        assert_eq!(told(rule, &spans), [expected], "{y}");
    }
}

#[test]
fn times_are_added_to_times() {
    let rule = "r: never { a.where(span:duration > limit as ms + 50ms) }";
    for (end, is_kept) in [(140, true), (150, true), (151, false)] {
        let spans = [span(1, 1, "a", 0, end).int("limit", 100)];
        let expected = if is_kept { "r satisfied" } else { "r violated" };
        assert_eq!(told(rule, &spans), [expected], "{end}");
    }
}

#[test]
fn all_that_is_asked_of_one_event_is_asked_of_the_same() {
    let event = |name: &str, kind: &str| Event {
        name: name.to_owned(),
        attributes: vec![KeyValue {
            key: "exception.type".to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(kind.to_owned())),
            }),
            ..KeyValue::default()
        }],
        ..Event::default()
    };
    let with = |events: Vec<Event>| {
        let mut one = span(1, 1, "a", 0, 9);
        one.span.events = events;
        [one]
    };
    let rule = "r: never { any.where(event.where(event:name == exception and exception.type == Timeout)) }";
    let apart = with(vec![event("exception", "Other"), event("note", "Timeout")]);
    let together = with(vec![event("note", "Other"), event("exception", "Timeout")]);
    assert_eq!(told(rule, &apart), ["r satisfied"]);
    assert_eq!(told(rule, &together), ["r violated"]);
}

#[test]
fn an_event_has_its_time_where_nothing_else_asks_for_times() {
    let rule = "r: never { any.where(event.where(event:timeSinceStart > 5ms)) }";
    for (millis, is_kept) in [(4, true), (6, false)] {
        let mut one = span(1, 1, "a", 0, 9);
        one.span.events = vec![Event {
            time_unix_nano: at(millis).0,
            ..Event::default()
        }];
        let expected = if is_kept { "r satisfied" } else { "r violated" };
        assert_eq!(told(rule, &[one]), [expected], "{millis}");
    }
}

#[test]
fn of_no_value_no_element_is_known() {
    let rule = "r: never { any.where(not (every tags in [x])) }";
    let tags = |words: &[&str]| {
        let values = words.iter().map(|word| AnyValue {
            value: Some(Value::StringValue((*word).to_owned())),
        });
        Value::ArrayValue(ArrayValue {
            values: values.collect(),
        })
    };
    let span = span(1, 1, "a", 0, 9);
    assert_eq!(told(rule, std::slice::from_ref(&span)), ["r satisfied"]);
    assert_eq!(
        told(rule, &[span.clone().with("tags", tags(&["x"]))]),
        ["r satisfied"]
    );
    assert_eq!(
        told(rule, &[span.with("tags", tags(&["x", "y"]))]),
        ["r violated"]
    );
}

#[test]
fn what_breaks_a_rule_is_asked_for_where_violations_alone_are_told() {
    let spans = [span(1, 1, "a", 0, 9), span(1, 2, "a", 1, 9).under(1)];
    for condition in [
        "when each { a as p } always { b after p }",
        "when { a } always { b }",
        "always { b }",
        "never { a inside a }",
        "never { count(a) > 1 }",
        "when { a inside a } always { b }",
        "when { a } always { count(b) >= 1 }",
        "when { a inside a } always { a outside a }",
        "when each { a inside a as p } always { b }",
    ] {
        let engine = Engine::new(
            rules(&[&format!("r: {condition}")]),
            Settings {
                restart_grace: false,
                ..Settings::default()
            },
            at(0),
        );
        let engine = engine.unwrap();
        engine.feed(&spans, 10);
        engine.close_traces(at(100_000), CloseCause::EndOfInput);
        let told = engine.told();
        let is_told = told.iter().any(|one| one == "r violated");
        assert_eq!(
            is_told,
            !condition.ends_with("a outside a }"),
            "{condition}: {told:?}"
        );
    }
}

#[test]
fn groups_of_a_window_that_one_trace_adds_to_stay_apart() {
    let texts = ["r: over 10s by group never { count(visit) > 1 }"];
    let visit = |id: u8, group: &str| span(1, id, "visit", 0, 2).text("group", group);
    let engine = closed(
        &texts,
        &[
            visit(1, "x"),
            visit(2, "y").under(1),
            visit(3, "x").under(1),
        ],
    );
    let found = engine.take_findings(9);
    let mut groups: Vec<(&str, u64)> = found
        .iter()
        .filter_map(|one| one.window.as_ref())
        .map(|window| (&*window.group[0].1, window.samples))
        .collect();
    groups.sort_unstable();
    assert_eq!(groups, [("x", 2), ("y", 1)]);
}

#[test]
fn a_period_counts_traces_that_came_again_in_every_part() {
    let settings = Settings {
        restart_grace: false,
        shards: 2,
        kept_samples: Some(0),
        ..Settings::default()
    };
    let engine = Engine::new(rules(&["r: always { a }"]), settings, at(0)).unwrap();
    let spans: Vec<TestSpan> = (1..=40).map(|trace| span(trace, 1, "a", 0, 1)).collect();
    engine.feed(&spans, 0);
    for millis in [20_000, 90_000] {
        engine.tick(at(millis));
    }
    assert_eq!(engine.stats().forgotten_ids, 40);
    engine.feed(&spans, 91_000);
    let period = engine.take_period().unwrap();
    assert_eq!((period.returned_traces, period.live_traces), (40, 40));
}

#[test]
fn what_has_no_order_is_not_known_to_stand_in_a_scope_or_next() {
    let [q, a] = [span(1, 1, "q", 0, 5), span(1, 2, "a", 10, 15).under(1)];
    let other = span(1, 3, "a", 20, 25).under(1);
    let end = span(1, 4, "e", 30, 35).under(1);
    for rule in [
        "r: never { a after q until next e }",
        "r: never { a next after q }",
        "r: when each { a as p } never { p next after q }",
    ] {
        let spans = [q.clone(), a.clone(), other.clone(), end.clone()];
        let mut all = told(rule, &spans);
        all.dedup();
        assert_eq!(all, ["r violated"], "{rule}");
        for skewed in [
            [q.clone().skewed(), a.clone(), end.clone()],
            [q.clone(), a.clone().skewed(), end.clone()],
        ] {
            assert_eq!(told(rule, &skewed), ["r inconclusive(skew)"], "{rule}");
        }
    }
}

#[test]
fn links_are_known_of_each_of_the_spans_of_a_message() {
    let b = span(1, 1, "b", 0, 9);
    let a = |id| span(1, id, "a", 1, 2).under(1);
    let rule = "r: never { a linked to b }";
    assert_eq!(told(rule, &[b.clone(), a(2), a(3)]), ["r satisfied"]);
    assert_eq!(
        told(rule, &[b.clone(), a(2), a(3).linked(1)]),
        ["r violated"]
    );
    assert_eq!(
        told(rule, &[a(3).linked(1), a(2), b.clone()]),
        ["r violated"]
    );
    let of_values = "r: never { a.where(link.where(why == \"retry\")) }";
    let mut retried = a(3).linked(1);
    retried.span.links[0].attributes = a(9).text("why", "retry").span.attributes;
    for (spans, verdict) in [
        ([b.clone(), a(2).linked(1), a(3)], "satisfied"),
        ([retried.clone(), a(2), b.clone()], "violated"),
        ([b, a(2).linked(1), retried], "violated"),
    ] {
        assert_eq!(told(of_values, &spans), [format!("r {verdict}")]);
    }
}
