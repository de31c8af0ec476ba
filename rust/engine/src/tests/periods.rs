//! What is told of a period: differences, and samples that do not hang on the order in which traces came.

use std::collections::HashSet;

use betrace_lang::rule::RuleId;

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::{CloseCause, Engine, Named, Period, Report, Settings, TraceId, VIOLATIONS_NAMED};

fn engine(texts: &[&str], samples: Option<u16>) -> Engine {
    let settings = Settings {
        restart_grace: false,
        kept_samples: samples,
        queue_bytes: u64::MAX,
        ..Settings::default()
    };
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

/// Traces of one span each, closed.
fn period(engine: &Engine, traces: impl IntoIterator<Item = u8>, name: &str) -> Period {
    for trace in traces {
        engine.feed(&[span(trace, 1, name, 0, 1)], 0);
    }
    engine.close_traces(at(1), CloseCause::EndOfInput);
    engine.take_period().unwrap()
}

const KEEPS: &str = "kept: when { a } never { b }";

#[test]
fn a_period_holds_what_happened_since_the_one_before() {
    let engine = engine(&[KEEPS], Some(2));
    for (traces, name) in [(1..4, "a"), (4..9, "c"), (9..11, "a")] {
        let count = traces.len() as u64;
        let period = period(&engine, traces, name);
        assert_eq!(period.closed_traces, count);
        assert_eq!(period.spans.evaluated, count);
        let rule = &period.rules[0];
        let kept = if name == "a" { count } else { 0 };
        assert_eq!((rule.kept, rule.counts.satisfied), (kept, kept));
        assert_eq!(rule.counts.not_applicable, count - kept);
        assert_eq!(rule.sample.len() as u64, kept.min(2));
    }
}

/// What is live and what came again is counted over all shards.
#[test]
fn a_period_says_what_is_under_way_in_every_shard() {
    let settings = Settings {
        restart_grace: false,
        kept_samples: Some(0),
        shards: 4,
        late_window: 0,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&[KEEPS]), settings, at(0)).unwrap();
    let feed = |traces: std::ops::Range<u8>, millis| {
        for trace in traces {
            engine.feed(&[span(trace, 1, "a", millis, millis + 1)], millis);
        }
    };
    feed(1..41, 0);
    let first = engine.take_period().unwrap();
    assert_eq!((first.live_traces, first.returned_traces), (40, 0));
    engine.close_traces(at(1), CloseCause::EndOfInput);
    // Nothing but the ids is remembered by now: half of them come again, and others beside them.
    engine.tick(at(3_600_000));
    feed(1..21, 3_600_001);
    feed(100..110, 3_600_002);
    let second = engine.take_period().unwrap();
    assert_eq!((second.live_traces, second.returned_traces), (30, 20));
    assert_eq!(second.closed_traces, 40);
}

#[test]
fn a_sample_is_the_same_in_whatever_order_traces_come() {
    let sample = |traces: Vec<u8>| -> Vec<TraceId> {
        let period = period(&engine(&[KEEPS], Some(5)), traces, "a");
        period.rules[0].sample.clone()
    };
    let forward = sample((1..=200).collect());
    assert_eq!(forward.len(), 5);
    assert_eq!(sample((1..=200).rev().collect()), forward);
    assert_eq!(sample(forward.iter().map(|id| id.0[0]).collect()), forward);
    assert!(sample((1..=200).collect()).iter().any(|id| id.0[0] > 5));
    assert_eq!(sample((1..=5).collect()).len(), 5);
    assert_eq!(sample((1..=4).collect()).len(), 4);
}

#[test]
fn a_rule_that_no_span_had_to_do_with_is_satisfied_and_not_kept() {
    let engine = engine(&["clean: never { x }"], Some(2));
    let period = period(&engine, 1..4, "a");
    assert_eq!(period.rules[0].counts.satisfied, 3);
    assert_eq!((period.rules[0].kept, period.rules[0].sample.len()), (0, 0));
}

