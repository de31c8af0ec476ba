//! `betrace replay --gaps`: how far apart the spans of a trace come, what the present timing makes of that, and the `trace:`
//! block that would suit these recordings.

mod measured;

use betrace_engine::{Completeness, Settings};
use serde::Serialize;

use crate::args::{Replay, ReplayFormat};
use crate::exit::Exit;
use crate::feed::{Fed, decoded, feed};
use crate::output::{self, Output, Paint, counted, grouped};
use crate::paths::TraceInputs;
use crate::words::nanos;

use super::setup;
use super::wanted::Wanted;
use measured::{Arrivals, Cut, Measured};

const SECOND: u64 = 1_000_000_000;

/// How long a span may be on its way, which no recording tells: the batches of an SDK wait for as long by default
/// (`OTEL_BSP_SCHEDULE_DELAY`).
const ON_ITS_WAY: u64 = 5 * SECOND;

/// What is suggested keeps this share of the traces whole, in thousandths.
const KEPT: usize = 999;

/// Timeouts that a person would write.
const ROUND: [u64; 21] = [
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14_400, 21_600,
    28_800, 43_200, 86_400,
];

pub fn run(args: &Replay, inputs: TraceInputs, out: &mut Output) -> Exit {
    if args.format == ReplayFormat::Otlp {
        output::fault("--gaps finds no violations that could be written as spans: text or json");
        return Exit::Usage;
    }
    let (settings, deadline) = match asked(args) {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let mut arrivals = Arrivals::within(settings.memory_bytes);
    let is_broken = feed(inputs, |fed| {
        match fed {
            Fed::Spans(otlp) => arrivals.add(&decoded(otlp)?),
            Fed::Partial(_) => {}
        }
        Ok(())
    });
    let measured = arrivals.measure(&settings);
    let suggested = Suggested::of(&measured, deadline);
    match args.format {
        ReplayFormat::Json => out.json(&Line {
            gaps: told(&measured, &settings, &suggested),
        }),
        _ => text(&measured, &settings, &suggested, out),
    }
    if is_broken { Exit::Broken } else { Exit::Fine }
}

/// The present settings, and of the rules, where some are named, the longest deadline.
fn asked(args: &Replay) -> Result<(Settings, Option<u64>), Exit> {
    if args.rules.is_empty() && args.config.is_none() {
        return Ok((setup::settings_of(args)?, None));
    }
    let setup = setup::setup(args, &Wanted::of(&[]))?;
    let rules = setup.rules.iter();
    let deadline = rules.filter_map(|rule| rule.body.longest_deadline()).max();
    let unsaid = setup.settings.completeness;
    let own = setup.rules.iter().map(|rule| rule.completeness);
    // What one rule awaits, all wait for.
    let completeness = Completeness::of_all(own.map(|own| own.unwrap_or(unsaid)));
    Ok((
        Settings {
            completeness,
            ..setup.settings
        },
        deadline,
    ))
}

/// Nanoseconds, in whole seconds.
struct Suggested {
    idle_timeout: u64,
    root_timeout: u64,
    max_age: u64,
    /// The longest that a rule gives something to come: a trace has to be kept open for it.
    longest_deadline: Option<u64>,
}

impl Suggested {
    /// What most traces would have needed, the way of a span added.
    fn of(measured: &Measured, longest_deadline: Option<u64>) -> Suggested {
        let needed = |all: &[u64]| round(percentile(all, KEPT).saturating_add(ON_ITS_WAY));
        let idle_timeout = needed(&measured.longest_settled).min(3600 * SECOND);
        let root_timeout = needed(&measured.longest_awaited).max(idle_timeout);
        let oldest = percentile(&measured.ages, KEPT);
        let whole = round(oldest.saturating_add(ON_ITS_WAY + idle_timeout));
        let waits = longest_deadline.map_or(0, |deadline| deadline.saturating_add(idle_timeout));
        Suggested {
            idle_timeout,
            root_timeout,
            // Five minutes are the default: there is nothing to win by less.
            max_age: whole.max(root_timeout).max(round(waits)).max(300 * SECOND),
            longest_deadline,
        }
    }

    fn block(&self) -> String {
        format!(
            "trace:\n  idle_timeout: {}\n  root_timeout: {}\n  max_age: {}\n",
            written(self.idle_timeout),
            written(self.root_timeout),
            written(self.max_age)
        )
    }
}

/// The next timeout that a person would write; a day at most.
fn round(nanos: u64) -> u64 {
    let fits = ROUND.iter().find(|seconds| **seconds * SECOND >= nanos);
    fits.unwrap_or(&86_400) * SECOND
}

/// By nearest rank; `all` is sorted. 0 of nothing.
fn percentile(all: &[u64], thousandths: usize) -> u64 {
    let rank = (all.len() * thousandths).div_ceil(1000);
    all.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// As the configuration writes it: `10s`, `1m`, `1m30s`, `250ms`.
fn written(nanos: u64) -> String {
    let (seconds, rest) = (nanos / SECOND, nanos % SECOND);
    if rest != 0 {
        return format!("{}ms", nanos.div_ceil(1_000_000));
    }
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, 0, 0) => format!("{hours}h"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

fn text(measured: &Measured, settings: &Settings, suggested: &Suggested, out: &mut Output) {
    let traces = measured.traces;
    out.line(format_args!(
        "{} in {}, each taken to arrive when it ended",
        counted(measured.spans, "span"),
        counted(traces, "trace")
    ));
    for (count, what) in [
        (measured.without_end, "without an end, left out"),
        (measured.beyond_memory, "beyond --memory-mib, left out"),
    ] {
        if count > 0 {
            out.line(format_args!("{} {what}", counted(count, "span")));
        }
    }
    out.line("");
    out.line(format_args!(
        "{:<42}{:>10}{:>10}{:>10}{:>10}{:>10}",
        "", "p50", "p90", "p99", "p99.9", "longest"
    ));
    for (what, all) in rows(measured) {
        let at = |thousandths| nanos(percentile(all, thousandths));
        out.line(format_args!(
            "{what:<42}{:>10}{:>10}{:>10}{:>10}{:>10}",
            at(500),
            at(900),
            at(990),
            at(999),
            at(1000)
        ));
    }
    out.line("");
    at_present(measured, settings, out);
    out.line("");
    out.line(format_args!(
        "To keep {} % of these traces whole, with {} for the way of a span, which no recording tells:",
        KEPT as f64 / 10.0,
        written(ON_ITS_WAY)
    ));
    if let Some(deadline) = suggested.longest_deadline {
        out.line(format_args!(
            "A rule gives something {} to come; max_age less idle_timeout has to be as long.",
            written(deadline)
        ));
    }
    out.line("");
    for line in suggested.block().lines() {
        out.line(out.palette().paint(Paint::Bold, line));
    }
}

/// What the settings make of these traces.
fn at_present(measured: &Measured, settings: &Settings, out: &mut Output) {
    let traces = measured.traces;
    let awaited = settings.completeness.as_str();
    out.line(format_args!(
        "At idle_timeout {}, root_timeout {}, max_age {}, completeness {awaited}:",
        written(settings.idle_timeout),
        written(settings.root_timeout),
        written(settings.max_age)
    ));
    let by = |cut| measured.cut.get(&cut).copied().unwrap_or(0);
    let cut = by(Cut::Idle) + by(Cut::Root) + by(Cut::Age);
    out.line(format_args!(
        "  {} of {} cut ({}): {} by idle_timeout, {} by root_timeout, {} by max_age",
        grouped(cut),
        counted(traces, "trace"),
        share(cut, traces),
        grouped(by(Cut::Idle)),
        grouped(by(Cut::Root)),
        grouped(by(Cut::Age))
    ));
    if measured.incomplete > 0 {
        out.line(format_args!(
            "  {} ({}) never had what {awaited} awaits: they end inconclusive, whatever the timing",
            counted(measured.incomplete, "trace"),
            share(measured.incomplete, traces)
        ));
    }
}

fn rows(measured: &Measured) -> [(&'static str, &[u64]); 6] {
    [
        ("gap while something is awaited", &measured.awaited),
        (
            "  the longest of a trace (root_timeout)",
            &measured.longest_awaited,
        ),
        ("gap when nothing is awaited any more", &measured.settled),
        (
            "  the longest of a trace (idle_timeout)",
            &measured.longest_settled,
        ),
        ("root after the first span", &measured.root_delays),
        ("last after the first span (max_age)", &measured.ages),
    ]
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    format!("{:.2} %", part as f64 * 100.0 / whole as f64)
}

#[derive(Serialize)]
struct Line {
    gaps: Told,
}

/// Times are nanoseconds.
#[derive(Serialize)]
struct Told {
    traces: u64,
    spans: u64,
    traces_incomplete: u64,
    percentiles: Vec<Percentiles>,
    cut_by_idle_timeout: u64,
    cut_by_root_timeout: u64,
    cut_by_max_age: u64,
    /// Of the rules that are named.
    longest_deadline: Option<u64>,
    present: Timing,
    suggested: Timing,
}

#[derive(Serialize)]
struct Percentiles {
    of: &'static str,
    count: usize,
    p50: u64,
    p90: u64,
    p99: u64,
    p999: u64,
    longest: u64,
}

#[derive(Serialize)]
struct Timing {
    idle_timeout: u64,
    root_timeout: u64,
    max_age: u64,
}

fn told(measured: &Measured, settings: &Settings, suggested: &Suggested) -> Told {
    let words = [
        "awaited_gap",
        "longest_awaited_gap_of_a_trace",
        "settled_gap",
        "longest_settled_gap_of_a_trace",
        "root_delay",
        "trace_age",
    ];
    let by = |cut| measured.cut.get(&cut).copied().unwrap_or(0);
    Told {
        traces: measured.traces,
        spans: measured.spans,
        traces_incomplete: measured.incomplete,
        percentiles: words
            .into_iter()
            .zip(rows(measured))
            .map(|(of, (_, all))| Percentiles {
                of,
                count: all.len(),
                p50: percentile(all, 500),
                p90: percentile(all, 900),
                p99: percentile(all, 990),
                p999: percentile(all, 999),
                longest: percentile(all, 1000),
            })
            .collect(),
        cut_by_idle_timeout: by(Cut::Idle),
        cut_by_root_timeout: by(Cut::Root),
        cut_by_max_age: by(Cut::Age),
        longest_deadline: suggested.longest_deadline,
        present: Timing {
            idle_timeout: settings.idle_timeout,
            root_timeout: settings.root_timeout,
            max_age: settings.max_age,
        },
        suggested: Timing {
            idle_timeout: suggested.idle_timeout,
            root_timeout: suggested.root_timeout,
            max_age: suggested.max_age,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let all: Vec<u64> = (1..=10).collect();
        assert_eq!(
            [500, 900, 990, 1000].map(|thousandths| percentile(&all, thousandths)),
            [5, 9, 10, 10]
        );
        assert_eq!(percentile(&[], 500), 0);
    }

    #[test]
    fn timeouts_are_rounded_up_and_written_as_the_configuration_has_them() {
        for (nanos, text) in [
            (1, "1s"),
            (5_000_000_001, "10s"),
            (10 * SECOND, "10s"),
            (61 * SECOND, "2m"),
            (5 * 3600 * SECOND, "6h"),
            (u64::MAX, "24h"),
        ] {
            assert_eq!(written(round(nanos)), text);
        }
        assert_eq!(written(90 * SECOND), "1m30s");
        assert_eq!(written(250_000_000), "250ms");
    }
}
