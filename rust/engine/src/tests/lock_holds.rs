//! How much is done while a lock is held, whatever the calls and however many traces there are: nothing that grows with
//! them is done in one go. Counted, not timed: a unit is a thing looked at, moved, written or given back, of some
//! ten to a hundred nanoseconds.

use std::time::Duration;

use crate::sync::{most_work, most_work_of_readers, times_lent};
use crate::tests::floods::traces;
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, message, span};
use crate::{CloseCause, Engine, Settings, SnapshotKind};

/// So many traces lie behind one lock: more than may be looked at in one go.
const TRACES: u64 = 30_000;

/// What is done at most under a lock.
const WORK_AT_ONCE: usize = 10_000;

/// And before whoever waits for the rules has them.
const WORK_BY_THE_SAME_RULES: usize = 50_000;

const SECOND: u64 = 1_000;

fn engine(memory_bytes: u64) -> Engine {
    engine_of(&["r: always { b }"], memory_bytes)
}

fn engine_of(texts: &[&str], memory_bytes: u64) -> Engine {
    let settings = Settings {
        memory_bytes,
        shards: 1,
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

/// So many traces, all at once as far as the engine knows.
fn flood(engine: &Engine, millis: u64, change: impl Fn(&mut TestSpan)) {
    for part in 0..TRACES / 500 {
        let mut spans = traces(millis + part, 500);
        spans.iter_mut().for_each(&change);
        engine.feed(&spans, millis);
    }
}

fn held_for_little(what: &str) {
    let most = most_work();
    assert!(most <= WORK_AT_ONCE, "{what}: {most} under one lock");
}

/// What one evaluation may take, its argument included, and what may be done before it: steps of some ten nanoseconds.
const STEPS_AT_ONCE: usize = (3 << 18) + (1 << 17) + (1 << 16);

#[test]
fn no_call_does_much_under_one_lock_however_many_traces_there_are() {
    let engine = engine(64 << 20);
    flood(&engine, 0, |_| ());
    held_for_little("traces that open");
    assert_eq!(engine.stats().live_traces, TRACES);
    held_for_little("stats");
    let stored = engine.snapshot(SnapshotKind::Periodic);
    held_for_little("a snapshot");
    engine
        .replace_rules(rules(&["r: always { c }"]), at(1))
        .unwrap();
    held_for_little("other rules");
    // A second span each, so that every timer is looked at and put back.
    flood(&engine, 0, |span| {
        span.span.span_id = vec![2; 8];
    });
    engine.tick(at(9 * SECOND));
    held_for_little("further spans");
    engine.tick(at(12 * SECOND));
    assert_eq!(engine.stats().remembered_traces, TRACES);
    held_for_little("traces that close");
    engine.tick(at(80 * SECOND));
    assert_eq!(engine.stats().forgotten_ids, TRACES);
    held_for_little("traces that are forgotten");
    drop(engine.snapshot(SnapshotKind::Periodic));
    held_for_little("a snapshot of ids");
    engine.tick(at(2 * 3600 * SECOND));
    assert_eq!(engine.stats().forgotten_ids, 0);
    held_for_little("ids that are forgotten");
    let again = self::engine(64 << 20);
    again.restore(&stored, at(0)).unwrap();
    assert_eq!(again.stats().live_traces, TRACES);
    most_work();
    again.close_traces(at(1), CloseCause::Shutdown);
    assert_eq!(again.stats().remembered_traces, TRACES);
    held_for_little("a shutdown");
}

#[test]
fn nor_where_traces_wait_for_their_roots_or_memory_is_short() {
    let child = |span: &mut TestSpan| span.span.parent_span_id = vec![9; 8];
    let engine = engine(64 << 20);
    flood(&engine, 0, child);
    for second in [11, 22, 33] {
        engine.tick(at(second * SECOND));
        held_for_little("traces that wait");
    }
    assert_eq!(engine.stats().live_traces, TRACES);
    // All that wait are under way again, and are found so one after the other.
    flood(&engine, 0, |span| {
        child(span);
        span.span.span_id = vec![2; 8];
    });
    held_for_little("further spans");
    let engine = self::engine(3 << 20);
    for second in 0..4 {
        flood(&engine, second * 100_000, |_| ());
        held_for_little("traces that are shed");
    }
    assert!(engine.stats().shed_traces > TRACES);
    for second in [9_000, 9_100, 14_000] {
        engine.tick(at(second * SECOND));
        held_for_little("the end of a flood");
    }
    assert!(engine.stats().memory_bytes < 16 << 10);
}

/// To let a lock go and to take it again at once keeps it from whoever sleeps until it is free.
#[test]
fn who_waits_for_a_part_has_it_while_much_is_shed_there() {
    let engine = engine(12 << 20);
    flood(&engine, 0, |_| ());
    engine.tick(at(12 * SECOND));
    let before = engine.stats();
    times_lent();
    engine.feed(&traces(1_000, TRACES), 13 * SECOND);
    let lent = times_lent() as u64;
    let stats = engine.stats();
    let shed = before.remembered_traces - stats.remembered_traces;
    assert!(shed > TRACES / 4, "{shed} were shed");
    assert!(lent > shed / 20, "{lent} times for {shed} traces");
}

/// Every trace is a group of its own, of several rules and of windows that are all over at once.
#[test]
fn nor_where_windows_end_that_have_many_groups() {
    let texts = [
        "number: over 10s by user never { count(a) > 9 }",
        "others: over 10s by user never { count(a) > 9 * others }",
        "before: over 10s by user never { count(a) > 9 * before }",
    ];
    // A sixteenth of an eighth is one window's of one rule.
    let engine = engine_of(&texts, 2 << 30);
    let user = |span: &mut TestSpan| {
        let user = format!("{:?}", &span.span.trace_id[..8]);
        *span = span.clone().text("user", &user);
    };
    flood(&engine, 0, user);
    let mut next = traces(0, 500);
    for span in &mut next {
        user(span);
        span.span.trace_id[15] ^= 1;
        span.span.start_time_unix_nano = at(10 * SECOND).0;
        span.span.end_time_unix_nano = at(10 * SECOND + 1).0;
    }
    engine.feed(&next, 0);
    engine.tick(at(30 * SECOND));
    assert_eq!(engine.stats().open_windows, 2);
    held_for_little("traces that add to windows");
    let stored = engine.snapshot(SnapshotKind::Periodic);
    held_for_little("a snapshot of windows");
    engine
        .replace_rules(rules(&texts[1..]), at(31 * SECOND))
        .unwrap();
    held_for_little("rules over many traces that go");
    most_work_of_readers();
    {
        let _awaited = engine.rules.await_them();
        engine.tick(at(400 * SECOND));
    }
    held_for_little("windows that end");
    let readers = most_work_of_readers();
    assert!(
        readers <= WORK_BY_THE_SAME_RULES,
        "windows that end: {readers} by the same rules"
    );
    let stats = engine.stats();
    held_for_little("stats of windows");
    let told = stats
        .rules
        .iter()
        .map(|rule| rule.satisfied + rule.violated + rule.not_applicable);
    let told: u64 = told.sum();
    assert_eq!((stats.open_windows, told), (0, 2 * (TRACES + 500)));
    let again = engine_of(&texts, 2 << 30);
    again.restore(&stored, at(31 * SECOND)).unwrap();
    again.close_traces(at(32 * SECOND), CloseCause::EndOfInput);
    held_for_little("a shutdown with windows");
}

/// Of thousands of windows of rules that are over their bound none is looked at for those that come.
#[test]
fn nor_where_many_small_windows_of_many_rules_are_short_of_memory() {
    let texts: Vec<String> = (0..40)
        .map(|n| format!("{n}: over 1s by user never {{ count(a.where(n > {n})) > 9 }}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let engine = engine_of(&texts, 2 << 20);
    let mut spans = traces(1, 600);
    for (second, span) in (0..).zip(&mut spans) {
        let start = at(second / 2 * SECOND);
        span.span.start_time_unix_nano = start.0;
        span.span.end_time_unix_nano = start.0 + 1;
        *span = span.clone().text("user", "u").int("n", 99);
    }
    engine.feed(&spans, 0);
    most_work();
    engine.tick(at(20 * SECOND));
    held_for_little("windows that are emptied");
    engine.tick(at(300 * SECOND));
    let stats = engine.stats();
    assert_eq!(stats.open_windows, 300);
    assert!(stats.memory_bytes < 2 << 20, "{}", stats.memory_bytes);
    engine.close_traces(at(300 * SECOND), CloseCause::EndOfInput);
    held_for_little("emptied windows that end");
    let rules = engine.stats().rules;
    let by_reason = rules.iter().flat_map(|rule| rule.inconclusive);
    assert!(by_reason.sum::<u64>() > 0);
}

/// Each rule looks at all of its spans, more than once.
#[test]
fn nor_where_one_trace_is_large_and_many_rules_look_at_all_of_it() {
    for (what, rules, rule) in [
        (
            "rules about one",
            4,
            "r: when each { a.where(n != N) as p } never { b.where(k < p.k) inside p }",
        ),
        (
            "deadlines",
            4,
            "r: when each { a.where(n != N) as p } always { b.where(k < p.k) after p within Ns }",
        ),
        (
            "rules over many",
            400,
            "r: over 10s never { traces(count(b.where(k > N) inside a.where(k == 1)) > 7) > 5 }",
        ),
    ] {
        let texts: Vec<String> = (0..rules)
            .map(|n| format!("{n}{rule}").replace('N', &n.to_string()))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let engine = engine_of(&texts, 1 << 30);
        engine.feed(&large_trace(), 0);
        most_work();
        engine.tick(at(20 * SECOND));
        let most = most_work();
        assert!(most > STEPS_AT_ONCE / 100, "{what}: {most} steps are few");
        assert!(most <= STEPS_AT_ONCE, "{what}: {most} steps under one lock");
    }
}

fn large_trace() -> Vec<TestSpan> {
    (0..10_000_u32)
        .map(|n| {
            let mut one = span(1, 1, if n % 2 == 0 { "a" } else { "b" }, 0, 1)
                .int("n", 0)
                .int("k", i64::from(n));
            let id = |n: u32| u64::from(n).to_be_bytes().to_vec();
            one.span.span_id = id(n + 1);
            one.span.parent_span_id = id(n);
            one
        })
        .collect()
}

#[test]
fn a_span_costs_as_much_where_its_trace_is_large_as_where_it_is_small() {
    let engine = engine(64 << 20);
    let spans = large_trace();
    let mut most = Vec::new();
    for (number, some) in spans.chunks(50).enumerate() {
        most_work();
        engine.feed(some, number as u64);
        most.push(most_work());
    }
    // Now and then the trace moves into a larger block, or what is known of its ids grows.
    most[..10].sort_unstable();
    let last = most.len() - 20;
    most[last..].sort_unstable();
    let (small, large) = (most[5], most[last + 10]);
    assert!(small > 50 && large < 3 * small, "{small} and {large}");
}

/// What broken rules show is looked for among all that the trace notes, which is more the more rules there are.
#[test]
fn a_trace_that_breaks_many_rules_costs_what_it_breaks() {
    let work = |rules: usize| {
        let text = |n| {
            format!(
                "{n}: when each {{ a.where(n in [3, 1{n}]) as p }} never {{ a.where(n in [3, 2{n}]) }}"
            )
        };
        let texts: Vec<String> = (0..rules).map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let engine = engine_of(&texts, 64 << 20);
        let one = |id: u8| span(1, id, "a", 0, 1).int("n", 3);
        most_work_of_readers();
        engine.feed(&(1..7).map(one).collect::<Vec<_>>(), 0);
        engine.tick(at(20 * SECOND));
        assert_eq!(engine.take_findings(usize::MAX).len(), 6 * rules);
        most_work_of_readers()
    };
    let (few, more) = (work(100), work(400));
    assert!(few > 100, "{few}");
    assert!(more < 6 * few, "{few} with a quarter of the rules, {more}");
}

/// Whoever waits for the rules has those wait behind him who come later.
#[test]
fn no_call_keeps_the_rules_for_long_from_whoever_has_others() {
    let engine = engine(64 << 20);
    let all: Vec<TestSpan> = (0..TRACES / 500)
        .flat_map(|part| traces(part, 500))
        .collect();
    let one_call = |what: &str, call: &dyn Fn()| {
        most_work_of_readers();
        let awaited = engine.rules.await_them();
        call();
        drop(awaited);
        let most = most_work_of_readers();
        assert!(
            most <= WORK_BY_THE_SAME_RULES,
            "{what}: {most} by the same rules"
        );
    };
    one_call("a large message", &|| engine.feed(&all, 0));
    assert_eq!(engine.stats().spans.evaluated, TRACES);
    one_call("traces that close", &|| engine.tick(at(12 * SECOND)));
    assert_eq!(engine.stats().remembered_traces, TRACES);
    flood(&engine, 13 * SECOND, |_| ());
    one_call("a shutdown", &|| {
        engine.close_traces(at(14 * SECOND), CloseCause::Shutdown);
    });
    assert_eq!(engine.stats().remembered_traces, 2 * TRACES);
}

#[test]
fn a_message_that_is_left_before_its_end_is_gone_on_with_where_it_was_left() {
    let engine = engine(64 << 20);
    let all: Vec<TestSpan> = traces(1, 5_000);
    let whole = engine.consume(&message(&all), at(0)).unwrap();
    let other = self::engine(64 << 20);
    let awaited = other.rules.await_them();
    let parts = other.consume(&message(&all), at(0)).unwrap();
    drop(awaited);
    assert_eq!((whole, parts.spans), (parts, 5_000));
    let (whole, parts) = (engine.stats(), other.stats());
    assert_eq!(
        (whole.spans, whole.live_traces),
        (parts.spans, parts.live_traces)
    );
}

/// However long a piece of work with them is.
#[test]
fn who_waits_for_the_rules_lets_others_go_first_now_and_then() {
    let engine = engine(64 << 20);
    std::thread::scope(|scope| {
        let under_way = engine.rules.read();
        let change = scope.spawn(|| engine.replace_rules(rules(&["r: always { c }"]), at(1)));
        while !engine.rules.are_awaited() {
            std::thread::yield_now();
        }
        let (done, is_done) = std::sync::mpsc::channel();
        let engine = &engine;
        scope.spawn(move || {
            for part in 0..20 {
                engine.feed(&traces(part, 1), 0);
                std::thread::sleep(Duration::from_millis(1));
            }
            done.send(()).unwrap();
        });
        let went_on = is_done.recv_timeout(Duration::from_secs(60));
        drop(under_way);
        change.join().unwrap().unwrap();
        assert!(went_on.is_ok(), "others wait as long as the change does");
    });
    assert_eq!(engine.stats().spans.evaluated, 20);
}
