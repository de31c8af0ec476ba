//! Verdicts of an engine over small traces: early, and at the close.

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::{CloseCause, Engine, Report, Settings};

pub(super) fn settings() -> Settings {
    Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    }
}

pub(super) fn engine(texts: &[&str], settings: Settings) -> Engine {
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

pub(super) fn closed(engine: &Engine) -> Vec<String> {
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    engine.told()
}

#[test]
fn presence_fires_at_once_and_once() {
    let engine = engine(&["r: never { bad }"], settings());
    engine.feed(&[span(1, 1, "ok", 0, 10)], 10);
    assert!(engine.told().is_empty());
    engine.feed(&[span(1, 2, "bad", 0, 10).under(1)], 20);
    assert_eq!(engine.told(), ["r violated"]);
    engine.feed(&[span(1, 3, "bad", 0, 10).under(1)], 30);
    assert!(engine.told().is_empty());
    assert!(closed(&engine).is_empty());
    let stats = engine.stats();
    assert_eq!(stats.rules[0].violated, 1);
    assert_eq!(stats.rules[0].violations, 1);
    assert_eq!(stats.rules[0].spans_matched, 2);
    assert_eq!(stats.spans.evaluated, 3);
}

#[test]
fn absence_waits_for_the_close() {
    let engine = engine(&["r: when { charge } always { check }"], settings());
    engine.feed(
        &[
            span(1, 1, "root", 0, 50),
            span(1, 2, "charge", 0, 10).under(1),
        ],
        10,
    );
    engine.feed(
        &[
            span(2, 1, "root", 0, 50),
            span(2, 2, "charge", 0, 10).under(1),
            span(2, 3, "check", 0, 10).under(1),
        ],
        10,
    );
    engine.feed(&[span(3, 1, "root", 0, 50)], 10);
    assert!(engine.told().is_empty());
    engine.tick(at(10_009));
    assert!(engine.told().is_empty());
    engine.tick(at(10_010));
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["r not_applicable", "r satisfied", "r violated"]);
}

#[test]
fn untouched_rules_are_counted_without_being_looked_at() {
    let engine = engine(
        &[
            "absent: when { a } always { b }",
            "never: never { a }",
            "always: always { a }",
        ],
        Settings {
            report: Report::Violations,
            ..settings()
        },
    );
    engine.feed(&[span(1, 1, "x", 0, 1)], 1);
    engine.feed(&[span(2, 1, "x", 0, 1).under(9)], 1);
    engine.feed(&[span(3, 1, "a", 0, 1)], 1);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(
        told,
        ["absent violated", "always violated", "never violated"]
    );
    let stats = engine.stats();
    let of = |at: usize| {
        let rule = &stats.rules[at];
        (
            rule.violated,
            rule.satisfied,
            rule.not_applicable,
            rule.inconclusive[0],
        )
    };
    assert_eq!(of(0), (1, 0, 1, 1));
    assert_eq!(of(1), (1, 1, 0, 1));
    assert_eq!(of(2), (1, 1, 0, 1));
}

#[test]
fn counts_and_measures_are_bounds_until_the_close() {
    let engine = engine(
        &[
            "count: never { count(q) > 2 }",
            "few: never { count(q) < 2 }",
            "sum: never { sum(q, n) > 5 }",
            "max: never { max(q, n) > 3 }",
            "avg: never { avg(q, n) >= 2 }",
            "distinct: never { distinct(q, n) >= 3 }",
        ],
        settings(),
    );
    engine.feed(
        &[
            span(1, 1, "root", 0, 50),
            span(1, 2, "q", 0, 1).under(1).int("n", 1),
        ],
        1,
    );
    assert!(engine.told().is_empty());
    engine.feed(&[span(1, 3, "q", 0, 1).under(1).int("n", 4)], 1);
    assert_eq!(engine.told(), ["max violated"]);
    engine.feed(&[span(1, 4, "q", 0, 1).under(1).text("n", "2.5")], 1);
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["count violated", "distinct violated"]);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(told, ["avg violated", "few satisfied", "sum violated"]);
}

