//! Reads what a test expects.

use crate::codes::files as codes;
use crate::diagnostic::nearest::nearest;
use crate::file::known_keys::Fields;
use crate::file::read::Reader;
use crate::file::rule_tests::model::{Expectation, ExpectedEvidence, TestSpan};
use crate::file::said::shown;
use crate::file::yaml::YamlNode;
use crate::rule::ClauseKind;
use crate::verdict::{Reason, Verdict};

/// The keys of a test that say more of the expected verdict, with the verdict that they belong to.
const DETAILS: &[(&str, Verdict)] = &[
    ("clause", Verdict::Violated),
    ("reason", Verdict::Inconclusive),
    ("evidence", Verdict::Violated),
    ("count", Verdict::Violated),
    ("violations", Verdict::Violated),
    ("message", Verdict::Violated),
];

pub(super) fn read_expectation(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    spans: &[TestSpan],
) -> Option<Expectation> {
    let node = fields.value("expect");
    let verdict =
        node.and_then(|node| reader.word(node, codes::TEST_VERDICT, "verdict", &Verdict::ALL));
    let reason = fields.value("reason");
    let clause = fields.value("clause");
    let mut expect = Expectation {
        verdict: verdict.unwrap_or(Verdict::Violated),
        reason: reason.and_then(|node| reader.word(node, codes::TEST_WORD, "reason", &Reason::ALL)),
        clause: clause
            .and_then(|node| reader.word(node, codes::TEST_WORD, "clause", &ClauseKind::ALL)),
        evidence: Vec::new(),
        count: fields
            .value("count")
            .and_then(|node| reader.count(node, "`count`")),
        violations: fields
            .value("violations")
            .and_then(|node| reader.count(node, "`violations`")),
        message: fields
            .value("message")
            .and_then(|node| reader.string(node, "`message`")),
    };
    if let Some(node) = fields.value("evidence") {
        for item in reader.one_or_more(node, "`evidence`") {
            expect.evidence.extend(read_one(reader, item, spans));
        }
    }
    let verdict = verdict?;
    for (key, owner) in DETAILS {
        if let Some(entry) = fields.get(key)
            && verdict != *owner
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

/// Names that a misspelt one is compared with.
const COMPARED: usize = 1_000;

fn read_one(
    reader: &mut Reader<'_>,
    node: &YamlNode<'_>,
    spans: &[TestSpan],
) -> Option<ExpectedEvidence> {
    let text = reader.string(node, "evidence")?;
    // Repeated spans share their label.
    let has_label = |index: &usize| spans[*index].label.as_ref() == Some(&text);
    let mut found: Vec<usize> = (0..spans.len()).filter(has_label).collect();
    if found.is_empty() {
        found = (0..spans.len())
            .filter(|&index| spans[index].name == text)
            .collect();
    }
    if found.is_empty() {
        let range = reader.span(node);
        let names = spans.iter().take(COMPARED).flat_map(|span| {
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
    Some(ExpectedEvidence { text, spans: found })
}
