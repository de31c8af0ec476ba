//! `docs/getting-started.md`: its programs are the files beside it, and what it prints is what the recordings of them give.
//! `make getting-started` runs the programs.

use std::path::{Path, PathBuf};

use super::support::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_programs_on_the_page_are_the_ones_that_are_run() {
    let page = read("docs/getting-started.md");
    for (fence, name) in [
        ("python", "shop.py"),
        ("python", "agent.py"),
        ("text", "requirements.txt"),
    ] {
        let file = read(&format!("docs/getting-started/{name}"));
        let block = format!("```{fence}\n{}\n```", file.trim_end());
        assert!(page.contains(&block), "{name} is not on the page as it is");
    }
    for pinned in read("docs/getting-started/requirements.txt").lines() {
        assert!(pinned.contains("=="), "{pinned}");
    }
}

#[test]
fn the_rules_fire_on_the_programs_as_the_page_says() {
    let page = read("docs/getting-started.md");
    let rules = root().join("rules").display().to_string();
    for (recording, rule) in [
        ("shop.jsonl", "sre-hidden-failure"),
        ("agent.jsonl", "ai-tool-needs-approval"),
    ] {
        let path = root().join("docs/getting-started").join(recording);
        let command = format!("betrace replay --rules rules {recording}\n```\n\n```text\n");
        let (_, printed) = page.split_once(&command).unwrap();
        let (printed, _) = printed.split_once("\n```\n").unwrap();
        let ran = Desk::with(&[]).run(&["replay", "--rules", &rules, path.to_str().unwrap()]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert_eq!(ran.out.trim_end(), printed, "{recording}");
        assert!(printed.contains(&format!("violated {rule} ")), "{printed}");
    }
}

#[test]
fn the_other_commands_of_the_page_end_well() {
    let page = read("docs/getting-started.md");
    let commands: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("betrace ") && !line.contains(" replay "))
        .collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        let words = command.split(' ').skip(1);
        let words: Vec<String> = words
            .map(|word| match word.starts_with("rules/") {
                true => root().join(word).display().to_string(),
                false => word.to_owned(),
            })
            .collect();
        let ran = Desk::with(&[]).run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.code, 0, "{command}: {}", ran.err);
        assert!(!ran.out.is_empty(), "{command}");
    }
}