/// By cells, where a name says which spans, and by members, where a relation does.
#[test]
fn what_is_made_of_fields_is_measured_as_a_field_is() {
    let of = |spans: &str| {
        [
            format!("sum: never {{ sum({spans}, n + m) > 5 }}"),
            format!("max: never {{ max({spans}, n - m) > 1 }}"),
            format!("min: never {{ min({spans}, length(s)) < 2 }}"),
            format!("time: never {{ max({spans}, n as ms) > 3ms }}"),
            format!("avg: always {{ avg({spans}, n + m) == 2.5 }}"),
        ]
    };
    for spans in ["q", "q inside root"] {
        let rules = of(spans);
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let engine = engine(&rules, settings());
        let q = |id, n| span(1, id, "q", 0, 1).under(1).int("n", n);
        engine.feed(
            &[
                span(1, 1, "root", 0, 50),
                q(2, 1).int("m", 1).text("s", "ab"),
                // It lacks one of the two: the other alone is nothing.
                q(3, 2).text("s", "é"),
            ],
            1,
        );
        assert_eq!(engine.told(), ["min violated"], "{spans}");
        engine.feed(&[q(4, 2).int("m", 0).text("s", "abc")], 1);
        assert_eq!(engine.told(), ["max violated"], "{spans}");
        engine.feed(&[q(5, 4).text("m", "-1")], 1);
        assert_eq!(engine.told(), ["time violated"], "{spans}");
        let mut told = closed(&engine);
        told.sort();
        // 2, 2 and 3.
        assert_eq!(told, ["avg violated", "sum violated"], "{spans}");
    }
}

#[test]
fn copies_count_once() {
    let engine = engine(&["r: never { count(q) > 1 }"], settings());
    let one = span(1, 1, "q", 0, 1).int("n", 1);
    engine.feed(&[one.clone(), one.clone()], 1);
    let mut other = one.clone();
    other.span.name = "p".to_owned();
    engine.feed(&[one.clone(), other], 1);
    let mut twin = one;
    twin.service = "billing".to_owned();
    let spans = engine.stats().spans;
    assert_eq!(
        (spans.evaluated, spans.duplicate, spans.conflict),
        (1, 2, 1)
    );
    assert!(engine.told().is_empty());
    engine.feed(&[twin], 1);
    assert_eq!(engine.told(), ["r violated"]);
}

/// What tells spans with one id apart is kept with the resource, and is another for another kind or service.
#[test]
fn copies_count_once_however_often_their_resources_come() {
    let engine = engine(&["r: never { count(q) > 100 }"], settings());
    let of = |service: &str, kind| {
        let mut one = span(1, 1, "q", 0, 1);
        one.service = service.to_owned();
        one.span.kind = kind;
        one
    };
    let services = ["shop", "billing", "s", ""];
    let all: Vec<_> = services
        .iter()
        .flat_map(|service| (0..8).map(|kind| of(service, kind)))
        .collect();
    for (round, evaluated, duplicate) in [(1, 16, 0), (2, 32, 16), (3, 32, 48), (4, 32, 80)] {
        let count = if round == 1 { 16 } else { 32 };
        engine.feed(&all[..count], round);
        let spans = engine.stats().spans;
        let counts = (spans.evaluated, spans.duplicate, spans.conflict);
        assert_eq!(counts, (evaluated, duplicate, 0), "{round}");
    }
}

#[test]
fn an_exception_holds_a_rule_back() {
    let engine = engine(&["r: never { bad } | exceptions: [test]"], settings());
    engine.feed(&[span(1, 1, "bad", 0, 1)], 0);
    engine.feed(
        &[span(2, 1, "bad", 0, 1), span(2, 2, "test", 0, 1).under(1)],
        0,
    );
    assert!(engine.told().is_empty());
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(told, ["r not_applicable", "r violated"]);
}

#[test]
fn ancestry_is_known_once_it_leads_to_a_root() {
    let rule = "r: when each { query as p } never { p inside loop }";
    let engine = engine(&[rule], settings());
    engine.feed(&[span(1, 3, "query", 2, 3).under(2)], 0);
    engine.feed(&[span(1, 1, "loop", 0, 9)], 0);
    assert!(engine.told().is_empty());
    engine.feed(&[span(1, 2, "step", 1, 8).under(1)], 0);
    assert_eq!(engine.told(), ["r violated"]);
    engine.feed(
        &[span(2, 1, "loop", 0, 9), span(2, 3, "query", 2, 3).under(7)],
        0,
    );
    assert_eq!(closed(&engine), ["r inconclusive(orphan)"]);
}

#[test]
fn a_clock_that_goes_back_closes_nothing() {
    let engine = engine(&["r: always { a }"], settings());
    engine.feed(&[span(1, 1, "x", 0, 1)], 5000);
    engine.tick(at(0));
    engine.feed(&[span(1, 2, "x", 0, 1)], 0);
    engine.tick(at(14_999));
    assert!(engine.told().is_empty());
    engine.tick(at(15_000));
    assert_eq!(engine.told(), ["r violated"]);
}

#[test]
fn a_trace_whose_spans_name_no_end_has_no_say_in_the_delay() {
    let engine = engine(&["r: always { a }"], settings());
    engine.feed(&[span(1, 1, "x", 5, 6).skewed()], 0);
    engine.feed(&[span(2, 1, "x", 0, 1)], 0);
    engine.tick(at(10_000));
    let delay = engine.stats().decision_delay;
    assert_eq!(delay.counts.iter().sum::<u64>(), 1);
    assert!((delay.sum - 9.999).abs() < 1e-6, "{}", delay.sum);
}
