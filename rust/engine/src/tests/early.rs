//! What a rule's profile says of early breaches, held against what evaluation finds in open traces: over many
//! conditions, what fires early is said to, and what is said to fire early does in some trace.

use betrace_lang::rule::Completeness;
use betrace_lang::verdict::{Reason, Verdict};

use crate::decide::budget::Budget;
use crate::decide::eval::{Eval, EvalScratch};
use crate::decide::facts::Facts;
use crate::decide::rule::decide;
use crate::engine::rule_set::RuleSet;
use crate::hash::HashKey;
use crate::id::TraceId;
use crate::intern::Interner;
use crate::logic::tri::Reasons;
use crate::plan::ids::RuleIndex;
use crate::state::arriving::Merging;
use crate::state::block_pool::BlockPool;
use crate::state::merge::Merged;
use crate::state::named::NamedTrace;
use crate::state::settled::SettledCells;
use crate::state::span_kinds::SpanKinds;
use crate::state::trace::{Generation, TraceState};
use crate::tests::rules::rules;
use crate::tests::spans::{TestSpan, message, span};
use crate::time::Timestamp;

/// In how many traces a breach is looked for, at most: what is said to fire early, and what is said to wait.
const TRACES: u64 = 5_000;
const TRACES_OF_LATE: u64 = 150;
const SPANS: u64 = 7;

/// xorshift64*
struct Dice(u64);

impl Dice {
    fn roll(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}

/// A few spans of three names, crowded in time, each below an earlier one or a root.
fn trace(seed: u64) -> Vec<TestSpan> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let spans = 1 + dice.roll(SPANS);
    let mut ids: Vec<u64> = (1..=spans).collect();
    // They come in any order.
    for at in (1..ids.len()).rev() {
        ids.swap(at, dice.roll(at as u64 + 1) as usize);
    }
    ids.into_iter()
        .map(|id| {
            let name = ["a", "b", "c"][dice.roll(3) as usize];
            let start = dice.roll(8) * 500;
            let one = span(1, id as u8, name, start, start + dice.roll(6) * 500);
            let mut one = one.int("m", dice.roll(4) as i64);
            if dice.roll(5) > 0 {
                one = one.int("n", dice.roll(4) as i64);
            }
            let one = one.text("f", ["x", "y"][dice.roll(2) as usize]);
            let one = match dice.roll(3) {
                0 => one.linked(1 + dice.roll(spans) as u8),
                _ => one,
            };
            let parent = dice.roll(id);
            if parent == 0 {
                one
            } else {
                one.under(parent as u8)
            }
        })
        .collect()
}

/// Takes out of `left` the rules that are violated while the trace is open: each is found by the span that breaks it.
fn drop_broken(set: &RuleSet, spans: &[TestSpan], left: &mut Vec<RuleIndex>) {
    let key = HashKey::new(1);
    let with = Merging {
        plan: &set.plan,
        generation: Generation::default(),
        key,
        spans_per_trace: 100,
        early_from: set.needed.early_from(),
        arrived: None,
    };
    let mut scratch = set.plan.matcher.scratch();
    let (mut pool, mut kinds) = (BlockPool::default(), SpanKinds::default());
    // The spans' own, to which their links lead.
    let mut trace = TraceState::new(TraceId([1; 16]), Timestamp(0), Generation::default());
    for span in spans {
        let bytes = message(std::slice::from_ref(span));
        let mut tried = Vec::new();
        let read = set.plan.matcher.scan(&bytes, &mut scratch, |view, found| {
            let mut selectors = Vec::new();
            let met = |selector| selectors.push(selector);
            let kind = kinds.of(with.plan, with.early_from, found.hashed_hits());
            let merged = trace.merge(&with, &mut pool, view, kinds.get(kind).unwrap(), met);
            let mut settled = SettledCells::default();
            assert_eq!(merged, Merged::Added);
            let of_trace = (&trace, &mut settled);
            set.needed
                .early(of_trace, selectors.into_iter(), &mut tried);
        });
        assert_eq!(read.unwrap().spans, 1);
        let mut settled = SettledCells::default();
        let cells = trace.settle(&mut settled);
        left.retain(|index| {
            let facts = Facts {
                plan: &set.plan,
                rule: &set.plan.rules[index.index()],
                trace: &trace,
                texts: &pool.texts,
                cells,
                key,
                saw_all: true,
                closed: false,
            };
            let mut scratch = EvalScratch::default();
            let mut eval = Eval::new(facts, Budget::most(), &mut scratch);
            let is_broken = decide(&mut eval).verdict == Some(Verdict::Violated);
            let rule = &set.plan.rules[index.index()];
            assert!(
                !is_broken || !rule.early || tried.contains(index),
                "not tried: {}",
                rule.rule.id.0
            );
            !is_broken
        });
    }
}

