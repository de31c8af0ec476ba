//! Zipkin v2 JSON, one span at a time, field by field as `pkg/translator/zipkin` of the Collector v0.158
//! reads it; `docs/formats.md` has the table of the rules. Times are microseconds since the Unix epoch.
//!
//! The two halves of a call may share one span id and stay two spans, told apart by kind and service.
//! The receiver makes one resource of all spans of a service in a request and fills it from
//! whichever comes first; here each span's resource is made of its own tags. What makes the receiver
//! refuse a request makes the span an error here.

use std::borrow::Cow;
use std::net::IpAddr;

use super::field;
use super::record::{Attributes, Event, Link, Record, Status, Value};
use crate::traces::text::scalar;
use crate::traces::text::token::Cursor;
use crate::traces::text::told::excerpt;
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

/// Set where a span has no start; its times are then counted from 1970.
pub const NO_START: &str = "otel.zipkin.absentField.startTime";

pub fn span(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let mut tags = tags(tree.get("tags"))?;
    let local = Endpoint::of(tree.get("localEndpoint"), "localEndpoint")?;
    let remote = Endpoint::of(tree.get("remoteEndpoint"), "remoteEndpoint")?;
    let id = field::id(tree.get("id"), "id")?;
    let parent = field::optional_id(tree.get("parentId"), "parentId")?;
    let start = field::micros(tree.get("timestamp"), "timestamp")?;
    let duration = field::micros(tree.get("duration"), "duration")?;
    let mut events = Vec::new();
    for annotation in tree.get("annotations").list() {
        events.push(event(annotation)?);
    }
    let (scope_name, scope_version) = scope(&mut tags);
    let resource = resource(&local.service, &mut tags);
    let state = tags.take("w3c.tracestate");
    let kind = kind(tree.get("kind"), &mut tags)?;
    let status = status(&mut tags);
    let links = links(&mut tags)?;
    tags.retain(|key| !is_of_resource(key));
    local.put(&mut tags, "network.local.address", "net.host.port");
    if !remote.service.is_empty() {
        tags.put_text("service.peer.name", remote.service.clone());
    }
    remote.put(&mut tags, "network.peer.address", "net.peer.port");
    if start == 0 {
        tags.put(NO_START.as_bytes(), Value::Bool(true));
    }
    let record = Record {
        resource,
        scope_name,
        scope_version,
        trace: field::id(tree.get("traceId"), "traceId")?,
        span: id,
        // A span that names itself as its parent has none.
        parent: parent.filter(|parent| *parent != id),
        state: state.map(Value::into_text).unwrap_or_default(),
        flags: 0,
        name: field::text(tree.get("name"), "name")?,
        kind,
        start,
        end: field::end(start, duration)?,
        attributes: tags,
        events,
        links,
        status,
    };
    record.write(w);
    Ok(())
}

/// All of Zipkin's tags are text.
fn tags<'t>(tree: &'t Tree<'t>) -> Result<Attributes<'t>, String> {
    if !matches!(tree, Tree::Null | Tree::Object(_)) {
        return Err(format!("tags are no object: `{}`", field::shown(tree)));
    }
    let mut tags = Attributes::default();
    for (key, value) in tree.members() {
        let text = field::text(value, "a tag")?;
        tags.put(key.as_slice(), Value::Text(text));
    }
    Ok(tags)
}

#[derive(Default)]
struct Endpoint<'t> {
    service: Cow<'t, [u8]>,
    address: Option<String>,
    port: u16,
}

impl<'t> Endpoint<'t> {
    fn of(tree: &'t Tree<'t>, what: &str) -> Result<Self, String> {
        if !matches!(tree, Tree::Null | Tree::Object(_)) {
            return Err(format!("{what} is no object: `{}`", field::shown(tree)));
        }
        let port = tree.get("port");
        let (earlier, later) = (address(tree.get("ipv4"))?, address(tree.get("ipv6"))?);
        Ok(Endpoint {
            service: field::text(tree.get("serviceName"), "serviceName")?,
            // Where there are both, the later one counts.
            address: later.or(earlier),
            port: match port {
                Tree::Null => 0,
                Tree::Number(_) => port
                    .uint()
                    .and_then(|port| u16::try_from(port).ok())
                    .ok_or_else(|| format!("no port: `{}`", field::shown(port)))?,
                other => return Err(format!("no port: `{}`", field::shown(other))),
            },
        })
    }

    fn put(self, attributes: &mut Attributes<'t>, address: &'static str, port: &'static str) {
        if let Some(text) = self.address {
            attributes.put_text(address, text.into_bytes());
        }
        if self.port > 0 {
            attributes.put(port.as_bytes(), Value::Int(i64::from(self.port)));
        }
    }
}

