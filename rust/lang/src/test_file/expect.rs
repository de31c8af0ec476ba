//! Reads what a test expects.

use std::rc::Rc;

use crate::{
    codes::files as codes,
    diagnostic::nearest,
    read::{Reader, shown},
    rule::ClauseKind,
    rule_test::{EvidenceRole, Expectation, ExpectedEvidence, TestSpan},
    verdict::{Reason, Verdict},
    yaml::{Node, NodeKind},
};

/// Keys of an expectation that is more than a verdict.
pub(crate) const EXPECT_KEYS: &[&str] = &[
    "verdict",
    "reason",
    "clause",
    "evidence",
    "count",
    "violations",
    "message",
];

/// Keys of evidence that is told apart by role.
pub(crate) const EVIDENCE_KEYS: &[&str] = &["trigger", "witness", "offender"];

pub(crate) const VERDICTS: &[(&str, Verdict)] = &[
    ("violated", Verdict::Violated),
    ("satisfied", Verdict::Satisfied),
    ("not_applicable", Verdict::NotApplicable),
    ("inconclusive", Verdict::Inconclusive),
];

pub(crate) const CLAUSES: &[(&str, ClauseKind)] = &[
    ("always", ClauseKind::Always),
    ("never", ClauseKind::Never),
    ("pattern", ClauseKind::Pattern),
];

pub(crate) const REASONS: &[(&str, Reason)] = &[
    ("no_root", Reason::NoRoot),
    ("orphan", Reason::Orphan),
    ("span_limit", Reason::SpanLimit),
    ("evicted", Reason::Evicted),
    ("memory", Reason::Memory),
    ("reload", Reason::Reload),
    ("restart", Reason::Restart),
    ("shutdown", Reason::Shutdown),
    ("state_cap", Reason::StateCap),
    ("skew", Reason::Skew),
    ("late", Reason::Late),
];

pub(super) fn read_expectation(
    reader: &mut Reader<'_>,
    node: &Rc<Node>,
    spans: &[TestSpan],
) -> Option<Expectation> {
    if node.as_scalar().is_some() {
        let verdict = reader.word(node, codes::TEST_VERDICT, "verdict", VERDICTS)?;
        return Some(blank(verdict));
    }
    let fields = reader.fields(node, "`expect`", EXPECT_KEYS)?;
    let verdict = match fields.value("verdict") {
        Some(node) => reader.word(node, codes::TEST_VERDICT, "verdict", VERDICTS),
        None => {
            reader.missing(&fields, "verdict", "`expect`");
            None
        }
    };
    let mut expect = blank(verdict.unwrap_or(Verdict::Violated));
    if let Some(node) = fields.value("reason") {
        expect.reason = reader.word(node, codes::TEST_WORD, "reason", REASONS);
    }
    if let Some(node) = fields.value("clause") {
        expect.clause = reader.word(node, codes::TEST_WORD, "clause", CLAUSES);
    }
    if let Some(node) = fields.value("evidence") {
        expect.evidence = read_evidence(reader, node, spans);
    }
    expect.count = fields
        .value("count")
        .and_then(|node| read_number(reader, node, "`count`"));
    expect.violations = fields
        .value("violations")
        .and_then(|node| read_number(reader, node, "`violations`"));
    expect.message = fields
        .value("message")
        .and_then(|node| reader.string(node, "`message`"));
    let verdict = verdict?;
    for key in EXPECT_KEYS {
        let owner = match *key {
            "verdict" => continue,
            "reason" => Verdict::Inconclusive,
            _ => Verdict::Violated,
        };
        if let Some(entry) = fields.get(key)
            && verdict != owner
        {
            let range = reader.span(&entry.key);
            let message = format!(
                "`{key}` belongs to the verdict {}, not to {}",
                owner.as_str(),
                verdict.as_str()
            );
            reader.report(codes::TEST_CONTRADICTION, range, message);
        }
    }
    Some(expect)
}

fn blank(verdict: Verdict) -> Expectation {
    Expectation {
        verdict,
        reason: None,
        clause: None,
        evidence: Vec::new(),
        count: None,
        violations: None,
        message: None,
    }
}

fn read_number(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<u64> {
    let scalar = reader.text(node, what)?;
    let number = scalar
        .value
        .parse::<u64>()
        .ok()
        .filter(|&number| number > 0);
    if number.is_none() {
        let range = reader.span(node);
        let message = format!(
            "{what} is a whole number above 0, not `{}`",
            shown(&scalar.value)
        );
        reader.report(codes::TEST_NUMBER, range, message);
    }
    number
}

/// A list of spans, or lists by role.
fn read_evidence(
    reader: &mut Reader<'_>,
    node: &Rc<Node>,
    spans: &[TestSpan],
) -> Vec<ExpectedEvidence> {
    let mut evidence = Vec::new();
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        for item in reader.one_or_more(node, "`evidence`") {
            evidence.extend(read_one(reader, item, None, spans));
        }
        return evidence;
    }
    let Some(fields) = reader.fields(node, "`evidence`", EVIDENCE_KEYS) else {
        return evidence;
    };
    for role in [
        EvidenceRole::Trigger,
        EvidenceRole::Witness,
        EvidenceRole::Offender,
    ] {
        if let Some(node) = fields.value(role.as_str()) {
            for item in reader.one_or_more(node, "the evidence of a role") {
                evidence.extend(read_one(reader, item, Some(role), spans));
            }
        }
    }
    evidence
}

fn read_one(
    reader: &mut Reader<'_>,
    node: &Node,
    role: Option<EvidenceRole>,
    spans: &[TestSpan],
) -> Option<ExpectedEvidence> {
    let text = reader.string(node, "evidence")?;
    let labelled = spans
        .iter()
        .position(|span| span.label.as_ref() == Some(&text));
    let found: Vec<usize> = match labelled {
        Some(index) => vec![index],
        None => (0..spans.len())
            .filter(|&index| spans[index].name == text)
            .collect(),
    };
    if found.is_empty() {
        let range = reader.span(node);
        let names = spans.iter().flat_map(|span| {
            span.label
                .as_deref()
                .into_iter()
                .chain([span.name.as_str()])
        });
        let near = nearest(&text, names).map(str::to_owned);
        let message = format!("no span of this trace is called `{}`", shown(&text));
        let diagnostic = reader.report(codes::TEST_EVIDENCE, range, message);
        diagnostic.help = near.as_ref().map(|near| format!("did you mean `{near}`?"));
        diagnostic.suggestion = near;
        return None;
    }
    Some(ExpectedEvidence {
        text,
        role,
        spans: found,
    })
}
