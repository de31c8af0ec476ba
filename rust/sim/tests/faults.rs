//! Recorded traces, delivered as networks and operators deliver them: no verdict on them may be wrong.
//!
//! The recordings of `testdata/traces`, and where they are present the larger ones that `BETRACE_SHARED` names; a part of
//! those by default, `BETRACE_REAL_ALL=1` takes them all. The table goes to standard error; `make faults` shows it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod given;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};
use betrace_sim::model::Span;
use betrace_sim::simulation::Limits;
use betrace_sim::simulation::collector::Collector;
use betrace_sim::simulation::fault::Fault;
use betrace_sim::simulation::figures::Figures;
use betrace_sim::simulation::judge::Judge;
use betrace_sim::simulation::mail::{Act, BEGIN, Mail};
use betrace_sim::simulation::random::Random;
use betrace_sim::simulation::record::{Record, SpanAt};
use betrace_sim::simulation::traffic::trace_id;
use given::recordings::{self, BOUTIQUE, TRAIN};
use given::{repository, rules};

const SECOND: u64 = 1_000_000_000;

/// Of the larger recordings, one trace in so many by default.
const SHARE: usize = 40;

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "faults: {text}");
}

/// One trace after the other over five minutes, each with its times among themselves as they were.
fn spread(traces: &mut [Vec<Span>]) {
    let apart = 300 * SECOND / traces.len() as u64;
    for (number, spans) in (0..).zip(traces) {
        let began = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let moved = |time: &mut u64| *time = *time + BEGIN + SECOND + number * apart - began;
        for span in spans {
            moved(&mut span.start);
            moved(&mut span.end);
            span.events
                .iter_mut()
                .for_each(|event| moved(&mut event.time));
        }
    }
}

/// How a recording is delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Delivery {
    AsRecorded,
    Shuffled,
    Split,
    Duplicated,
    DelayedBeyondIdle,
    EveryTenthBatchLost,
    Restarted,
    Killed,
    KilledWithoutStorage,
    AllAtOnce,
}

const DELIVERIES: [Delivery; 10] = [
    Delivery::AsRecorded,
    Delivery::Shuffled,
    Delivery::Split,
    Delivery::Duplicated,
    Delivery::DelayedBeyondIdle,
    Delivery::EveryTenthBatchLost,
    Delivery::Restarted,
    Delivery::Killed,
    Delivery::KilledWithoutStorage,
    Delivery::AllAtOnce,
];

impl Delivery {
    /// Does it, or all, do this?
    fn does(self, what: Delivery) -> bool {
        self == what || self == Delivery::AllAtOnce
    }

    fn has_storage(self) -> bool {
        self != Delivery::KilledWithoutStorage
    }
}

/// A recording on its way to one collector.
struct Way {
    records: BTreeMap<u64, Record>,
    log: Vec<(u64, Act)>,
    /// When the last span comes.
    end: u64,
}

impl Way {
    fn of(traces: &[Vec<Span>], delivery: Delivery, seed: u64) -> Way {
        let mut random = Random::of(seed, "faults");
        let mut way = Way {
            records: BTreeMap::new(),
            log: Vec::new(),
            end: BEGIN,
        };
        let mut arrivals: Vec<(u64, SpanAt)> = Vec::new();
        for (serial, spans) in (0..).zip(traces) {
            let ids = |span: &Span| Span {
                trace: trace_id(serial),
                ..span.clone()
            };
            let record = Record {
                serial,
                spans: spans.iter().map(ids).collect(),
                ..Record::default()
            };
            let last = spans.iter().map(|span| span.end).max().unwrap_or(BEGIN);
            for (number, span) in (0..).zip(spans) {
                let at = match delivery.does(Delivery::Shuffled) {
                    true => last + random.below(5 * SECOND),
                    false => span.end,
                };
                arrivals.push((at, (serial, number)));
            }
            way.records.insert(serial, record);
        }
        arrivals.sort_unstable();
        way.messages(&arrivals, delivery, &mut random);
        way.log.sort_by_key(|(at, _)| *at);
        way.end = way.log.last().map_or(BEGIN, |(at, _)| *at);
        way.interrupt(delivery, &mut random);
        way.ticks();
        way
    }

    fn touch(&mut self, spans: &[SpanAt], fault: Fault) {
        for (serial, _) in spans {
            self.records.get_mut(serial).unwrap().touch(fault);
        }
    }

    /// Spans that end within half a second share a message.
    fn messages(&mut self, arrivals: &[(u64, SpanAt)], delivery: Delivery, random: &mut Random) {
        let together = match delivery.does(Delivery::Split) {
            true => 1,
            false => SECOND / 2,
        };
        let batches = arrivals.chunk_by(|(a, _), (b, _)| a / together == b / together);
        for (number, batch) in batches.enumerate() {
            let at = batch.last().map_or(BEGIN, |(at, _)| *at);
            let mut spans: Vec<SpanAt> = batch.iter().map(|(_, span)| *span).collect();
            if delivery.does(Delivery::EveryTenthBatchLost) && number % 10 == 9 {
                self.touch(&spans, Fault::Loss);
                continue;
            }
            if delivery.does(Delivery::DelayedBeyondIdle) {
                let (late, in_time) = spans.iter().partition(|_| random.chance(100));
                let late: Vec<SpanAt> = late;
                spans = in_time;
                self.touch(&late, Fault::Delay);
                for span in late {
                    let then = at + random.between(12 * SECOND, 50 * SECOND);
                    self.deliver(then, vec![span]);
                }
            }
            if delivery.does(Delivery::Duplicated) {
                self.deliver(at + random.below(8 * SECOND), spans.clone());
            }
            self.deliver(at, spans);
        }
    }

