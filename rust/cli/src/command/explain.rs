//! `betrace explain`: what a rule says and costs, and why a trace got its verdict.

mod account;
mod account_text;
mod decided;
mod fields;
mod intervals;
mod probe;
mod skew;
mod spans;
mod trace;

use betrace_engine::{PlanError, RuleProfile, profile};
use betrace_lang::rule::{Completeness, Emit, Over, Rule};
use betrace_lang::{LoadedRule, Shipped};
use serde::Serialize;

use crate::args::{Explain, ExplainFormat};
use crate::english::{reading, window};
use crate::exit::Exit;
use crate::output::{self, Output, Paint, grouped};
use crate::rules;
use crate::words;

/// What is said of one rule.
#[derive(Serialize)]
struct Explanation<'a> {
    rule: &'a str,
    name: Option<&'a str>,
    description: Option<&'a str>,
    severity: &'static str,
    emit: &'static str,
    /// What it asks of a trace, where it says so itself.
    completeness: Option<&'static str>,
    #[serde(skip)]
    asks: Option<Completeness>,
    enabled: bool,
    hash: String,
    compliance: Vec<String>,
    /// It is over many traces.
    #[serde(skip)]
    is_over_traces: bool,
    condition: &'a str,
    reading: Vec<String>,
    decided: Vec<Decided>,
    /// The longest deadline that keeps a trace open, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_deadline: Option<u64>,
    span_names: Vec<String>,
    /// In words, those of any name among them.
    spans_read: String,
    fields: Vec<String>,
    /// What names of the vocabulary stand for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vocabulary: Vec<Name>,
    worst_case_bytes_per_trace: u64,
    record_cap: u64,
    key_cap: u64,
}

/// A name `otel:…` that the rule's texts use, or what that stands for does.
#[derive(Serialize)]
struct Name {
    name: &'static str,
    kind: &'static str,
    stands_for: Vec<&'static str>,
}

/// When a clause's breach is known.
#[derive(Serialize)]
struct Decided {
    clause: &'static str,
    breach: String,
    /// `early`, `close` or `window`.
    when: &'static str,
    waits_for: Vec<String>,
}

pub fn run(args: &Explain, out: &mut Output) -> Exit {
    let paths = match args.rules() {
        Ok(paths) => paths,
        Err(missing) => {
            output::fault(missing);
            return Exit::Usage;
        }
    };
    let set = match rules::load_faultless(paths) {
        Ok(set) => set,
        Err(exit) => return exit,
    };
    let chosen: Vec<_> = set
        .rules
        .iter()
        .filter(|loaded| {
            args.rule.is_empty() || args.rule.iter().any(|id| **id == *loaded.rule.id.0)
        })
        .collect();
    if let Err(unknown) = rules::all_there(&args.rule, &set) {
        output::fault(unknown);
        return Exit::Usage;
    }
    if set.rules.is_empty() {
        output::note("there is no rule in these files, so there is nothing to explain");
    }
    if let Some(id) = &args.trace {
        let rules = chosen.iter().map(|loaded| loaded.rule.clone());
        let (over_many, rules): (Vec<_>, Vec<_>) = rules.partition(|rule| rule.body.over.is_some());
        for rule in &over_many {
            output::note(words::over_many_traces(&rule.id.0));
        }
        if rules.is_empty() && !over_many.is_empty() {
            return Exit::Usage;
        }
        return trace::run(args, id, &rules, out);
    }
    for loaded in chosen {
        let explanation = match explain(loaded) {
            Ok(explanation) => explanation,
            Err(error) => {
                output::fault(error);
                return Exit::Usage;
            }
        };
        match args.format {
            ExplainFormat::Text => text(&explanation, out),
            ExplainFormat::Json => out.json(&explanation),
        }
    }
    Exit::Fine
}

fn explain(loaded: &LoadedRule) -> Result<Explanation<'_>, PlanError> {
    let rule: &Rule = &loaded.rule;
    let condition = &*loaded.condition_text;
    let profile = profile(rule)?;
    let body = &rule.body;
    let breaches = reading::breaks(body);
    let decided = profile
        .clauses
        .iter()
        .zip(breaches)
        .map(|(clause, (name, breach))| {
            let waits_for = decided::waits_for(body, clause);
            Decided {
                clause: name,
                breach,
                when: if waits_for.is_empty() {
                    "early"
                } else {
                    "close"
                },
                waits_for,
            }
        })
        .chain(body.over.as_deref().map(|over| of_windows(over, &profile)))
        .collect();
    let reads = fields::Reads::of(rule);
    Ok(Explanation {
        rule: &rule.id.0,
        name: rule.name.as_deref(),
        description: rule.description.as_deref(),
        severity: rule.severity.as_str(),
        emit: rule.emit.as_str(),
        completeness: rule.completeness.map(Completeness::as_str),
        asks: rule.completeness,
        enabled: rule.enabled,
        hash: rule
            .hash
            .0
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        compliance: rule
            .compliance
            .iter()
            .map(|entry| {
                format!("{} {}", entry.framework, entry.controls.join(", "))
                    .trim()
                    .to_owned()
            })
            .collect(),
        is_over_traces: body.over.is_some(),
        condition: condition.trim_end(),
        reading: reading::reading(rule),
        decided,
        longest_deadline: rule.body.longest_deadline(),
        span_names: reads.span_names.into_iter().collect(),
        spans_read: spans::spans_read(rule),
        fields: reads.fields.into_iter().collect(),
        vocabulary: loaded.vocabulary.iter().map(|one| name(one)).collect(),
        worst_case_bytes_per_trace: profile.worst_case_bytes,
        record_cap: profile.record_cap,
        key_cap: profile.key_cap,
    })
}

