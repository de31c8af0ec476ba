//! The texts that the product comes from load as they are. They lie beside the repository:
//! `cargo test -p betrace-lang --test seeds -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use std::path::PathBuf;

use support::{check, shown};

fn shared() -> PathBuf {
    match std::env::var_os("BETRACE_SHARED") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    }
}

/// Blocks of code, without quotation marks of the page around them.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        let line = line
            .strip_prefix('>')
            .map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest));
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The conditions of a block: those with clauses stand apart by blank lines, patterns by lines.
fn conditions(block: &str) -> Vec<String> {
    let mut conditions = Vec::new();
    for part in block.split("\n\n") {
        if part.contains('{') || part.contains("rule \"") {
            conditions.push(part.to_owned());
        } else {
            let lines = part.lines().map(str::trim);
            conditions.extend(
                lines
                    .filter(|line| !line.is_empty() && !line.starts_with("//"))
                    .map(str::to_owned),
            );
        }
    }
    conditions
}

#[test]
#[ignore = "the texts lie beside the repository; BETRACE_SHARED names their folder"]
fn every_text_of_the_seeds_loads() {
    let folder = shared().join("seeds");
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut texts = Vec::new();
    for file in files {
        let page = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for (kind, block) in blocks(&page) {
            let is_ours =
                matches!(kind.as_str(), "dsl" | "javascript") || block.starts_with("rule \"");
            // A table of operators, not of conditions.
            if is_ours && !block.contains("// equal") {
                texts.extend(conditions(&block));
            }
        }
        for code in page
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.starts_with("trace."))
        {
            texts.push(code.to_owned());
        }
    }
    assert!(texts.len() >= 20, "{texts:#?}");
    for text in texts {
        let (body, faults) = check(&text);
        assert!(body.is_some(), "{text}\n{}", shown(&text, &faults));
    }
}
