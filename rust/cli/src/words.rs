//! The words of results, the same in every command and format.

use betrace_engine::{Finding, OverWindow};
use betrace_evidence::time_text;
use betrace_lang::rule::{Number, Over, WindowBound};
use betrace_lang::verdict::Reason;

/// Why nothing definite can be said.
#[must_use]
pub fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::NoRoot => "no_root: no root span came",
        Reason::Orphan => "orphan: a parent span never came",
        Reason::SpanLimit => "span_limit: the trace has more spans than the limit",
        Reason::Evicted => "evicted: closed by max_age",
        Reason::Memory => "memory: shed to stay within the memory limit",
        Reason::Reload => "reload: the rule changed while the trace was open",
        Reason::Restart => "restart: the trace may have begun before the start",
        Reason::Shutdown => "shutdown: the process stopped first",
        Reason::StateCap => "state_cap: a record of the rule was full",
        Reason::Skew => "skew: a span ends before it starts or has no times",
        Reason::Late => "late: spans came after the close",
        Reason::TooFew => "too_few: what was counted is too little to be sure",
        Reason::Moved => "moved: the members of the tier changed",
        Reason::Conflict => "conflict: copies of one span differ in what rules read",
    }
}

/// Why nothing is said of the rule in one trace, and who says something.
#[must_use]
pub fn over_many_traces(rule: &str) -> String {
    format!(
        "`{rule}` is over many traces, and one of them keeps or breaks nothing; `betrace replay --summary` tells of each window"
    )
}

/// In the order of the windows in time, and of groups in that; what is of one trace keeps its order.
#[must_use]
pub fn by_window(findings: &[Finding]) -> Vec<&Finding> {
    let place = |finding: &&Finding| {
        let window = finding.window.as_ref();
        window.map(|window| (window.start, window.group.clone()))
    };
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_cached_key(place);
    findings
}

/// Whether a group of a window kept its rule, and of which that is said, and why.
#[must_use]
pub fn of_window(finding: &Finding, window: &OverWindow) -> String {
    let reason = finding
        .reason
        .map(|reason| format!(" ({})", because(reason)));
    format!(
        "{}: {}{}",
        measured(finding, window),
        finding.verdict.as_str(),
        reason.unwrap_or_default()
    )
}

/// When, of which group, and what was measured: a line for a window.
#[must_use]
pub fn measured(finding: &Finding, window: &OverWindow) -> String {
    let group = window.group.iter();
    let group: Vec<String> = group
        .map(|(field, value)| format!(", {field} {value}"))
        .collect();
    let length = duration(window.end - window.start);
    let value = match window.value {
        Some(value) => value.text(window.is_duration),
        None => "nothing".to_owned(),
    };
    let unknown = match window.unknown {
        0 => String::new(),
        unknown => format!(", {unknown} not known"),
    };
    let hits = match window.hits {
        None => String::new(),
        Some(hits) => format!("{hits} of "),
    };
    let over = finding.rule.body.over.as_ref();
    format!(
        "{length} from {}{}: {} is {value}{} ({hits}{} measured{unknown})",
        moment(window.start),
        group.concat(),
        window.measure,
        over.map_or_else(String::new, |over| against(over, finding, window)),
        finding.count
    )
}

/// What the measure is held against, where the rule does not say it as a number; or why it is held against nothing.
fn against(over: &Over, finding: &Finding, window: &OverWindow) -> String {
    let is_large = finding.count + window.unknown >= over.at_least;
    let WindowBound::Peer { factor, peer } = &over.bound else {
        return match is_large {
            true => String::new(),
            false => format!(", of fewer than {}", over.at_least),
        };
    };
    let times = match *factor == Number::Int(1) {
        true => String::new(),
        false => format!("{} * ", factor.to_f64()),
    };
    match window.bound {
        _ if !is_large => format!(", of fewer than {}", over.at_least),
        Some(bound) => {
            let bound = bound.text(window.is_duration);
            format!(" against {bound} ({times}{})", peer.as_str())
        }
        None => format!(" and there is no `{}`", peer.as_str()),
    }
}

/// A duration in the unit that suits it.
#[must_use]
pub fn nanos(value: u64) -> String {
    let float = value as f64;
    match value {
        0 => "0 ms".to_owned(),
        1..1_000_000 => format!("{:.3} ms", float / 1e6),
        1_000_000..1_000_000_000 => format!("{:.1} ms", float / 1e6),
        1_000_000_000..120_000_000_000 => format!("{:.2} s", float / 1e9),
        _ => format!("{:.1} min", float / 6e10),
    }
}

/// A duration as its author would write it, exactly: `5 s`, `250 ms`, `1.5 s`, `2 min`, `6 h`.
#[must_use]
pub fn duration(value: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (86_400 * SECOND, "d"),
        (3_600 * SECOND, "h"),
        (60 * SECOND, "min"),
        (SECOND, "s"),
        (1_000_000, "ms"),
        (1_000, "µs"),
    ];
    for (unit, name) in UNITS {
        if value >= unit && (unit <= SECOND || value.is_multiple_of(unit)) {
            let fraction = format!(
                "{:09}",
                u128::from(value % unit) * 1_000_000_000 / u128::from(unit)
            );
            let number = format!("{}.{fraction}", value / unit);
            return format!(
                "{} {name}",
                number.trim_end_matches('0').trim_end_matches('.')
            );
        }
    }
    format!("{value} ns")
}

/// A moment in UTC, to the millisecond: `2022-08-22 05:09:19.285 UTC`.
#[must_use]
pub fn moment(unix_nanos: u64) -> String {
    let text = time_text(unix_nanos);
    format!("{} {} UTC", &text[..10], &text[11..23])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        for (nanos, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_500, "1.5 µs"),
            (250_000_000, "250 ms"),
            (5_000_000_000, "5 s"),
            (1_000_000_001, "1.000000001 s"),
            (90_000_000_000, "90 s"),
            (120_000_000_000, "2 min"),
            (5_400_000_000_000, "90 min"),
            (21_600_000_000_000, "6 h"),
            (7 * 86_400_000_000_000, "7 d"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }

    #[test]
    fn moments_are_dates() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00.000 UTC"),
            (951_782_399, "2000-02-28 23:59:59.000 UTC"),
            (951_782_400, "2000-02-29 00:00:00.000 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59.000 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00.000 UTC"),
        ] {
            assert_eq!(moment(seconds * 1_000_000_000), text);
        }
    }
}
