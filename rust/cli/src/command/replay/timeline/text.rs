//! A timeline for a terminal.

use crate::output::{Output, Paint, grouped, one_line};
use crate::words::moment;

use super::told::{Bar, Changed, Seen, Shared, Told};
use super::what::What;

const BAR: usize = 40;
const MOST_SHARED: usize = 3;
const DAY: u64 = 86_400_000_000_000;
const MINUTE: u64 = 60_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// The rules that were broken with a bar for each bucket, then the others with a line each.
pub fn write(rules: &[Told], out: &mut Output) {
    for told in rules {
        let name = out.palette().paint(Paint::Bold, one_line(&told.rule));
        out.line(format_args!("{name}: {}", headline(told)));
        if told.violated == 0 {
            continue;
        }
        for (what, text) in facts(told) {
            out.line(format_args!("  {what:<8} {text}"));
        }
        bars(told, out);
        out.line("");
    }
}

/// How many of how many.
#[must_use]
pub fn headline(told: &Told) -> String {
    let applied = told.of.counted(told.applied());
    let mut line = match (told.violated, told.applied()) {
        (0, 0) => "never applied".to_owned(),
        (0, _) => format!("kept by {applied}"),
        (violated, _) => format!(
            "broken by {} of {applied} ({})",
            grouped(violated),
            percent(told.share())
        ),
    };
    for (count, what) in [
        (told.not_applicable, "not applicable"),
        (told.inconclusive, "inconclusive"),
        (told.without_time, "without a time, in no bar"),
    ] {
        if count > 0 {
            line.push_str(&format!("; {} {what}", grouped(count)));
        }
    }
    line
}

/// What is said besides the bars, each with a word before it.
#[must_use]
pub fn facts(told: &Told) -> Vec<(&'static str, String)> {
    let at = |seen: &Seen| {
        let begin = moment(seen.start_time_unix_nano);
        // A window is in no trace of the recordings.
        match told.of {
            What::Traces => format!("{begin} in trace {}", seen.trace_id),
            What::Windows | What::GroupsOfWindows => format!("in the window from {begin}"),
        }
    };
    let mut facts = Vec::new();
    let before = told.last_satisfied_before.as_ref();
    facts.extend(before.map(|seen| ("kept", format!("{}, the last before", at(seen)))));
    facts.extend(told.first_violated.as_ref().map(|seen| ("first", at(seen))));
    facts.extend(told.last_violated.as_ref().map(|seen| ("last", at(seen))));
    facts.extend(
        told.change
            .as_ref()
            .map(|change| ("change", changed(change))),
    );
    let shared = told.shared.iter().take(MOST_SHARED);
    facts.extend(shared.map(|shared| ("with", has(shared))));
    facts
}

fn changed(change: &Changed) -> String {
    let width = change.edge_nano;
    let from = change
        .from_unix_nano
        .map(|from| format!("since {}", label(from, width)));
    let until = change
        .until_unix_nano
        .map(|until| format!("until {}", label(until, width)));
    let when: Vec<String> = [from, until].into_iter().flatten().collect();
    format!(
        "{}: {}, otherwise {}; confidence {}",
        when.join(" "),
        percent(change.share),
        percent(change.share_otherwise),
        percent(change.confidence)
    )
}

fn has(shared: &Shared) -> String {
    let service = if shared.service.is_empty() {
        "unknown service"
    } else {
        &shared.service
    };
    format!(
        "{} {} {}: {} of {} that broke it, {} of {} that kept it",
        one_line(service),
        one_line(&shared.attribute),
        one_line(&shared.value),
        grouped(shared.violated_with),
        grouped(shared.violated),
        grouped(shared.satisfied_with),
        grouped(shared.satisfied)
    )
}

fn bars(told: &Told, out: &mut Output) {
    let palette = out.palette();
    let highest = told.buckets.iter().map(Bar::share).fold(0.0, f64::max);
    let mut next = None;
    for bar in &told.buckets {
        if next.is_some_and(|next| next < bar.from_unix_nano) {
            out.line("  ⋮");
        }
        next = Some(bar.from_unix_nano.saturating_add(told.bucket_nano));
        let of = format!("{} of {}", grouped(bar.violated), grouped(bar.applied()));
        let numbers = format!(
            "  {}  {:>7}  {of:>15}",
            label(bar.from_unix_nano, told.bucket_nano),
            percent(bar.share())
        );
        let drawn = drawn(bar.share() / highest);
        if drawn.is_empty() {
            out.line(numbers);
        } else {
            out.line(format_args!(
                "{numbers}  {}",
                palette.paint(Paint::Red, drawn)
            ));
        }
    }
}

/// In eighths of a character; something is never drawn as nothing.
fn drawn(part: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    // Of nothing the part is no number.
    if part.is_nan() || part <= 0.0 {
        return String::new();
    }
    let eighths = ((part * (BAR * 8) as f64).round() as usize).clamp(1, BAR * 8);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    // What is not all is not called all, and what is not nothing not nothing.
    if percent > 99.9 && percent < 100.0 {
        return "99.9 %".to_owned();
    }
    if percent > 0.0 && percent < 0.1 {
        return "<0.1 %".to_owned();
    }
    format!("{percent:.1} %")
}

/// When a bucket of that width begins, in UTC and as exactly as the width asks for.
#[must_use]
pub fn label(nanos: u64, width: u64) -> String {
    let all = moment(nanos);
    let length = if width.is_multiple_of(DAY) {
        "2026-01-31".len()
    } else if width.is_multiple_of(MINUTE) {
        "2026-01-31 00:00".len()
    } else if width >= SECOND {
        "2026-01-31 00:00:00".len()
    } else {
        "2026-01-31 00:00:00.000".len()
    };
    all[..length].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_drawn_to_the_eighth_and_something_is_never_nothing() {
        assert_eq!(drawn(0.0), "");
        assert_eq!(drawn(f64::NAN), "");
        assert_eq!(drawn(1e-9), "▏");
        assert_eq!(drawn(1.0), "█".repeat(BAR));
        assert_eq!(drawn(0.5 + 1.0 / 320.0), format!("{}▏", "█".repeat(20)));
    }

    #[test]
    fn shares_never_round_to_all_or_nothing() {
        let text: Vec<String> = [0.0, 1e-6, 0.001, 0.1234, 0.99999, 1.0].map(percent).into();
        assert_eq!(
            text,
            ["0.0 %", "<0.1 %", "0.1 %", "12.3 %", "99.9 %", "100.0 %"]
        );
    }

    #[test]
    fn a_bucket_is_called_as_exactly_as_its_width_asks_for() {
        let at = 1_795_254_921_119_000_000;
        for (width, text) in [
            (7 * DAY, "2026-11-21"),
            (MINUTE, "2026-11-21 09:55"),
            (5 * SECOND, "2026-11-21 09:55:21"),
            (SECOND / 10, "2026-11-21 09:55:21.119"),
        ] {
            assert_eq!(label(at, width), text);
        }
    }
}
