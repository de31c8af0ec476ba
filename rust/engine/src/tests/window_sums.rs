//! What windows that are over came to: counters that several engines add up.

use std::collections::BTreeMap;

use betrace_lang::rule::Withheld;

use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::windows::sums::{IDLE_WINDOWS, NAMED_GROUPS, NAMED_OF_RULE};
use crate::{Engine, Settings, SnapshotKind, WindowSums};

/// When a window that began at zero is over, in milliseconds: ten seconds, the greatest age, the idle time.
const OVER: u64 = 10_000 + 310_000;

fn settings() -> Settings {
    Settings {
        restart_grace: false,
        ..Settings::default()
    }
}

fn engine(texts: &[&str]) -> Engine {
    Engine::new(rules(texts), settings(), at(0)).unwrap()
}

fn visit(trace: u32, start: u64, group: &str) -> TestSpan {
    let mut visit = span(1, 1, "visit", start, start + 2).text("group", group);
    visit.span.trace_id[..4].copy_from_slice(&trace.to_be_bytes());
    visit
}

/// The sums of a rule as `group samples/hits/unknown sum`.
fn sums(engine: &Engine, rule: usize) -> Vec<String> {
    let stats = engine.stats();
    stats.rules[rule].windows.iter().map(text).collect()
}

fn text(one: &WindowSums) -> String {
    let hits = one.hits.map_or("-".to_owned(), |hits| hits.to_string());
    let sum = one.sum.map_or(String::new(), |sum| format!(" {sum}"));
    format!(
        "{} {}/{hits}/{}{sum}",
        one.group.join(","),
        one.samples,
        one.unknown
    )
}

/// All traces close, and then all windows.
fn end(engine: &Engine) {
    engine.tick(at(100_000));
    engine.tick(at(2 * OVER));
}

#[test]
fn a_window_is_added_up_when_it_is_over_and_its_groups_stand_at_zero_before() {
    let engine = engine(&[
        "share: over 10s by group always { share(visit.where(ok == yes), visit) >= 50% }",
        "count: over 10s never { count(visit) > 100 }",
        "sum: over 10s by group never { sum(visit, span:duration) > 1m }",
        "avg: over 10s never { avg(visit, size) > 9 }",
        "traces: over 10s never { traces(visit.where(ok == yes)) > 9 }",
        "trace: never { count(visit) > 100 }",
    ]);
    assert_eq!(sums(&engine, 1), [" 0/-/0"]);
    assert_eq!(sums(&engine, 0), [""; 0]);
    let first = [
        visit(1, 0, "a").text("ok", "yes").int("size", 3),
        visit(2, 1, "a").text("ok", "no").int("size", 4),
        visit(3, 2, "b").text("ok", "yes"),
    ];
    engine.feed(&first, 10);
    engine.tick(at(20_000));
    assert_eq!(sums(&engine, 0), ["a 0/0/0", "b 0/0/0"]);
    engine.tick(at(OVER - 1));
    assert_eq!(sums(&engine, 0), ["a 0/0/0", "b 0/0/0"]);
    engine.tick(at(OVER));
    assert_eq!(sums(&engine, 0), ["a 2/1/0", "b 1/1/0"]);
    assert_eq!(sums(&engine, 1), [" 3/-/0"]);
    assert_eq!(sums(&engine, 2), ["a 2/-/0 0.004", "b 1/-/0 0.002"]);
    assert_eq!(sums(&engine, 3), [" 2/-/0 7"]);
    assert_eq!(sums(&engine, 4), [" 3/2/0"]);
    assert_eq!(sums(&engine, 5), [""; 0]);
    // The next window adds to them.
    engine.feed(&[visit(4, OVER, "b").text("ok", "no")], OVER);
    engine.tick(at(OVER + 100_000));
    engine.tick(at(3 * OVER));
    assert_eq!(sums(&engine, 0), ["a 2/1/0", "b 2/1/0"]);
    assert_eq!(sums(&engine, 4), [" 4/2/0"]);
}

#[test]
fn what_is_not_known_of_a_trace_is_counted_apart() {
    let engine = engine(&["r: over 10s always { share(not other and visit, visit) >= 50% }"]);
    engine.feed(&[visit(1, 0, "a"), visit(2, 0, "a").under(9)], 0);
    end(&engine);
    assert_eq!(sums(&engine, 0), [" 1/1/1"]);
}

#[test]
fn the_sums_of_parts_are_those_of_the_whole() {
    let texts = ["r: over 10s by group always { share(visit.where(ok == yes), visit) >= 50% }"];
    let all: Vec<TestSpan> = (0..600u32)
        .map(|trace| {
            let group = ["a", "b", "c"][trace as usize % 3];
            let ok = if trace % 7 == 0 { "no" } else { "yes" };
            visit(trace, u64::from(trace) * 50, group).text("ok", ok)
        })
        .collect();
    let told = |spans: &[TestSpan]| {
        let engine = engine(&texts);
        engine.feed(spans, 0);
        engine.tick(at(60_000));
        end(&engine);
        let mut all: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for one in &engine.stats().rules[0].windows {
            all.insert(one.group.join(","), (one.samples, one.hits.unwrap()));
        }
        all
    };
    let mut parts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for part in 0..3 {
        let own: Vec<TestSpan> = all.iter().skip(part).step_by(4).cloned().collect();
        let rest: Vec<TestSpan> = match part {
            2 => all.iter().skip(3).step_by(4).cloned().collect(),
            _ => Vec::new(),
        };
        for (group, (samples, hits)) in told(&[own, rest].concat()) {
            let sum = parts.entry(group).or_default();
            *sum = (sum.0 + samples, sum.1 + hits);
        }
    }
    assert_eq!(parts, told(&all));
    assert_eq!(parts["a"].0, 200);
}

