//! Every code of conditions, macros and messages: its bad example gives it, its good one does not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::codes::declarations;
use betrace_lang::{Fault, Limits, Vocabulary, check_condition, check_template};
use support::{shown, vocabulary};

/// Small, so that examples of what is too large stay readable.
fn limits() -> Limits {
    Limits {
        rule_bytes: 400,
        nesting: 8,
        name_bytes: 60,
        list_literals: 6,
        regex_bytes: 100_000,
        macro_nodes: 40,
        ..Limits::default()
    }
}

fn faults_of(example: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let vocabulary = vocabulary();
    if let Some(message) = example.strip_prefix("message: ") {
        let rule = "when each { payment as p } always { audit after p }";
        let body = check_condition(rule, &vocabulary, &limits(), &mut faults).unwrap();
        check_template(message, &body, &Vocabulary::new(), &mut faults);
    } else {
        check_condition(example, &vocabulary, &limits(), &mut faults);
    }
    faults
}

/// What cannot be read as it stands, in all the ways in which it cannot.
const UNREADABLE: &[&str] = &[
    "",
    "never { any.where(span:duration > 1.00000000001ns) }",
    "never { any.where(span:duration > -5s) }",
    "never { any.where(span:duration > 9999999d) }",
    "never { payment ) }",
    "never { payment ] }",
    "when { payment } always { audit } }",
    "never { payment and }",
    "never { payment or or audit }",
    "never { and payment }",
    "never { payment audit }",
    "never { payment 5 }",
    "never { payment.where() }",
    "never { payment.where(amount >) }",
    "never { payment.where(amount > 5 6) }",
    "never { payment.where(processor in) }",
    "never { payment.where(processor in []) }",
    "never { payment.where(user matches) }",
    "never { payment.where(user matches \"[\") }",
    "never { payment.where(user matches \"(a\") }",
    "never { payment.where(user matches \"a{2,1}\") }",
    "never { payment.where(user contains) }",
    "never { count(payment) > }",
    "never { count(payment) by > 3 }",
    "never { payment before }",
    "never { payment before audit within }",
    "never payment",
    "never { }",
    "always { }",
    "when { } always { audit }",
    "when { payment } always { }",
    "when each { } always { audit }",
    "when each { payment as } always { audit }",
    "when { payment } always { audit } 5",
    "over 5m never { }",
    "over never { count(payment) > 3 }",
    "when payment always { audit }",
];

#[test]
fn each_error_has_a_way_out() {
    let mut without = String::new();
    let conditions = declarations().filter(|one| one.code.0[1..].starts_with("01"));
    for text in conditions
        .map(|one| one.bad)
        .chain(UNREADABLE.iter().copied())
    {
        let faults = faults_of(text);
        let errors = faults.iter().filter(|fault| fault.is_error());
        for fault in errors.filter(|fault| fault.help.is_none() && fault.suggestion.is_none()) {
            without += &format!("{}: {text}\n  {}\n", fault.code.0, fault.message);
        }
    }
    assert_eq!(without, "");
    let read: Vec<_> = UNREADABLE
        .iter()
        .filter(|text| !faults_of(text).iter().any(Fault::is_error))
        .collect();
    assert_eq!(read, [&""; 0]);
}

#[test]
fn a_bad_example_gives_its_code_and_a_good_one_does_not() {
    let mut wrong = String::new();
    let mut count = 0;
    for declaration in declarations() {
        let number: u32 = declaration.code.0[1..].parse().unwrap();
        if !(100..200).contains(&number) {
            // Those of files and tests, whose examples are whole files.
            assert!(number < 100 || (250..260).contains(&number), "{number}");
            continue;
        }
        count += 1;
        let bad = faults_of(declaration.bad);
        if !bad.iter().any(|fault| fault.code == declaration.code) {
            wrong += &format!(
                "{} bad: {}\n{}\n",
                declaration.code.0,
                declaration.bad,
                shown(declaration.bad, &bad)
            );
        }
        let good = faults_of(declaration.good);
        if good
            .iter()
            .any(|fault| fault.code == declaration.code || fault.is_error())
        {
            wrong += &format!(
                "{} good: {}\n{}\n",
                declaration.code.0,
                declaration.good,
                shown(declaration.good, &good)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 80, "{count}");
}
