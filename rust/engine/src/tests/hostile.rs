//! What a sender can make the engine work: counted in steps, and in whether others get the lock meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use betrace_lang::rule::Completeness;
use betrace_lang::verdict::Verdict;
use opentelemetry_proto::tonic::common::v1::{ArrayValue, any_value::Value};

use crate::decide::argument;
use crate::decide::budget::Budget;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::decide::rule::{Outcome, decide};
use crate::engine::rule_set::RuleSet;
use crate::hash::HashKey;
use crate::intern::Interner;
use crate::intern::compared::comparisons;
use crate::state::arriving::Merging;
use crate::state::block_pool::BlockPool;
use crate::state::cell::RECORD_CAP;
use crate::state::settled::SettledCells;
use crate::state::span_kinds::SpanKinds;
use crate::state::trace::{Generation, TraceState};
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, at, message, span};
use crate::{Engine, Report, Settings};

/// A span by numbers that do not fit a byte; parent 0: a root.
pub(crate) fn numbered(id: u64, parent: u64, name: &str, service: u64) -> TestSpan {
    let mut one = span(1, 1, name, id, id + 1);
    one.span.span_id = id.to_be_bytes().to_vec();
    if parent > 0 {
        one.span.parent_span_id = parent.to_be_bytes().to_vec();
    }
    one.service = format!("s{service}");
    one
}

