//! Rules over many traces at their bounds: which windows are asked for, how sure a share must be, which traces are shown, and what
//! windows hold in memory.

use crate::id::TraceId;
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, span};
use crate::windows::rule_window::RuleWindow;
use crate::{CloseCause, Engine, Finding, Report, Settings, Timestamp};

fn settings() -> Settings {
    Settings {
        report: Report::All,
        restart_grace: false,
        early: false,
        ..Settings::default()
    }
}

fn visit(trace: u8, start: u64) -> TestSpan {
    span(trace, 1, "visit", start, start + 1)
}

/// What is said of these traces when all of them have closed.
fn findings(rule: &str, settings: Settings, spans: &[TestSpan]) -> Vec<Finding> {
    let engine = Engine::new(rules(&[rule]), settings, at(0)).unwrap();
    engine.feed(spans, 0);
    engine.close_traces(at(0), CloseCause::EndOfInput);
    engine.take_findings(usize::MAX)
}

/// Each as `group verdict(reason)`, in the order of the groups.
fn verdicts(rule: &str, spans: &[TestSpan]) -> Vec<String> {
    let found = findings(rule, settings(), spans);
    let mut told: Vec<String> = found
        .iter()
        .map(|one| {
            let group = one.window.as_ref().unwrap().group.iter();
            let group: String = group.map(|(_, value)| format!("{value} ")).collect();
            let reason = one.reason.map_or("", |reason| reason.as_str());
            format!("{group}{} {reason}", one.verdict.as_str())
                .trim_end()
                .to_owned()
        })
        .collect();
    told.sort();
    told
}

#[test]
fn only_windows_that_are_asked_for_as_a_whole_are_told() {
    let spans = [
        visit(1, 5_000),
        visit(2, 12_000),
        visit(3, 22_000),
        visit(4, 31_000),
    ];
    let starts = |from: u64, to: u64| -> Vec<u64> {
        let asked = Settings {
            began_within: Some(at(from).0..=at(to).0 - 1),
            ..settings()
        };
        let found = findings("r: over 10s never { count(visit) > 1 }", asked, &spans);
        let mut starts: Vec<u64> = found
            .iter()
            .map(|one| (one.window.as_ref().unwrap().start - at(0).0) / 1_000_000)
            .collect();
        starts.sort_unstable();
        starts
    };
    assert_eq!(starts(0, 40_000), [0, 10_000, 20_000, 30_000]);
    assert_eq!(starts(10_000, 30_000), [10_000, 20_000]);
    assert_eq!(starts(10_001, 30_000), [20_000]);
    assert_eq!(starts(10_000, 29_999), [10_000]);
}

#[test]
fn a_trace_counts_up_to_its_greatest_age_ahead_of_the_clock_and_whenever_there_is_no_clock() {
    let counted = |now: Timestamp, start: u64| {
        let rule = rules(&["r: over 10s never { count(visit) > 9 }"]);
        let engine = Engine::new(rule, settings(), now).unwrap();
        let spans = [visit(1, start)];
        engine
            .consume(&crate::tests::spans::message(&spans), now)
            .unwrap();
        engine.close_traces(now, CloseCause::EndOfInput);
        (
            engine.take_findings(9).len(),
            engine.stats().late_in_windows,
        )
    };
    let most = settings().max_age / 1_000_000;
    assert_eq!(counted(at(0), most), (1, 0));
    assert_eq!(counted(at(0), most + 1), (0, 1));
    assert_eq!(counted(Timestamp(0), most + 1), (1, 0));
}

/// `count` visits of a group, of which so many are `bad`; traces from `first` on.
fn visits(first: u8, group: &str, count: u8, bad: u8) -> Vec<TestSpan> {
    let one = |at: u8| {
        let is_bad = if at < bad { "yes" } else { "no" };
        visit(first + at, 5)
            .text("group", group)
            .text("bad", is_bad)
    };
    (0..count).map(one).collect()
}

/// Of 15 in 20 a half is outside of the interval of Clopper and Pearson at 95 % (from 0.509 on), and inside at 99 % (from 0.433).
#[test]
fn a_share_is_as_sure_as_the_rule_asks() {
    let share = "never { share(visit.where(bad == yes), visit) > 50% }";
    let of = |confidence: &str| {
        let rule = format!("r: over 10s {confidence} {share}");
        verdicts(&rule, &visits(1, "a", 20, 15))
    };
    assert_eq!(of(""), ["violated"]);
    assert_eq!(of("with confidence 99%"), ["inconclusive too_few"]);
}

/// 15 in 20 are more than 9 in 20 as a number is; as two samples they may be of one share.
#[test]
fn a_share_that_others_have_is_a_sample_too() {
    let rule = |factor: &str| {
        format!(
            "r: over 10s by group never {{ share(visit.where(bad == yes), visit) > {factor} * others }}"
        )
    };
    let spans = |of_b| [visits(1, "a", 20, 15), visits(101, "b", 20, of_b)].concat();
    let told = |factor: &str, of_b: u8| verdicts(&rule(factor), &spans(of_b)).remove(0);
    assert_eq!(told("1", 9), "a inconclusive too_few");
    assert_eq!(told("1", 1), "a violated");
    // The factor is one of the share that is held against.
    assert_eq!(told("9", 1), "a inconclusive too_few");
}

