//! A rule as written: its keys, their texts not yet looked into.

use std::{ops::Range, sync::Arc};

use crate::codes::files as codes;
use crate::condition::shipped::Shipped;
use crate::file::alike::{Alike, Shared};
use crate::file::known_keys::Fields;
use crate::file::loaded::{LoadedRule, Place};
use crate::file::read::{Reader, Text};
use crate::file::rule_tests::model::RuleTest;
use crate::file::rule_tests::read_tests;
use crate::file::yaml::{Entry, YamlKind, YamlNode};
use crate::rule::{
    Body, Completeness, Compliance, Emit, MeaningHash, Name, Rule, RuleId, Severity, Template,
};
use crate::source::LineColumn;

/// Keys of a rule.
pub(crate) const RULE_KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "severity",
    "enabled",
    "tags",
    "compliance",
    "compliance_frameworks",
    "message",
    "emit",
    "completeness",
    "condition",
    "expression",
    "exceptions",
    "tests",
];

/// Worst first, as they are listed.
pub(crate) const SEVERITIES: [Severity; 5] = [
    Severity::Critical,
    Severity::High,
    Severity::Medium,
    Severity::Low,
    Severity::Info,
];

/// A rule whose keys are read.
#[derive(Debug)]
pub(crate) struct WrittenRule<'t> {
    pub id: Option<RuleId>,
    /// Of the id's value, else of the rule's first key.
    pub at: Range<usize>,
    pub place: LineColumn,
    /// The whole rule.
    pub range: Range<usize>,
    pub name: Option<Name>,
    pub description: Option<Name>,
    pub severity: Severity,
    pub enabled: bool,
    pub tags: Arc<[String]>,
    pub compliance: Arc<[Compliance]>,
    pub message: Option<Text<'t>>,
    pub emit: Emit,
    pub completeness: Option<Completeness>,
    pub condition: Option<Text<'t>>,
    pub exceptions: Vec<Text<'t>>,
    pub tests: Vec<RuleTest>,
    /// Something in it was reported as an error.
    pub is_faulty: bool,
}

/// What a rule's texts mean.
pub(crate) struct CheckedTexts {
    /// The text of its condition.
    pub condition: Name,
    pub body: Body,
    pub message: Option<Arc<Template>>,
    pub hash: MeaningHash,
    pub names: Vec<&'static Shipped>,
}

impl WrittenRule<'_> {
    /// Where it stands in the file of this index.
    pub fn place(&self, file: usize) -> Place {
        Place {
            file,
            line: self.place.line,
            column: self.place.column,
        }
    }

    /// The rule with what its texts mean; `None` without an id or a condition.
    pub fn loaded(self, file: usize, meaning: CheckedTexts) -> Option<LoadedRule> {
        let place = self.place(file);
        let rule = Rule {
            id: self.id?,
            name: self.name,
            description: self.description,
            severity: self.severity,
            enabled: self.enabled,
            tags: self.tags,
            compliance: self.compliance,
            message: meaning.message,
            emit: self.emit,
            completeness: self.completeness,
            body: meaning.body,
            hash: meaning.hash,
        };
        Some(LoadedRule {
            rule: Arc::new(rule),
            place,
            condition_text: meaning.condition,
            vocabulary: meaning.names,
            tests: self.tests,
            bytes: 0,
        })
    }
}

pub(super) fn read_rule<'t>(reader: &mut Reader<'_>, node: &YamlNode<'t>) -> WrittenRule<'t> {
    let unnamed = reader.enter(None);
    let mut rule = read_id(reader, node);
    let is_misnamed = reader.leave(unnamed);
    let named = reader.enter(rule.id.clone());
    read_keys(reader, node, &mut rule);
    rule.is_faulty = reader.leave(named) || is_misnamed;
    rule
}

