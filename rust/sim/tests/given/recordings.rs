//! Recorded traces: those of this repository, and larger ones where they are present.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use betrace_sim::model::{Attributes, Event, Scope, Span, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span as WireSpan;

use super::repository;

/// What holds of the traces of an online boutique, or does not.
pub const BOUTIQUE: [&str; 17] = [
    r#"when each { "hipstershop.CheckoutService/PlaceOrder" as order } always { "hipstershop.PaymentService/Charge" inside order }"#,
    r#"when { "hipstershop.CheckoutService/PlaceOrder" } always { "hipstershop.CheckoutService/PrepOrderItems" then "hipstershop.CheckoutService/ChargeCard" }"#,
    r#"when each { "hipstershop.PaymentService/Charge" as c } always { c inside "hipstershop.CheckoutService/ChargeCard" }"#,
    r#"when each { "hipstershop.PaymentService/Charge" as c } always { "hipstershop.ShippingService/GetQuote" before c }"#,
    r#"never { count("hipstershop.CurrencyService/Convert") by parent > 8 }"#,
    r#"never { count(any) by resource.service.name > 30 }"#,
    r#"never { count(any) by span:name >= 12 }"#,
    r#"when each { "sql.conn.query" as q } always { "sql.rows" sibling of q }"#,
    r#"when each { "sql.conn.query" as q } always { "sql.rows" after q within 5ms }"#,
    r#"when each { ("hipstershop.ProductCatalogService/GetProduct" child of root) as p } always { any.where(resource.service.name == productcatalogservice) inside p }"#,
    r#"never { "hipstershop.CurrencyService/Convert" before "hipstershop.CartService/GetCart" within 2ms }"#,
    r#"never { "sql.rows" between "hipstershop.CurrencyService/Convert" and next "hipstershop.CartService/GetCart" }"#,
    r#"never { count("sql.rows" after "hipstershop.CartService/GetCart" until next "hipstershop.AdService/GetAds") > 3 }"#,
    r#"when { root } always { max(any inside root, span:duration) <= 1 * max(root, span:duration) }"#,
    r#"when each { (any.where(resource.service.name == frontend) child of root) as f, (any child of f) as g } always { g inside root } never { g before f }"#,
    r#"never { sum("sql.conn.query", span:duration) > 0.5 * sum(root, span:duration) }"#,
    r#"always { trace:spanCount <= 60 and trace:duration < 2s }"#,
];

/// What holds of the traces of a train-ticket shop, or does not.
pub const TRAIN: [&str; 6] = [
    r#"never { count(any) by parent > 9 }"#,
    r#"when each { "OrderRepository.findByTravelDateAndTrainNumber" as r } always { "SELECT Order" child of r }"#,
    r#"when each { "SELECT ts.orders" as s } always { s inside "SELECT Order" }"#,
    r#"never { "HTTP POST" then "HTTP GET" then "SELECT ts.config" within 1ms }"#,
    r#"when { "ConfigController.retrieve" } never { count("ConfigController.retrieve" inside "SeatController.getLeftTicketOfInterval") >= 1 }"#,
    r#"always { trace:spanCount <= 200 and trace:duration < 2s }"#,
];

/// One trace in `share` of a recording that does not come with this repository, or all where `BETRACE_REAL_ALL` says so. It
/// lies in `data` of the folder that `BETRACE_SHARED` names, and has to be there then; else of `shared` beside the checkout, and
/// where it does not, that is said.
pub fn larger(file: &str, share: usize) -> Option<Vec<Vec<Span>>> {
    let named = std::env::var_os("BETRACE_SHARED").map(PathBuf::from);
    let is_named = named.is_some();
    let folder = named.unwrap_or_else(|| repository().join("../shared"));
    let path = folder.join("data").join(file);
    if !path.is_file() {
        assert!(!is_named, "{} is not there", path.display());
        // Not through println!, which a test that passes keeps for itself.
        let why = "is not here: BETRACE_SHARED names the folder that holds data/";
        let _ = writeln!(std::io::stderr(), "skipped: {file} {why}");
        return None;
    }
    let every = std::env::var("BETRACE_REAL_ALL").map_or(share, |_| 1);
    Some(read(&path).into_iter().step_by(every).collect())
}

fn value(from: &Option<AnyValue>) -> Value {
    use any_value::Value as Wire;
    match from.as_ref().and_then(|value| value.value.as_ref()) {
        None => Value::Empty,
        Some(Wire::StringValue(text)) => Value::Text(text.clone()),
        Some(Wire::BoolValue(is)) => Value::Bool(*is),
        Some(Wire::IntValue(number)) => Value::Int(*number),
        Some(Wire::DoubleValue(number)) => Value::Float(*number),
        Some(Wire::BytesValue(bytes)) => Value::Bytes(bytes.clone()),
        Some(Wire::ArrayValue(array)) => Value::Array(
            array
                .values
                .iter()
                .map(|one| value(&Some(one.clone())))
                .collect(),
        ),
        Some(Wire::KvlistValue(map)) => Value::Map(attributes(&map.values)),
        Some(other) => panic!("a value that is not read here: {other:?}"),
    }
}

fn attributes(from: &[KeyValue]) -> Attributes {
    from.iter()
        .map(|pair| (pair.key.clone(), value(&pair.value)))
        .collect()
}

fn span(from: &WireSpan, resource: &Attributes, scope: &Scope) -> Span {
    let events = from.events.iter().map(|event| Event {
        name: event.name.clone(),
        time: event.time_unix_nano,
        attributes: attributes(&event.attributes),
    });
    let status = from.status.clone().unwrap_or_default();
    Span {
        trace: from.trace_id.clone().try_into().unwrap(),
        id: from.span_id.clone().try_into().unwrap(),
        parent: from.parent_span_id.clone().try_into().ok(),
        name: from.name.clone(),
        kind: from.kind,
        start: from.start_time_unix_nano,
        end: from.end_time_unix_nano,
        status: status.code,
        message: status.message,
        attributes: attributes(&from.attributes),
        resource: resource.clone(),
        scope: scope.clone(),
        events: events.collect(),
        // They name traces by ids that are others in a test.
        links: Vec::new(),
    }
}

/// The traces of a recording in OTLP JSON lines, compressed or not, each in its order of arrival.
pub fn read(file: &Path) -> Vec<Vec<Span>> {
    let bytes = std::fs::read(file).unwrap();
    let bytes = match file.extension().is_some_and(|extension| extension == "zst") {
        true => zstd::decode_all(bytes.as_slice()).unwrap(),
        false => bytes,
    };
    let mut traces: BTreeMap<[u8; 16], Vec<Span>> = BTreeMap::new();
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let request: ExportTraceServiceRequest = serde_json::from_slice(line).unwrap();
        for group in &request.resource_spans {
            let resource = group
                .resource
                .as_ref()
                .map(|one| attributes(&one.attributes));
            let resource = resource.unwrap_or_default();
            for spans in &group.scope_spans {
                let scope = spans.scope.clone().unwrap_or_default();
                let scope = Scope {
                    name: scope.name,
                    version: scope.version,
                    attributes: attributes(&scope.attributes),
                };
                for one in &spans.spans {
                    let read = span(one, &resource, &scope);
                    traces.entry(read.trace).or_default().push(read);
                }
            }
        }
    }
    assert!(!traces.is_empty(), "{} holds no trace", file.display());
    traces.into_values().collect()
}
