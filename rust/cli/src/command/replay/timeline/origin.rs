//! What traces come from: the attributes of their resources that take few values, such as the version of each service. Traces
//! that come from the same share one set, so that a trace holds a number; every table is bounded.

use std::collections::{HashMap, HashSet};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use crate::census::service_of;

/// An attribute of one service with more values than these names instances, not versions.
const MOST_VALUES: usize = 32;
/// Pairs of service and attribute.
const MOST_KEYS: usize = 4096;
const MOST_SETS: usize = 16_384;
const MOST_REMEMBERED: usize = 16_384;
/// A value keeps so many bytes; longer ones are descriptions.
const MOST_BYTES: usize = 128;

/// `value` of the resource attribute `key` of a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// Empty where the resource names none.
    pub service: Box<str>,
    pub key: Box<str>,
    pub value: Box<str>,
}

/// What one trace comes from; the first set is that of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetId(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ValueId(u32);

type Key = (Box<str>, Box<str>);

#[derive(Debug, Default)]
pub struct Origins {
    values: Vec<Value>,
    value_ids: HashMap<Value, ValueId>,
    /// How many values each has.
    keys: HashMap<Key, usize>,
    /// Those with too many.
    many: HashSet<Key>,
    sets: Vec<Box<[ValueId]>>,
    set_ids: HashMap<Box<[ValueId]>, SetId>,
    resources: HashMap<Box<[u8]>, SetId>,
    unions: HashMap<(SetId, SetId), SetId>,
    /// Some table was full: what is known of traces is not all.
    pub is_partial: bool,
}

