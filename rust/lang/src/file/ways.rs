//! What to do about a file whose keys and values are not where they belong: the way out of each fault.

use crate::file::said::listed;
use crate::file::yaml::{Style, YamlKind, YamlNode};

/// Of a value that is of another kind than is wanted, and what to write in its place where that is sure.
pub(super) fn of_kind(what: &str, node: &YamlNode<'_>, wanted: &str) -> (String, Option<String>) {
    let way = match (wanted, &node.kind) {
        ("a list", YamlKind::Scalar(scalar)) if !scalar.is_null() && what.contains("`lists`") => {
            let is_plain = scalar.style == Style::Plain && !scalar.value.contains(['\n', '[', ']']);
            let list = is_plain.then(|| format!("[{}]", scalar.value));
            let way = match &list {
                Some(list) => format!("write `{list}`"),
                None => "write its items between `[` and `]`".to_owned(),
            };
            return (way, list);
        }
        ("a list", _) => "each item begins with `- `, a single one too",
        ("a mapping", YamlKind::Sequence(_)) => {
            "write `name: value` lines, without `- ` before them"
        }
        ("a mapping", _) => "write `name: value` on lines of their own below, or `{ name: value }`",
        (_, YamlKind::Mapping(_) | YamlKind::Sequence(_)) => {
            "write a text; one with such signs stands behind `|`, on a line of its own"
        }
        _ => "write it behind the colon",
    };
    (way.to_owned(), None)
}

/// What people call a key, and its name here.
const CALLED: [(&str, &str); 22] = [
    ("cond", "condition"),
    ("conditions", "condition"),
    ("expr", "condition"),
    ("query", "condition"),
    ("pattern", "condition"),
    ("rule", "condition"),
    ("title", "name"),
    ("level", "severity"),
    ("priority", "severity"),
    ("exception", "exceptions"),
    ("exclude", "exceptions"),
    ("except", "exceptions"),
    ("unless", "exceptions"),
    ("test", "tests"),
    ("spans", "trace"),
    ("name", "span"),
    ("attrs", "attributes"),
    ("attr", "attributes"),
    ("tags", "attributes"),
    ("result", "expect"),
    ("verdict", "expect"),
    ("time", "start"),
];

/// The known key that one of another name is meant as.
pub(super) fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let mut called = CALLED.iter().filter(|(name, _)| *name == key);
    called.find_map(|(_, here)| known.iter().find(|known| *known == here).copied())
}

/// Of a key that is none.
pub(super) fn of_key(key: &str, known: &[&str]) -> String {
    match key {
        "<<" => "merge keys are not read: write the keys out, or alias single values".to_owned(),
        "resourceSpans" => "this is a recording of traces, and no rule file".to_owned(),
        "receivers" | "processors" | "exporters" | "service" if known.contains(&"rules") => {
            "this is a Collector configuration: `betrace check --config FILE` looks at the rules in it"
                .to_owned()
        }
        "when" | "always" | "never" if known.contains(&"condition") => {
            "clauses stand in the text of `condition`: `condition: when { … } always { … }`".to_owned()
        }
        _ => format!("its keys are {}", listed(known)),
    }
}

/// Of a key that is needed.
pub(super) fn of_missing(key: &str) -> Option<&'static str> {
    Some(match key {
        "id" => "name the rule, `id: audited-reads`, once in the whole set",
        "condition" => "say what must hold or not happen: `condition: never { payment.bypass }`",
        "rules" => "write `rules:` and below it each rule behind `- `",
        "name" => "name the test: `name: as it should be`",
        "trace" => "give it a trace: `trace: [ { span: payment.charge } ]`",
        "expect" => {
            "say what is right: `expect: violated`, or satisfied, not_applicable, inconclusive"
        }
        "span" => "name the span: `span: payment.charge`",
        _ => return None,
    })
}
