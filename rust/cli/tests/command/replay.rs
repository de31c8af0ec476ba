//! `betrace replay`

use super::support::*;
use serde_json::{Value, json};

const RULES: &str = r#"
rules:
  - id: charge-is-checked
    severity: high
    message: "no check in {trace:id}"
    condition: |
      when { charge }
      always { check }
  - id: no-bypass
    condition: 'never { bypass }'
"#;

/// Trace 1 violates both rules, 2 satisfies, 3 has no root, 4 is not concerned.
pub fn traces() -> Vec<String> {
    vec![
        request(&[
            span(1, 1, 0, "order"),
            span(2, 1, 0, "order"),
            span(2, 2, 1, "charge"),
        ]),
        request(&[
            span(1, 2, 1, "charge"),
            span(1, 3, 1, "bypass"),
            span(2, 3, 1, "check"),
        ]),
        request(&[span(3, 2, 1, "charge"), span(4, 1, 0, "cart")]),
    ]
}

pub fn desk() -> Desk {
    Desk::with(&[
        ("rules.yaml", RULES),
        ("traces.jsonl", &traces().join("\n")),
    ])
}

#[test]
fn findings_as_json() {
    let ran = desk().run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--format",
        "json",
        "traces.jsonl",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let lines = ran.json_lines();
    let short: Vec<_> = lines
        .iter()
        .map(|l| {
            (
                l["rule"].as_str().unwrap(),
                &l["trace_id"].as_str().unwrap()[30..],
                l["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("charge-is-checked", "01", "violated"),
            ("charge-is-checked", "03", "inconclusive"),
            ("no-bypass", "01", "violated"),
            ("no-bypass", "03", "inconclusive")
        ]
    );
    let keys: Vec<_> = lines[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut wanted = vec![
        "rule",
        "trace_id",
        "verdict",
        "clause",
        "clause_text",
        "message",
        "severity",
        "reason",
        "complete",
        "count",
        "start_time_unix_nano",
        "end_time_unix_nano",
        "evidence",
        "violation_id",
    ];
    wanted.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted);
    assert_eq!(
        lines[0]["message"],
        "no check in 00000000000000000000000000000001"
    );
    assert_eq!(lines[0]["clause"], "always");
    assert_eq!(lines[0]["clause_text"], "check");
    assert_eq!(lines[0]["severity"], "high");
    assert_eq!(lines[0]["complete"], true);
    assert_eq!(
        lines[0]["evidence"],
        json!([{"span_id": "0000000000000002", "role": "trigger", "name": "charge", "service": "shop"}])
    );
    assert_eq!(lines[1]["reason"], "no_root");
    assert_eq!(lines[2]["evidence"][0]["name"], "bypass");
    assert_eq!(lines[0]["violation_id"].as_str().unwrap().len(), 32);
    assert_eq!(
        ran.err.lines().last().unwrap().split(" (").next(),
        Some("8 spans in 4 traces, 2 rules: 2 violations, 2 inconclusive")
    );
}

#[test]
fn findings_as_text() {
    let ran = desk().run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--summary",
        "traces.jsonl",
    ]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("replay_text", ran.out);
    assert!(!ran.out.contains('\x1b'), "no colour in a pipe");
}

#[test]
fn violations_of_a_rule_that_emits_none_are_told_and_are_no_spans() {
    let rules = RULES.replace(
        "    condition: 'never",
        "    emit: none\n    condition: 'never",
    );
    let desk = Desk::with(&[
        ("rules.yaml", &rules),
        ("traces.jsonl", &traces().join("\n")),
    ]);
    let replay = |format| {
        desk.run(&[
            "replay",
            "--rules",
            "rules.yaml",
            "--format",
            format,
            "traces.jsonl",
        ])
    };
    let json = replay("json").json_lines();
    let emit: Vec<_> = json
        .iter()
        .map(|line| (&line["rule"], &line["emit"]))
        .collect();
    assert_eq!(json[0]["emit"], Value::Null, "{emit:?}");
    assert_eq!(json[2]["emit"], "none", "{emit:?}");
    assert!(
        replay("text")
            .out
            .contains("no-bypass [medium, counted only]: ")
    );
    let otlp = replay("otlp");
    assert!(otlp.out.contains("charge-is-checked") && !otlp.out.contains("no-bypass"));
    assert!(
        otlp.err
            .contains("1 violation of rules with `emit: none`, counted only"),
        "{}",
        otlp.err
    );
    assert_eq!(otlp.code, 1);
}

#[test]
fn findings_as_otlp_are_read_again() {
    let desk = desk();
    let ran = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--format",
        "otlp",
        "traces.jsonl",
    ]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("betrace.violation"));
    let again = desk.run_with(
        &["replay", "--rules", "rules.yaml", "-"],
        ran.out.as_bytes(),
    );
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(
        again
            .err
            .contains("2 spans of the shape of a violation, passed over"),
        "{}",
        again.err
    );
}

