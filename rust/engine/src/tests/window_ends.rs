//! When a window is over and what is told before: over clocks that are set, restarts, stops and reloads.

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at};
use crate::tests::window_rules::{engine, settings, text, told, visit};
use crate::{CloseCause, Engine, Report, Settings, SnapshotKind};

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
