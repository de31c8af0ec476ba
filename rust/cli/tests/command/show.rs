//! `betrace show`

use super::support::*;
use serde_json::{Value, json};

/// Trace 7: an order whose charge no check precedes, among spans that no rule asks for; trace 8: a cart.
fn desk() -> Desk {
    let with = |mut made: Made<'static>, attributes: Value| {
        made.attributes = attributes;
        made
    };
    let mut spans = vec![
        span(7, 1, 0, "GET /order"),
        with(span(7, 2, 1, "step"), json!({"note": "a\u{202e}b", "n": 1})),
        with(
            span(7, 3, 2, "payment.charge"),
            json!({"amount": 5000, "currency": "EUR", "order.id": "o1", "card": "secret"}),
        ),
        with(span(7, 4, 2, "payment.check"), json!({"order.id": "o2"})),
        span(8, 1, 0, "GET /cart"),
    ];
    for id in 10..20 {
        spans.push(with(
            span(7, id, 1, "SELECT"),
            json!({"db.system.name": "mysql"}),
        ));
    }
    Desk::with(&[("rules.yaml", RULES), ("traces.jsonl", &request(&spans))])
}

const RULES: &str = r#"
rules:
  - id: charge-is-checked
    condition: |
      when each { payment.charge.where(amount > 1000) as p }
      always { payment.check.where(order.id == p.order.id) before p }
  - id: queries-are-few
    condition: 'never { count(any.where(exists(db.system.name))) > 3 }'
  - id: orders-are-quick
    condition: 'when { payment.charge } always { trace:duration < 1h }'
"#;

