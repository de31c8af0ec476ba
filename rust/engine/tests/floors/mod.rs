//! The rooms of a crate, by reading what each file of its `src` uses of the others. A room uses those on lower floors, never one
//! beside it or above.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The code of each module, by its path, without comments and tests: `matcher::ask`.
fn sources(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = format!("{prefix}{name}");
        if path.is_dir() && name != "tests" {
            sources(&path, &format!("{module}::"), found);
        } else if !["lib", "internals", "tests"].contains(&name) {
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

pub fn modules() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&folder, "", &mut found);
    found
}

/// Fails where an arrow runs up or a file uses one that uses it. There are at least so many arrows, else they were not read.
pub fn hold(floors: &[&[&str]], arrows_at_least: usize) {
    let modules = modules();
    let floor = |module: &str| {
        let room = module.split("::").next().unwrap();
        let floor = floors.iter().position(|floor| floor.contains(&room));
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
        arrows.values().map(BTreeSet::len).sum::<usize>() >= arrows_at_least,
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
