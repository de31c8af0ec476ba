//! Why one trace got its verdict: the verdict, then each part of the rule with what the engine says of
//! it in this trace, and the spans.

use std::sync::Arc;

use betrace_engine::{
    CloseCause, Engine, Evidence, Finding, PlanError, Report, Settings, Timestamp, TraceId,
};
use betrace_lang::rule::{ClauseKind, Rule};
use betrace_lang::verdict::{Reason, Verdict};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::{Serialize, Serializer};

use crate::args::{Explain, ExplainFormat};
use crate::exit::Exit;
use crate::feed::{Fed, feed};
use crate::output::{self, Output, Paint, Palette, counted, one_line};
use crate::paths;
use crate::traces::trace_id;
use crate::words::{because, nanos};

use super::probe::{Asks, Step, steps};

#[derive(Serialize)]
struct Account<'a> {
    rule: &'a str,
    trace_id: String,
    spans: u64,
    verdicts: Vec<Answer>,
    steps: Vec<Told>,
}

/// One answer of the engine.
#[derive(Serialize)]
struct Answer {
    #[serde(serialize_with = "verdict_word")]
    verdict: Verdict,
    #[serde(serialize_with = "reason_word")]
    reason: Option<Reason>,
    clause: Option<&'static str>,
    clause_text: Option<String>,
    spans: Vec<Spot>,
}

/// What was found of one part of the rule.
#[derive(Serialize)]
struct Told {
    #[serde(skip_serializing_if = "str::is_empty")]
    part: &'static str,
    depth: usize,
    text: String,
    /// `true`, `false`, or why it cannot be known.
    outcome: String,
    /// The word for why it cannot be known.
    #[serde(serialize_with = "reason_word")]
    reason: Option<Reason>,
    found: Vec<Found>,
}

/// Where a part holds: once, or for each obligation of a `when each`.
#[derive(Serialize)]
struct Found {
    /// The spans that are bound, in the order of their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obligation: Vec<Spot>,
    count: u64,
    /// The first of the spans.
    spans: Vec<Spot>,
}

#[derive(Serialize)]
struct Spot {
    span_id: String,
    service: String,
    name: String,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    role: &'static str,
}

fn verdict_word<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.as_str())
}

/// As `replay` and the rules' tests have it.
fn reason_word<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    reason.map(Reason::as_str).serialize(serializer)
}