/// When a rule over many traces is known to be broken.
fn of_windows(over: &Over, profile: &RuleProfile) -> Decided {
    Decided {
        clause: over.clause.as_str(),
        breach: window::breaks(over),
        when: if profile.fires_early() {
            "early"
        } else {
            "window"
        },
        waits_for: Vec::new(),
    }
}

fn text(explanation: &Explanation<'_>, out: &mut Output) {
    let palette = out.palette();
    let Explanation { rule, severity, .. } = explanation;
    let name = explanation
        .name
        .map(|name| format!(": {name}"))
        .unwrap_or_default();
    out.line(format_args!(
        "{}{name} [{severity}]",
        palette.paint(Paint::Bold, rule)
    ));
    if !explanation.enabled {
        out.line("  It is disabled: it is checked, and not evaluated.");
    }
    if explanation.emit == Emit::None.as_str() {
        out.line("  Its violations are counted, and are no spans.");
    }
    if let Some(description) = explanation.description {
        for line in description.trim().lines() {
            out.line(format_args!("  {line}"));
        }
    }
    if !explanation.compliance.is_empty() {
        out.line(format_args!(
            "  Evidence for {}.",
            explanation.compliance.join("; ")
        ));
    }
    heading("What it says", out);
    for sentence in &explanation.reading {
        out.line(format_args!("    {sentence}"));
    }
    when_known(explanation, out);
    what_is_read(explanation, out);
    heading("What it may cost", out);
    out.line(format_args!(
        "    at most {} of one trace's state; more than {} spans or {} different values",
        bytes(explanation.worst_case_bytes_per_trace),
        grouped(explanation.record_cap),
        grouped(explanation.key_cap),
    ));
    out.line("    to be kept make the answer inconclusive (state_cap)");
    out.line("");
}

fn what_is_read(explanation: &Explanation<'_>, out: &mut Output) {
    heading("What it reads of each span", out);
    out.line(format_args!("    spans   {}", explanation.spans_read));
    let fields = if explanation.fields.is_empty() {
        "nothing but names, ids and times".to_owned()
    } else {
        explanation.fields.join(", ")
    };
    out.line(format_args!("    fields  {fields}"));
    for (at, name) in explanation.vocabulary.iter().enumerate() {
        if at == 0 {
            heading("What the names of the vocabulary stand for", out);
        }
        for (line, text) in name.stands_for.iter().enumerate() {
            let name = if line == 0 { name.name } else { "" };
            out.line(format_args!("    {name:<WIDTH$}  {text}"));
        }
    }
}

fn when_known(explanation: &Explanation<'_>, out: &mut Output) {
    heading("When a breach is known", out);
    for decided in &explanation.decided {
        let Decided { clause, breach, .. } = decided;
        if decided.when == "window" {
            out.line(format_args!(
                "    {clause}: when the window is over (max_age and the idle time after its end): {breach}."
            ));
        } else if explanation.is_over_traces {
            out.line(format_args!(
                "    {clause}: when the trace closes by which {breach}."
            ));
        } else if decided.waits_for.is_empty() {
            out.line(format_args!(
                "    {clause}: at once, while the trace is open: as soon as {breach}."
            ));
        } else {
            out.line(format_args!("    {clause}: when the trace closes, because"));
            for obstacle in &decided.waits_for {
                out.line(format_args!("      - {obstacle}"));
            }
        }
    }
    if let Some(longest) = explanation.longest_deadline {
        out.line(format_args!(
            "    Until then a deadline that runs keeps the trace open: at most {} from when its span came.",
            words::duration(longest)
        ));
    }
    if let Some(asked) = explanation.asks {
        out.line(format_args!("    {}", asked_of(asked)));
    }
}

/// What a rule with this of its own asks of a trace.
fn asked_of(completeness: Completeness) -> &'static str {
    match completeness {
        Completeness::Root => {
            "What is absent it judges in traces with a root: its own `completeness: root`."
        }
        Completeness::Linked => {
            "What is absent it judges in traces of which the root and every parent came: its own `completeness: linked`."
        }
        Completeness::Idle => {
            "What is absent it judges in every trace that closes by itself, be its root there or not: its own `completeness: idle`."
        }
    }
}

/// What most names of the vocabulary fit into.
const WIDTH: usize = 22;

fn name(shipped: &'static Shipped) -> Name {
    Name {
        name: &shipped.name,
        kind: shipped.kind(),
        stands_for: shipped.lines.iter().map(|line| line.text).collect(),
    }
}

fn heading(text: &str, out: &mut Output) {
    out.line("");
    out.line(format_args!("  {}", out.palette().paint(Paint::Dim, text)));
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => output::counted(count, "byte"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}