/// Traces of so many groups, all in the first window.
fn groups(count: usize) -> Vec<TestSpan> {
    let all = 0..count as u32;
    all.map(|number| visit(number, 5, &format!("group {number:05}")))
        .collect()
}

#[test]
fn groups_have_names_to_the_most_and_are_counted_together_beyond() {
    for (count, named, rest) in [
        (NAMED_OF_RULE, NAMED_OF_RULE, 0),
        (NAMED_OF_RULE + 1, NAMED_OF_RULE, 1),
    ] {
        let engine = engine(&["r: over 10s by group never { count(visit) > 5 }"]);
        engine.feed(&groups(count), 0);
        end(&engine);
        let told = sums(&engine, 0);
        let mut others = told.iter().filter(|text| text.starts_with("_other "));
        assert_eq!(others.clone().count(), rest);
        assert_eq!(told.len() - rest, named);
        assert!(others.next_back().is_none_or(|text| text == "_other 1/-/0"));
    }
}

#[test]
fn all_rules_together_name_so_many_groups_and_not_one_more() {
    let texts: Vec<String> = (0..=NAMED_GROUPS / NAMED_OF_RULE)
        .map(|rule| format!("rule-{rule:02}: over 10s by group never {{ count(visit) > 5 }}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let engine = engine(&texts);
    engine.feed(&groups(NAMED_OF_RULE), 0);
    end(&engine);
    let stats = engine.stats();
    let all = stats.rules.iter().flat_map(|rule| &rule.windows);
    let (rest, named): (Vec<_>, Vec<_>) = all.partition(|one| one.group == ["_other"]);
    assert_eq!(named.len(), NAMED_GROUPS);
    // The last rule's are together.
    let rest: u64 = rest.iter().map(|one| one.samples).sum();
    assert_eq!(rest, NAMED_OF_RULE as u64);
}

#[test]
fn a_name_that_had_nothing_for_long_goes_to_another_group_and_not_before() {
    for (idle, has_name) in [(IDLE_WINDOWS - 1, false), (IDLE_WINDOWS, true)] {
        let engine = engine(&["r: over 10s by group never { count(visit) > 5 }"]);
        engine.feed(&groups(NAMED_OF_RULE), 0);
        let mut start = 0;
        for _ in 0..idle {
            engine.tick(at(start + 100_000));
            start += 2 * OVER;
            engine.tick(at(start));
            engine.feed(&[visit(start as u32, start, "group 00001")], start);
        }
        engine.tick(at(start + 100_000));
        start += 2 * OVER;
        engine.tick(at(start));
        engine.feed(&[visit(start as u32, start, "new")], start);
        engine.tick(at(start + 100_000));
        engine.tick(at(start + 2 * OVER));
        let told = sums(&engine, 0);
        let is_named = told.contains(&"new 1/-/0".to_owned());
        assert_eq!(is_named, has_name, "{idle}: {told:?}");
    }
}

#[test]
fn groups_that_are_withheld_are_counted_together_and_shown_nowhere() {
    let text = "r: over 10s by user.id, group never { count(visit) > 1 }";
    let withheld = Withheld::new(["user.*".to_owned()], 256);
    let rules = rules(&[text]).into_iter();
    let rules = rules.map(|rule| withheld.out_of(&rule));
    let engine = Engine::new(rules.collect(), settings(), at(0)).unwrap();
    let visits: Vec<TestSpan> = (0..4u32)
        .map(|trace| visit(trace, 0, "g").text("user.id", ["ann", "bob"][trace as usize % 2]))
        .collect();
    engine.feed(&visits, 0);
    end(&engine);
    assert_eq!(sums(&engine, 0), ["[withheld],g 4/-/0"]);
    let findings = engine.take_findings(9);
    // Ann and Bob have a violation each.
    assert_eq!(findings.len(), 2);
    assert_ne!(findings[0].trace_id, findings[1].trace_id);
    for finding in &findings {
        let window = finding.window.as_ref().unwrap();
        assert_eq!(window.group[0].1, "[withheld]");
        assert_eq!(window.group[1].1, "g");
        assert!(finding.message.starts_with("user.id [withheld], group g, "));
    }
}

#[test]
fn restored_groups_stand_at_zero_and_rules_that_go_take_their_sums_along() {
    let text = "r: over 10s by group never { count(visit) > 5 }";
    let before = engine(&[text]);
    before.feed(&[visit(1, 0, "a")], 0);
    before.tick(at(20_000));
    let after = engine(&[text]);
    let bytes = before.snapshot(SnapshotKind::Final);
    after.restore(&bytes, at(21_000)).unwrap();
    assert_eq!(sums(&after, 0), ["a 0/-/0"]);
    after.tick(at(OVER));
    assert_eq!(sums(&after, 0), ["a 1/-/0"]);
    after
        .replace_rules(rules(&[text, "s: never { x }"]), at(OVER))
        .unwrap();
    assert_eq!(sums(&after, 0), ["a 1/-/0"]);
    let other = "r: over 10s by group never { count(visit) > 6 }";
    after.replace_rules(rules(&[other]), at(OVER)).unwrap();
    assert_eq!(sums(&after, 0), [""; 0]);
}
