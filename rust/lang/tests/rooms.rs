//! The rooms of this crate, from the ground up. A file uses only those before it, so no circle can stand, by file or by
//! folder; and no name of a type stands twice, so that one can tell by a name what is meant.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

/// A line is a folder and its files in order; `.` is the folder's own file, its door.
const ROOMS: &str = "
    / words limits source verdict
    /rule/ number name field term pattern predicate selector condition clause window body deadline body_patterns template . withheld
    /codes/ code files
    /codes/conditions/ form meaning doubts .
    /codes/ table page .
    /diagnostic/ fault nearest . render_json render_text
    /condition/ written scan spelling token
    /condition/lexer/ words cursor comment sign quoted method dotted name clause window word number .
    /condition/ ast dialect
    /condition/descent/ words .
    /condition/ grammar parse macro_text
    /condition/shipped/ table page .
    /condition/ vocabulary canonical
    /condition/canonical/ measure predicate window
    /condition/ canonical_part
    /condition/lint/ meant join group next order chain demand numbers reach shown filter constant window implied clauses attribute emitted regex .
    /condition/suggest/ edited alike known piece pattern template phrases .
    /condition/check/ settle checker subject form hidden pattern notation literal field elsewhere intrinsic operand kind term each doubt numeric alternatives wildcard predicate item older order refusal
    /condition/check/ selector group quantity total measure bound condition share window binding clauses .
    /condition/format/ edits bound tree layout modern .
    /condition/ meaning
    /condition/template/ doubt .
    /condition/ .
    /file/yaml/ tree walk map open rooms characters hint resume refusals lines
    /file/yaml/lines/ flow literal
    /file/yaml/ build .
    /file/ said alike known_keys ways read plain
    /file/rule_tests/ model times attribute expect link span traces read .
    /file/ asked loaded written ids fields uses rulefile brought placing swallowed unused check_rule across deadline budget set load schema
    /file/format_file/ find edit .
    /file/ .
";

/// Every source file by its module path, without comments and tests.
fn sources(folder: &Path, path: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let name = entry.file_stem().unwrap().to_str().unwrap();
        let at = format!("{path}/{name}");
        if entry.is_dir() {
            sources(&entry, &at, found);
        } else if !matches!(name, "lib" | "internals" | "tests") && !name.ends_with("_test") {
            let text = std::fs::read_to_string(&entry).unwrap();
            let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let is_code = |line: &&str| !line.trim_start().starts_with("//");
            found.insert(
                at,
                product
                    .lines()
                    .filter(is_code)
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
    }
}

/// The files that a file names: by `crate::`, `self::` and `super::`, in `use` lines and elsewhere.
fn used(at: &str, text: &str, sources: &BTreeMap<String, String>) -> BTreeSet<String> {
    let path = Regex::new(r"\b(crate|self|super)((?:::\w+)*)(?:::\{([^{}]*))?").unwrap();
    let parent = |path: &str| {
        path.rsplit_once('/')
            .map_or("", |(parent, _)| parent)
            .to_owned()
    };
    let visibility = Regex::new(r"pub\([^)]*\)").unwrap();
    let mut used = BTreeSet::new();
    for found in path.captures_iter(&visibility.replace_all(text, "")) {
        let mut base = match &found[1] {
            "crate" => String::new(),
            "super" => parent(at),
            _ => at.to_owned(),
        };
        for name in found[2].split("::").skip(1) {
            base = if name == "super" {
                parent(&base)
            } else {
                format!("{base}/{name}")
            };
        }
        let group = found.get(3).map_or("", |group| group.as_str());
        for last in group.split(',') {
            let mut full = format!("{base}/{}", last.trim().split([' ', ':']).next().unwrap());
            while !full.is_empty() && !sources.contains_key(&full) {
                full = parent(&full);
            }
            used.insert(full);
        }
    }
    used.retain(|used| !used.is_empty() && used != at);
    used
}

#[test]
fn a_file_uses_only_those_before_it() {
    let mut sources_by_path = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root, "", &mut sources_by_path);
    let order: Vec<String> = ROOMS
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .flat_map(|(folder, files)| files.split(' ').map(move |file| format!("{folder}{file}")))
        .map(|path| path.trim_end_matches("/.").to_owned())
        .collect();
    let place = |path: &str| order.iter().position(|one| one == path);
    let listed: BTreeSet<&String> = order.iter().collect();
    assert_eq!(listed.len(), order.len(), "a file is listed twice");
    assert_eq!(
        listed,
        sources_by_path.keys().collect(),
        "the list and the folder differ"
    );
    for (at, text) in &sources_by_path {
        for used in used(at, text, &sources_by_path) {
            assert!(
                place(&used) < place(at),
                "{at} uses {used}, which stands above it"
            );
        }
    }
    // What lies in a folder follows each other, so that folders stand in one order too.
    for folder in order
        .iter()
        .filter_map(|path| path.rsplit_once('/'))
        .map(|(folder, _)| folder)
    {
        let inside = |path: &&String| path.starts_with(&format!("{folder}/")) || *path == folder;
        let first = order.iter().position(|path| inside(&path)).unwrap();
        let count = order.iter().filter(inside).count();
        assert!(
            order[first..first + count].iter().all(|path| inside(&path)),
            "{folder} is torn"
        );
    }
}

#[test]
fn no_name_of_a_type_stands_twice() {
    let mut sources_by_path = BTreeMap::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut sources_by_path,
    );
    let declared =
        Regex::new(r"(?m)^ *(?:pub(?:\([^)]*\))? )?(?:struct|enum|type|trait) (\w+)").unwrap();
    let mut first = BTreeMap::new();
    sources_by_path.remove("/condition/grammar");
    for (at, text) in &sources_by_path {
        for name in declared.captures_iter(text) {
            // What a trait calls it, in each type that lends a text.
            if &name[1] == "Target" {
                continue;
            }
            let other = first.insert(name[1].to_owned(), at);
            assert_eq!(
                other, None,
                "`{}` is the name of two types, here and in {at}",
                &name[1]
            );
        }
    }
    assert!(first.len() > 80, "only {} types were found", first.len());
}
