//! A rule file as written: macros, lists and rules, their texts not yet looked into.

use std::rc::Rc;

use crate::codes::files as codes;
use crate::file::plain::literal;
use crate::file::read::{Reader, Text};
use crate::file::rule_test::RuleTest;
use crate::file::rule_tests;
use crate::file::yaml::{Entry, Node, NodeKind};
use crate::rule::{Compliance, Literal, RuleId, Severity};
use crate::source::LineColumn;

/// Keys of a rule file.
pub(crate) const FILE_KEYS: &[&str] = &["macros", "lists", "rules"];

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
    "condition",
    "expression",
    "exceptions",
    "tests",
];

pub(crate) const SEVERITIES: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

/// Words that a macro or list would hide.
const RESERVED: &[&str] = &[
    "and", "or", "not", "when", "always", "never", "each", "as", "any", "root", "true", "false",
    "count", "distinct", "sum", "min", "max", "avg", "exists", "missing", "has", "in", "verified",
];

/// One document, with those that go on with it after a syntax error.
#[derive(Debug, Default)]
pub(crate) struct RuleFile {
    pub macros: Vec<Named<Text>>,
    pub lists: Vec<Named<Vec<Literal>>>,
    pub rules: Vec<WrittenRule>,
    /// Rules beyond the first one above the limit, which are not read.
    pub unread: usize,
}

#[derive(Debug)]
pub(crate) struct Named<T> {
    pub name: String,
    pub key: Rc<Node>,
    pub value: T,
}

/// A rule whose keys are read.
#[derive(Debug)]
pub(crate) struct WrittenRule {
    pub id: Option<RuleId>,
    /// Of the id's value, else of the rule's first key.
    pub at: std::ops::Range<usize>,
    pub place: LineColumn,
    /// The whole rule.
    pub range: std::ops::Range<usize>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub severity: Severity,
    pub enabled: bool,
    pub tags: Vec<String>,
    pub compliance: Vec<Compliance>,
    pub message: Option<Text>,
    pub condition: Option<Text>,
    pub exceptions: Vec<Text>,
    pub tests: Vec<RuleTest>,
    /// Something in it was reported as an error.
    pub is_faulty: bool,
}

impl RuleFile {
    /// Reads one document, or the part of one that follows a syntax error, into this file.
    /// True if rules were written there, be there any or none.
    pub fn read(&mut self, reader: &mut Reader<'_>, root: &Node, continues: bool) {
        if root.is_null() {
            return;
        }
        if let NodeKind::Sequence(_) = &root.kind {
            if !continues {
                let range = root.range.start
                    ..(root.range.start + 1).min(root.range.end.max(root.range.start));
                let diagnostic = reader.report(
                    codes::WRONG_KIND,
                    range,
                    "a rule file is a mapping, this is a list",
                );
                diagnostic.help = Some("write `rules:` on a line before the list".to_owned());
            }
            self.read_rules(reader, root);
            return;
        }
        let Some(fields) = reader.fields(root, "a rule file", FILE_KEYS) else {
            return;
        };
        if let Some(node) = fields.value("macros") {
            for entry in reader.entries(node, "`macros`") {
                self.read_macro(reader, entry);
            }
        }
        if let Some(node) = fields.value("lists") {
            for entry in reader.entries(node, "`lists`") {
                self.read_list(reader, entry);
            }
        }
        match fields.value("rules") {
            Some(node) => self.read_rules(reader, node),
            None if fields.entry("rules").is_none() && !continues => {
                reader.missing(&fields, "rules", "a rule file")
            }
            None => {}
        }
    }

    fn name<'n>(&self, reader: &mut Reader<'_>, entry: &'n Entry, what: &str) -> Option<&'n str> {
        let name = &entry.key.as_scalar()?.value;
        if !reader.check_name(&entry.key, name, what) {
            return None;
        }
        let is_identifier = name.bytes().enumerate().all(|(index, b)| {
            b == b'_' || b.is_ascii_alphabetic() || (index > 0 && (b.is_ascii_digit() || b == b'-'))
        });
        let taken = self
            .macros
            .iter()
            .map(|named| &named.name)
            .chain(self.lists.iter().map(|named| &named.name));
        let problem = if !is_identifier {
            format!(
                "{what} is an identifier: letters, digits, `_` and `-`, and a letter or `_` first"
            )
        } else if RESERVED.contains(&name.as_str()) {
            format!("`{name}` is a word of the language")
        } else if taken.into_iter().any(|other| other == name) {
            format!("`{name}` is the name of another macro or list")
        } else {
            return Some(name);
        };
        let range = reader.span(&entry.key);
        reader.report(codes::BAD_NAME, range, problem);
        None
    }

    fn read_macro(&mut self, reader: &mut Reader<'_>, entry: &Entry) {
        let name = self
            .name(reader, entry, "a macro's name")
            .map(str::to_owned);
        let value = reader.positioned_text(&entry.value, "a macro");
        if let (Some(name), Some(value)) = (name, value) {
            self.macros.push(Named {
                name,
                key: Rc::clone(&entry.key),
                value,
            });
        }
    }

