//! `betrace simulate`: the same seed gives the same bytes, and nothing in them is wrong.

use super::support::*;

const RULES: &str = "rules:
  - id: audited
    condition: 'when { read.where(user == \"root\") } always { audit }'
  - id: paid-once
    condition: 'never { count(charge) > 1 }'
";

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let run = |format: &str, threads: &str| {
        let args = [
            "simulate",
            "--rules",
            "rules.yaml",
            "--seed",
            "7",
            "--minutes",
            "1",
            "--spans-per-second",
            "30",
            "--format",
            format,
            "--threads",
            threads,
        ];
        let ran = desk.run(&args);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("times real time"), "{}", ran.err);
        ran
    };
    let (one, two) = (run("json", "1"), run("json", "2"));
    assert_eq!(one.out, two.out);
    let document = &one.json_lines()[0];
    assert_eq!(
        (&document["seed"], &document["wrong_verdicts"]),
        (&7.into(), &0.into())
    );
    let rules = document["rules"].as_array().unwrap();
    let of = |verdict: &str| {
        rules
            .iter()
            .map(|rule| rule[verdict].as_u64().unwrap())
            .min()
    };
    for verdict in ["violated", "satisfied", "inconclusive"] {
        assert!(of(verdict) > Some(5), "{document}");
    }
    let judged: u64 = rules
        .iter()
        .flat_map(|rule| rule.as_object().unwrap().iter())
        .filter(|(key, _)| {
            ["violated", "satisfied", "not_applicable", "inconclusive"].contains(&key.as_str())
        })
        .map(|(_, figure)| figure.as_u64().unwrap())
        .sum();
    assert_eq!(document["judged"], judged);
    let text = run("text", "1").out;
    assert!(
        text.contains("unseen loss") && text.contains("none wrong"),
        "{text}"
    );
}

#[test]
fn rules_of_which_none_is_enabled_are_not_simulated() {
    let rule = "rules: [ { id: off, enabled: false, condition: 'always { a }' } ]";
    let desk = Desk::with(&[("rules.yaml", rule)]);
    let ran = desk.run(&["simulate", "--rules", "rules.yaml"]);
    assert_eq!(
        (ran.code, ran.err.contains("no rule that is enabled")),
        (2, true)
    );
}

#[test]
fn rules_over_many_traces_are_left_out_and_that_is_said() {
    let over = "  - { id: few, condition: 'over 5m never { count(charge) > 1 }' }\n";
    let desk = Desk::with(&[
        ("both.yaml", &format!("{RULES}{over}")),
        ("over.yaml", &format!("rules:\n{over}")),
    ]);
    let run = |file: &str| {
        let args = ["simulate", "--rules", file, "--minutes", "1"];
        desk.run(&[&args[..], &["--spans-per-second", "10"]].concat())
    };
    let both = run("both.yaml");
    assert_eq!(both.code, 0, "{}{}", both.out, both.err);
    assert!(
        both.err.contains("1 rule over many traces left out"),
        "{}",
        both.err
    );
    assert!(!both.out.contains("few"), "{}", both.out);
    let over = run("over.yaml");
    assert_eq!(
        (over.code, over.err.contains("all rules are over many")),
        (2, true),
        "{}",
        over.err
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_simulation_that_does_not_fit_on_the_disk_is_a_failure() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_betrace"))
        .args(["simulate", "--rules", "rules.yaml", "--minutes", "1"])
        .args(["--spans-per-second", "10"])
        .current_dir(desk.path("."))
        .stdout(full)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(told.matches("cannot write").count(), 1, "{told}");
}
