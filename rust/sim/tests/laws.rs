//! The laws over generated rules and traces: quickly from a seed that stays and from one that is new each time,
//! and as long as one likes: `BETRACE_LAWS_TRACES` sets how many traces, `BETRACE_LAWS_SEED` where to begin.
//! A failure prints its seed at once; the smallest case is written into testdata/regressions.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod clock;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use betrace_lang::rule::Rule;
use betrace_sim::case::Case;
use betrace_sim::generate;
use betrace_sim::model::Span;
use betrace_sim::tape::{Tape, shrink};
use betrace_sim::trial::{Divergence, LAWS, Tally, check, missed, of_rule, of_trace};
use clock::Clock;

/// Rules, oracle and engine make many small things; a third of a run's time is theirs otherwise.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Rules and traces of one trial: every rule meets every trace. `BETRACE_LAWS_TOGETHER` says how many traces share the rules
/// of a trial: with more of them a long run spends less of its time on making rules.
const RULES: usize = 6;
const TRACES: u64 = 48;

/// Of a quick run.
const QUICK: u64 = 20 * TRACES;

/// Where the quick run begins that is the same every time.
const STAYS: u64 = 1;

/// For how long a failing case is made smaller.
const PATIENCE: Duration = Duration::from_secs(30);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// To be seen at once, whether the test goes on to pass or to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "laws: {text}");
}

#[test]
fn the_laws_hold_from_a_seed_that_stays() {
    hold(STAYS, QUICK, TRACES);
}

#[test]
fn the_laws_hold_from_a_new_seed() {
    let new = || RandomState::new().build_hasher().finish() >> 32;
    let seed = setting("BETRACE_LAWS_SEED").unwrap_or_else(new);
    let traces = setting("BETRACE_LAWS_TRACES").unwrap_or(QUICK);
    let together = setting("BETRACE_LAWS_TOGETHER").unwrap_or(TRACES);
    // A tape of its own for each.
    hold(seed, traces, together.clamp(1, 400));
}

fn hold(first: u64, traces: u64, together: u64) {
    say(&format!("{traces} traces from BETRACE_LAWS_SEED={first}"));
    let (begin, mut shown) = (Clock::start(), Instant::now());
    let (mut tally, mut refused) = (Tally::default(), Vec::new());
    for seed in first.. {
        let (trial, rules, spans) = Generated::from(seed, together, &mut refused);
        rules.iter().for_each(|rule| of_rule(rule, &mut tally));
        spans.iter().for_each(|trace| of_trace(trace, &mut tally));
        match check(&rules, &spans, seed, |_| true) {
            Ok(part) => tally.add(&part),
            Err(divergence) => {
                let seed = format!(
                    "BETRACE_LAWS_SEED={seed} BETRACE_LAWS_TRACES=1 BETRACE_LAWS_TOGETHER={together}"
                );
                say(&format!("{seed} fails: {divergence}"));
                panic!("{seed} fails\n{}", trial.smallest(&divergence));
            }
        }
        if tally.traces >= traces {
            break;
        }
        if shown.elapsed() > Duration::from_secs(30) {
            shown = Instant::now();
            say(&format!(
                "{} traces, {}",
                tally.traces,
                rate(&begin, tally.traces)
            ));
        }
    }
    say(&format!(
        "{} traces, {}; {tally}",
        tally.traces,
        rate(&begin, tally.traces)
    ));
    say(&format!(
        "{} rules refused: {:?}",
        refused.len(),
        refused.first()
    ));
    assert!(
        (refused.len() as u64) < tally.rules / 10 + 20,
        "refused: {refused:?}"
    );
    let missed = missed(&tally, first == STAYS && tally.traces >= QUICK);
    assert!(missed.is_empty(), "met too seldom: {missed:?}");
}

fn rate(since: &Clock, traces: u64) -> String {
    let (seconds, of) = since.seconds();
    format!("{:.0} a second of {of}", traces as f64 / seconds)
}

/// The tapes of the rules and of the traces of a trial.
#[derive(Clone)]
struct Generated {
    rules: Vec<Vec<u32>>,
    traces: Vec<Vec<u32>>,
    salt: u64,
}

