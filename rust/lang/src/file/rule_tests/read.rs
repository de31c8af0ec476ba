//! Reads the list of tests.

use std::collections::BTreeSet;

use crate::codes::files as codes;
use crate::file::known_keys::Fields;
use crate::file::read::Reader;
use crate::file::rule_tests::expect::read_expectation;
use crate::file::rule_tests::model::RuleTest;
use crate::file::rule_tests::span::read_trace;
use crate::file::rule_tests::traces::read_traces;
use crate::file::yaml::{Entry, YamlKind, YamlNode};
use crate::rule::Completeness;

/// Keys of a test.
pub(crate) const TEST_KEYS: &[&str] = &[
    "name",
    "trace",
    "traces",
    "incomplete",
    "completeness",
    "expect",
    "clause",
    "reason",
    "evidence",
    "count",
    "violations",
    "message",
];

/// The tests of a rule, which may say for itself what it asks of a trace.
pub(crate) fn read_tests(
    reader: &mut Reader<'_>,
    node: &YamlNode<'_>,
    own: Option<Completeness>,
) -> Vec<RuleTest> {
    let mut names = BTreeSet::new();
    let mut tests = Vec::new();
    for item in reader.items(node, "`tests`") {
        let Some(test) = read_test(reader, item, own) else {
            continue;
        };
        tests.push(test);
        let Some(test) = tests.last() else { continue };
        if !names.insert(test.name.clone())
            && let Some(name) = name_of(item)
        {
            let range = reader.span(name);
            reader.report(
                codes::TEST_DUPLICATE,
                range,
                "another test of this rule has this name",
            );
        }
    }
    tests
}

fn name_of<'n, 't>(test: &'n YamlNode<'t>) -> Option<&'n YamlNode<'t>> {
    let YamlKind::Mapping(mapping) = &test.kind else {
        return None;
    };
    let is_name = |entry: &&Entry<'_>| entry.key.as_scalar().is_some_and(|key| key.value == "name");
    mapping.items.iter().find(is_name).map(|entry| &entry.value)
}

fn read_test(
    reader: &mut Reader<'_>,
    node: &YamlNode<'_>,
    own: Option<Completeness>,
) -> Option<RuleTest> {
    let fields = reader.fields(node, "a test", TEST_KEYS)?;
    let traces = fields.value("traces");
    for key in ["name", "trace", "expect"] {
        let is_there = fields.value(key).is_some() || key == "trace" && traces.is_some();
        if !is_there {
            reader.missing(&fields, key, "a test");
        }
    }
    if let (Some(several), Some(_)) = (fields.get("traces"), fields.value("trace")) {
        let range = reader.span(&several.key);
        let message = "a test has one trace or several, not `trace` and `traces`";
        reader.report(codes::TEST_CONTRADICTION, range, message);
    }
    let name = fields
        .value("name")
        .and_then(|node| reader.string(node, "`name`"));
    let place = match fields.value("name") {
        Some(node) => reader.span(node),
        None => reader.begin(&fields),
    };
    let place = reader.lines.place(place.start);
    let is_incomplete = fields
        .value("incomplete")
        .and_then(|node| reader.boolean(node, "`incomplete`"))
        .unwrap_or(false);
    let completeness = completeness(reader, &fields, own);
    let spans = fields.value("trace").map(|node| read_trace(reader, node));
    let spans = spans.or_else(|| traces.is_some().then(Vec::new));
    let traces = traces.map(|node| read_traces(reader, node));
    let expect = read_expectation(reader, &fields, spans.as_deref().unwrap_or_default());
    Some(RuleTest {
        name: name?,
        place,
        spans: spans?,
        traces: traces.unwrap_or_default(),
        is_incomplete,
        completeness,
        expect: expect?,
    })
}

/// What the test asks of its trace: the same as the rule, where that says so itself.
fn completeness(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    own: Option<Completeness>,
) -> Completeness {
    let Some(node) = fields.value("completeness") else {
        return own.unwrap_or_default();
    };
    let asked = reader.word(node, codes::TEST_WORD, "completeness", &Completeness::ALL);
    if let (Some(asked), Some(own)) = (asked, own)
        && asked != own
    {
        let range = reader.span(node);
        let (asked, own) = (asked.as_str(), own.as_str());
        let message = format!("the rule asks for `{own}`, so that `{asked}` has no effect here");
        let fault = reader.report(codes::TEST_COMPLETENESS, range, message);
        fault.help = Some("remove it from the test".to_owned());
        fault.suggestion = Some(own.to_owned());
    }
    asked.or(own).unwrap_or_default()
}
