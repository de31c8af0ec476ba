//! Rules with order, structure and grouping over recorded traces: engine and oracle agree trace for trace.
//! A part of the traces by default; `BETRACE_REAL_ALL=1` takes them all.
#![allow(clippy::print_stdout, reason = "the tally of a run")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod given;

use betrace_sim::trial::{Tally, check};
use given::recordings::{self, TRAIN};
use given::rules;

/// One trace in so many by default.
const SHARE: usize = 16;

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

fn agree(file: &str, conditions: &[&str]) {
    let Some(traces) = recordings::larger(file, SHARE) else {
        return;
    };
    let rules = rules::of_conditions(conditions);
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
