//! A rule file as written: macros, lists, fields and rules, their texts not yet looked into.

use std::sync::Arc;

use crate::codes::files as codes;
use crate::condition::token::Function;
use crate::file::fields::read_field;
use crate::file::plain::{listed_literal, literal};
use crate::file::read::{Reader, Text};
use crate::file::uses::{Use, read_uses};
use crate::file::written::{WrittenRule, read_rule};
use crate::file::yaml::{self, Entry, Taken, YamlFault, YamlKind, YamlNode};
use crate::limits::Limits;
use crate::rule::{Alternative, FirstOf, Literal};

/// Keys of a rule file.
pub(crate) const FILE_KEYS: &[&str] = &["use", "macros", "lists", "fields", "rules"];

/// Words that a macro or list would hide, as it would a function's.
const RESERVED: &[&str] = &[
    "and", "or", "not", "when", "always", "never", "each", "as", "any", "root", "true", "false",
    "in", "verified",
];

/// One document, with those that go on with it after a syntax error.
#[derive(Debug, Default)]
pub(crate) struct RuleFile<'t> {
    pub uses: Vec<Use<'t>>,
    pub macros: Vec<Named<'t, Text<'t>>>,
    pub lists: Vec<Named<'t, Vec<Literal>>>,
    pub fields: Vec<Named<'t, FirstOf>>,
    pub rules: Vec<WrittenRule<'t>>,
    /// Rules beyond the first one above the limit, which are not read.
    pub unread: usize,
}

#[derive(Debug)]
pub(crate) struct Named<'t, T> {
    pub name: String,
    pub key: YamlNode<'t>,
    pub value: T,
}

/// Reads the rule files in the documents of one text: a document, with those that go on with it after a syntax error.
pub(crate) fn read<'a>(
    file: usize,
    text: &'a Arc<str>,
    limits: &'a Limits,
) -> (Reader<'a>, Vec<RuleFile<'a>>) {
    read_lines(file, text, limits).unwrap_or_else(|| read_events(file, text, limits))
}

/// Of a text that can be read line by line. Each rule is read as soon as it stands there, so that its nodes go before those
/// of the next come.
fn read_lines<'a>(
    file: usize,
    text: &'a Arc<str>,
    limits: &'a Limits,
) -> Option<(Reader<'a>, Vec<RuleFile<'a>>)> {
    let mut reader = Reader::new(file, text, limits);
    let mut read = RuleFile::default();
    let taken = Taken {
        key: "rules",
        take: &mut |node| read.read_rule(&mut reader, node),
    };
    let documents = yaml::parse_lines(text, limits, taken)?;
    for document in documents {
        read.read(&mut reader, &document.root, document.continues);
    }
    Some((reader, vec![read]))
}

/// Of any text.
fn read_events<'a>(
    file: usize,
    text: &'a Arc<str>,
    limits: &'a Limits,
) -> (Reader<'a>, Vec<RuleFile<'a>>) {
    let mut faults: Vec<YamlFault> = Vec::new();
    let documents = yaml::parse_events(text, limits, &mut faults);
    let mut reader = Reader::new(file, text, limits);
    for fault in faults {
        reader.report(fault.code, fault.range, fault.message).help = fault.help;
    }
    let yaml_faults = reader.diagnostics.len();
    let mut read: Vec<RuleFile<'a>> = Vec::new();
    for document in documents {
        if !document.continues || read.is_empty() {
            read.push(RuleFile::default());
        }
        if let Some(last) = read.last_mut() {
            last.read(&mut reader, &document.root, document.continues);
        }
    }
    attribute_yaml_faults(&mut reader, &mut read, yaml_faults);
    (reader, read)
}

/// A fault in the YAML of a rule is that rule's fault.
fn attribute_yaml_faults(reader: &mut Reader<'_>, read: &mut [RuleFile<'_>], count: usize) {
    if count == 0 {
        return;
    }
    let mut rules: Vec<&mut WrittenRule<'_>> =
        read.iter_mut().flat_map(|file| &mut file.rules).collect();
    rules.sort_by_key(|rule| rule.range.start);
    for diagnostic in reader.diagnostics.iter_mut().take(count) {
        let at = diagnostic.range.start;
        let after = rules.partition_point(|rule| rule.range.start <= at);
        if let Some(rule) = after.checked_sub(1).and_then(|index| rules.get_mut(index))
            && at < rule.range.end.max(rule.range.start + 1)
        {
            rule.is_faulty = true;
            diagnostic.rule.clone_from(&rule.id);
        }
    }
}

