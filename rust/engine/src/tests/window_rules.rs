//! Rules over many traces: what counts in a window, when it is over, and what it comes to.

use betrace_lang::verdict::Verdict;

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{CloseCause, Engine, Finding, Report, Settings, SnapshotKind, Timestamp};

fn settings() -> Settings {
    Settings {
        report: Report::All,
        restart_grace: false,
        early: false,
        ..Settings::default()
    }
}

fn engine(rule: &str) -> Engine {
    Engine::new(rules(&[rule]), settings(), at(0)).unwrap()
}

/// A whole trace of one span that lasts `millis`, begun so many milliseconds after the epoch.
fn visit(trace: u8, start: u64, millis: u64) -> TestSpan {
    span(trace, 1, "visit", start, start + millis)
}

/// Each finding as `start+length group verdict`, sorted; times in milliseconds.
fn told(engine: &Engine) -> Vec<String> {
    let findings = engine.take_findings(usize::MAX);
    let mut told: Vec<String> = findings.iter().map(text).collect();
    told.sort();
    told
}

fn text(finding: &Finding) -> String {
    let window = finding.window.as_ref().unwrap();
    let start = (window.start - at(0).0) / 1_000_000;
    let group: Vec<&str> = window.group.iter().map(|(_, value)| &**value).collect();
    let reason = finding
        .reason
        .map(|reason| format!("({})", reason.as_str()));
    format!(
        "{start} {}{}{}",
        group
            .iter()
            .map(|value| format!("{value} "))
            .collect::<String>(),
        finding.verdict.as_str(),
        reason.unwrap_or_default()
    )
}

fn at_end(rule: &str, spans: &[TestSpan]) -> Vec<String> {
    let engine = engine(rule);
    engine.feed(spans, 0);
    engine.close_traces(at(0), CloseCause::EndOfInput);
    told(&engine)
}

#[test]
fn a_trace_counts_in_the_window_in_which_it_began() {
    let spans = [visit(1, 0, 1), visit(2, 9_999, 5), visit(3, 10_000, 1)];
    let rule = "r: over 10s never { count(visit) > 1 }";
    assert_eq!(at_end(rule, &spans), ["0 violated", "10000 satisfied"]);
}

/// The clock that the second engine goes by stands before the end of a window that the first one told.
#[test]
fn a_window_is_told_once_though_the_clock_is_set_back_over_a_restart() {
    let rule = "r: over 10s always { count(visit) > 1 }";
    let (max_age, idle) = (settings().max_age, settings().idle_timeout);
    let waits = (max_age + idle) / 1_000_000;
    let first = engine(rule);
    first.feed(&[visit(1, 0, 1), visit(2, 1, 1)], 0);
    first.tick(at(15_000));
    first.tick(at(10_000 + waits));
    assert_eq!(told(&first), ["0 satisfied"]);
    for kind in [SnapshotKind::Final, SnapshotKind::Periodic] {
        let second = Engine::new(rules(&[rule]), settings(), at(0)).unwrap();
        second.restore(&first.snapshot(kind), at(5_000)).unwrap();
        second.feed(&[visit(3, 2, 1), visit(4, 10_000, 1)], 5_000);
        second.close_traces(at(5_000), CloseCause::EndOfInput);
        let told = told(&second);
        assert!(
            told.len() == 1 && told[0].starts_with("10000 "),
            "{kind:?}: {told:?}"
        );
        assert_eq!(second.stats().late_in_windows, 1);
    }
}

/// A clock that is ahead for a while ends the windows that were open, and no other for good.
#[test]
fn a_clock_that_was_ahead_ends_no_window_after_a_restart() {
    const YEAR: u64 = 365 * 86_400_000;
    let rule = "r: over 10s never { count(visit) > 1 }";
    let first = engine(rule);
    first.feed(&[visit(1, 0, 1)], 0);
    first.tick(at(11_000));
    first.tick(at(YEAR));
    assert_eq!(told(&first), ["0 satisfied"]);
    let second = engine(rule);
    second
        .restore(&first.snapshot(SnapshotKind::Final), at(12_000))
        .unwrap();
    second.feed(&[visit(2, 11_000, 1), visit(3, 11_500, 1)], 12_000);
    second.close_traces(at(12_000), CloseCause::EndOfInput);
    assert_eq!(told(&second), ["10000 violated"]);
}