/// The id first, so that every diagnostic of the rule bears it.
fn read_id<'t>(reader: &mut Reader<'_>, node: &YamlNode<'t>) -> WrittenRule<'t> {
    let mut rule = WrittenRule {
        id: None,
        at: node.range.clone(),
        place: LineColumn { line: 1, column: 1 },
        range: node.range.clone(),
        name: None,
        description: None,
        severity: Severity::Medium,
        enabled: true,
        tags: Arc::default(),
        compliance: Arc::default(),
        message: None,
        emit: Emit::Spans,
        completeness: None,
        condition: None,
        exceptions: Vec::new(),
        tests: Vec::new(),
        is_faulty: false,
    };
    let entries = match &node.kind {
        YamlKind::Mapping(mapping) => mapping.items.as_slice(),
        _ => &[],
    };
    let is_id = |entry: &&Entry<'_>| entry.key.as_scalar().is_some_and(|key| key.value == "id");
    if let Some(entry) = entries.iter().find(is_id)
        && let Some(scalar) = entry.value.as_scalar()
        && !scalar.is_null()
    {
        rule.at = reader.span(&entry.value);
        if reader.check_name(&entry.value, &scalar.value, "a rule's id") {
            rule.id = Some(RuleId(reader.lent(&scalar.value)));
        }
    } else if let Some(entry) = entries.first() {
        rule.at = reader.span(&entry.key);
    }
    rule.place = reader.lines.place(rule.at.start);
    rule
}

fn read_keys<'t>(reader: &mut Reader<'_>, node: &YamlNode<'t>, rule: &mut WrittenRule<'t>) {
    let Some(fields) = reader.fields(node, "a rule", RULE_KEYS) else {
        return;
    };
    match fields.value("id") {
        None => reader.missing(&fields, "id", "a rule"),
        Some(node) if node.as_scalar().is_none() => {
            reader.text(node, "`id`");
        }
        Some(_) => {}
    }
    rule.name = fields
        .value("name")
        .and_then(|node| reader.name(node, "`name`"));
    rule.description = fields
        .value("description")
        .and_then(|node| reader.name(node, "`description`"));
    if let Some(node) = fields.value("severity")
        && let Some(severity) = reader.word(node, codes::BAD_SEVERITY, "severity", &SEVERITIES)
    {
        rule.severity = severity;
    }
    if let Some(node) = fields.value("enabled")
        && let Some(enabled) = reader.boolean(node, "`enabled`")
    {
        rule.enabled = enabled;
    }
    if let Some(node) = fields.value("emit")
        && let Some(emit) = reader.word(node, codes::BAD_EMIT, "value of `emit`", &Emit::ALL)
    {
        rule.emit = emit;
    }
    if let Some(node) = fields.value("completeness") {
        let code = codes::BAD_COMPLETENESS;
        rule.completeness = reader.word(node, code, "completeness", &Completeness::ALL);
    }
    if let Some(node) = fields.value("tags") {
        rule.tags = once(
            reader,
            node,
            |alike| &mut alike.tags,
            |reader| strings(reader, node, "`tags`", "a tag"),
        );
    }
    let compliance = |reader: &mut Reader<'_>| compliance(reader, &fields);
    rule.compliance = match (
        fields.value("compliance"),
        fields.value("compliance_frameworks"),
    ) {
        (Some(node), None) => once(reader, node, |alike| &mut alike.compliance, compliance),
        _ => compliance(reader).into(),
    };
    rule.message = message(reader, &fields);
    rule.condition = condition(reader, &fields);
    rule.exceptions = exceptions(reader, &fields);
    if let Some(node) = fields.value("tests") {
        rule.tests = read_tests(reader, node, rule.completeness);
    }
}