#[test]
fn what_recordings_hold_is_listed_with_counts() {
    let desk = desk();
    let ran = desk.run(&["show", "traces.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("show_listing", ran.out);
    let ran = desk.run(&["show", "--format", "json", "traces.jsonl"]);
    let json = &ran.json_lines()[0];
    assert_eq!((&json["spans"], &json["traces"]), (&15.into(), &2.into()));
    assert_eq!(json["span_names"]["SELECT"], 10);
    assert_eq!(json["services"], json!({"shop": 15}));
    assert_eq!(json["attribute_keys"]["span"]["order.id"], 2);
    assert_eq!(
        json["attribute_keys"]["resource"],
        json!({"service.name": 15})
    );
}

#[test]
fn a_trace_is_drawn_as_a_test_draws_it() {
    let desk = desk();
    let ran = desk.run(&["show", "traces.jsonl", "--trace", "7"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("show_trace", ran.out);
    let ran = desk.run(&["show", "traces.jsonl", "--trace", "8", "--format", "json"]);
    desk.write("again.jsonl", ran.out.as_bytes());
    let ran = desk.run(&["show", "again.jsonl"]);
    assert!(ran.out.starts_with("1 span in 1 trace\n"), "{}", ran.out);
    for (trace, code) in [("9", 2), ("xyz", 2)] {
        let ran = desk.run(&["show", "traces.jsonl", "--trace", trace]);
        assert_eq!((ran.code, &*ran.out), (code, ""));
    }
    desk.write("broken.jsonl", b"{\"resourceSpans\": [1");
    let ran = desk.run(&["show", "traces.jsonl", "broken.jsonl", "--trace", "8"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("GET /cart"), "what could be read is shown");
}

#[test]
fn drawing_ends_after_so_many_spans_unless_all_are_wanted() {
    let desk = Desk::with(&[]);
    let spans: Vec<Made<'_>> = (1..=41)
        .map(|id| span(1, id, u64::from(id > 1), "x"))
        .collect();
    desk.write("t.jsonl", request(&spans[..40]).as_bytes());
    let drawn = |more: &[&str]| {
        let ran = desk.run(&[&["show", "t.jsonl", "--trace", "1"], more].concat());
        ran.out.lines().count()
    };
    assert_eq!(drawn(&[]), 41, "a line of its own for the trace");
    desk.write("t.jsonl", request(&spans).as_bytes());
    let out = desk.run(&["show", "t.jsonl", "--trace", "1"]).out;
    assert!(
        out.contains("… and 1 more\n  (--all draws every span)"),
        "{out}"
    );
    assert_eq!(drawn(&["--all"]), 42);
}

/// Runs the printed test with its rule.
fn test_again(desk: &Desk, rule: &str, printed: &str) -> Ran {
    let indented: String = printed
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    desk.write("again.yaml", format!("rules:\n{rule}{indented}").as_bytes());
    desk.run(&["test", "again.yaml"])
}

/// Trace 7 as a test of a rule.
fn as_test_of(desk: &Desk, rule: &str) -> Ran {
    desk.run(&[
        "show",
        "traces.jsonl",
        "--trace",
        "7",
        "--as-test",
        "--rules",
        "rules.yaml",
        "--rule",
        rule,
    ])
}

#[test]
fn the_smallest_test_keeps_the_verdict_and_what_the_rule_reads() {
    let desk = desk();
    let ran = as_test_of(&desk, "charge-is-checked");
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("show_as_test", ran.out);
    assert!(!ran.out.contains("secret"));
    let rule = "  - id: r\n    condition: |\n      when each { payment.charge.where(amount > 1000) as p }\n      always { payment.check.where(order.id == p.order.id) before p }\n";
    let again = test_again(&desk, rule, &ran.out);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    assert!(
        again.err.starts_with("1 test of 1 rule: 0 failed"),
        "{}",
        again.err
    );
}

#[test]
fn a_count_keeps_as_many_spans_as_it_takes() {
    let desk = desk();
    let ran = as_test_of(&desk, "queries-are-few");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.matches("span: SELECT").count(), 4, "{}", ran.out);
    let rule =
        "  - id: r\n    condition: 'never { count(any.where(exists(db.system.name))) > 3 }'\n";
    assert_eq!(test_again(&desk, rule, &ran.out).code, 0);
}

#[test]
fn a_satisfied_trace_still_meets_its_rule() {
    let desk = desk();
    let ran = as_test_of(&desk, "orders-are-quick");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("span: payment.charge"), "{}", ran.out);
    assert!(ran.out.contains("expect: satisfied"), "{}", ran.out);
    assert_eq!(ran.out.matches("span: ").count(), 1, "{}", ran.out);
}

#[test]
fn times_are_written_where_the_verdict_hangs_on_them() {
    let mut slow = span(1, 2, 1, "charge");
    slow.times = (0, 5_000);
    let mut root = span(1, 1, 0, "order");
    root.times = (0, 5_500);
    let other = span(1, 3, 1, "other");
    let desk = Desk::with(&[
        (
            "rules.yaml",
            "rules: [{id: r, condition: 'never { charge.where(span:duration > 2s) }'}]",
        ),
        ("t.jsonl", &request(&[root, slow, other])),
    ]);
    let ran = desk.run(&[
        "show",
        "t.jsonl",
        "--trace",
        "1",
        "--as-test",
        "--rules",
        "rules.yaml",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out
            .contains("- { span: charge, start: 0ms, duration: 5s }"),
        "{}",
        ran.out
    );
    let rule = "  - id: r\n    condition: 'never { charge.where(span:duration > 2s) }'\n";
    assert_eq!(test_again(&desk, rule, &ran.out).code, 0);
}

#[test]
fn of_several_rules_one_must_be_named() {
    let desk = desk();
    let run = |more: &[&str]| {
        let args = [
            "show",
            "traces.jsonl",
            "--as-test",
            "--rules",
            "rules.yaml",
            "--trace",
        ];
        desk.run(&[&args[..], more].concat())
    };
    let several = run(&["7"]);
    assert_eq!((several.code, &*several.out), (2, ""));
    assert!(
        several
            .err
            .contains("--rule: charge-is-checked, queries-are-few"),
        "{}",
        several.err
    );
    assert_eq!(run(&["8"]).code, 2, "it breaks none of them");
    assert_eq!(run(&["7", "--rule", "none"]).code, 2);
}

#[test]
fn every_violation_of_the_recorded_shop_becomes_a_test_that_passes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rules = root.join("rules");
    let desk = Desk::with(&[]);
    for (pack, recording) in [
        ("compliance.yaml", "missing-audit-record.jsonl"),
        ("sre.yaml", "retry-storm.jsonl"),
        ("ai-agents.yaml", "unapproved-tool.jsonl"),
    ] {
        let pack = rules.join(pack);
        let recording = root.join("testdata/traces").join(recording);
        let (pack, recording) = (pack.to_str().unwrap(), recording.to_str().unwrap());
        let found = desk.run(&["replay", "--rules", pack, "--format", "json", recording]);
        let found = &found.json_lines()[0];
        let (rule, trace) = (
            found["rule"].as_str().unwrap(),
            found["trace_id"].as_str().unwrap(),
        );
        let made = desk.run(&[
            "show",
            recording,
            "--trace",
            trace,
            "--as-test",
            "--rules",
            pack,
            "--rule",
            rule,
        ]);
        assert_eq!(made.code, 0, "{}", made.err);
        // Beside the rule's own tests, in its own file.
        let text = std::fs::read_to_string(pack).unwrap();
        let at = text.find(&format!("id: {rule}\n")).unwrap();
        let tests = at + text[at..].find("    tests:\n").unwrap();
        let made: String = made
            .out
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        let made = made.replace("    tests:\n", "");
        let (before, after) = text.split_at(tests + "    tests:\n".len());
        desk.write("pack.yaml", format!("{before}{made}{after}").as_bytes());
        let ran = desk.run(&["test", "--rule", rule, "pack.yaml"]);
        assert_eq!(ran.code, 0, "{made}{}{}", ran.out, ran.err);
        assert!(made.matches("span: ").count() <= 12, "{made}");
    }
}

#[test]
fn without_a_rule_the_test_is_the_whole_trace() {
    let desk = desk();
    let ran = desk.run(&["show", "traces.jsonl", "--trace", "7", "--as-test"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.matches("span: ").count(), 14, "{}", ran.out);
    assert!(ran.out.contains("card: secret"), "{}", ran.out);
    let rule = "  - id: r\n    condition: 'when { bypass } always { check }'\n";
    assert_eq!(test_again(&desk, rule, &ran.out).code, 0);
}

#[test]
fn the_only_trace_need_not_be_named() {
    let desk = desk();
    let several = desk.run(&["show", "traces.jsonl", "--as-test"]);
    assert_eq!((several.code, &*several.out), (2, ""));
    assert!(several.err.contains("several traces"), "{}", several.err);
    desk.write("one.jsonl", request(&[span(9, 1, 0, "order")]).as_bytes());
    let one = desk.run(&["show", "one.jsonl", "--as-test"]);
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(
        one.out
            .contains("- { span: order, service: shop, start: 0ms, duration: 5ms }"),
        "{}",
        one.out
    );
    desk.write("none.jsonl", b"{\"resourceSpans\":[]}");
    assert_eq!(desk.run(&["show", "none.jsonl", "--as-test"]).code, 2);
}

#[test]
fn bytes_that_are_no_request_are_told_with_their_file() {
    let desk = desk();
    let mut bytes = b"\x0a\x20\x12\x1e\x12\x1c\x0a\x10".to_vec();
    // A span of trace 7 that promises more bytes than there are.
    bytes.extend([0; 15]);
    bytes.push(7);
    bytes.extend(b"\x2a\x50op");
    desk.write("cut.bin", &bytes);
    for args in [
        &["show", "cut.bin", "traces.jsonl"][..],
        &["show", "cut.bin", "traces.jsonl", "--trace", "7"],
        &["replay", "--gaps", "cut.bin", "traces.jsonl"],
        &[
            "explain",
            "--rules",
            "rules.yaml",
            "--trace",
            "7",
            "cut.bin",
            "traces.jsonl",
        ],
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 3, "{args:?}: {}", ran.err);
        assert!(ran.err.contains("cut.bin: "), "{args:?}: {}", ran.err);
        assert!(!ran.out.is_empty(), "{args:?}: what could be read is shown");
    }
}

#[test]
fn the_page_shows_what_is_printed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/command.md")).unwrap();
    let folded = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let run = |command: &str, keep: &dyn Fn(&str) -> bool| {
        assert!(
            folded.contains(&format!("`betrace {command}` prints:")),
            "{command}"
        );
        let args: Vec<String> = command
            .split(' ')
            .map(|word| {
                let is_path = word.starts_with("rules/") || word.starts_with("testdata/");
                if is_path {
                    root.join(word).display().to_string()
                } else {
                    word.to_owned()
                }
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = Desk::with(&[]).run(&args);
        let lines: Vec<&str> = ran.out.lines().skip_while(|line| !keep(line)).collect();
        lines.join("\n")
    };
    let printed = run(
        "show testdata/traces/missing-audit-record.jsonl --trace d0613789819a8a6fd418c9ad1e26b905 --as-test --rules rules/compliance.yaml",
        &|_| true,
    );
    assert!(
        page.contains(&format!("```text\n{printed}\n```")),
        "{printed}"
    );
    let printed = run(
        "replay --rules rules/platform.yaml --summary testdata/traces/healthy.jsonl.zst",
        &|line| line.starts_with("platform-client-has-server"),
    );
    let printed: Vec<&str> = printed.lines().take(2).collect();
    assert!(
        page.contains(&format!("```text\n{}\n```", printed.join("\n"))),
        "{printed:?}"
    );
}