#[test]
fn each_group_has_an_answer_of_its_own() {
    let spans = [
        visit(1, 0, 1).text("user", "ann"),
        visit(2, 1, 1).text("user", "ann"),
        visit(3, 2, 1).text("user", "bob"),
        visit(4, 3, 1),
    ];
    let rule = "r: over 10s by user never { count(visit) > 1 }";
    assert_eq!(at_end(rule, &spans), ["0 ann violated", "0 bob satisfied"]);
    let rule = "r: over 10s by user at least 2 never { count(visit) > 5 }";
    assert_eq!(
        at_end(rule, &spans),
        ["0 ann satisfied", "0 bob not_applicable"]
    );
}

#[test]
fn a_window_without_what_is_asked_for_is_judged_where_traces_closed_in_it() {
    let spans = [span(1, 1, "other", 0, 1), visit(2, 20_000, 1)];
    let rule = "r: over 10s always { count(visit) >= 1 }";
    assert_eq!(at_end(rule, &spans), ["0 violated", "20000 satisfied"]);
}

#[test]
fn values_are_measured_over_all_traces() {
    let spans: Vec<TestSpan> = (1..=100)
        .map(|trace| visit(trace, 0, 10 * u64::from(trace)).int("size", i64::from(trace)))
        .collect();
    for (rule, verdict) in [
        ("over 10s never { sum(visit, size) > 5049 }", "violated"),
        ("over 10s never { sum(visit, size) > 5050 }", "satisfied"),
        ("over 10s always { avg(visit, size) == 50.5 }", "satisfied"),
        ("over 10s never { max(visit, size) >= 100 }", "violated"),
        ("over 10s always { min(visit, size) >= 1 }", "satisfied"),
        ("over 10s never { distinct(visit, size) > 99 }", "violated"),
        (
            "over 10s always { p50(visit, span:duration) < 510ms }",
            "satisfied",
        ),
        (
            "over 10s always { p50(visit, span:duration) < 490ms }",
            "violated",
        ),
        ("over 10s always { p99(visit, size) < 98 }", "violated"),
        // Within the error of the sketch.
        (
            "over 10s always { p99(visit, span:duration) < 995ms }",
            "inconclusive(state_cap)",
        ),
        ("over 10s always { p99(none, size) < 98 }", "not_applicable"),
    ] {
        assert_eq!(
            at_end(&format!("r: {rule}"), &spans),
            [format!("0 {verdict}")],
            "{rule}"
        );
    }
}

#[test]
fn a_share_has_to_be_sure() {
    let spans = |good: u8, all: u8| -> Vec<TestSpan> {
        (1..=all)
            .map(|trace| visit(trace, 0, 1).text("ok", if trace <= good { "yes" } else { "no" }))
            .collect()
    };
    let rule = "r: over 10s always { share(visit.where(ok == yes), visit) >= 50% }";
    assert_eq!(at_end(rule, &spans(90, 100)), ["0 satisfied"]);
    assert_eq!(at_end(rule, &spans(10, 100)), ["0 violated"]);
    assert_eq!(at_end(rule, &spans(4, 10)), ["0 inconclusive(too_few)"]);
    let rule = "r: over 10s always { share(visit and visit.where(ok == yes), visit) >= 50% }";
    assert_eq!(at_end(rule, &spans(90, 100)), ["0 satisfied"]);
    assert_eq!(at_end(rule, &spans(10, 100)), ["0 violated"]);
    assert_eq!(at_end(rule, &[]), [""; 0]);
}

#[test]
fn groups_are_compared_with_each_other() {
    let mut spans = Vec::new();
    for trace in 1..=200u8 {
        let (group, every) = if trace <= 100 { ("a", 10) } else { ("b", 2) };
        let ok = if trace % every == 0 { "no" } else { "yes" };
        spans.push(visit(trace, 0, 1).text("group", group).text("ok", ok));
    }
    let rule =
        "r: over 10s by group always { share(visit.where(ok == yes), visit) >= 0.8 * highest }";
    assert_eq!(at_end(rule, &spans), ["0 a satisfied", "0 b violated"]);
    let rule = "r: over 10s by group never { count(visit) > 2 * others }";
    assert_eq!(at_end(rule, &spans), ["0 a satisfied", "0 b satisfied"]);
    let alone = "r: over 10s by group never { count(visit) > 2 * others }";
    assert_eq!(at_end(alone, &spans[..100]), ["0 a not_applicable"]);
    // Ten visits, two and one: the lowest of the others is one, and for that one two.
    let groups = (1..=13u8).map(|trace| match trace {
        1..=10 => (trace, "a"),
        11 | 12 => (trace, "b"),
        _ => (trace, "c"),
    });
    let spans: Vec<TestSpan> = groups
        .map(|(trace, group)| visit(trace, 0, 1).text("group", group))
        .collect();
    let rule = "r: over 10s by group never { count(visit) > 6 * lowest }";
    assert_eq!(
        at_end(rule, &spans),
        ["0 a violated", "0 b satisfied", "0 c satisfied"]
    );
}