/// An address in its canonical form.
fn address(tree: &Tree<'_>) -> Result<Option<String>, String> {
    let text = field::text(tree, "an address")?;
    if text.is_empty() {
        return Ok(None);
    }
    let address: Option<IpAddr> = std::str::from_utf8(&text).ok().and_then(|t| t.parse().ok());
    let address = address.ok_or_else(|| format!("no address: `{}`", field::shown(tree)))?;
    // IPv4 in IPv6 clothes is written as IPv4.
    Ok(Some(address.to_canonical().to_string()))
}

/// Names of a scope, the newer key first; a version only with a name.
fn scope<'t>(tags: &mut Attributes<'t>) -> (Cow<'t, [u8]>, Cow<'t, [u8]>) {
    let mut take = |newer: &str, older: &str| {
        let (newer, older) = (tags.take(newer), tags.take(older));
        newer.or(older).map(Value::into_text).unwrap_or_default()
    };
    let name = take("otel.scope.name", "otel.library.name");
    let version = take("otel.scope.version", "otel.library.version");
    if name.is_empty() {
        return Default::default();
    }
    (name, version)
}

/// The resource: the service, under the key that a tag may name, and the tags with keys of resources. A
/// span without a service has an empty one.
fn resource<'t>(service: &Cow<'t, [u8]>, tags: &mut Attributes<'t>) -> Attributes<'t> {
    let mut resource = Attributes::default();
    let source = tags.take("otlp.service.name.source").map(Value::into_text);
    // What the Collector's exporters write where there was no service name.
    if service.is_empty() || **service == *b"OTLPResourceNoServiceName" {
        return resource;
    }
    let key = source.filter(|key| !key.is_empty());
    let key = key.unwrap_or(Cow::Borrowed(b"service.name"));
    resource.put(key, Value::Text(service.clone()));
    for key in RESOURCE_KEYS {
        if let Some(value) = tags.take(key) {
            resource.put(key.as_bytes(), value);
        }
    }
    resource
}

fn is_of_resource(key: &[u8]) -> bool {
    RESOURCE_KEYS.iter().any(|known| known.as_bytes() == key)
}

/// In capitals, or `internal` in a tag.
fn kind(kind: &Tree<'_>, tags: &mut Attributes<'_>) -> Result<u64, String> {
    Ok(match &*field::text(kind, "kind")? {
        b"SERVER" => 2,
        b"CLIENT" => 3,
        b"PRODUCER" => 4,
        b"CONSUMER" => 5,
        _ => match tags.take("span.kind") {
            Some(kind) if kind.text() == b"internal" => 1,
            _ => 0,
        },
    })
}

/// `otel.status_code` by its names, then `error` with any value at all.
fn status<'t>(tags: &mut Attributes<'t>) -> Status<'t> {
    let mut status = Status::default();
    if let Some(code) = tags.take("otel.status_code") {
        status.code = match code.text() {
            b"STATUS_CODE_OK" | b"Ok" => 1,
            b"STATUS_CODE_ERROR" | b"Error" => 2,
            _ => 0,
        };
        let message = tags.take("otel.status_description");
        status.message = message.map(Value::into_text).unwrap_or_default();
    }
    if let Some(error) = tags.get("error") {
        status.code = 2;
        if error.text() == b"true" {
            tags.take("error");
        }
    }
    status
}

/// How many links the Collector's exporter puts into tags.
const MOST_LINKS: usize = 128;

/// `otlp.link.0` and so on: `trace|span|state|attributes in JSON|dropped`.
fn links<'t>(tags: &mut Attributes<'t>) -> Result<Vec<Link<'t>>, String> {
    let mut links = Vec::new();
    for number in 0..MOST_LINKS {
        let Some(value) = tags.take(&format!("otlp.link.{number}")) else {
            break;
        };
        let text = value.text();
        let odd = || format!("no link: `{}`", excerpt(text));
        let mut parts = text.splitn(4, |byte| *byte == b'|');
        let (trace, span, state) = (parts.next(), parts.next(), parts.next());
        let Some(rest) = parts.next() else {
            continue;
        };
        let Some(last) = memchr::memrchr(b'|', rest) else {
            continue;
        };
        links.push(Link {
            trace: exact_id(trace.unwrap_or_default()).ok_or_else(odd)?,
            span: exact_id(span.unwrap_or_default()).ok_or_else(odd)?,
            state: Cow::Owned(state.unwrap_or_default().to_vec()),
            attributes: attributes(&rest[..last]).ok_or_else(odd)?,
            dropped_attributes: decimal(&rest[last + 1..]).ok_or_else(odd)?,
        });
    }
    Ok(links)
}

/// All `2N` digits, in quotes or not; nothing is zero.
fn exact_id<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let text = match text {
        [b'"', inner @ .., b'"'] => inner,
        plain => plain,
    };
    if text.is_empty() {
        return Some([0; N]);
    }
    scalar::short_id(text).filter(|_| text.len() == 2 * N)
}

