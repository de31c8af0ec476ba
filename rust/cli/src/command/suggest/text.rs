//! Suggestions for people.

use betrace_suggest::wilson_upper;

use crate::compared::Count;
use crate::english::reading::in_sentences;
use crate::output::{Output, Paint, counted, grouped};
use crate::words::moment;

use super::examples::Examples;
use super::suggested::{CERTAIN, Suggested, Suggestion};

/// All of them, each with what it rests on.
pub fn write(suggested: &Suggested, examples: &Examples, out: &mut Output) {
    for (place, one) in suggested.all.iter().enumerate() {
        if place > 0 {
            out.line("");
        }
        let palette = out.palette();
        let id = palette.paint(Paint::Bold, &one.id);
        out.line(format_args!("{}. {id}", place + 1));
        for line in one.condition.lines() {
            out.line(format_args!("   {line}"));
        }
        out.line(format_args!("   {}", in_sentences(&one.rule)));
        worth(one, out);
        for same in &one.same {
            let same: Vec<&str> = same.lines().map(str::trim).collect();
            out.line(format_args!(
                "   the same on these traces: {}",
                same.join(" ")
            ));
        }
        for line in examples.drawn(one) {
            out.line(format_args!("   {line}"));
        }
    }
}

fn worth(one: &Suggestion, out: &mut Output) {
    if one.bad.traces == 0 {
        out.line(format_args!("   {}", kept(one.good)));
        return;
    }
    let applies = one.bad.violated + one.bad.satisfied;
    let where_applies = if applies == one.bad.traces {
        String::new()
    } else {
        format!(
            " ({} of the {} where it applies)",
            grouped(one.bad.violated.into()),
            grouped(applies.into())
        )
    };
    out.line(format_args!(
        "   breaks in {} of {}{where_applies}; false alarms {} of {} (at most {})",
        grouped(one.bad.violated.into()),
        counted(one.bad.traces, "bad trace"),
        grouped(one.good.violated.into()),
        grouped(one.good.traces.into()),
        share(upper(one.good)),
    ));
    out.line(format_args!("   {}", chance(one)));
    if let Some(held) = &one.held_out {
        let bounds = match &held.condition {
            Some(condition) => {
                let lines: Vec<&str> = condition.lines().map(str::trim).collect();
                format!("as half of the traces give it, `{}`", lines.join(" "))
            }
            None => "the same from half of the traces".to_owned(),
        };
        out.line(format_args!(
            "   {bounds}: on the other half it breaks in {} of {} bad traces and in {} of {} good ones",
            grouped(held.bad.violated.into()),
            grouped(held.bad.traces.into()),
            grouped(held.good.violated.into()),
            grouped(held.good.traces.into()),
        ));
    }
    if let Some(first) = one.verdicts.first {
        out.line(format_args!("   first seen {}", moment(first)));
    }
}

/// Of a rule that was taken from good traces alone.
pub fn kept(good: Count) -> String {
    let applies = u64::from(good.violated + good.satisfied);
    format!(
        "kept by {} of the {} to which it applies (broken by at most {})",
        grouped(good.satisfied.into()),
        counted(applies, "trace"),
        share(wilson_upper(good.violated.into(), applies))
    )
}

/// The upper end of the 95 % interval of false alarms.
pub fn upper(good: Count) -> f64 {
    wilson_upper(good.violated.into(), good.traces.into())
}

fn chance(one: &Suggestion) -> String {
    let p = small(one.p);
    if one.q <= CERTAIN {
        format!(
            "more than chance: p {p}, and false among what is found at a rate of {}",
            small(one.q)
        )
    } else {
        format!(
            "perhaps chance: p {p}, which so many tests bring by themselves (false at a rate of {})",
            small(one.q)
        )
    }
}

fn small(value: f64) -> String {
    if value >= 0.001 {
        format!("{value:.3}")
    } else if value < 1e-12 {
        "below 1e-12".to_owned()
    } else {
        format!("{value:.1e}")
    }
}

/// In percent.
pub fn share(value: f64) -> String {
    format!("{:.2} %", value * 100.0)
}
