//! What the README and the pages under `docs/` show is run: every rule is checked by the command, every rule
//! file is loaded and its tests are run. A fence says what must become of its block:
//!
//! * `betrace`: no error and no warning; `betrace,warns`: a warning; `betrace,notes`: a note;
//!   `betrace,refused`: an error
//! * `yaml rules`: a rule file without faults whose tests pass
//!
//! The page on the architecture and CONTRIBUTING name files: each of them is there, and every room is on the page.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Block {
    page: PathBuf,
    line: usize,
    fence: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    pages
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let mut open: Option<Block> = None;
        for (index, line) in text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(fence)) => {
                    open = Some(Block {
                        page: page.clone(),
                        line: index + 1,
                        fence: fence.trim().to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(
            open.is_none(),
            "{}: a fence is never closed",
            page.display()
        );
    }
    blocks
}

fn betrace(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_betrace"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The severities of what `check` says of a condition.
fn severities(block: &Block, folder: &Path) -> Vec<String> {
    let mut file = String::from("rules:\n  - id: shown\n    condition: |\n");
    for line in block.text.lines() {
        file.push_str("      ");
        file.push_str(line);
        file.push('\n');
    }
    let path = folder.join("rule.yaml");
    std::fs::write(&path, file).unwrap();
    let output = betrace(&["check", "--format", "json", path.to_str().unwrap()]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| diagnostic["severity"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_rule_shown_is_what_its_fence_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = 0;
    for block in blocks()
        .iter()
        .filter(|block| block.fence.split(',').next() == Some("betrace"))
    {
        let found = severities(block, folder.path());
        let has = |severity: &str| found.iter().any(|one| one == severity);
        let right = match block.fence.as_str() {
            "betrace" => !has("error") && !has("warning"),
            "betrace,warns" => !has("error") && has("warning"),
            "betrace,notes" => !has("error") && has("note"),
            "betrace,refused" => has("error"),
            other => panic!(
                "{}:{}: no fence is called `{other}`",
                block.page.display(),
                block.line
            ),
        };
        assert!(
            right,
            "{}:{}: {} gave {found:?}\n{}",
            block.page.display(),
            block.line,
            block.fence,
            block.text
        );
        shown += 1;
    }
    assert!(shown >= 20, "only {shown} rules were found");
}

#[test]
fn every_rule_file_shown_loads_and_passes_its_tests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yaml");
    let mut shown = 0;
    // What they use lies beside them.
    for block in &blocks() {
        if let Some(name) = block.fence.strip_prefix("yaml file ") {
            std::fs::write(folder.path().join(name), &block.text).unwrap();
        }
    }
    for block in blocks().iter().filter(|block| block.fence == "yaml rules") {
        std::fs::write(&path, &block.text).unwrap();
        for command in ["check", "test"] {
            let output = betrace(&[command, path.to_str().unwrap()]);
            assert!(
                output.status.success(),
                "{}:{}: `betrace {command}` says\n{}{}",
                block.page.display(),
                block.line,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        shown += 1;
    }
    assert!(shown >= 2, "only {shown} rule files were found");
}

#[test]
fn the_rule_packs_pass_their_tests_with_full_coverage() {
    let rules = root().join("rules");
    let output = betrace(&["test", "--coverage", rules.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for pack in ["sre", "compliance", "platform", "security", "ai-agents"] {
        let check = betrace(&[
            "check",
            "--strict",
            rules.join(format!("{pack}.yaml")).to_str().unwrap(),
        ]);
        assert!(
            check.status.success(),
            "{pack}: {}{}",
            String::from_utf8_lossy(&check.stdout),
            String::from_utf8_lossy(&check.stderr)
        );
    }
}

/// What an auditor types. The tools are everywhere; where one is not, that is said.
#[test]
fn the_walk_of_an_auditor_ends_as_the_page_says() {
    let blocks = blocks();
    let walk = blocks.iter().filter(|block| block.fence == "sh evidence");
    let script: String = walk.map(|block| block.text.as_str()).collect();
    let has = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if let Some(missing) = ["openssl", "sha256sum"].into_iter().find(|tool| !has(tool)) {
        eprintln!("skipped: there is no {missing}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["records.jsonl", "public.pem"] {
        let from = root().join("testdata/evidence").join(name);
        std::fs::copy(from, folder.path().join(name)).unwrap();
    }
    let output = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}{error}");
    let wanted = blocks.iter().find(|block| block.fence == "text evidence");
    assert_eq!(shown, wanted.unwrap().text);
}

/// The controls that a report knows, with the rules of the packs that speak for them. UPDATE_DOCS=1 writes the table.
#[test]
fn the_table_of_controls_is_of_the_catalogue_and_the_packs() {
    const BEGIN: &str =
        "<!-- controls: written from rust/cli/data/controls.txt and the packs -->\n";
    const END: &str = "<!-- end of controls -->\n";
    let files = ["ai-agents", "compliance", "platform", "security", "sre"].map(|pack| {
        let path = root().join("rules").join(format!("{pack}.yaml"));
        betrace_lang::SourceFile::new(pack, std::fs::read_to_string(path).unwrap())
    });
    let rules = betrace_lang::compile(&files).unwrap();
    let catalogue = include_str!("../data/controls.txt");
    let known: Vec<Vec<&str>> = catalogue
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(" | ").collect())
        .collect();
    let mut named = Vec::new();
    let mut table = String::from(
        "| control | asks | what a rule of the packs shows | what traces cannot show |\n|---|---|---|---|\n",
    );
    for parts in &known {
        let [framework, control, asks, cannot] = parts[..] else {
            panic!("{parts:?}")
        };
        let speaks = |rule: &betrace_lang::rule::Rule| {
            let mut all = rule.compliance.iter();
            all.any(|one| one.framework == framework && one.controls.iter().any(|c| c == control))
        };
        let shows: Vec<String> = rules
            .iter()
            .filter(|rule| speaks(rule))
            .map(|rule| format!("{} (`{}`)", rule.name.as_deref().unwrap(), rule.id.0))
            .collect();
        assert!(
            !shows.is_empty(),
            "no rule speaks for {framework} {control}"
        );
        named.push((framework, control));
        table.push_str(&format!(
            "| {framework} {control} | {asks} | {} | {cannot} |\n",
            shows.join("; ")
        ));
    }
    for rule in &rules {
        for one in &*rule.compliance {
            for control in &one.controls {
                let is_known = named.contains(&(one.framework.as_str(), control.as_str()));
                assert!(
                    is_known,
                    "{} {control} of {} is not in the catalogue",
                    one.framework, rule.id.0
                );
            }
        }
    }
    let path = root().join("docs/compliance.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, [before, BEGIN, &table, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(shown, table, "UPDATE_DOCS=1 writes it");
}

/// Where the rooms of the page's sections stand; the paths of their tables and walks begin there.
const CRATES: [&str; 3] = ["rust/engine/src", "rust/lang/src", "rust/cli/src"];

fn architecture() -> String {
    std::fs::read_to_string(root().join("docs/architecture.md")).unwrap()
}

/// What looks like a path: behind backticks with a slash or a suffix in it, or first on a line of a walk.
fn paths_named(page: &str) -> Vec<&str> {
    let mut paths = Vec::new();
    let mut is_walk = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(fence) => is_walk = fence.starts_with("walk "),
            None if is_walk => paths.extend(line.split_whitespace().next()),
            None => paths.extend(line.split('`').skip(1).step_by(2)),
        }
    }
    let suffixes = [".rs", ".go", ".md", ".py", ".h", ".yaml", ".lalrpop"];
    let is_path = |text: &str| {
        !text.contains([' ', ',', '('])
            && (text.contains('/') || suffixes.iter().any(|s| text.ends_with(s)))
    };
    paths.retain(|text| is_path(text));
    paths
}

#[test]
fn every_path_on_the_page_of_the_architecture_is_there() {
    let page = architecture();
    let named = paths_named(&page);
    assert!(named.len() > 100, "only {} paths are found", named.len());
    for path in named {
        let is_there = |base: &str| root().join(base).join(path).exists();
        let bases = CRATES.iter().chain([&"", &"docs"]);
        assert!(
            bases.into_iter().any(|base| is_there(base)),
            "{path} is not there"
        );
    }
}

#[test]
fn every_path_in_the_recipes_is_there() {
    let page = std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let named = paths_named(&page);
    assert!(named.len() > 50, "only {} paths are found", named.len());
    for path in named {
        let is_there =
            root().join(path).exists() || root().join("rust/lang/src").join(path).exists();
        assert!(is_there, "{path} is not there");
    }
}

#[test]
fn every_room_is_on_the_page_of_the_architecture() {
    let page = architecture();
    for base in CRATES {
        for entry in std::fs::read_dir(root().join(base)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if ["lib.rs", "main.rs", "internals.rs", "tests.rs", "tests"].contains(&name) {
                continue;
            }
            let name = if path.is_dir() {
                format!("`{name}/`")
            } else {
                format!("`{name}`")
            };
            assert!(
                page.contains(&name),
                "{base}: the room {name} is not on the page"
            );
        }
    }
}
