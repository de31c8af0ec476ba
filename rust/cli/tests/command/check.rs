//! `betrace check`

use super::support::*;
use serde_json::Value;

const GOOD: &str = "rules:\n  - id: charge\n    condition: |\n      when { payment.charge }\n      always { payment.check }\n";
const BAD: &str = "rules:\n  - id: one\n    condition: 'when { a } alwais { b }'\n  - id: two\n    severty: high\n    condition: 'never { c }'\n";

#[test]
fn faultless_rules() {
    let desk = Desk::with(&[
        ("rules/a.yaml", GOOD),
        (
            "rules/deep/b.yml",
            "rules: [{id: other, condition: 'never { x }'}]",
        ),
        ("rules/notes.txt", "no rules"),
    ]);
    let ran = desk.run(&["check", "rules"]);
    assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
    assert_eq!(ran.err, "2 rules: 0 errors, 0 warnings, 0 notes\n");
    let ran = desk.run(&["check", "--format", "json", "rules/a.yaml", "rules"]);
    assert_eq!(
        (ran.code, ran.out.trim()),
        (0, r#"{"diagnostics":[],"rules":2}"#),
        "named twice, read once"
    );
    assert_eq!(desk.run_with(&["check", "-"], GOOD.as_bytes()).code, 0);
}

#[test]
fn every_fault_at_once_with_its_place() {
    let desk = Desk::with(&[("bad.yaml", BAD)]);
    let ran = desk.run(&["check", "bad.yaml"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("check_text", ran.out);
    let ran = desk.run(&["check", "--format", "json", "bad.yaml"]);
    assert_eq!(ran.code, 1);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["rules"], 2);
    let places: Vec<_> = json["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            (
                d["severity"].as_str().unwrap(),
                d["line"].as_u64().unwrap(),
                d["rule"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [("error", 3, "one"), ("error", 5, "two")]);
    for key in [
        "code",
        "file",
        "column",
        "end_line",
        "end_column",
        "message",
        "help",
        "suggestion",
    ] {
        assert!(json["diagnostics"][0].get(key).is_some(), "{key}");
    }
    let ran = desk.run_with(&["check", "-", "--format", "json"], BAD.as_bytes());
    assert!(ran.out.contains(r#""file":"<stdin>""#), "{}", ran.out);
}

#[test]
fn warnings_count_where_asked() {
    let desk = Desk::with(&[("warn.yaml", "rules: [{id: both, condition: 'a and b'}]")]);
    let ran = desk.run(&["check", "warn.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.err.contains("1 warning"), "{}", ran.err);
    assert_eq!(desk.run(&["check", "--strict", "warn.yaml"]).code, 1);
}

#[test]
fn notes_fail_nothing() {
    let desk = Desk::with(&[(
        "older.yaml",
        "rules: [{id: older, condition: 'payment AND NOT fraud_check'}]",
    )]);
    let ran = desk.run(&["check", "--strict", "older.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("note"), "{}", ran.out);
}

#[test]
fn usage_and_unreadable_files() {
    let desk = Desk::with(&[("empty/notes.txt", "")]);
    for args in [
        &["check"][..],
        &["check", "missing.yaml"],
        &["check", "empty"],
        &["check", "--format", "xml", "x"],
        &["chekc"],
        &[],
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(!ran.err.is_empty());
    }
    assert!(
        desk.run(&["check", "missing.yaml"])
            .err
            .contains("missing.yaml: no such file")
    );
}

#[test]
fn sarif_for_code_hosts() {
    let desk = Desk::with(&[("bad rules.yaml", BAD)]);
    let ran = desk.run(&["check", "--format", "sarif", "bad rules.yaml"]);
    assert_eq!(ran.code, 1);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "bad%20rules.yaml");
    assert_eq!(place["region"]["startLine"], 3);
    assert_eq!(results[0]["level"], "error");
    let codes: Vec<_> = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].clone())
        .collect();
    assert!(results.iter().all(|r| codes.contains(&r["ruleId"])));
}

const CONFIG: &str = r#"
receivers: { otlp: {} }
processors:
  batch: {}
  betrace/ünicode: # größe
    rules:
      files: [ "${env:HOME_OF_RULES:-rules}/*.yaml" ]
      inline:
        - id: inner
          condition: 'when { a } alwais { b }'
        - { id: fine, condition: 'never { c }' }
      reload_interval: 10s
  betrace:
    rules:
      "inline": [ { id: inner, condition: 'never { x' } ]
service: {}
"#;

#[test]
fn rules_inside_a_collector_configuration() {
    let desk = Desk::with(&[
        ("otelcol.yaml", CONFIG),
        ("rules/a.yaml", GOOD),
        ("rules/b.yaml", BAD),
    ]);
    let ran = desk.run(&["check", "--config", "otelcol.yaml", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        json["rules"], 6,
        "each processor's rules are a set of their own"
    );
    let places: Vec<_> = json["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            (
                d["file"].as_str().unwrap(),
                d["line"].as_u64().unwrap(),
                d["column"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ("rules/b.yaml", 3, 28),
            ("rules/b.yaml", 5, 5),
            ("otelcol.yaml", 10, 34),
            ("otelcol.yaml", 15, 50)
        ]
    );
    let ran = desk.run(&["check", "--config", "otelcol.yaml"]);
    assert!(
        ran.out
            .contains("          condition: 'when { a } alwais { b }'"),
        "{}",
        ran.out
    );
    desk.write("none.yaml", b"processors: { batch: {} }");
    desk.write("broken.yaml", b"processors: [");
    desk.write(
        "missing.yaml",
        b"processors: { betrace: { rules: { files: [nowhere] } } }",
    );
    for (file, message) in [
        ("none.yaml", "no processor of type betrace"),
        ("broken.yaml", "broken.yaml:2:1: "),
        ("missing.yaml", "nowhere"),
        ("absent.yaml", "absent.yaml"),
    ] {
        let ran = desk.run(&["check", "--config", file]);
        assert_eq!(ran.code, 2);
        let said = ran.out + &ran.err;
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn rules_inside_a_configuration_may_hold_what_it_allows_them() {
    let rules: String = (0..8)
        .map(|n| format!("- {{ id: r{n}, condition: 'never {{ x.where(a matches \"\\\\w{{1{n}}}\") }}' }}\n        "))
        .collect();
    let config = |limits: &str| {
        format!(
            "processors:\n  betrace:\n    limits: {{ {limits} }}\n    rules:\n      inline:\n        {rules}\n"
        )
    };
    let desk = Desk::with(&[]);
    for (limits, code) in [
        ("", 0),
        ("rules_mib: 1", 1),
        ("rules_mib: 4096", 0),
        ("rules_mib: 0", 1),
        ("rules_mib: 4097", 1),
    ] {
        desk.write("otelcol.yaml", config(limits).as_bytes());
        let ran = desk.run(&["check", "--config", "otelcol.yaml"]);
        assert_eq!(ran.code, code, "{limits}: {}{}", ran.out, ran.err);
        let is_beyond = limits == "rules_mib: 1";
        assert_eq!(ran.out.contains("E0029"), is_beyond, "{}", ran.out);
        let is_none = code == 1 && !is_beyond;
        assert_eq!(ran.out.contains("E0302"), is_none, "{}", ran.out);
    }
}

const USING: &str = "use: [../shared.yaml]\nrules:\n  - id: a\n    condition: big.where(card in cards) and not check\n    tests:\n      - { name: big, trace: [ { span: payment, attributes: { amount: 5, card: visa } } ], expect: violated }\n";

#[test]
fn used_files_are_found_beside_the_files_that_are_named_and_nowhere_else() {
    let desk = Desk::with(&[
        ("rules/pay/a.yaml", USING),
        (
            "rules/shared.yaml",
            "use: [./lists/cards.yaml]\nmacros: { big: payment.where(amount > 1) }\nlists: { cards: [visa] }\n",
        ),
        (
            "rules/pay/b.yaml",
            "use: [./own.yaml]\nrules:\n  - { id: b, condition: mine and not check }\n",
        ),
        ("rules/pay/own.yaml", "macros: { mine: payment }\n"),
        ("rules/lists/cards.yaml", "lists: { amounts: [1] }\n"),
    ]);
    // Of the directory, of one file of it, of a file and the directory above that.
    let fine = |rules: &[&str]| {
        let ran = desk.run(&[&["check"], rules].concat());
        assert_eq!(ran.code, 0, "{rules:?}: {}{}", ran.out, ran.err);
        assert!(!ran.out.contains("error"), "{}", ran.out);
    };
    fine(&["rules"]);
    fine(&["rules/pay/b.yaml"]);
    fine(&["./rules/pay/../pay/b.yaml"]);
    fine(&["rules/pay/a.yaml", "rules/shared.yaml"]);
    fine(&[desk.path("rules").to_str().unwrap()]);
    // What lies outside is not read.
    let ran = desk.run(&["check", "rules/pay/a.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .contains("error[E0026]: the rule set has no file `rules/shared.yaml`"),
        "{}",
        ran.out
    );
    let ran = desk.run(&["test", "rules"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let ran = desk.run_with(
        &["check", "-"],
        USING.replace("../", "./rules/pay/own.yaml, ./").as_bytes(),
    );
    assert!(
        ran.out.contains("no file `shared.yaml`")
            && !ran.out.contains("no file `rules/pay/own.yaml`"),
        "{}",
        ran.out
    );
}
