//! What occurs in recorded spans, counted: names, services, attribute keys. Of each table a bounded number of different
//! entries is kept, in the order in which they came; the rest is counted as one.

use std::collections::BTreeMap;

use betrace_lang::rule::Scope;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

/// Different entries of one table. A name with an id in it is the usual reason for more.
pub const MOST_ENTRIES: usize = 20_000;

/// An entry keeps so many bytes of its text.
const MOST_BYTES: usize = 512;

/// How often each of some texts occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    counts: BTreeMap<Box<str>, u64>,
    /// Occurrences of texts that came when the table was full.
    pub others: u64,
}

impl Counts {
    pub fn add(&mut self, text: &str) {
        let text = &text[..text.floor_char_boundary(MOST_BYTES)];
        if let Some(count) = self.counts.get_mut(text) {
            *count += 1;
        } else if self.counts.len() < MOST_ENTRIES {
            self.counts.insert(text.into(), 1);
        } else {
            self.others += 1;
        }
    }

    /// In the order of the texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.counts.keys().map(AsRef::as_ref)
    }

    /// The most frequent first, of equals by their text.
    #[must_use]
    pub fn sorted(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.counts.iter().map(|(t, n)| (&**t, *n)).collect();
        all.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
        all
    }
}

/// Of how many spans, and what they have. A key counts once a span that has it in that scope, be it in several of its
/// events or links.
#[derive(Clone, Debug, Default)]
pub struct Census {
    pub spans: u64,
    pub names: Counts,
    /// `service.name`, where there is one.
    pub services: Counts,
    pub events: Counts,
    keys: BTreeMap<&'static str, Counts>,
}

impl Census {
    pub fn add(&mut self, request: &ExportTraceServiceRequest) {
        for resource_spans in &request.resource_spans {
            let resource = resource_spans.resource.as_ref();
            let resource = resource.map_or(&[][..], |resource| &resource.attributes);
            for scope_spans in &resource_spans.scope_spans {
                let scope = scope_spans.scope.as_ref();
                let scope = scope.map_or(&[][..], |scope| &scope.attributes);
                for span in &scope_spans.spans {
                    self.spans += 1;
                    self.names.add(&span.name);
                    if let Some(service) = service_of(resource) {
                        self.services.add(service);
                    }
                    for event in &span.events {
                        self.events.add(&event.name);
                    }
                    let events = span.events.iter().flat_map(|event| &event.attributes);
                    let links = span.links.iter().flat_map(|link| &link.attributes);
                    self.add_keys(Scope::Span, span.attributes.iter());
                    self.add_keys(Scope::Resource, resource.iter());
                    self.add_keys(Scope::Instrumentation, scope.iter());
                    self.add_keys(Scope::Event, events);
                    self.add_keys(Scope::Link, links);
                }
            }
        }
    }

    fn add_keys<'a>(&mut self, scope: Scope, attributes: impl Iterator<Item = &'a KeyValue>) {
        let mut keys: Vec<&str> = attributes
            .filter(|attribute| has_value(attribute))
            .map(|attribute| attribute.key.as_str())
            .collect();
        if keys.is_empty() {
            return;
        }
        keys.sort_unstable();
        keys.dedup();
        let counts = self.keys.entry(scope.as_str()).or_default();
        keys.iter().for_each(|key| counts.add(key));
    }

    /// The keys of a scope.
    #[must_use]
    pub fn keys(&self, scope: Scope) -> Option<&Counts> {
        self.keys.get(scope.as_str())
    }
}

/// `service.name` among the attributes of a resource.
#[must_use]
pub fn service_of(resource: &[KeyValue]) -> Option<&str> {
    let name = resource.iter().find(|one| one.key == "service.name")?;
    match &name.value.as_ref()?.value {
        Some(Value::StringValue(text)) => Some(text),
        _ => None,
    }
}

/// An empty value is a missing one.
fn has_value(attribute: &KeyValue) -> bool {
    let value = attribute.value.as_ref();
    value.is_some_and(|value| value.value.is_some())
}

/// At most `most` of `candidates` that may be meant by `word`, the likeliest first: a slip of the finger, another way to join
/// the same words, or a name that shares at least half of its words with it.
#[must_use]
pub fn near<'a>(word: &str, candidates: &'a Counts, most: usize) -> Vec<(&'a str, u64)> {
    let slip = betrace_lang::nearest(word, candidates.texts());
    let wanted = words(word);
    let mut found: Vec<(u64, &str, u64)> = Vec::new();
    for (candidate, count) in candidates.sorted() {
        let likeness = if Some(candidate) == slip {
            1000
        } else {
            likeness(&wanted, &words(candidate))
        };
        if likeness >= 500 && candidate != word {
            found.push((likeness, candidate, count));
        }
    }
    // Stable: of equals the most frequent stays first.
    found.sort_by_key(|(likeness, ..)| std::cmp::Reverse(*likeness));
    found.truncate(most);
    found
        .into_iter()
        .map(|(_, text, count)| (text, count))
        .collect()
}

/// The words of a name, in small letters: what stands between dots and dashes, and what a capital begins.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(letter.to_lowercase()));
        }
        was_small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Shared words in thousandths of all.
fn likeness(one: &[String], other: &[String]) -> u64 {
    let shared = one.iter().filter(|word| other.contains(word)).count() as u64;
    let all = (one.len() + other.len()) as u64 - shared;
    (shared * 1000).checked_div(all).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_so_many_entries_and_counts_the_rest() {
        let mut counts = Counts::default();
        for number in 0..MOST_ENTRIES {
            counts.add(&number.to_string());
        }
        assert_eq!((counts.texts().count(), counts.others), (MOST_ENTRIES, 0));
        counts.add("7");
        counts.add("one too many");
        assert_eq!((counts.texts().count(), counts.others), (MOST_ENTRIES, 1));
        assert_eq!(counts.counts.get("7"), Some(&2));
        assert_eq!(counts.counts.get("one too many"), None);
        let long = "é".repeat(MOST_BYTES);
        let mut counts = Counts::default();
        counts.add(&long);
        assert_eq!(counts.texts().next().map(str::len), Some(MOST_BYTES));
    }

    #[test]
    fn near_is_a_slip_other_joints_or_half_of_the_words() {
        let mut counts = Counts::default();
        for text in [
            "db.system",
            "db.system",
            "http.route",
            "auditLog",
            "audit.log.write",
            "db.name",
        ] {
            counts.add(text);
        }
        let names = |word| {
            near(word, &counts, 3)
                .iter()
                .map(|(text, _)| *text)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("db.system.name"), ["db.system", "db.name"]);
        assert_eq!(names("audit.log"), ["auditLog", "audit.log.write"]);
        assert_eq!(names("http.rout"), ["http.route"]);
        assert!(names("payment.charge").is_empty());
        assert!(names("").is_empty());
    }
}