#[test]
fn a_window_is_compared_with_the_one_before() {
    let mut spans: Vec<TestSpan> = (1..=2).map(|trace| visit(trace, 0, 1)).collect();
    spans.extend((3..=10).map(|trace| visit(trace, 10_000, 1)));
    spans.push(visit(11, 40_000, 1));
    let rule = "r: over 10s never { count(visit) > 3 * before }";
    assert_eq!(
        at_end(rule, &spans),
        ["0 not_applicable", "10000 violated", "40000 not_applicable"]
    );
}

#[test]
fn what_only_grows_fires_when_it_crosses_and_the_rest_when_the_window_is_over() {
    let early = Settings {
        early: true,
        report: Report::Violations,
        ..settings()
    };
    let both = [
        "grows: over 10s never { count(visit) > 1 }",
        "waits: over 10s always { avg(visit, span:duration) < 1ms }",
    ];
    let engine = Engine::new(rules(&both), early, at(0)).unwrap();
    engine.feed(&[visit(1, 0, 5), visit(2, 0, 5)], 10);
    engine.tick(at(10_009));
    assert_eq!(told(&engine), [""; 0]);
    engine.tick(at(10_010));
    let crossed = engine.take_findings(9);
    assert_eq!(crossed.len(), 1);
    assert_eq!(&*crossed[0].rule.id.0, "grows");
    assert_eq!(crossed[0].end, at(5).0);
    // It is over max_age and the idle time after its end.
    engine.tick(at(10_000 + 310_000 - 1));
    assert_eq!(told(&engine), [""; 0]);
    engine.tick(at(10_000 + 310_000));
    let over = engine.take_findings(9);
    assert_eq!(over.len(), 1);
    assert_eq!(&*over[0].rule.id.0, "waits");
    // What comes now is late.
    engine.feed(&[visit(3, 0, 5)], 400_000);
    engine.tick(at(500_000));
    assert_eq!(told(&engine), [""; 0]);
    let stats = engine.stats();
    assert_eq!((stats.late_in_windows, stats.open_windows), (1, 0));
    assert_eq!((stats.rules[0].violated, stats.rules[0].violations), (1, 1));
}

#[test]
fn what_can_be_taken_back_by_nothing_that_comes_is_told_before_its_window_is_over() {
    for (measure, is_early) in [
        ("count(visit) > 1", true),
        ("traces(visit) > 1", true),
        ("distinct(visit, n) > 1", true),
        ("max(visit, n) > 1", true),
        ("min(visit, n) < 2", true),
        ("sum(visit, span:duration) > 9ms", true),
        ("sum(visit, n) > 1", false),
        ("avg(visit, n) > 1", false),
    ] {
        let early = Settings {
            early: true,
            report: Report::Violations,
            ..settings()
        };
        let rule = format!("r: over 10s never {{ {measure} }}");
        let engine = Engine::new(rules(&[&rule]), early, at(0)).unwrap();
        engine.feed(
            &[visit(1, 0, 5).int("n", 1), visit(2, 0, 5).int("n", 2)],
            10,
        );
        engine.tick(at(10_010));
        assert_eq!(
            engine.take_findings(9).len(),
            usize::from(is_early),
            "{measure}"
        );
        engine.tick(at(400_000));
        assert_eq!(
            engine.take_findings(9).len(),
            usize::from(!is_early),
            "{measure}"
        );
    }
}

