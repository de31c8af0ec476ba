//! Rules over many traces, held against the oracle: generated rules, and generated traces spread over several windows, in
//! any order, batches, shards and copies, with a restart between them. `BETRACE_WINDOW_RULES` says how many rules,
//! `BETRACE_WINDOW_SEED` where to begin.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use betrace_engine::{CloseCause, Engine, Finding, Report, Settings, SnapshotKind, Timestamp};
use betrace_lang::rule::Rule;
use betrace_lang::verdict::Verdict;
use betrace_sim::generate;
use betrace_sim::model::Span;
use betrace_sim::oracle::{Allowed, Completeness, Place, windows};
use betrace_sim::tape::Tape;
use betrace_sim::wire::encode;

const SECOND: u64 = 1_000_000_000;
/// Long after all traces.
const NOW: Timestamp = Timestamp(1_700_000_200 * SECOND);
/// So that windows close at the end alone.
const MAX_AGE: u64 = 100_000 * SECOND;
/// Traces that meet each rule.
const TRACES: u64 = 40;

fn setting(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok().map(|text| text.parse().unwrap());
    set.unwrap_or(usual)
}

fn settings(shards: u32) -> Settings {
    Settings {
        report: Report::All,
        restart_grace: false,
        early: false,
        root_timeout: 0,
        max_age: MAX_AGE,
        idle_timeout: 1000 * SECOND,
        shards,
        ..Settings::default()
    }
}

/// Whole traces, each in one of several windows.
fn traces(tape: &mut Tape) -> Vec<Vec<Span>> {
    (0..TRACES)
        .map(|number| {
            let later = tape.below(5) as u64 * 7 * SECOND;
            let mut spans = generate::trace(tape, number + 1);
            for span in &mut spans {
                // Zero is no time, and stays none.
                for time in [&mut span.start, &mut span.end] {
                    if *time > 0 {
                        *time = time.saturating_add(later);
                    }
                }
            }
            spans
        })
        .collect()
}

fn place(finding: &Finding) -> Place {
    let window = finding.window.as_ref().unwrap();
    let group = window.group.iter().map(|(_, value)| value.clone());
    (window.start, group.collect())
}

/// What an engine says in the end.
fn played(
    rule: &Arc<Rule>,
    batches: &[Vec<u8>],
    shards: u32,
    restarts: bool,
) -> BTreeMap<Place, Verdict> {
    let start = || Engine::new(vec![Arc::clone(rule)], settings(shards), NOW).unwrap();
    let mut engine = start();
    let mut now = NOW;
    for (at, batch) in batches.iter().enumerate() {
        engine.consume(batch, now).unwrap();
        if restarts && at == batches.len() / 2 {
            let stored = engine.snapshot(SnapshotKind::Final);
            engine = start();
            engine.restore(&stored, now).unwrap();
        }
    }
    // All traces close; the windows do not.
    now.0 += 1001 * SECOND;
    engine.tick(now);
    engine.close_traces(now, CloseCause::EndOfInput);
    let findings = engine.take_findings(usize::MAX);
    let said: BTreeMap<Place, Verdict> = findings
        .iter()
        .map(|finding| (place(finding), finding.verdict))
        .collect();
    assert_eq!(said.len(), findings.len(), "a group has one answer");
    said
}

/// Long values of a group are shown cut, all together to 256 bytes.
fn shown((start, group): Place) -> Place {
    let mut text = group.join("\u{1f}");
    text.truncate(text.floor_char_boundary(256));
    let mut values: Vec<String> = text.split('\u{1f}').map(str::to_owned).collect();
    values.resize(group.len(), String::new());
    (start, values)
}

fn batches(spans: &[&Span], size: usize) -> Vec<Vec<u8>> {
    spans
        .chunks(size)
        .map(|chunk| encode(chunk.iter().copied()))
        .collect()
}

#[test]
fn windows_are_what_all_their_spans_say() {
    let rules = setting("BETRACE_WINDOW_RULES", 100);
    let seed = setting("BETRACE_WINDOW_SEED", 1);
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for number in seed..seed + rules {
        let mut tape = Tape::recording(number);
        let source = generate::window_rule(&mut tape);
        let text = &source.condition;
        let rule = source
            .check("r")
            .unwrap_or_else(|fault| panic!("{text}\n{fault}"));
        let over = rule.body.over.as_ref().unwrap();
        let traces = traces(&mut tape);
        // Differing copies of a span are a law of their own; here the first of each counts in every order.
        let mut spans: Vec<&Span> = Vec::new();
        for trace in &traces {
            for span in trace {
                let is = |known: &&&Span| {
                    known.trace == span.trace
                        && known.id == span.id
                        && known.identity() == span.identity()
                };
                if !spans.iter().any(|known| is(&known)) {
                    spans.push(span);
                }
            }
        }
        let expected = windows(&rule, over, &traces, Completeness::Root);
        let expected: BTreeMap<Place, Allowed> = expected
            .into_iter()
            .map(|(place, allowed)| (shown(place), allowed))
            // What began long ago is late.
            .filter(|((start, _), _)| *start > NOW.0 - MAX_AGE)
            .collect();
        let first = played(&rule, &batches(&spans, 1000), 1, false);
        for (place, allowed) in &expected {
            let said = first.get(place);
            assert!(
                said.is_some_and(|said| allowed.contains(said)),
                "seed {number}: {text}\n{place:?}: {said:?}, and the oracle says {allowed:?}"
            );
        }
        let more: Vec<&Place> = first
            .keys()
            .filter(|place| !expected.contains_key(*place))
            .collect();
        assert!(
            more.is_empty(),
            "seed {number}: {text}\n{more:?} is told of"
        );
        for verdict in first.values() {
            *seen.entry(verdict.as_str()).or_default() += 1;
        }
        let mut turned = spans.clone();
        turned.reverse();
        for (spans, size, shards, restarts) in [(&turned, 7, 8, false), (&spans, 3, 3, true)] {
            let mut batches = batches(spans, size);
            // Some come twice.
            batches.extend(batches.clone().into_iter().take(2));
            let other = played(&rule, &batches, shards, restarts);
            assert_eq!(first, other, "seed {number}: {text}");
        }
    }
    println!("windows: {rules} rules from seed {seed}: {seen:?}");
    for verdict in Verdict::ALL {
        assert!(
            seen.contains_key(verdict.as_str()),
            "nothing was {}",
            verdict.as_str()
        );
    }
}
