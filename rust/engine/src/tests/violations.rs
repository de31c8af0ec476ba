//! What a violation says: which part of a rule failed, by which spans, in which words, and how many times.

use crate::tests::spans::{at, span};
use crate::tests::verdicts::{closed, engine, settings};
use crate::{CloseCause, Report, Settings};

#[test]
fn the_failing_part_and_its_spans_are_named() {
    let engine = engine(
        &[
            "always: always { a and b and c }",
            "never: never { b or a or not d }",
        ],
        Settings {
            early: false,
            ..settings()
        },
    );
    engine.feed(&[span(1, 1, "a", 0, 5), span(1, 2, "c", 1, 9).under(1)], 0);
    engine.close_traces(at(50_000), CloseCause::EndOfInput);
    let findings = engine.take_findings(9);
    assert_eq!(&*findings[0].clause_text, "b");
    assert_eq!(findings[0].message, "rule always violated: always { b }");
    assert_eq!(findings[0].evidence.len(), 1);
    assert_eq!(findings[0].evidence[0].name, "a");
    assert_eq!(&*findings[1].clause_text, "a");
    assert_eq!(findings[1].evidence[0].role, crate::Role::Offender);
    assert_eq!(findings[1].end - findings[1].start, 5_000_000);
}

#[test]
fn a_message_speaks_of_the_spans_that_the_violation_shows() {
    let message = |text: &str| format!("message: \"{text}\"");
    let rules = [
        format!(
            "first: never {{ a.where(n > 1) }} | {}",
            message("{offender.s} of {offender.n}, {trigger.n}, {count}")
        ),
        format!(
            "when: when {{ a.where(n > 2) }} always {{ b }} | {}",
            message("{trigger.n} {trigger.span:duration} {offender.n}")
        ),
        format!(
            "absent: always {{ b }} | {}",
            message("{trigger.n} {trigger.span:name}")
        ),
        format!(
            "order: never {{ a then a }} | {}",
            message("{offender.n} {offender.resource.service.name}")
        ),
        format!(
            "more: never {{ count(root) < count(a) }} | {}",
            message("{witness.n} beside {offender.span:name}")
        ),
        format!(
            "each: when each {{ a.where(n == 3) as p }} never {{ a.where(n < p.n) before p }} | {}",
            message("{trigger.n} after {offender.n}, {witness.n}")
        ),
    ];
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let engine = engine(
        &rules,
        Settings {
            early: false,
            report: Report::Violations,
            ..settings()
        },
    );
    let of_a = |id: u8, start, n| span(1, id, "a", start, start + 5).under(1).int("n", n);
    // The lowest by (start, id) are shown first, in whatever order they come.
    let mut spans = vec![span(1, 1, "root", 0, 500).int("n", 7)];
    spans.extend((2..14).map(|id| of_a(id, 200 - 10 * u64::from(id), i64::from(id % 4))));
    engine.feed(&spans, 0);
    engine.close_traces(at(50_000), CloseCause::EndOfInput);
    let mut told: Vec<String> = engine
        .take_findings(99)
        .into_iter()
        .map(|finding| format!("{}: {}", finding.rule.id.0, finding.message))
        .collect();
    told.sort();
    told.dedup();
    assert_eq!(
        told,
        [
            "absent: 7 root",
            "each: 3 after 1, ?",
            "first: ? of 3, ?, 6",
            "more: 1 beside root",
            "order: 1 shop",
            "when: 3 5ms ?",
        ]
    );
}

#[test]
fn violations_of_a_rule_that_emits_none_are_counted_alone() {
    let engine = |keeps_counted| {
        let rules = [
            "counted: never { a } | emit: none",
            "each: when each { a as p } always { b after p } | emit: none",
            "sent: never { a } | emit: spans",
        ];
        let settings = Settings {
            keeps_counted,
            ..settings()
        };
        let engine = engine(&rules, settings);
        engine.feed(&[span(1, 1, "a", 0, 5), span(1, 2, "a", 1, 9)], 0);
        engine
    };
    let live = engine(false);
    assert_eq!(live.told(), ["sent violated"]);
    assert!(closed(&live).is_empty());
    let stats = live.stats();
    let counted: Vec<u64> = stats.rules.iter().map(|rule| rule.violations).collect();
    assert_eq!(counted, [1, 2, 1]);
    let kept = engine(true);
    let mut told = kept.told();
    told.extend(closed(&kept));
    told.sort();
    assert_eq!(
        told,
        [
            "counted violated",
            "each violated",
            "each violated",
            "sent violated"
        ]
    );
}

#[test]
fn each_bound_span_has_an_obligation() {
    let rule = "r: when each { pay as p } always { check.where(order == p.order) then p }";
    let engine = engine(&[rule], settings());
    engine.feed(
        &[
            span(1, 1, "root", 0, 100),
            span(1, 2, "check", 0, 10).under(1).int("order", 1),
            span(1, 3, "pay", 20, 30).under(1).int("order", 1),
            span(1, 4, "pay", 20, 30).under(1).int("order", 2),
            span(1, 5, "check", 40, 50).under(1).int("order", 2),
            span(1, 6, "pay", 60, 70).under(1).text("order", "1"),
        ],
        0,
    );
    assert!(engine.told().is_empty());
    engine.close_traces(at(50_000), CloseCause::EndOfInput);
    let findings = engine.take_findings(9);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].evidence[0].span_id.0, [4; 8]);
    assert_eq!(engine.stats().rules[0].violated, 1);
}

#[test]
fn obligations_beyond_the_cap_are_one_violation_with_the_total() {
    let engine = engine(&["r: when each { pay as p } always { check }"], settings());
    for (trace, spans) in [(1, 64), (2, 65)] {
        let spans: Vec<_> = (1..=spans)
            .map(|id| span(trace, id, "pay", u64::from(id), 200))
            .collect();
        engine.feed(&spans, 0);
    }
    engine.close_traces(at(50_000), CloseCause::EndOfInput);
    let findings = engine.take_findings(999);
    let counts = |trace: u8| {
        let of: Vec<u64> = findings
            .iter()
            .filter(|finding| finding.trace_id.0[0] == trace)
            .map(|finding| finding.count)
            .collect();
        (of.len(), of.last().copied())
    };
    assert_eq!(counts(1), (64, Some(1)));
    assert_eq!(counts(2), (65, Some(65)));
    let ids: std::collections::HashSet<_> = findings
        .iter()
        .map(|finding| finding.violation_id)
        .collect();
    assert_eq!(ids.len(), findings.len());
}