/// What `read` makes of a value, or made of one before it that is written like it.
fn once<'a, T>(
    reader: &mut Reader<'a>,
    node: &YamlNode<'_>,
    shared: impl for<'r> Fn(&'r mut Alike<'a>) -> &'r mut Shared<'a, T>,
    read: impl FnOnce(&mut Reader<'a>) -> Vec<T>,
) -> Arc<[T]> {
    let text = reader.text.get(node.range.clone()).unwrap_or_default();
    // On several lines it hangs on its column what it says, and with an alias on what stands elsewhere.
    let is_whole = !text.contains(['\n', '\r', '*', '&']) && !text.is_empty();
    if is_whole && let Some(known) = shared(&mut reader.alike).get(text) {
        return Arc::clone(known);
    }
    let before = (reader.errors, reader.diagnostics.len());
    let found: Arc<[T]> = read(reader).into();
    if is_whole && before == (reader.errors, reader.diagnostics.len()) {
        shared(&mut reader.alike).insert(text, Arc::clone(&found));
    }
    found
}

/// Frameworks with their controls, and those that are only named.
fn compliance(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Vec<Compliance> {
    let mut compliance: Vec<Compliance> = Vec::new();
    if let Some(node) = fields.value("compliance") {
        for entry in reader.entries(node, "`compliance`") {
            let Some(framework) = entry.key.as_scalar().map(|key| key.value.to_string()) else {
                continue;
            };
            let what = "the controls of a framework";
            let controls = match entry.value.is_null() {
                true => Vec::new(),
                false => strings(reader, &entry.value, what, "a control"),
            };
            compliance.push(Compliance {
                framework,
                controls,
            });
        }
    }
    if let Some(node) = fields.value("compliance_frameworks") {
        for framework in strings(reader, node, "`compliance_frameworks`", "a framework") {
            if compliance.iter().all(|known| known.framework != framework) {
                compliance.push(Compliance {
                    framework,
                    controls: Vec::new(),
                });
            }
        }
    }
    compliance
}

fn message<'t>(reader: &mut Reader<'_>, fields: &Fields<'_, 't>) -> Option<Text<'t>> {
    let message = reader.positioned_text(fields.value("message")?, "`message`")?;
    let (length, most) = (message.value.len(), reader.limits.rule_bytes);
    if length > most {
        let range = reader.span(&message.node);
        let text = format!("a message has {most} bytes at most, this has {length}");
        reader.report(codes::TOO_LONG, range, text);
    }
    Some(message)
}

fn exceptions<'t>(reader: &mut Reader<'_>, fields: &Fields<'_, 't>) -> Vec<Text<'t>> {
    let Some(node) = fields.value("exceptions") else {
        return Vec::new();
    };
    let items = reader.one_or_more(node, "`exceptions`");
    let most = reader.limits.exceptions;
    if let Some(first) = items.get(most) {
        let range = reader.span(first);
        let message = format!(
            "a rule has {most} exceptions at most, this has {}",
            items.len()
        );
        reader.report(codes::TOO_MANY, range, message);
    }
    let mut texts = Vec::with_capacity(items.len().min(most));
    let items = items.iter().take(most);
    texts.extend(items.filter_map(|item| reader.positioned_text(item, "an exception")));
    texts
}

fn condition<'t>(reader: &mut Reader<'_>, fields: &Fields<'_, 't>) -> Option<Text<'t>> {
    let (condition, expression) = (fields.value("condition"), fields.value("expression"));
    if condition.is_some()
        && let Some(entry) = fields.get("expression")
    {
        let range = reader.span(&entry.key);
        let message = "this rule has a `condition` too, and `expression` is another spelling of it";
        reader.report(codes::TWO_CONDITIONS, range, message).help =
            Some("remove one of them".to_owned());
    }
    match condition.or(expression) {
        Some(node) => reader.positioned_text(node, "`condition`"),
        None => {
            let key = if fields.entry("expression").is_some() {
                "expression"
            } else {
                "condition"
            };
            reader.missing(fields, key, "a rule");
            None
        }
    }
}

fn strings(reader: &mut Reader<'_>, node: &YamlNode<'_>, what: &str, item: &str) -> Vec<String> {
    let items = reader.one_or_more(node, what);
    items
        .iter()
        .filter_map(|node| reader.string(node, item))
        .collect()
}
