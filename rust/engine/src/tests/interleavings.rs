//! The engine's calls on several threads, in every order in which they may take the locks: loom runs each model again and
//! again. `make loom` compiles this with `--cfg loom`, where the locks are loom's ([`sync`](crate::sync)) and a shard is
//! lent at every opportunity instead of after much work.
//!
//! Each model ends with what any order must give. That a model ends at all says that no order makes two calls wait for
//! each other.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use betrace_lang::rule::Rule;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread::{Builder as Thread, JoinHandle};

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::{CloseCause, Engine, Report, Settings, SnapshotKind};

/// Every order in which threads are stopped at most so often where they could have gone on. Nearly all faults of locking
/// show with two (Musuvathi and Qadeer, PLDI 2007), and the number of orders stays small.
const PREEMPTIONS: usize = 3;

/// Of a thread; what loom gives is a few pages.
const STACK: usize = 1 << 20;

fn in_every_order(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.max_branches = 100_000;
    let model = std::sync::Arc::new(model);
    let orders = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = orders.clone();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let model = model.clone();
        spawn(move || model()).join().unwrap();
    });
    let orders = orders.load(Ordering::Relaxed);
    println!("{orders} orders");
    assert!(orders > 1, "the locks are not loom's");
}

/// A thread of the model, with room for compiling rules: loom's own have very little.
fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Thread::new().stack_size(STACK).spawn(run).unwrap()
}

