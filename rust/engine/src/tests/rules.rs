//! Checked rules for tests, from their text.

use std::fmt::Write as _;
use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::{Diagnostic, SourceFile, compile};

/// Each as `id: condition`, behind it further keys of the rule if there are any: `id: condition | key: value`.
pub(crate) fn rules(texts: &[&str]) -> Vec<Arc<Rule>> {
    compiled(texts).unwrap()
}

/// Likewise; `None`: the language refuses it.
pub(crate) fn rule(text: &str) -> Option<Arc<Rule>> {
    compiled(&[text]).ok()?.pop()
}

fn compiled(texts: &[&str]) -> Result<Vec<Arc<Rule>>, Vec<Diagnostic>> {
    let mut file = "rules:\n".to_owned();
    for text in texts {
        let (id, rest) = text.split_once(": ").unwrap();
        let mut lines = rest.split(" | ");
        let condition = lines.next().unwrap();
        writeln!(file, "  - id: {id}\n    condition: '{condition}'").unwrap();
        for line in lines {
            writeln!(file, "    {line}").unwrap();
        }
    }
    compile(&[SourceFile::new("rules.yaml", file)])
}
