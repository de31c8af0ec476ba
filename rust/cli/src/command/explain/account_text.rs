//! The account of a verdict as a person reads it.

use betrace_lang::verdict::Verdict;

use crate::output::{Output, Paint, Palette, counted, one_line};
use crate::words::{because, nanos};

use super::account::{Account, Spot};

pub fn text(account: &Account<'_>, out: &mut Output) {
    let palette = out.palette();
    out.line(format_args!(
        "{} in trace {}, {}",
        palette.paint(Paint::Bold, account.rule),
        account.trace_id,
        counted(account.spans, "span")
    ));
    for told in &account.steps {
        let indent = "  ".repeat(told.depth + 1);
        let part = if told.part.is_empty() {
            String::new()
        } else {
            format!("{}: ", told.part)
        };
        out.line(format_args!(
            "{indent}{part}{}: {}",
            one_line(&told.text),
            palette.paint(Paint::Bold, &told.outcome)
        ));
        for because in &told.because {
            out.line(format_args!("{indent}  ! {}", one_line(because)));
        }
        for found in &told.found {
            let bound: Vec<String> = found
                .obligation
                .iter()
                .map(|spot| shown(spot, account.begin, palette))
                .collect();
            if !bound.is_empty() {
                out.line(format_args!("{indent}  for {}", bound.join(" and ")));
            }
            for spot in &found.spans {
                let spot = shown(spot, account.begin, palette);
                out.line(format_args!("{indent}  - {spot}"));
            }
            let more = found.count.saturating_sub(found.spans.len() as u64);
            if more > 0 && !found.spans.is_empty() {
                out.line(format_args!("{indent}  - and {more} more"));
            }
        }
    }
    conclusion(account, out);
    for line in &account.drawing {
        out.line(format_args!("    {line}"));
    }
    out.line("");
}

/// What it came to, and what it would have taken.
fn conclusion(account: &Account<'_>, out: &mut Output) {
    for answer in &account.verdicts {
        let reason = answer
            .reason
            .map(|reason| format!(" ({})", because(reason)))
            .unwrap_or_default();
        let clause = match (&answer.clause, &answer.clause_text) {
            (Some(clause), Some(text)) => format!(": {clause} {{ {} }}", one_line(text)),
            _ => String::new(),
        };
        let vacuous = match account.never_applied {
            Some(why) if answer.verdict == Verdict::Satisfied => {
                format!(" (vacuously: {})", why.because())
            }
            _ => String::new(),
        };
        out.line(format_args!(
            "  so it is {}{vacuous}{reason}{clause}",
            answer.verdict.as_str()
        ));
    }
    if let Some(kept_where) = &account.kept_where {
        out.line(format_args!(
            "  it would be kept where {}",
            one_line(kept_where)
        ));
    }
    for near in &account.near_misses {
        out.line(format_args!("  in this trace {}", one_line(near)));
    }
    out.line("");
}

fn shown(spot: &Spot, begin: u64, palette: Palette) -> String {
    let times = match spot.times() {
        Some((start, end)) => format!(
            "from {} to {}, {}",
            since(start, begin),
            since(end, begin),
            nanos(end - start)
        ),
        None => "no usable times".to_owned(),
    };
    format!(
        "{}: {} {}",
        one_line(&spot.service),
        one_line(&spot.name),
        palette.paint(Paint::Dim, format_args!("({}, {times})", spot.span_id))
    )
}

fn since(time: u64, begin: u64) -> String {
    let sign = if time < begin { "-" } else { "+" };
    format!("{sign}{}", nanos(time.abs_diff(begin)))
}
