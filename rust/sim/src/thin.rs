//! Spans cut down to the fields that rules read: what the Collector component writes on its hot path.

use betrace_engine::Wanted;

use crate::model::{Attributes, Event, Link, Scope, Span};

/// The span without what nobody asked for.
#[must_use]
pub fn thin(span: &Span, wanted: &Wanted) -> Span {
    // Without lists of their own: this is made of every span that a law delivers.
    let of_resource = |key: &str| key == "service.name" || has(&wanted.resource_attributes, key);
    let is_own = span.scope.name == "betrace";
    let of_own = |key: &str| is_own && ["betrace.violation.id", "betrace.mark"].contains(&key);
    let of_span = |key: &str| of_own(key) || has(&wanted.span_attributes, key);
    let event = |event: &Event| Event {
        name: if wanted.event_names {
            event.name.clone()
        } else {
            String::new()
        },
        time: if wanted.event_times { event.time } else { 0 },
        attributes: keep(&event.attributes, |key| has(&wanted.event_attributes, key)),
    };
    let link = |link: &Link| Link {
        trace: if wanted.link_ids { link.trace } else { [0; 16] },
        span: if wanted.link_ids { link.span } else { [0; 8] },
        attributes: keep(&link.attributes, |key| has(&wanted.link_attributes, key)),
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
        attributes: keep(&span.attributes, of_span),
        resource: keep(&span.resource, of_resource),
        scope: Scope {
            name: span.scope.name.clone(),
            version: if wanted.scope_version {
                span.scope.version.clone()
            } else {
                String::new()
            },
            attributes: keep(&span.scope.attributes, |key| {
                has(&wanted.instrumentation_attributes, key)
            }),
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

fn has(keys: &[String], key: &str) -> bool {
    keys.iter().any(|known| known == key)
}

fn keep(attributes: &Attributes, is_wanted: impl Fn(&str) -> bool) -> Attributes {
    let wanted = attributes.iter().filter(|(key, _)| is_wanted(key));
    wanted.cloned().collect()
}
