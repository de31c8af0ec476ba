//! What a run came to as one JSON object.

use betrace_lang::verdict::Verdict;
use betrace_sim::model::{Span, hex};
use betrace_sim::simulation::COLLECTORS;
use betrace_sim::simulation::fault::Fault;
use betrace_sim::simulation::traffic::trace_id;
use serde::Serialize;

use crate::command::simulate::over::Run;
use crate::output::Output;

#[derive(Serialize)]
struct Document<'a> {
    seed: u64,
    minutes: u64,
    spans_per_second: u64,
    simulated_seconds: u64,
    collectors: usize,
    traces: u64,
    spans: u64,
    spans_delivered: u64,
    traces_untouched: u64,
    traces_never_came: u64,
    traces_lost_in_crashes: u64,
    traces_taken_for_old: u64,
    judged: u64,
    wrong_verdicts: u64,
    rules: Vec<Rule<'a>>,
    inconclusive: Vec<Explained>,
    faults: Vec<Injected>,
    wrong: Vec<Wrong<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reproduction: Option<Reproduction<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    rule: &'a str,
    violated: u64,
    satisfied: u64,
    not_applicable: u64,
    inconclusive: u64,
    unseen_loss: u64,
    wrong_clock: u64,
    wrong: u64,
}

#[derive(Serialize)]
struct Explained {
    reason: &'static str,
    fault: &'static str,
    verdicts: u64,
}

#[derive(Serialize)]
struct Injected {
    fault: &'static str,
    times: u64,
    traces: u64,
}

#[derive(Serialize)]
struct Wrong<'a> {
    rule: Option<&'a str>,
    trace_id: String,
    time_unix_nano: String,
    what: &'a str,
}

#[derive(Serialize)]
struct Reproduction<'a> {
    rule: &'a str,
    what: &'a str,
    lines: &'a [String],
    spans: &'a [Span],
}

pub fn write(run: &Run<'_>, out: &mut Output) {
    let (figures, made) = (&run.outcome.figures, &run.outcome.made);
    let id = |rule: usize| -> &str { &run.rules[rule].id.0 };
    let rules = figures.rules.iter().enumerate().map(|(at, figures)| {
        let of = |verdict: Verdict| figures.verdicts[verdict as usize];
        Rule {
            rule: id(at),
            violated: of(Verdict::Violated),
            satisfied: of(Verdict::Satisfied),
            not_applicable: of(Verdict::NotApplicable),
            inconclusive: of(Verdict::Inconclusive),
            unseen_loss: figures.unseen,
            wrong_clock: figures.by_clock,
            wrong: figures.wrong,
        }
    });
    let explained = figures.explained.iter();
    let explained = explained.map(|((reason, fault), verdicts)| Explained {
        reason: reason.as_str(),
        fault: fault.as_str(),
        verdicts: *verdicts,
    });
    let faults = Fault::ALL.into_iter().map(|fault| Injected {
        fault: fault.as_str(),
        times: made.faults[fault as usize],
        traces: figures.touched[fault as usize],
    });
    let wrong = figures.wrong.iter().map(|wrong| Wrong {
        rule: wrong.rule.map(|rule| id(usize::from(rule))),
        trace_id: hex(&trace_id(wrong.serial)),
        time_unix_nano: wrong.at.to_string(),
        what: &wrong.what,
    });
    out.json(&Document {
        seed: run.config.seed,
        minutes: run.config.minutes,
        spans_per_second: run.config.spans_a_second,
        simulated_seconds: run.outcome.seconds,
        collectors: COLLECTORS,
        traces: made.traces,
        spans: made.spans,
        spans_delivered: figures.spans_delivered,
        traces_untouched: figures.untouched,
        traces_never_came: figures.never_came,
        traces_lost_in_crashes: figures.forgotten,
        traces_taken_for_old: figures.taken_for_old,
        judged: figures.judged,
        wrong_verdicts: figures.wrongs,
        rules: rules.collect(),
        inconclusive: explained.collect(),
        faults: faults.collect(),
        wrong: wrong.collect(),
        reproduction: run.story.as_ref().map(|story| Reproduction {
            rule: id(story.rule),
            what: &story.what,
            lines: &story.lines,
            spans: &story.spans,
        }),
    });
}