/// Which of 30 traces are shown as examples of what breaks a rule.
fn shown(clause: &str, spans: &[TestSpan]) -> Vec<u8> {
    let found = findings(&format!("r: over 10s {clause}"), settings(), spans);
    assert_eq!(found[0].verdict.as_str(), "violated", "{clause}");
    let examples = found[0].window.as_ref().unwrap().exemplars.iter();
    let mut traces: Vec<u8> = examples.map(|(TraceId(id), _)| id[0]).collect();
    traces.sort_unstable();
    traces
}

#[test]
fn a_broken_window_shows_the_traces_that_speak_against_its_rule() {
    let spans: Vec<TestSpan> = (1..=30)
        .map(|trace| {
            let is_bad = if trace <= 12 { "yes" } else { "no" };
            visit(trace, 5)
                .text("bad", is_bad)
                .int("n", i64::from(trace))
        })
        .collect();
    let bad = shown(
        "never { share(visit.where(bad == yes), visit) > 0.1 }",
        &spans,
    );
    assert!(
        bad.len() == 10 && bad.iter().all(|trace| *trace <= 12),
        "{bad:?}"
    );
    let good = shown(
        "always { share(visit.where(bad == no), visit) >= 0.95 }",
        &spans,
    );
    assert!(
        good.len() == 10 && good.iter().all(|trace| *trace <= 12),
        "{good:?}"
    );
    let largest: Vec<u8> = (21..=30).collect();
    assert_eq!(shown("never { avg(visit, n) > 3 }", &spans), largest);
    let smallest: Vec<u8> = (1..=10).collect();
    assert_eq!(shown("always { avg(visit, n) >= 25 }", &spans), smallest);
    assert_eq!(shown("never { avg(visit, n) < 25 }", &spans), smallest);
    assert_eq!(shown("always { avg(visit, n) <= 3 }", &spans), largest);
}

#[test]
fn what_an_average_may_be_is_open_where_a_trace_is_not_whole() {
    let mut spans: Vec<TestSpan> = (1..=5).map(|trace| visit(trace, 5).int("n", 1)).collect();
    let rule = "r: over 10s never { avg(visit, n) > 5 }";
    assert_eq!(verdicts(rule, &spans), ["satisfied"]);
    spans.push(visit(9, 5).under(7).int("n", 1));
    assert_eq!(verdicts(rule, &spans), ["inconclusive no_root"]);
}

#[test]
fn each_open_window_of_a_rule_weighs_what_it_is() {
    let engine = Engine::new(
        rules(&["r: over 10s never { count(visit) > 9 }"]),
        settings(),
        at(0),
    );
    let engine = engine.unwrap();
    let bytes = |first: u8, now: u64| {
        for trace in first..first + 20 {
            engine.feed(&[visit(trace, 10_000 * u64::from(trace % 100))], now);
        }
        // They close, and are forgotten but for their ids.
        engine.tick(at(now + 20_000));
        engine.tick(at(now + 100_000));
        assert_eq!(engine.stats().closed_traces, u64::from(first % 100) + 19);
        engine.stats().memory_bytes
    };
    let (few, more) = (bytes(101, 0), bytes(121, 100_000));
    let windows = 20 * size_of::<RuleWindow>() as u64;
    assert!(
        more >= few + windows,
        "{few} and {more}, less than {windows} between them"
    );
}

/// Each window has its own bound; together they are bounded by giving up the largest.
#[test]
fn many_open_windows_stay_within_the_bound_and_say_what_was_given_up() {
    let few = Settings {
        memory_bytes: 1 << 20,
        max_age: 3_600_000_000_000,
        late_window: 0,
        ..settings()
    };
    let bound = few.window_bytes() as u64;
    let rule = "r: over 10s by group never { count(visit) > 1 }";
    let engine = Engine::new(rules(&[rule]), few, at(0)).unwrap();
    let groups = |trace: u8| {
        (0..100u8).map(move |group| {
            let mut visit = visit(trace, 10_000 * u64::from(trace));
            visit.span.trace_id[1] = group;
            visit.text(
                "group",
                &format!("a group whose name is a long one, number {group}"),
            )
        })
    };
    let mut largest = 0;
    for trace in 0..120 {
        let spans: Vec<TestSpan> = groups(trace).collect();
        let now = 20_000 * u64::from(trace);
        engine.feed(&spans, now);
        engine.tick(at(now + 11_000));
        engine.tick(at(now + 12_000));
        let stats = engine.stats();
        assert_eq!(stats.open_windows, u64::from(trace) + 1);
        largest = largest.max(stats.memory_bytes);
    }
    // Besides, there are the ids of closed traces, and what is asked before them.
    assert!(
        largest >= bound / 2 && largest <= bound + (80 << 10),
        "{largest}"
    );
    engine.close_traces(at(3_000_000), CloseCause::EndOfInput);
    let told = engine.take_findings(usize::MAX);
    let of = |one: &Finding| {
        one.window
            .as_ref()
            .map(|window| (window.start, window.group[0].1.clone()))
    };
    let (rest, known): (Vec<_>, Vec<_>) = told
        .iter()
        .filter_map(of)
        .partition(|(_, group)| group == "_other");
    // Where all groups were given up nothing is known but what all of them come to.
    let is_given_up = |(start, _): &&(u64, String)| known.iter().all(|(other, _)| other != start);
    let given_up = rest.iter().filter(is_given_up).count();
    assert!(
        given_up > 0 && !known.is_empty(),
        "{given_up} of 120 windows"
    );
}
