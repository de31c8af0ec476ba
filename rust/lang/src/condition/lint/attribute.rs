//! Attribute names against the OpenTelemetry semantic conventions: renamed ones, and slips of the finger.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use crate::codes::conditions as code;
use crate::diagnostic::fault::Fault;
use crate::rule::{Intrinsic, Scope};
use crate::words::Word;

/// Lines of `current.name`, and of `old.name new.name` for renamed ones (semantic conventions 1.37).
static CONVENTIONS: &str = include_str!("../../../data/attributes.txt");

struct Names {
    current: HashSet<&'static str>,
    renamed: HashMap<&'static str, &'static str>,
    by_length: Vec<Vec<&'static str>>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        current: HashSet::new(),
        renamed: HashMap::new(),
        by_length: Vec::new(),
    };
    for line in CONVENTIONS.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some((old, new)) => {
                names.renamed.insert(old, new);
            }
            None if !line.is_empty() => {
                names.current.insert(line);
                if names.by_length.len() <= line.len() {
                    names.by_length.resize(line.len() + 1, Vec::new());
                }
                names.by_length[line.len()].push(line);
            }
            None => {}
        }
    }
    names
});

/// Whether a name is an attribute of the conventions, be it a renamed one, or an intrinsic.
pub(crate) fn is_known_field(name: &str) -> bool {
    let key = name.strip_prefix("resource.").unwrap_or(name);
    NAMES.current.contains(key)
        || NAMES.renamed.contains_key(key)
        || Intrinsic::named(name).is_some()
}

/// Names shorter than this are too often somebody's own.
const LONG: usize = 10;

/// A doubt about the name of an attribute, if there is one.
pub(crate) fn attribute_name(scope: Scope, key: &str, range: Range<usize>) -> Option<Fault> {
    let names = &*NAMES;
    if names.current.contains(key) {
        return None;
    }
    let written = |name: &str| match scope {
        Scope::SpanThenResource => name.to_owned(),
        scope => format!("{}.{name}", scope.as_str()),
    };
    if let Some(new) = names.renamed.get(key) {
        let message = format!("`{key}` is now called `{new}`");
        let fault = Fault::new(code::RENAMED_ATTRIBUTE, range, message).suggest(written(new));
        return Some(fault.help(format!(
            "if your services still emit the old name, put it in quotes: `\"{key}\"`"
        )));
    }
    if key.len() < LONG || !key.contains('.') {
        return None;
    }
    let allowed = if key.len() < 16 { 1 } else { 2 };
    let near = (key.len().saturating_sub(allowed)..=key.len() + allowed)
        .filter_map(|length| names.by_length.get(length))
        .flatten()
        .filter(|name| may_be_near(name, key))
        .map(|name| (strsim::damerau_levenshtein(name, key), *name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()?;
    let message = format!("`{key}` is nearly the semantic conventions' `{}`", near.1);
    let fault = Fault::new(code::NEAR_ATTRIBUTE, range, message).suggest(written(near.1));
    Some(fault.help(format!(
        "if it is an attribute of your own, put it in quotes: `\"{key}\"`"
    )))
}

/// A cheap test before the distance: the first letter is nearly always right.
fn may_be_near(name: &str, key: &str) -> bool {
    name.as_bytes().first() == key.as_bytes().first()
        || name.as_bytes().get(1) == key.as_bytes().get(1)
}