#[test]
fn a_window_that_began_before_its_rule_is_open_where_stored_state_does_not_know_the_rule() {
    let [known, new] = [
        "known: over 10s never { count(visit) > 1 }",
        "new: over 10s never { count(visit) > 1 }",
    ];
    let before = engine(known);
    before.feed(&[visit(1, 0, 5)], 1);
    let after = Engine::new(rules(&[known, new]), settings(), at(0)).unwrap();
    after
        .restore(&before.snapshot(SnapshotKind::Final), at(2_000))
        .unwrap();
    after.feed(&[visit(2, 12_000, 5)], 12_000);
    after.close_traces(at(13_000), CloseCause::EndOfInput);
    let findings = after.take_findings(9);
    let mut told: Vec<String> = findings
        .iter()
        .map(|one| format!("{} {}", one.rule.id.0, text(one)))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "known 0 satisfied",
            "known 10000 satisfied",
            "new 0 inconclusive(reload)",
            "new 10000 satisfied"
        ]
    );
}

#[test]
fn a_trace_that_is_not_complete_leaves_open_what_it_may_add() {
    let orphaned = |trace| visit(trace, 0, 1).under(9);
    let spans = [visit(1, 0, 1), orphaned(2)];
    for (rule, verdict) in [
        ("over 10s never { count(visit) > 1 }", "violated"),
        (
            "over 10s never { count(visit) > 2 }",
            "inconclusive(no_root)",
        ),
        (
            "over 10s always { avg(visit, span:duration) > 0ms }",
            "inconclusive(no_root)",
        ),
        ("over 10s never { traces(visit) > 1 }", "violated"),
        ("over 10s never { traces(not visit) > 1 }", "satisfied"),
        (
            "over 10s never { traces(not cache) > 1 }",
            "inconclusive(no_root)",
        ),
    ] {
        assert_eq!(
            at_end(&format!("r: {rule}"), &spans),
            [format!("0 {verdict}")],
            "{rule}"
        );
        let lenient = format!("r: {rule} | completeness: idle");
        assert!(!at_end(&lenient, &spans)[0].contains("no_root"), "{rule}");
    }
}

#[test]
fn what_cannot_be_measured_is_left_out_or_open() {
    let spans = [visit(1, 0, 5).skewed(), visit(2, 0, 5)];
    let rule = "r: over 10s always { max(visit, span:duration) < 1s }";
    assert_eq!(at_end(rule, &spans), ["0 inconclusive(skew)"]);
    let rule = "r: over 10s never { max(visit, span:duration) > 1ms }";
    assert_eq!(at_end(rule, &spans), ["0 violated"]);
    let odd = [
        visit(1, 0, 5).with("size", super::spans::double(f64::NAN)),
        visit(2, 0, 5).with("size", super::spans::double(f64::INFINITY)),
        visit(3, 0, 5).text("size", "many"),
        visit(4, 0, 5).int("size", 7),
    ];
    let rule = "r: over 10s always { avg(visit, size) == 7 }";
    assert_eq!(at_end(rule, &odd), ["0 satisfied"]);
}

#[test]
fn a_violation_says_what_was_measured_and_names_traces() {
    let engine = engine("r: over 10s by user never { count(visit) > 2 }");
    let spans: Vec<TestSpan> = (1..=20)
        .map(|trace| visit(trace, 5, 5).text("user", "ann"))
        .collect();
    engine.feed(&spans, 0);
    engine.close_traces(at(1), CloseCause::EndOfInput);
    let findings = engine.take_findings(9);
    let window = findings[0].window.as_ref().unwrap();
    assert_eq!(window.group, [("user".to_owned(), "ann".to_owned())]);
    assert_eq!((window.start, window.end), (at(0).0, at(10_000).0));
    assert_eq!(window.exemplars.len(), 10);
    assert_eq!((findings[0].count, window.value.unwrap().low), (20, 20.0));
    assert_eq!(
        findings[0].message,
        "user ann, count(visit): 20 over 10s, never count(visit) > 2"
    );
}

#[test]
fn neither_order_nor_batches_nor_shards_show() {
    let rule = "r: over 10s by user always { p90(visit, span:duration) < 300ms }";
    let spans: Vec<TestSpan> = (1..=120)
        .map(|trace| {
            let user = ["ann", "bob", "eve"][usize::from(trace) % 3];
            visit(trace, u64::from(trace) * 150, u64::from(trace) * 4).text("user", user)
        })
        .collect();
    let snapshot = |spans: &[TestSpan], batch: usize, shards: u32| {
        let settings = Settings {
            shards,
            ..settings()
        };
        let engine = Engine::new(rules(&[rule]), settings, at(0)).unwrap();
        for batch in spans.chunks(batch) {
            engine.feed(batch, 0);
        }
        engine.tick(at(20_000));
        let bytes = engine.snapshot(SnapshotKind::Final);
        engine.close_traces(at(20_001), CloseCause::EndOfInput);
        (bytes, told(&engine))
    };
    let first = snapshot(&spans, 7, 1);
    let mut turned = spans.clone();
    turned.reverse();
    for other in [snapshot(&spans, 200, 8), snapshot(&turned, 3, 5)] {
        assert_eq!(first.1, other.1);
        // The remembered traces that stand there too were opened in the same call or not; the windows are alike.
        assert!(first.0 == other.0);
    }
}

