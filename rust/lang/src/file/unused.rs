//! Macros, lists and fields of a file that none of its rules uses.

use std::collections::{HashMap, HashSet};

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
    file: &RuleFile<'_>,
    rules: &[WrittenRule<'_>],
    imports: &Imports<'_>,
) {
    if !file.has_names() && file.uses.is_empty() {
        return;
    }
    let words = words_used(file, rules, imports);
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
    names: impl Iterator<Item = (&'n YamlNode<'n>, &'n String)>,
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
    /// Parts of words that are names of fields, or of used files.
    parts: HashSet<&'t str>,
}

fn words_used<'t>(
    file: &'t RuleFile<'_>,
    rules: &'t [WrittenRule<'_>],
    imports: &'t Imports<'_>,
) -> WordsUsed<'t> {
    let named = file.macros.iter();
    let macros: HashMap<&str, &str> = named
        .map(|named| (&*named.name, &*named.value.value))
        .collect();
    let lists = file.lists.iter().map(|named| &*named.name);
    let fields = file.fields.iter().map(|named| &*named.name);
    let whole = SoughtNames::of(macros.keys().copied().chain(lists));
    let in_parts = SoughtNames::of(fields.clone().chain(imports.names()));
    let mut found = WordsUsed::default();
    let mut texts: Vec<&str> = Vec::new();
    if rules.is_empty() {
        texts.extend(macros.values());
    }
    let mut exceptions = HashSet::new();
    let mut left = rules.iter();
    loop {
        while let Some(text) = texts.pop() {
            found.parts.extend(in_parts.among(segments(text)));
            for name in whole.among(words(text)) {
                if found.used.insert(name)
                    && let Some(expansion) = macros.get(name)
                {
                    texts.push(expansion);
                }
            }
        }
        // Mostly the first rules use all that there is.
        if found.used.len() == whole.all.len() && found.parts.len() == in_parts.all.len() {
            break;
        }
        let Some(rule) = left.next() else { break };
        texts.extend(rule.condition.iter().map(|text| &*text.value));
        // Many rules have the same.
        let others = rule.exceptions.iter().map(|text| &*text.value);
        texts.extend(others.filter(|text| exceptions.insert(*text)));
        let message = rule.message.iter();
        let parts = message.flat_map(|text| in_parts.among(segments(&text.value)));
        found.parts.extend(parts);
    }
    let parts = &found.parts;
    let fields = fields.filter(|name| parts.contains(name));
    found.used.extend(fields);
    found
}

/// Names that are looked for among many words, most of which are passed over by their first letter.
struct SoughtNames<'t> {
    all: HashSet<&'t str>,
    firsts: [bool; 256],
}

impl<'t> SoughtNames<'t> {
    fn of(names: impl Iterator<Item = &'t str>) -> SoughtNames<'t> {
        let mut found = SoughtNames {
            all: names.collect(),
            firsts: [false; 256],
        };
        for first in found.all.iter().filter_map(|name| name.bytes().next()) {
            found.firsts[usize::from(first)] = true;
        }
        found
    }

    /// Those that are among these words.
    fn among<'a>(&'a self, words: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'t str> {
        let words = (!self.all.is_empty()).then_some(words).into_iter();
        let is_first = |word: &&str| {
            let first = word.bytes().next();
            first.is_some_and(|first| self.firsts[usize::from(first)])
        };
        let likely = words.flatten().filter(is_first);
        likely.filter_map(|word| self.all.get(word).copied())
    }
}

/// Words that may name a field: of a bound span too, `p.status`.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.split(move |c| !is_part(c))
        .filter(|word| !word.is_empty())
}