#[test]
fn violations_are_named_up_to_a_number_and_all_counted() {
    let engine = engine(
        &["clean: when each { any as a } never { a.where(span:name == x) }"],
        Some(0),
    );
    let of_one_trace = 40;
    let traces = (VIOLATIONS_NAMED / of_one_trace + 1) as u8;
    for trace in 1..=traces {
        let spans: Vec<_> = (1..=of_one_trace as u8)
            .map(|id| span(trace, id, "x", 0, 1))
            .collect();
        engine.feed(&spans, 0);
    }
    engine.close_traces(at(1), CloseCause::EndOfInput);
    let period = engine.take_period().unwrap();
    assert_eq!(period.violations.len(), VIOLATIONS_NAMED);
    let total = u64::from(traces) * of_one_trace as u64;
    assert_eq!(period.violations_total, total);
    assert_eq!(period.violations[0].rule, RuleId("clean".into()));
    assert!(engine.take_period().unwrap().violations.is_empty());
}

/// Most rules are not asked at a close, because what they say follows from it; what is noted of them must be the same.
#[test]
fn a_rule_is_kept_alike_whether_it_is_asked_or_not() {
    let texts: Vec<String> = [
        "never { a }",
        "never { a and b }",
        "never { a or b }",
        "never { count(a) > 2 }",
        "never { count(a) > 2 and b }",
        "always { count(a) < 3 and not b }",
        "always { a }",
        "always { a or b }",
        "never { a before b }",
        "never { distinct(a, x) > 1 or a before b }",
        "never { count(a) by x > 1 }",
        "when { a } always { b }",
        "when { not a } never { b }",
        "when { a } never { b } | exceptions: [c]",
        "never { a } | exceptions: [b]",
        "when each { a as p } always { b after p }",
        "when each { a as p } never { b inside p } | exceptions: [c]",
        "always { trace:spanCount < 9 }",
        "never { a and trace:spanCount > 3 }",
        "never { a and b } | completeness: idle",
        "never { a and b } | completeness: linked",
        "always { a } | completeness: idle",
    ]
    .iter()
    .enumerate()
    .map(|(number, text)| format!("r{number}: {text}"))
    .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let noted = |report| {
        let settings = Settings {
            restart_grace: false,
            kept_samples: Some(8),
            report,
            // What one rule costs is taken from no other.
            shares_work: false,
            ..Settings::default()
        };
        let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
        for number in 0..=255u8 {
            // The lowest bits say which spans there are, the highest whether a root and every parent.
            let mut spans = Vec::new();
            for (bit, name) in (0u8..).zip(["a", "a", "a", "b", "b", "c"]) {
                if number >> bit & 1 == 1 {
                    let start = u64::from(bit * 10);
                    let one = span(number, bit + 2, name, start, start + 5);
                    spans.push(
                        one.under(1 + number / 128 * 20)
                            .int("x", i64::from(bit / 2)),
                    );
                }
            }
            if number / 64 != 1 {
                spans.push(span(number, 1, "root", 0, 99));
            }
            engine.feed(&spans, 0);
        }
        engine.close_traces(at(1), CloseCause::EndOfInput);
        let period = engine.take_period().unwrap();
        let rules = period.rules.into_iter();
        rules
            .map(|one| (one.rule.id.0.clone(), one.kept, one.excused, one.sample))
            .collect::<Vec<_>>()
    };
    let asked = noted(Report::All);
    assert!(
        asked.iter().filter(|one| one.1 > 0).count() > 15,
        "{asked:?}"
    );
    assert!(asked.iter().any(|one| one.2 > 0));
    assert_eq!(noted(Report::Violations), asked);
    assert_eq!(noted(Report::Undecided), asked);
}

#[test]
fn violations_of_rules_that_send_no_spans_are_named_too() {
    let named = |emit: &str| -> Vec<Named> {
        let texts = [
            format!("each: when each {{ a as p }} always {{ b after p }} | emit: {emit}"),
            format!("one: never {{ a }} | emit: {emit}"),
        ];
        let engine = engine(&texts.each_ref().map(String::as_str), Some(0));
        let spans: Vec<_> = (1..=70).map(|id| span(1, id, "a", 0, 1)).collect();
        engine.feed(&spans, 0);
        engine.close_traces(at(1), CloseCause::EndOfInput);
        let period = engine.take_period().unwrap();
        assert_eq!(period.violations.len() as u64, period.violations_total);
        let found = engine.take_findings(usize::MAX).into_iter();
        let found: Vec<_> = found.map(|finding| finding.violation_id).collect();
        let ids: Vec<_> = period.violations.iter().map(|v| v.violation_id).collect();
        assert_eq!(found, if emit == "none" { Vec::new() } else { ids });
        period.violations
    };
    let sent = named("spans");
    // Sixty-four obligations, one for those beyond, and the other rule.
    assert_eq!(sent.len(), 66);
    assert_eq!(named("none"), sent);
    let distinct: HashSet<_> = sent.iter().map(|one| one.violation_id).collect();
    assert_eq!(distinct.len(), sent.len());
}

