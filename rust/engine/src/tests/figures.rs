//! What the engine counts: spans that are none, memory and its bound, and what is shed at the bound.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::tests::rules::rules;
use crate::tests::spans::{at, message, span};
use crate::{CloseCause, ConsumeError, Engine, Evidence, Finding, OverWindow};
use crate::{PlanError, Report, RuleStats, Settings};

fn with_memory(memory_bytes: u64) -> Engine {
    let settings = Settings {
        memory_bytes,
        shards: 1,
        seed: 1,
        ..Settings::default()
    };
    Engine::new(rules(&["r: when { a } always { b }"]), settings, at(0)).unwrap()
}

#[test]
fn a_span_without_ids_is_counted_and_not_evaluated() {
    let engine = with_memory(1 << 20);
    let mut without = span(1, 1, "a", 0, 1);
    without.span.span_id.clear();
    engine.feed(&[without.clone(), span(1, 2, "a", 0, 1), without], 0);
    let spans = engine.stats().spans;
    assert_eq!((spans.malformed, spans.evaluated), (2, 1));
}

#[test]
fn the_bound_of_memory_is_told_beside_what_is_held() {
    let stats = with_memory(7 << 20).stats();
    assert_eq!(stats.memory_limit_bytes, 7 << 20);
    assert!(stats.memory_bytes < 1 << 20);
}

#[test]
fn traces_that_just_fit_their_bound_are_kept_and_one_byte_less_sheds() {
    let held = |engine: &Engine| {
        for trace in 1..=200 {
            engine.feed(&[span(trace, 1, "a", 0, 1)], 0);
        }
        engine.stats()
    };
    let bytes = held(&with_memory(64 << 20)).memory_bytes;
    // A part of all is for ids: the least bound of which the rest is what is held.
    let of = |memory_bytes| Settings {
        memory_bytes,
        ..Settings::default()
    };
    let bound = (bytes..).find(|bound| of(*bound).trace_bytes() >= bytes);
    let bound = bound.unwrap();
    assert_eq!(of(bound).trace_bytes(), bytes);
    assert_eq!(held(&with_memory(bound)).shed_traces, 0);
    let less = (0..bound).rev();
    let less = less
        .into_iter()
        .find(|less| of(*less).trace_bytes() < bytes);
    assert!(held(&with_memory(less.unwrap())).shed_traces > 0);
}

#[test]
fn what_follows_a_field_of_the_wrong_kind_is_not_read_and_what_stood_before_it_is() {
    let engine = with_memory(1 << 20);
    let mut otlp = message(&[span(1, 1, "a", 0, 1)]);
    let more = message(&[span(1, 2, "a", 0, 1)]);
    let more = ExportTraceServiceRequest::decode(&*more).unwrap();
    // `resource_spans` as a number, and behind its tag what could be the message itself.
    otlp.push(1 << 3);
    otlp.extend(more.resource_spans[0].encode_to_vec());
    assert!(engine.consume(&otlp, at(0)).is_err());
    assert_eq!(engine.stats().spans.evaluated, 1);
}

#[test]
fn what_is_refused_says_why() {
    let otlp = ConsumeError {
        offset: 7,
        message: "a varint that does not end".to_owned(),
    };
    assert_eq!(otlp.to_string(), "byte 7: a varint that does not end");
    let plan = PlanError {
        rule: "slow".to_owned(),
        message: "too large".to_owned(),
    };
    assert_eq!(plan.to_string(), "rule slow: too large");
}

#[test]
fn comparisons_of_unlike_values_are_counted_from_one_message_to_the_next() {
    let settings = Settings {
        shards: 1,
        ..Settings::default()
    };
    let texts = ["r: never { a.where(x > 3) }", "s: never { a.where(y > 3) }"];
    let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
    let spans = [1, 2, 3].map(|id| span(1, id, "a", 0, 1).text("x", "many"));
    engine.feed(&spans[..2], 0);
    engine.feed(&spans[2..], 0);
    let unknown: Vec<u64> = engine
        .stats()
        .rules
        .iter()
        .map(|rule| rule.comparisons_unknown)
        .collect();
    assert_eq!(unknown, [3, 0]);
}

