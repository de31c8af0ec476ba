//! Reads the trace of a test: spans inside spans.

use std::{collections::BTreeSet, sync::Arc};

use crate::codes::files as codes;
use crate::file::known_keys::Fields;
use crate::file::plain;
use crate::file::read::Reader;
use crate::file::rule_tests::attribute::read_attributes;
use crate::file::rule_tests::link::{Lead, follow, read_links};
use crate::file::rule_tests::model::{
    Instrumentation, SpanKind, SpanStatus, TestEvent, TestParent, TestSpan,
};
use crate::file::rule_tests::times::{Timing, lay_out};
use crate::file::said::shown;
use crate::file::yaml::YamlNode;

/// Keys of a span.
pub(crate) const SPAN_KEYS: &[&str] = &[
    "span",
    "id",
    "service",
    "kind",
    "status",
    "status_message",
    "start",
    "duration",
    "repeat",
    "attributes",
    "resource",
    "instrumentation",
    "events",
    "links",
    "orphan",
    "children",
];

/// Keys of a span's event.
pub(crate) const EVENT_KEYS: &[&str] = &["name", "at", "attributes"];

/// Keys of a span's instrumentation scope.
pub(crate) const INSTRUMENTATION_KEYS: &[&str] = &["name", "version", "attributes"];

/// An event's time is known only once its span's is.
struct Trace<'t> {
    spans: Vec<TestSpan>,
    timings: Vec<Timing>,
    labels: BTreeSet<String>,
    leads: Vec<Lead<'t>>,
    is_full: bool,
}

pub(super) fn read_trace(reader: &mut Reader<'_>, node: &YamlNode<'_>) -> Vec<TestSpan> {
    let mut trace = Trace {
        spans: Vec::new(),
        timings: Vec::new(),
        labels: BTreeSet::new(),
        leads: Vec::new(),
        is_full: false,
    };
    for item in reader.items(node, "`trace`") {
        trace.read_span(reader, item, None);
    }
    for (span, (start, end)) in trace.spans.iter_mut().zip(lay_out(&trace.timings)) {
        (span.start, span.end) = (start, end);
        for event in &mut span.events {
            event.at = event.at.saturating_add(start);
        }
    }
    follow(reader, &trace.leads, &mut trace.spans);
    trace.spans
}

impl<'t> Trace<'t> {
    /// The YAML depth limit bounds the recursion.
    fn read_span(&mut self, reader: &mut Reader<'_>, node: &YamlNode<'t>, parent: Option<usize>) {
        if self.is_full {
            return;
        }
        let most = reader.limits.test_spans;
        if self.spans.len() >= most {
            let range = reader.span(node);
            reader.report(
                codes::TOO_MANY,
                range,
                format!("a test has {most} spans at most"),
            );
            self.is_full = true;
            return;
        }
        // A span without anything but a name may be written as that name.
        if let Some(scalar) = node.as_scalar()
            && !scalar.is_null()
        {
            let span = self.blank(&scalar.value, parent);
            self.push(
                span,
                Timing {
                    start: None,
                    duration: None,
                    parent,
                },
            );
            return;
        }
        let Some(fields) = reader.fields(node, "a span", SPAN_KEYS) else {
            return;
        };
        let name = match fields.value("span") {
            Some(node) => reader.string(node, "`span`").unwrap_or_default(),
            None => {
                reader.missing(&fields, "span", "a span");
                String::new()
            }
        };
        let mut span = self.blank(&name, parent);
        self.read_identity(reader, &fields, &mut span);
        read_content(reader, &fields, &mut span);
        self.leads
            .extend(read_links(reader, &fields, self.spans.len(), &mut span));
        let timing = read_timing(reader, &fields, parent);
        let index = self.push(span, timing);
        if let Some(node) = fields.value("children") {
            for child in reader.items(node, "`children`") {
                self.read_span(reader, child, Some(index));
            }
        }
        if let Some(node) = fields.value("repeat")
            && let Some(times) = reader.count(node, "`repeat`")
        {
            self.repeat(reader, node, index, times);
        }
    }

    /// Adds the span at `index`, the last one at its level, and all below it so many times in all.
    fn repeat(&mut self, reader: &mut Reader<'_>, node: &YamlNode<'_>, index: usize, times: u64) {
        let size = self.spans.len() - index;
        let most = reader.limits.test_spans;
        let total = times
            .saturating_mul(size as u64)
            .saturating_add(index as u64);
        if total > most as u64 {
            let range = reader.span(node);
            reader.report(
                codes::TOO_MANY,
                range,
                format!("a test has {most} spans at most"),
            );
            self.is_full = true;
            return;
        }
        for copy in 1..times {
            let shift = size * copy as usize;
            for at in index..index + size {
                let own = self.leads.iter().filter(|lead| lead.span == at);
                let copied: Vec<Lead<'t>> = own.map(|lead| lead.of(at + shift)).collect();
                self.leads.extend(copied);
                let mut span = self.spans[at].clone();
                let mut timing = self.timings[at].clone();
                // The parent of the repeated span itself stands before it and is not repeated.
                if at > index {
                    timing.parent = timing.parent.map(|parent| parent + shift);
                    span.parent = timing.parent.map_or(span.parent, TestParent::Span);
                }
                self.push(span, timing);
            }
        }
    }