#[test]
fn verdicts_can_be_chosen() {
    let desk = desk();
    let count = |verdicts: &str| {
        let ran = desk.run(&[
            "replay",
            "--rules",
            "rules.yaml",
            "--format",
            "json",
            "--verdicts",
            verdicts,
            "traces.jsonl",
        ]);
        ran.out.lines().count()
    };
    assert_eq!(count("all"), 8);
    assert_eq!(count("violated"), 2);
    assert_eq!(count("satisfied,not_applicable"), 4);
    assert_eq!(count("inconclusive"), 2);
}

#[test]
fn the_summary_is_a_line_a_rule() {
    let ran = desk().run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--format",
        "json",
        "--verdicts",
        "violated",
        "--summary",
        "traces.jsonl",
    ]);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[2],
        json!({"summary": {"rule": "charge-is-checked", "violated": 1, "satisfied": 1, "not_applicable": 1, "inconclusive": 1,
            "first_violation_unix_nano": "1700000000020000000", "last_violation_unix_nano": "1700000000020000000", "spans_matched": 4}})
    );
}

#[test]
fn order_batching_and_files_do_not_matter() {
    let desk = desk();
    let args = [
        "replay",
        "--rules",
        "rules.yaml",
        "--format",
        "json",
        "--verdicts",
        "all",
        "--summary",
    ];
    let run = |desk: &Desk, traces: &[&str]| desk.run(&[&args[..], traces].concat());
    let once = run(&desk, &["traces.jsonl"]);
    let mut lines = traces();
    lines.reverse();
    desk.write("reversed.jsonl", lines.join("\n").as_bytes());
    for (index, line) in lines.iter().enumerate() {
        desk.write(&format!("split/{index}.json"), line.as_bytes());
    }
    let all: Vec<Value> = lines
        .iter()
        .flat_map(|l| {
            serde_json::from_str::<Value>(l).unwrap()["resourceSpans"]
                .as_array()
                .unwrap()
                .clone()
        })
        .collect();
    desk.write(
        "whole.json",
        serde_json::to_string_pretty(&json!({"resourceSpans": all}))
            .unwrap()
            .as_bytes(),
    );
    for traces in [
        &["reversed.jsonl"][..],
        &["split"],
        &["split/2.json", "split/0.json", "split/1.json"],
        &["whole.json"],
        &["traces.jsonl", "traces.jsonl"],
    ] {
        let again = run(&desk, traces);
        assert_eq!(once.out, again.out, "{traces:?}");
    }
    let piped = desk.run_with(&[&args[..], &["-"]].concat(), lines.join("\n").as_bytes());
    assert_eq!(once.out, piped.out);
}

