//! What the engine keeps of one trace, each bound at its value and one beyond it: at the value all is known, beyond it the
//! lower bound stands and the rest is open. The table in docs/testing.md lists every limit with its test.

use betrace_lang::verdict::Verdict;

use crate::finding::EVIDENCE_CAP;
use crate::state::cell::RECORD_CAP;
use crate::state::kept::VALUE_BYTES;
use crate::state::key::KEY_CAP;
use crate::state::texts::NAME_BYTES;
use crate::tests::hostile::{numbered, steps};
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::{Engine, Finding, Report, Settings};

const SATISFIED: Option<Verdict> = Some(Verdict::Satisfied);
const VIOLATED: Option<Verdict> = Some(Verdict::Violated);

/// The findings of a rule about a trace that closes.
fn findings(rule: &str, spans: &[TestSpan]) -> Vec<Finding> {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&[rule]), settings, at(0)).unwrap();
    engine.feed(spans, 0);
    engine.tick(at(20_000));
    engine.take_findings(usize::MAX)
}

fn verdict(rule: &str, spans: &[TestSpan]) -> Option<Verdict> {
    steps(rule, spans).1
}

/// Roots with a value of their own each.
fn distinct(count: usize) -> Vec<TestSpan> {
    (1..=count as u64)
        .map(|id| numbered(id, 0, "a", 0).int("n", id as i64))
        .collect()
}

#[test]
fn distinct_values_are_counted_to_the_cap_and_bounded_below_beyond_it() {
    let (full, beyond) = (distinct(KEY_CAP), distinct(KEY_CAP + 1));
    let at_most = format!("r: always {{ distinct(a, n) <= {KEY_CAP} }}");
    assert_eq!(verdict(&at_most, &full), SATISFIED);
    assert_eq!(verdict(&at_most, &beyond), None);
    let at_least = format!("r: always {{ distinct(a, n) >= {KEY_CAP} }}");
    assert_eq!(verdict(&at_least, &beyond), SATISFIED);
}

#[test]
fn groups_are_kept_to_the_cap_and_open_beyond_it() {
    let rule = "r: never { count(a) by n > 1 }";
    assert_eq!(verdict(rule, &distinct(KEY_CAP)), SATISFIED);
    assert_eq!(verdict(rule, &distinct(KEY_CAP + 1)), None);
    let mut twice = distinct(KEY_CAP + 1);
    twice.push(numbered(9_999_999, 0, "a", 0).int("n", 1));
    assert_eq!(verdict(rule, &twice), VIOLATED, "of a group that is kept");
}

#[test]
fn records_of_a_selector_are_kept_to_the_cap_and_open_beyond_it() {
    let rule = "r: never { a after b }";
    let with_b = |count: usize| {
        let last = span(1, 1, "b", 1_000_000, 1_000_001);
        let mut spans = distinct(count);
        spans.push(last);
        spans
    };
    assert_eq!(verdict(rule, &with_b(RECORD_CAP)), SATISFIED);
    assert_eq!(verdict(rule, &with_b(RECORD_CAP + 1)), None);
}

#[test]
fn tuples_are_looked_at_to_the_cap_and_open_beyond_it() {
    let rule = "r: when each { a as p, b as q } always { c }";
    let pairs = |of_a: u64, of_b: u64| -> Vec<TestSpan> {
        let of = |name: &'static str, first: u64, count: u64| {
            (0..count).map(move |at| numbered(first + at, 0, name, 0))
        };
        let c = std::iter::once(numbered(1, 0, "c", 0));
        c.chain(of("a", 1_000, of_a))
            .chain(of("b", 2_000, of_b))
            .collect()
    };
    assert_eq!(verdict(rule, &pairs(256, 256)), SATISFIED);
    assert_eq!(verdict(rule, &pairs(256, 257)), None);
}

#[test]
fn values_are_compared_to_their_longest_and_open_beyond_it() {
    let rule = "r: when each { p as p } always { c.where(x == p.x) }";
    let of = |bytes: usize| {
        let text = "v".repeat(bytes);
        [
            numbered(1, 0, "p", 0).text("x", &text),
            numbered(2, 1, "c", 0).text("x", &text),
        ]
    };
    assert_eq!(verdict(rule, &of(VALUE_BYTES)), SATISFIED);
    assert_eq!(verdict(rule, &of(VALUE_BYTES + 1)), None);
}