    fn deliver(&mut self, at: u64, spans: Vec<SpanAt>) {
        for (serial, _) in &spans {
            self.records.get_mut(serial).unwrap().under_way += 1;
        }
        if !spans.is_empty() {
            self.log.push((at, Act::Message(spans)));
        }
    }

    /// Eight stops in order, or kills; what comes meanwhile waits.
    fn interrupt(&mut self, delivery: Delivery, random: &mut Random) {
        let kills = delivery.does(Delivery::Killed) || delivery == Delivery::KilledWithoutStorage;
        if !kills && !delivery.does(Delivery::Restarted) {
            return;
        }
        let every = (self.end - BEGIN) / 9;
        for number in 1..=8 {
            let at = BEGIN + number * every;
            let up = at + random.between(SECOND / 10, 3 * SECOND).min(every / 2);
            let is_kill = kills && (!delivery.does(Delivery::Restarted) || number % 2 == 0);
            for (time, act) in &mut self.log {
                if matches!(act, Act::Message(_)) && (at..=up).contains(time) {
                    *time = up + 1;
                }
            }
            if is_kill {
                let stored = at - random.below(every.min(10 * SECOND) / 2);
                self.log.push((stored, Act::Store));
                self.log.push((at, Act::Kill));
            } else {
                self.log.push((at, Act::Stop));
            }
            self.log.push((up, Act::Start));
        }
        self.log.sort_by_key(|(at, _)| *at);
    }

    fn ticks(&mut self) {
        let mut at = BEGIN + SECOND / 2;
        while at < self.end + 400 * SECOND {
            self.log.push((at, Act::Tick));
            at += SECOND;
        }
        self.log.sort_by_key(|(at, _)| *at);
    }

    fn judged(self, rules: &[Arc<Rule>], judge: &Judge<'_>, delivery: Delivery) -> Figures {
        let limits = Limits {
            memory_bytes: 1 << 30,
            spans_a_trace: 20_000,
            seed: 7,
        };
        let collector = Collector::new(rules, delivery.has_storage(), limits, Some(judge));
        let mut collector = collector.unwrap();
        let mut mail = Mail {
            log: self.log,
            records: self.records,
        };
        collector.play(&mut mail).unwrap();
        collector.rest(&mut mail, true);
        collector.figures
    }
}

fn hold(name: &str, mut traces: Vec<Vec<Span>>, rules: &[Arc<Rule>]) {
    spread(&mut traces);
    let judge = Judge::new(rules);
    let spans: usize = traces.iter().map(Vec::len).sum();
    let (count, many) = (traces.len(), rules.len());
    say(&format!(
        "{name}: {count} traces, {spans} spans, {many} rules"
    ));
    say(&format!(
        "{:<22} {:>9} {:>9} {:>12} {:>11} {:>6}  {}",
        "delivery", "judged", "as truly", "inconclusive", "unseen loss", "wrong", "by reason"
    ));
    for delivery in DELIVERIES {
        let figures = Way::of(&traces, delivery, 1).judged(rules, &judge, delivery);
        let sum = |verdict: Verdict| -> u64 {
            figures
                .rules
                .iter()
                .map(|rule| rule.verdicts[verdict as usize])
                .sum()
        };
        let unseen: u64 = figures.rules.iter().map(|rule| rule.unseen).sum();
        let inconclusive = sum(Verdict::Inconclusive);
        let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
        for ((reason, _), times) in &figures.explained {
            *reasons.entry(*reason).or_default() += times;
        }
        let reasons = reasons
            .iter()
            .map(|(reason, times)| format!("{} {times}", reason.as_str()));
        say(&format!(
            "{:<22} {:>9} {:>9} {:>12} {:>11} {:>6}  {}",
            format!("{delivery:?}"),
            figures.judged,
            figures.judged - inconclusive - unseen - figures.wrongs,
            inconclusive,
            unseen,
            figures.wrongs,
            reasons.collect::<Vec<_>>().join(", ")
        ));
        assert!(
            figures.judged > 0,
            "{name}, {delivery:?}: nothing was judged"
        );
        assert_eq!(
            figures.wrongs, 0,
            "{name}, {delivery:?}: {:#?}",
            figures.wrong
        );
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn on_the_recordings_of_the_demo_shop() {
    let folder = repository().join("testdata/traces");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|one| one.unwrap().path()).collect();
    files.sort();
    let traces = files.iter().flat_map(|file| recordings::read(file));
    let files = rules::PACKS.into_iter().chain(["testdata/rules/shop.yaml"]);
    hold("the demo shop", traces.collect(), &rules::enabled(files));
}

fn hold_larger(file: &str, conditions: &[&str]) {
    if let Some(traces) = recordings::larger(file, SHARE) {
        hold(file, traces, &rules::of_conditions(conditions));
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn on_a_frontend_that_throws() {
    hold_larger("online-boutique-frontend-exception.jsonl.zst", &BOUTIQUE);
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn on_orders_that_were_not_paid() {
    hold_larger("online-boutique-checkout-return.jsonl.zst", &BOUTIQUE);
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn on_deep_traces_that_were_cut() {
    hold_larger("train-ticket-normal.jsonl.zst", &TRAIN);
}