const SELECTORS: [&str; 35] = [
    "a",
    "root",
    "a.where(m > 1)",
    "a.where(trace:spanCount > 2)",
    "a.where(trace:spanCount < 3)",
    "a.where(trace:duration >= 2s and m > 0)",
    "a then b",
    "a before b",
    "a after b",
    "a inside b",
    "a child of b",
    "a sibling of b",
    "a linked to b",
    "a except any.where(m > 1)",
    "(a echoing b by n)",
    "a between b and next c",
    "a after b until next c",
    "a then b.where(trace:spanCount > 2)",
    "a.where(trace:spanCount < 3) inside b",
    "(a inside b) then c",
    "a starts before b",
    "a starts after b",
    "a ends before b",
    "a ends after b within 1s..2s",
    "leaf",
    "leaf.where(m > 1) inside b",
    "a next after b",
    "a directly after b",
    "a overlaps b",
    "a during b",
    "a parent of b",
    "a containing b",
    "a outside b",
    "a not child of b",
    "a not sibling of b",
];

/// Not `b parent of p`: a span has one parent, and more would be tried in vain.
const OF_BOUND: [&str; 46] = [
    "p inside b",
    "p child of b",
    "p sibling of b",
    "p linked to b",
    "b linked to p",
    "p except any.where(m > 1)",
    "(p echoing b by n)",
    "(b echoing p by m)",
    "p before b",
    "p after b",
    "p then b",
    "p between b and next c",
    "p after b until next c",
    "b before p",
    "b after p",
    "b then p",
    "b inside p",
    "b between p and next c",
    "b after c until next p",
    "b after p until next c",
    "b.where(m == p.m) after p",
    "p starts before b",
    "p ends after b",
    "b starts after p",
    "b ends before p",
    "b after p within 1s..2s",
    "p then b within 1s..2s",
    "p next after b",
    "b next after p",
    "p directly after b",
    "b directly after p",
    "p outside leaf",
    "leaf inside p",
    "p overlaps b",
    "b overlaps p",
    "p during b",
    "b during p",
    "p parent of b",
    "p containing b",
    "b containing p",
    "p outside b",
    "b outside p",
    "p not child of b",
    "b not child of p",
    "p not sibling of b",
    "b not sibling of p",
];

const CONDITIONS_ON_BOUND: [&str; 8] = [
    "p.where(m > 1)",
    "p.m > 1 or p.n == 2",
    "p.where(n == 1 or missing(n))",
    "p.where(n != 1)",
    "p.where(m > 1 and trace:spanCount < 3)",
    "p.where(m > 1 and trace:spanCount > 2)",
    "p.span:duration > 1s",
    "p.m == p.n",
];

const MEASURES: [&str; 11] = [
    "count({}) within 1s",
    "overlap({})",
    "count({})",
    "distinct({}, n)",
    "sum({}, n)",
    "sum({}, span:duration)",
    "max({}, n)",
    "min({}, n)",
    "avg({}, n)",
    "max({}, span:duration)",
    "min({}, span:duration)",
];

const OPERATORS: [&str; 6] = [">", ">=", "<", "<=", "==", "!="];

const TRACE_TESTS: [&str; 11] = [
    "trace:duration < 2s",
    "trace:duration > 2s",
    "trace:duration >= 0s",
    "trace:spanCount == 2",
    "trace:spanCount != 2",
    "trace:spanCount <= 3",
    "trace:spanCount in [2, 3]",
    "trace:rootName == a",
    "trace:rootService != a",
    "not (trace:spanCount > 3 or trace:duration > 2s)",
    "not (trace:spanCount <= 3 and trace:duration > 1s)",
];

