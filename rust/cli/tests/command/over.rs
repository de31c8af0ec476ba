//! Rules over many traces, in every command that meets them.

use super::support::*;
use serde_json::{Value, json};

const RULES: &str = r#"
rules:
  - id: few-visits
    severity: high
    condition: |
      over 10s by user
      never { count(visit) > 2 }
    tests:
      - name: three
        traces: [ { trace: [ { span: visit, attributes: { user: ann } } ], repeat: 3 } ]
        expect: violated
        count: 3
      - name: three of two users
        traces:
          - { trace: [ { span: visit, attributes: { user: ann } } ], repeat: 2 }
          - { trace: [ { span: visit, attributes: { user: bob } } ] }
        expect: satisfied
  - id: quick
    condition: over 10s always { p90(visit, span:duration) < 1s }
"#;

fn visit(trace: u128, user: &str) -> Made<'_> {
    Made {
        attributes: json!({ "user": user }),
        ..span(trace, 1, 0, "visit")
    }
}

fn desk() -> Desk {
    let users = ["ann", "ann", "bob", "ann"];
    let traces: Vec<String> = users
        .iter()
        .zip(1..)
        .map(|(user, trace)| request(&[visit(trace, user)]))
        .collect();
    Desk::with(&[("rules.yaml", RULES), ("traces.jsonl", &traces.join("\n"))])
}

#[test]
fn replay_tells_of_each_window_and_group() {
    let desk = desk();
    let replay = ["replay", "--rules", "rules.yaml", "traces.jsonl"];
    let ran = desk.run(&replay);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out.contains("user ann: count(visit) is 3 (3 measured)"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("bob"), "{}", ran.out);
    let ran = desk.run(&[&replay[..], &["--format", "json", "--verdicts", "all"]].concat());
    let lines = ran.json_lines();
    let short: Vec<(&Value, &Value, &Value)> = lines
        .iter()
        .map(|line| (&line["rule"], &line["window"]["group"], &line["verdict"]))
        .collect();
    let mut expected = [
        (
            json!("few-visits"),
            json!({ "user": "ann" }),
            json!("violated"),
        ),
        (
            json!("few-visits"),
            json!({ "user": "bob" }),
            json!("satisfied"),
        ),
        (json!("quick"), json!({}), json!("satisfied")),
    ];
    let mut found: Vec<(Value, Value, Value)> = short
        .into_iter()
        .map(|(a, b, c)| (a.clone(), b.clone(), c.clone()))
        .collect();
    let key = |one: &(Value, Value, Value)| format!("{one:?}");
    found.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(found, expected);
    let violated = lines
        .iter()
        .find(|line| line["verdict"] == "violated")
        .unwrap();
    let window = &violated["window"];
    assert_eq!(window["exemplars"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&window["value"], &window["samples"]),
        (&json!([3.0, 3.0]), &json!(3))
    );
    let length = |key: &str| window[key].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(
        length("end_unix_nano") - length("start_unix_nano"),
        10_000_000_000
    );
}

#[test]
fn the_summary_has_a_line_for_each_window() {
    let desk = desk();
    let replay = [
        "replay",
        "--rules",
        "rules.yaml",
        "traces.jsonl",
        "--summary",
    ];
    let ran = desk.run(&replay);
    let line = "user bob: count(visit) is 1 (1 measured): satisfied";
    assert!(ran.out.contains(line), "{}", ran.out);
    let ran = desk.run(&[&replay[..], &["--format", "json"]].concat());
    let lines = ran.json_lines();
    let windows = lines
        .iter()
        .filter(|line| line.get("window_summary").is_some());
    assert_eq!(windows.count(), 3);
}

#[test]
fn a_violation_is_a_span_of_its_own_trace_with_links() {
    let ran = desk().run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "traces.jsonl",
        "--format",
        "otlp",
    ]);
    let span = &ran.json_lines()[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["name"], "betrace.violation");
    let links = span["links"].as_array().unwrap();
    let traces: Vec<&str> = links
        .iter()
        .map(|link| link["traceId"].as_str().unwrap())
        .collect();
    assert_eq!(traces.len(), 3);
    assert!(!traces.contains(&span["traceId"].as_str().unwrap()));
    let keys: Vec<&str> = span["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    for key in [
        "betrace.window.measure",
        "betrace.window.value.low",
        "betrace.window.instances",
    ] {
        assert!(keys.contains(&key), "{key}");
    }
}

