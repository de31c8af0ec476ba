//! Where the texts of a file are that are conditions.

use std::{collections::BTreeMap, ops::Range, rc::Rc};

use crate::condition::format::{TextKind, bound_names};
use crate::file::yaml::{Style, YamlDocument, YamlKind, YamlNode};
use crate::rule::{Name, RuleId};

/// One text to rewrite.
pub(super) struct Passage<'t> {
    pub kind: TextKind,
    pub node: YamlNode<'t>,
    /// Spaces in front of the line that the block's content must be deeper than.
    pub indent: usize,
    /// Inside `{ }` or `[ ]`.
    pub is_flow: bool,
    pub rule: Option<RuleId>,
    /// Names that the rule's condition binds.
    pub bound: Rc<[Name]>,
}

/// The texts of a file, in their order, and the edits that the file needs besides.
pub(super) struct Found<'t> {
    /// An aliased text is there once.
    pub passages: Vec<Passage<'t>>,
    /// Keys renamed by `--modern`.
    pub edits: Vec<(Range<usize>, String)>,
}

pub(super) fn find<'t>(text: &str, modern: bool, documents: &[YamlDocument<'t>]) -> Found<'t> {
    let mut finder = Finder {
        text,
        modern,
        passages: BTreeMap::new(),
        edits: Vec::new(),
    };
    for document in documents {
        finder.file(&document.root);
    }
    Found {
        passages: finder.passages.into_values().collect(),
        edits: finder.edits,
    }
}

struct Finder<'a, 't> {
    text: &'a str,
    modern: bool,
    /// By where they stand: an aliased text is formatted once.
    passages: BTreeMap<usize, Passage<'t>>,
    /// Keys renamed by `--modern`.
    edits: Vec<(Range<usize>, String)>,
}

impl<'t> Finder<'_, 't> {
    fn file(&mut self, root: &YamlNode<'t>) {
        let YamlKind::Mapping(mapping) = &root.kind else {
            return;
        };
        for entry in &mapping.items {
            let is_flow = self.is_flow(root);
            match entry.key.as_scalar().map(|key| &*key.value) {
                Some("macros") => {
                    if let YamlKind::Mapping(macros) = &entry.value.kind {
                        let is_flow = is_flow || self.is_flow(&entry.value);
                        for one in &macros.items {
                            let indent = self.column(one.key.range.start);
                            self.add(Passage {
                                kind: TextKind::Macro,
                                node: one.value.clone(),
                                indent,
                                is_flow,
                                rule: None,
                                bound: Rc::default(),
                            });
                        }
                    }
                }
                Some("rules") => {
                    let is_flow = is_flow || self.is_flow(&entry.value);
                    if let YamlKind::Sequence(rules) = &entry.value.kind {
                        for rule in &rules.items {
                            self.rule(rule, is_flow);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn rule(&mut self, rule: &YamlNode<'t>, is_flow: bool) {
        let YamlKind::Mapping(mapping) = &rule.kind else {
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
        let id = id.map(|scalar| RuleId((&*scalar.value).into()));
        let text = value_of("condition").or_else(|| value_of("expression"));
        let text = text.and_then(|entry| entry.value.as_scalar());
        let bound: Rc<[Name]> =
            text.map_or_else(Rc::default, |text| bound_names(&text.value).into());
        let condition = |node: &YamlNode<'t>, indent: usize| Passage {
            kind: TextKind::Condition,
            node: node.clone(),
            indent,
            is_flow,
            rule: id.clone(),
            bound: Rc::clone(&bound),
        };
        for entry in &mapping.items {
            let column = self.column(entry.key.range.start);
            match entry.key.as_scalar().map(|key| &*key.value) {
                Some("condition") => self.add(condition(&entry.value, column)),
                Some("expression") => {
                    self.add(condition(&entry.value, column));
                    if self.modern && value_of("condition").is_none() {
                        self.edits
                            .push((entry.key.range.clone(), "condition".to_owned()));
                    }
                }
                Some("exceptions") => match &entry.value.kind {
                    YamlKind::Sequence(items) => {
                        let is_flow = is_flow || self.is_flow(&entry.value);
                        for item in &items.items {
                            let column = self.item_column(item);
                            self.add(Passage {
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

    fn add(&mut self, passage: Passage<'t>) {
        if passage
            .node
            .as_scalar()
            .is_some_and(|scalar| !scalar.is_null())
        {
            self.passages
                .entry(passage.node.range.start)
                .or_insert(passage);
        }
    }

    /// Flow collections begin with their bracket, block ones with their first key or item.
    fn is_flow(&self, node: &YamlNode<'_>) -> bool {
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
    fn item_column(&self, item: &YamlNode<'_>) -> usize {
        let begin = scalar_begin(self.text, item);
        self.text[..begin]
            .rfind("- ")
            .map_or(0, |dash| self.column(dash))
    }
}

/// Where a scalar's own text begins: at its quote, its first character, or the header of its block.
pub(super) fn scalar_begin(text: &str, node: &YamlNode<'_>) -> usize {
    let Some(scalar) = node.as_scalar() else {
        return node.range.start;
    };
    let begin = scalar.text_begin(text);
    let is_block = matches!(scalar.style, Style::Literal | Style::Folded);
    if !is_block || scalar.begins_at_header() {
        return begin;
    }
    // The parser says where the content begins; the header ends the last line before it that is not blank.
    let line = text[..begin].rfind('\n').map_or(0, |newline| newline + 1);
    let header_end = text[..line].trim_end().len();
    let header_line = text[..header_end]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let header = &text[header_line..header_end];
    let is_header = |&(at, c): &(usize, char)| {
        let before = header[..at].chars().next_back();
        let rest = header[at + 1..]
            .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
        matches!(c, '|' | '>')
            && before.is_none_or(|c| matches!(c, ' ' | '\t'))
            && (rest.is_empty()
                || rest.trim_start_matches([' ', '\t']).starts_with('#')
                    && rest.starts_with([' ', '\t']))
    };
    header
        .char_indices()
        .find(is_header)
        .map_or(begin, |(at, _)| header_line + at)
}
