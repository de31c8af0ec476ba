//! Windows of input that is wrong or hostile: no false alarm, and no window twice.

use crate::tests::rules::{rule, rules};
use crate::tests::spans::{TestSpan, at, span};
use crate::{Engine, Report, Settings, SnapshotKind};

const DAY: u64 = 86_400_000;
/// When a window of ten seconds is over after its begin, in milliseconds.
const OVER: u64 = 10_000 + 310_000;

fn engine(texts: &[&str]) -> Engine {
    let settings = Settings {
        report: Report::All,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

fn visit(trace: u32, start: u64) -> TestSpan {
    let mut visit = span(1, 1, "visit", start, start + 2);
    visit.span.trace_id[..4].copy_from_slice(&trace.to_be_bytes());
    visit
}

/// Each finding as `start group verdict(reason)`, with the start in milliseconds.
fn told(engine: &Engine) -> Vec<String> {
    let findings = engine.take_findings(usize::MAX);
    let mut told: Vec<String> = findings
        .iter()
        .map(|finding| {
            let window = finding.window.as_ref().unwrap();
            let start = (window.start - at(0).0) / 1_000_000;
            let groups = window.group.iter().map(|(_, value)| format!("{value} "));
            let reason = finding
                .reason
                .map(|reason| format!("({})", reason.as_str()));
            let verdict = finding.verdict.as_str();
            let groups: String = groups.collect();
            format!("{start} {groups}{verdict}{}", reason.unwrap_or_default())
        })
        .collect();
    told.sort();
    told
}

#[test]
fn a_window_of_no_time_and_one_of_a_year_are_refused() {
    for (window, is_taken) in [
        ("0s", false),
        ("999ms", false),
        ("1s", true),
        ("31d", true),
        ("32d", false),
        ("365d", false),
    ] {
        let text = format!("r: over {window} never {{ count(visit) > 1 }}");
        assert_eq!(rule(&text).is_some(), is_taken, "{window}");
    }
}

#[test]
fn a_clock_that_is_set_back_by_a_day_opens_no_window_again_and_holds_none_open() {
    let engine = engine(&["r: over 10s never { count(visit) > 1 }"]);
    engine.feed(&[visit(1, DAY)], DAY);
    engine.tick(at(DAY + 20_000));
    engine.tick(at(DAY + OVER));
    assert_eq!(told(&engine), [format!("{DAY} satisfied")]);
    // Now it is yesterday: what comes says so too, and is late.
    engine.feed(&[visit(2, 0), visit(3, 1)], 10);
    engine.tick(at(20_000));
    engine.tick(at(OVER));
    assert_eq!(told(&engine), [""; 0]);
    // What says that it is of today still counts, in a window that is not over.
    engine.feed(&[visit(4, DAY + OVER), visit(5, DAY + OVER)], 1_000);
    engine.tick(at(DAY + OVER + 20_000));
    assert_eq!(told(&engine), [format!("{} violated", DAY + OVER)]);
    engine.tick(at(DAY + 3 * OVER));
    assert_eq!(told(&engine), [""; 0]);
    let stats = engine.stats();
    assert_eq!((stats.late_in_windows, stats.open_windows), (2, 0));
}

#[test]
fn a_group_that_is_in_no_other_window_is_compared_with_nothing() {
    let engine = engine(&[
        "r: over 10s by group never { count(visit) > 2 * before }",
        "s: over 10s by group never { count(visit) > 2 * others }",
    ]);
    let of = |trace, start, group: &str| visit(trace, start).text("group", group);
    engine.feed(
        &[
            of(1, 0, "a"),
            of(2, 10_000, "b"),
            of(3, 10_000, "b"),
            of(4, 10_001, "b"),
        ],
        10_010,
    );
    engine.tick(at(100_000));
    engine.tick(at(2 * OVER));
    assert_eq!(
        told(&engine),
        [
            "0 a not_applicable",
            "0 a not_applicable",
            "10000 b not_applicable",
            "10000 b not_applicable"
        ]
    );
}

#[test]
fn a_reload_that_changes_the_window_judges_none_that_began_before_on_what_is_missing() {
    let texts = |window: &str| {
        [
            format!("most: over {window} never {{ count(visit) > 2 }}"),
            format!("least: over {window} always {{ count(visit) >= 3 }}"),
        ]
    };
    let (old, new) = (texts("10s"), texts("20s"));
    let engine = engine(&[&old[0], &old[1]]);
    engine.feed(&[visit(1, 1_000), visit(2, 1_001)], 2_000);
    engine.tick(at(15_000));
    engine
        .replace_rules(rules(&[&new[0], &new[1]]), at(16_000))
        .unwrap();
    engine.feed(
        &[
            visit(3, 17_000),
            visit(4, 41_000),
            visit(5, 41_001),
            visit(6, 41_002),
        ],
        42_000,
    );
    engine.tick(at(100_000));
    engine.tick(at(2 * OVER));
    // Two of the first window were counted by the old rules, which are gone.
    assert_eq!(
        told(&engine),
        [
            "0 inconclusive(reload)",
            "0 inconclusive(reload)",
            "40000 satisfied",
            "40000 violated"
        ]
    );
}

#[test]
fn a_window_that_a_flood_of_groups_filled_is_told_as_such_and_not_as_wrong() {
    let few = Settings {
        report: Report::All,
        restart_grace: false,
        memory_bytes: 2 << 20,
        ..Settings::default()
    };
    let texts = [
        "count: over 10s by group never { count(visit) > 1 }",
        "share: over 10s by group always { share(visit.where(ok == yes), visit) >= 0.8 * highest }",
        "least: over 10s by group always { count(visit) >= 2 }",
    ];
    let engine = Engine::new(rules(&texts), few, at(0)).unwrap();
    let flood = std::env::var("BETRACE_WINDOW_GROUPS").map_or(4_000, |text| text.parse().unwrap());
    for batch in 0..flood / 250 {
        let spans: Vec<TestSpan> = (0..250)
            .map(|one| {
                let number = batch * 250 + one;
                let visit = visit(number, 5).text("group", &format!("group {number}"));
                visit.text("ok", "yes")
            })
            .collect();
        engine.feed(&spans, 10);
        engine.tick(at(20_000));
        assert!(engine.stats().memory_bytes <= 2 << 20);
    }
    engine.tick(at(2 * OVER));
    let findings = engine.take_findings(usize::MAX);
    let is_known = |rule: &str| findings.iter().any(|one| &*one.rule.id.0 == rule);
    assert!(is_known("count") && is_known("share"));
    for one in &findings {
        // Each group has one visit: the third rule alone is broken, by groups that are known to have no more.
        let is_right = &*one.rule.id.0 == "least" && !told_together(one);
        assert!(one.verdict.as_str() != "violated" || is_right, "{one:?}");
    }
}

/// Of more windows of rules than fit: each rule is kept in each window, which only those can say that saw all of it.
#[test]
fn windows_for_which_there_is_no_memory_are_told_as_not_known_over_a_restart_too() {
    let texts: Vec<String> = (0..40)
        .map(|n| {
            let by = ["", " by group"][n % 2];
            format!("{n}: over 10s{by} always {{ count(visit.where(n > {n})) > 1 }}")
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let engine = |memory_bytes| {
        let settings = Settings {
            report: Report::All,
            restart_grace: false,
            memory_bytes,
            ..Settings::default()
        };
        Engine::new(rules(&texts), settings, at(0)).unwrap()
    };
    let visits = |first: u32| -> Vec<TestSpan> {
        let visit = |number: u32| visit(first + number, u64::from(number) * 10_000);
        let visits = (0..30).map(visit);
        visits
            .map(|one| one.text("group", "g").int("n", 99))
            .collect()
    };
    let memory_bytes = 2 << 20;
    let first = engine(memory_bytes);
    first.feed(&visits(100), 0);
    first.tick(at(20_000));
    // It has room for all, and knows no more of what was refused.
    let second = engine(32 * memory_bytes);
    let stored = first.snapshot(SnapshotKind::Final);
    second.restore(&stored, at(20_000)).unwrap();
    for engine in [first, second] {
        engine.feed(&visits(200), 20_000);
        engine.tick(at(40_000));
        let stats = engine.stats();
        let of_windows = memory_bytes / 8 + (16 << 10);
        assert_eq!(stats.open_windows, 30);
        assert!(stats.memory_bytes < memory_bytes / 2 + of_windows);
        engine.tick(at(300_000 + OVER));
        let told = told(&engine);
        let count = |what: &str| told.iter().filter(|one| one.ends_with(what)).count();
        let [kept, open] = ["satisfied", "inconclusive(memory)"].map(count);
        assert_eq!((kept + open, told.len()), (40 * 30, 40 * 30));
        assert!(kept > 50 && open > 50, "{kept} kept, {open} open");
    }
}

fn told_together(finding: &crate::Finding) -> bool {
    finding.window.as_ref().unwrap().group[0].1 == "_other"
}
