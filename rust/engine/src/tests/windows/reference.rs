//! Against the figures of SciPy, statsmodels, NumPy and fairlearn in `testdata/windows/reference.json`, which
//! `testdata/windows/make.py` writes.

use std::path::Path;

use betrace_lang::rule::Number;
use serde_json::Value;

use super::{hold, number, sketch};
use crate::logic::interval::End;
use crate::tests::rules::rules;
use crate::tests::spans::{at, span};
use crate::window::share::{Confidence, Estimate, Limits, Proportion, difference, ratio, wilson};
use crate::window::tail::{at_least, normal_deviate};
use crate::window::total::{Range, Total};

fn reference() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/windows/reference.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap()
}

/// A double, written as text so that no bit of it is lost.
fn float(value: &Value) -> Number {
    number(value.as_str().unwrap().parse().unwrap())
}

fn pair(value: &Value) -> Limits {
    let ends = list(value);
    let end = |at: usize| ends[at].as_f64().unwrap_or(f64::INFINITY);
    Limits {
        low: end(0),
        high: end(1),
    }
}

fn confidence(case: &Value) -> Confidence {
    Confidence::of_percent(case["confidence"].as_f64().unwrap() * 100.0).unwrap()
}

fn share(successes: u64, trials: u64) -> Proportion {
    Proportion {
        successes,
        failures: trials - successes,
        unknown: 0,
    }
}

fn assert_near(found: f64, right: f64, tolerance: f64, of: &Value) {
    let is_near = found == right || (found - right).abs() <= tolerance * right.abs().max(1e-300);
    assert!(is_near, "{found} is not {right}: {of}");
}

fn assert_limits(found: Limits, right: Limits, tolerance: f64, of: &Value) {
    // Of a limit near 1 what is missing counts, of one near 0 what there is.
    for (found, right) in [(found.low, right.low), (found.high, right.high)] {
        let is_near =
            found == right || (found - right).abs() <= tolerance * right.abs().max(1e-300);
        assert!(
            is_near || (found - right).abs() <= 1e-12,
            "{found} is not {right}: {of}"
        );
    }
}

#[test]
fn normal_deviates_are_those_of_scipy() {
    let reference = reference();
    for case in list(&reference["deviates"]) {
        let (tail, right) = (case[0].as_f64().unwrap(), case[1].as_f64().unwrap());
        assert_near(normal_deviate(tail), right, 1e-14, case);
    }
}

#[test]
fn binomial_tails_are_those_of_scipy() {
    let reference = reference();
    for case in list(&reference["tails"]) {
        let whole = |name: &str| case[name].as_u64().unwrap();
        let tail = at_least(
            whole("least"),
            whole("trials"),
            case["chance"].as_f64().unwrap(),
        );
        assert_near(tail, case["tail"].as_f64().unwrap(), 1e-9, case);
    }
}

#[test]
fn limits_of_shares_are_those_of_statsmodels() {
    let reference = reference();
    assert_eq!(list(&reference["shares"]).len(), 80);
    for case in list(&reference["shares"]) {
        let (successes, trials) = (
            case["successes"].as_u64().unwrap(),
            case["trials"].as_u64().unwrap(),
        );
        let confidence = confidence(case);
        let found = share(successes, trials).limits(confidence);
        assert_limits(found, pair(&case["exact"]), 1e-8, case);
        let found = wilson(successes as f64 / trials as f64, trials as f64, confidence);
        assert_limits(found, pair(&case["wilson"]), 1e-9, case);
    }
}

#[test]
fn differences_and_ratios_are_those_of_statsmodels() {
    let reference = reference();
    for case in list(&reference["pairs"]) {
        let counts: Vec<u64> = list(&case["counts"])
            .iter()
            .map(|count| count.as_u64().unwrap())
            .collect();
        let confidence = confidence(case);
        let (one, other) = (share(counts[0], counts[1]), share(counts[2], counts[3]));
        let by_wilson = |share: Proportion| {
            let trials = (share.successes + share.failures) as f64;
            let value = share.value().unwrap();
            Estimate {
                share: value,
                limits: wilson(value, trials, confidence),
            }
        };
        let found = difference(by_wilson(one), 1.0, by_wilson(other));
        assert_limits(found, pair(&case["newcombe"]), 1e-9, case);
        for expected in list(&case["differences"]) {
            let found = one.less(expected[0].as_f64().unwrap(), other, confidence);
            assert_limits(found, pair(&expected[1]), 1e-8, case);
        }
        assert_limits(
            one.ratio(other, confidence),
            pair(&case["ratio"]),
            1e-7,
            case,
        );
        // By Wilson's limits too the ratio is where the difference is nothing.
        let found = ratio(by_wilson(one), by_wilson(other));
        for end in [found.low, found.high]
            .into_iter()
            .filter(|end| *end > 0.0 && end.is_finite())
        {
            let at = difference(by_wilson(one), end, by_wilson(other));
            assert!(
                at.low.abs().min(at.high.abs()) < 1e-9 * (1.0 + end),
                "{at:?} at {end}: {case}"
            );
        }
    }
}

