//! Verdicts of an engine over small traces: early, late, at the close, and at the limits.

use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::{CloseCause, Completeness, Engine, Report, Settings};

fn settings() -> Settings {
    Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    }
}

fn engine(texts: &[&str], settings: Settings) -> Engine {
    Engine::new(rules(texts), settings, at(0)).unwrap()
}

fn closed(engine: &Engine) -> Vec<String> {
    engine.close_traces(at(100_000), CloseCause::EndOfInput);
    engine.told()
}

#[test]
fn presence_fires_at_once_and_once() {
    let engine = engine(&["r: never { bad }"], settings());
    engine.feed(&[span(1, 1, "ok", 0, 10)], 10);
    assert!(engine.told().is_empty());
    engine.feed(&[span(1, 2, "bad", 0, 10).under(1)], 20);
    assert_eq!(engine.told(), ["r violated"]);
    engine.feed(&[span(1, 3, "bad", 0, 10).under(1)], 30);
    assert!(engine.told().is_empty());
    assert!(closed(&engine).is_empty());
    let stats = engine.stats();
    assert_eq!(stats.rules[0].violated, 1);
    assert_eq!(stats.rules[0].violations, 1);
    assert_eq!(stats.rules[0].spans_matched, 2);
    assert_eq!(stats.spans.evaluated, 3);
}

#[test]
fn absence_waits_for_the_close() {
    let engine = engine(&["r: when { charge } always { check }"], settings());
    engine.feed(
        &[
            span(1, 1, "root", 0, 50),
            span(1, 2, "charge", 0, 10).under(1),
        ],
        10,
    );
    engine.feed(
        &[
            span(2, 1, "root", 0, 50),
            span(2, 2, "charge", 0, 10).under(1),
            span(2, 3, "check", 0, 10).under(1),
        ],
        10,
    );
    engine.feed(&[span(3, 1, "root", 0, 50)], 10);
    assert!(engine.told().is_empty());
    engine.tick(at(10_009));
    assert!(engine.told().is_empty());
    engine.tick(at(10_010));
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["r not_applicable", "r satisfied", "r violated"]);
}

#[test]
fn untouched_rules_are_counted_without_being_looked_at() {
    let engine = engine(
        &[
            "absent: when { a } always { b }",
            "never: never { a }",
            "always: always { a }",
        ],
        Settings {
            report: Report::Violations,
            ..settings()
        },
    );
    engine.feed(&[span(1, 1, "x", 0, 1)], 1);
    engine.feed(&[span(2, 1, "x", 0, 1).under(9)], 1);
    engine.feed(&[span(3, 1, "a", 0, 1)], 1);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(
        told,
        ["absent violated", "always violated", "never violated"]
    );
    let stats = engine.stats();
    let of = |at: usize| {
        let rule = &stats.rules[at];
        (
            rule.violated,
            rule.satisfied,
            rule.not_applicable,
            rule.inconclusive[0],
        )
    };
    assert_eq!(of(0), (1, 0, 1, 1));
    assert_eq!(of(1), (1, 1, 0, 1));
    assert_eq!(of(2), (1, 1, 0, 1));
}

#[test]
fn counts_and_measures_are_bounds_until_the_close() {
    let engine = engine(
        &[
            "count: never { count(q) > 2 }",
            "few: never { count(q) < 2 }",
            "sum: never { sum(q, n) > 5 }",
            "max: never { max(q, n) > 3 }",
            "avg: never { avg(q, n) >= 2 }",
            "distinct: never { distinct(q, n) >= 3 }",
        ],
        settings(),
    );
    engine.feed(
        &[
            span(1, 1, "root", 0, 50),
            span(1, 2, "q", 0, 1).under(1).int("n", 1),
        ],
        1,
    );
    assert!(engine.told().is_empty());
    engine.feed(&[span(1, 3, "q", 0, 1).under(1).int("n", 4)], 1);
    assert_eq!(engine.told(), ["max violated"]);
    engine.feed(&[span(1, 4, "q", 0, 1).under(1).text("n", "2.5")], 1);
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["count violated", "distinct violated"]);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(told, ["avg violated", "few satisfied", "sum violated"]);
}

