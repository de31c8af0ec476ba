//! `betrace replay --timeline`: when each rule began to be broken. Traces are counted by when they began, as they come; then
//! is told, rule by rule, where a larger share of them broke it and what these have in common.
//!
//! ```text
//! spans ──▶ tally: start and origin of each trace ┐
//!                                                 ├─▶ told: bars, change, shared values ──▶ text | json | html
//! findings ─▶ tally: buckets of each rule ────────┘
//! ```

mod buckets;
mod change;
mod html;
mod origin;
mod tally;
mod text;
mod told;
mod what;

use std::time::Instant;

use betrace_engine::Report;
use serde::Serialize;

use crate::args::{Replay, ReplayFormat, Width};
use crate::exit::Exit;
use crate::output::{self, Output, counted};
use crate::paths::TraceInputs;
use crate::words::duration;

use super::summary::{self, Vacuous};
use super::wanted::Wanted;
use super::{setup, watch};
use tally::Timeline;
use told::Told;

#[derive(Serialize)]
struct Line<'a> {
    timeline: &'a Told,
}

pub fn run(args: &Replay, width: Width, inputs: TraceInputs, out: &mut Output) -> Exit {
    let begun = Instant::now();
    if args.format == ReplayFormat::Otlp {
        output::fault(
            "--timeline lists no violations that could be written as spans: text, json or html",
        );
        return Exit::Usage;
    }
    let mut setup = match setup::setup(args, &Wanted::of(&[])) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    // Every trace counts, once, at its close.
    setup.settings.report = Report::All;
    setup.settings.early = false;
    let mut timeline = Timeline::new(width, &setup.settings);
    let (engine, is_broken) = match watch::through(&setup, inputs, &mut timeline) {
        Ok(done) => done,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let rules = told::told(&timeline, setup.rules.iter().map(AsRef::as_ref));
    match args.format {
        ReplayFormat::Json => rules
            .iter()
            .for_each(|timeline| out.json(&Line { timeline })),
        ReplayFormat::Html => html::write(&rules, out),
        ReplayFormat::Text | ReplayFormat::Otlp => text::write(&rules, out),
    }
    out.flush();
    left_out(&timeline, &rules);
    let stats = engine.stats();
    summary::close(&stats, &Vacuous::new(), true, begun.elapsed());
    match (is_broken, rules.iter().any(|told| told.violated > 0)) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Found,
        (false, false) => Exit::Fine,
    }
}

/// Where a bound was met.
fn left_out(timeline: &Timeline, rules: &[Told]) {
    let shown = rules.first().map_or(0, |told| told.bucket_nano);
    if let Some(asked) = timeline.ladder.narrower(timeline.step) {
        output::note(format_args!(
            "bars of {} instead of {}: there are too many of those",
            duration(shown),
            duration(asked)
        ));
    }
    if timeline.without_origin > 0 {
        output::note(format_args!(
            "{} beyond --memory-mib are not asked what they come from",
            counted(timeline.without_origin, "verdict")
        ));
    }
    if timeline.origins.is_partial {
        output::note("resources have so many attributes that not all of them are compared");
    }
}
