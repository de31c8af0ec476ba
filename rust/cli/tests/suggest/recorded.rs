//! The faults of the recordings of `testdata/traces`, and of a recorded system where it is there.

use std::collections::BTreeSet;

use super::asked::{Asked, broken_by, first, repository, split};
use super::support::*;

/// A recording, a rule that says what is wrong in it, and in how many of its traces.
const FAULTS: [(&str, &str, usize); 5] = [
    (
        "missing-audit-record",
        "when { database.query_pii } always { audit.log }",
        3,
    ),
    ("retry-storm", "never { count(http.retry) > 3 }", 5),
    (
        "skipped-fraud-check",
        "when { payment.charge_card.where(amount > 1000) } always { payment.fraud_check } never { payment.bypass_validation }",
        4,
    ),
    (
        "unapproved-tool",
        "when { \"execute_tool issue_refund\" } always { agent.approve_tool }",
        2,
    ),
    (
        "unauthorised-access",
        "when { \"PUT /admin/prices/{sku}\" } always { auth.check_admin }",
        2,
    ),
];

#[test]
fn each_fault_of_the_shop_is_found_among_the_first_three() {
    for (fault, truth, count) in FAULTS {
        let desk = Desk::with(&[]);
        let recording = repository(&format!("testdata/traces/{fault}.jsonl"));
        let healthy = repository("testdata/traces/healthy.jsonl.zst");
        // Every other healthy trace is kept back.
        let (seen, unseen) = split(&healthy);
        desk.write("good.jsonl", seen.as_bytes());
        let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", &recording]);
        let broken = broken_by(&desk, truth, &recording);
        assert_eq!(broken.len(), count, "{fault}");
        desk.write("unseen.jsonl", unseen.as_bytes());
        let is_found = asked.rules().iter().take(3).any(|rule| {
            let caught = broken_by(&desk, rule, &recording);
            caught == broken && broken_by(&desk, rule, "unseen.jsonl").is_empty()
        });
        assert!(is_found, "{fault}: {:?}\n{}", asked.rules(), asked.err);
    }
}

#[test]
fn what_is_suggested_is_a_rule_file_without_a_word_against_it_whose_tests_pass() {
    for (fault, ..) in FAULTS {
        let desk = Desk::with(&[]);
        let recording = repository(&format!("testdata/traces/{fault}.jsonl"));
        let healthy = repository("testdata/traces/healthy.jsonl.zst");
        let ran = desk.run(&[
            "suggest", "--good", &healthy, "--bad", &recording, "--format", "yaml",
        ]);
        assert_eq!(ran.code, 1, "{fault}: {}", ran.err);
        desk.write("suggested.yaml", ran.out.as_bytes());
        for args in [
            &["check", "--strict", "suggested.yaml"][..],
            &["fmt", "--check", "suggested.yaml"],
            &["test", "suggested.yaml"],
        ] {
            let ran = desk.run(args);
            assert_eq!(ran.code, 0, "{fault}: {args:?}: {}{}", ran.out, ran.err);
        }
        assert!(ran.out.contains("expect: violated"), "{fault}: {}", ran.out);
        assert!(
            ran.out.contains("expect: satisfied"),
            "{fault}: {}",
            ran.out
        );
        if fault == "retry-storm" {
            // What is kept is shown on what the rule speaks of, not on any span at all.
            assert!(!ran.out.contains("SELECT products"), "{}", ran.out);
        }
    }
}

#[test]
fn orders_that_were_cut_short_are_found_and_are_those_that_nobody_saw() {
    let Some(data) = shared_data() else { return };
    let desk = Desk::with(&[]);
    let good = data.join("online-boutique-normal.jsonl.zst");
    let bad = data.join("online-boutique-checkout-return.jsonl.zst");
    let truth = "when { \"hipstershop.CheckoutService/ChargeCard\" } always { \"hipstershop.CheckoutService/ShipOrder\" }";
    let (good_seen, good_unseen) = split(&good.to_string_lossy());
    let (bad_one, bad_other) = split(&bad.to_string_lossy());
    desk.write("good.jsonl", good_seen.as_bytes());
    desk.write("good-unseen.jsonl", good_unseen.as_bytes());
    let mut all = 0;
    // Of the five broken traces two are seen, or the other three.
    for (bad_seen, bad_unseen) in [(&bad_one, &bad_other), (&bad_other, &bad_one)] {
        desk.write("bad.jsonl", bad_seen.as_bytes());
        desk.write("bad-unseen.jsonl", bad_unseen.as_bytes());
        let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
        let unseen = broken_by(&desk, truth, "bad-unseen.jsonl");
        assert!(unseen.len() >= 2, "{unseen:?}");
        all += unseen.len();
        let is_found = first(&asked, 3).any(|rule| {
            let alarms: BTreeSet<String> = broken_by(&desk, rule, "good-unseen.jsonl");
            broken_by(&desk, rule, "bad-unseen.jsonl") == unseen && alarms.len() <= 3
        });
        assert!(is_found, "{:?}\n{}", asked.rules(), asked.err);
    }
    assert_eq!(all, 5);
}