fn decimal(text: &[u8]) -> Option<u32> {
    let is_plain = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text)
        .ok()
        .filter(|_| is_plain)?
        .parse()
        .ok()
}

/// Attributes in JSON, as the Collector's exporter writes them into text: numbers without a fraction
/// become whole ones, what is nested is left out.
fn attributes(text: &[u8]) -> Option<Attributes<'static>> {
    let mut cursor = Cursor::new(text);
    let tree = Tree::read(&mut cursor).ok()?;
    cursor.end().ok()?;
    if !matches!(tree, Tree::Null | Tree::Object(_)) {
        return None;
    }
    let mut attributes = Attributes::default();
    for (key, value) in tree.members() {
        let value = match value {
            Tree::Text(text) => Value::Text(Cow::Owned(text.to_vec())),
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Number(_) => match value.double()? {
                whole if whole.fract() == 0.0 => Value::Int(whole as i64),
                number => Value::Double(number),
            },
            Tree::Null | Tree::List(_) | Tree::Object(_) => continue,
        };
        attributes.put(key.clone(), value);
    }
    Some(attributes)
}

/// An annotation is an event; the Collector's exporter writes `name|attributes in JSON|dropped`.
fn event<'t>(annotation: &'t Tree<'t>) -> Result<Event<'t>, String> {
    let time = annotation.get("timestamp");
    let text = field::text(annotation.get("value"), "an annotation")?;
    let mut event = Event {
        time: field::micros(time, "an annotation's timestamp")?,
        ..Event::default()
    };
    if event.time == 0 {
        return Err(format!(
            "an annotation without a timestamp: `{}`",
            excerpt(&text)
        ));
    }
    let bars = memchr::memchr_iter(b'|', &text).count();
    let name = memchr::memchr(b'|', &text).unwrap_or(text.len());
    if bars >= 2
        && let Some(last) = memchr::memrchr(b'|', &text)
    {
        let odd = || {
            format!(
                "an annotation with bars that are no attributes: `{}`",
                excerpt(&text)
            )
        };
        event.attributes = attributes(&text[name + 1..last]).ok_or_else(odd)?;
        event.dropped_attributes = decimal(&text[last + 1..]).ok_or_else(odd)?;
    }
    event.name = Cow::Owned(text[..name].to_vec());
    Ok(event)
}

/// Tags with these keys stand for the resource (`nonSpanAttributes` of the receiver, from the semantic
/// conventions v1.18 to v1.40).
#[rustfmt::skip]
const RESOURCE_KEYS: [&str; 87] = [
    "aws.ecs.cluster.arn", "aws.ecs.container.arn", "aws.ecs.launchtype", "aws.ecs.task.arn",
    "aws.ecs.task.family", "aws.ecs.task.revision", "aws.eks.cluster.arn", "aws.log.group.arns",
    "aws.log.group.names", "aws.log.stream.arns", "aws.log.stream.names", "cloud.account.id",
    "cloud.availability_zone", "cloud.platform", "cloud.provider", "cloud.region",
    "cloud.resource_id", "container.id", "container.image.name", "container.image.tag",
    "container.name", "container.runtime", "deployment.environment", "device.id",
    "device.manufacturer", "device.model.identifier", "device.model.name", "faas.id",
    "faas.instance", "faas.max_memory", "faas.name", "faas.version", "host.arch", "host.id",
    "host.image.id", "host.image.name", "host.image.version", "host.name", "host.type",
    "k8s.cluster.name", "k8s.container.name", "k8s.container.restart_count", "k8s.cronjob.name",
    "k8s.cronjob.uid", "k8s.daemonset.name", "k8s.daemonset.uid", "k8s.deployment.name",
    "k8s.deployment.uid", "k8s.job.name", "k8s.job.uid", "k8s.namespace.name", "k8s.node.name",
    "k8s.node.uid", "k8s.pod.name", "k8s.pod.uid", "k8s.replicaset.name", "k8s.replicaset.uid",
    "k8s.statefulset.name", "k8s.statefulset.uid", "os.description", "os.name", "os.type",
    "os.version", "process.command", "process.command_args", "process.command_line",
    "process.executable.name", "process.executable.path", "process.owner", "process.pid",
    "process.runtime.description", "process.runtime.name", "process.runtime.version",
    "service.instance.id", "service.name", "service.namespace", "service.version",
    "telemetry.auto.version", "telemetry.sdk.language", "telemetry.sdk.name",
    "telemetry.sdk.version", "webengine.description", "webengine.name", "webengine.version",
    "opencensus.exporterversion", "opencensus.resourcetype", "opencensus.starttime",
];
