//! When a trace closes: after its idle time, once its root has come or was awaited long enough, and no deadline runs.

use betrace_lang::verdict::Reason;

use crate::decide::rule::OBLIGATIONS;
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, message, span};
use crate::{CloseCause, Completeness, Engine, Report, Settings, SnapshotKind};

const SECOND: u64 = 1_000_000_000;

fn engine(settings: Settings) -> Engine {
    with_rule("r: always { b }", settings)
}

fn with_rule(rule: &str, settings: Settings) -> Engine {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..settings
    };
    Engine::new(rules(&[rule]), settings, at(0)).unwrap()
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

/// A rule for each, none of them what the engine asks.
const EACH: [&str; 3] = [
    "idle: always { b } | completeness: idle",
    "linked: always { b } | completeness: linked",
    "root: always { b } | completeness: root",
];

fn with_rules(texts: &[&str], completeness: Completeness) -> Engine {
    let settings = Settings {
        completeness,
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    };
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

#[test]
fn what_one_rule_awaits_all_wait_for_and_each_asks_its_own_completeness() {
    let parentless = [span(1, 1, "a", 0, 1), span(1, 3, "a", 0, 1).under(2)];
    let (violated, linked) = ("violated", "linked inconclusive(orphan)");
    for (spans, asked, closes_at, root, linked) in [
        (&parentless[..], &EACH[..], 60_000, violated, linked),
        (&parentless[..1], &EACH, 10_000, violated, "linked violated"),
        (
            &parentless[1..],
            &EACH,
            60_000,
            "inconclusive(no_root)",
            "linked inconclusive(no_root)",
        ),
    ] {
        let engine = with_rules(asked, Completeness::Idle);
        engine.feed(spans, 0);
        engine.tick(at(closes_at - 1));
        assert_eq!(engine.told(), Vec::<String>::new(), "before {closes_at}");
        engine.tick(at(closes_at));
        let mut told = engine.told();
        told.sort();
        assert_eq!(
            told,
            ["idle violated", linked, &format!("root {root}")],
            "{closes_at}"
        );
    }
}

#[test]
fn idle_in_every_rule_awaits_nothing_whatever_the_others_are_asked() {
    let engine = with_rules(&EACH[..1], Completeness::Linked);
    engine.feed(&[child()], 0);
    closes(&engine, 10_000, "idle violated");
    // A rule that says nothing is asked what the engine asks.
    let engine = with_rules(&[EACH[0], "r: always { b }"], Completeness::Root);
    engine.feed(&[child()], 0);
    engine.tick(at(59_999));
    assert_eq!(engine.told(), Vec::<String>::new());
    engine.tick(at(60_000));
    assert_eq!(engine.told(), ["idle violated", "r inconclusive(no_root)"]);
}

#[test]
fn rules_that_a_trace_did_not_touch_are_counted_by_their_own_completeness() {
    let engine = Engine::new(
        rules(&[
            "idle: when { b } never { c } | completeness: idle",
            "linked: when { b } never { c } | completeness: linked",
            "root: when { b } never { c }",
        ]),
        Settings {
            restart_grace: false,
            ..Settings::default()
        },
        at(0),
    )
    .unwrap();
    engine.feed(&[span(1, 1, "a", 0, 1), span(1, 3, "a", 0, 1).under(2)], 0);
    engine.feed(&[span(2, 3, "a", 0, 1).under(2)], 0);
    engine.tick(at(60_000));
    let stats = engine.stats();
    let counted = stats.rules.iter().map(|rule| {
        let reasons = [Reason::NoRoot, Reason::Orphan];
        (
            rule.not_applicable,
            reasons.map(|reason| rule.inconclusive[reason as usize]),
        )
    });
    assert_eq!(
        counted.collect::<Vec<_>>(),
        [(2, [0, 0]), (0, [1, 1]), (1, [1, 0])]
    );
}

#[test]
fn a_late_span_contradicts_the_rules_alone_for_which_the_trace_was_complete() {
    let texts = [EACH[0], EACH[2]];
    let engine = with_rules(&texts, Completeness::Root);
    engine.feed(&[child()], 0);
    engine.tick(at(60_000));
    assert_eq!(
        engine.told(),
        ["idle violated", "root inconclusive(no_root)"]
    );
    engine.feed(&[span(1, 1, "b", 0, 1)], 61_000);
    let stats = engine.stats();
    let contradicted = stats.rules.iter().map(|rule| rule.violations_contradicted);
    assert_eq!(contradicted.collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn late_spans_contradict_what_they_mend_though_they_break_more_than_is_told_one_by_one() {
    let told = OBLIGATIONS as u8 - 4;
    let engine = with_rule(
        "r: when each { a as p } always { b child of p }",
        Settings::default(),
    );
    let root = span(1, 1, "root", 0, 1);
    let asking = |numbers: std::ops::RangeInclusive<u8>| {
        numbers.map(|number| span(1, number, "a", 0, 1).under(1))
    };
    engine.feed(
        &[root]
            .into_iter()
            .chain(asking(2..=told + 1))
            .collect::<Vec<_>>(),
        0,
    );
    engine.tick(at(10_000));
    let contradicted = || engine.stats().rules[0].violations_contradicted;
    assert_eq!(
        (engine.stats().rules[0].violations, contradicted()),
        (u64::from(told), 0)
    );
    engine.feed(&asking(told + 2..=2 * told).collect::<Vec<_>>(), 11_000);
    assert_eq!(contradicted(), 0);
    engine.feed(
        &[2, 3].map(|parent| span(1, 200 + parent, "b", 0, 1).under(parent)),
        12_000,
    );
    assert_eq!(contradicted(), 2);
    engine.feed(&[span(1, 210, "b", 0, 1).under(2)], 13_000);
    assert_eq!(contradicted(), 2);
}

#[test]
fn a_reload_that_changes_what_a_rule_asks_is_a_change_of_the_rule() {
    let engine = with_rules(&["r: always { b }"], Completeness::Root);
    engine.feed(&[child()], 0);
    let changed = rules(&["r: always { b } | completeness: idle"]);
    engine.replace_rules(changed, at(1)).unwrap();
    engine.feed(&[span(2, 2, "a", 0, 1).under(1)], 2);
    engine.tick(at(10_002));
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["r inconclusive(reload)", "r violated"]);
}

#[test]
fn a_restart_keeps_what_each_rule_asks() {
    let engine = with_rules(&EACH, Completeness::Root);
    engine.feed(&[child()], 0);
    let stored = engine.snapshot(SnapshotKind::Final);
    let after = with_rules(&EACH, Completeness::Root);
    assert_eq!(after.restore(&stored, at(1)).unwrap().known_rules, 3);
    after.tick(at(60_001));
    assert_eq!(
        after.told(),
        [
            "idle violated",
            "linked inconclusive(no_root)",
            "root inconclusive(no_root)"
        ]
    );
}

const ANSWERED: &str = "r: when each { a as p } always { b after p within 30s }";

/// What a request does: the root, and below it what a rule asks an answer to.
fn asked() -> [TestSpan; 2] {
    [span(1, 1, "web", 0, 200), span(1, 2, "a", 0, 100).under(1)]
}

fn answer(start: u64) -> TestSpan {
    span(1, 3, "b", start, start + 100).under(1)
}

#[test]
fn a_deadline_holds_the_close_until_it_is_over_and_idle_time_more() {
    let engine = with_rule(ANSWERED, Settings::default());
    engine.feed(&asked(), 500);
    closes(&engine, 40_500, "r violated");
}

#[test]
fn what_comes_within_its_deadline_ends_the_wait_after_its_own_idle_time() {
    let engine = with_rule(ANSWERED, Settings::default());
    engine.feed(&asked(), 0);
    engine.tick(at(13_000));
    engine.feed(&[answer(14_000)], 14_100);
    closes(&engine, 24_100, "r satisfied");
}

#[test]
fn each_trigger_has_its_deadline_and_those_that_are_met_hold_nothing() {
    let engine = with_rule(ANSWERED, Settings::default());
    engine.feed(&asked(), 0);
    // Its answer is there: it does not make the first one wait longer.
    engine.feed(&[span(1, 4, "a", 4_000, 4_100).under(1)], 5_000);
    engine.feed(&[span(1, 5, "b", 31_000, 31_100).under(1)], 5_000);
    closes(&engine, 40_000, "r violated");
}

#[test]
fn the_next_step_of_then_and_a_clause_that_forbids_are_deadlines_too() {
    for rule in [
        "r: when { a } always { a then b within 30s }",
        "r: when { a } never { not (a then b within 30s) }",
        "r: when each { a as p } never { not (p then b within 30s) }",
        "r: when { a } always { b after a within 30s }",
        "r: always { a then b within 30s } | exceptions: [c]",
        "r: when each { a as p } always { b starts after p within 30s }",
        "r: when each { a as p } always { b ends after p within 1s..30s }",
        "r: when each { a as p, b after p within 30s as q } never { a } ",
        "r: over 1m never { count(b after a within 30s) > 0 }",
        "r: over 1m never { sum(b after a within 30s, n) > 0 }",
        "r: over 1m never { distinct(b after a within 30s, n) > 0 }",
    ] {
        let engine = with_rule(rule, Settings::default());
        engine.feed(&asked(), 0);
        engine.tick(at(39_999));
        assert_eq!(engine.stats().live_traces, 1, "{rule}");
        engine.tick(at(40_000));
        assert_eq!(engine.stats().live_traces, 0, "{rule}");
    }
}

#[test]
fn what_is_decided_or_lies_before_is_no_deadline() {
    for rule in [
        "r: when each { a as p } always { b before p within 30s }",
        "r: when each { a as p } always { b after p within 30s.. }",
        "r: when each { c as p } always { b after p within 30s }",
        "r: when each { a as p } always { web or b after p within 30s }",
        "r: when each { a as p } never { web and b after p within 30s and count(a) > 0 and not a }",
    ] {
        let engine = with_rule(rule, Settings::default());
        engine.feed(&asked(), 0);
        engine.tick(at(10_000));
        assert_eq!(engine.stats().live_traces, 0, "{rule}");
    }
}

#[test]
fn how_bound_spans_stand_is_no_deadline_whatever_else_the_rule_waits_for() {
    for (rule, closes) in [
        (
            "r: when each { a as p } always { b before (p after p within 30s) }",
            10_000,
        ),
        (
            "r: when each { a as p } always { b after p within 5s and b before (p after p within 30s) }",
            15_000,
        ),
        (
            "r: when each { a as p, web as q } always { b after p within 5s and b before (p then q within 30s) }",
            15_000,
        ),
    ] {
        let engine = with_rule(rule, Settings::default());
        engine.feed(&asked(), 0);
        engine.tick(at(closes - 1));
        assert_eq!(engine.stats().live_traces, 1, "{rule}");
        engine.tick(at(closes));
        assert_eq!(engine.stats().live_traces, 0, "{rule}");
    }
}

#[test]
fn a_deadline_beyond_max_age_ends_evicted() {
    let engine = with_rule(
        "r: when each { a as p } always { b after p within 12h }",
        Settings::default(),
    );
    engine.feed(&asked(), 0);
    closes(&engine, 300_000, "r inconclusive(evicted)");
    let rule = "r: when each { a as p } always { b after p within 290s }";
    let engine = with_rule(rule, Settings::default());
    engine.feed(&asked(), 0);
    closes(&engine, 300_000, "r violated");
}

#[test]
fn in_event_time_a_deadline_runs_from_the_end_of_its_trigger() {
    let settings = Settings {
        event_time: true,
        ..Settings::default()
    };
    let engine = with_rule(ANSWERED, settings);
    engine.feed(&asked(), 9_000);
    closes(&engine, 40_100, "r violated");
}

#[test]
fn a_restart_does_not_move_a_deadline() {
    let before = with_rule(ANSWERED, Settings::default());
    before.feed(&asked(), 500);
    let stored = before.snapshot(SnapshotKind::Final);
    let after = with_rule(ANSWERED, Settings::default());
    after.restore(&stored, at(20_000)).unwrap();
    closes(&after, 40_500, "r violated");
}

#[test]
fn a_trace_that_only_a_deadline_holds_is_shed_first() {
    shed_first(
        "r: when each { a.where(x == 1) as p } always { b after p within 2m }",
        span(1, 1, "a", 0, 1).int("x", 1),
    );
}

#[test]
fn what_only_waits_for_its_root_is_shed_before_what_is_under_way() {
    shed_first("r: always { b }", child());
}

/// Of two traces the first is the older one, and spans of it come all the time; of the second came this alone.
fn shed_first(rule: &str, of_the_second: TestSpan) {
    let settings = Settings {
        memory_bytes: 48 << 10,
        shards: 1,
        ..Settings::default()
    };
    let engine = with_rule(rule, settings);
    let of = |trace: u8, span: TestSpan| {
        let mut span = span;
        span.span.trace_id = vec![trace; 16];
        span
    };
    engine.feed(&[of(1, span(1, 1, "a", 0, 1))], 0);
    engine.feed(&[of(2, of_the_second)], 1);
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

#[test]
fn findings_of_many_traces_are_handed_over_some_at_a_time() {
    let texts: Vec<String> = (0..30)
        .map(|rule| format!("r{rule}: always {{ b }}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let settings = Settings {
        report: Report::All,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
    let traces: Vec<TestSpan> = (1..=200).map(|trace| span(trace, 1, "b", 0, 1)).collect();
    engine.feed(&traces, 0);
    let (mut all, mut most) = (0, 0);
    engine.drain_traces(at(1), CloseCause::EndOfInput, |findings| {
        all += findings.len();
        most = findings.len().max(most);
    });
    assert_eq!((all, engine.take_findings(1).len()), (6000, 0));
    assert!(most <= 300, "{most} at once");
}

#[test]
fn a_trace_that_began_outside_of_what_is_asked_for_has_no_verdict_and_is_counted() {
    let engine = engine(Settings {
        began_within: Some(at(1).0..=at(2).0 - 1),
        ..Settings::default()
    });
    for (trace, start) in [(1, 0), (2, 1), (3, 2)] {
        engine.feed(&[span(trace, 1, "b", start, start + 5)], 0);
    }
    // Without any start it is not known to have begun outside; with an earlier span the second did.
    let mut without = span(4, 1, "b", 0, 5);
    without.span.start_time_unix_nano = 0;
    engine.feed(
        &[
            without,
            span(5, 1, "b", 1, 5),
            span(5, 2, "b", 0, 5).under(1),
        ],
        0,
    );
    engine.tick(at(100_000));
    let stats = engine.stats();
    assert_eq!((stats.closed_traces, stats.outside_traces), (2, 3));
    assert_eq!(stats.rules[0].satisfied, 2);
    assert_eq!(engine.told(), ["r satisfied", "r satisfied"]);
}

/// Verdicts that stand, though something came after them: a copy says nothing new, and of what was not asked for there is none.
#[test]
fn a_verdict_is_reopened_by_what_is_new_of_a_trace_that_had_one() {
    let engine = engine(Settings {
        began_within: Some(at(1).0..=at(9).0 - 1),
        ..Settings::default()
    });
    let reopened = || -> u64 {
        engine
            .stats()
            .severities
            .iter()
            .map(|one| one.reopened)
            .sum()
    };
    engine.feed(&[span(1, 1, "b", 1, 5), span(2, 1, "b", 10, 15)], 0);
    // While a trace is live nothing is reopened.
    engine.feed(&[span(1, 2, "x", 2, 3).under(1)], 10);
    engine.tick(at(20_000));
    assert_eq!((engine.stats().closed_traces, reopened()), (1, 0));
    engine.feed(&[span(1, 1, "b", 1, 5)], 20_010);
    assert_eq!(reopened(), 0, "by a copy");
    engine.feed(&[span(2, 2, "x", 11, 12).under(1)], 20_020);
    assert_eq!(reopened(), 0, "of a trace that nobody asked for");
    engine.feed(&[span(1, 3, "x", 3, 4).under(1)], 20_030);
    assert_eq!(reopened(), 1);
}