#[test]
fn what_is_measured_and_grouped_by_is_named_as_the_rule_names_it() {
    let desk = Desk::with(&[
        (
            "rules.yaml",
            "fields: { who: [user, enduser.id] }
macros: { seen: any.where(exists(otel:user.id) or exists(who)) }
rules: [ { id: few, condition: 'over 10s by who never { count(seen) > 0 }' } ]
",
        ),
        ("traces.jsonl", &request(&[visit(1, "ann")])),
    ]);
    let replay = ["replay", "--rules", "rules.yaml", "traces.jsonl"];
    let ran = desk.run(&[&replay[..], &["--format", "json"]].concat());
    let window = &ran.json_lines()[0]["window"];
    assert_eq!(window["group"], json!({ "who": "ann" }));
    assert_eq!(window["measure"], "count(seen)");
}

#[test]
fn its_tests_run_and_explain_says_what_it_means() {
    let desk = desk();
    let ran = desk.run(&["test", "--coverage", "rules.yaml"]);
    assert!(
        ran.out.contains("2") && ran.code == 0,
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = desk.run(&["explain", "--rules", "rules.yaml"]);
    for said in [
        "In each stretch of 10 s, for each value of",
        "never: the number of spans named `visit` is more than 2.",
        "when the window is over",
        "when the trace closes by which",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
    let ran = desk.run(&["fmt", "--check", "rules.yaml"]);
    assert!(ran.code <= 1, "{}", ran.err);
    let ran = desk.run(&["check", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn explain_says_what_breaks_a_share_and_which_sums_only_grow() {
    let explained = |condition: &str| {
        let rules = format!("rules:\n  - {{ id: r, condition: '{condition}' }}\n");
        let desk = Desk::with(&[("rules.yaml", &rules)]);
        desk.run(&["explain", "--rules", "rules.yaml"]).out
    };
    let always = explained("over 1h always { share(a and b, a) >= 99% }");
    assert!(
        always.contains("It is broken where that is not so with"),
        "{always}"
    );
    let never = explained("over 1h never { share(a and b, a) > 1% }");
    assert!(
        never.contains("It is broken where that is so with"),
        "{never}"
    );
    // A number that is read as a time may be negative, and so may what is left of one. What is beyond a number stays so.
    for (rule, is_early) in [
        ("never { sum(a, span:duration) > 10s }", true),
        ("never { sum(a, took as ms) > 10s }", false),
        ("never { sum(a, span:duration - 5s) > 10s }", false),
        ("always { count(a) == 3 }", true),
        ("never { count(a) == 3 }", false),
        ("never { min(a, n) != 3 }", true),
        ("always { min(a, n) != 3 }", false),
    ] {
        let said = explained(&format!("over 1h {rule}"));
        assert_eq!(
            said.contains("when the trace closes by which"),
            is_early,
            "{said}"
        );
    }
}

#[test]
fn a_timeline_counts_windows_and_names_no_trace_that_there_is_not() {
    let desk = desk();
    let args = [
        "replay",
        "--rules",
        "rules.yaml",
        "traces.jsonl",
        "--timeline",
        "1h",
    ];
    let ran = desk.run(&args);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for said in [
        "few-visits: broken by 1 of 2 groups of windows (50.0 %)",
        "first    in the window from ",
        "quick: kept by 1 window",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
    assert!(!ran.out.contains("in trace"), "{}", ran.out);
    assert!(!ran.err.contains("--memory-mib"), "{}", ran.err);
}

#[test]
fn a_test_that_fails_says_what_each_window_came_to() {
    let wrong = RULES.replace("expect: satisfied", "expect: violated");
    let desk = Desk::with(&[("wrong.yaml", &wrong)]);
    let ran = desk.run(&["test", "wrong.yaml"]);
    for said in [
        "expected violated, got satisfied",
        ", user ann: count(visit) is 2 (2 measured): satisfied",
        ", user bob: count(visit) is 1 (1 measured): satisfied",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
}

/// What one trace adds is no verdict: who asks for one is told where to look.
#[test]
fn what_looks_at_one_trace_says_that_the_rule_is_over_many() {
    let desk = desk();
    let one = "00000000000000000000000000000001";
    let told = "`few-visits` is over many traces";
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--rule",
        "few-visits",
        "--trace",
        one,
        "traces.jsonl",
    ]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(
        ran.err.contains(told) && ran.err.contains("replay --summary"),
        "{}",
        ran.err
    );
    for named in [&["--rule", "few-visits"][..], &[]] {
        let show = [
            "show",
            "--as-test",
            "--rules",
            "rules.yaml",
            "--trace",
            one,
            "traces.jsonl",
        ];
        let ran = desk.run(&[&show[..], named].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert_eq!(ran.err.contains(told), !named.is_empty(), "{}", ran.err);
    }
    desk.write(
        "both.yaml",
        format!("{RULES}  - id: one\n    condition: never {{ visit }}\n").as_bytes(),
    );
    let ran = desk.run(&[
        "explain",
        "--rules",
        "both.yaml",
        "--trace",
        one,
        "traces.jsonl",
    ]);
    assert!(
        ran.out.starts_with("one in trace") && ran.code == 1,
        "{}",
        ran.out
    );
    assert!(ran.err.contains(told), "{}", ran.err);
    let ran = desk.run(&[
        "show",
        "--as-test",
        "--rules",
        "both.yaml",
        "--trace",
        one,
        "traces.jsonl",
    ]);
    assert!(ran.out.contains("# rule one: "), "{}{}", ran.out, ran.err);
}

/// What `replay --summary` says of traces of one visit each, by these users.
fn summary_of_visits(rules: &str, users: [&str; 4]) -> String {
    let traces: Vec<String> = (1..)
        .zip(users)
        .map(|(trace, user)| request(&[visit(trace, user)]))
        .collect();
    let desk = Desk::with(&[("rules.yaml", rules), ("traces.jsonl", &traces.join("\n"))]);
    let args = [
        "replay",
        "--rules",
        "rules.yaml",
        "traces.jsonl",
        "--summary",
    ];
    desk.run(&args).out
}

#[test]
fn a_share_says_of_how_many() {
    let rules = "rules: [ { id: ann, condition: 'over 10s always { share(visit.where(user == ann), visit) >= 1% }' } ]";
    let summary = summary_of_visits(rules, ["ann", "bob", "ann", "bob"]);
    assert!(summary.contains("(2 of 4 measured)"), "{summary}");
}

/// Its bound is moved by no single trace.
#[test]
fn tune_leaves_rules_over_many_traces_out_and_says_so() {
    let desk = desk();
    let ran = desk.run(&["tune", "rules.yaml", "traces.jsonl"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(
        ran.err.contains("all rules are over many traces"),
        "{}",
        ran.err
    );
    let both = format!("{RULES}  - id: one\n    condition: never {{ count(visit) > 5 }}\n");
    desk.write("both.yaml", both.as_bytes());
    let ran = desk.run(&["tune", "both.yaml", "traces.jsonl"]);
    assert!(
        ran.err.contains("2 rules over many traces left out"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("1 rule on 4 good traces"), "{}", ran.err);
    for left_out in ["few-visits", "quick"] {
        assert!(!ran.out.contains(left_out), "{}", ran.out);
    }
}

#[test]
fn a_window_says_with_what_it_is_compared_or_that_there_is_nothing() {
    let rules = r"
rules:
  - { id: more, condition: 'over 10s never { count(visit) > 1.5 * before }' }
  - { id: alike, condition: 'over 10s by user at least 2 never { count(visit) > 2 * lowest }' }
";
    let summary = summary_of_visits(rules, ["ann", "ann", "ann", "bob"]);
    for line in [
        "count(visit) is 4 and there is no `before` (4 measured): not_applicable",
        "user ann: count(visit) is 3 and there is no `lowest` (3 measured): not_applicable",
        "user bob: count(visit) is 1, of fewer than 2 (1 measured): not_applicable",
    ] {
        assert!(summary.contains(line), "{line}\n{summary}");
    }
}

#[test]
fn windows_are_listed_in_time_with_durations_as_rules_have_them() {
    let rules = "rules:\n  - id: quick\n    condition: over 10s always { max(visit, span:duration) < 60ms }\n";
    let traces: Vec<String> = (0..12)
        .map(|at| {
            let start = 1_700_000_000_000 + 10_000 * at;
            request(&[Made {
                times: (start, start + 89),
                ..visit(u128::from(at) + 1, "ann")
            }])
        })
        .collect();
    let desk = Desk::with(&[("rules.yaml", rules), ("traces.jsonl", &traces.join("\n"))]);
    let ran = desk.run(&["replay", "--rules", "rules.yaml", "traces.jsonl"]);
    let heads: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("violated"))
        .collect();
    assert_eq!(heads.len(), 12, "{}", ran.out);
    assert!(heads.is_sorted(), "{heads:#?}");
    assert!(heads.iter().all(|head| head.contains("is 89ms (")));
    assert!(ran.out.contains(": 89ms over 10s"), "{}", ran.out);
    // For programs the order is that of every other line: by rule, then trace id.
    let json = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "traces.jsonl",
        "--format",
        "json",
    ]);
    let ids: Vec<String> = json
        .json_lines()
        .iter()
        .map(|line| line["trace_id"].to_string())
        .collect();
    assert!(ids.is_sorted(), "{ids:#?}");
}