/// By cells, where a name says which spans, and by members, where a relation does.
#[test]
fn what_is_made_of_fields_is_measured_as_a_field_is() {
    let of = |spans: &str| {
        [
            format!("sum: never {{ sum({spans}, n + m) > 5 }}"),
            format!("max: never {{ max({spans}, n - m) > 1 }}"),
            format!("min: never {{ min({spans}, length(s)) < 2 }}"),
            format!("time: never {{ max({spans}, n as ms) > 3ms }}"),
            format!("avg: always {{ avg({spans}, n + m) == 2.5 }}"),
        ]
    };
    for spans in ["q", "q inside root"] {
        let rules = of(spans);
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let engine = engine(&rules, settings());
        let q = |id, n| span(1, id, "q", 0, 1).under(1).int("n", n);
        engine.feed(
            &[
                span(1, 1, "root", 0, 50),
                q(2, 1).int("m", 1).text("s", "ab"),
                // It lacks one of the two: the other alone is nothing.
                q(3, 2).text("s", "é"),
            ],
            1,
        );
        assert_eq!(engine.told(), ["min violated"], "{spans}");
        engine.feed(&[q(4, 2).int("m", 0).text("s", "abc")], 1);
        assert_eq!(engine.told(), ["max violated"], "{spans}");
        engine.feed(&[q(5, 4).text("m", "-1")], 1);
        assert_eq!(engine.told(), ["time violated"], "{spans}");
        let mut told = closed(&engine);
        told.sort();
        // 2, 2 and 3.
        assert_eq!(told, ["avg violated", "sum violated"], "{spans}");
    }
}

#[test]
fn copies_count_once() {
    let engine = engine(&["r: never { count(q) > 1 }"], settings());
    let one = span(1, 1, "q", 0, 1).int("n", 1);
    engine.feed(&[one.clone(), one.clone()], 1);
    let mut other = one.clone();
    other.span.name = "p".to_owned();
    engine.feed(&[one.clone(), other], 1);
    let mut twin = one;
    twin.service = "billing".to_owned();
    let spans = engine.stats().spans;
    assert_eq!(
        (spans.evaluated, spans.duplicate, spans.conflict),
        (1, 2, 1)
    );
    assert!(engine.told().is_empty());
    engine.feed(&[twin], 1);
    assert_eq!(engine.told(), ["r violated"]);
}

/// What tells spans with one id apart is kept with the resource, and is another for another kind or service.
#[test]
fn copies_count_once_however_often_their_resources_come() {
    let engine = engine(&["r: never { count(q) > 100 }"], settings());
    let of = |service: &str, kind| {
        let mut one = span(1, 1, "q", 0, 1);
        one.service = service.to_owned();
        one.span.kind = kind;
        one
    };
    let services = ["shop", "billing", "s", ""];
    let all: Vec<_> = services
        .iter()
        .flat_map(|service| (0..8).map(|kind| of(service, kind)))
        .collect();
    for (round, evaluated, duplicate) in [(1, 16, 0), (2, 32, 16), (3, 32, 48), (4, 32, 80)] {
        let count = if round == 1 { 16 } else { 32 };
        engine.feed(&all[..count], round);
        let spans = engine.stats().spans;
        let counts = (spans.evaluated, spans.duplicate, spans.conflict);
        assert_eq!(counts, (evaluated, duplicate, 0), "{round}");
    }
}

#[test]
fn completeness_decides_what_a_close_is_worth() {
    let make = |completeness| {
        engine(
            &["r: always { a }"],
            Settings {
                completeness,
                ..settings()
            },
        )
    };
    let rootless = [span(1, 2, "x", 0, 1).under(1)];
    let orphaned = [span(1, 1, "x", 0, 1), span(1, 3, "x", 0, 1).under(9)];
    for (completeness, spans, expected) in [
        (Completeness::Root, &rootless[..], "r inconclusive(no_root)"),
        (
            Completeness::Linked,
            &rootless[..],
            "r inconclusive(no_root)",
        ),
        (Completeness::Idle, &rootless[..], "r violated"),
        (Completeness::Root, &orphaned[..], "r violated"),
        (
            Completeness::Linked,
            &orphaned[..],
            "r inconclusive(orphan)",
        ),
        (Completeness::Idle, &orphaned[..], "r violated"),
    ] {
        let engine = make(completeness);
        engine.feed(spans, 1);
        assert_eq!(closed(&engine), [expected], "{completeness:?}");
    }
}

