//! The order of the rooms in `src`, held by reading what each file uses of the others.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// From the ground up. A room uses those on lower floors, never one beside it or above.
const FLOORS: [&[&str]; 12] = [
    &["mark"],
    &[
        "heap", "id", "intern", "logic", "settings", "stats", "sync", "time",
    ],
    &["finding", "hash", "value"],
    &["period", "violation", "window", "wire"],
    &["predicate"],
    &["scan", "wanted"],
    &["matcher"],
    &["plan"],
    &["state"],
    &["windows"],
    &["decide", "profile"],
    &["engine"],
];

/// The code of each module, by its path, without comments and tests: `matcher::ask`.
fn sources(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = format!("{prefix}{name}");
        if path.is_dir() && module != "tests" {
            sources(&path, &format!("{module}::"), found);
        } else if !["lib", "internals", "tests"].contains(&module.as_str()) {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().lines();
            let code = code.filter(|line| !line.trim_start().starts_with("//"));
            found.insert(module, code.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The modules that a code names behind `crate::`.
fn uses<'m>(code: &str, modules: &'m BTreeMap<String, String>) -> BTreeSet<&'m str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let path = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        let braced = rest[path.len()..].strip_prefix('{').unwrap_or("");
        let names = braced.split('}').next().unwrap().split(',');
        for name in names.map(|name| format!("{path}{}", name.trim())) {
            let ends = name.match_indices("::").map(|(at, _)| at);
            let parts = ends.chain([name.len()]).map(|end| &name[..end]);
            let module = parts.filter_map(|part| modules.get_key_value(part)).last();
            found.extend(module.map(|(module, _)| module.as_str()));
        }
    }
    found
}

fn modules() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&folder, "", &mut found);
    found
}

#[test]
fn no_arrow_runs_up_and_no_file_uses_one_that_uses_it() {
    let modules = modules();
    let floor = |module: &str| {
        let room = module.split("::").next().unwrap();
        let floor = FLOORS.iter().position(|floor| floor.contains(&room));
        (
            floor.unwrap_or_else(|| panic!("{room} has no floor")),
            room.to_owned(),
        )
    };
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, code) in &modules {
        assert!(
            !code.contains(" super::"),
            "{module}: say crate:: and the room"
        );
        let used = uses(code, &modules);
        for target in &used {
            let (from, to) = (floor(module), floor(target));
            assert!(to.0 < from.0 || to.1 == from.1, "{module} uses {target}");
        }
        arrows.insert(module, used);
    }
    assert!(
        arrows.values().map(BTreeSet::len).sum::<usize>() > 200,
        "the arrows are not read"
    );
    // What uses nothing that is left, or is used by nothing, is in no circle.
    while let Some(module) = arrows.iter().find_map(|(module, used)| {
        let others = |one: &&str| one != module && arrows.contains_key(one);
        let is_used = arrows
            .iter()
            .any(|(other, used)| other != module && used.contains(module));
        (!is_used || !used.iter().any(others)).then_some(*module)
    }) {
        arrows.remove(module);
    }
    assert!(arrows.is_empty(), "in circles: {arrows:?}");
}

#[test]
fn no_type_name_stands_twice() {
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for (module, code) in modules() {
        let words: Vec<&str> = code
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        for pair in words.windows(2).filter(|pair| {
            let is_type = pair[1].starts_with(char::is_uppercase);
            ["struct", "enum", "trait", "type"].contains(&pair[0]) && is_type
        }) {
            // The associated types of every iterator and of every fallible conversion.
            if !["Item", "Error"].contains(&pair[1]) || pair[0] != "type" {
                let other = homes.insert(pair[1].to_owned(), module.clone());
                assert_eq!(other, None, "{} stands in {module} too", pair[1]);
            }
        }
    }
    assert!(homes.len() > 100, "the types are not read");
}
