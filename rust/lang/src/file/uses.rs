//! `use:` of a rule file: the other files of the set whose macros, lists and fields it takes.

use std::collections::BTreeSet;

use crate::codes::files as codes;
use crate::file::read::Reader;
use crate::file::yaml::{self, YamlKind, YamlNode};
use crate::limits::Limits;
use crate::source::SourceFile;

const KEY: &str = "use";

/// An entry of `use:`.
#[derive(Debug)]
pub(crate) struct Use<'t> {
    pub written: String,
    pub node: YamlNode<'t>,
}

/// Reads what stands behind `use:`.
pub(super) fn read_uses<'t>(reader: &mut Reader<'_>, node: &YamlNode<'t>) -> Vec<Use<'t>> {
    let items = reader.one_or_more(node, "`use`");
    let most = reader.limits.used_files;
    if let Some(first) = items.get(most) {
        let range = reader.span(first);
        let message = format!(
            "a file uses {most} others at most, this names {}",
            items.len()
        );
        reader.report(codes::TOO_MANY, range, message);
    }
    let items = items.iter().take(most);
    let uses = items.filter_map(|item| {
        let written = reader.string(item, "each entry of `use`")?;
        let node = item.clone();
        Some(Use { written, node })
    });
    uses.collect()
}

/// The names of the files that a rule file uses, as they are looked for in its set: relative to the file, without `.` and
/// `..` in them. What cannot be read, or names no place relative to the file, is left out, as loading reports it.
fn used_files(file: &SourceFile, limits: &Limits) -> Vec<String> {
    if !may_use(&file.text) || file.text.len() > limits.file_bytes {
        return Vec::new();
    }
    let documents = yaml::parse(&file.text, limits, &mut Vec::new());
    let mut names = Vec::new();
    for document in documents {
        let YamlKind::Mapping(mapping) = &document.root.kind else {
            continue;
        };
        let is_use = |key: &YamlNode<'_>| key.as_scalar().is_some_and(|key| key.value == KEY);
        let entries = mapping.items.iter().filter(|entry| is_use(&entry.key));
        for entry in entries {
            let items = match &entry.value.kind {
                YamlKind::Sequence(sequence) => sequence.items.as_slice(),
                _ => std::slice::from_ref(&entry.value),
            };
            let written = items.iter().filter_map(|item| item.as_scalar());
            let written = written.take(limits.used_files);
            names.extend(written.filter_map(|one| resolved(&file.name, &one.value).ok()));
        }
    }
    names
}

/// The names of the files that those of a set use and that are not in it. Who reads a set adds those that may be, and
/// asks again: a file that is added may use others.
#[must_use]
pub fn missing_files(files: &[SourceFile], limits: &Limits) -> Vec<String> {
    let known: BTreeSet<String> = files.iter().map(|file| normal_name(&file.name)).collect();
    let used = files.iter().flat_map(|file| used_files(file, limits));
    let missing: BTreeSet<String> = used.filter(|name| !known.contains(name)).collect();
    missing.into_iter().collect()
}

/// Whether `use` may be a key in this text: most files have none, and need no second reading.
fn may_use(text: &str) -> bool {
    text.match_indices(KEY).any(|(at, _)| {
        let behind = text[at + KEY.len()..].trim_start_matches(['"', '\'']);
        behind.trim_start().starts_with(':')
    })
}

/// The name in the set of what a file calls so; else why it cannot be one.
pub(super) fn resolved(from: &str, written: &str) -> Result<String, &'static str> {
    let has_drive = written.as_bytes().get(1) == Some(&b':');
    if written.trim().is_empty() {
        return Err("this names no file");
    }
    if written.contains("://") {
        return Err("rules are not loaded from other machines");
    }
    if written.starts_with(['/', '\\', '~']) || has_drive {
        return Err("a used file is named relative to the file that uses it");
    }
    if written.contains('\\') {
        return Err("the parts of a path have `/` between them");
    }
    let from = separated(from);
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = match (folder, from.starts_with('/')) {
        ("", true) => "/",
        (folder, _) => folder,
    };
    Ok(normal(&format!("{folder}/{written}"), folder.is_empty()))
}

/// A file's name as the names of used files are compared with it: without `.`, `..` and doubled `/`.
#[must_use]
pub fn normal_name(name: &str) -> String {
    normal(&separated(name), false)
}

/// With `/` between the parts, whatever the system has there.
fn separated(name: &str) -> String {
    match cfg!(windows) {
        true => name.replace('\\', "/"),
        false => name.to_owned(),
    }
}

/// Without `.`, `..` and doubled `/`. `is_relative`: the first `/` is none of a root.
fn normal(path: &str, is_relative: bool) -> String {
    let is_rooted = path.starts_with('/') && !is_relative;
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_rooted => {}
            part => parts.push(part),
        }
    }
    let root = if is_rooted { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_file_is_named_relative_to_the_one_that_uses_it() {
        for (from, written, wanted) in [
            ("rules/pay.yaml", "./shared.yaml", "rules/shared.yaml"),
            ("rules/pay.yaml", "shared.yaml", "rules/shared.yaml"),
            ("rules/eu/pay.yaml", "../shared.yaml", "rules/shared.yaml"),
            (
                "./rules//pay.yaml",
                "./lists/./a.yaml",
                "rules/lists/a.yaml",
            ),
            ("/etc/rules/pay.yaml", "../../../a.yaml", "/a.yaml"),
            ("/pay.yaml", "a.yaml", "/a.yaml"),
            ("pay.yaml", "./a.yaml", "a.yaml"),
            ("pay.yaml", "../a.yaml", "../a.yaml"),
            ("../pay.yaml", "../a.yaml", "../../a.yaml"),
            ("<stdin>", "./a.yaml", "a.yaml"),
        ] {
            assert_eq!(resolved(from, written).as_deref(), Ok(wanted), "{from}");
        }
        for refused in [
            "",
            " ",
            "/a.yaml",
            "~/a.yaml",
            "C:/a.yaml",
            "..\\a.yaml",
            "https://a.b/c.yaml",
        ] {
            assert!(resolved("rules/pay.yaml", refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_files_that_a_file_uses_are_known_without_loading_it() {
        let used = |text: &str| {
            let file = SourceFile::new("rules/pay.yaml", text);
            used_files(&file, &Limits::default())
        };
        assert_eq!(
            used("use: [./a.yaml, ../b.yaml, /c.yaml, [d]]\nrules: []\n"),
            ["rules/a.yaml", "b.yaml"]
        );
        assert_eq!(
            used("\"use\" : ./a.yaml\n---\n{ 'use': [b.yaml], rules: [] }\n"),
            ["rules/a.yaml", "rules/b.yaml"]
        );
        assert_eq!(
            used("# use: ./a.yaml\nrules:\n  - { id: use, use: a.yaml }\n"),
            [""; 0]
        );
        assert_eq!(
            used("use: [./a.yaml]\nrules: [\n"),
            ["rules/a.yaml"],
            "of a faulty file what can be read"
        );
    }
}
