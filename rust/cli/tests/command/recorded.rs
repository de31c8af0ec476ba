//! Recorded traces of real systems, read a second time by a few lines that share nothing with the product.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use super::support::*;
use serde_json::Value;

const RULES: &str = r#"
rules:
  - id: orders-are-paid
    condition: |
      when { "hipstershop.CheckoutService/PlaceOrder" }
      always { "grpc.hipstershop.PaymentService/Charge" }
  - id: paid-orders-are-shipped
    condition: |
      when each { "hipstershop.CheckoutService/ChargeCard" as c }
      always { "hipstershop.CheckoutService/ShipOrder" after c }
  - id: orders-are-confirmed
    condition: |
      when { "hipstershop.CheckoutService/PlaceOrder" }
      always { "/hipstershop.EmailService/SendOrderConfirmation" inside "hipstershop.CheckoutService/PlaceOrder" }
"#;

/// Span names by trace.
fn names_by_trace(path: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut text = String::new();
    zstd::Decoder::new(std::fs::File::open(path).unwrap())
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let mut traces: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        for span in request["resourceSpans"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|r| r["scopeSpans"].as_array().unwrap())
            .flat_map(|s| s["spans"].as_array().unwrap())
        {
            let trace = span["traceId"].as_str().unwrap().to_owned();
            traces
                .entry(trace)
                .or_default()
                .insert(span["name"].as_str().unwrap().to_owned());
        }
    }
    traces
}

/// Traces that have one name and lack another.
fn lacking(
    traces: &BTreeMap<String, BTreeSet<String>>,
    has: &str,
    lacks: &str,
) -> BTreeSet<String> {
    traces
        .iter()
        .filter(|(_, names)| names.contains(has) && !names.contains(lacks))
        .map(|(id, _)| id.clone())
        .collect()
}

#[test]
fn orders_that_were_cut_short_are_found_and_no_others() {
    let Some(data) = shared_data() else { return };
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let mut shortened = 0;
    for file in [
        "online-boutique-checkout-return.jsonl.zst",
        "online-boutique-normal.jsonl.zst",
        "online-boutique-frontend-exception.jsonl.zst",
    ] {
        let path = data.join(file);
        let traces = names_by_trace(&path);
        let ran = desk.run(&[
            "replay",
            "--rules",
            "rules.yaml",
            "--format",
            "json",
            path.to_str().unwrap(),
        ]);
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in ran.json_lines() {
            assert_eq!(
                line["verdict"], "violated",
                "every trace of these recordings has its root"
            );
            found
                .entry(line["rule"].as_str().unwrap().to_owned())
                .or_default()
                .insert(line["trace_id"].as_str().unwrap().to_owned());
        }
        let place = "hipstershop.CheckoutService/PlaceOrder";
        for (rule, lacks) in [
            ("orders-are-paid", "grpc.hipstershop.PaymentService/Charge"),
            (
                "paid-orders-are-shipped",
                "hipstershop.CheckoutService/ShipOrder",
            ),
            (
                "orders-are-confirmed",
                "/hipstershop.EmailService/SendOrderConfirmation",
            ),
        ] {
            let expected = lacking(&traces, place, lacks);
            shortened += expected.len();
            assert_eq!(
                found.remove(rule).unwrap_or_default(),
                expected,
                "{file}: {rule}"
            );
        }
        assert!(found.is_empty());
        assert!(
            ran.err
                .contains(&format!("in {} traces", thousands(traces.len()))),
            "{}",
            ran.err
        );
    }
    assert_eq!(
        shortened, 10,
        "five orders that were charged, and neither shipped nor confirmed"
    );
}

fn thousands(count: usize) -> String {
    if count < 1000 {
        count.to_string()
    } else {
        format!("{},{:03}", count / 1000, count % 1000)
    }
}

#[test]
fn a_folder_of_recordings_is_read_whole() {
    let Some(data) = shared_data() else { return };
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--verdicts",
        "violated",
        "--summary",
        data.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("123,563 spans in 2,570 traces"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("README.md: skipped, not traces"),
        "{}",
        ran.err
    );
}