#[test]
fn a_snapshot_keeps_open_windows() {
    let rule = "r: over 10s by user never { count(visit) > 3 }";
    let visits = |from: u8| -> Vec<TestSpan> {
        (from..from + 2)
            .map(|trace| visit(trace, u64::from(trace), 5).text("user", "ann"))
            .collect()
    };
    for (kind, verdict) in [
        (SnapshotKind::Final, "0 ann violated"),
        (SnapshotKind::Periodic, "0 ann violated"),
    ] {
        let before = engine(rule);
        before.feed(&visits(1), 0);
        before.tick(at(15_000));
        let after = engine(rule);
        after.restore(&before.snapshot(kind), at(16_000)).unwrap();
        after.feed(&visits(3), 16_000);
        after.close_traces(at(17_000), CloseCause::EndOfInput);
        assert_eq!(told(&after), [verdict]);
    }
    let graceful = Settings {
        restart_grace: true,
        ..settings()
    };
    let started = Engine::new(rules(&[rule]), graceful, at(5_000)).unwrap();
    started.feed(&visits(1), 6_000);
    started.close_traces(at(7_000), CloseCause::EndOfInput);
    assert_eq!(told(&started), ["0 ann inconclusive(restart)"]);
}

#[test]
fn a_window_is_not_over_when_the_process_stops() {
    for (rule, verdict) in [
        (
            "r: over 10s never { count(visit) > 1 }",
            "0 inconclusive(shutdown)",
        ),
        ("r: over 10s never { count(visit) > 0 }", "0 violated"),
        (
            "r: over 10s never { traces(visit) > 1 }",
            "0 inconclusive(shutdown)",
        ),
    ] {
        let engine = engine(rule);
        engine.feed(&[visit(1, 0, 5)], 0);
        // The trace is whole, its window is not over.
        engine.tick(at(11_000));
        engine.close_traces(at(12_000), CloseCause::Shutdown);
        assert_eq!(told(&engine), [verdict], "{rule}");
    }
}

#[test]
fn a_rule_that_is_new_sees_no_window_whole_that_began_before() {
    let rule = "r: over 10s never { count(visit) > 3 }";
    let engine = engine(rule);
    engine.feed(&[visit(1, 0, 5)], 0);
    engine.tick(at(11_000));
    let all = [
        rule,
        "s: over 10s never { count(visit) > 4 }",
        "t: over 10s never { traces(visit) > 4 }",
    ];
    engine.replace_rules(rules(&all), at(12_000)).unwrap();
    engine.feed(&[visit(2, 5, 5), visit(3, 15_000, 5)], 12_000);
    engine.close_traces(at(16_000), CloseCause::EndOfInput);
    let findings = engine.take_findings(9);
    let mut told: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {}", finding.rule.id.0, text(finding)))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "r 0 satisfied",
            "r 10000 satisfied",
            "s 0 inconclusive(reload)",
            "s 10000 inconclusive(reload)",
            "t 0 inconclusive(reload)",
            "t 10000 inconclusive(reload)"
        ]
    );
}

#[test]
fn a_million_values_of_a_key_stay_within_the_bound() {
    let few = Settings {
        memory_bytes: 4 << 20,
        ..settings()
    };
    let rule = "r: over 10s by user never { count(visit) > 1 }";
    let engine = Engine::new(rules(&[rule]), few, at(0)).unwrap();
    for batch in 0..40u64 {
        let spans: Vec<TestSpan> = (0..250u64)
            .map(|one| {
                let number = batch * 250 + one;
                let mut span = visit(1, 5, 1).text("user", &format!("user {number}"));
                span.span.trace_id[..8].copy_from_slice(&number.to_be_bytes());
                span
            })
            .collect();
        engine.feed(&spans, batch);
        engine.tick(at(100_000 + batch * 20_000));
    }
    assert!(engine.stats().memory_bytes <= 4 << 20);
    engine.close_traces(at(0), CloseCause::EndOfInput);
    let findings = engine.take_findings(usize::MAX);
    assert!(
        findings
            .iter()
            .all(|one| one.verdict.as_str() != "violated")
    );
    let rest = findings.iter().filter(|one| text(one).contains("_other"));
    assert_eq!(rest.count(), 1);
}