impl<'t> RuleFile<'t> {
    /// Reads one document, or the part of one that follows a syntax error, into this file.
    /// True if rules were written there, be there any or none.
    fn read(&mut self, reader: &mut Reader<'_>, root: &YamlNode<'t>, continues: bool) {
        if root.is_null() {
            return;
        }
        if let YamlKind::Sequence(_) = &root.kind {
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
        if let Some(node) = fields.value("use") {
            self.uses.extend(read_uses(reader, node));
        }
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
        if let Some(node) = fields.value("fields") {
            for entry in reader.entries(node, "`fields`") {
                self.read_field(reader, entry);
            }
        }
        self.check_fields(reader);
        match fields.value("rules") {
            Some(node) => self.read_rules(reader, node),
            // What others use has none.
            None if self.has_names() => {}
            None if fields.entry("rules").is_none() && !continues => {
                reader.missing(&fields, "rules", "a rule file");
            }
            None => {}
        }
    }

    /// Whether it brings something to those that use it.
    pub fn has_names(&self) -> bool {
        !(self.macros.is_empty() && self.lists.is_empty() && self.fields.is_empty())
    }

    /// Whether a macro, list or field of this name stands in it.
    pub fn declares(&self, name: &str) -> bool {
        is_name(&self.macros, name) || is_name(&self.lists, name) || is_name(&self.fields, name)
    }

    fn name<'n>(
        &self,
        reader: &mut Reader<'_>,
        entry: &'n Entry<'_>,
        what: &str,
    ) -> Option<&'n str> {
        let name = &*entry.key.as_scalar()?.value;
        if !reader.check_name(&entry.key, name, what) {
            return None;
        }
        let is_identifier = name.bytes().enumerate().all(|(index, b)| {
            b == b'_' || b.is_ascii_alphabetic() || (index > 0 && (b.is_ascii_digit() || b == b'-'))
        });
        let problem = if !is_identifier {
            format!(
                "{what} is an identifier: letters, digits, `_` and `-`, and a letter or `_` first"
            )
        } else if is_reserved(name) {
            format!("`{name}` is a word of the language")
        } else if self.declares(name) {
            format!("`{name}` is the name of another macro, list or field")
        } else {
            return Some(name);
        };
        let range = reader.span(&entry.key);
        reader.report(codes::BAD_NAME, range, problem);
        None
    }

    fn read_macro(&mut self, reader: &mut Reader<'_>, entry: &Entry<'t>) {
        let name = self
            .name(reader, entry, "a macro's name")
            .map(str::to_owned);
        let value = reader.positioned_text(&entry.value, "a macro");
        if let (Some(name), Some(value)) = (name, value) {
            self.macros.push(Named {
                name,
                key: entry.key.clone(),
                value,
            });
        }
    }

    fn read_list(&mut self, reader: &mut Reader<'_>, entry: &Entry<'t>) {
        let name = self.name(reader, entry, "a list's name").map(str::to_owned);
        if !matches!(entry.value.kind, YamlKind::Sequence(_)) {
            reader.items(&entry.value, "each entry of `lists`");
            // One value is a list of one for whatever names it: what is wrong is said here.
            let only = entry.value.as_scalar().map(|scalar| vec![literal(scalar)]);
            let list = name.zip(only).map(|(name, value)| Named {
                name,
                key: entry.key.clone(),
                value,
            });
            self.lists.extend(list);
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
                Some(scalar) if !scalar.is_null() => {
                    literals.push(listed_literal(reader, item, scalar))
                }
                _ if matches!(item.kind, YamlKind::Refused) => {}
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
                key: entry.key.clone(),
                value: literals,
            });
        }
    }

    fn read_field(&mut self, reader: &mut Reader<'_>, entry: &Entry<'t>) {
        let name = self
            .name(reader, entry, "a field's name")
            .map(str::to_owned);
        let value = read_field(reader, name.as_deref().unwrap_or_default(), &entry.value);
        if let (Some(name), Some(value)) = (name, value) {
            self.fields.push(Named {
                name,
                key: entry.key.clone(),
                value,
            });
        }
    }

    /// A field stands for attributes, and never for another name of the file.
    fn check_fields(&self, reader: &mut Reader<'_>) {
        for named in &self.fields {
            for key in named.value.of.iter().filter_map(Alternative::attribute) {
                let what = if **key == *named.name {
                    "this field itself"
                } else if is_name(&self.fields, key) {
                    "another field"
                } else if is_name(&self.macros, key) {
                    "a macro"
                } else if is_name(&self.lists, key) {
                    "a list"
                } else {
                    continue;
                };
                let range = reader.span(&named.key);
                let message = format!("`{key}` is {what}, and a field stands for attributes");
                reader.report(codes::BAD_FIELD, range, message).help =
                    Some("give the field a name that no attribute has".into());
            }
        }
    }

    fn read_rules(&mut self, reader: &mut Reader<'_>, node: &YamlNode<'t>) {
        let items = reader.items(node, "`rules`");
        self.rules.reserve(items.len().min(reader.limits.rules));
        for item in items {
            self.read_rule(reader, item);
        }
    }

    /// Makes room for the rules that a file has, if those behind `end` are like those before it.
    fn make_room(&mut self, reader: &Reader<'_>, end: usize) {
        let known = self.rules.len();
        if known >= FEW_RULES && known == self.rules.capacity() {
            let all = reader.text.len() / (end / known).max(1) + FEW_RULES;
            let all = all.min(reader.limits.rules + 1);
            self.rules
                .reserve_exact(all.saturating_sub(known).max(known));
        }
    }

    fn read_rule(&mut self, reader: &mut Reader<'_>, node: &YamlNode<'t>) {
        if self.rules.len() > reader.limits.rules {
            self.unread += 1;
        } else {
            self.make_room(reader, node.range.end);
            self.rules.push(read_rule(reader, node));
        }
    }
}

