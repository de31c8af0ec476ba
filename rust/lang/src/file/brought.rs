//! What the files that a rule file uses bring to it: names, and where they stand.

use std::collections::HashMap;
use std::sync::Arc;

use crate::codes::files as codes;
use crate::condition::vocabulary::{Home, Vocabulary};
use crate::file::read::Reader;
use crate::file::rulefile::RuleFile;
use crate::file::said::shown;
use crate::file::uses::Use;
use crate::file::yaml::YamlNode;
use crate::rule::Alternative;

/// Where macros of other files stand, by file and name.
pub(crate) type Elsewhere<'a> = HashMap<(usize, Arc<str>), (YamlNode<'a>, Arc<str>)>;

/// What a file without rules brings to those that use it: of each of its documents the names, and where its macros and
/// those that they use stand.
#[derive(Default)]
pub(crate) struct Brought<'a> {
    pub homes: Vec<Arc<Home>>,
    pub elsewhere: Elsewhere<'a>,
}

/// What a document is brought by all that it uses.
#[derive(Default)]
pub(crate) struct Imports<'a> {
    /// With the entry of `use:` that brings it.
    names: HashMap<Arc<str>, (Arc<Home>, usize)>,
    pub elsewhere: Elsewhere<'a>,
}

impl<'a> Imports<'a> {
    /// Adds what the entry `at` of `use:` brings. A name that stands in two files is of neither.
    pub fn add(
        &mut self,
        reader: &mut Reader<'_>,
        file: &RuleFile<'_>,
        at: usize,
        brought: &Brought<'a>,
    ) {
        let Some(entry) = file.uses.get(at) else {
            return;
        };
        for home in &brought.homes {
            for name in home.vocabulary.own_names() {
                let other = match self.names.get(name) {
                    _ if file.declares(name) => "this file".to_owned(),
                    Some((_, other)) if *other == at => "another document of it".to_owned(),
                    Some((_, other)) => {
                        let other = file.uses.get(*other);
                        format!("`{}`", other.map_or("", |one| &one.written))
                    }
                    None => {
                        let taken = (Arc::clone(home), at);
                        self.names.insert(Arc::clone(name), taken);
                        continue;
                    }
                };
                report_clash(reader, entry, name, &other);
            }
        }
        let elsewhere = brought.elsewhere.iter();
        self.elsewhere
            .extend(elsewhere.map(|(key, place)| (key.clone(), place.clone())));
    }

    /// A field stands for attributes: of a name that another file brings, the attribute is perhaps not meant.
    pub fn check_fields(&self, reader: &mut Reader<'_>, file: &RuleFile<'_>) {
        for named in &file.fields {
            for key in named.value.of.iter().filter_map(Alternative::attribute) {
                let Some((home, _)) = self.names.get(key) else {
                    continue;
                };
                let kind = home.vocabulary.kind_of(key).unwrap_or_default();
                let range = reader.span(&named.key);
                let message = format!(
                    "`{key}` is a {kind} of a used file, and a field stands for attributes"
                );
                reader.report(codes::BAD_FIELD, range, message).help =
                    Some("give the field a name that no attribute has".into());
            }
        }
    }

    /// Adds the names to those of the document itself.
    pub fn give(&self, vocabulary: &mut Vocabulary) {
        for (name, (home, _)) in &self.names {
            vocabulary.add_used(Arc::clone(name), Arc::clone(home));
        }
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| &**name)
    }

    /// Warns of entries none of whose names is among the used words.
    pub fn report_unused(
        &self,
        reader: &mut Reader<'_>,
        file: &RuleFile<'_>,
        is_used: impl Fn(&str) -> bool,
    ) {
        for (at, entry) in file.uses.iter().enumerate() {
            let mut names = self.names.iter().filter(|(_, (_, of))| *of == at);
            let brings = names.clone().next().is_some();
            if brings && !names.any(|(name, _)| is_used(name)) {
                let range = reader.span(&entry.node);
                let message = format!("nothing of `{}` is used here", shown(&entry.written));
                reader.report(codes::UNUSED_USE, range, message);
            }
        }
    }
}

fn report_clash(reader: &mut Reader<'_>, entry: &Use<'_>, name: &str, other: &str) {
    let range = reader.span(&entry.node);
    let written = shown(&entry.written);
    let message = format!("`{}` stands in `{written}` and in {other}", shown(name));
    reader.report(codes::USED_NAME_TWICE, range, message).help =
        Some("give one of the two another name".into());
}