#[test]
fn a_trace_of_no_time_or_of_the_future_counts_in_no_window() {
    let engine = engine("r: over 10s never { count(visit) > 0 }");
    let mut timeless = visit(1, 0, 1);
    timeless.span.start_time_unix_nano = 0;
    timeless.span.end_time_unix_nano = 0;
    let mut distant = visit(2, 0, 1);
    distant.span.start_time_unix_nano = u64::MAX - 10;
    distant.span.end_time_unix_nano = u64::MAX - 5;
    engine.feed(&[timeless, distant], 0);
    engine.close_traces(Timestamp(at(1).0), CloseCause::EndOfInput);
    assert_eq!(told(&engine), [""; 0]);
    assert_eq!(engine.stats().late_in_windows, 2);
}

/// Traces with which a rule has nothing to do are counted together: nothing of what it says may hang on that.
#[test]
fn traces_that_are_asked_together_count_as_those_that_are_asked_one_by_one() {
    let mut spans: Vec<TestSpan> = (1..=9).map(|trace| span(trace, 1, "other", 0, 1)).collect();
    spans.extend((10..=12).map(|trace| visit(trace, 0, 1)));
    // Of three traces the root is missing, of one of them a visit is known.
    spans.extend((20..=21).map(|trace| span(trace, 1, "other", 0, 1).under(9)));
    spans.push(visit(22, 0, 1).under(9));
    for (rule, verdict) in [
        ("over 10s never { traces(visit) > 3 }", "violated"),
        (
            "over 10s never { traces(visit) > 4 }",
            "inconclusive(no_root)",
        ),
        ("over 10s never { traces(visit) > 6 }", "satisfied"),
        (
            "over 10s always { traces(visit) >= 5 }",
            "inconclusive(no_root)",
        ),
        (
            "over 10s never { traces(visit and other) > 0 }",
            "inconclusive(no_root)",
        ),
        (
            "over 10s never { traces(visit and other) > 3 }",
            "satisfied",
        ),
        ("over 10s never { traces(not visit) > 8 }", "violated"),
        ("over 10s never { traces(not visit) > 11 }", "satisfied"),
        (
            "over 10s at least 14 never { traces(visit) > 6 }",
            "inconclusive(no_root)",
        ),
        (
            "over 10s at least 16 never { traces(visit) > 6 }",
            "not_applicable",
        ),
        (
            "over 10s always { share(visit and cache, visit) <= 80% }",
            "inconclusive(no_root)",
        ),
        (
            "over 10s always { share(not other, not visit) <= 90% }",
            "satisfied",
        ),
    ] {
        let rule = format!("r: {rule}");
        assert_eq!(at_end(&rule, &spans), [format!("0 {verdict}")], "{rule}");
        let whole = engine(&rule);
        whole.feed(&spans, 0);
        whole.close_traces(at(0), CloseCause::EndOfInput);
        let sums = &whole.stats().rules[0].windows;
        assert_eq!(sums[0].samples + sums[0].unknown, total(&rule), "{rule}");
    }
}

/// How many traces a rule of the test above counts, known or not.
fn total(rule: &str) -> u64 {
    match rule {
        _ if rule.contains("share(visit") => 6,
        _ if rule.contains("share(not") => 11,
        _ => 15,
    }
}

#[test]
fn a_violation_over_traces_is_complete_where_all_that_it_counts_are() {
    let orphaned = visit(2, 0, 1).under(9);
    for (spans, is_complete) in [
        ([visit(1, 0, 1), visit(2, 0, 1)], true),
        ([visit(1, 0, 1), orphaned], false),
    ] {
        let engine = engine("r: over 10s never { count(visit) > 0 }");
        engine.feed(&spans, 0);
        engine.close_traces(at(0), CloseCause::EndOfInput);
        let findings = engine.take_findings(9);
        let shown: Vec<_> = findings
            .iter()
            .map(|one| (one.verdict, one.complete))
            .collect();
        assert_eq!(shown, [(Verdict::Violated, is_complete)]);
    }
}