#[test]
fn rules_may_come_in_several_files_and_be_disabled() {
    let desk = desk();
    desk.write(
        "more/off.yaml",
        b"rules: [{id: off, enabled: false, condition: 'never { charge }'}]",
    );
    desk.write(
        "more/on.yaml",
        b"rules: [{id: on, condition: 'never { check }'}]",
    );
    let ran = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--rules",
        "more",
        "--format",
        "json",
        "--verdicts",
        "violated",
        "traces.jsonl",
    ]);
    let rules: Vec<_> = ran
        .json_lines()
        .iter()
        .map(|l| l["rule"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(rules, ["charge-is-checked", "no-bypass", "on"]);
}

#[test]
fn completeness_decides_what_absence_is_worth() {
    let desk = desk();
    let third = |completeness: &str| {
        let ran = desk.run(&[
            "replay",
            "--rules",
            "rules.yaml",
            "--completeness",
            completeness,
            "--format",
            "json",
            "traces.jsonl",
        ]);
        let lines = ran.json_lines();
        let line = lines
            .iter()
            .find(|l| l["trace_id"].as_str().unwrap().ends_with('3'))
            .unwrap();
        line["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(third("root"), "inconclusive");
    assert_eq!(third("linked"), "inconclusive");
    assert_eq!(third("idle"), "violated");
}

#[test]
fn as_live_by_the_spans_own_time() {
    let desk = desk();
    let mut late = span(5, 3, 1, "check");
    late.times = (60_000, 60_001);
    let lines = [
        request(&[span(5, 1, 0, "order"), span(5, 2, 1, "charge")]),
        request(&[late]),
    ];
    desk.write("slow.jsonl", lines.join("\n").as_bytes());
    let run = |close: &[&str]| {
        desk.run(
            &[
                &["replay", "--rules", "rules.yaml", "--verdicts", "violated"][..],
                close,
                &["slow.jsonl"],
            ]
            .concat(),
        )
        .code
    };
    assert_eq!(run(&[]), 0, "all of it is seen");
    assert_eq!(run(&["--close", "idle", "--idle-timeout", "120"]), 0);
    assert_eq!(
        run(&["--close", "idle"]),
        1,
        "closed a minute before the check came"
    );
}

#[test]
fn the_summary_tells_first_and_last_whichever_verdicts_are_printed() {
    let desk = desk();
    let summary = |verdicts: &str, format: &str| {
        desk.run(&[
            "replay",
            "--rules",
            "rules.yaml",
            "--summary",
            "--verdicts",
            verdicts,
            "--format",
            format,
            "traces.jsonl",
        ])
    };
    for verdicts in [
        "violated",
        "satisfied",
        "not_applicable",
        "inconclusive",
        "all",
    ] {
        let lines = summary(verdicts, "json").json_lines();
        let last = &lines.last().unwrap()["summary"];
        assert_eq!(last["rule"], "no-bypass");
        assert_eq!(last["violated"], 1, "{verdicts}");
        let start = "1700000000030000000";
        assert_eq!(last["first_violation_unix_nano"], start, "{verdicts}");
        assert_eq!(last["last_violation_unix_nano"], start, "{verdicts}");
    }
    let mut again = span(9, 2, 1, "bypass");
    again.times = (60_000, 60_001);
    let lines = [&traces()[..], &[request(&[span(9, 1, 0, "order"), again])]].concat();
    desk.write("traces.jsonl", lines.join("\n").as_bytes());
    let text = summary("satisfied", "text").out;
    assert!(
        text.contains(
            "no-bypass: 2 violated, 2 satisfied, 0 not applicable, 1 inconclusive; 2 spans matched; first seen 2023-11-14 \
             22:13:20.030 UTC, last seen 2023-11-14 22:14:20.000 UTC\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("4 spans matched; first seen 2023-11-14 22:13:20.020 UTC, last seen 2023-11-14 22:13:20.020 UTC\n"),
        "{text}"
    );
}

#[test]
fn rules_are_taken_from_a_collector_configuration_with_their_timing() {
    let desk = desk();
    let config = |more: &str| {
        format!(
            "processors:\n  batch: {{}}\n  betrace:\n    rules:\n      inline:\n        - {{ id: checked, condition: 'when {{ charge }} always {{ check }}' }}\n{more}service: {{}}\n"
        )
    };
    // The check comes 9.9 s after the charge ended.
    let mut late = span(5, 3, 1, "check");
    late.times = (9_925, 9_930);
    let lines = [
        request(&[span(5, 1, 0, "order"), span(5, 2, 1, "charge")]),
        request(&[late]),
    ];
    desk.write("slow.jsonl", lines.join("\n").as_bytes());
    let run = |yaml: &str, more: &[&str]| {
        desk.write("otelcol.yaml", yaml.as_bytes());
        let args = [
            "replay",
            "--config",
            "otelcol.yaml",
            "--verdicts",
            "violated",
            "slow.jsonl",
        ];
        desk.run(&[&args[..], more].concat())
    };
    let short = config("    trace:\n      idle_timeout: ${env:BETRACE_NOT_SET:-2s}\n");
    let kept = run(&config(""), &[]);
    assert_eq!(kept.code, 0, "10 s by default: {}{}", kept.out, kept.err);
    assert_eq!(run(&short, &[]).code, 1, "closed after 2 s, as configured");
    assert_eq!(run(&short, &["--close", "end"]).code, 0);
    assert_eq!(
        run(&short, &["--idle-timeout", "30"]).code,
        0,
        "what is typed goes first"
    );
    desk.write(
        "none.yaml",
        b"rules: [{id: none, condition: 'never { nothing }'}]",
    );
    assert_eq!(
        run(&short, &["--rules", "none.yaml"]).code,
        0,
        "the rules that are named"
    );
    let wrong = run(&config("    trace:\n      idle_timeout: soon\n"), &[]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("trace.idle_timeout"), "{}", wrong.err);

    let run_rule = |condition: &str| {
        let yaml = config("").replace("'when { charge } always { check }'", condition);
        run(&yaml, &[])
    };
    let set = run_rule("'never { count(charge) >= ${env:BETRACE_NOT_SET:-1} }'");
    assert_eq!(set.code, 1, "what is known is put in: {}", set.err);
    let wrong = run_rule("'never { charge.where(x == ${env:BETRACE_NOT_SET:-5 and}) }'");
    assert_eq!(wrong.code, 2);
    let place = "condition: 'never { charge.where(x == ${env:BETRACE_NOT_SET:-5 and}) }'";
    assert!(wrong.err.contains(place), "{}", wrong.err);

    let two = config(
        "  betrace/more:\n    rules:\n      inline: [{ id: more, condition: 'never { charge }' }]\n",
    );
    let unnamed = run(&two, &[]);
    assert_eq!(unnamed.code, 2);
    assert!(
        unnamed.err.contains("--processor betrace/more"),
        "{}",
        unnamed.err
    );
    assert_eq!(run(&two, &["--processor", "betrace/more"]).code, 1);
    assert_eq!(run(&two, &["--processor", "betrace"]).code, 0);
    assert_eq!(run(&two, &["--processor", "betrace/none"]).code, 2);
    let unused = desk.run(&["replay", "--config", "missing.yaml", "slow.jsonl"]);
    assert_eq!(unused.code, 2);
}
