//! Rules with order, structure and grouping over recorded traces: engine and oracle agree trace for trace.
//! A part of the traces by default; `BETRACE_REAL_ALL=1` takes them all.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a skip is said")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_sim::generate::Source;
use betrace_sim::model::{Span, Value, unhex};
use betrace_sim::trial::{Tally, check};
use serde_json::Value as Json;

const SHOP: [&str; 16] = [
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
];

const TRAIN: [&str; 6] = [
    r#"never { count(any) by parent > 9 }"#,
    r#"when each { "OrderRepository.findByTravelDateAndTrainNumber" as r } always { "SELECT Order" child of r }"#,
    r#"when each { "SELECT ts.orders" as s } always { s inside "SELECT Order" }"#,
    r#"never { "HTTP POST" then "HTTP GET" then "SELECT ts.config" within 1ms }"#,
    r#"when { "ConfigController.retrieve" } never { count("ConfigController.retrieve" inside "SeatController.getLeftTicketOfInterval") >= 1 }"#,
    r#"always { trace:spanCount <= 200 and trace:duration < 2s }"#,
];

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("BETRACE_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let folder = named.unwrap_or(beside).join("data");
    folder.is_dir().then_some(folder)
}

fn text(json: &Json, key: &str) -> String {
    json[key].as_str().unwrap_or_default().to_owned()
}

fn attribute(json: &Json) -> (String, Value) {
    (
        text(json, "key"),
        Value::Text(text(&json["value"], "stringValue")),
    )
}

/// The traces of a recording in OTLP JSON lines, each in its order of arrival.
fn read(file: &Path) -> Vec<Vec<Span>> {
    let bytes = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    let mut traces: BTreeMap<[u8; 16], Vec<Span>> = BTreeMap::new();
    let list = |json: &Json| json.as_array().unwrap().clone();
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let request: Json = serde_json::from_slice(line).unwrap();
        for group in list(&request["resourceSpans"]) {
            let resource: Vec<_> = list(&group["resource"]["attributes"])
                .iter()
                .map(attribute)
                .collect();
            let scopes = list(&group["scopeSpans"]);
            for span in scopes.iter().flat_map(|scope| list(&scope["spans"])) {
                let read = Span {
                    trace: unhex(&text(&span, "traceId")).unwrap(),
                    id: unhex(&text(&span, "spanId")).unwrap(),
                    parent: unhex(&text(&span, "parentSpanId")),
                    name: text(&span, "name"),
                    kind: span["kind"].as_i64().unwrap_or(0) as i32,
                    start: text(&span, "startTimeUnixNano").parse().unwrap(),
                    end: text(&span, "endTimeUnixNano").parse().unwrap(),
                    resource: resource.clone(),
                    ..Span::default()
                };
                traces.entry(read.trace).or_default().push(read);
            }
        }
    }
    traces.into_values().collect()
}

fn agree(file: &str, conditions: &[&str]) {
    let Some(folder) = folder() else {
        // Not through println!, which a test that passes keeps for itself.
        let why = "is not here: BETRACE_SHARED names the folder that holds data/";
        let _ = writeln!(std::io::stderr(), "skipped: {file} {why}");
        return;
    };
    let compile = |(index, condition): (usize, &&str)| {
        let source = Source {
            condition: (*condition).to_owned(),
            ..Source::default()
        };
        let rule = source.check(&format!("rule-{index}"));
        rule.unwrap_or_else(|fault| panic!("{condition}: {fault}"))
    };
    let rules: Vec<Arc<Rule>> = conditions.iter().enumerate().map(compile).collect();
    let every = std::env::var("BETRACE_REAL_ALL").map_or(16, |_| 1);
    let traces: Vec<Vec<Span>> = read(&folder.join(file))
        .into_iter()
        .step_by(every)
        .collect();
    let mut tally = Tally::default();
    for (salt, some) in traces.chunks(20).enumerate() {
        match check(&rules, some, salt as u64, |_| true) {
            Ok(part) => tally.add(&part),
            Err(found) => panic!("{file}: {}: {found}", conditions[found.rule]),
        }
    }
    println!("{file}: {} traces; {tally}", traces.len());
}

#[test]
fn on_orders_that_were_not_paid() {
    agree("online-boutique-checkout-return.jsonl.zst", &SHOP);
}

#[test]
fn on_a_frontend_that_throws() {
    agree("online-boutique-frontend-exception.jsonl.zst", &SHOP);
}

#[test]
fn on_deep_traces_that_were_cut() {
    agree("train-ticket-normal.jsonl.zst", &TRAIN);
}
