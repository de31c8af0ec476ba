//! `betrace check --config`: samplers that decide before a trace is judged.

use super::support::*;
use serde_json::Value;

const ABSENCE: &str = "when { checkout } always { audit.log }";
const PRESENCE: &str = "never { bypass }";

/// What is doubted of a sampler with these settings behind a processor with these, as code, line and column.
fn doubted_in(
    condition: &str,
    betrace: &str,
    processors: &str,
    sampler: &str,
    options: &[&str],
) -> Vec<(String, u64, u64)> {
    let config = format!(
        "processors:\n  betrace:\n    rules:\n      inline:\n        - {{ id: r, condition: '{condition}' }}\n{betrace}  tail_sampling:\n{sampler}service:\n  pipelines:\n    traces: {{ receivers: [otlp], processors: [{processors}], exporters: [debug] }}\n"
    );
    let desk = Desk::with(&[("otelcol.yaml", &config)]);
    let mut arguments = vec!["check", "--config", "otelcol.yaml", "--format", "json"];
    arguments.extend(options);
    let ran = desk.run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let told = told["diagnostics"].as_array().unwrap();
    let told = told
        .iter()
        .filter(|one| one["code"].as_str().unwrap().starts_with("W03"));
    told.map(|one| {
        assert_eq!(one["file"], "otelcol.yaml");
        (
            one["code"].as_str().unwrap().to_owned(),
            one["line"].as_u64().unwrap(),
            one["column"].as_u64().unwrap(),
        )
    })
    .collect()
}

fn doubted(sampler: &str) -> Vec<String> {
    let found = doubted_in(ABSENCE, "", "betrace, tail_sampling", sampler, &[]);
    found.into_iter().map(|(code, ..)| code).collect()
}

#[test]
fn a_sampler_that_waits_shorter_than_the_longest_trace_is_doubted() {
    assert_eq!(doubted("    decision_wait: 42s\n"), [""; 0]);
    assert_eq!(doubted("    decision_wait: 41s\n"), ["W0301"]);
    let at_key = doubted_in(
        ABSENCE,
        "",
        "betrace, tail_sampling",
        "    policies: []\n",
        &[],
    );
    assert_eq!(at_key, [("W0301".to_owned(), 6, 3)], "the default is 30 s");
    let idle = "    trace: { idle_timeout: 20s }\n";
    let waits = |options: &[&str]| {
        let sampler = "    decision_wait: 52s\n";
        doubted_in(ABSENCE, idle, "betrace, tail_sampling", sampler, options).len()
    };
    assert_eq!(waits(&[]), 0);
    assert_eq!(waits(&["--longest-trace", "31"]), 1);
}

#[test]
fn a_sampler_that_decides_after_the_root_is_doubted() {
    let after = |time: &str| {
        doubted(&format!(
            "    decision_wait: 1m\n    decision_wait_after_root_received: {time}\n"
        ))
    };
    assert_eq!(after("5s"), ["W0303"]);
    assert_eq!(after("41s"), ["W0303"]);
    assert_eq!(after("42s"), [""; 0]);
    assert_eq!(after("0s"), [""; 0]);
}

#[test]
fn a_sampler_that_holds_fewer_traces_than_come_while_it_waits_is_doubted() {
    let holds = |traces: u64| {
        doubted(&format!(
            "    decision_wait: 42s\n    expected_new_traces_per_sec: 1000\n    num_traces: {traces}\n"
        ))
    };
    assert_eq!(holds(63_000), [""; 0]);
    assert_eq!(holds(62_999), ["W0302"]);
    assert_eq!(
        doubted("    decision_wait: 42s\n    expected_new_traces_per_sec: 1000\n"),
        ["W0302"],
        "the default is 50,000"
    );
    assert_eq!(
        doubted("    decision_wait: 42s\n    num_traces: 10\n"),
        [""; 0],
        "nobody says how many come"
    );
}

#[test]
fn a_sampler_is_doubted_only_where_it_can_drop_what_a_rule_finds_at_the_close() {
    let settings = "    decision_wait: 1s\n";
    let doubts = |condition: &str, betrace: &str, processors: &str| {
        doubted_in(condition, betrace, processors, settings, &[]).len()
    };
    assert_eq!(doubts(ABSENCE, "", "betrace, batch, tail_sampling"), 1);
    assert_eq!(doubts(ABSENCE, "", "tail_sampling, betrace"), 0);
    assert_eq!(doubts(ABSENCE, "", "betrace, batch"), 0);
    assert_eq!(doubts(PRESENCE, "", "betrace, tail_sampling"), 0);
    for kept in ["{ emit: none }", "{ trace: own }"] {
        let betrace = format!("    violations: {kept}\n");
        assert_eq!(
            doubts(ABSENCE, &betrace, "betrace, tail_sampling"),
            0,
            "{kept}"
        );
    }
}

#[test]
fn a_doubt_says_what_is_lost_and_what_to_do() {
    let config = format!(
        "processors:\n  betrace: {{ rules: {{ inline: [ {{ id: audited, condition: '{ABSENCE}' }} ] }} }}\n  tail_sampling: {{ decision_wait: 30s }}\nservice: {{ pipelines: {{ traces: {{ processors: [betrace, tail_sampling] }} }} }}\n"
    );
    let desk = Desk::with(&[("otelcol.yaml", &config)]);
    let ran = desk.run(&["check", "--config", "otelcol.yaml"]);
    insta::assert_snapshot!(ran.out);
    assert_eq!(
        desk.run(&["check", "--strict", "--config", "otelcol.yaml"])
            .code,
        1
    );
}

/// The configuration of the page about samplers keeps what it says it keeps.
#[test]
fn the_configuration_on_the_page_is_not_doubted() {
    let page = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/pipeline.md"
    ))
    .unwrap();
    let (_, config) = page.split_once("```yaml collector\n").unwrap();
    let (config, _) = config.split_once("```").unwrap();
    assert!(config.contains("tail_sampling"));
    let desk = Desk::with(&[
        ("otelcol.yaml", config),
        (
            "rules/a.yaml",
            &format!("rules: [ {{ id: r, condition: '{ABSENCE}' }} ]"),
        ),
    ]);
    let ran = desk.run(&["check", "--config", "otelcol.yaml", "--strict"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
