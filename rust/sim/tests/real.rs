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
use given::recordings::{self, BOUTIQUE, TRAIN};
use given::rules;

/// One trace in so many by default.
const SHARE: usize = 16;

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
    agree("online-boutique-checkout-return.jsonl.zst", &BOUTIQUE);
}

#[test]
fn on_a_frontend_that_throws() {
    agree("online-boutique-frontend-exception.jsonl.zst", &BOUTIQUE);
}

#[test]
fn on_deep_traces_that_were_cut() {
    agree("train-ticket-normal.jsonl.zst", &TRAIN);
}