    fn blank(&self, name: &str, parent: Option<usize>) -> TestSpan {
        let above = parent.and_then(|parent| self.spans.get(parent));
        TestSpan {
            label: None,
            name: name.to_owned(),
            service: above.map_or_else(|| Arc::from("test"), |span| Arc::clone(&span.service)),
            parent: parent.map_or(TestParent::Root, TestParent::Span),
            kind: SpanKind::default(),
            status: SpanStatus::default(),
            status_message: String::new(),
            start: 0,
            end: 0,
            attributes: Vec::new(),
            resource: above.map_or_else(|| Arc::from([]), |span| Arc::clone(&span.resource)),
            instrumentation: Instrumentation::default(),
            events: Vec::new(),
            links: Vec::new(),
        }
    }

    fn push(&mut self, span: TestSpan, timing: Timing) -> usize {
        self.spans.push(span);
        self.timings.push(timing);
        self.spans.len() - 1
    }

    fn read_identity(
        &mut self,
        reader: &mut Reader<'_>,
        fields: &Fields<'_, '_>,
        span: &mut TestSpan,
    ) {
        if let Some(node) = fields.value("id")
            && let Some(label) = reader.string(node, "`id`")
        {
            if !self.labels.insert(label.clone()) {
                let range = reader.span(node);
                reader.report(
                    codes::TEST_DUPLICATE,
                    range,
                    "another span of this test has this id",
                );
            }
            span.label = Some(label);
        }
        if let Some(node) = fields.value("service") {
            span.service = reader.string(node, "`service`").unwrap_or_default().into();
        }
        if let Some(node) = fields.value("orphan")
            && reader.boolean(node, "`orphan`") == Some(true)
        {
            if let TestParent::Span(_) = span.parent {
                let range = reader.span(node);
                let message = "a child has its parent right here, so it is no orphan";
                reader
                    .report(codes::TEST_CONTRADICTION, range, message)
                    .help = Some("write orphans at the top of the trace".to_owned());
            } else {
                span.parent = TestParent::Lost;
            }
        }
    }
}

fn read_timing(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, parent: Option<usize>) -> Timing {
    let start = fields.value("start").and_then(|node| {
        let start = read_duration(reader, node, "`start`")?;
        if start < 0 {
            let range = reader.span(node);
            reader.report(
                codes::TEST_DURATION,
                range,
                "`start` counts from the begin of the trace and is not negative",
            );
        }
        Some(start)
    });
    let duration = fields
        .value("duration")
        .and_then(|node| read_duration(reader, node, "`duration`"));
    Timing {
        start,
        duration,
        parent,
    }
}

fn read_content(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, span: &mut TestSpan) {
    if let Some(node) = fields.value("kind") {
        span.kind = reader
            .word(node, codes::TEST_WORD, "span kind", &SpanKind::ALL)
            .unwrap_or_default();
    }
    if let Some(node) = fields.value("status") {
        span.status = reader
            .word(node, codes::TEST_WORD, "status", &SpanStatus::ALL)
            .unwrap_or_default();
    }
    if let Some(node) = fields.value("status_message") {
        span.status_message = reader.string(node, "`status_message`").unwrap_or_default();
    }
    if let Some(node) = fields.value("attributes") {
        span.attributes = read_attributes(reader, node);
    }
    if let Some(node) = fields.value("resource") {
        span.resource = read_attributes(reader, node).into();
    }
    if let Some(node) = fields.value("instrumentation")
        && let Some(fields) = reader.fields(node, "`instrumentation`", INSTRUMENTATION_KEYS)
    {
        let text = |reader: &mut Reader<'_>, key: &str| {
            fields
                .value(key)
                .and_then(|node| reader.string(node, "it"))
                .unwrap_or_default()
        };
        span.instrumentation.name = text(reader, "name");
        span.instrumentation.version = text(reader, "version");
        if let Some(node) = fields.value("attributes") {
            span.instrumentation.attributes = read_attributes(reader, node);
        }
    }
    if let Some(node) = fields.value("events") {
        for item in reader.one_or_more(node, "`events`") {
            span.events.extend(read_event(reader, item));
        }
    }
}

fn read_event(reader: &mut Reader<'_>, node: &YamlNode<'_>) -> Option<TestEvent> {
    if let Some(scalar) = node.as_scalar()
        && !scalar.is_null()
    {
        return Some(TestEvent {
            name: scalar.value.to_string(),
            at: 0,
            attributes: Vec::new(),
        });
    }
    let fields = reader.fields(node, "an event", EVENT_KEYS)?;
    let name = match fields.value("name") {
        Some(node) => reader.string(node, "`name`")?,
        None => {
            reader.missing(&fields, "name", "an event");
            return None;
        }
    };
    let at = fields
        .value("at")
        .and_then(|node| read_duration(reader, node, "`at`"))
        .unwrap_or(0);
    let attributes = fields
        .value("attributes")
        .map(|node| read_attributes(reader, node))
        .unwrap_or_default();
    Some(TestEvent {
        name,
        at,
        attributes,
    })
}

pub(super) fn read_duration(
    reader: &mut Reader<'_>,
    node: &YamlNode<'_>,
    what: &str,
) -> Option<i64> {
    let scalar = reader.text(node, what)?;
    let nanos = plain::duration(&scalar.value);
    if nanos.is_none() {
        let range = reader.span(node);
        let is_bare = scalar.value.parse::<f64>().is_ok();
        let message = format!(
            "{what} is a duration such as `20ms`, not `{}`",
            shown(&scalar.value)
        );
        let diagnostic = reader.report(codes::TEST_DURATION, range, message);
        diagnostic.help = Some("its unit is one of ns, us, ms, s, m and h".to_owned());
        if is_bare {
            diagnostic.suggestion = Some(format!("{}ms", scalar.value));
        }
    }
    nanos
}
