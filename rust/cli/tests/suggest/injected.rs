//! Faults that are put into healthy traces of the shop. Of these some are good, some hold the fault now and then, and some are kept
//! back: on them the first suggestions have to catch what holds the fault, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::asked::{Asked, broken_by, first, repository, spans, text, written};
use super::support::*;

/// The spans of one trace, each with its resource.
type Spans = Vec<(Value, Value)>;

/// Puts the fault in; `false`: the trace has no place for it.
type Inject = fn(&mut Spans, usize) -> bool;

fn find<'s>(spans: &'s mut Spans, name: &str) -> Option<&'s mut Value> {
    let mut all = spans.iter_mut().map(|(_, span)| span);
    all.find(|span| span["name"] == name)
}

fn set(span: &mut Value, key: &str, value: Value) {
    let attributes = span["attributes"].as_array_mut().unwrap();
    attributes.retain(|one| one["key"] != key);
    attributes.push(json!({"key": key, "value": value}));
}

fn nanos(span: &Value, key: &str) -> u64 {
    span[key].as_str().unwrap().parse().unwrap()
}

fn shift(span: &mut Value, by: u64) {
    for key in ["startTimeUnixNano", "endTimeUnixNano"] {
        span[key] = json!((nanos(span, key) + by).to_string());
    }
}

const FAULTS: [(&str, Inject); 10] = [
    ("a call is missing", |spans, _| {
        let before = spans.len();
        spans.retain(|(_, span)| span["name"] != "INSERT orders");
        spans.len() < before
    }),
    ("two calls in the wrong order", |spans, _| {
        let Some(charge) = find(spans, "payment.charge_card").cloned() else {
            return false;
        };
        let end = nanos(&charge, "endTimeUnixNano");
        let Some(check) = find(spans, "payment.fraud_check") else {
            return false;
        };
        let by = end + 1000 - nanos(check, "startTimeUnixNano");
        shift(check, by);
        true
    }),
    ("a currency that nobody takes", |spans, n| {
        let currency = ["XTS", "XXX", "DEM"][n % 3];
        let charge = find(spans, "payment.charge_card");
        charge
            .map(|span| set(span, "currency", json!({"stringValue": currency})))
            .is_some()
    }),
    ("another amount is charged than was checked", |spans, n| {
        if find(spans, "payment.fraud_check").is_none() {
            return false;
        }
        let amount = 17.5 + n as f64;
        let charge = find(spans, "payment.charge_card");
        charge
            .map(|span| set(span, "amount", json!({"doubleValue": amount})))
            .is_some()
    }),
    ("a charge is made twice", |spans, _| {
        let Some(charge) = spans
            .iter()
            .find(|(_, span)| span["name"] == "payment.charge_card")
        else {
            return false;
        };
        let (resource, mut again) = charge.clone();
        again["spanId"] = json!("00000000000000aa");
        shift(&mut again, 3_000_000);
        spans.push((resource, again));
        true
    }),
    ("a query fails and is answered as success", |spans, _| {
        let query = find(spans, "INSERT charges");
        query
            .map(|span| span["status"] = json!({"code": 2}))
            .is_some()
    }),
    ("a call takes as long as its timeout", |spans, _| {
        let Some(query) = find(spans, "UPDATE stock") else {
            return false;
        };
        let end = nanos(query, "startTimeUnixNano") + 5_000_000_000;
        query["endTimeUnixNano"] = json!(end.to_string());
        true
    }),
    (
        "a service is called by another one than ever",
        |spans, _| {
            let root = spans
                .iter()
                .find(|(_, span)| span["parentSpanId"].as_str().unwrap_or("").is_empty());
            let id = root.unwrap().1["spanId"].clone();
            let charges = find(spans, "POST /charges");
            charges.map(|span| span["parentSpanId"] = id).is_some()
        },
    ),
    ("a query for each row", |spans, _| {
        let Some(query) = spans
            .iter()
            .find(|(_, span)| span["name"] == "UPDATE stock")
        else {
            return false;
        };
        let query = query.clone();
        for n in 0..25 {
            let (resource, mut again) = query.clone();
            again["spanId"] = json!(format!("00000000000001{n:02}"));
            spans.push((resource, again));
        }
        true
    }),
    ("a charge of nothing", |spans, _| {
        let charge = find(spans, "payment.charge_card");
        charge
            .map(|span| set(span, "amount", json!({"doubleValue": -1.0})))
            .is_some()
    }),
];

/// The traces of a recording, by their ids.
fn traces(path: &str) -> BTreeMap<String, Spans> {
    let mut traces: BTreeMap<String, Spans> = BTreeMap::new();
    for (resource, span) in spans(&text(path)) {
        let id = span["traceId"].as_str().unwrap().to_owned();
        traces.entry(id).or_default().push((resource, span));
    }
    traces
}

#[test]
fn faults_of_ten_kinds_are_found_among_the_first_three() {
    let healthy = traces(&repository("testdata/traces/healthy.jsonl.zst"));
    let mut missed = Vec::new();
    for (fault, inject) in FAULTS {
        let desk = Desk::with(&[]);
        let mut parts = [const { Vec::new() }; 3];
        let mut broken = BTreeSet::new();
        for (n, (id, spans)) in healthy.iter().enumerate() {
            // Half of the traces are good, a quarter is bad, the last quarter is kept back.
            let part = [0, 1, 0, 2][n % 4];
            let mut spans = spans.clone();
            if part > 0 && n / 4 % 2 == 0 && inject(&mut spans, n) {
                broken.extend((part == 2).then(|| id.clone()));
            }
            parts[part].extend(spans);
        }
        for (name, spans) in ["good.jsonl", "bad.jsonl", "unseen.jsonl"]
            .iter()
            .zip(&parts)
        {
            desk.write(name, written(spans).as_bytes());
        }
        assert!(broken.len() >= 2, "{fault}: {broken:?}");
        let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
        let is_found =
            first(&asked, 3).any(|rule| broken_by(&desk, rule, "unseen.jsonl") == broken);
        if !is_found {
            missed.push(format!("{fault}: {:#?}\n{}", asked.rules(), asked.err));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
