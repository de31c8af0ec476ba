//! What a message must carry for a rule set: the contract of the thin writer.

use betrace_lang::rule::{Field, Intrinsic, Scope};
use serde::{Deserialize, Serialize};

use crate::predicate::fields::FieldTable;

/// The fields that rules read. A message that carries these gives the same verdicts as the full one.
///
/// Always carried besides: trace id, span id, parent id, name, kind, start and end times, the resource's
/// `service.name`, the instrumentation scope's name, and the attribute `betrace.violation.id` of spans whose
/// scope is named `betrace`. Lists are sorted and free of duplicates; an unscoped key stands both among the
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
            Field::Intrinsic(Intrinsic::SpanStatus) => self.status = true,
            Field::Intrinsic(Intrinsic::SpanStatusMessage) => self.status_message = true,
            Field::Intrinsic(Intrinsic::EventName) => self.event_names = true,
            Field::Intrinsic(Intrinsic::EventTimeSinceStart) => self.event_times = true,
            Field::Intrinsic(Intrinsic::LinkTraceId | Intrinsic::LinkSpanId) => {
                self.link_ids = true
            }
            Field::Intrinsic(Intrinsic::InstrumentationVersion) => self.scope_version = true,
            Field::Intrinsic(_) => {}
            Field::FirstOf(field) => {
                for one in &field.of {
                    let key = one.key.to_string();
                    self.span_attributes.push(key.clone());
                    self.resource_attributes.push(key);
                }
            }
            Field::Bound { field, .. } => self.add(field),
        }
    }
}
