//! Attribute names against the OpenTelemetry semantic conventions: renamed ones, and slips of the finger.
//!
//! An old name that instrumentations emit today is not dead: what reads the old and the new is a name of the vocabulary.

use std::ops::Range;
use std::sync::LazyLock;

use hashbrown::{HashMap, HashSet};

use crate::codes::conditions as code;
use crate::condition::shipped::{PREFIX, keys_of, readers, reads_whole, shipped};
use crate::diagnostic::fault::Fault;
use crate::rule::{Intrinsic, Scope};
use crate::words::Word;

/// Written by `data/attributes.py`, which says what a line holds.
static CONVENTIONS: &str = include_str!("../../../data/attributes.txt");

struct Names {
    current: HashSet<&'static str>,
    old: HashMap<&'static str, Old>,
    by_length: Vec<Vec<&'static str>>,
    /// Current ones, and older ones that are emitted, whose values are numbers.
    numbers: HashSet<&'static str>,
}

/// What has become of an old name.
#[derive(Default)]
struct Old {
    /// For which kind of span, if it hangs on that; none where nobody took its place.
    now: Vec<(Option<&'static str>, &'static str)>,
    is_emitted: bool,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        current: HashSet::new(),
        old: HashMap::new(),
        by_length: Vec::new(),
        numbers: HashSet::new(),
    };
    for line in CONVENTIONS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let mut words = words.peekable();
        let is_number = words.next_if_eq(&"#").is_some();
        let mut is_seen = true;
        if words.peek().is_some() {
            let old = Old::read(words);
            is_seen = old.is_emitted || !readers(name).is_empty();
            names.old.insert(name, old);
        } else if !name.is_empty() {
            names.current.insert(name);
            if names.by_length.len() <= name.len() {
                names.by_length.resize(name.len() + 1, Vec::new());
            }
            names.by_length[name.len()].push(name);
        }
        if is_number && is_seen {
            names.numbers.insert(name);
        }
    }
    names
});

impl Old {
    fn read(words: impl Iterator<Item = &'static str>) -> Old {
        let mut old = Old::default();
        for word in words {
            match word.split_once('=') {
                _ if word == "-" => {}
                _ if word == "*" => old.is_emitted = true,
                Some((kind, name)) => old.now.push((Some(kind), name)),
                None => old.now.push((None, word)),
            }
        }
        old
    }

    /// `server.address` on client spans and `client.address` on server spans
    fn says(&self) -> String {
        let now = self.now.iter().map(|(kind, name)| match kind {
            Some(kind) => format!("`{name}` on {kind} spans"),
            None => format!("`{name}`"),
        });
        now.collect::<Vec<_>>().join(" and ")
    }

    /// A doubt about it, unless it is what programs emit and nothing else is there to be said.
    fn doubt(&self, scope: Scope, key: &str, range: Range<usize>) -> Option<Fault> {
        let is_of_span = matches!(scope, Scope::SpanThenResource | Scope::Span);
        let readers = if is_of_span { readers(key) } else { &[] };
        let quoted =
            format!("if your services emit this name alone, put it in quotes: `\"{key}\"`");
        if readers.is_empty() {
            if self.is_emitted || self.now.is_empty() {
                return None;
            }
            let message = format!("`{key}` is now called {}", self.says());
            let fault = Fault::new(code::RENAMED_ATTRIBUTE, range, message).help(quoted);
            return Some(match self.now.as_slice() {
                [(None, new)] => fault.suggest(written(scope, new)),
                _ => fault,
            });
        }
        let message = match self.now.is_empty() {
            true => format!("`{key}` is an older name, which some instrumentations emit"),
            false => format!(
                "`{key}` is now called {}, and instrumentations emit one or the other",
                self.says()
            ),
        };
        let names: Vec<String> = readers.iter().map(|name| format!("`{name}`")).collect();
        let fault = Fault::new(code::RENAMED_ATTRIBUTE, range, message);
        let whole = readers.iter().find(|name| reads_whole(name, key));
        Some(match whole {
            Some(name) => fault
                .suggest((*name).to_owned())
                .help(format!("`{name}` reads both; {quoted}")),
            None => fault.help(format!(
                "parts of both are read by {}; {quoted}",
                names.join(", ")
            )),
        })
    }
}

fn written(scope: Scope, name: &str) -> String {
    match scope {
        Scope::SpanThenResource => name.to_owned(),
        scope => format!("{}.{name}", scope.as_str()),
    }
}

/// Whether a name is an attribute of the conventions, be it a renamed one, or an intrinsic.
pub(crate) fn is_known_field(name: &str) -> bool {
    let key = name.strip_prefix("resource.").unwrap_or(name);
    NAMES.current.contains(key) || NAMES.old.contains_key(key) || Intrinsic::named(name).is_some()
}

