//! Checked rules for tests, from their text.

use std::fmt::Write as _;
use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::{SourceFile, compile};

/// Each as `id: condition`, behind it further keys of the rule if there are any: `id: condition | key: value`.
pub(crate) fn rules(texts: &[&str]) -> Vec<Arc<Rule>> {
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
    compile(&[SourceFile::new("rules.yaml", file)]).unwrap()
}

pub(crate) fn rule(text: &str) -> Arc<Rule> {
    rules(&[text]).remove(0)
}
