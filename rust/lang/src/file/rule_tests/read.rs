//! Reads the list of tests.

use std::{collections::BTreeSet, rc::Rc};

use crate::codes::files as codes;
use crate::file::read::Reader;
use crate::file::rule_tests::expect::read_expectation;
use crate::file::rule_tests::model::{Completeness, RuleTest};
use crate::file::rule_tests::span::read_trace;
use crate::file::yaml::{Entry, YamlKind, YamlNode};

/// Keys of a test.
pub(crate) const TEST_KEYS: &[&str] = &[
    "name",
    "trace",
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

pub(crate) fn read_tests(reader: &mut Reader<'_>, node: &YamlNode) -> Vec<RuleTest> {
    let mut names = BTreeSet::new();
    let mut tests = Vec::new();
    for item in reader.items(node, "`tests`") {
        let Some(test) = read_test(reader, item) else {
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

fn name_of(test: &YamlNode) -> Option<&Rc<YamlNode>> {
    let YamlKind::Mapping(mapping) = &test.kind else {
        return None;
    };
    let is_name = |entry: &&Entry| entry.key.as_scalar().is_some_and(|key| key.value == "name");
    mapping.items.iter().find(is_name).map(|entry| &entry.value)
}

fn read_test(reader: &mut Reader<'_>, node: &YamlNode) -> Option<RuleTest> {
    let fields = reader.fields(node, "a test", TEST_KEYS)?;
    for key in ["name", "trace", "expect"] {
        if fields.value(key).is_none() {
            reader.missing(&fields, key, "a test");
        }
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
    let completeness = fields
        .value("completeness")
        .and_then(|node| reader.word(node, codes::TEST_WORD, "completeness", &Completeness::ALL))
        .unwrap_or_default();
    let spans = fields.value("trace").map(|node| read_trace(reader, node));
    let expect = read_expectation(reader, &fields, spans.as_deref().unwrap_or_default());
    Some(RuleTest {
        name: name?,
        place,
        spans: spans?,
        is_incomplete,
        completeness,
        expect: expect?,
    })
}