    fn read_list(&mut self, reader: &mut Reader<'_>, entry: &Entry) {
        let name = self.name(reader, entry, "a list's name").map(str::to_owned);
        if !matches!(entry.value.kind, NodeKind::Sequence(_)) {
            reader.items(&entry.value, "each entry of `lists`");
            return;
        }
        let items = reader.items(&entry.value, "each entry of `lists`");
        if items.is_empty() {
            let range = reader.span(&entry.key);
            reader.report(
                codes::EMPTY_LIST,
                range,
                "this list has no items, so nothing is in it",
            );
        }
        let most = reader.limits.list_literals;
        if let Some(first) = items.get(most) {
            let range = reader.span(first);
            reader.report(
                codes::TOO_MANY,
                range,
                format!("a list has {most} items at most, this has {}", items.len()),
            );
        }
        let mut literals = Vec::new();
        for item in items.iter().take(most) {
            match item.as_scalar() {
                Some(scalar) if !scalar.is_null() => literals.push(literal(scalar)),
                _ if matches!(item.kind, NodeKind::Refused) => {}
                _ => {
                    let range = reader.span(item);
                    let message = format!(
                        "a list item is text, a number or a boolean; this is {}",
                        item.what()
                    );
                    reader.report(codes::BAD_LIST_ITEM, range, message);
                }
            }
        }
        if let Some(name) = name {
            self.lists.push(Named {
                name,
                key: Rc::clone(&entry.key),
                value: literals,
            });
        }
    }

    fn read_rules(&mut self, reader: &mut Reader<'_>, node: &Node) {
        for item in reader.items(node, "`rules`") {
            if self.rules.len() > reader.limits.rules {
                self.unread += 1;
                continue;
            }
            let rule = read_rule(reader, item);
            reader.rule = None;
            self.rules.push(rule);
        }
    }
}

fn read_rule(reader: &mut Reader<'_>, node: &Rc<Node>) -> WrittenRule {
    let errors = reader.errors;
    let mut rule = WrittenRule {
        id: None,
        at: node.range.clone(),
        place: reader.lines.place(node.range.start),
        range: node.range.clone(),
        name: None,
        description: None,
        severity: Severity::Medium,
        enabled: true,
        tags: Vec::new(),
        compliance: Vec::new(),
        message: None,
        condition: None,
        exceptions: Vec::new(),
        tests: Vec::new(),
        is_faulty: false,
    };
    // The id first, so that every diagnostic of the rule bears it.
    if let NodeKind::Mapping(mapping) = &node.kind {
        let is_id = |entry: &&Entry| entry.key.as_scalar().is_some_and(|key| key.value == "id");
        if let Some(entry) = mapping.items.iter().find(is_id)
            && let Some(scalar) = entry.value.as_scalar()
            && !scalar.is_null()
        {
            let id = RuleId(scalar.value.as_str().into());
            rule.at = reader.span(&entry.value);
            rule.place = reader.lines.place(rule.at.start);
            if reader.check_name(&entry.value, &scalar.value, "a rule's id") {
                reader.rule = Some(id.clone());
                rule.id = Some(id);
            }
        } else if let Some(entry) = mapping.items.first() {
            rule.at = reader.span(&entry.key);
            rule.place = reader.lines.place(rule.at.start);
        }
    }
    read_keys(reader, node, &mut rule);
    rule.is_faulty = reader.errors > errors;
    rule
}

fn read_keys(reader: &mut Reader<'_>, node: &Node, rule: &mut WrittenRule) {
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
        .and_then(|node| reader.string(node, "`name`"));
    rule.description = fields
        .value("description")
        .and_then(|node| reader.string(node, "`description`"));
    if let Some(node) = fields.value("severity")
        && let Some(severity) = reader.word(node, codes::BAD_SEVERITY, "severity", SEVERITIES)
    {
        rule.severity = severity;
    }
    if let Some(node) = fields.value("enabled")
        && let Some(enabled) = reader.boolean(node, "`enabled`")
    {
        rule.enabled = enabled;
    }
    if let Some(node) = fields.value("tags") {
        rule.tags = strings(reader, node, "`tags`", "a tag");
    }
    if let Some(node) = fields.value("compliance") {
        for entry in reader.entries(node, "`compliance`") {
            let Some(framework) = entry.key.as_scalar().map(|key| key.value.clone()) else {
                continue;
            };
            let controls = match entry.value.is_null() {
                true => Vec::new(),
                false => strings(
                    reader,
                    &entry.value,
                    "the controls of a framework",
                    "a control",
                ),
            };
            rule.compliance.push(Compliance {
                framework,
                controls,
            });
        }
    }
    if let Some(node) = fields.value("compliance_frameworks") {
        for framework in strings(reader, node, "`compliance_frameworks`", "a framework") {
            if rule
                .compliance
                .iter()
                .all(|known| known.framework != framework)
            {
                rule.compliance.push(Compliance {
                    framework,
                    controls: Vec::new(),
                });
            }
        }
    }
    if let Some(node) = fields.value("message") {
        rule.message = reader.positioned_text(node, "`message`");
    }
    if let Some(message) = &rule.message
        && message.value.len() > reader.limits.rule_bytes
    {
        let (range, most) = (reader.span(&message.node), reader.limits.rule_bytes);
        let text = format!(
            "a message has {most} bytes at most, this has {}",
            message.value.len()
        );
        reader.report(codes::TOO_LONG, range, text);
    }
    rule.condition = condition(reader, &fields);
    if let Some(node) = fields.value("exceptions") {
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
        for item in items.iter().take(most) {
            rule.exceptions
                .extend(reader.positioned_text(item, "an exception"));
        }
    }
    if let Some(node) = fields.value("tests") {
        rule.tests = rule_tests::read_tests(reader, node);
    }
}

fn condition(reader: &mut Reader<'_>, fields: &crate::file::read::Fields<'_>) -> Option<Text> {
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

fn strings(reader: &mut Reader<'_>, node: &Rc<Node>, what: &str, item: &str) -> Vec<String> {
    let items = reader.one_or_more(node, what);
    items
        .iter()
        .filter_map(|node| reader.string(node, item))
        .collect()
}