#[test]
fn sums_extremes_and_quantiles_of_hard_numbers_are_those_of_python_and_numpy() {
    let reference = reference();
    assert_eq!(list(&reference["data"]).len(), 10);
    for case in list(&reference["data"]) {
        let values = list(&case["numbers"]).iter().map(float);
        let values: Vec<Number> = values.collect();
        let (mut total, mut range) = (Total::default(), Range::default());
        for value in &values {
            assert!(total.add(*value) && range.add(*value));
        }
        let of = |name: &str| float(&case[name]);
        // Python's exact sum overflows on its way where the whole need not.
        if !case["sum"].is_null() {
            let sum = of("sum").to_f64();
            let End::At(found) = total.sum() else {
                panic!("{:?} of {}", total.sum(), case["name"]);
            };
            assert_eq!(found.to_f64().to_bits(), sum.to_bits(), "{}", case["name"]);
        }
        assert_eq!(range.least(), Some(of("least")));
        assert_eq!(range.greatest(), Some(of("greatest")));
        let known = sketch(values);
        assert!(known.relative_error() <= 1.0 / 129.0, "{}", case["name"]);
        for (parts, exact) in case["quantiles"].as_object().unwrap() {
            hold(&known, parts.parse().unwrap(), float(exact));
        }
    }
}

/// The spans of a table, through an engine: rates are fairlearn's, and no verdict contradicts them.
#[test]
fn rates_of_groups_and_their_ratios_are_those_of_fairlearn() {
    let reference = reference();
    let mut seen = std::collections::BTreeMap::new();
    for table in list(&reference["fairness"]) {
        let rows = list(&table["groups"]);
        let rate = |row: &Value| row[3].as_f64().unwrap();
        let rates = || rows.iter().map(rate);
        let (least, most) = (rates().fold(1.0, f64::min), rates().fold(0.0, f64::max));
        let engine = of_table(rows);
        for sums in &engine.stats().rules[0].windows {
            let row = rows
                .iter()
                .find(|row| row[0] == sums.group[0].as_str())
                .unwrap();
            let own = sums.hits.unwrap() as f64 / sums.samples as f64;
            assert_near(own, rate(row), 1e-14, row);
        }
        assert_near(least / most, table["ratio"].as_f64().unwrap(), 1e-14, table);
        assert_near(
            most - least,
            table["difference"].as_f64().unwrap(),
            1e-15,
            table,
        );
        let told = engine.take_findings(usize::MAX);
        assert_eq!(told.len(), rows.len());
        for finding in &told {
            let group = &finding.window.as_ref().unwrap().group[0].1;
            let row = rows.iter().find(|row| row[0] == group.as_str()).unwrap();
            let verdict = finding.verdict.as_str();
            *seen.entry(verdict).or_insert(0) += 1;
            match verdict {
                "violated" => assert!(rate(row) < 0.8 * most, "{row} of {table}"),
                "satisfied" => assert!(rate(row) >= 0.8 * most, "{row} of {table}"),
                _ => {}
            }
        }
    }
    println!("fairness: {seen:?}");
    assert!(seen.len() == 3, "{seen:?}");
}

/// An engine that has seen a window of groups by those that were selected and all.
fn of_table(rows: &[Value]) -> crate::Engine {
    let rule =
        "r: over 1h by group always { share(loan.where(approved == yes), loan) >= 0.8 * highest }";
    let settings = crate::Settings {
        report: crate::Report::All,
        restart_grace: false,
        ..crate::Settings::default()
    };
    let engine = crate::Engine::new(rules(&[rule]), settings, at(0)).unwrap();
    for (group, row) in rows.iter().enumerate() {
        let (hits, of) = (row[1].as_u64().unwrap(), row[2].as_u64().unwrap());
        let loans: Vec<_> = (0..of)
            .map(|number| {
                let approved = if number < hits { "yes" } else { "no" };
                let mut loan = span(1, 1, "loan", 0, 1).text("group", row[0].as_str().unwrap());
                loan = loan.text("approved", approved);
                loan.span.trace_id[0] = group as u8 + 1;
                loan.span.span_id = number.to_be_bytes().map(|byte| byte ^ 0xff).to_vec();
                loan
            })
            .collect();
        engine.feed(&loans, 10);
    }
    engine.tick(at(100_000));
    engine.tick(at(3 * 3_600_000));
    engine
}
