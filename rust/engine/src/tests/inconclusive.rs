//! What stays undecided: of traces that are incomplete, too old, too large, late, or begun under other rules.

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::tests::verdicts::{closed, engine, settings};
use crate::{CloseCause, Completeness, Engine, Settings};

#[test]
fn completeness_decides_what_a_close_is_worth() {
    let make = |completeness| {
        engine(
            &["r: always { a }"],
            Settings {
                completeness,
                ..settings()
            },
        )
    };
    let rootless = [span(1, 2, "x", 0, 1).under(1)];
    let orphaned = [span(1, 1, "x", 0, 1), span(1, 3, "x", 0, 1).under(9)];
    for (completeness, spans, expected) in [
        (Completeness::Root, &rootless[..], "r inconclusive(no_root)"),
        (
            Completeness::Linked,
            &rootless[..],
            "r inconclusive(no_root)",
        ),
        (Completeness::Idle, &rootless[..], "r violated"),
        (Completeness::Root, &orphaned[..], "r violated"),
        (
            Completeness::Linked,
            &orphaned[..],
            "r inconclusive(orphan)",
        ),
        (Completeness::Idle, &orphaned[..], "r violated"),
    ] {
        let engine = make(completeness);
        engine.feed(spans, 1);
        assert_eq!(closed(&engine), [expected], "{completeness:?}");
    }
}

#[test]
fn age_and_shutdown_end_inconclusive() {
    let engine = engine(&["r: always { a }"], settings());
    engine.feed(&[span(1, 1, "x", 0, 1)], 0);
    for second in 1..=299 {
        engine.feed(&[span(1, 1, "x", 0, 1)], second * 1000);
        engine.tick(at(second * 1000));
    }
    assert!(engine.told().is_empty());
    engine.tick(at(300_000));
    assert_eq!(engine.told(), ["r inconclusive(evicted)"]);
    engine.feed(&[span(2, 1, "x", 0, 1)], 300_000);
    engine.close_traces(at(300_001), CloseCause::Shutdown);
    assert_eq!(engine.told(), ["r inconclusive(shutdown)"]);
}

#[test]
fn a_late_span_may_only_add_a_violation() {
    let engine = engine(
        &["never: never { bad }", "always: always { good }"],
        settings(),
    );
    engine.feed(&[span(1, 1, "x", 0, 1)], 0);
    engine.tick(at(10_000));
    assert_eq!(engine.told(), ["never satisfied", "always violated"]);
    engine.feed(
        &[
            span(1, 2, "good", 0, 1).under(1),
            span(1, 3, "bad", 0, 1).under(1),
        ],
        20_000,
    );
    assert_eq!(engine.told(), ["never violated"]);
    assert_eq!(engine.stats().spans.late, 2);
    // After the late window the id alone is kept, and the trace never looks whole again.
    engine.tick(at(70_000));
    assert_eq!(engine.stats().remembered_traces, 0);
    assert_eq!(engine.stats().forgotten_ids, 1);
    engine.feed(&[span(1, 4, "x", 0, 1)], 80_000);
    engine.tick(at(90_000));
    assert_eq!(
        engine.told(),
        ["never inconclusive(late)", "always inconclusive(late)"]
    );
    engine.tick(at(10_000_000));
    assert_eq!(engine.stats().forgotten_ids, 0);
}

#[test]
fn a_trace_from_before_the_start_is_inconclusive() {
    let engine = Engine::new(
        rules(&["r: always { a }"]),
        Settings {
            restart_grace: true,
            ..settings()
        },
        at(1000),
    )
    .unwrap();
    engine.feed(&[span(1, 1, "x", 999, 1001)], 1001);
    engine.feed(&[span(2, 1, "x", 1000, 1001)], 1001);
    engine.tick(at(60_000));
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["r inconclusive(restart)", "r violated"]);
}

#[test]
fn the_limit_of_spans_holds_at_n_and_one_more() {
    let engine = engine(
        &["r: never { count(x) > 3 }"],
        Settings {
            spans_per_trace: 3,
            ..settings()
        },
    );
    for trace in [1, 2] {
        for id in 1..=3 {
            engine.feed(&[span(trace, id, "x", 0, 1)], 0);
        }
    }
    engine.feed(&[span(2, 4, "x", 0, 1), span(2, 1, "x", 0, 1)], 0);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(told, ["r inconclusive(span_limit)", "r satisfied"]);
    let spans = engine.stats().spans;
    assert_eq!(
        (spans.evaluated, spans.over_limit, spans.duplicate),
        (6, 1, 1)
    );
}

#[test]
fn a_trace_marked_as_partial_keeps_what_rests_on_absence_open() {
    let engine = engine(
        &["few: never { count(x) > 3 }", "some: never { x }"],
        settings(),
    );
    engine.feed(&[span(1, 1, "x", 0, 1), span(2, 1, "y", 0, 1)], 0);
    let id = |byte: u8| crate::TraceId([byte; 16]);
    assert!(engine.mark_partial(id(1)));
    assert!(!engine.mark_partial(id(3)), "no such trace");
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(
        told,
        [
            "few inconclusive(span_limit)",
            "few satisfied",
            "some satisfied",
            "some violated"
        ]
    );
    assert!(!engine.mark_partial(id(1)), "closed");
}

#[test]
fn spans_without_order_make_durations_open() {
    let engine = engine(
        &[
            "slow: never { x.where(span:duration > 1s) }",
            "x: always { x }",
        ],
        settings(),
    );
    engine.feed(&[span(1, 1, "x", 5, 6).skewed()], 0);
    assert_eq!(closed(&engine), ["slow inconclusive(skew)", "x satisfied"]);
}

#[test]
fn a_changed_rule_sees_live_traces_as_incomplete() {
    let kept = "kept: always { a }";
    let engine = engine(&[kept], settings());
    engine.feed(&[span(1, 1, "x", 0, 1)], 0);
    let next = ["added: always { a }", kept, "presence: never { bad }"];
    engine.replace_rules(rules(&next), at(1)).unwrap();
    engine.feed(
        &[span(1, 2, "bad", 0, 1).under(1), span(2, 1, "x", 0, 1)],
        2,
    );
    assert_eq!(engine.told(), ["presence violated"]);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(
        told,
        [
            "added inconclusive(reload)",
            "added violated",
            "kept violated",
            "kept violated",
            "presence satisfied"
        ]
    );
}

#[test]
fn memory_sheds_the_oldest_as_inconclusive() {
    let engine = engine(
        &["r: always { a }"],
        Settings {
            memory_bytes: 64 << 10,
            shards: 1,
            ..settings()
        },
    );
    for trace in 0..=255u8 {
        for low in 1..=4u8 {
            let mut one = span(1, 1, "x", 0, 1);
            one.span.trace_id[0] = trace;
            one.span.trace_id[1] = low;
            engine.feed(&[one], u64::from(trace));
        }
    }
    let stats = engine.stats();
    assert!(stats.memory_bytes <= 64 << 10, "{}", stats.memory_bytes);
    assert!(stats.shed_traces > 500, "{}", stats.shed_traces);
    let told = engine.told();
    assert_eq!(told.len() as u64, stats.shed_traces);
    assert!(told.iter().all(|told| told == "r inconclusive(memory)"));
    let number_of_live = stats.live_traces;
    assert_eq!(closed(&engine).len() as u64, number_of_live);
}