impl Generated {
    /// What a seed stands for.
    fn from(
        seed: u64,
        together: u64,
        refused: &mut Vec<String>,
    ) -> (Generated, Vec<Arc<Rule>>, Vec<Vec<Span>>) {
        let tape = |number: u64| Tape::recording(seed.wrapping_mul(1000).wrapping_add(number));
        let (mut rules, mut traces) = (Vec::new(), Vec::new());
        for attempt in 0.. {
            let mut tape = tape(attempt);
            let source = generate::rule(&mut tape);
            match source.check(&format!("r{}", rules.len())) {
                Ok(rule) => rules.push((tape.used(), rule)),
                Err(fault) => refused.push(format!("{}: {fault}", source.condition)),
            }
            if rules.len() == RULES {
                break;
            }
        }
        for index in 0..together {
            let mut tape = tape(500 + index);
            let trace = generate::trace(&mut tape, index);
            traces.push((tape.used(), trace));
        }
        let (rule_tapes, rules) = rules.into_iter().unzip();
        let (trace_tapes, traces) = traces.into_iter().unzip();
        let trial = Generated {
            rules: rule_tapes,
            traces: trace_tapes,
            salt: seed,
        };
        (trial, rules, traces)
    }

    fn case(&self) -> Case {
        let source = |tape: &Vec<u32>| generate::rule(&mut Tape::replaying(tape.clone()));
        let traces = self.traces.iter().zip(0..);
        let spans = |(tape, index): (&Vec<u32>, u64)| {
            generate::trace(&mut Tape::replaying(tape.clone()), index)
        };
        Case {
            remark: String::new(),
            sources: self.rules.iter().map(source).collect(),
            spans: traces.flat_map(spans).collect(),
        }
    }

    fn build(&self) -> (Vec<Arc<Rule>>, Vec<Vec<Span>>) {
        let case = self.case();
        (case.rules().unwrap_or_default(), case.traces())
    }

    fn breaks(&self, law: &str) -> Option<Divergence> {
        let (rules, traces) = self.build();
        if rules.is_empty() || traces.is_empty() {
            return None;
        }
        check(&rules, &traces, self.salt, |known| known.name == law).err()
    }

    /// The smallest trial that still breaks the law, written where it will be tried from now on.
    fn smallest(&self, divergence: &Divergence) -> String {
        let law = divergence.law;
        let end = Instant::now() + PATIENCE;
        let alone = |salt| Generated {
            rules: vec![self.rules[divergence.rule].clone()],
            traces: vec![self.traces[divergence.trace].clone()],
            salt,
        };
        let mut alone = (0..300)
            .map(alone)
            .filter(|trial| trial.breaks(law).is_some());
        let mut small = alone.next().unwrap_or_else(|| self.fewer(law, end));
        let rules = small.rules.len();
        let mut tapes = [small.rules, small.traces].concat();
        let trial = |tapes: &[Vec<u32>], salt| Generated {
            rules: tapes[..rules].to_vec(),
            traces: tapes[rules..].to_vec(),
            salt,
        };
        shrink(&mut tapes, 100_000, |tapes| {
            Instant::now() < end && trial(tapes, small.salt).breaks(law).is_some()
        });
        small = trial(&tapes, small.salt);
        let Some(found) = small.breaks(law) else {
            return format!("{divergence}\n(it did not show again)");
        };
        let case = Case {
            remark: found.to_string(),
            ..small.case()
        };
        let file = folder().join(format!("found-{}.case", self.salt));
        let written = match std::fs::write(&file, case.to_string()) {
            Ok(()) => format!("written to {}", file.display()),
            Err(fault) => format!("not written to {}: {fault}", file.display()),
        };
        format!("{case}\n{written}")
    }

    /// Without the rules and traces that it breaks the law without.
    fn fewer(&self, law: &str, end: Instant) -> Generated {
        let mut small = self.clone();
        for of_rules in [true, false] {
            let mut at = 0;
            while Instant::now() < end {
                let mut fewer = small.clone();
                let tapes = if of_rules {
                    &mut fewer.rules
                } else {
                    &mut fewer.traces
                };
                if at >= tapes.len() {
                    break;
                }
                tapes.remove(at);
                let salts = (0..20).chain([small.salt]);
                let salted = salts.map(|salt| Generated {
                    salt,
                    ..fewer.clone()
                });
                match salted.into_iter().find(|trial| trial.breaks(law).is_some()) {
                    Some(trial) => small = trial,
                    None => at += 1,
                }
            }
        }
        small
    }
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/regressions"
    ))
}

#[test]
fn what_was_found_once_stays_right() {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 12, "cases are missing: {files:?}");
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let case = Case::read(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let rules = case
            .rules()
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(
            !rules.is_empty() && !case.spans.is_empty(),
            "{name} says nothing"
        );
        for salt in 0..40 {
            if let Err(found) = check(&rules, &case.traces(), salt, |_| true) {
                panic!("{name}: {found}");
            }
        }
        assert_eq!(Case::read(&case.to_string()).unwrap(), case, "{name}");
    }
}

#[test]
fn laws_have_names_of_their_own() {
    for (at, law) in LAWS.iter().enumerate() {
        assert!(
            LAWS[..at].iter().all(|other| other.name != law.name),
            "{}",
            law.name
        );
        assert!(!law.says.is_empty());
    }
}
