//! The house of this crate as a test: which room may use which, and no circle anywhere, by file or by folder.
//!
//! A file uses what it imports and, as a door, what it declares: a child that imports from its own door closes a circle.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// From the ground: a room uses only rooms of the lines above its own.
const ORDER: [&[&str]; 9] = [
    &["version"],
    &["args", "exit", "output"],
    &["applied", "census", "paths", "spool", "traces", "words"],
    &[
        "case",
        "collector",
        "drawing",
        "english",
        "feed",
        "remote",
        "rules",
        "window",
    ],
    &["judged", "near_miss", "recording"],
    &["as_test", "compared"],
    &["command"],
    &["embed"],
    &["lib", "main"],
];

/// By the module's path (`command/test/judge`), what it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Every module of the crate with its text, doors under the name of their folder.
fn modules(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = match name {
            "mod" => prefix.trim_end_matches('/').to_owned(),
            name => format!("{prefix}{name}"),
        };
        if path.is_dir() {
            modules(&path, &format!("{module}/"), into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

fn uses() -> Uses {
    let mut texts = BTreeMap::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    modules(&src, "", &mut texts);
    assert!(texts.len() > 40, "only {} modules are found", texts.len());
    let uses = texts.iter().map(|(module, text)| {
        let product = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = product
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        let mut used = imported(module, &code, &texts);
        used.extend(declared(module, &code));
        used.remove(module);
        (module.clone(), used)
    });
    uses.collect()
}

/// What `mod x;` lines declare.
fn declared(module: &str, code: &str) -> BTreeSet<String> {
    let names = code.lines().filter_map(|line| {
        let name = line
            .strip_prefix("pub ")
            .unwrap_or(line)
            .strip_prefix("mod ")?;
        name.strip_suffix(';')
    });
    let below = if module == "lib" {
        String::new()
    } else {
        format!("{module}/")
    };
    names.map(|name| format!("{below}{name}")).collect()
}

/// What paths from `crate::` and `super::` lead to, groups in braces taken apart.
fn imported(module: &str, code: &str, texts: &BTreeMap<String, String>) -> BTreeSet<String> {
    let parent = module.rsplit_once('/').map_or("", |(parent, _)| parent);
    let mut used = BTreeSet::new();
    for (start, base) in [("crate::", ""), ("super::", parent)] {
        for (at, _) in code.match_indices(start) {
            let path = &code[at + start.len()..];
            assert!(
                !path.starts_with("super::"),
                "{module}: say crate:: for what is further up"
            );
            for path in branches(path) {
                let full = format!("{base}/{}", path.replace("::", "/"));
                used.insert(longest(full.trim_start_matches('/'), texts));
            }
        }
    }
    used
}

/// `a::{b, c::D}` as `a::b` and `a::c::D`; one level is all that rustfmt's style here writes.
fn branches(path: &str) -> Vec<String> {
    let end = path
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(path.len());
    let stem = &path[..end];
    match path[end..].strip_prefix('{') {
        None => vec![stem.to_owned()],
        Some(group) => {
            let inside = group.split('}').next().unwrap();
            assert!(!inside.contains('{'), "a group within a group: {path:.80}");
            inside
                .split(',')
                .map(|branch| format!("{stem}{}", branch.trim().trim_end_matches("self")))
                .collect()
        }
    }
}

/// The module that a path leads into; of the crate's own items the crate.
fn longest(path: &str, texts: &BTreeMap<String, String>) -> String {
    let mut module = path.trim_end_matches('/');
    while !texts.contains_key(module) {
        match module.rsplit_once('/') {
            Some((shorter, _)) => module = shorter,
            None => return "lib".to_owned(),
        }
    }
    module.to_owned()
}

/// A way from `at` back to it.
fn circle(uses: &Uses) -> Option<Vec<String>> {
    fn walk(at: &str, uses: &Uses, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        if let Some(begin) = way.iter().position(|one| one == at) {
            way.drain(..begin);
            way.push(at.to_owned());
            return true;
        }
        if done.contains(at) {
            return false;
        }
        way.push(at.to_owned());
        if uses
            .get(at)
            .into_iter()
            .flatten()
            .any(|next| walk(next, uses, way, done))
        {
            return true;
        }
        way.pop();
        done.insert(at.to_owned());
        false
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|start| {
        let mut way = Vec::new();
        walk(start, uses, &mut way, &mut done).then_some(way)
    })
}

#[test]
fn a_room_uses_only_what_stands_below_it() {
    let level = |module: &str| {
        let room = module.split('/').next().unwrap();
        let level = ORDER.iter().position(|rooms| rooms.contains(&room));
        level.unwrap_or_else(|| panic!("{module}: its room has no place in ORDER"))
    };
    for (module, used) in uses() {
        for used in used {
            let is_same_room = module.split('/').next() == used.split('/').next();
            assert!(
                is_same_room || level(&used) < level(&module),
                "{module} uses {used}, which does not stand below it"
            );
        }
    }
}

#[test]
fn no_command_uses_another() {
    let command = |module: &str| module.split('/').nth(1).map(str::to_owned);
    for (module, used) in uses() {
        for used in used.iter().filter(|_| module.starts_with("command/")) {
            assert!(
                !used.starts_with("command/") || command(used) == command(&module),
                "{module} uses {used}"
            );
        }
    }
}

#[test]
fn no_file_comes_back_to_itself() {
    let mut uses = uses();
    // The readers of traces leave what they find with a type of their own door; to be cut.
    uses.retain(|module, _| !module.starts_with("traces"));
    assert_eq!(circle(&uses), None);
}

#[test]
fn no_folder_comes_back_to_itself() {
    let uses = uses();
    let folders: BTreeSet<&str> = uses
        .keys()
        .flat_map(|module| module.match_indices('/').map(|(at, _)| &module[..=at]))
        .chain([""])
        .collect();
    for folder in folders {
        // What stands in this folder, each subfolder as one.
        let entry = |module: &str| {
            let inside = module.strip_prefix(folder)?;
            Some(inside.split('/').next().unwrap().to_owned())
        };
        let mut among = Uses::new();
        for (module, used) in &uses {
            if let Some(from) = entry(module) {
                let to = used
                    .iter()
                    .filter_map(|used| entry(used))
                    .filter(|to| *to != from);
                among.entry(from.clone()).or_default().extend(to);
            }
        }
        assert_eq!(circle(&among), None, "in src/{folder}");
    }
}

#[test]
fn no_file_is_longer_than_four_hundred_lines_and_each_says_what_it_is() {
    let mut texts = BTreeMap::new();
    modules(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut texts,
    );
    for (module, text) in texts {
        let lines = text.lines().count();
        assert!(lines <= 400, "{module} has {lines} lines");
        assert!(text.starts_with("//! "), "{module} does not say what it is");
    }
}
