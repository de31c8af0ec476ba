//! Spans cut down to the fields that rules read: what the Collector component writes on its hot path.

use betrace_engine::Wanted;

use crate::model::{Attributes, Event, Link, Scope, Span};

/// The span without what nobody asked for.
#[must_use]
pub fn thin(span: &Span, wanted: &Wanted) -> Span {
    let mut resource_keys = wanted.resource_attributes.clone();
    resource_keys.push("service.name".to_owned());
    let mut span_keys = wanted.span_attributes.clone();
    if span.scope.name == "betrace" {
        span_keys.extend(["betrace.violation.id", "betrace.mark"].map(str::to_owned));
    }
    let event = |event: &Event| Event {
        name: if wanted.event_names {
            event.name.clone()
        } else {
            String::new()
        },
        time: if wanted.event_times { event.time } else { 0 },
        attributes: keep(&event.attributes, &wanted.event_attributes),
    };
    let link = |link: &Link| Link {
        trace: if wanted.link_ids { link.trace } else { [0; 16] },
        span: if wanted.link_ids { link.span } else { [0; 8] },
        attributes: keep(&link.attributes, &wanted.link_attributes),
    };
    let events = wanted.event_names || wanted.event_times || !wanted.event_attributes.is_empty();
    let links = wanted.link_ids || !wanted.link_attributes.is_empty();
    Span {
        trace: span.trace,
        id: span.id,
        parent: span.parent,
        name: span.name.clone(),
        kind: span.kind,
        start: span.start,
        end: span.end,
        status: if wanted.status { span.status } else { 0 },
        message: if wanted.status_message {
            span.message.clone()
        } else {
            String::new()
        },
        attributes: keep(&span.attributes, &span_keys),
        resource: keep(&span.resource, &resource_keys),
        scope: Scope {
            name: span.scope.name.clone(),
            version: if wanted.scope_version {
                span.scope.version.clone()
            } else {
                String::new()
            },
            attributes: keep(&span.scope.attributes, &wanted.instrumentation_attributes),
        },
        events: if events {
            span.events.iter().map(event).collect()
        } else {
            Vec::new()
        },
        links: if links {
            span.links.iter().map(link).collect()
        } else {
            Vec::new()
        },
    }
}

fn keep(attributes: &Attributes, keys: &[String]) -> Attributes {
    attributes
        .iter()
        .filter(|(key, _)| keys.contains(key))
        .cloned()
        .collect()
}