#[test]
fn age_and_shutdown_end_inconclusive() {
    let engine = engine(&["r: always { a }"], settings());
    engine.feed(&[span(1, 1, "x", 0, 1)], 0);
    for second in 1..=299 {
        engine.feed(&[span(1, 1, "x", 0, 1)], second * 1000);
        engine.tick(at(second * 1000));
    }
    assert!(engine.told().is_empty());
    engine.tick(at(300_000));
    assert_eq!(engine.told(), ["r inconclusive(evicted)"]);
    engine.feed(&[span(2, 1, "x", 0, 1)], 300_000);
    engine.close_traces(at(300_001), CloseCause::Shutdown);
    assert_eq!(engine.told(), ["r inconclusive(shutdown)"]);
}

#[test]
fn a_late_span_may_only_add_a_violation() {
    let engine = engine(
        &["never: never { bad }", "always: always { good }"],
        settings(),
    );
    engine.feed(&[span(1, 1, "x", 0, 1)], 0);
    engine.tick(at(10_000));
    assert_eq!(engine.told(), ["never satisfied", "always violated"]);
    engine.feed(
        &[
            span(1, 2, "good", 0, 1).under(1),
            span(1, 3, "bad", 0, 1).under(1),
        ],
        20_000,
    );
    assert_eq!(engine.told(), ["never violated"]);
    assert_eq!(engine.stats().spans.late, 2);
    // After the late window the id alone is kept, and the trace never looks whole again.
    engine.tick(at(70_000));
    assert_eq!(engine.stats().remembered_traces, 0);
    assert_eq!(engine.stats().forgotten_ids, 1);
    engine.feed(&[span(1, 4, "x", 0, 1)], 80_000);
    engine.tick(at(90_000));
    assert_eq!(
        engine.told(),
        ["never inconclusive(late)", "always inconclusive(late)"]
    );
    engine.tick(at(10_000_000));
    assert_eq!(engine.stats().forgotten_ids, 0);
}

#[test]
fn a_trace_from_before_the_start_is_inconclusive() {
    let engine = Engine::new(
        rules(&["r: always { a }"]),
        Settings {
            restart_grace: true,
            ..settings()
        },
        at(1000),
    )
    .unwrap();
    engine.feed(&[span(1, 1, "x", 999, 1001)], 1001);
    engine.feed(&[span(2, 1, "x", 1000, 1001)], 1001);
    engine.tick(at(60_000));
    let mut told = engine.told();
    told.sort();
    assert_eq!(told, ["r inconclusive(restart)", "r violated"]);
}

#[test]
fn the_limit_of_spans_holds_at_n_and_one_more() {
    let engine = engine(
        &["r: never { count(x) > 3 }"],
        Settings {
            spans_per_trace: 3,
            ..settings()
        },
    );
    for trace in [1, 2] {
        for id in 1..=3 {
            engine.feed(&[span(trace, id, "x", 0, 1)], 0);
        }
    }
    engine.feed(&[span(2, 4, "x", 0, 1), span(2, 1, "x", 0, 1)], 0);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(told, ["r inconclusive(span_limit)", "r satisfied"]);
    let spans = engine.stats().spans;
    assert_eq!(
        (spans.evaluated, spans.over_limit, spans.duplicate),
        (6, 1, 1)
    );
}

#[test]
fn a_trace_marked_as_partial_keeps_what_rests_on_absence_open() {
    let engine = engine(
        &["few: never { count(x) > 3 }", "some: never { x }"],
        settings(),
    );
    engine.feed(&[span(1, 1, "x", 0, 1), span(2, 1, "y", 0, 1)], 0);
    let id = |byte: u8| crate::TraceId([byte; 16]);
    assert!(engine.mark_partial(id(1)));
    assert!(!engine.mark_partial(id(3)), "no such trace");
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(
        told,
        [
            "few inconclusive(span_limit)",
            "few satisfied",
            "some satisfied",
            "some violated"
        ]
    );
    assert!(!engine.mark_partial(id(1)), "closed");
}

#[test]
fn spans_without_order_make_durations_open() {
    let engine = engine(
        &[
            "slow: never { x.where(span:duration > 1s) }",
            "x: always { x }",
        ],
        settings(),
    );
    engine.feed(&[span(1, 1, "x", 5, 6).skewed()], 0);
    assert_eq!(closed(&engine), ["slow inconclusive(skew)", "x satisfied"]);
}

