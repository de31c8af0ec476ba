//! The vocabulary that ships with the product: names `otel:…` for what instrumentations really emit. A field reads the
//! first of several attributes, a list stands after `in`, a macro is a selector or a condition on one span.
//!
//! The table is `data/vocabulary.txt`, read once, and as a whole held by a test.

mod page;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use hashbrown::HashMap;
use memchr::memchr_iter;

use crate::condition::macro_text::Macro;
use crate::condition::scan::names_with;
use crate::diagnostic::nearest::nearest;
use crate::rule::{Alternative, FirstOf, Literal, Reading};

pub(crate) use table::PREFIX;
use table::StandsFor;
pub use table::{Shipped, ShippedLine};

/// By name. A field and a selector may share one: no place takes both.
static SHIPPED: LazyLock<BTreeMap<Arc<str>, Vec<Shipped>>> = LazyLock::new(|| {
    let mut shipped: BTreeMap<Arc<str>, Vec<Shipped>> = BTreeMap::new();
    for one in table::read() {
        shipped.entry(one.name.clone()).or_default().push(one);
    }
    shipped
});

/// All of it, by name.
pub fn vocabulary() -> impl Iterator<Item = &'static Shipped> + Clone {
    SHIPPED.values().flatten()
}

/// `docs/vocabulary.md`.
#[must_use]
pub fn vocabulary_page() -> String {
    page::page(vocabulary())
}

/// What has this name, `otel:` included: nothing, one thing, or a field and a selector.
#[must_use]
pub fn shipped(name: &str) -> &'static [Shipped] {
    SHIPPED.get(name).map_or(&[], Vec::as_slice)
}

/// The names that stand in a text, by name.
pub(crate) fn shipped_in(text: &str) -> impl Iterator<Item = &'static Shipped> {
    names_with(text, PREFIX).flat_map(|name| {
        // `.where` may follow.
        let base = name.strip_suffix(".where").unwrap_or(name);
        shipped(base.trim_end_matches('.'))
    })
}

/// Whether some name may stand in a text.
pub(crate) fn may_ship(text: &str) -> bool {
    let mut colons = memchr_iter(b':', text.as_bytes());
    colons.any(|at| text.as_bytes()[..=at].ends_with(PREFIX.as_bytes()))
}

impl Shipped {
    /// `field`, `list` or `macro`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.stands_for.kind()
    }

    pub(crate) fn as_field(&self) -> Option<&Arc<FirstOf>> {
        match &self.stands_for {
            StandsFor::Field(field) => Some(field),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Literal]> {
        match &self.stands_for {
            StandsFor::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_macro(&self) -> Option<&Macro> {
        match &self.stands_for {
            StandsFor::Macro(found) => Some(found),
            _ => None,
        }
    }
}

/// The name of these kinds (`field`, `list`, `macro`) that was meant by one that there is not: one that reads the
/// attribute of this name, or whose every segment is the same but for a slip of the finger.
#[must_use]
pub fn nearest_shipped(name: &str, kinds: &[&str]) -> Option<&'static Shipped> {
    let own = name.strip_prefix(PREFIX).unwrap_or(name);
    let of_kind = || vocabulary().filter(|one| kinds.contains(&one.kind()));
    // Of several that read it, the one whose choice it is sooner.
    let reads = |one: &'static Shipped| Some((of_key(one, own).map(|(at, _)| at).min()?, one));
    let read_by = of_kind().filter_map(reads).min_by_key(|(at, _)| *at);
    read_by.map(|(_, one)| one).or_else(|| {
        of_kind()
            .filter_map(|one| Some((slips(own, one.name.strip_prefix(PREFIX)?)?, one)))
            .min_by_key(|(slips, _)| *slips)
            .map(|(_, one)| one)
    })
}

/// By attribute: see [`readers`].
static READERS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut choices: Vec<(&str, usize, &str)> = Vec::new();
    for one in vocabulary() {
        let of_one = of_any_span(one);
        choices.extend(of_one.map(|(at, key, _)| (key, at, &*one.name)));
    }
    choices.sort_unstable();
    let mut readers: HashMap<&str, Vec<&str>> = HashMap::new();
    for (key, _, name) in choices {
        let of_key = readers.entry(key).or_default();
        if !of_key.contains(&name) {
            of_key.push(name);
        }
    }
    readers
});

/// The fields that read an attribute of any span, the one whose choice it is sooner first.
pub(crate) fn readers(key: &str) -> &'static [&'static str] {
    READERS.get(key).map_or(&[], Vec::as_slice)
}

/// The attributes that a field reads of any span, in their order.
pub(crate) fn keys_of(name: &str) -> Vec<&'static str> {
    let choices = shipped(name).iter().flat_map(of_any_span);
    choices.map(|(_, key, _)| key).collect()
}