/// Evaluates the rule over the spans within the budget, as at a close, and asks something of what comes out.
fn evaluated<R>(
    rule: &str,
    spans: &[TestSpan],
    budget: Budget,
    ask: impl FnOnce(&mut Eval<'_>, &Outcome) -> R,
) -> R {
    let set = RuleSet::first(rules(&[rule]), &mut Interner::default(), Completeness::Root).unwrap();
    let key = HashKey::new(1);
    let with = Merging {
        plan: &set.plan,
        generation: Generation::default(),
        key,
        spans_per_trace: 100_000,
        early_from: &[],
        arrived: None,
    };
    let (mut pool, mut kinds) = (BlockPool::default(), SpanKinds::default());
    let mut trace = TraceState::empty();
    let mut scratch = set.plan.matcher.scratch();
    let read = set
        .plan
        .matcher
        .scan(&message(spans), &mut scratch, |view, found| {
            let kind = kinds.of(&set.plan, &[], found.hashed_hits());
            trace.merge(&with, &mut pool, view, kinds.get(kind).unwrap(), |_| ());
        });
    read.unwrap();
    let mut settled = SettledCells::default();
    let facts = Facts {
        plan: &set.plan,
        rule: &set.plan.rules[0],
        trace: &trace,
        texts: &pool.texts,
        cells: trace.settle(&mut settled),
        key,
        saw_all: true,
        closed: true,
    };
    let mut scratch = EvalScratch::default();
    let mut eval = Eval::new(facts, budget, &mut scratch);
    let outcome = decide(&mut eval);
    ask(&mut eval, &outcome)
}

/// Steps to evaluate the rule over the spans, as at a close; and the verdict.
pub(super) fn steps(rule: &str, spans: &[TestSpan]) -> (u64, Option<Verdict>) {
    evaluated(rule, spans, Budget::most(), |eval, outcome| {
        (eval.work(), outcome.verdict)
    })
}

/// Of which half are called `a`, as many as are kept one by one.
const SPANS: u64 = 2 * RECORD_CAP as u64;

fn chain() -> Vec<TestSpan> {
    (1..=SPANS)
        .map(|id| numbered(id, id - 1, if id > SPANS / 2 { "a" } else { "c" }, 0))
        .collect()
}

/// Half of the spans share an id, each with a parent of its own, and the other half lies below them.
fn twins() -> Vec<TestSpan> {
    let half = SPANS / 2;
    let top = numbered(1, 0, "top", 0);
    let shared = (0..half).map(|at| numbered(2, if at == 0 { 1 } else { 10_000 + at }, "z", at));
    let above = (1..half).map(|at| numbered(10_000 + at, 1, "y", 0));
    let below = (0..half).map(|at| numbered(20_000 + at, 2, "a", 0));
    std::iter::once(top)
        .chain(shared)
        .chain(above)
        .chain(below)
        .collect()
}

#[test]
fn ancestry_takes_as_many_steps_as_there_are_spans() {
    for (spans, says) in [(chain(), "chain"), (twins(), "twins")] {
        for rule in [
            "r: never { a inside b }",
            "r: never { a inside y.where(no) }",
        ] {
            let (steps, verdict) = steps(rule, &spans);
            assert_eq!(verdict, Some(Verdict::Satisfied), "{says}: {rule}");
            assert!(
                steps < 12 * spans.len() as u64,
                "{steps} steps for {} spans, {says}: {rule}",
                spans.len()
            );
        }
    }
}

#[test]
fn below_a_cycle_of_parents_ancestry_is_open_and_what_is_there_is_found() {
    let round = [
        numbered(1, 3, "a", 0),
        numbered(2, 1, "b", 0),
        numbered(3, 2, "c", 0),
        numbered(4, 3, "d", 0),
    ];
    let (_, found) = steps("r: never { d inside b }", &round);
    assert_eq!(found, Some(Verdict::Violated));
    let (_, found) = steps("r: never { a inside c }", &round);
    assert_eq!(found, Some(Verdict::Violated));
    for found in ["r: never { b containing d }", "r: never { c containing a }"] {
        assert_eq!(steps(found, &round).1, Some(Verdict::Violated), "{found}");
    }
    for open in [
        "r: never { d inside e }",
        "r: never { a inside a }",
        "r: never { e or d containing a }",
    ] {
        assert_eq!(steps(open, &round).1, None, "{open}");
    }
}

#[test]
fn parents_and_siblings_that_share_an_id_are_not_looked_at_one_by_one() {
    for rule in [
        "r: never { a child of b }",
        "r: never { a child of z.where(no) }",
        "r: never { a sibling of z }",
    ] {
        let (steps, verdict) = steps(rule, &twins());
        assert_eq!(verdict, Some(Verdict::Satisfied), "{rule}");
        assert!(steps < 12 * SPANS, "{steps} steps: {rule}");
    }
}

fn engine(rules_of: &[&str]) -> Engine {
    let settings = Settings {
        restart_grace: false,
        report: Report::All,
        shards: 1,
        ..Settings::default()
    };
    Engine::new(rules(rules_of), settings, at(0)).unwrap()
}

/// Every three of `names` in `count` spans each.
const TRIPLES: &str = "when each { a as p, b.where(n != p.n) as q, c.where(n != q.n) as r } \
                       always { d.where(n == p.n) after r }";

fn triples(count: u64) -> Vec<TestSpan> {
    (0..3 * count)
        .map(|at| {
            let name = ["a", "b", "c"][(at % 3) as usize];
            let parent = u64::from(at > 0);
            numbered(at + 1, parent, name, 0).int("n", at as i64)
        })
        .collect()
}

#[test]
fn costly_rules_share_what_a_trace_may_cost_and_leave_enough_to_the_others() {
    let texts: Vec<String> = (0..20)
        .map(|at| format!("costly{at}: {TRIPLES}"))
        .chain(["last: always { b after c within 1h or a }".to_owned()])
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let few = engine(&texts[..1]);
    few.feed(&triples(10), 0);
    few.tick(at(20_000));
    assert!(few.told().iter().all(|told| told == "costly0 violated"));
    let many = engine(&texts);
    many.feed(&triples(200), 0);
    many.tick(at(20_000));
    let told = many.told();
    let capped = told.iter().filter(|told| told.ends_with("(state_cap)"));
    assert!(capped.count() > 10, "{told:?}");
    assert!(told.contains(&"last satisfied".to_owned()), "{told:?}");
}

#[test]
fn others_get_the_lock_between_the_rules_of_a_trace_that_closes() {
    let texts: Vec<String> = (0..200)
        .map(|at| format!("r{at}: never {{ a inside b.where(m == {at}) }}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let settings = Settings {
        early: false,
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(rules(&texts), settings, at(0)).unwrap();
    engine.feed(&chain(), 0);
    let (begun, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let seen = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut seen = 0;
            while !over.load(Ordering::Acquire) {
                // Takes every shard's lock.
                let live = engine.stats().live_traces;
                seen += u64::from(begun.load(Ordering::Acquire) && live == 1);
            }
            seen
        });
        begun.store(true, Ordering::Release);
        engine.tick(at(20_000));
        over.store(true, Ordering::Release);
        other.join().unwrap()
    });
    assert!(seen > 1, "the lock was lent {seen} times");
}

#[test]
fn a_join_asks_only_spans_that_may_share_the_value() {
    let count = 800;
    let spans: Vec<TestSpan> = (0..2 * count)
        .map(|at| {
            let name = ["payment", "check"][(at % 2) as usize];
            numbered(at + 1, u64::from(at > 0), name, 0).text("order", &format!("o-{}", at / 2))
        })
        .collect();
    let rule =
        "r: when each { payment as p } always { check.where(order == p.order) after p within 1h }";
    let (steps, verdict) = steps(rule, &spans);
    assert_eq!(verdict, Some(Verdict::Satisfied));
    assert!(steps < 64 * count, "{steps} steps for {count} payments");
}

