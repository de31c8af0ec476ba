//! Formats rule files: conditions, exceptions and macros get their canonical form, everything else
//! stays byte for byte.
//!
//! A text keeps the YAML style that it is written in while it fits on one line; one of several lines
//! becomes a literal block (`|`), except inside `{ }` and `[ ]`, where YAML has none and the text goes
//! on one line.

mod edit;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, ops::Range, rc::Rc};

use self::edit::{edit, scalar_begin};
use crate::condition::format::{FormatOptions, format_condition, format_macro};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fault::Fault;
use crate::file::read::Reader;
use crate::file::yaml::{self, Node, NodeKind};
use crate::limits::Limits;
use crate::rule::RuleId;

/// Formats the texts of a rule file; with [`FormatOptions::modern`] `expression` becomes `condition`
/// too.
///
/// # Errors
///
/// The faults of the YAML, or else those that keep a text from being read, all with their places.
pub fn format_file(text: &str, options: FormatOptions) -> Result<String, Vec<Diagnostic>> {
    let format = |text: &str, kind: TextKind| match kind {
        TextKind::Condition => format_condition(text, options),
        TextKind::Macro => format_macro(text, options),
    };
    format_with(text, options.modern, &format)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TextKind {
    /// Or an exception.
    Condition,
    Macro,
}

/// One text to rewrite.
struct Place {
    kind: TextKind,
    node: Rc<Node>,
    /// Spaces in front of the line that the block's content must be deeper than.
    indent: usize,
    /// Inside `{ }` or `[ ]`.
    is_flow: bool,
    rule: Option<RuleId>,
}

type Format<'a> = &'a dyn Fn(&str, TextKind) -> Result<String, Vec<Fault>>;

fn format_with(text: &str, modern: bool, format: Format<'_>) -> Result<String, Vec<Diagnostic>> {
    let limits = &Limits::default();
    let mut reader = Reader::new(0, text, limits);
    let mut faults = Vec::new();
    let documents = yaml::parse(text, limits, &mut faults);
    if !faults.is_empty() {
        for fault in faults {
            reader.report(fault.code, fault.range, fault.message).help = fault.help;
        }
        return Err(reader.diagnostics);
    }
    let mut finder = Finder {
        text,
        modern,
        places: BTreeMap::new(),
        edits: Vec::new(),
    };
    for document in &documents {
        finder.file(&document.root);
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edits = finder.edits;
    let mut wanted = Vec::new();
    for place in finder.places.into_values() {
        let Some(scalar) = place.node.as_scalar() else {
            continue;
        };
        match format(&scalar.value, place.kind) {
            Ok(formatted) => {
                let edit = edit(text, &place, &formatted, newline);
                wanted.push(if edit.is_some() {
                    formatted
                } else {
                    scalar.value.clone()
                });
                edits.extend(edit);
            }
            Err(faults) => {
                reader.rule.clone_from(&place.rule);
                let map = scalar.map(text);
                for fault in faults.into_iter().filter(Fault::is_error) {
                    let diagnostic =
                        reader.report(fault.code, map.range(fault.range), fault.message);
                    diagnostic.help = fault.help;
                    diagnostic.suggestion = fault.suggestion;
                }
            }
        }
    }
    if !reader.diagnostics.is_empty() {
        return Err(reader.diagnostics);
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in edits {
        out.push_str(&text[done..range.start]);
        out.push_str(&replacement);
        done = range.end;
    }
    out.push_str(&text[done..]);
    // Whatever corner of YAML were mistaken here, it must not cost a rule.
    Ok(if reads_as(&out, limits, &wanted) {
        out
    } else {
        text.to_owned()
    })
}

/// Whether the texts of a file are those wanted, white space apart.
fn reads_as(text: &str, limits: &Limits, wanted: &[String]) -> bool {
    let mut faults = Vec::new();
    let documents = yaml::parse(text, limits, &mut faults);
    let mut finder = Finder {
        text,
        modern: false,
        places: BTreeMap::new(),
        edits: Vec::new(),
    };
    for document in &documents {
        finder.file(&document.root);
    }
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    faults.is_empty()
        && finder.places.len() == wanted.len()
        && finder.places.values().zip(wanted).all(|(place, wanted)| {
            place
                .node
                .as_scalar()
                .is_some_and(|scalar| words(&scalar.value) == words(wanted))
        })
}

/// Finds the texts that are conditions.
struct Finder<'a> {
    text: &'a str,
    modern: bool,
    /// By where they stand: an aliased text is formatted once.
    places: BTreeMap<usize, Place>,
    /// Keys renamed by `--modern`.
    edits: Vec<(Range<usize>, String)>,
}

impl Finder<'_> {
    fn file(&mut self, root: &Rc<Node>) {
        let NodeKind::Mapping(mapping) = &root.kind else {
            return;
        };
        for entry in &mapping.items {
            let is_flow = self.is_flow(root);
            match entry.key.as_scalar().map(|key| key.value.as_str()) {
                Some("macros") => {
                    if let NodeKind::Mapping(macros) = &entry.value.kind {
                        let is_flow = is_flow || self.is_flow(&entry.value);
                        for one in &macros.items {
                            let indent = self.column(one.key.range.start);
                            self.add(Place {
                                kind: TextKind::Macro,
                                node: Rc::clone(&one.value),
                                indent,
                                is_flow,
                                rule: None,
                            });
                        }
                    }
                }
                Some("rules") => {
                    let is_flow = is_flow || self.is_flow(&entry.value);
                    if let NodeKind::Sequence(rules) = &entry.value.kind {
                        for rule in &rules.items {
                            self.rule(rule, is_flow);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn rule(&mut self, rule: &Rc<Node>, is_flow: bool) {
        let NodeKind::Mapping(mapping) = &rule.kind else {
            return;
        };
        let is_flow = is_flow || self.is_flow(rule);
        let value_of = |name: &str| {
            mapping
                .items
                .iter()
                .find(|entry| entry.key.as_scalar().is_some_and(|key| key.value == name))
        };
        let id = value_of("id").and_then(|entry| entry.value.as_scalar());
        let id = id.map(|scalar| RuleId(scalar.value.as_str().into()));
        let condition = |node: &Rc<Node>, indent: usize| Place {
            kind: TextKind::Condition,
            node: Rc::clone(node),
            indent,
            is_flow,
            rule: id.clone(),
        };
        for entry in &mapping.items {
            let column = self.column(entry.key.range.start);
            match entry.key.as_scalar().map(|key| key.value.as_str()) {
                Some("condition") => self.add(condition(&entry.value, column)),
                Some("expression") => {
                    self.add(condition(&entry.value, column));
                    if self.modern && value_of("condition").is_none() {
                        self.edits
                            .push((entry.key.range.clone(), "condition".to_owned()));
                    }
                }
                Some("exceptions") => match &entry.value.kind {
                    NodeKind::Sequence(items) => {
                        let is_flow = is_flow || self.is_flow(&entry.value);
                        for item in &items.items {
                            let column = self.item_column(item);
                            self.add(Place {
                                is_flow,
                                ..condition(item, column)
                            });
                        }
                    }
                    _ => self.add(condition(&entry.value, column)),
                },
                _ => {}
            }
        }
    }

    fn add(&mut self, place: Place) {
        if place
            .node
            .as_scalar()
            .is_some_and(|scalar| !scalar.is_null())
        {
            self.places.entry(place.node.range.start).or_insert(place);
        }
    }

    /// Flow collections begin with their bracket, block ones with their first key or item.
    fn is_flow(&self, node: &Node) -> bool {
        let mut at = node.range.start;
        // Behind an anchor or a tag.
        while matches!(self.text.as_bytes().get(at), Some(b'&' | b'!')) {
            let rest = &self.text[at..];
            at += rest
                .find(|c: char| c.is_ascii_whitespace())
                .unwrap_or(rest.len());
            at += self.text[at..].len() - self.text[at..].trim_start().len();
        }
        matches!(self.text.as_bytes().get(at), Some(b'{' | b'['))
    }

    fn column(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        self.text[line..at].chars().count()
    }

    /// The column of the `-` in front of an item.
    fn item_column(&self, item: &Node) -> usize {
        let begin = scalar_begin(self.text, item);
        self.text[..begin]
            .rfind("- ")
            .map_or(0, |dash| self.column(dash))
    }
}