impl Origins {
    /// The set of a resource, given as the bytes of an OTLP `Resource`; malformed ones are of nothing.
    pub fn of(&mut self, resource: &[u8]) -> SetId {
        if let Some(set) = self.resources.get(resource) {
            return *set;
        }
        let decoded = Resource::decode(resource).unwrap_or_default();
        let service = service_of(&decoded.attributes).unwrap_or_default();
        let mut ids = Vec::new();
        for attribute in &decoded.attributes {
            let value = attribute
                .value
                .as_ref()
                .and_then(|value| value.value.as_ref());
            let value = match value {
                Some(Any::StringValue(text)) => text.clone(),
                Some(Any::BoolValue(value)) => value.to_string(),
                Some(Any::IntValue(value)) => value.to_string(),
                _ => continue,
            };
            if value.len() <= MOST_BYTES
                && attribute.key.len() <= MOST_BYTES
                && !names_one(&attribute.key)
            {
                ids.extend(self.value(service, &attribute.key, &value));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let set = self.set(ids).unwrap_or_default();
        if self.resources.len() >= MOST_REMEMBERED {
            self.resources.clear();
        }
        self.resources.insert(resource.into(), set);
        set
    }

    /// What comes from both.
    pub fn both(&mut self, one: SetId, other: SetId) -> SetId {
        if one == other || other == SetId::default() {
            return one;
        }
        if let Some(set) = self.unions.get(&(one, other)) {
            return *set;
        }
        let ids = |set: SetId| self.sets.get(set.0 as usize).map_or(&[][..], AsRef::as_ref);
        let mut all = [ids(one), ids(other)].concat();
        all.sort_unstable();
        all.dedup();
        let set = self.set(all).unwrap_or(one);
        if self.unions.len() >= MOST_REMEMBERED {
            self.unions.clear();
        }
        self.unions.insert((one, other), set);
        set
    }

    /// What the set holds, without attributes that name instances.
    pub fn values(&self, set: SetId) -> impl Iterator<Item = &Value> {
        let ids = self.sets.get(set.0 as usize).into_iter().flatten();
        let values = ids.filter_map(|id| self.values.get(id.0 as usize));
        values.filter(|value| {
            let key = (value.service.clone(), value.key.clone());
            !self.many.contains(&key)
        })
    }

    fn value(&mut self, service: &str, key: &str, value: &str) -> Option<ValueId> {
        let service = &service[..service.floor_char_boundary(MOST_BYTES)];
        let value = Value {
            service: service.into(),
            key: key.into(),
            value: value.into(),
        };
        if let Some(id) = self.value_ids.get(&value) {
            return Some(*id);
        }
        let key = (value.service.clone(), value.key.clone());
        if !self.keys.contains_key(&key) && self.keys.len() >= MOST_KEYS {
            self.is_partial = true;
            return None;
        }
        let count = self.keys.entry(key.clone()).or_default();
        if *count >= MOST_VALUES {
            self.many.insert(key);
            return None;
        }
        *count += 1;
        let id = ValueId(self.values.len() as u32);
        self.values.push(value.clone());
        self.value_ids.insert(value, id);
        Some(id)
    }

    /// `None`: there is no room for another set.
    fn set(&mut self, ids: Vec<ValueId>) -> Option<SetId> {
        if self.sets.is_empty() {
            self.sets.push(Box::default());
            self.set_ids.insert(Box::default(), SetId::default());
        }
        if let Some(set) = self.set_ids.get(ids.as_slice()) {
            return Some(*set);
        }
        if self.sets.len() >= MOST_SETS {
            self.is_partial = true;
            return None;
        }
        let set = SetId(self.sets.len() as u32);
        self.sets.push(ids.as_slice().into());
        self.set_ids.insert(ids.into(), set);
        Some(set)
    }
}

/// Attributes that name one instance or one process by the semantic conventions: traces share them by chance alone.
fn names_one(key: &str) -> bool {
    key == "service.name"
        || key.starts_with("process.")
        || [".id", ".uid", ".ip", ".mac"]
            .iter()
            .any(|end| key.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

    fn resource(attributes: &[(&str, &str)]) -> Vec<u8> {
        let attributes = attributes.iter().map(|(key, value)| KeyValue {
            key: (*key).to_owned(),
            value: Some(AnyValue {
                value: Some(Any::StringValue((*value).to_owned())),
            }),
            ..KeyValue::default()
        });
        Resource {
            attributes: attributes.collect(),
            ..Resource::default()
        }
        .encode_to_vec()
    }

    fn texts(origins: &Origins, set: SetId) -> Vec<String> {
        let text = |value: &Value| format!("{} {} {}", value.service, value.key, value.value);
        origins.values(set).map(text).collect()
    }

    #[test]
    fn a_trace_comes_from_all_of_its_resources_and_from_no_instance() {
        let mut origins = Origins::default();
        let shop = resource(&[
            ("service.name", "shop"),
            ("service.version", "1.4.2"),
            ("service.instance.id", "7"),
            ("process.pid", "4711"),
        ]);
        let bank = resource(&[("service.name", "bank"), ("service.version", "3")]);
        let (shop, bank) = (origins.of(&shop), origins.of(&bank));
        let both = origins.both(shop, bank);
        assert_eq!(origins.both(bank, shop), both);
        assert_eq!(origins.both(both, shop), both);
        assert_eq!(
            texts(&origins, both),
            ["shop service.version 1.4.2", "bank service.version 3"]
        );
        let nothing = origins.of(b"\xff\xff");
        assert_eq!(origins.both(both, nothing), both);
        assert!(texts(&origins, nothing).is_empty());
    }

    #[test]
    fn an_attribute_with_more_values_than_the_bound_is_left_out_whole() {
        let mut origins = Origins::default();
        let pod = |number: usize| {
            let pod = format!("pod-{number}");
            resource(&[("service.name", "shop"), ("k8s.pod.name", &pod)])
        };
        let first = origins.of(&pod(0));
        for number in 1..MOST_VALUES {
            origins.of(&pod(number));
        }
        assert_eq!(texts(&origins, first), ["shop k8s.pod.name pod-0"]);
        origins.of(&pod(MOST_VALUES));
        assert!(texts(&origins, first).is_empty());
    }

    #[test]
    fn full_tables_are_told_and_keep_what_they_had() {
        let mut origins = Origins::default();
        let key = |number: usize| {
            let key = format!("k{number}");
            resource(&[("service.name", "shop"), (&key, "v")])
        };
        for number in 0..MOST_KEYS {
            origins.of(&key(number));
        }
        assert!(!origins.is_partial);
        let beyond = origins.of(&key(MOST_KEYS));
        assert!(origins.is_partial && texts(&origins, beyond).is_empty());
        assert_eq!(origins.resources.len(), MOST_KEYS + 1);
    }
}
