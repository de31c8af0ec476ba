//! Of the attributes that parts of selectors read: on how many spans they are, and what they say there.

use std::collections::BTreeMap;
use std::sync::Arc;

use betrace_lang::rule::Scope;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};

use super::parts::{Read, scopes};
use crate::drawing::quoted;

/// Different values of one field that are kept; ids are the usual reason for more.
const MOST_VALUES: usize = 64;

/// Values that are told.
const MOST_TOLD: usize = 3;

/// Counted for each of the fields that were asked about, as they are numbered.
#[derive(Default)]
pub struct Said {
    fields: BTreeMap<(Scope, Vec<Arc<str>>), usize>,
    /// Which fields read an attribute.
    of_key: BTreeMap<Arc<str>, Vec<(usize, Scope)>>,
    of_field: Vec<OfField>,
}

#[derive(Default)]
struct OfField {
    spans: u64,
    /// The last span that was counted.
    last: Option<u64>,
    has_one_key: bool,
    values: BTreeMap<(Arc<str>, Told), u64>,
    is_full: bool,
}

/// A value in few letters.
type Told = Box<str>;

impl Said {
    pub fn ask(&mut self, read: &Read) {
        let id = (read.scope, read.keys.clone());
        if self.fields.contains_key(&id) {
            return;
        }
        let field = self.of_field.len();
        self.of_field.push(OfField {
            has_one_key: read.keys.iter().all(|key| *key == read.keys[0]),
            ..OfField::default()
        });
        self.fields.insert(id, field);
        for key in &read.keys {
            let fields = self.of_key.entry(Arc::clone(key)).or_default();
            if !fields.contains(&(field, read.scope)) {
                fields.push((field, read.scope));
            }
        }
    }

    /// `before`: how many spans came before these.
    pub fn add(&mut self, request: &ExportTraceServiceRequest, before: u64) {
        let mut number = before;
        for resource_spans in &request.resource_spans {
            let resource = resource_spans.resource.as_ref();
            let resource = resource.map_or(&[][..], |resource| &resource.attributes);
            for scope_spans in &resource_spans.scope_spans {
                let scope = scope_spans.scope.as_ref();
                let scope = scope.map_or(&[][..], |scope| &scope.attributes);
                for span in &scope_spans.spans {
                    number += 1;
                    let events = span.events.iter().flat_map(|event| &event.attributes);
                    let links = span.links.iter().flat_map(|link| &link.attributes);
                    self.of_span(number, Scope::Span, span.attributes.iter());
                    self.of_span(number, Scope::Resource, resource.iter());
                    self.of_span(number, Scope::Instrumentation, scope.iter());
                    self.of_span(number, Scope::Event, events);
                    self.of_span(number, Scope::Link, links);
                }
            }
        }
    }

    fn of_span<'a>(&mut self, span: u64, at: Scope, all: impl Iterator<Item = &'a KeyValue>) {
        for attribute in all {
            let value = attribute.value.as_ref().and_then(|one| one.value.as_ref());
            let fields = self.of_key.get_key_value(&*attribute.key);
            let (Some(value), Some((key, fields))) = (value, fields) else {
                continue;
            };
            for (field, scope) in fields {
                if scopes(*scope).contains(&at) {
                    self.of_field[*field].add(span, key, value);
                }
            }
        }
    }

    fn of(&self, read: &Read) -> Option<&OfField> {
        let field = self.fields.get(&(read.scope, read.keys.clone()))?;
        self.of_field.get(*field)
    }

    /// Of how many spans some key of it is known.
    #[must_use]
    pub fn spans(&self, read: &Read) -> u64 {
        self.of(read).map_or(0, |field| field.spans)
    }

    /// The values that came most often, in the order of how often: `"mysql" (4 spans)`, behind its key where it may be one
    /// of several.
    #[must_use]
    pub fn values(&self, read: &Read) -> String {
        let Some(field) = self.of(read) else {
            return String::new();
        };
        let mut all: Vec<_> = field.values.iter().collect();
        all.sort_by_key(|(value, count)| (std::cmp::Reverse(**count), *value));
        let more = all.len() > MOST_TOLD || field.is_full;
        let told = all.iter().take(MOST_TOLD).map(|((key, value), count)| {
            let spans = crate::output::counted(**count, "span");
            match field.has_one_key {
                true => format!("{value} ({spans})"),
                false => format!("{key} {value} ({spans})"),
            }
        });
        let mut told: Vec<String> = told.collect();
        if more && !told.is_empty() {
            told.push("and others".to_owned());
        }
        told.join(", ")
    }
}

impl OfField {
    fn add(&mut self, span: u64, key: &Arc<str>, value: &Value) {
        if self.last != Some(span) {
            self.last = Some(span);
            self.spans += 1;
        }
        let Some(told) = told(value) else {
            return;
        };
        let value = (Arc::clone(key), told);
        let has_room = self.values.len() < MOST_VALUES;
        if has_room || self.values.contains_key(&value) {
            *self.values.entry(value).or_default() += 1;
        } else {
            self.is_full = true;
        }
    }
}

/// `None` of lists, maps and bytes, which say too much.
fn told(value: &Value) -> Option<Told> {
    let text = match value {
        Value::StringValue(text) => quoted(text),
        Value::BoolValue(is) => is.to_string(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        _ => return None,
    };
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_values_some_are_kept() {
        let mut field = OfField::default();
        let key = Arc::from("id");
        for number in 0..=MOST_VALUES as u64 {
            assert!(!field.is_full);
            field.add(number, &key, &Value::IntValue(number.cast_signed()));
        }
        assert!(field.is_full && field.values.len() == MOST_VALUES);
        field.add(0, &key, &Value::IntValue(0));
        assert_eq!(field.values[&(Arc::clone(&key), "0".into())], 2);
    }
}
