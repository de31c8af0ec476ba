//! The engine's findings for one rule and trace against the oracle's answer.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use betrace_engine::{Finding, SpanId, TraceId, ViolationId};
use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};

use crate::model::{Span, hex};
use crate::oracle::{Answer, has_order};

/// Beyond so many broken obligations of a rule in a trace, one violation stands for the rest.
pub const OBLIGATION_CAP: usize = 64;

/// Does a finding name the clause and the part of it that the oracle names? Only at a close is it canonical.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Canonical,
    AsKnown,
}

/// The violations that an answer stands for, by identity.
pub fn violations(rule: &Rule, trace: [u8; 16], answer: &Answer) -> BTreeSet<ViolationId> {
    let ids = answer
        .broken
        .iter()
        .map(|broken| one_violation(rule, trace, &broken.bound));
    ids.collect()
}

fn one_violation(rule: &Rule, trace: [u8; 16], bound: &[[u8; 8]]) -> ViolationId {
    let bound: Vec<SpanId> = bound.iter().copied().map(SpanId).collect();
    ViolationId::of(&rule.id.0, TraceId(trace), &bound)
}

/// The reasons that evaluating meets come from whatever is open, so the engine may name one that does not
/// matter in the end, or miss one where the trace itself says enough; but never one that the trace does not
/// give.
fn same_reason(
    engine: Option<Reason>,
    oracle: Option<Reason>,
    trace: &[Span],
    causes: &[Reason],
) -> bool {
    let came = |parent: &[u8; 8]| trace.iter().any(|span| span.id == *parent);
    let mut parents = trace.iter().filter_map(|span| span.parent.as_ref());
    let given = match engine {
        Some(Reason::Skew) => trace.iter().any(|span| !has_order(span)),
        Some(Reason::Orphan) => parents.any(|parent| !came(parent)) || cyclic(trace),
        Some(cause) => causes.first() == Some(&cause),
        None => false,
    };
    engine == oracle || (given && oracle.is_some())
}

fn cyclic(trace: &[Span]) -> bool {
    let climb = |span: &Span| {
        let parent = span.parent?;
        trace.iter().find(|other| other.id == parent)
    };
    let endless = |span: &Span| {
        let mut at = span;
        (0..=trace.len()).all(|_| climb(at).map(|parent| at = parent).is_some())
    };
    trace.iter().any(endless)
}

/// What is wrong with the findings, if anything.
pub fn difference(
    rule: &Rule,
    trace: &[Span],
    found: &[&Finding],
    answer: &Answer,
    form: Form,
    causes: &[Reason],
) -> Option<String> {
    let id = trace[0].trace;
    let wanted = violations(rule, id, answer);
    let said = || format!("engine: {}\noracle: {}", show(found), show_answer(answer));
    if answer.verdict != Verdict::Violated {
        let agree = match found {
            [one] => {
                one.verdict == answer.verdict
                    && same_reason(one.reason, answer.reason, trace, causes)
            }
            _ => false,
        };
        return (!agree).then(said);
    }
    if found
        .iter()
        .any(|finding| finding.verdict != Verdict::Violated)
    {
        return Some(said());
    }
    let got: BTreeSet<ViolationId> = found.iter().map(|finding| finding.violation_id).collect();
    if wanted.len() > OBLIGATION_CAP {
        let known = got.intersection(&wanted).count();
        let rest: Vec<_> = found
            .iter()
            .filter(|finding| !wanted.contains(&finding.violation_id))
            .collect();
        let total = rest.len() == 1 && rest[0].count == answer.broken.len() as u64;
        return (known != OBLIGATION_CAP || !total).then(said);
    }
    // The halves of a call share an id, and so may the violations of two obligations.
    if got != wanted || found.len() > answer.broken.len() {
        return Some(said());
    }
    for broken in &answer.broken {
        let id = one_violation(rule, id, &broken.bound);
        let shown = found.iter().find(|finding| finding.violation_id == id);
        let spans: Vec<[u8; 8]> = shown
            .iter()
            .flat_map(|finding| &finding.evidence)
            .map(|span| span.span_id.0)
            .collect();
        if broken
            .bound
            .first()
            .is_some_and(|first| spans.first() != Some(first))
            || !broken.bound.iter().all(|bound| spans.contains(bound))
        {
            return Some("the bound spans are not the first evidence\n".to_owned() + &said());
        }
    }
    if form == Form::Canonical {
        let mut texts: BTreeMap<ViolationId, BTreeSet<(String, String)>> = BTreeMap::new();
        for broken in &answer.broken {
            let id = one_violation(rule, id, &broken.bound);
            let text = (format!("{:?}", broken.clause), broken.text.to_string());
            texts.entry(id).or_default().insert(text);
        }
        let named = |finding: &&Finding| {
            let clause = finding
                .clause
                .map(|clause| format!("{clause:?}"))
                .unwrap_or_default();
            texts
                .get(&finding.violation_id)
                .is_some_and(|texts| texts.contains(&(clause, finding.clause_text.to_string())))
        };
        if !found.iter().all(named) {
            return Some(said());
        }
    }
    None
}

pub fn show(found: &[&Finding]) -> String {
    if found.is_empty() {
        return "says nothing".to_owned();
    }
    let one = |finding: &&Finding| {
        let mut text = finding.verdict.as_str().to_owned();
        if let Some(reason) = finding.reason {
            text += &format!("({})", reason.as_str());
        }
        if let Some(clause) = finding.clause {
            let spans: Vec<String> = finding
                .evidence
                .iter()
                .map(|span| hex(&span.span_id.0[6..]))
                .collect();
            text += &format!(
                " {clause:?} {{ {} }} x{} [{}] {}",
                finding.clause_text,
                finding.count,
                spans.join(" "),
                finding.violation_id
            );
        }
        text
    };
    found.iter().map(one).collect::<Vec<_>>().join("; ")
}

pub fn show_answer(answer: &Answer) -> String {
    let mut text = answer.verdict.as_str().to_owned();
    if let Some(reason) = answer.reason {
        text += &format!("({})", reason.as_str());
    }
    for broken in &answer.broken {
        let bound: Vec<String> = broken.bound.iter().map(|id| hex(&id[6..])).collect();
        text += &format!(
            "; {:?} {{ {} }} of [{}]",
            broken.clause,
            broken.text,
            bound.join(" ")
        );
    }
    text
}
