//! What is told of each rule, for people and for programs.

use serde::Serialize;

use crate::applied::NeverApplied;
use crate::args::TuneFormat;
use crate::compared::{Count, ToldCount};
use crate::output::{Output, Paint, grouped};

use super::varied::{Did, Standing};

/// A bound that would have done better.
pub struct Moved {
    pub standing: Standing,
    pub to: String,
    pub did: Did,
}

/// One rule.
pub struct Told {
    pub id: String,
    pub now: Did,
    pub moved: Vec<Moved>,
    pub never_applied: Option<NeverApplied>,
    pub near_misses: Vec<String>,
}

impl Told {
    /// No trace breaks it, though it applies to some.
    pub fn is_always_kept(&self) -> bool {
        let violated = self.now.bad.violated + self.now.good.violated;
        self.never_applied.is_none() && violated == 0
    }

    /// There is something to do about it.
    pub fn is_found(&self) -> bool {
        self.never_applied.is_some()
            || self.is_always_kept()
            || !self.moved.is_empty()
            || !self.now.is_quiet()
    }
}

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    good: ToldCount,
    bad: ToldCount,
    is_quiet: bool,
    is_always_kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    never_applied: Option<NeverApplied>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    near_misses: &'a [String],
    bounds: Vec<Bound<'a>>,
}

#[derive(Serialize)]
struct Bound<'a> {
    part: &'a str,
    from: String,
    to: &'a str,
    good: ToldCount,
    bad: ToldCount,
}

pub fn write(all: &[Told], format: TuneFormat, out: &mut Output) {
    for told in all {
        match format {
            TuneFormat::Json => json(told, out),
            TuneFormat::Text => text(told, out),
        }
    }
}

fn json(told: &Told, out: &mut Output) {
    let bounds = told.moved.iter().map(|moved| Bound {
        part: &moved.standing.text,
        from: moved.standing.value.text(),
        to: &moved.to,
        good: moved.did.good.told(),
        bad: moved.did.bad.told(),
    });
    out.json(&Line {
        rule: &told.id,
        good: told.now.good.told(),
        bad: told.now.bad.told(),
        is_quiet: told.now.is_quiet(),
        is_always_kept: told.is_always_kept(),
        never_applied: told.never_applied,
        near_misses: &told.near_misses,
        bounds: bounds.collect(),
    });
}

fn text(told: &Told, out: &mut Output) {
    let palette = out.palette();
    let id = palette.paint(Paint::Bold, &told.id);
    let what = match told.never_applied {
        Some(why) => format!("never applied ({})", why.because()),
        None if told.is_always_kept() => {
            let applies = told.now.good.satisfied + told.now.bad.satisfied;
            format!(
                "kept by all {} traces to which it applies",
                grouped(applies.into())
            )
        }
        None => format!("breaks in {}", did(told.now)),
    };
    out.line(format_args!("{id}: {what}"));
    for sentence in &told.near_misses {
        out.line(format_args!("  {sentence}"));
    }
    for moved in &told.moved {
        out.line(format_args!("  {}", moved.standing.text));
        out.line(format_args!(
            "  with {} instead of {} it breaks in {}",
            moved.to,
            moved.standing.value.text(),
            did(moved.did)
        ));
    }
    if told.moved.is_empty() && !told.now.is_quiet() {
        out.line("  no bound of it, moved by itself, makes it quiet on these good traces and keeps what it catches");
    }
}

fn did(did: Did) -> String {
    let of = |count: Count| {
        format!(
            "{} of {}",
            grouped(count.violated.into()),
            grouped(count.traces.into())
        )
    };
    if did.bad.traces == 0 {
        return format!("{} good traces", of(did.good));
    }
    format!(
        "{} good traces and in {} bad ones",
        of(did.good),
        of(did.bad)
    )
}