/// Before so many nothing is known of the rest.
const FEW_RULES: usize = 16;

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || Function::named(name).is_some()
}

fn is_name<T>(named: &[Named<'_, T>], key: &str) -> bool {
    named.iter().any(|named| *named.name == *key)
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::render_text::render_text;
    use crate::file::load::load;
    use crate::limits::Limits;
    use crate::rule::MeaningHash;
    use crate::source::SourceFile;

    /// What is loaded of a text, and what is said of it.
    fn loaded(text: String, limits: &Limits) -> (usize, Vec<MeaningHash>, String) {
        let files = [SourceFile::new("rules.yaml", text)];
        let loaded = load(&files, limits);
        let rules = loaded.rules.iter().map(|one| one.rule.hash).collect();
        let said = render_text(&loaded.diagnostics, &files, false);
        (loaded.rule_count, rules, said)
    }

    #[test]
    fn rules_are_the_same_read_as_they_come_and_from_the_whole_tree() {
        let one = Limits {
            rules: 1,
            ..Limits::default()
        };
        for text in [
            "rules:\n  - id: a\n    condition: m and x\n    severty: high\n  - id: b\n    condition: m\nmacros:\n  m: root\n",
            "x: 1\nrules:\n- id: a\n  condition: a\n- b\n-\n- id: a\n  condition: c.where(region != eu)\n",
            "rules: []\n",
            "rules:\n  a: b\n",
            "- id: a\n  condition: b\n",
            "macros: { m: root }\nlists:\n  rules:\n    - a\n",
            "rules:\n  - id: a\n    condition: b\nrules:\n  - id: c\n    condition: d\n",
        ] {
            for limits in [&Limits::default(), &one] {
                // Beside a comment that only the YAML parser reads.
                let odd = loaded(format!("{text}# é\n"), limits);
                assert_eq!(loaded(text.to_owned(), limits), odd, "{text}");
            }
        }
    }
}