#[test]
fn what_rules_came_to_is_counted_on_when_they_are_loaded_again() {
    let texts = [
        "broken: never { a }",
        "kept: never { b }",
        "not-asked: when { b } always { a }",
        "open: always { c }",
    ];
    let settings = Settings {
        restart_grace: false,
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
    // The first is complete, the second has lost its root, the third is told late of what it lacked.
    engine.feed(&[span(1, 1, "a", 0, 1), span(2, 1, "a", 0, 1).under(9)], 0);
    engine.tick(at(60_000));
    engine.feed(&[span(1, 2, "b", 0, 1).under(1)], 60_001);
    let shown = |rule: &RuleStats| {
        let inconclusive: u64 = rule.inconclusive.iter().sum();
        let verdicts = (
            rule.violated,
            rule.satisfied,
            rule.not_applicable,
            inconclusive,
        );
        (
            rule.rule.clone(),
            verdicts,
            rule.violations,
            rule.spans_matched,
        )
    };
    let all = |engine: &Engine| engine.stats().rules.iter().map(shown).collect::<Vec<_>>();
    let (before, severities) = (all(&engine), engine.stats().severities);
    assert!(before.iter().any(|rule| rule.1.0 > 0) && before.iter().any(|rule| rule.1.1 > 0));
    assert!(before.iter().any(|rule| rule.1.2 > 0) && before.iter().any(|rule| rule.1.3 > 0));
    for _ in 0..2 {
        engine.replace_rules(rules(&texts), at(60_002)).unwrap();
        assert_eq!(all(&engine), before);
        assert_eq!(engine.stats().severities, severities);
    }
    // Those of a rule that is gone stay among its severity's.
    engine
        .replace_rules(rules(&texts[..1]), at(60_003))
        .unwrap();
    assert_eq!(all(&engine), before[..1]);
    assert_eq!(engine.stats().severities, severities);
}

/// What one finding weighs, by what it shows: the bound of a queue of them is only as good.
#[test]
fn a_finding_weighs_what_it_shows() {
    let weigh = |rule: &str, name: &str, spans: u8| {
        let engine = Engine::new(rules(&[rule]), Settings::default(), at(0)).unwrap();
        let spans: Vec<_> = (1..=spans)
            .map(|id| span(1, id, name, 0, 1).text("group", name))
            .collect();
        engine.feed(&spans, 0);
        engine.close_traces(at(1), CloseCause::EndOfInput);
        let found = engine.take_findings(9);
        assert_eq!(found.len(), 1, "{rule}");
        found[0].bytes() as usize
    };
    let long = "x".repeat(200);
    let is_near = |found: usize, right: usize, what: &str| {
        assert!(
            found >= right * 3 / 4 && found <= 2 * right + 64,
            "{what}: {found}, not {right}"
        );
    };
    let never = "r: never { any }";
    let one = weigh(never, "x", 1);
    assert!(one >= size_of::<Finding>() + size_of::<Evidence>());
    is_near(
        weigh(never, "x", 8) - one,
        7 * size_of::<Evidence>(),
        "evidence",
    );
    is_near(weigh(never, &long, 1) - one, 199, "a name");
    is_near(
        weigh(never, &long, 8) - weigh(never, "x", 8),
        8 * 199,
        "names",
    );
    let says = |text: &str| weigh(&format!("{never} | message: {text}"), "x", 1);
    is_near(says(&long) - says("x"), 199, "a message");
    let window = "r: over 10s by group never { count(any) > 0 }";
    let of_window = weigh(window, "x", 1);
    assert!(of_window >= size_of::<Finding>() + size_of::<OverWindow>());
    // The group stands in the message too.
    is_near(weigh(window, &long, 1) - of_window, 2 * 199, "a group");
}

#[test]
fn rules_have_the_same_figures_whatever_of_them_is_reported() {
    let texts = [
        "there: when { a } always { b }",
        "both: when { a and c } always { b and a }",
        "whenever: always { b }",
        "slow: when { a } always { b.where(span:duration > 5ms) }",
        "slow-when: when { a.where(span:duration > 5ms) } always { b }",
        "excused: when { a } always { b } | exceptions: [c]",
        "forbidden: when { a } never { c } always { b }",
        "of-trace: when { a } always { b and trace:spanCount > 2 }",
        "not: when { a } always { not b }",
        "either: when { a } always { b or c }",
        "counted: when { a } always { count(b) >= 1 }",
    ];
    let kinds = [
        span(1, 2, "a", 0, 10),
        span(1, 3, "b", 0, 10),
        span(1, 4, "c", 0, 10),
        span(1, 5, "a", 5, 6).skewed(),
        span(1, 6, "b", 5, 6).skewed(),
        // A root.
        span(1, 1, "root", 0, 20),
    ];
    let figures = |report, which: usize| -> Vec<RuleStats> {
        let settings = Settings {
            report,
            restart_grace: false,
            ..Settings::default()
        };
        let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
        let (root, others) = kinds.split_last().unwrap();
        let others = others.iter().map(|span| span.clone().under(1));
        let all = others.chain([root.clone()]).enumerate();
        let some = all.filter(|(number, _)| which >> number & 1 == 1);
        let spans: Vec<_> = some.map(|(_, span)| span).collect();
        engine.feed(&spans, 1);
        engine.close_traces(at(2), CloseCause::EndOfInput);
        engine.stats().rules
    };
    for which in 1..1 << kinds.len() {
        let all = figures(Report::All, which);
        for report in [Report::Violations, Report::Undecided] {
            assert_eq!(figures(report, which), all, "{which:b}");
        }
    }
}
