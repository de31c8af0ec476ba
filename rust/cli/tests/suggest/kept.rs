//! `--good` alone: what the traces keep and nobody wrote down; and `tune`, which holds rules that there are against traces.

use serde_json::Value;

use super::asked::{Asked, repository};
use super::support::*;

#[test]
fn good_traces_alone_give_the_rules_that_they_keep_with_their_bounds() {
    let desk = Desk::with(&[]);
    let healthy = repository("testdata/traces/healthy.jsonl.zst");
    let asked = Asked::of(&desk, &["--good", &healthy]);
    let rules: Vec<String> = asked
        .rules()
        .iter()
        .map(|rule| rule.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rules[0],
        "when { payment.charge_card.where(amount > 500) } always { payment.fraud_check }"
    );
    for part in [
        "agent.approve_tool before p",
        "auth.check_admin before p",
        "order.id == p.order.id",
    ] {
        assert!(
            rules.iter().any(|rule| rule.contains(part)),
            "{part}: {rules:#?}"
        );
    }
    for line in &asked.lines {
        assert_eq!(line["good"]["violated"], 0, "{line}");
        assert!(
            line.get("bad").is_none() && line.get("p").is_none(),
            "{line}"
        );
    }
    let ran = desk.run(&["suggest", "--good", &healthy, "--format", "yaml"]);
    desk.write("kept.yaml", ran.out.as_bytes());
    for args in [
        &["check", "--strict", "kept.yaml"][..],
        &["fmt", "--check", "kept.yaml"],
        &["test", "kept.yaml"],
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
    }
}

const RULES: &str = "
rules:
  - id: too-tight
    condition: never { count(\"POST /reservations\") > 1 }
  - id: too-lax
    condition: never { count(http.retry) > 40 }
  - id: right
    condition: never { count(http.retry) > 3 }
  - id: misspelt
    condition: when { payment.chrge_card } always { payment.fraud_check }
  - id: always-kept
    condition: when { database.query_pii } always { audit.log }
";

fn by_rule<'l>(lines: &'l [Value], rule: &str) -> &'l Value {
    lines.iter().find(|line| line["rule"] == rule).unwrap()
}

#[test]
fn bounds_are_moved_to_where_they_are_quiet_and_catch_what_is_bad() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let healthy = repository("testdata/traces/healthy.jsonl.zst");
    let storm = repository("testdata/traces/retry-storm.jsonl");
    let ran = desk.run(&[
        "tune",
        "rules.yaml",
        &healthy,
        "--bad",
        &storm,
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let lines = ran.json_lines();
    let tight = by_rule(&lines, "too-tight");
    assert_eq!(tight["is_quiet"], false, "{tight}");
    let bound = &tight["bounds"][0];
    assert_eq!(
        (&bound["from"], &bound["to"]),
        (&"1".into(), &"2".into()),
        "{tight}"
    );
    assert_eq!(bound["good"]["violated"], 0, "{tight}");
    assert_eq!(bound["bad"]["violated"], 5, "{tight}");
    let lax = &by_rule(&lines, "too-lax")["bounds"][0];
    assert_eq!(
        (&lax["good"]["violated"], &lax["bad"]["violated"]),
        (&0.into(), &5.into()),
        "{lax}"
    );
    assert_eq!(
        by_rule(&lines, "right")["bounds"].as_array().unwrap().len(),
        0
    );
    let misspelt = by_rule(&lines, "misspelt");
    assert_eq!(misspelt["never_applied"], "when_never_held", "{misspelt}");
    assert!(
        misspelt["near_misses"]
            .to_string()
            .contains("payment.charge_card"),
        "{misspelt}"
    );
    assert_eq!(by_rule(&lines, "always-kept")["is_always_kept"], true);
    let text = desk.run(&["tune", "rules.yaml", &healthy, "--bad", &storm]);
    assert!(
        text.out.contains(
            "with 2 instead of 1 it breaks in 0 of 200 good traces and in 5 of 15 bad ones"
        ),
        "{}",
        text.out
    );
    assert!(
        text.out.contains("always-kept: kept by all"),
        "{}",
        text.out
    );
}

#[test]
fn rules_that_are_quiet_and_catch_something_are_nothing_to_look_at() {
    let desk = Desk::with(&[(
        "rules.yaml",
        "rules:\n  - id: right\n    condition: never { count(http.retry) > 3 }\n",
    )]);
    let healthy = repository("testdata/traces/healthy.jsonl.zst");
    let storm = repository("testdata/traces/retry-storm.jsonl");
    let ran = desk.run(&["tune", "rules.yaml", &healthy, "--bad", &storm]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = desk.run(&["tune", "none.yaml", &healthy]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn rules_are_named_before_the_traces_or_by_their_option() {
    let desk = Desk::with(&[("rules.yaml", RULES), ("more/rules.yml", RULES)]);
    let healthy = repository("testdata/traces/healthy.jsonl.zst");
    let storm = repository("testdata/traces/retry-storm.jsonl");
    let asked = |args: &[&str]| {
        let ran = desk.run(&[&["tune", "--bad", &storm][..], args].concat());
        assert_eq!(ran.code, 1, "{args:?}: {}", ran.err);
        ran.out
    };
    let first = asked(&["--", "rules.yaml", &healthy]);
    assert_eq!(first, asked(&["--rules", "rules.yaml", "--", &healthy]));
    let two = asked(&["--rules", "rules.yaml", "--", &healthy, &healthy]);
    assert_eq!(first.lines().next(), two.lines().next());
    let further = desk.run(&["tune", "--rules", "rules.yaml", "more", &healthy]);
    assert_eq!(further.code, 2, "each id stands twice");
    assert!(further.err.contains("E0010"), "{}", further.err);
    let none = desk.run(&["tune", "rules.yaml"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("tune [OPTIONS] RULES TRACES..."),
        "{}",
        none.err
    );
}
