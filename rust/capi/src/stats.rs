//! An engine's counters as JSON. The names here are part of the interface, whatever the engine calls
//! them inside.

use betrace_engine::{
    ByReason, DelayHistogram, RuleStats, SeverityStats, SpanCounts, Stats, WindowSums,
};
use betrace_lang::verdict::{Reason, Verdict};
use libc::size_t;
use serde::Serialize;

use crate::code::BETRACE_INVALID_ARGUMENT;
use crate::engine::{BetraceEngine, on_engine};
use crate::memory::Out;

/// All counters but those of single rules: cheap however many rules there are.
pub const BETRACE_STATS_TOTALS: i32 = 0;
/// All counters.
pub const BETRACE_STATS_ALL: i32 = 1;

/// Writes the engine's counters as JSON:
/// {"spans":{outcome:n},"rules":[{"id","severity","verdicts":[{"verdict","reason","count"}],
/// "violations":n,"violations_contradicted":n,"comparisons_unknown":n,"spans_matched":n,
/// "windows":[{"group":[value],"samples":n,"unknown":n,"hits":n,"sum":x}]}],
/// "severities":[{"severity","verdicts":[...],"reopened":n}],"unmarked_spans":n,"live_traces":n,
/// "open_windows":n,"late_in_windows":n,"returned_traces":n,"dropped_ids":n,"memory_bytes":n,
/// "memory_limit_bytes":n,"queued_violations":n,"violations_lost":n,
/// "decision_delay":{"bounds":[seconds],"counts":[n],"sum":seconds},...}.
/// "windows" counts windows of rules over many traces that are over: "hits" are of shares and of numbers of traces alone, "sum"
/// of sums and averages. A reader must pass over names that it does not know.
///
/// @param parts BETRACE_STATS_TOTALS (then "rules" is empty) or BETRACE_STATS_ALL
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_stats(
    engine: *const BetraceEngine,
    parts: i32,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let out = Out::new(buf, cap, len)?;
            let has_rules = match parts {
                BETRACE_STATS_TOTALS => false,
                BETRACE_STATS_ALL => true,
                _ => return Err(BETRACE_INVALID_ARGUMENT),
            };
            Ok(out.write(&to_json(&handle.engine.stats(), has_rules)))
        })
    }
}

#[derive(Serialize)]
struct StatsDocument<'a> {
    spans: SpanCounts,
    rules: Vec<RuleDocument<'a>>,
    severities: Vec<SeverityDocument<'a>>,
    unmarked_spans: u64,
    live_traces: u64,
    open_windows: u64,
    late_in_windows: u64,
    remembered_traces: u64,
    forgotten_ids: u64,
    dropped_ids: u64,
    closed_traces: u64,
    returned_traces: u64,
    shed_traces: u64,
    memory_bytes: u64,
    memory_limit_bytes: u64,
    queued_violations: u64,
    violations_lost: u64,
    decision_delay: HistogramDocument,
}

#[derive(Serialize)]
struct RuleDocument<'a> {
    id: &'a str,
    severity: &'a str,
    verdicts: Vec<VerdictDocument>,
    violations: u64,
    violations_contradicted: u64,
    comparisons_unknown: u64,
    spans_matched: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    windows: Vec<WindowDocument<'a>>,
}

/// Of a group, what the windows that are over came to.
#[derive(Serialize)]
struct WindowDocument<'a> {
    group: &'a [String],
    samples: u64,
    unknown: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hits: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<f64>,
}

#[derive(Serialize)]
struct SeverityDocument<'a> {
    severity: &'a str,
    verdicts: Vec<VerdictDocument>,
    reopened: u64,
}

#[derive(Serialize)]
struct VerdictDocument {
    verdict: &'static str,
    reason: &'static str,
    count: u64,
}

/// `counts[i]` values were at most `bounds[i]` and above the bound before; the last count is the rest.
#[derive(Serialize)]
struct HistogramDocument {
    bounds: Vec<f64>,
    counts: Vec<u64>,
    sum: f64,
}

fn to_json(stats: &Stats, has_rules: bool) -> Vec<u8> {
    let rules: &[RuleStats] = if has_rules { &stats.rules } else { &[] };
    let document = StatsDocument {
        spans: stats.spans,
        rules: rules.iter().map(rule).collect(),
        severities: stats.severities.iter().map(severity).collect(),
        unmarked_spans: stats.unmarked_spans,
        live_traces: stats.live_traces,
        open_windows: stats.open_windows,
        late_in_windows: stats.late_in_windows,
        remembered_traces: stats.remembered_traces,
        forgotten_ids: stats.forgotten_ids,
        dropped_ids: stats.dropped_ids,
        closed_traces: stats.closed_traces,
        returned_traces: stats.returned_traces,
        shed_traces: stats.shed_traces,
        memory_bytes: stats.memory_bytes,
        memory_limit_bytes: stats.memory_limit_bytes,
        queued_violations: stats.queued_findings,
        violations_lost: stats.lost_findings,
        decision_delay: HistogramDocument {
            bounds: DelayHistogram::BOUNDS.to_vec(),
            counts: stats.decision_delay.counts.to_vec(),
            sum: stats.decision_delay.sum,
        },
    };
    // Only a map with keys that are not text, or a failing writer, makes this fail; there is neither.
    serde_json::to_vec(&document).unwrap_or_default()
}

fn verdicts(definite: [(Verdict, u64); 3], inconclusive: &ByReason) -> Vec<VerdictDocument> {
    let mut verdicts: Vec<VerdictDocument> = definite
        .into_iter()
        .map(|(verdict, count)| VerdictDocument {
            verdict: verdict.as_str(),
            reason: "",
            count,
        })
        .collect();
    // A rule that never met a reason would only make a series of zeros.
    let inconclusive = Reason::ALL.iter().zip(inconclusive);
    verdicts.extend(
        inconclusive
            .filter(|(_, count)| **count > 0)
            .map(|(reason, count)| VerdictDocument {
                verdict: Verdict::Inconclusive.as_str(),
                reason: reason.as_str(),
                count: *count,
            }),
    );
    verdicts
}

fn severity(stats: &SeverityStats) -> SeverityDocument<'_> {
    let definite = [
        (Verdict::Violated, stats.violated),
        (Verdict::Satisfied, stats.satisfied),
        (Verdict::NotApplicable, stats.not_applicable),
    ];
    SeverityDocument {
        severity: &stats.severity,
        verdicts: verdicts(definite, &stats.inconclusive),
        reopened: stats.reopened,
    }
}

fn rule(stats: &RuleStats) -> RuleDocument<'_> {
    let definite = [
        (Verdict::Violated, stats.violated),
        (Verdict::Satisfied, stats.satisfied),
        (Verdict::NotApplicable, stats.not_applicable),
    ];
    RuleDocument {
        id: &stats.rule,
        severity: &stats.severity,
        verdicts: verdicts(definite, &stats.inconclusive),
        violations: stats.violations,
        violations_contradicted: stats.violations_contradicted,
        comparisons_unknown: stats.comparisons_unknown,
        spans_matched: stats.spans_matched,
        windows: stats.windows.iter().map(window).collect(),
    }
}

fn window(sums: &WindowSums) -> WindowDocument<'_> {
    WindowDocument {
        group: &sums.group,
        samples: sums.samples,
        unknown: sums.unknown,
        hits: sums.hits,
        sum: sums.sum,
    }
}
