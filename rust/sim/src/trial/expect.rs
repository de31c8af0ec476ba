//! What was said of one rule and trace against what the oracle expects.

use std::collections::BTreeSet;

use betrace_engine::{Evidence, Finding};
use betrace_lang::internals::may_show;
use betrace_lang::rule::{ClauseKind, Rule};
use betrace_lang::verdict::{Reason, Verdict};

use crate::model::{Span, hex};
use crate::oracle::{Answer, Broken, Reasons, Shown, Trace, beyond_identity, has_order};

/// Beyond so many broken obligations of a rule in a trace, one violation stands for the rest.
pub const OBLIGATION_CAP: usize = 64;

/// The identities of the violations that were said of a rule and a trace.
pub type Given = BTreeSet<[u8; 16]>;

/// A rule and a trace.
pub struct Matter<'a> {
    pub rule: &'a Rule,
    pub trace: [u8; 16],
    pub spans: &'a [Span],
    /// Why the trace is incomplete, besides what the oracle found open.
    pub causes: Reasons,
}

impl Matter<'_> {
    /// What is wrong, if anything, with what was said when this was the answer; adds it to `given`.
    pub fn violations(
        &self,
        said: &[&Finding],
        answer: &Answer,
        at_close: bool,
        given: &mut Given,
    ) -> Result<(), String> {
        let wrong = |what: &str| {
            format!(
                "{what}\nengine: {}\noracle: {}",
                show(said),
                show_answer(answer)
            )
        };
        if said.is_empty() && answer.broken.is_empty() {
            return Ok(());
        }
        let obligations = || {
            let all: Given = answer.broken.iter().map(|broken| broken.identity).collect();
            all.len()
        };
        let is_beyond =
            at_close && answer.broken.len() > OBLIGATION_CAP && obligations() > OBLIGATION_CAP;
        let beyond = is_beyond.then(|| beyond_identity(self.rule, self.trace));
        let fresh = |broken: &&Broken| !given.contains(&broken.identity);
        let new: Vec<&Broken> = answer.broken.iter().filter(fresh).collect();
        // In the order of their spans, and as many as are told one by one.
        let mut wanted: Vec<[u8; 16]> = Vec::new();
        for broken in &new {
            if given.len() + wanted.len() < OBLIGATION_CAP && !wanted.contains(&broken.identity) {
                wanted.push(broken.identity);
            }
        }
        wanted.extend(beyond);
        let mut got: Vec<[u8; 16]> = said.iter().map(|finding| finding.violation_id.0).collect();
        got.sort_unstable();
        wanted.sort_unstable();
        if got != wanted || said.iter().any(|one| one.verdict != Verdict::Violated) {
            return Err(wrong("other violations"));
        }
        let may_lack = self.causes.has(Reason::Reload);
        for finding in said {
            let is_known = |span: &Evidence| may_show(&finding.rule.body, span.role);
            if !finding.evidence.iter().all(is_known) {
                return Err(wrong(
                    "a span in a role of which `lang` says that none is shown",
                ));
            }
            let id = finding.violation_id.0;
            let total = answer.broken.len() as u64;
            let alike = |broken: &Broken| match beyond == Some(id) {
                true => shows(finding, broken, total, may_lack),
                false => broken.identity == id && shows(finding, broken, broken.count, may_lack),
            };
            // The halves of a call share an id, and so may the violations of two obligations.
            let is_complete = at_close && self.causes.is_empty();
            if finding.complete != is_complete || !answer.broken.iter().any(alike) {
                return Err(wrong("a violation that shows other things"));
            }
        }
        given.extend(got);
        Ok(())
    }

    /// What is wrong, if anything, with the one verdict of a rule that is not violated.
    pub fn verdict(
        &self,
        said: &[&Finding],
        answer: &Answer,
        came: &[usize],
    ) -> Result<(), String> {
        let reason = answer.why.with(self.causes).first();
        let reason = reason.filter(|_| answer.verdict == Verdict::Inconclusive);
        match said {
            [one]
                if one.verdict == answer.verdict
                    && (one.reason == reason || self.gives(one.reason, came)) =>
            {
                Ok(())
            }
            _ => {
                let (engine, oracle) = (show(said), show_answer(answer));
                Err(format!(
                    "another verdict\nengine: {engine}\noracle: {oracle}"
                ))
            }
        }
    }

    /// The reasons that evaluating meets come from whatever is open, so the engine may name one that does
    /// not matter in the end, or miss one where the trace itself says enough; but never one that the spans
    /// that came do not give.
    fn gives(&self, reason: Option<Reason>, came: &[usize]) -> bool {
        let came: Vec<&Span> = came.iter().map(|span| &self.spans[*span]).collect();
        match reason {
            Some(Reason::Skew) => !came.iter().all(|span| has_order(span)),
            Some(Reason::Orphan) => !Trace::of(came).knows_ancestry(),
            cause => cause.is_some() && self.causes.first() == cause,
        }
    }
}

