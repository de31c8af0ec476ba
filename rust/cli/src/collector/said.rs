//! What a configuration says of one processor: each value as it is written, or as the environment has it, or as what comes
//! from where this command does not look.

use std::ops::Range;

use super::remark::{AT_ODDS, Remark};
use super::scalar::nanoseconds;
use super::yaml::Node;

/// What is known of a value before the Collector starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing is written, so the default counts.
    Absent,
    /// It is written and comes from where this command does not look: another place, or an environment that is not here.
    Unknown,
    Is(String),
}

/// The value of a scalar; `resolved` puts in what it takes from the environment.
pub fn read(node: &Node, resolved: &impl Fn(&str) -> String) -> Value {
    if node.is_nothing() {
        return Value::Absent;
    }
    let Some(text) = node.text() else {
        return Value::Unknown;
    };
    if !text.contains("${") {
        return Value::Is(text.to_owned());
    }
    match resolved(text) {
        value if value.is_empty() => Value::Unknown,
        value => Value::Is(value),
    }
}

impl Value {
    /// What is known.
    fn known(&self) -> Option<&str> {
        match self {
            Value::Is(text) => Some(text),
            _ => None,
        }
    }
}

/// A processor, asked for its values by name.
pub struct Said<'n, F> {
    pub processor: &'n Node,
    /// Puts in what a value takes from the environment.
    pub resolved: &'n F,
}

impl<'n, F: Fn(&str) -> String> Said<'n, F> {
    /// A key and its value.
    pub fn entry(&self, key: &str) -> Option<(&'n Node, &'n Node)> {
        match key.split_once('.') {
            Some((section, key)) => self.processor.get(section)?.entry(key),
            None => self.processor.entry(key),
        }
    }

    pub fn value(&self, key: &str) -> Value {
        self.entry(key)
            .map_or(Value::Absent, |(_, value)| read(value, self.resolved))
    }

    /// Of a list of texts, or of one text in which commas part them, as the Collector reads it: each with its place, and what
    /// it says where that is known.
    pub fn listed(&self, key: &str) -> Vec<(Range<usize>, Option<String>)> {
        let Some((_, value)) = self.entry(key) else {
            return Vec::new();
        };
        let known = |node: &Node| read(node, self.resolved).known().map(str::to_owned);
        let Some(parted) = known(value).filter(|text| !text.is_empty()) else {
            let elements = value.elements().iter();
            return elements
                .map(|node| (node.range.clone(), known(node)))
                .collect();
        };
        let parts = parted.split(',');
        parts
            .map(|part| (value.range.clone(), Some(part.to_owned())))
            .collect()
    }

    /// Of such a list, what is known.
    pub fn texts(&self, key: &str) -> Vec<(Range<usize>, String)> {
        let listed = self.listed(key).into_iter();
        listed
            .filter_map(|(place, text)| Some((place, text?)))
            .collect()
    }

    /// What a text says; `None` where it is nothing, or not known.
    pub fn text(&self, key: &str) -> Option<String> {
        let value = self.value(key);
        let text = value.known().map(str::to_owned);
        text.filter(|text| !text.is_empty())
    }

    /// Whether something is written there, known or not. To the processor an empty text and an empty list are nothing.
    pub fn is_set(&self, key: &str) -> bool {
        match self.value(key) {
            Value::Absent => false,
            Value::Unknown => !self.entry(key).is_some_and(|(_, value)| value.is_empty()),
            Value::Is(text) => !text.is_empty(),
        }
    }

    /// A time; `None` where it is not known, or none.
    pub fn time(&self, key: &str, default: u64) -> Option<u64> {
        match self.value(key) {
            Value::Absent => Some(default),
            Value::Unknown => None,
            Value::Is(text) => nanoseconds(&text),
        }
    }

    /// Where the first of these keys that is written stands; else the name of the processor's section.
    pub fn place(&self, keys: &[&str]) -> Range<usize> {
        let mut places = keys.iter().filter_map(|key| self.entry(key));
        let first = places.next();
        first.map_or(
            self.processor.range.start..self.processor.range.start,
            |(key, _)| key.range.clone(),
        )
    }

    /// A fault of several keys, at the first of them that is written.
    pub fn at_odds(&self, keys: &[&str], what: String, help: &str) -> Remark {
        let named = keys.iter().find(|key| self.entry(key).is_some());
        let key = named.unwrap_or(&keys[0]);
        Remark::of(key, self.place(keys), AT_ODDS, what, help)
    }
}