/// Conditions, and the words before the clause.
fn conditions() -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    for test in TRACE_TESTS {
        all.push(("", test.to_owned()));
        all.push(("", format!("a and {test}")));
        all.push(("", format!("not b or {test}")));
    }
    for condition in CONDITIONS_ON_BOUND {
        let before = "when each { a as p } ";
        all.push((before, condition.to_owned()));
        all.push((before, format!("not ({condition})")));
        all.push((before, format!("c and ({condition})")));
        all.push((before, format!("not c or ({condition})")));
    }
    let of_trace = SELECTORS.map(|selector| ("", selector));
    let of_bound = OF_BOUND.map(|selector| ("when each { a as p } ", selector));
    for (before, selector) in of_trace.into_iter().chain(of_bound) {
        all.push((before, selector.to_owned()));
        all.push((before, format!("not ({selector})")));
        all.push((before, format!("c and ({selector})")));
        all.push((before, format!("count({selector}) by f > 1")));
        all.push((
            before,
            format!("sum({selector}, span:duration) by f, m > 1s"),
        ));
        all.push((before, format!("max({selector}, n) by f >= 2")));
        all.push((before, format!("overlap({selector}) by f > 1")));
        for measure in MEASURES {
            let unit = if measure.contains("duration") {
                "s"
            } else {
                ""
            };
            for operator in OPERATORS {
                let measure = measure.replace("{}", selector);
                all.push((before, format!("{measure} {operator} 1{unit}")));
            }
        }
        if before.contains(" as p") {
            all.push((before, format!("count({selector}) >= p.n")));
            all.push((before, format!("max({selector}, m) < p.n")));
            all.push((before, format!("max({selector}, m) > p.n - p.m")));
            all.push((before, format!("count({selector}) + count(c) > p.n - 1")));
            // One span's values are each any, but not beside each other: `max(p, n) - max(p, n)` is tried in vain.
            for totals in [
                "sum({}, n) + max(p, m) == 2",
                "sum({}, n) - sum(p, 0 - m) != 2",
                "min({}, m) - p.n == 1 - p.m",
                "avg({}, n) - count(p) == 0",
                "sum({}, span:duration) - 500ms == 1s",
            ] {
                all.push((before, totals.replace("{}", selector)));
            }
        }
        all.push((before, format!("count({selector}) > count(c)")));
        all.push((before, format!("count(c) <= 2 * count({selector})")));
        all.push((before, format!("count({selector}) + count(c) > 1")));
        all.push((before, format!("2 - count({selector}) < 1 + count(c)")));
        all.push((before, format!("2 - count({selector}) < 1")));
    }
    all
}