/// Rules from their texts, compiled once: a model runs thousands of times.
fn checked(texts: &[&'static str]) -> Vec<std::sync::Arc<Rule>> {
    static CHECKED: std::sync::Mutex<BTreeMap<Vec<&'static str>, Vec<std::sync::Arc<Rule>>>> =
        std::sync::Mutex::new(BTreeMap::new());
    let mut known = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let rules_of = || rules(texts);
    known.entry(texts.to_vec()).or_insert_with(rules_of).clone()
}

fn engine(texts: &[&'static str], settings: Settings) -> Arc<Engine> {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        shards: 1,
        ..settings
    };
    Arc::new(Engine::new(checked(texts), settings, at(0)).unwrap())
}

/// Runs both calls side by side, to their ends.
fn side_by_side(engine: &Arc<Engine>, one: fn(&Engine), other: fn(&Engine)) {
    let theirs = engine.clone();
    let thread = spawn(move || other(&theirs));
    one(engine);
    thread.join().unwrap();
}

#[test]
fn two_halves_of_a_trace_that_come_side_by_side_break_a_rule_once() {
    in_every_order(|| {
        let engine = engine(&["r: never { a and b }"], Settings::default());
        side_by_side(
            &engine,
            |engine| engine.feed(&[span(1, 1, "a", 0, 1)], 1),
            |engine| engine.feed(&[span(1, 2, "b", 0, 1).under(1)], 1),
        );
        assert_eq!(engine.told(), ["r violated"]);
        engine.close_traces(at(2), CloseCause::EndOfInput);
        assert!(engine.told().is_empty());
        let stats = engine.stats();
        assert_eq!((stats.spans.evaluated, stats.live_traces), (2, 0));
    });
}

#[test]
fn of_two_equal_copies_that_come_side_by_side_one_counts() {
    in_every_order(|| {
        let engine = engine(&["r: never { count(a) > 1 }"], Settings::default());
        let feed: fn(&Engine) = |engine| engine.feed(&[span(1, 1, "a", 0, 1)], 1);
        side_by_side(&engine, feed, feed);
        let spans = engine.stats().spans;
        assert_eq!((spans.evaluated, spans.duplicate), (1, 1));
        engine.close_traces(at(2), CloseCause::EndOfInput);
        assert_eq!(engine.told(), ["r satisfied"]);
    });
}

#[test]
fn a_span_that_comes_while_its_trace_closes_counts_before_or_as_late_and_each_rule_says_one_thing()
{
    in_every_order(|| {
        let texts = ["r: never { b }", "s: when { a } always { c }"];
        let engine = engine(&texts, Settings::default());
        engine.feed(&[span(1, 1, "a", 0, 1)], 1);
        // Between the two rules the shard is lent, so the span may come there.
        side_by_side(
            &engine,
            |engine| engine.tick(at(20_000)),
            |engine| engine.feed(&[span(1, 2, "b", 0, 1).under(1)], 20_000),
        );
        engine.close_traces(at(60_000), CloseCause::EndOfInput);
        let told = engine.told();
        let stats = engine.stats();
        assert_eq!(stats.spans.evaluated + stats.spans.late, 2);
        let of = |said: &str| told.iter().filter(|told| *told == said).count();
        assert_eq!(of("r violated"), 1, "{told:?}");
        // A verdict that was given before the late span stands beside its violation.
        assert!(of("r satisfied") <= 1, "{told:?}");
        // What rests on absence and was not yet asked is open then.
        assert_eq!(of("s violated") + of("s inconclusive(late)"), 1, "{told:?}");
        assert_eq!(told.len(), 2 + of("r satisfied"), "{told:?}");
    });
}

#[test]
fn a_trace_that_two_ticks_close_is_closed_once() {
    in_every_order(|| {
        let engine = engine(
            &["r: never { a }", "s: when { b } always { c }"],
            Settings::default(),
        );
        engine.feed(&[span(1, 1, "b", 0, 1)], 1);
        engine.feed(&[span(2, 1, "b", 0, 1)], 1);
        let tick: fn(&Engine) = |engine| engine.tick(at(20_000));
        side_by_side(&engine, tick, tick);
        let mut told = engine.told();
        told.sort_unstable();
        assert_eq!(
            told,
            ["r satisfied", "r satisfied", "s violated", "s violated"]
        );
        assert_eq!(engine.stats().remembered_traces, 2);
    });
}

#[test]
fn a_trace_that_a_tick_and_a_shutdown_close_is_closed_once() {
    in_every_order(|| {
        let texts = ["r: never { a }", "s: when { b } always { c }"];
        let engine = engine(&texts, Settings::default());
        engine.feed(&[span(1, 1, "b", 0, 1)], 1);
        engine.feed(&[span(2, 1, "b", 0, 1)], 1);
        side_by_side(
            &engine,
            |engine| engine.tick(at(20_000)),
            |engine| engine.close_traces(at(20_000), CloseCause::Shutdown),
        );
        let told = engine.told();
        let of = |rule: &str| told.iter().filter(|told| told.starts_with(rule)).count();
        assert_eq!((of("r "), of("s ")), (2, 2), "{told:?}");
        assert_eq!(engine.stats().remembered_traces, 2);
    });
}

#[test]
fn calls_that_shed_for_each_other_shed_no_trace_twice() {
    in_every_order(|| {
        let settings = Settings {
            memory_bytes: 1,
            ..Settings::default()
        };
        let engine = engine(&["r: when { a } always { c }"], settings);
        side_by_side(
            &engine,
            |engine| engine.feed(&[span(1, 1, "a", 0, 1)], 1),
            |engine| engine.feed(&[span(2, 1, "a", 0, 1)], 1),
        );
        let stats = engine.stats();
        assert_eq!((stats.shed_traces, stats.live_traces), (2, 0));
        let told = engine.told();
        assert_eq!(told, ["r inconclusive(memory)", "r inconclusive(memory)"]);
    });
}

#[test]
fn a_call_sees_the_old_rules_or_the_new_ones() {
    in_every_order(|| {
        let engine = engine(&["old: never { a }"], Settings::default());
        side_by_side(
            &engine,
            |engine| engine.feed(&[span(1, 1, "a", 0, 1)], 1),
            |engine| {
                let next = checked(&["new: never { a }"]);
                engine.replace_rules(next, at(1)).unwrap();
            },
        );
        let told = engine.told();
        assert!(
            told == ["old violated"] || told == ["new violated"],
            "{told:?}"
        );
    });
}

#[test]
fn a_tick_goes_on_with_other_rules_between_two_traces_and_closes_each_once() {
    in_every_order(|| {
        let engine = engine(&["old: when { b } always { c }"], Settings::default());
        engine.feed(&[span(1, 1, "b", 0, 1)], 1);
        engine.feed(&[span(2, 1, "b", 0, 1)], 1);
        side_by_side(
            &engine,
            |engine| engine.tick(at(20_000)),
            |engine| {
                let next = checked(&["new: when { b } always { c }"]);
                engine.replace_rules(next, at(20_000)).unwrap();
            },
        );
        engine.close_traces(at(20_000), CloseCause::EndOfInput);
        let told = engine.told();
        let of = |said: &str| told.iter().filter(|told| *told == said).count();
        // The new rule did not see the spans that came before it.
        let by_each = (of("old violated"), of("new inconclusive(reload)"));
        assert_eq!(by_each.0 + by_each.1, 2, "{told:?}");
        assert_eq!((told.len(), engine.stats().closed_traces), (2, 2));
    });
}

#[test]
fn what_was_counted_is_told_whole_while_rules_are_replaced() {
    in_every_order(|| {
        let engine = engine(&["r: never { a }"], Settings::default());
        engine.feed(&[span(1, 1, "a", 0, 1)], 1);
        side_by_side(
            &engine,
            |engine| {
                let stats = engine.stats();
                let violations = stats.rules.iter().map(|rule| rule.violations);
                let told = (stats.spans.evaluated, violations.collect::<Vec<u64>>());
                assert_eq!(told, (1, vec![1]));
            },
            |engine| {
                let next = checked(&["r: never { a }"]);
                engine.replace_rules(next, at(1)).unwrap();
            },
        );
    });
}

#[test]
fn a_violation_is_of_one_period_while_rules_are_replaced() {
    in_every_order(|| {
        let settings = Settings {
            kept_samples: Some(1),
            ..Settings::default()
        };
        let engine = engine(&["r: never { a }"], settings);
        engine.feed(&[span(1, 1, "a", 0, 1)], 1);
        let theirs = engine.clone();
        let thread = spawn(move || {
            let next = checked(&["r: never { a }"]);
            theirs.replace_rules(next, at(1)).unwrap();
        });
        let mut periods = vec![engine.take_period().unwrap()];
        thread.join().unwrap();
        // Of the rules that went, if they had not gone by then, and of those that are there.
        periods.extend((0..2).map(|_| engine.take_period().unwrap()));
        let named: usize = periods.iter().map(|period| period.violations.len()).sum();
        let total: u64 = periods.iter().map(|period| period.violations_total).sum();
        let spans: u64 = periods.iter().map(|period| period.spans.evaluated).sum();
        assert_eq!((named, total, spans), (1, 1, 1), "{periods:?}");
        let replaced = periods.iter().filter(|period| period.replaced.is_some());
        assert_eq!(replaced.count(), 1);
    });
}

#[test]
fn a_snapshot_beside_spans_and_a_reload_holds_whole_messages_and_is_read() {
    in_every_order(|| {
        let engine = engine(&["r: never { a and b }"], Settings::default());
        side_by_side(
            &engine,
            |engine| engine.feed(&[span(1, 1, "a", 0, 1)], 1),
            |engine| {
                let stored = engine.snapshot(SnapshotKind::Periodic);
                let next = checked(&["r: never { a and b }"]);
                engine.replace_rules(next, at(1)).unwrap();
                let fresh = Engine::new(
                    checked(&["r: never { a and b }"]),
                    Settings::default(),
                    at(2),
                );
                let restored = fresh.unwrap().restore(&stored, at(2)).unwrap();
                assert!(restored.live_traces <= 1);
            },
        );
        engine.feed(&[span(1, 2, "b", 0, 1).under(1)], 1);
        assert_eq!(engine.told(), ["r violated"]);
    });
}

#[test]
fn state_is_restored_before_the_first_span_or_refused() {
    in_every_order(|| {
        let before = engine(&["r: never { a and b }"], Settings::default());
        before.feed(&[span(1, 1, "a", 0, 1)], 1);
        let stored = before.snapshot(SnapshotKind::Final);
        drop(before);
        let fresh = engine(&["r: never { a and b }"], Settings::default());
        let theirs = fresh.clone();
        let thread = spawn(move || theirs.feed(&[span(1, 2, "b", 0, 1).under(1)], 2));
        let restored = fresh.restore(&stored, at(2));
        thread.join().unwrap();
        let told = fresh.told();
        match restored {
            Ok(_) => assert_eq!(told, ["r violated"]),
            Err(_) => assert!(told.is_empty(), "{told:?}"),
        }
    });
}

#[test]
fn findings_are_taken_once() {
    in_every_order(|| {
        let engine = engine(&["r: never { a }"], Settings::default());
        engine.feed(&[span(1, 1, "a", 0, 1)], 1);
        let theirs = engine.clone();
        let thread = spawn(move || theirs.take_findings(1).len());
        let ours = engine.take_findings(1).len();
        assert_eq!(ours + thread.join().unwrap(), 1);
    });
}

#[test]
fn of_a_message_that_is_left_for_other_rules_each_span_counts_once() {
    in_every_order(|| {
        let engine = engine(&["old: never { a }"], Settings::default());
        side_by_side(
            &engine,
            |engine| engine.feed(&[span(1, 1, "a", 0, 1), span(2, 1, "a", 0, 1)], 1),
            |engine| {
                let next = checked(&["new: never { a }"]);
                engine.replace_rules(next, at(1)).unwrap();
            },
        );
        let (told, stats) = (engine.told(), engine.stats());
        assert_eq!((told.len(), stats.spans.evaluated), (2, 2), "{told:?}");
    });
}

#[test]
fn a_window_that_two_ticks_end_is_told_once() {
    in_every_order(|| {
        let engine = engine(&["r: over 1s never { count(a) > 9 }"], Settings::default());
        engine.feed(&[span(1, 1, "a", 0, 1)], 1);
        engine.feed(&[span(2, 1, "a", 0, 1)], 1);
        // By the time of the one the window is there for traces that close now, by that of the other it is over.
        side_by_side(
            &engine,
            |engine| engine.tick(at(310_900)),
            |engine| engine.tick(at(311_000)),
        );
        engine.close_traces(at(311_000), CloseCause::EndOfInput);
        let told = engine.take_findings(usize::MAX);
        let counted = told
            .iter()
            .filter_map(|one| Some(one.window.as_ref()?.samples));
        let all = counted.sum::<u64>() + engine.stats().late_in_windows;
        assert!(told.len() <= 1 && all >= 2, "{all} in {told:?}");
    });
}

#[test]
fn what_a_window_came_to_is_counted_whole() {
    in_every_order(|| {
        let engine = engine(
            &["r: over 1s by user never { count(a) > 9 }"],
            Settings::default(),
        );
        for trace in 1..=2 {
            let user = trace.to_string();
            engine.feed(&[span(trace, 1, "a", 0, 1).text("user", &user)], 1);
        }
        engine.tick(at(20_000));
        side_by_side(
            &engine,
            |engine| engine.tick(at(311_000)),
            |engine| {
                let groups = &engine.stats().rules[0].windows;
                let samples: u64 = groups.iter().map(|group| group.samples).sum();
                assert!(samples == 0 || samples == 2, "{groups:?}");
            },
        );
        assert_eq!(engine.told(), ["r satisfied", "r satisfied"]);
    });
}