/// `may_lack`: what a message says of spans may not have been kept, as of a rule that came after them.
fn shows(finding: &Finding, broken: &Broken, count: u64, may_lack: bool) -> bool {
    let same = |(span, shown): (&Evidence, &Shown)| {
        span.role.as_str() == shown.role
            && span.span_id.0 == shown.id
            && span.name == shown.name
            && span.service == shown.service
            && (span.start, span.end) == (shown.start, shown.end)
    };
    finding.clause == Some(broken.clause)
        && finding.clause_text == broken.text
        && finding.count == count
        && (finding.start, finding.end) == (broken.start, broken.end)
        && finding.evidence.len() == broken.evidence.len()
        && finding.evidence.iter().zip(&broken.evidence).all(same)
        && (finding.rule.message.is_none()
            || broken.message.reads(&finding.message, count, may_lack))
        && finding.parent.map(|id| id.0) == broken.evidence.first().map(|span| span.id)
}

pub fn show(said: &[&Finding]) -> String {
    if said.is_empty() {
        return "says nothing".to_owned();
    }
    let one = |finding: &&Finding| {
        let evidence = finding.evidence.iter();
        let evidence = evidence.map(|span| (span.role.as_str(), span.span_id.0));
        let violation = finding.clause.map(|clause| {
            let times = (finding.start, finding.end);
            show_violation(clause, &finding.clause_text, finding.count, times, evidence)
        });
        show_verdict(finding.verdict, finding.reason) + &violation.unwrap_or_default()
    };
    some(said.iter().map(one).collect(), "; ")
}

pub fn show_answer(answer: &Answer) -> String {
    let broken = answer.broken.iter().map(|broken| {
        let evidence = broken.evidence.iter().map(|span| (span.role, span.id));
        let times = (broken.start, broken.end);
        show_violation(broken.clause, &broken.text, broken.count, times, evidence)
    });
    show_verdict(answer.verdict, answer.reason()) + &some(broken.collect(), ";")
}

/// The first few, and how many more there are.
fn some(shown: Vec<String>, between: &str) -> String {
    let few = shown.len().min(4);
    let more = match shown.len() - few {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown[..few].join(between) + &more
}

fn show_verdict(verdict: Verdict, reason: Option<Reason>) -> String {
    let reason = reason.map(|reason| format!("({})", reason.as_str()));
    verdict.as_str().to_owned() + &reason.unwrap_or_default()
}

fn show_violation(
    clause: ClauseKind,
    text: &str,
    count: u64,
    (start, end): (u64, u64),
    evidence: impl Iterator<Item = (&'static str, [u8; 8])>,
) -> String {
    let spans = evidence.map(|(role, id)| format!("{role} {}", hex(&id[6..])));
    let spans: Vec<String> = spans.collect();
    format!(
        " {clause:?} {{ {text} }} x{count} at {start}-{end} [{}]",
        spans.join(", ")
    )
}