#[test]
fn a_profile_says_early_of_exactly_what_some_open_trace_breaks() {
    let texts: Vec<String> = conditions()
        .into_iter()
        .flat_map(|(before, condition)| {
            ["never", "always"].map(|clause| format!("{before}{clause} {{ {condition} }}"))
        })
        .enumerate()
        .map(|(number, text)| format!("r{number}: {text}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let set = RuleSet::first(rules(&texts), &mut Interner::default(), Completeness::Root).unwrap();
    let (mut early, mut late): (Vec<RuleIndex>, Vec<RuleIndex>) = (0..texts.len() as u32)
        .map(RuleIndex)
        .partition(|index| set.plan.rules[index.index()].early);
    assert!(early.len() > 500 && late.len() > 500);
    let said_late = late.clone();
    for seed in 0..TRACES {
        let spans = trace(seed);
        drop_broken(&set, &spans, &mut early);
        if seed < TRACES_OF_LATE {
            drop_broken(&set, &spans, &mut late);
        } else if early.is_empty() {
            break;
        }
    }
    let named = |rules: &[RuleIndex]| -> Vec<&str> {
        rules.iter().map(|index| texts[index.index()]).collect()
    };
    assert!(
        early.is_empty(),
        "no open trace breaks {:#?}",
        named(&early)
    );
    let broken: Vec<RuleIndex> = said_late
        .into_iter()
        .filter(|one| !late.contains(one))
        .collect();
    assert!(
        broken.is_empty(),
        "an open trace breaks {:#?}",
        named(&broken)
    );
}

/// Of each condition whether some open trace breaks `never` or `always` of it: `n`, `a`, both `b`, none `-`. It is what the
/// test above finds in thousands of traces, written down of some of its conditions, to be seen at once.
#[test]
fn which_conditions_break_early_is_known_of_each_kind() {
    let of_spans = ["a", "leaf", "p", "a.where(trace:spanCount > 2)"];
    let measured = MEASURES.iter().flat_map(|measure| {
        let spans = of_spans.iter().map(move |of| measure.replace("{}", of));
        spans.flat_map(|measure| {
            let unit = if measure.contains("duration") {
                "s"
            } else {
                ""
            };
            OPERATORS.map(|operator| format!("{measure} {operator} 1{unit}"))
        })
    });
    let of_relations = SELECTORS.iter().chain(&OF_BOUND).flat_map(|selector| {
        [
            (*selector).to_owned(),
            format!("c and ({selector})"),
            format!("count({selector}) > 1"),
            format!("count({selector}) < 1"),
            format!("count({selector}) by f > 1"),
            format!("max({selector}, n) by f >= 2"),
            format!("count({selector}) + count(c) > 1"),
            format!("2 - count({selector}) < 1"),
            format!("count({selector}) >= p.n"),
        ]
    });
    let plain = TRACE_TESTS.iter().chain(&CONDITIONS_ON_BOUND);
    let negated = plain.clone().map(|condition| format!("not ({condition})"));
    let plain = plain
        .map(|condition| (*condition).to_owned())
        .chain(negated);
    let all: Vec<String> = plain.chain(measured).chain(of_relations).collect();
    let clauses = ["never", "always"];
    let texts: Vec<String> = all
        .iter()
        .flat_map(|condition| {
            clauses.map(|clause| format!("when each {{ a as p }} {clause} {{ {condition} }}"))
        })
        .enumerate()
        .map(|(number, text)| format!("r{number}: {text}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let set = RuleSet::first(rules(&texts), &mut Interner::default(), Completeness::Root).unwrap();
    let lines = all.iter().zip(set.plan.rules.chunks(2));
    let lines = lines.map(|(condition, rules)| {
        let sign = match (rules[0].early, rules[1].early) {
            (true, true) => 'b',
            (true, false) => 'n',
            (false, true) => 'a',
            (false, false) => '-',
        };
        format!("{sign} {condition}\n")
    });
    insta::assert_snapshot!(lines.collect::<String>());
}

/// Whether the rules that are not asked when a trace closes say of it what they say of one without spans.
fn hold_unasked(set: &RuleSet, spans: &[TestSpan], texts: &[&str]) -> usize {
    let key = HashKey::new(1);
    let with = Merging {
        plan: &set.plan,
        generation: Generation::default(),
        key,
        spans_per_trace: 100,
        early_from: &[],
        arrived: None,
    };
    let mut scratch = set.plan.matcher.scratch();
    let (mut pool, mut kinds) = (BlockPool::default(), SpanKinds::default());
    let mut unasked = 0;
    for is_complete in [true, false] {
        let mut trace = TraceState::new(TraceId([1; 16]), Timestamp(0), Generation::default());
        let read = set
            .plan
            .matcher
            .scan(&message(spans), &mut scratch, |view, found| {
                let kind = kinds.of(with.plan, with.early_from, found.hashed_hits());
                trace.merge(&with, &mut pool, view, kinds.get(kind).unwrap(), |_| ());
            });
        assert_eq!(read.unwrap().spans, spans.len() as u64);
        let reasons = if is_complete {
            Reasons::NONE
        } else {
            Reasons::of(Reason::Evicted)
        };
        trace.close(Timestamp(1), reasons);
        let mut asked = set.untouched.always_asked.clone();
        let mut settled = SettledCells::default();
        let cells = trace.settle(&mut settled);
        let named = NamedTrace {
            trace: &trace,
            texts: &pool.texts,
            cells,
        };
        set.needed.at_close(named, &mut asked, &mut Vec::new());
        asked.sort_unstable();
        for (index, rule) in (0..).map(RuleIndex).zip(&set.plan.rules) {
            if asked.binary_search(&index).is_ok() {
                continue;
            }
            let facts = Facts {
                plan: &set.plan,
                rule,
                trace: &trace,
                texts: &pool.texts,
                cells,
                key,
                saw_all: true,
                closed: is_complete,
            };
            let mut scratch = EvalScratch::default();
            let outcome = decide(&mut Eval::new(facts, Budget::most(), &mut scratch));
            let answer = set.untouched.answer(index);
            let (said, held) = if is_complete {
                (answer.complete, outcome.when_held)
            } else {
                (answer.incomplete, answer.held)
            };
            let text = texts[index.index()];
            let verdict = outcome.verdict.unwrap_or(Verdict::Inconclusive);
            assert_eq!((verdict, outcome.when_held), (said, held), "{text}");
            unasked += 1;
        }
    }
    unasked
}

#[test]
fn a_rule_that_is_not_asked_says_what_it_says_of_a_trace_without_spans() {
    let mut texts = Vec::new();
    for (number, (before, condition)) in conditions().into_iter().enumerate() {
        let clause = ["never", "always"][number % 2];
        texts.push(format!("{before}{clause} {{ {condition} }}"));
        if !before.is_empty() {
            continue;
        }
        texts.push(format!("when {{ {condition} }} always {{ c }}"));
        texts.push(format!("when {{ b }} {clause} {{ {condition} }}"));
        let other = ["c", "not a", "count(a) > 1"][number % 3];
        texts.push(format!(
            "when {{ {condition} }} never {{ b }} | exceptions: [\"{other}\"]"
        ));
        texts.push(format!(
            "never {{ {other} }} | exceptions: [\"{condition}\"]"
        ));
    }
    let texts = texts.into_iter().enumerate();
    let texts: Vec<String> = texts
        .map(|(number, text)| format!("r{number}: {text}"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let set = RuleSet::first(rules(&texts), &mut Interner::default(), Completeness::Root).unwrap();
    let unasked: usize = (0..40)
        .map(|seed| hold_unasked(&set, &trace(seed), &texts))
        .sum();
    // A trace has spans of three names at most, and most rules ask for two of them.
    let all = 2 * 40 * texts.len();
    assert!(unasked > all / 20 && unasked < all, "{unasked} of {all}");
}