#[test]
fn rules_that_went_are_told_of_once_and_before_those_that_came() {
    let engine = engine(&[KEEPS, "gone: never { x }"], Some(2));
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.close_traces(at(1), CloseCause::EndOfInput);
    for round in 0..10 {
        engine
            .replace_rules(rules(&[KEEPS]), at(10 + round))
            .unwrap();
    }
    let first = engine.take_period().unwrap();
    // Of ten there was room for eight.
    assert_eq!((first.replaced, first.periods_lost), (Some(at(12)), 2));
    for round in 3..10 {
        let next = engine.take_period().unwrap();
        assert_eq!(
            (next.replaced, next.periods_lost),
            (Some(at(10 + round)), 0)
        );
        assert_eq!(next.closed_traces, 0);
    }
    engine.feed(&[span(2, 1, "a", 20, 21)], 20);
    engine.close_traces(at(30), CloseCause::EndOfInput);
    let present = engine.take_period().unwrap();
    assert_eq!((present.replaced, present.closed_traces), (None, 1));
    assert_eq!((present.rules.len(), present.rules[0].kept), (1, 1));
}

#[test]
fn what_an_exception_excused_is_counted() {
    for text in [
        "r: when { a } always { b } | exceptions: [e]",
        "r: when each { a as p } always { b } | exceptions: [e]",
        "r: when each { a as p } always { b } | exceptions: [e inside p]",
    ] {
        let engine = engine(&[text], Some(1));
        engine.feed(&[span(1, 1, "a", 0, 9), span(1, 2, "e", 1, 2).under(1)], 0);
        engine.feed(&[span(2, 1, "a", 0, 9), span(2, 2, "b", 1, 2).under(1)], 0);
        engine.close_traces(at(1), CloseCause::EndOfInput);
        // Without an `a` there is nothing to excuse.
        engine.feed(&[span(3, 1, "e", 0, 9)], 0);
        engine.close_traces(at(1), CloseCause::EndOfInput);
        let rule = &engine.take_period().unwrap().rules[0];
        assert_eq!((rule.excused, rule.kept), (1, 1), "{text}");
    }
}

#[test]
fn nothing_is_noted_where_nobody_asks() {
    let engine = engine(&[KEEPS], None);
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.close_traces(at(1), CloseCause::EndOfInput);
    assert!(engine.take_period().is_none());
}

#[test]
fn groups_of_windows_count_as_traces_do_and_their_violations_have_names() {
    let engine = engine(
        &[
            "few: over 10s by g never { count(a) > 1 }",
            "other: over 10s never { count(c) > 1 }",
        ],
        Some(2),
    );
    let spans: Vec<_> = [(1, "x"), (2, "x"), (3, "y")]
        .into_iter()
        .map(|(trace, group)| span(trace, 1, "a", 0, 1).text("g", group))
        .collect();
    engine.feed(&spans, 0);
    engine.tick(at(20_000));
    // The trace that crosses the bound is told of at once.
    let open = engine.take_period().unwrap();
    assert_eq!((open.rules[0].kept, open.rules[0].counts.violated), (0, 1));
    assert_eq!(open.violations.len() as u64, open.violations_total);
    let found = engine.take_findings(9);
    assert_eq!(open.violations[0].trace_id, found[0].trace_id);
    assert_eq!(open.violations[0].violation_id, found[0].violation_id);
    engine.tick(at(600_000));
    let over = engine.take_period().unwrap();
    assert_eq!((over.rules[0].kept, over.rules[0].counts.satisfied), (1, 1));
    assert_eq!(over.rules[0].sample, []);
    // Nothing of the kind happened.
    assert_eq!((over.rules[1].kept, over.rules[1].counts.satisfied), (0, 1));
}