#[test]
fn an_exception_holds_a_rule_back() {
    let engine = engine(&["r: never { bad } | exceptions: [test]"], settings());
    engine.feed(&[span(1, 1, "bad", 0, 1)], 0);
    engine.feed(
        &[span(2, 1, "bad", 0, 1), span(2, 2, "test", 0, 1).under(1)],
        0,
    );
    assert!(engine.told().is_empty());
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(told, ["r not_applicable", "r violated"]);
}

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
fn ancestry_is_known_once_it_leads_to_a_root() {
    let rule = "r: when each { query as p } never { p inside loop }";
    let engine = engine(&[rule], settings());
    engine.feed(&[span(1, 3, "query", 2, 3).under(2)], 0);
    engine.feed(&[span(1, 1, "loop", 0, 9)], 0);
    assert!(engine.told().is_empty());
    engine.feed(&[span(1, 2, "step", 1, 8).under(1)], 0);
    assert_eq!(engine.told(), ["r violated"]);
    engine.feed(
        &[span(2, 1, "loop", 0, 9), span(2, 3, "query", 2, 3).under(7)],
        0,
    );
    assert_eq!(closed(&engine), ["r inconclusive(orphan)"]);
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

#[test]
fn a_clock_that_goes_back_closes_nothing() {
    let engine = engine(&["r: always { a }"], settings());
    engine.feed(&[span(1, 1, "x", 0, 1)], 5000);
    engine.tick(at(0));
    engine.feed(&[span(1, 2, "x", 0, 1)], 0);
    engine.tick(at(14_999));
    assert!(engine.told().is_empty());
    engine.tick(at(15_000));
    assert_eq!(engine.told(), ["r violated"]);
}

#[test]
fn a_changed_rule_sees_live_traces_as_incomplete() {
    let kept = "kept: always { a }";
    let engine = engine(&[kept], settings());
    engine.feed(&[span(1, 1, "x", 0, 1)], 0);
    let next = ["added: always { a }", kept, "presence: never { bad }"];
    engine.replace_rules(rules(&next), at(1)).unwrap();
    engine.feed(
        &[span(1, 2, "bad", 0, 1).under(1), span(2, 1, "x", 0, 1)],
        2,
    );
    assert_eq!(engine.told(), ["presence violated"]);
    let mut told = closed(&engine);
    told.sort();
    assert_eq!(
        told,
        [
            "added inconclusive(reload)",
            "added violated",
            "kept violated",
            "kept violated",
            "presence satisfied"
        ]
    );
}

#[test]
fn memory_sheds_the_oldest_as_inconclusive() {
    let engine = engine(
        &["r: always { a }"],
        Settings {
            memory_bytes: 64 << 10,
            shards: 1,
            ..settings()
        },
    );
    for trace in 0..=255u8 {
        for low in 1..=4u8 {
            let mut one = span(1, 1, "x", 0, 1);
            one.span.trace_id[0] = trace;
            one.span.trace_id[1] = low;
            engine.feed(&[one], u64::from(trace));
        }
    }
    let stats = engine.stats();
    assert!(stats.memory_bytes <= 64 << 10, "{}", stats.memory_bytes);
    assert!(stats.shed_traces > 500, "{}", stats.shed_traces);
    let told = engine.told();
    assert_eq!(told.len() as u64, stats.shed_traces);
    assert!(told.iter().all(|told| told == "r inconclusive(memory)"));
    let number_of_live = stats.live_traces;
    assert_eq!(closed(&engine).len() as u64, number_of_live);
}

#[test]
fn a_trace_whose_spans_name_no_end_has_no_say_in_the_delay() {
    let engine = engine(&["r: always { a }"], settings());
    engine.feed(&[span(1, 1, "x", 5, 6).skewed()], 0);
    engine.feed(&[span(2, 1, "x", 0, 1)], 0);
    engine.tick(at(10_000));
    let delay = engine.stats().decision_delay;
    assert_eq!(delay.counts.iter().sum::<u64>(), 1);
    assert!((delay.sum - 9.999).abs() < 1e-6, "{}", delay.sum);
}