/// A note on a current name beside which programs emit another, where one of the vocabulary reads both as they are.
fn beside_another(scope: Scope, key: &str, range: Range<usize>) -> Option<Fault> {
    if !matches!(scope, Scope::SpanThenResource | Scope::Span) {
        return None;
    }
    let mut readers = readers(key).iter();
    let name = readers.find(|name| reads_whole(name, key))?;
    let keys = keys_of(name);
    let is_emitted = |other: &str| match NAMES.old.get(other) {
        Some(old) => old.is_emitted,
        None => !NAMES.current.contains(other),
    };
    let (first, others) = keys.split_first()?;
    let other = others
        .iter()
        .find(|other| **other != key && is_emitted(other))?;
    if *first != key {
        return None;
    }
    // Of a large set many rules read such a name, and pieces are put together in fewer steps than words are formatted.
    let message = [
        "beside `",
        key,
        "` instrumentations emit `",
        other,
        "` for the same",
    ];
    let help = [
        "`",
        name,
        "` reads both; if your services emit this name alone, put it in quotes: `\"",
        key,
        "\"`",
    ];
    let fault = Fault::new(code::OTHER_NAME_EMITTED, range, message.concat());
    Some(fault.help(help.concat()))
}

/// Whether what goes under the name of an attribute, or of the vocabulary, is a number, whoever emits it.
pub(crate) fn holds_number(name: &str) -> bool {
    let numbers = &NAMES.numbers;
    if !name.starts_with(PREFIX) {
        return numbers.contains(name);
    }
    let keys = keys_of(name);
    let is_number = |key: &&str| numbers.contains(*key) && reads_whole(name, key);
    !keys.is_empty() && keys.iter().all(is_number)
}

/// What events of exceptions have.
const OF_EXCEPTIONS: [&str; 3] = [
    "exception.type",
    "exception.message",
    "exception.stacktrace",
];

/// Names shorter than this are too often somebody's own.
const LONG: usize = 10;

/// A doubt about the name of an attribute, if there is one.
pub(crate) fn attribute_name(scope: Scope, key: &str, range: Range<usize>) -> Option<Fault> {
    let names = &*NAMES;
    let is_of_span = matches!(scope, Scope::SpanThenResource | Scope::Span);
    if is_of_span && OF_EXCEPTIONS.contains(&key) {
        let message = format!("`{key}` stands on an event, and hardly ever on a span");
        let fault = Fault::new(code::OF_EVENT, range, message).suggest(format!("event.{key}"));
        return Some(fault.help(format!(
            "if your services put it on the span, put it in quotes: `\"{key}\"`"
        )));
    }
    if let Some(own) = key
        .strip_prefix("attributes.")
        .filter(|own| !own.is_empty())
    {
        let own = written(scope, own);
        let message = format!("`{key}` is an attribute of this whole name; did you mean `{own}`?");
        let fault = Fault::new(code::NEAR_ATTRIBUTE, range, message).suggest(own);
        return Some(fault.help(format!("if it is meant, put it in quotes: `\"{key}\"`")));
    }
    if names.current.contains(key) {
        return beside_another(scope, key, range);
    }
    if let Some(old) = names.old.get(key) {
        return old.doubt(scope, key, range);
    }
    if !key.contains('.') {
        return None;
    }
    if let Some(shipped) = of_vocabulary(scope, key) {
        let message = format!(
            "`{key}` is no attribute of the semantic conventions; did you mean `{shipped}`?"
        );
        let fault = Fault::new(code::NEAR_ATTRIBUTE, range, message).suggest(shipped);
        return Some(fault.help(format!(
            "if it is an attribute of your own, put it in quotes: `\"{key}\"`"
        )));
    }
    if key.len() < LONG {
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
    let fault = Fault::new(code::NEAR_ATTRIBUTE, range, message).suggest(written(scope, near.1));
    Some(fault.help(format!(
        "if it is an attribute of your own, put it in quotes: `\"{key}\"`"
    )))
}

/// The field of the vocabulary that a key is called as, but for its beginning: `otel:http.status`.
fn of_vocabulary(scope: Scope, key: &str) -> Option<String> {
    if !matches!(scope, Scope::SpanThenResource | Scope::Span) {
        return None;
    }
    let name = format!("{PREFIX}{key}");
    let is_field = shipped(&name).iter().any(|one| one.kind() == "field");
    is_field.then_some(name)
}

/// A cheap test before the distance: the first letter is nearly always right.
fn may_be_near(name: &str, key: &str) -> bool {
    name.as_bytes().first() == key.as_bytes().first()
        || name.as_bytes().get(1) == key.as_bytes().get(1)
}
