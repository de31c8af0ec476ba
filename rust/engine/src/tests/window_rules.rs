//! Rules over many traces: what counts in a window, and what it comes to.

use betrace_lang::verdict::Verdict;

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{CloseCause, Engine, Finding, Report, Settings, SnapshotKind, Timestamp};

pub(super) fn settings() -> Settings {
    Settings {
        report: Report::All,
        restart_grace: false,
        early: false,
        ..Settings::default()
    }
}

pub(super) fn engine(rule: &str) -> Engine {
    Engine::new(rules(&[rule]), settings(), at(0)).unwrap()
}

/// A whole trace of one span that lasts `millis`, begun so many milliseconds after the epoch.
pub(super) fn visit(trace: u8, start: u64, millis: u64) -> TestSpan {
    span(trace, 1, "visit", start, start + millis)
}

/// Each finding as `start+length group verdict`, sorted; times in milliseconds.
pub(super) fn told(engine: &Engine) -> Vec<String> {
    let findings = engine.take_findings(usize::MAX);
    let mut told: Vec<String> = findings.iter().map(text).collect();
    told.sort();
    told
}

pub(super) fn text(finding: &Finding) -> String {
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
