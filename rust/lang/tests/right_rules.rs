//! Rules that mean what they say are left in peace: at most one in fifty is doubted.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Limits, SourceFile, load, render_text};

fn rule_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rule_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
}

/// How many rules a folder has, and how many of them are faulty or doubted.
fn doubted(folder: &str) -> (usize, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    rule_files(&root.join(folder), &mut paths);
    let files: Vec<SourceFile> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy();
            SourceFile::from_bytes(name, &std::fs::read(path).unwrap())
        })
        .collect();
    let loaded = load(&files, &Limits::default());
    let told: Vec<_> = loaded
        .diagnostics
        .into_iter()
        .filter(|one| one.severity != DiagnosticSeverity::Note)
        .collect();
    let rules: BTreeSet<_> = told
        .iter()
        .map(|one| (one.file, one.rule.clone()))
        .collect();
    eprintln!("{}", render_text(&told, &files, false));
    (loaded.rule_count, rules.len())
}

#[test]
fn at_most_one_in_fifty_right_rules_is_doubted() {
    for (folder, least) in [
        ("testdata/right", 100),
        ("rules", 40),
        ("testdata/peers/ltlf-random", 150),
        ("testdata/peers/traceql-structure", 120),
    ] {
        let (rules, doubted) = doubted(folder);
        assert!(rules >= least, "{folder} has {rules} rules");
        assert!(
            doubted * 50 <= rules,
            "{doubted} of {rules} are doubted in {folder}"
        );
    }
}
