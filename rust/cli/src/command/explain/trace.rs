//! Why one trace got its verdict: the verdict, then each part of the rule with what the engine says of it in this trace, how
//! the times of its spans stand, what would have kept it, and the trace drawn.

use std::sync::Arc;

use betrace_engine::{
    CloseCause, Engine, Finding, OwnSpans, PlanError, Report, Settings, Stats, Timestamp,
};
use betrace_lang::rule::{Body, ClauseKind, Expr, ExprKind, Rule};
use betrace_lang::verdict::Verdict;
use prost::Message;

use crate::applied::NeverApplied;
use crate::args::{Explain, ExplainFormat};
use crate::drawing::{SHOWN, draw};
use crate::english::condition::{fails, holds};
use crate::english::field::Names;
use crate::exit::Exit;
use crate::near_miss::NearMisses;
use crate::output::{self, Output};
use crate::recording::{self, Recorded};

use super::account::{Account, Told, answer, told};
use super::account_text::text;
use super::intervals;
use super::probe::steps;
use super::skew::Skew;

pub fn run(args: &Explain, id: &str, rules: &[Arc<Rule>], out: &mut Output) -> Exit {
    let recorded = match recording::find(Some(id), &args.traces) {
        Ok(recorded) => recorded,
        Err(exit) => return exit,
    };
    let bytes = recorded.request.encode_to_vec();
    let skew = Skew::of(&recorded);
    let mut exit = Exit::Fine;
    for rule in rules {
        let account = match account(args, rule, &recorded, &bytes, &skew) {
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
    if recorded.is_broken {
        Exit::Broken
    } else {
        exit
    }
}

fn evaluate(
    args: &Explain,
    rules: Vec<Arc<Rule>>,
    recorded: &Recorded,
    bytes: &[u8],
) -> Result<(Vec<Finding>, Stats), PlanError> {
    let settings = Settings {
        completeness: args.completeness.into(),
        early: false,
        report: Report::All,
        restart_grace: false,
        shares_work: false,
        keeps_counted: true,
        own_spans: OwnSpans::Shaped,
        queue_bytes: u64::MAX,
        memory_bytes: 4 << 30,
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(rules, settings, Timestamp(0))?;
    // Encoded here, so well-formed.
    let _ = engine.consume(bytes, Timestamp(0));
    if recorded.is_partial {
        engine.mark_partial(recorded.trace);
    }
    engine.close_traces(Timestamp(0), CloseCause::EndOfInput);
    Ok((engine.take_findings(usize::MAX), engine.stats()))
}

fn account<'a>(
    args: &Explain,
    rule: &'a Rule,
    recorded: &Recorded,
    bytes: &[u8],
    skew: &Skew,
) -> Result<Account<'a>, PlanError> {
    let steps = steps(rule);
    let mut asked: Vec<Arc<Rule>> = steps.iter().map(|step| Arc::clone(&step.probe)).collect();
    let mut itself = rule.clone();
    itself.enabled = true;
    let itself = Arc::new(itself);
    asked.push(Arc::clone(&itself));
    let (findings, stats) = evaluate(args, asked, recorded, bytes)?;
    let of = |rule: &Rule| -> Vec<&Finding> {
        let mut own: Vec<_> = findings.iter().filter(|f| f.rule.id == rule.id).collect();
        own.sort_by_key(|f| f.violation_id);
        own
    };
    let own = of(&itself);
    let mut found: Vec<Told> = steps
        .iter()
        .map(|step| told(step, &of(&step.probe)))
        .collect();
    intervals::explain(&steps, &mut found, skew);
    let own_stats = stats.rules.last();
    let never_applied = own_stats.and_then(|stats| NeverApplied::of(&itself, stats));
    Ok(Account {
        rule: &rule.id.0,
        trace_id: recorded.trace.to_string(),
        spans: stats.spans.evaluated,
        never_applied,
        verdicts: own.iter().map(|finding| answer(finding)).collect(),
        steps: found,
        kept_where: own.iter().find_map(|finding| kept_where(rule, finding)),
        near_misses: near_misses(&itself, &own, never_applied, bytes)?,
        drawing: drawing(recorded, &own),
        begin: recorded.begin(),
    })
}

/// In which traces the part that failed holds, or is not met.
fn kept_where(rule: &Rule, finding: &Finding) -> Option<String> {
    let body = &rule.body;
    let names = Names(&body.bindings);
    match finding.clause? {
        ClauseKind::Always => {
            let clause = body.always.as_ref()?;
            Some(holds(
                part(clause, &finding.clause_text).unwrap_or(clause),
                names,
            ))
        }
        ClauseKind::Never | ClauseKind::Pattern => {
            let clause = body.never.as_ref()?;
            Some(fails(
                part(clause, &finding.clause_text).unwrap_or(clause),
                names,
            ))
        }
    }
}

/// The part of a condition that is written so.
fn part<'e>(expr: &'e Expr, text: &str) -> Option<&'e Expr> {
    if *expr.text == *text {
        return Some(expr);
    }
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().find_map(|one| part(one, text)),
        ExprKind::Not(inner) => part(inner, text),
        _ => None,
    }
}

/// What is nearly there in this trace: of what `always` asks for where that failed, and of what brings the rule into play
/// where nothing did.
fn near_misses(
    rule: &Arc<Rule>,
    findings: &[&Finding],
    never_applied: Option<NeverApplied>,
    bytes: &[u8],
) -> Result<Vec<String>, PlanError> {
    let asked = if findings
        .iter()
        .any(|f| f.clause == Some(ClauseKind::Always))
    {
        Rule {
            body: Body {
                bindings: Vec::new(),
                when: rule.body.always.clone(),
                ..rule.body.clone()
            },
            ..(**rule).clone()
        }
    } else if never_applied.is_some() {
        (**rule).clone()
    } else {
        return Ok(Vec::new());
    };
    let mut near = NearMisses::of(&[Arc::new(asked)])?;
    near.consume(bytes);
    Ok(near.end().sentences(&rule.id))
}

/// The trace, its spans marked with their part in a violation.
fn drawing(recorded: &Recorded, findings: &[&Finding]) -> Vec<String> {
    let marks = |id: &[u8]| {
        let evidence = findings.iter().flat_map(|finding| &finding.evidence);
        let own = evidence.filter(|evidence| evidence.span_id.0 == *id);
        let mut roles: Vec<String> = own.map(|one| one.role.as_str().to_owned()).collect();
        roles.dedup();
        roles
    };
    let mut lines = draw(&recorded.drawn(marks), SHOWN);
    if recorded.is_partial {
        lines.push("(more spans than these, by the word of what recorded it)".to_owned());
    }
    lines
}
