//! Rules from files of this repository, and from conditions alone.

use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::{SourceFile, compile};

use super::repository;

/// The packs that are shipped, and the rules of the shop.
pub const PACKS: [&str; 5] = [
    "rules/ai-agents.yaml",
    "rules/compliance.yaml",
    "rules/platform.yaml",
    "rules/security.yaml",
    "rules/sre.yaml",
];

/// A file, by its path from the root of the checkout.
pub fn source(path: &str) -> SourceFile {
    let text = std::fs::read_to_string(repository().join(path));
    SourceFile::new(path, text.unwrap_or_else(|fault| panic!("{path}: {fault}")))
}

/// The rules of files that are about one trace, and not switched off: those over many are held by `tests/windows.rs`.
pub fn enabled<'p>(files: impl IntoIterator<Item = &'p str>) -> Vec<Arc<Rule>> {
    let sources: Vec<SourceFile> = files.into_iter().map(source).collect();
    let mut rules = compile(&sources).unwrap_or_else(|faults| panic!("{faults:?}"));
    rules.retain(|rule| rule.enabled && rule.body.over.is_none());
    rules
}

/// A rule of each condition: `rule-0` and so on.
pub fn of_conditions(conditions: &[&str]) -> Vec<Arc<Rule>> {
    let rules = conditions.iter().enumerate().map(|(number, condition)| {
        let quoted = condition.replace('\'', "''");
        format!("  - id: rule-{number}\n    condition: '{quoted}'\n")
    });
    let text = format!("rules:\n{}", rules.collect::<String>());
    compile(&[SourceFile::new("rules.yaml", text)]).unwrap_or_else(|faults| panic!("{faults:?}"))
}