/// Every kind of value that may equal another.
fn values() -> Vec<Option<Value>> {
    let text = |text: &str| Some(Value::StringValue(text.to_owned()));
    let mut values: Vec<Option<Value>> = [
        "1",
        "1.0",
        "1e0",
        "true",
        "one",
        "",
        "-0",
        "9007199254740993",
    ]
    .map(text)
    .into();
    let floats = [1.0, 0.0, -0.0, 1.5, 9_007_199_254_740_992.0, f64::NAN];
    values.extend(floats.map(|float| Some(Value::DoubleValue(float))));
    let integers = [1, 0, 9_007_199_254_740_992, 9_007_199_254_740_993];
    values.extend(integers.map(|integer| Some(Value::IntValue(integer))));
    values.extend([true, false].map(|truth| Some(Value::BoolValue(truth))));
    values.extend([None, Some(Value::BytesValue(vec![1]))]);
    values.push(Some(Value::ArrayValue(ArrayValue { values: Vec::new() })));
    values
}

#[test]
fn a_join_over_many_spans_says_what_it_says_over_one() {
    let with = |span: TestSpan, value: &Option<Value>| match value {
        Some(value) => span.with("x", value.clone()),
        None => span,
    };
    let mut equal = 0;
    for of_bound in values() {
        for own in values() {
            let bound = with(numbered(1, 0, "p", 0), &of_bound);
            let candidate = with(numbered(2, 1, "c", 0), &own);
            let rule = "r: when each { p as p } always { c.where(x == p.x) }";
            let few = [bound.clone(), candidate.clone()];
            let others =
                (3..20).map(|id| numbered(id, 1, "c", 0).text("x", &format!("other {id}")));
            let many: Vec<TestSpan> = few.iter().cloned().chain(others).collect();
            let (alone, among) = (steps(rule, &few).1, steps(rule, &many).1);
            assert_eq!(alone, among, "{own:?} against {of_bound:?}");
            equal += u64::from(alone == Some(Verdict::Satisfied));
        }
    }
    assert!(equal > 20, "{equal} pairs are equal");
}

#[test]
fn a_span_finds_which_of_its_rules_are_broken_without_asking_each_of_all_the_others() {
    const RULES: usize = 2000;
    let texts: Vec<String> = (0..RULES)
        .map(|at| format!("r{at}: never {{ a }}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let engine = engine(&texts);
    engine.feed(&[numbered(1, 0, "a", 0)], 0);
    assert_eq!(engine.told().len(), RULES, "all are broken by one span");
    let further = comparisons(|| engine.feed(&[numbered(2, 1, "a", 0)], 0));
    let a_rule = further / RULES as u64;
    assert!((1..64).contains(&a_rule), "{a_rule} comparisons a rule");
    assert_eq!(engine.told(), [""; 0]);
}

#[test]
fn what_asks_of_one_bound_span_is_found_once_for_it_and_not_for_each_that_is_bound_inside_it() {
    let count = 40;
    let rule = "r: when each { a as p, b as q } always { c.where(n > p.n) or d.where(n > q.n) }";
    let of_outer = steps(rule, &triples(count)).0;
    // Two steps of each kind for a pair, and nine for each `c` and each `a`.
    let pairs = count * count;
    assert!(of_outer < 40 * pairs, "{of_outer} steps for {pairs} pairs");
}

/// Broken for each of `a`, which the argument has to find out again for each.
const BROKEN: &str = "r: when each { a as p } never { c.where(n > p.n) after p }";

/// What is shown of each violation, and the steps that it took in all.
fn argued(budget: Budget) -> (Vec<String>, u64) {
    evaluated(BROKEN, &triples(40), budget, |eval, outcome| {
        eval.begin_argument();
        let violations = outcome.broken.iter().map(|broken| {
            let finding = argument::violation(eval, broken, None);
            let evidence = finding
                .evidence
                .iter()
                .map(|span| (span.span_id, &span.role));
            format!("{} of {:?}", finding.count, evidence.collect::<Vec<_>>())
        });
        (violations.collect(), eval.work())
    })
}

#[test]
fn an_argument_has_the_steps_that_its_outcome_had_once_more_and_not_again_for_each_violation() {
    let needed = steps(BROKEN, &triples(40)).0;
    let (whole, work) = argued(Budget::most());
    assert_eq!(whole.len(), 40);
    assert!(work > needed, "the argument costs nothing");
    assert_eq!(argued(Budget::of(needed)).0, whole);
    let works = [1, 2, 4, 8].map(|part| argued(Budget::of(needed / part)).1 * part * 10 / needed);
    assert!(
        works.iter().all(|tenths| *tenths < 30),
        "{works:?} tenths of the limit; {needed}, {work}"
    );
}
