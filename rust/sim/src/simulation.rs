//! A simulated world around the real engine: services, exporters, a load balancer by trace id, collectors with and without
//! storage, and whatever goes wrong between them. Time is an argument everywhere, and chance is a function of the
//! seed, so that a run is the same, byte for byte, on any number of cores.
//!
//! ```text
//! words ▸ traffic ▸ process ▸ link ▸ network ▸ world ▸ (log of each collector) ▸ collector ▸ judge ▸ figures
//! ```
//!
//! [`words`] says what rules speak of, [`traffic`] makes requests of it, [`weather`] says what goes wrong when, and
//! [`world`] lets it happen, on a [`network`] that the hostile use too; it never asks what an engine did. Each [`collector`] plays its own log, and the [`judge`]
//! holds what was said against two oracles: what truly happened, and what was delivered. [`fault`] names what can go wrong;
//! [`smallest`] cuts a wrong verdict down to what still shows it.

mod answers;
pub mod collector;
pub mod fault;
pub mod figures;
mod hostile;
pub mod judge;
mod link;
pub mod mail;
mod matter;
pub mod network;
mod process;
pub mod random;
pub mod record;
mod sight;
pub mod smallest;
pub mod timeline;
pub mod traffic;
pub mod weather;
pub mod words;
pub mod world;

use std::sync::Arc;

use betrace_lang::rule::Rule;

use collector::Collector;
use figures::Figures;
use judge::Judge;
use mail::{BEGIN, Mail};
use network::Made;
use weather::SECOND;
use world::World;

/// Behind the load balancer.
pub const COLLECTORS: usize = 4;

/// The world and the collectors take turns of so long.
const TURN: u64 = 5 * SECOND;

/// After the last request, until every trace is closed.
const AFTER: u64 = 400 * SECOND;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub seed: u64,
    /// Of simulated time in which requests begin.
    pub minutes: u64,
    /// Of simulated time, on average.
    pub spans_a_second: u64,
    /// Has no influence on what comes out.
    pub threads: usize,
    /// Whether what is said is judged.
    pub judged: bool,
}

/// What a collector's engine may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub memory_bytes: u64,
    /// More spans of a trace are not looked at.
    pub spans_a_trace: usize,
    /// Keys the engine's hash tables.
    pub seed: u64,
}

impl Config {
    /// Enough for the traffic, and not for a flood on top of it; few spans of a trace, so that one of more is no burden
    /// for the naive reading.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            memory_bytes: (1 << 20) + (6 << 10) * self.spans_a_second,
            spans_a_trace: 100,
            seed: self.seed,
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub figures: Figures,
    pub made: Made,
    /// Of simulated time, in seconds.
    pub seconds: u64,
}

/// Runs the world. `progress` is told how many of how many simulated seconds are over.
///
/// # Errors
/// What the engine refused, of rules or of messages that are sound.
pub fn run(
    rules: &[Arc<Rule>],
    config: &Config,
    mut progress: impl FnMut(u64, u64),
) -> Result<Outcome, String> {
    let judge = config.judged.then(|| Judge::new(rules));
    let mut world = World::new(rules, config);
    let mut mail: Vec<Mail> = (0..COLLECTORS).map(|_| Mail::default()).collect();
    let collectors = (0..COLLECTORS)
        .map(|number| Collector::new(rules, number != 3, config.limits(), judge.as_ref()));
    let mut collectors = collectors.collect::<Result<Vec<Collector<'_>>, String>>()?;
    let seconds = config.minutes * 60 + AFTER / SECOND;
    let end = BEGIN + seconds * SECOND;
    while world.now() < end {
        world.advance((world.now() + TURN).min(end), &mut mail);
        play(&mut collectors, &mut mail, config.threads)?;
        progress((world.now() - BEGIN) / SECOND, seconds);
    }
    let mut figures = Figures::new(rules.len());
    for (collector, mail) in collectors.iter_mut().zip(&mut mail) {
        collector.rest(mail, true);
        figures.add(&collector.figures);
    }
    Ok(Outcome {
        figures,
        made: world.made().clone(),
        seconds,
    })
}

fn play(collectors: &mut [Collector<'_>], mail: &mut [Mail], threads: usize) -> Result<(), String> {
    let share = collectors.len().div_ceil(threads.max(1));
    if share >= collectors.len() {
        let mut both = collectors.iter_mut().zip(mail);
        return both.try_for_each(|(collector, mail)| collector.play(mail));
    }
    std::thread::scope(|scope| {
        let parts = collectors.chunks_mut(share).zip(mail.chunks_mut(share));
        let running: Vec<_> = parts
            .map(|(collectors, mail)| {
                scope.spawn(move || {
                    let mut both = collectors.iter_mut().zip(mail);
                    both.try_for_each(|(collector, mail)| collector.play(mail))
                })
            })
            .collect();
        let ended = running.into_iter().map(|thread| {
            let ended = thread.join();
            ended.unwrap_or_else(|_| Err("a thread of the simulation ended early".to_owned()))
        });
        ended.collect()
    })
}
