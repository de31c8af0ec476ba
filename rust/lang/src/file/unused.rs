//! Macros, lists and fields of a file that none of its rules uses.

use std::collections::{HashMap, HashSet};

use crate::codes::files as codes;
use crate::condition::scan::words;
use crate::file::brought::Imports;
use crate::file::read::Reader;
use crate::file::rulefile::RuleFile;
use crate::file::written::WrittenRule;

/// Warns of macros, lists and fields that no rule of their file uses, be it through other macros.
pub(crate) fn report(
    reader: &mut Reader<'_>,
    file: &RuleFile,
    rules: &[WrittenRule],
    imports: &Imports,
) {
    if !file.has_names() && file.uses.is_empty() {
        return;
    }
    let macros: HashMap<&str, &str> = file
        .macros
        .iter()
        .map(|named| (&*named.name, &*named.value.value))
        .collect();
    let lists: HashSet<&str> = file.lists.iter().map(|named| &*named.name).collect();
    let mut used: HashSet<&str> = HashSet::new();
    let mut texts: Vec<&str> = Vec::new();
    // What a file without rules brings is used by others, if at all.
    let is_for_others = rules.is_empty();
    if is_for_others {
        texts.extend(macros.values());
    }
    let mut words_used: HashSet<&str> = HashSet::new();
    for rule in rules {
        texts.extend(
            rule.condition
                .iter()
                .chain(&rule.exceptions)
                .map(|text| &*text.value),
        );
    }
    let fields: HashSet<&str> = file.fields.iter().map(|named| &*named.name).collect();
    let messages = rules.iter().filter_map(|rule| rule.message.as_ref());
    for text in messages.map(|text| &*text.value) {
        words_used.extend(segments(text));
        used.extend(segments(text).filter_map(|word| fields.get(word)));
    }
    while let Some(text) = texts.pop() {
        words_used.extend(segments(text));
        used.extend(segments(text).filter_map(|word| fields.get(word)));
        for word in words(text) {
            if let Some((&name, &expansion)) = macros.get_key_value(word) {
                if used.insert(name) {
                    texts.push(expansion);
                }
            } else if let Some(&name) = lists.get(word) {
                used.insert(name);
            }
        }
    }
    imports.report_unused(reader, file, |name| words_used.contains(name));
    if is_for_others {
        return;
    }
    for named in &file.macros {
        if !used.contains(&*named.name) {
            let range = reader.span(&named.key);
            reader.report(
                codes::UNUSED_MACRO,
                range,
                format!("no rule uses the macro `{}`", named.name),
            );
        }
    }
    for named in &file.fields {
        if !used.contains(&*named.name) {
            let range = reader.span(&named.key);
            reader.report(
                codes::UNUSED_FIELD,
                range,
                format!("no rule uses the field `{}`", named.name),
            );
        }
    }
    for named in &file.lists {
        if !used.contains(&*named.name) {
            let range = reader.span(&named.key);
            reader.report(
                codes::UNUSED_LIST,
                range,
                format!("no rule uses the list `{}`", named.name),
            );
        }
    }
}

/// Words that may name a field: of a bound span too, `p.status`.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.split(move |c| !is_part(c))
        .filter(|word| !word.is_empty())
}
