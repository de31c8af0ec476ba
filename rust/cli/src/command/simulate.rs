//! `betrace simulate`: rules in a simulated world, in which what truly happens is known, so that every verdict can be
//! judged.

mod json;
mod over;
mod text;

use std::sync::Arc;
use std::time::Instant;

use betrace_lang::rule::Rule;
use betrace_sim::simulation::smallest::smallest;
use betrace_sim::simulation::{Config, Outcome, run as simulate};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Simulate, SimulateFormat};
use crate::exit::Exit;
use crate::output::{self, Output, grouped};
use crate::rules;

use over::Run;

pub fn run(args: &Simulate, out: &mut Output) -> Exit {
    let rules: Vec<Arc<Rule>> = match rules::load_faultless(&args.rules) {
        Ok(set) => set.rules.into_iter().map(|loaded| loaded.rule).collect(),
        Err(exit) => return exit,
    };
    let rules = match rules::of_one_trace(rules) {
        Ok(rules) => rules,
        Err(exit) => return exit,
    };
    let config = Config {
        seed: args.seed,
        minutes: args.minutes,
        spans_a_second: args.spans_per_second,
        threads: usize::from(args.threads),
        judged: !args.unjudged,
    };
    let begun = Instant::now();
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} simulated seconds") {
        bar.set_style(style);
    }
    let outcome = simulate(&rules, &config, |over, all| {
        bar.set_length(all);
        bar.set_position(over);
    });
    bar.finish_and_clear();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(fault) => {
            output::fault(fault);
            return Exit::Usage;
        }
    };
    pace(&outcome, begun);
    let wrong = outcome.figures.wrong.iter();
    let story = wrong
        .clone()
        .find_map(|wrong| smallest(&rules, &config, wrong));
    let run = Run {
        rules: &rules,
        config: &config,
        outcome,
        story,
    };
    match args.format {
        SimulateFormat::Text => text::write(&run, out),
        SimulateFormat::Json => json::write(&run, out),
    }
    match run.outcome.figures.wrongs {
        0 => Exit::Fine,
        _ => Exit::Found,
    }
}

/// How fast it went: no part of what comes out, which is the same on every machine.
fn pace(outcome: &Outcome, begun: Instant) {
    let took = begun.elapsed().as_secs_f64();
    let times = outcome.seconds as f64 / took.max(1e-9);
    let spans = outcome.made.spans as f64 / took.max(1e-9);
    output::note(format_args!(
        "{} simulated seconds in {took:.1} s, {} times real time, {} spans a second",
        grouped(outcome.seconds),
        grouped(times as u64),
        grouped(spans as u64)
    ));
}
