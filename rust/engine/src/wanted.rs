//! What a message must carry for a rule set: the contract of the thin writer.

use betrace_lang::rule::{Field, Intrinsic, ReadAt, Scope};
use serde::{Deserialize, Serialize};

use crate::predicate::fields::FieldTable;

/// The fields that rules read. A message that carries these gives the same verdicts as the full one.
///
/// Always carried besides: trace id, span id, parent id, name, kind, start and end times, the resource's
/// `service.name`, the instrumentation scope's name, and the attributes `betrace.violation.id` and `betrace.mark` of
/// spans whose scope is named `betrace`. Lists are sorted and free of duplicates; an unscoped key stands both among the
/// span's and the resource's. Where anything of events or links is wanted, each one is carried, be it empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    pub span_attributes: Vec<String>,
    pub resource_attributes: Vec<String>,
    pub instrumentation_attributes: Vec<String>,
    pub event_attributes: Vec<String>,
    pub link_attributes: Vec<String>,
    pub event_names: bool,
    pub event_times: bool,
    pub link_ids: bool,
    pub status: bool,
    pub status_message: bool,
    pub scope_version: bool,
}

impl Wanted {
    pub(crate) fn new(fields: &FieldTable) -> Wanted {
        let mut wanted = Wanted::default();
        for (_, field) in fields.iter() {
            wanted.add(field);
        }
        for keys in [
            &mut wanted.span_attributes,
            &mut wanted.resource_attributes,
            &mut wanted.instrumentation_attributes,
            &mut wanted.event_attributes,
            &mut wanted.link_attributes,
        ] {
            keys.sort_unstable();
            keys.dedup();
        }
        wanted
    }

    fn add(&mut self, field: &Field) {
        match field {
            Field::Attribute { scope, key } => {
                let key = key.to_string();
                match scope {
                    Scope::Span => self.span_attributes.push(key),
                    Scope::Resource => self.resource_attributes.push(key),
                    Scope::SpanThenResource => {
                        self.span_attributes.push(key.clone());
                        self.resource_attributes.push(key);
                    }
                    Scope::Instrumentation => self.instrumentation_attributes.push(key),
                    Scope::Event => self.event_attributes.push(key),
                    Scope::Link => self.link_attributes.push(key),
                }
            }
            Field::Intrinsic(intrinsic) => self.add_intrinsic(*intrinsic),
            Field::FirstOf(field) => {
                for origin in field.of.iter().flat_map(|one| one.origins()) {
                    self.add_origin(origin);
                }
            }
            Field::Bound { field, .. } => self.add(field),
        }
    }

    fn add_intrinsic(&mut self, intrinsic: Intrinsic) {
        match intrinsic {
            Intrinsic::SpanStatus => self.status = true,
            Intrinsic::SpanStatusMessage => self.status_message = true,
            Intrinsic::EventName => self.event_names = true,
            Intrinsic::EventTimeSinceStart => self.event_times = true,
            Intrinsic::LinkTraceId | Intrinsic::LinkSpanId => self.link_ids = true,
            Intrinsic::InstrumentationVersion => self.scope_version = true,
            _ => {}
        }
    }

    fn add_origin(&mut self, origin: &ReadAt) {
        match origin {
            ReadAt::Attribute(key) => {
                self.span_attributes.push(key.to_string());
                self.resource_attributes.push(key.to_string());
            }
            ReadAt::Event(key) => self.event_attributes.push(key.to_string()),
            ReadAt::Intrinsic(intrinsic) => self.add_intrinsic(*intrinsic),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use betrace_lang::rule::{Alternative, FirstOf, Proviso, Reading};

    use super::*;

    #[test]
    fn of_a_field_of_several_all_are_wanted_and_what_they_hang_on() {
        let of_event = Alternative {
            origin: ReadAt::Event("e".into()),
            proviso: Some(Proviso {
                origin: ReadAt::Intrinsic(Intrinsic::SpanStatus),
                text: "ok".into(),
            }),
            reading: Reading::AsItIs,
        };
        let mut wanted = Wanted::default();
        wanted.add(&Field::FirstOf(Arc::new(FirstOf {
            name: "f".into(),
            of: vec![Alternative::of("a.b", Reading::AsItIs), of_event],
        })));
        assert_eq!(wanted.span_attributes, ["a.b"]);
        assert_eq!(wanted.resource_attributes, ["a.b"]);
        assert_eq!(wanted.event_attributes, ["e"]);
        assert!(wanted.status && !wanted.status_message);
    }
}
