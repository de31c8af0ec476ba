//! `betrace replay --gaps`

use super::support::*;
use serde_json::Value;

/// Seconds; ids count from 1, span 1 is the root.
fn trace(trace: u128, ends: &[u64]) -> String {
    let spans: Vec<Made<'_>> = ends
        .iter()
        .zip(1..)
        .map(|(end, id)| {
            let mut made = span(trace, id, u64::from(id > 1), "step");
            made.times = (end * 1000 - 1, end * 1000);
            made
        })
        .collect();
    request(&spans)
}

fn desk() -> Desk {
    // The root of the first comes 21 s after its child; a child of the second comes 15 s after its root; the third has no root.
    let third = request(&[span(3, 2, 1, "step")]);
    let lines = [trace(1, &[22, 1]), trace(2, &[1, 16]), third];
    Desk::with(&[("traces.jsonl", &lines.join("\n"))])
}

#[test]
fn gaps_are_measured_and_timing_is_suggested() {
    let ran = desk().run(&["replay", "--gaps", "traces.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("gaps", ran.out);
}

#[test]
fn the_suggested_block_keeps_the_traces_whole() {
    let desk = desk();
    let gaps = |more: &[&str]| -> Value {
        let args = ["replay", "--gaps", "--format", "json", "traces.jsonl"];
        let ran = desk.run(&[&args[..], more].concat());
        ran.json_lines()[0]["gaps"].clone()
    };
    assert_eq!(gaps(&[])["cut_by_idle_timeout"], 1);
    assert_eq!(gaps(&[])["cut_by_root_timeout"], 0);
    assert_eq!(gaps(&[])["traces_incomplete"], 1);
    assert_eq!(gaps(&["--root-timeout", "20"])["cut_by_root_timeout"], 1);
    assert_eq!(gaps(&["--completeness", "idle"])["cut_by_idle_timeout"], 2);

    let text = desk.run(&["replay", "--gaps", "traces.jsonl"]).out;
    let block = &text[text.find("trace:").unwrap()..];
    let indented: String = block.lines().map(|line| format!("    {line}\n")).collect();
    let rules = "    rules:\n      inline: [{ id: r, condition: 'never { x }' }]\n";
    let config = format!("processors:\n  betrace:\n{rules}{indented}");
    desk.write("otelcol.yaml", config.as_bytes());
    let after = gaps(&["--config", "otelcol.yaml"]);
    assert_eq!(after["cut_by_idle_timeout"], 0, "{config}");
    assert_eq!(after["present"], after["suggested"], "{config}");
}

#[test]
fn what_one_of_the_rules_awaits_is_what_traces_wait_for() {
    let desk = desk();
    let incomplete = |completeness: &str| {
        let own = format!("completeness: {completeness}");
        let rules = format!(
            "rules: [{{ id: r, condition: 'never {{ x }}', {own} }}, {{ id: s, condition: 'never {{ y }}', completeness: idle }}]"
        );
        desk.write("rules.yaml", rules.as_bytes());
        let args = ["replay", "--gaps", "--format", "json", "--rules"];
        let ran = desk.run(&[&args[..], &["rules.yaml", "traces.jsonl"]].concat());
        ran.json_lines()[0]["gaps"]["traces_incomplete"].clone()
    };
    assert_eq!([incomplete("idle"), incomplete("root")], [0, 1]);
}

#[test]
fn a_span_may_end_at_the_last_of_all_times() {
    let mut late: Value = serde_json::from_str(&request(&[span(1, 2, 1, "step")])).unwrap();
    let made = &mut late["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    made["endTimeUnixNano"] = u64::MAX.to_string().into();
    let lines = [request(&[span(1, 1, 0, "step")]), late.to_string()];
    let desk = Desk::with(&[("traces.jsonl", &lines.join("\n"))]);
    let ran = desk.run(&["replay", "--gaps", "traces.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("max_age: 24h\n"), "{}", ran.out);
}

#[test]
fn gaps_are_no_spans() {
    let ran = desk().run(&["replay", "--gaps", "--format", "otlp", "traces.jsonl"]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    let ran = desk().run(&["replay", "traces.jsonl"]);
    assert_eq!(ran.code, 2, "without rules there is nothing to replay");
}

#[test]
fn the_deadlines_of_the_rules_are_allowed_for() {
    let desk = desk();
    let suggested = |within: &str| -> (Value, String) {
        let rule = format!(
            "rules: [{{ id: r, condition: 'when each {{ a as p }} always {{ b after p within {within} }}' }}]"
        );
        desk.write("rules.yaml", rule.as_bytes());
        let args = ["replay", "--gaps", "--rules", "rules.yaml", "traces.jsonl"];
        let json = desk.run(&[&args[..], &["--format", "json"]].concat());
        let gaps = json.json_lines()[0]["gaps"].clone();
        (gaps, desk.run(&args).out)
    };
    let (gaps, text) = suggested("30s");
    assert_eq!(gaps["longest_deadline"], 30_000_000_000u64);
    assert!(text.contains("max_age: 5m\n"), "{text}");
    // 20 s of idle_timeout behind it.
    assert!(suggested("280s").1.contains("max_age: 5m\n"));
    let (_, text) = suggested("281s");
    assert!(text.contains("max_age: 10m\n"), "{text}");
    assert!(
        text.contains("A rule gives something 4m41s to come"),
        "{text}"
    );
    desk.write("rules.yaml", b"rules: [{ id: r, condition: 'nevr { a }' }]");
    let faulty = desk.run(&["replay", "--gaps", "--rules", "rules.yaml", "traces.jsonl"]);
    assert_eq!(faulty.code, 2);
}
