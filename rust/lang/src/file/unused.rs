//! Macros, lists and fields of a file that none of its rules uses.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::codes::{Code, files as codes};
use crate::condition::scan::words;
use crate::file::brought::Imports;
use crate::file::read::Reader;
use crate::file::rulefile::RuleFile;
use crate::file::written::WrittenRule;
use crate::file::yaml::YamlNode;

/// Warns of macros, lists and fields that no rule of their file uses, be it through other macros, and of used files of which
/// nothing is used.
pub(crate) fn report(
    reader: &mut Reader<'_>,
    file: &RuleFile,
    rules: &[WrittenRule],
    imports: &Imports,
) {
    if !file.has_names() && file.uses.is_empty() {
        return;
    }
    let words = words_used(file, rules);
    imports.report_unused(reader, file, |name| words.parts.contains(name));
    // What a file without rules brings is used by others, if at all.
    if rules.is_empty() {
        return;
    }
    let used = |name: &str| words.used.contains(name);
    let macros = file.macros.iter().map(|one| (&one.key, &one.name));
    let lists = file.lists.iter().map(|one| (&one.key, &one.name));
    let fields = file.fields.iter().map(|one| (&one.key, &one.name));
    report_each(reader, codes::UNUSED_MACRO, "macro", macros, used);
    report_each(reader, codes::UNUSED_LIST, "list", lists, used);
    report_each(reader, codes::UNUSED_FIELD, "field", fields, used);
}

fn report_each<'n>(
    reader: &mut Reader<'_>,
    code: Code,
    kind: &str,
    names: impl Iterator<Item = (&'n Rc<YamlNode>, &'n String)>,
    is_used: impl Fn(&str) -> bool,
) {
    for (key, name) in names.filter(|(_, name)| !is_used(name)) {
        let range = reader.span(key);
        reader.report(code, range, format!("no rule uses the {kind} `{name}`"));
    }
}

/// What stands in the texts of a file's rules, and in the macros that these use.
#[derive(Default)]
struct WordsUsed<'t> {
    /// Names of the file.
    used: HashSet<&'t str>,
    /// Every part of a word.
    parts: HashSet<&'t str>,
}

fn words_used<'t>(file: &'t RuleFile, rules: &'t [WrittenRule]) -> WordsUsed<'t> {
    let named = file.macros.iter();
    let macros: HashMap<&str, &str> = named
        .map(|named| (&*named.name, &*named.value.value))
        .collect();
    let lists: HashSet<&str> = file.lists.iter().map(|named| &*named.name).collect();
    let fields: HashSet<&str> = file.fields.iter().map(|named| &*named.name).collect();
    let mut found = WordsUsed::default();
    let mut texts: Vec<&str> = Vec::new();
    if rules.is_empty() {
        texts.extend(macros.values());
    }
    for rule in rules {
        let conditions = rule.condition.iter().chain(&rule.exceptions);
        texts.extend(conditions.map(|text| &*text.value));
        let message = rule.message.iter().flat_map(|text| segments(&text.value));
        found.parts.extend(message);
    }
    let in_messages = found.parts.iter();
    found.used = in_messages
        .filter_map(|word| fields.get(word))
        .copied()
        .collect();
    while let Some(text) = texts.pop() {
        found.parts.extend(segments(text));
        found
            .used
            .extend(segments(text).filter_map(|word| fields.get(word)));
        for word in words(text) {
            if let Some((&name, &expansion)) = macros.get_key_value(word) {
                if found.used.insert(name) {
                    texts.push(expansion);
                }
            } else if let Some(&name) = lists.get(word) {
                found.used.insert(name);
            }
        }
    }
    found
}

/// Words that may name a field: of a bound span too, `p.status`.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.split(move |c| !is_part(c))
        .filter(|word| !word.is_empty())
}