pub fn run(args: &Explain, id: &str, rules: &[Arc<Rule>], out: &mut Output) -> Exit {
    let Some(trace) = trace_id(id) else {
        output::fault(format_args!("{id:?} is no trace id: up to 32 hex digits"));
        return Exit::Usage;
    };
    let inputs = match paths::trace_inputs(&args.traces) {
        Ok(inputs) => inputs,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let mut request = ExportTraceServiceRequest::default();
    let mut is_partial = false;
    let is_broken = feed(inputs, |fed| {
        match fed {
            Fed::Spans(otlp) => collect(otlp, trace, &mut request),
            Fed::Partial(other) => is_partial |= other.0 == trace,
        }
        Ok(())
    });
    let recorded = Recorded {
        trace,
        request: request.encode_to_vec(),
        is_partial,
    };
    if recorded.request.is_empty() {
        output::fault(format_args!(
            "no span of the trace {id} is among these traces"
        ));
        return if is_broken { Exit::Broken } else { Exit::Usage };
    }
    let mut exit = Exit::Fine;
    for rule in rules {
        let account = match account(args, rule, &recorded) {
            Ok(account) => account,
            Err(error) => {
                output::fault(error);
                return Exit::Usage;
            }
        };
        if account
            .verdicts
            .iter()
            .any(|answer| answer.verdict == Verdict::Violated)
        {
            exit = Exit::Found;
        }
        match args.format {
            ExplainFormat::Text => text(&account, out),
            ExplainFormat::Json => out.json(&account),
        }
    }
    if is_broken { Exit::Broken } else { exit }
}

/// The trace that is asked for, as its inputs have it.
struct Recorded {
    trace: [u8; 16],
    request: Vec<u8>,
    /// It has more spans, by the word of what recorded it.
    is_partial: bool,
}

/// Keeps the spans of one trace. What cannot be decoded holds none that could be shown.
fn collect(otlp: &[u8], trace: [u8; 16], into: &mut ExportTraceServiceRequest) {
    if memchr::memmem::find(otlp, &trace).is_none() {
        return;
    }
    let Ok(mut batch) = ExportTraceServiceRequest::decode(otlp) else {
        return;
    };
    for resource in &mut batch.resource_spans {
        for scope in &mut resource.scope_spans {
            scope.spans.retain(|span| span.trace_id == trace);
        }
        resource.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    batch
        .resource_spans
        .retain(|resource| !resource.scope_spans.is_empty());
    into.resource_spans.append(&mut batch.resource_spans);
}

fn evaluate(
    args: &Explain,
    rules: Vec<Arc<Rule>>,
    recorded: &Recorded,
) -> Result<(Vec<Finding>, u64), PlanError> {
    let settings = Settings {
        completeness: args.completeness.into(),
        early: false,
        report: Report::All,
        restart_grace: false,
        queue_bytes: u64::MAX,
        memory_bytes: 4 << 30,
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(rules, settings, Timestamp(0))?;
    // Encoded here, so well-formed.
    let _ = engine.consume(&recorded.request, Timestamp(0));
    if recorded.is_partial {
        engine.mark_partial(TraceId(recorded.trace));
    }
    engine.close_traces(Timestamp(0), CloseCause::EndOfInput);
    Ok((
        engine.take_findings(usize::MAX),
        engine.stats().spans.evaluated,
    ))
}

fn account<'a>(
    args: &Explain,
    rule: &'a Rule,
    recorded: &Recorded,
) -> Result<Account<'a>, PlanError> {
    let steps = steps(rule);
    let mut asked: Vec<Arc<Rule>> = steps.iter().map(|step| Arc::clone(&step.probe)).collect();
    let mut itself = rule.clone();
    itself.enabled = true;
    let itself = Arc::new(itself);
    asked.push(Arc::clone(&itself));
    let (findings, spans) = evaluate(args, asked, recorded)?;
    let of = |rule: &Rule| -> Vec<&Finding> {
        let mut own: Vec<_> = findings.iter().filter(|f| f.rule.id == rule.id).collect();
        own.sort_by_key(|f| f.violation_id);
        own
    };
    Ok(Account {
        rule: &rule.id.0,
        trace_id: TraceId(recorded.trace).to_string(),
        spans,
        verdicts: of(&itself).into_iter().map(answer).collect(),
        steps: steps
            .iter()
            .map(|step| told(step, &of(&step.probe)))
            .collect(),
    })
}

fn answer(finding: &Finding) -> Answer {
    let is_violated = finding.verdict == Verdict::Violated;
    Answer {
        verdict: finding.verdict,
        reason: finding.reason,
        clause: finding.clause.map(ClauseKind::as_str),
        clause_text: is_violated.then(|| finding.clause_text.to_string()),
        spans: finding.evidence.iter().map(spot).collect(),
    }
}

fn told(step: &Step, findings: &[&Finding]) -> Told {
    let held: Vec<_> = findings
        .iter()
        .filter(|f| f.verdict == Verdict::Violated)
        .collect();
    let unknown = findings.iter().find_map(|f| f.reason);
    let is_each = !step.probe.body.bindings.is_empty();
    let outcome = match (step.asks, held.is_empty(), unknown) {
        (_, true, Some(reason)) => format!("cannot be known ({})", because(reason)),
        (Asks::Obligations, true, None) => "there are none".to_owned(),
        (Asks::Obligations, false, _) => counted(held.len(), "obligation"),
        (Asks::Spans, true, None) => "none".to_owned(),
        (Asks::Spans, false, _) if is_each => {
            format!("some, for {}", counted(held.len(), "obligation"))
        }
        (Asks::Spans, false, _) => counted(held[0].count, "span"),
        (Asks::Condition, true, None) => "false".to_owned(),
        (Asks::Condition, false, _) if is_each => {
            format!("true for {}", counted(held.len(), "obligation"))
        }
        (Asks::Condition, false, _) => "true".to_owned(),
    };
    let bound = step.probe.body.bindings.len();
    let found = held
        .iter()
        .map(|finding| {
            let (obligation, spans) = finding.evidence.split_at(bound.min(finding.evidence.len()));
            let is_listing = step.asks == Asks::Obligations;
            Found {
                obligation: obligation.iter().map(spot).collect(),
                count: if is_listing { 0 } else { finding.count },
                spans: if is_listing {
                    Vec::new()
                } else {
                    spans.iter().map(spot).collect()
                },
            }
        })
        .collect();
    Told {
        part: step.part,
        depth: step.depth,
        text: step.text.clone(),
        outcome,
        reason: unknown.filter(|_| held.is_empty()),
        found,
    }
}

fn spot(evidence: &Evidence) -> Spot {
    Spot {
        span_id: evidence.span_id.to_string(),
        service: evidence.service.clone(),
        name: evidence.name.clone(),
        start_time_unix_nano: evidence.start.to_string(),
        end_time_unix_nano: evidence.end.to_string(),
        role: evidence.role.as_str(),
    }
}

fn text(account: &Account<'_>, out: &mut Output) {
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
        for found in &told.found {
            let bound: Vec<String> = found
                .obligation
                .iter()
                .map(|spot| shown(spot, palette))
                .collect();
            if !bound.is_empty() {
                out.line(format_args!("{indent}  for {}", bound.join(" and ")));
            }
            for spot in &found.spans {
                out.line(format_args!("{indent}  - {}", shown(spot, palette)));
            }
            let more = found.count.saturating_sub(found.spans.len() as u64);
            if more > 0 && !found.spans.is_empty() {
                out.line(format_args!("{indent}  - and {more} more"));
            }
        }
    }
    for answer in &account.verdicts {
        let reason = answer
            .reason
            .map(|reason| format!(" ({})", because(reason)))
            .unwrap_or_default();
        let clause = match (&answer.clause, &answer.clause_text) {
            (Some(clause), Some(text)) => format!(": {clause} {{ {} }}", one_line(text)),
            _ => String::new(),
        };
        out.line(format_args!(
            "  so it is {}{reason}{clause}",
            answer.verdict.as_str()
        ));
    }
    out.line("");
}

fn shown(spot: &Spot, palette: Palette) -> String {
    let time = |text: &str| text.parse::<u64>().unwrap_or(0);
    let length = time(&spot.end_time_unix_nano).saturating_sub(time(&spot.start_time_unix_nano));
    format!(
        "{}: {} {}",
        one_line(&spot.service),
        one_line(&spot.name),
        palette.paint(
            Paint::Dim,
            format_args!("({}, {})", spot.span_id, nanos(length))
        )
    )
}