#[test]
fn a_placeholder_shows_a_value_to_its_longest_and_cuts_it_beyond_between_characters() {
    let rule = "r: when each { p as p } never { p.where(exists(x)) } | message: 'it was {p.x}'";
    let message = |text: &str| {
        let spans = [numbered(1, 0, "p", 0).text("x", text)];
        findings(rule, &spans).remove(0).message
    };
    let longest = "v".repeat(256);
    assert_eq!(message(&longest), format!("it was {longest}"));
    assert_eq!(message(&format!("{longest}v")), format!("it was {longest}"));
    let torn = format!("{}é", "v".repeat(255));
    assert_eq!(message(&torn), format!("it was {}", "v".repeat(255)));
}

#[test]
fn evidence_names_spans_to_the_cap_and_counts_them_all() {
    let shown = |count: usize| {
        let found = findings("r: never { a }", &distinct(count)).remove(0);
        (found.evidence.len(), found.count)
    };
    assert_eq!(shown(EVIDENCE_CAP), (EVIDENCE_CAP, EVIDENCE_CAP as u64));
    assert_eq!(
        shown(EVIDENCE_CAP + 1),
        (EVIDENCE_CAP, EVIDENCE_CAP as u64 + 1)
    );
}

#[test]
fn a_name_is_shown_to_its_longest_and_selected_whole() {
    let shown = |bytes: usize| {
        let name = "n".repeat(bytes);
        let rule = "r: never { any.where(span:name matches \"^n+$\") }";
        let found = findings(rule, &[numbered(1, 0, &name, 0)]).remove(0);
        found.evidence[0].name.len()
    };
    assert_eq!(shown(NAME_BYTES), NAME_BYTES);
    assert_eq!(shown(NAME_BYTES + 1), NAME_BYTES);
}

#[test]
fn findings_wait_while_they_fit_and_are_counted_as_lost_beyond() {
    let one = findings("r: never { a }", &[numbered(1, 0, "a", 0)]).remove(0);
    let left = |queue_bytes: u64| {
        let settings = Settings {
            restart_grace: false,
            queue_bytes,
            ..Settings::default()
        };
        let engine = Engine::new(rules(&["r: never { a }"]), settings, at(0)).unwrap();
        engine.feed(&[numbered(1, 0, "a", 0)], 0);
        (
            engine.take_findings(usize::MAX).len(),
            engine.stats().lost_findings,
        )
    };
    assert_eq!(left(one.bytes()), (1, 0));
    assert_eq!(left(one.bytes() - 1), (0, 1));
}

/// One trace of a root `a`, and the engine's answer to what comes at `millis`.
fn after_a_tick(
    settings: Settings,
    tick: u64,
    late: TestSpan,
    millis: u64,
) -> (Engine, Vec<String>) {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..settings
    };
    let engine = Engine::new(rules(&["r: never { b }"]), settings, at(0)).unwrap();
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.tick(at(10_000));
    assert_eq!(engine.told(), ["r satisfied"]);
    engine.tick(at(tick));
    engine.feed(&[late], millis);
    let told = engine.told();
    (engine, told)
}

#[test]
fn a_trace_is_idle_at_its_idle_timeout_and_not_before() {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&["r: never { b }"]), settings, at(0)).unwrap();
    engine.feed(&[span(1, 1, "a", 0, 1)], 0);
    engine.tick(at(9_999));
    assert_eq!(engine.stats().live_traces, 1);
    engine.tick(at(10_000));
    assert_eq!(engine.stats().live_traces, 0);
}

#[test]
fn state_waits_for_late_spans_to_the_end_of_its_window() {
    let b = || span(1, 2, "b", 0, 1).under(1);
    // Closed at 10 s and kept for 60 s.
    let (engine, told) = after_a_tick(Settings::default(), 69_999, b(), 69_999);
    assert_eq!(
        (told, engine.stats().returned_traces),
        (vec!["r violated".to_owned()], 0)
    );
    let (engine, told) = after_a_tick(Settings::default(), 70_000, b(), 70_000);
    assert_eq!(
        (told, engine.stats().returned_traces),
        (vec!["r violated".to_owned()], 1)
    );
}