/// Whether this field gives the attribute as it is, a placeholder perhaps set aside.
pub(crate) fn reads_whole(name: &str, key: &str) -> bool {
    // Whatever cuts a part out of a text does so here.
    const TEXT: &str = "a/b?c#d e:f@g,h.i";
    let is_whole = |reading: &Reading| match reading {
        Reading::AsItIs => true,
        Reading::Part(pattern) => regex::Regex::new(pattern).is_ok_and(|pattern| {
            let part = pattern.captures(TEXT).and_then(|found| found.get(1));
            part.is_some_and(|part| part.as_str() == TEXT)
        }),
        Reading::Mapped(_) | Reading::Word { .. } => false,
    };
    let mut named = shipped(name).iter();
    named.any(|one| of_key(one, key).any(|(_, choice)| is_whole(&choice.reading)))
}

/// The choices of a field that are an attribute, whatever the span, with their places and the attributes.
fn of_any_span(one: &Shipped) -> impl Iterator<Item = (usize, &str, &Alternative)> {
    let of = one.as_field().map_or(&[][..], |field| &field.of);
    let choices = of.iter().enumerate();
    let of_any = choices.filter(|(_, choice)| choice.proviso.is_none());
    of_any.filter_map(|(at, choice)| Some((at, &**choice.attribute()?, choice)))
}

/// Those that are this attribute.
fn of_key<'s>(one: &'s Shipped, key: &str) -> impl Iterator<Item = (usize, &'s Alternative)> {
    let of_this = of_any_span(one).filter(move |(_, own, _)| *own == key);
    of_this.map(|(at, _, choice)| (at, choice))
}

/// In how many segments two names differ by a slip of the finger; `None` where they differ by more.
fn slips(name: &str, other: &str) -> Option<usize> {
    if name.split('.').count() != other.split('.').count() {
        return None;
    }
    let pairs = name.split('.').zip(other.split('.'));
    let slips = pairs.map(|(one, other)| match one == other {
        true => Some(0),
        false => nearest(one, [other]).map(|_| 1),
    });
    slips.sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let paragraphs = table::paragraphs().count();
        assert_eq!(vocabulary().count(), paragraphs, "a name is faulty");
        let kinds: BTreeSet<&str> = vocabulary().map(Shipped::kind).collect();
        assert_eq!(
            kinds.into_iter().collect::<Vec<_>>(),
            ["field", "list", "macro"]
        );
        for shipped in vocabulary() {
            let name = &shipped.name;
            assert!(!shipped.lines.is_empty(), "{name} stands for nothing");
            assert!(shipped.says.ends_with('.'), "{name}");
            for one in shipped.as_field().iter().flat_map(|field| &field.of) {
                for origin in one.origins().map(ToString::to_string) {
                    assert!(!origin.contains([' ', '#', '=', '~']), "{name}: {origin}");
                }
                let (pattern, groups) = match &one.reading {
                    Reading::Part(pattern) => (pattern, 2),
                    Reading::Word { pattern, .. } => (pattern, 1),
                    _ => continue,
                };
                let regex = regex::bytes::Regex::new(pattern);
                let found = regex.map(|regex| regex.captures_len());
                assert_eq!(found, Ok(groups), "{name}: {pattern}");
            }
        }
    }

    #[test]
    fn a_version_is_told_with_what_it_is_of() {
        let version = regex::Regex::new(r"^([^ ]+ )*\d+\.\d+(\.\d+)?$").unwrap();
        let lines = || vocabulary().flat_map(|one| &one.lines);
        assert!(lines().filter(|line| !line.since.is_empty()).count() > 30);
        for line in lines().filter(|line| !line.since.is_empty()) {
            assert!(version.is_match(line.since), "{line:?}");
            assert!(!line.from.is_empty(), "{line:?}");
        }
    }

    #[test]
    fn a_name_that_stands_for_two_things_is_a_field_and_a_selector() {
        for named in SHIPPED.values().filter(|named| named.len() > 1) {
            let mut kinds: Vec<&str> = named.iter().map(Shipped::kind).collect();
            kinds.sort_unstable();
            assert_eq!(kinds, ["field", "macro"], "{}", named[0].name);
            let found = named.iter().find_map(Shipped::as_macro);
            let limits = crate::Limits::default();
            assert!(found.is_some_and(|found| found.selects_spans(&limits)));
        }
    }

    #[test]
    fn a_name_is_meant_by_a_slip_or_by_an_attribute_it_reads() {
        let meant = |name| nearest_shipped(name, &["field"]).map(|one| &*one.name);
        for (name, wanted) in [
            ("otel:http.statsu", Some("otel:http.status")),
            ("otel:htpp.method", Some("otel:http.method")),
            ("otel:http.status_code", Some("otel:http.status")),
            ("otel:db.query.text", Some("otel:db.statement")),
            ("otel:http.code", None),
            ("otel:http", None),
            ("otel:db.table", None),
            ("otel:messaging.status", None),
        ] {
            assert_eq!(meant(name), wanted, "{name}");
        }
    }
}
