//! The vocabulary that ships with the product: fields `otel:…` that read what instrumentations really emit.
//!
//! The table is `data/vocabulary.txt`, read once, and as a whole held by a test.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::rule::{Alternative, FirstOf, Reading};

const TABLE: &str = include_str!("../../data/vocabulary.txt");

/// What the names begin with.
pub(crate) const PREFIX: &str = "otel:";

/// A field of the vocabulary.
#[derive(Debug)]
pub struct ShippedField {
    /// Its name begins with `otel:`.
    pub field: Arc<FirstOf>,
    /// What it says, a sentence.
    pub says: &'static str,
    /// Of each of its attributes, which instrumentation emits it; empty where all do.
    pub sources: Vec<&'static str>,
}

static SHIPPED: LazyLock<BTreeMap<Arc<str>, ShippedField>> = LazyLock::new(|| {
    let fields = paragraphs().filter_map(|(line, attributes)| field(line, &attributes));
    fields
        .map(|shipped| (shipped.field.name.clone(), shipped))
        .collect()
});

/// All of it, by name.
pub fn vocabulary() -> impl Iterator<Item = &'static ShippedField> {
    SHIPPED.values()
}

/// The field of this name, `otel:` included.
pub(crate) fn shipped(name: &str) -> Option<&'static ShippedField> {
    SHIPPED.get(name)
}

/// Each field's line with the lines of its attributes.
fn paragraphs() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let mut lines = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let mut attributes = Vec::new();
        while let Some(attribute) = lines.next_if(|line| line.starts_with(' ')) {
            attributes.push(attribute.trim());
        }
        Some((line, attributes))
    })
}

/// `None` where a line is none of a field; the test holds that there is no such line.
fn field(line: &'static str, attributes: &[&'static str]) -> Option<ShippedField> {
    let (name, says) = line.split_once(' ')?;
    let mut of = Vec::new();
    let mut sources = Vec::new();
    for attribute in attributes {
        let (reads, source) = attribute.split_once("  # ").unwrap_or((*attribute, ""));
        of.push(alternative(reads)?);
        sources.push(source);
    }
    let name = format!("{PREFIX}{name}").into();
    Some(ShippedField {
        field: Arc::new(FirstOf { name, of }),
        says,
        sources,
    })
}

fn alternative(reads: &str) -> Option<Alternative> {
    if let Some((key, pattern)) = reads.split_once(" ~ ") {
        return Some(Alternative {
            key: key.into(),
            reading: Reading::Part(pattern.into()),
        });
    }
    let Some((key, rows)) = reads.split_once(" = ") else {
        return Some(Alternative {
            key: reads.into(),
            reading: Reading::AsItIs,
        });
    };
    let mut table: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for row in rows.split(", ") {
        let (from, to) = row.split_once(": ")?;
        table.push((from.into(), to.into()));
    }
    table.sort();
    Some(Alternative {
        key: key.into(),
        reading: Reading::Mapped(table),
    })
}

/// `docs/vocabulary.md`.
#[must_use]
pub fn vocabulary_page() -> String {
    let mut page = String::from(
        "# The vocabulary\n\n\
         One name for what instrumentations call by several: `otel:http.status` reads `http.response.status_code`, and where that\n\
         is missing `http.status_code`. Such a name stands wherever an attribute may (`any.where(otel:http.status >= 500)`,\n\
         `p.otel:http.path`), without a line in the rule file. A rule file's own names are [`fields:`](language.md#rule-files).\n\n\
         This page is written from `rust/lang/data/vocabulary.txt`.\n\n\
         | name | says | reads, the first that has a value | emitted by |\n|---|---|---|---|\n",
    );
    for shipped in vocabulary() {
        let name = &shipped.field.name;
        for (at, (one, source)) in shipped.field.of.iter().zip(&shipped.sources).enumerate() {
            let reads = match &one.reading {
                Reading::AsItIs => format!("`{}`", one.key),
                Reading::Mapped(table) => format!("`{}`, by a table of {}", one.key, table.len()),
                Reading::Part(pattern) => {
                    let pattern = pattern.replace('|', "\\|");
                    format!("`{}`, of it `{pattern}`", one.key)
                }
            };
            let (name, says) = match at {
                0 => (format!("`{name}`"), shipped.says),
                _ => (String::new(), ""),
            };
            page.push_str(&format!("| {name} | {says} | {reads} | {source} |\n"));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let fields = paragraphs().count();
        assert_eq!(
            vocabulary().count(),
            fields,
            "a field is faulty, or two have one name"
        );
        assert!(fields >= 20);
        for shipped in vocabulary() {
            let name = &shipped.field.name;
            assert!(!shipped.field.of.is_empty(), "{name} reads nothing");
            assert!(shipped.says.ends_with('.'), "{name}");
            for one in &shipped.field.of {
                assert!(
                    !one.key.contains([' ', '#', '=', '~']),
                    "{name}: {}",
                    one.key
                );
                if let Reading::Part(pattern) = &one.reading {
                    let regex = regex::bytes::Regex::new(pattern);
                    assert_eq!(regex.map(|regex| regex.captures_len()), Ok(2), "{name}");
                }
            }
        }
    }
}
