//! `betrace explain`

use super::support::*;
use serde_json::Value;

const RULES: &str = r#"
rules:
  - id: charge-is-checked
    name: Charges are checked
    description: Nothing is charged unseen.
    severity: critical
    compliance: { SOC2: [CC6.1] }
    message: "{p.order.id}"
    condition: |
      when each { payment.charge.where(amount > 1000 and currency in [EUR, USD]) as p }
      always { payment.check.where(order.id == p.order.id) before p within 5s }
      never { payment.bypass or count(retry) > 3 }
    exceptions: [ 'root.where(test.run == true)' ]
  - id: quick
    condition: 'never { count(http.call) by server.address > 20 }'
  - id: spread
    condition: |
      when { a inside b and not c }
      always { max(any, span:duration) < 2s and avg(d, size) < 2 * avg(e, size) }
  - id: scoped
    condition: |
      when { root.where(span:name starts with "GET") }
      always { x between "opened" and next "closed" or trace:duration < 2s }
"#;

#[test]
fn in_english() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("explain", ran.out);
}

#[test]
fn what_names_of_the_vocabulary_stand_for_is_shown() {
    let rules = "macros: { deleting: 'otel:http.request.where(otel:http.path starts with \"/admin\" and otel:http.method not in otel:http.safe_methods)' }\nrules:\n  - id: a\n    condition: deleting and not audit\n";
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let part = ran
        .out
        .split("What the names of the vocabulary stand for")
        .nth(1)
        .unwrap();
    let part = part.split("What it may cost").next().unwrap();
    for line in [
        "    otel:http.method        http.request.method\n                            http.method\n",
        "    otel:http.safe_methods  GET, HEAD, OPTIONS, TRACE\n",
    ] {
        assert!(part.contains(line), "{part}");
    }
    let ran = desk.run(&["explain", "--rules", "rules.yaml", "--format", "json"]);
    let names = ran.json_lines()[0]["vocabulary"].clone();
    let names: Vec<&str> = names
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "otel:http.method",
            "otel:http.path",
            "otel:http.request",
            "otel:http.request_span",
            "otel:http.safe_methods",
            "otel:http.served_span"
        ]
    );
}

#[test]
fn as_json() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--rule",
        "charge-is-checked",
        "--format",
        "json",
    ]);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 1);
    let json: &Value = &lines[0];
    assert_eq!(
        json["fields"],
        serde_json::json!([
            "amount",
            "currency",
            "order.id",
            "span:parentID",
            "test.run"
        ])
    );
    assert!(json["worst_case_bytes_per_trace"].as_u64().unwrap() > 1000);
    assert_eq!(json["decided"][0]["clause"], "never");
    assert_eq!(
        desk.run(&["explain", "--rules", "rules.yaml", "--rule", "missing"])
            .code,
        2
    );
}

#[test]
fn what_a_rule_asks_of_a_trace_is_told_where_it_says_so_itself() {
    let rules = "rules:\n  - { id: own, condition: 'always { a }', completeness: linked }\n  - { id: unsaid, condition: 'always { b }' }\n";
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let args = ["explain", "--rules", "rules.yaml"];
    let json = desk
        .run(&[&args[..], &["--format", "json"]].concat())
        .json_lines();
    assert_eq!(json[0]["completeness"], "linked");
    assert_eq!(json[1]["completeness"], Value::Null);
    let text = desk.run(&args).out;
    let told = "in traces of which the root and every parent came: its own `completeness: linked`";
    assert_eq!(text.matches(told).count(), 1, "{text}");
    assert_eq!(text.matches("completeness").count(), 1, "{text}");

    let trace = request(&[span(7, 1, 0, "root"), span(7, 3, 9, "step")]);
    desk.write("traces.jsonl", trace.as_bytes());
    let id = format!("{:032x}", 7);
    let why = desk.run(
        &[
            &args[..],
            &["--rule", "own", "--trace", &id, "traces.jsonl"],
        ]
        .concat(),
    );
    assert!(why.out.contains("orphan"), "{}", why.out);
}

#[test]
fn why_a_trace_got_its_verdict() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let mut charge = span(7, 2, 1, "payment.charge");
    charge.attributes = serde_json::json!({"amount": 5000, "currency": "EUR", "order.id": "o1"});
    let mut check = span(7, 3, 1, "payment.check");
    check.attributes = serde_json::json!({"order.id": "o2"});
    check.times = (2, 3);
    let root = span(7, 1, 0, "GET /");
    desk.write(
        "t.jsonl",
        request(&[root, charge, check, span(8, 1, 0, "other")]).as_bytes(),
    );
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--rule",
        "charge-is-checked",
        "--trace",
        "7",
        "t.jsonl",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!("explain_trace", ran.out);
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--trace",
        "7",
        "--format",
        "json",
        "t.jsonl",
    ]);
    assert_eq!(ran.json_lines().len(), 4);
    assert_eq!(ran.json_lines()[0]["verdicts"][0]["verdict"], "violated");
    assert_eq!(
        desk.run(&[
            "explain",
            "--rules",
            "rules.yaml",
            "--trace",
            "9",
            "t.jsonl"
        ])
        .code,
        2
    );
    assert_eq!(
        desk.run(&[
            "explain",
            "--rules",
            "rules.yaml",
            "--trace",
            "xyz",
            "t.jsonl"
        ])
        .code,
        2
    );
    assert_eq!(
        desk.run(&["explain", "--rules", "rules.yaml", "--trace", "7"])
            .code,
        2
    );
}

#[test]
fn a_reason_is_the_word_that_replay_prints() {
    let rules = "rules:\n  - { id: audited, condition: 'when { read } always { audit.log }' }\n";
    let desk = Desk::with(&[("rules.yaml", rules)]);
    // Its root never came.
    desk.write("t.jsonl", request(&[span(7, 2, 1, "read")]).as_bytes());
    let format = ["--rules", "rules.yaml", "--format", "json", "t.jsonl"];
    let replayed = desk.run(&[&["replay"], &format[..]].concat());
    let explained = desk.run(&[&["explain", "--trace", "7"], &format[..]].concat());
    let replayed = &replayed.json_lines()[0];
    let explained = &explained.json_lines()[0];
    assert_eq!(replayed["verdict"], "inconclusive");
    assert_eq!(explained["verdicts"][0]["reason"], replayed["reason"]);
    let unknown: Vec<&Value> = explained["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| {
            step["outcome"]
                .as_str()
                .unwrap()
                .starts_with("cannot be known")
        })
        .collect();
    assert!(!unknown.is_empty(), "{explained}");
    for step in unknown {
        assert_eq!(step["reason"], replayed["reason"]);
    }
    let text = desk.run(&[
        "explain",
        "--trace",
        "7",
        "--rules",
        "rules.yaml",
        "t.jsonl",
    ]);
    assert!(
        text.out
            .contains("inconclusive (no_root: no root span came)"),
        "{}",
        text.out
    );
}

#[test]
fn a_breach_is_said_early_where_the_engine_fires_early() {
    let rules = r#"
rules:
  - { id: grown-past, condition: 'never { not a.where(trace:spanCount < 3) }' }
  - { id: not-so-small, condition: 'never { not a.where(trace:spanCount > 3) }' }
"#;
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml", "--format", "json"]);
    let said: Vec<Value> = ran
        .json_lines()
        .iter()
        .map(|rule| rule["decided"][0].clone())
        .collect();
    // Of three spans the count is never again below three, and then the selector selects nothing for good.
    assert_eq!(said[0]["when"], "early");
    assert_eq!(said[0]["waits_for"], serde_json::json!([]));
    assert_eq!(said[1]["when"], "close");
    let grows = "the trace's number of spans may still grow";
    assert_eq!(said[1]["waits_for"], serde_json::json!([grows]));
}

#[test]
fn a_negation_is_said_of_the_events_and_not_of_a_text_that_looks_like_them() {
    let rules = r#"
rules:
  - { id: a, condition: 'never { any.where(not (event.note contains " of one of its ")) }' }
  - { id: b, condition: 'never { any.where(not event.where(note == " of one of its events" and code == 1)) }' }
  - { id: c, condition: 'never { any.where(missing(event."of one of its ")) }' }
  - { id: d, condition: 'never { pay.where(not (trace:duration > 5s or trace:spanCount > 3)) }' }
"#;
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml", "--format", "json"]);
    let breaches: Vec<String> = ran
        .json_lines()
        .iter()
        .map(|rule| rule["decided"][0]["breach"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        breaches,
        [
            "there is a span whose `note` of none of its events contains \" of one of its \"",
            "there is a span whose events include none in which `note` is \" of one of its events\" and `code` is 1",
            "there is a span whose `of one of its ` of none of its events is present",
            "there is a span named `pay` (while it is not so that (trace's duration is more than 5 s or trace's number of spans is more than 3))",
        ]
    );
}

/// A span in a service of its own, with its times in milliseconds.
fn of_service(service: &str, mut made: Made<'_>, times: (u64, u64)) -> String {
    made.times = times;
    request(&[made]).replace("\"shop\"", &format!("{service:?}"))
}

#[test]
fn the_times_of_an_order_that_does_not_hold_are_told() {
    let rules = r#"
rules:
  - id: audited
    condition: 'when each { read as r } always { audit.log after r }'
  - id: asked
    condition: 'when { read } always { ask before read }'
  - id: soon
    condition: 'when { ask } always { write after ask within 5ms }'
"#;
    let because = |audit: (u64, u64), root: &str, rule: &str| -> Vec<String> {
        let lines = [
            of_service(root, span(7, 1, 0, "GET /me"), (95, 200)),
            of_service("users", span(7, 2, 1, "read"), (100, 120)),
            of_service("audit", span(7, 3, 1, "audit.log"), audit),
            of_service("users", span(7, 4, 1, "ask"), (130, 140)),
            of_service("users", span(7, 5, 1, "write"), (150, 160)),
        ];
        let desk = Desk::with(&[("rules.yaml", rules), ("t.jsonl", &lines.join("\n"))]);
        let args = [
            "explain",
            "--rules",
            "rules.yaml",
            "--rule",
            rule,
            "--trace",
            "7",
            "t.jsonl",
        ];
        let text = desk.run(&args).out;
        let json = desk.run(&[&args[..], &["--format", "json"]].concat());
        let steps = json.json_lines()[0]["steps"].as_array().unwrap().clone();
        let because: Vec<String> = steps
            .iter()
            .filter_map(|step| step.get("because"))
            .flat_map(|because| because.as_array().unwrap())
            .map(|because| because.as_str().unwrap().to_owned())
            .collect();
        for because in &because {
            assert!(text.contains(&format!("  ! {because}\n")), "{text}");
        }
        because
    };
    assert_eq!(
        because((96, 98), "audit", "audited"),
        ["audit.log ended 2.0 ms before read began: clock skew of service audit?"]
    );
    assert_eq!(
        because((60, 92), "web", "audited"),
        [
            "audit.log ended 8.0 ms before read began: clock skew of service audit? its spans start up to 35.0 ms before \
             their parents in web"
        ]
    );
    assert_eq!(
        because((110, 112), "web", "audited"),
        ["audit.log began 10.0 ms before read ended: they overlap: clock skew of service audit?"]
    );
    assert_eq!(because((121, 122), "web", "audited"), [""; 0], "it holds");
    // One service has one clock.
    assert_eq!(
        because((121, 122), "web", "asked"),
        ["ask began 10.0 ms after read ended"]
    );
    assert_eq!(
        because((121, 122), "web", "soon"),
        ["write began 10.0 ms after ask ended"]
    );
}

#[test]
fn the_pair_that_comes_nearest_to_an_order_is_told_and_what_touches_is_neither_late_nor_early() {
    let rules = r#"
rules:
  - id: close
    condition: 'always { ask before write within 3ms }'
  - id: apart
    condition: 'always { read before ask within 5ms..20ms }'
  - id: in-turn
    condition: 'always { write then ask }'
"#;
    let lines = [
        of_service("users", span(7, 1, 0, "GET /me"), (1, 200)),
        of_service("users", span(7, 2, 1, "read"), (5, 10)),
        of_service("users", span(7, 3, 1, "ask"), (10, 11)),
        of_service("users", span(7, 4, 1, "ask"), (20, 26)),
        of_service("users", span(7, 5, 1, "write"), (30, 31)),
        of_service("users", span(7, 6, 1, "write"), (40, 41)),
    ];
    let desk = Desk::with(&[("rules.yaml", rules), ("t.jsonl", &lines.join("\n"))]);
    for (rule, told) in [
        // Not the first `ask`, which ended 19 ms before.
        ("close", " ended 4.0 ms before write "),
        ("apart", "read ended just when ask "),
        // Not the first `ask`, which ended 19 ms before.
        ("in-turn", "write began 4.0 ms after ask "),
    ] {
        let of_rule = ["explain", "--rules", "rules.yaml", "--rule", rule];
        let ran = desk.run(&[&of_rule[..], &["--trace", "7", "t.jsonl"]].concat());
        let mut lines = ran.out.lines();
        let because = lines.find(|line| line.trim_start().starts_with('!'));
        assert!(because.unwrap().contains(told), "{rule}: {}", ran.out);
    }
}

#[test]
fn what_is_said_of_the_left_span_and_what_of_the_right_one_reads_differently() {
    for (condition, said) in [
        (
            "never { a inside b inside c }",
            "`a` somewhere below a span named `b` and somewhere below a span named `c`",
        ),
        (
            "never { a inside (b inside c) }",
            "`a` somewhere below a span named `b` somewhere below a span named `c`",
        ),
        (
            "never { a after b before c }",
            "has ended and that ends before the first span named `c` starts",
        ),
        (
            "never { a except b }",
            "no span named `a` that is no span named `b`",
        ),
        (
            "never { a.where(not (event.k == 1)) }",
            "`a` whose `k` of none of its events is 1.",
        ),
        (
            "never { a.where(event.k != 1) }",
            "`a` whose `k` of one of its events is not 1.",
        ),
        (
            "never { a.where(not (event:name == exception)) }",
            "whose name of none of its events is \"exception\".",
        ),
        (
            "never { a.where(missing(link.k)) }",
            "`a` whose `k` of none of its links is present.",
        ),
        (
            "never { a.where(event.where(not (k == 1))) }",
            "in which `k` is not 1.",
        ),
        (
            "never { a.where(event.where(missing(k))) }",
            "in which `k` is missing.",
        ),
        (
            "never { a.where(not (k == 1 or j == 2)) }",
            "`a` for which it is not so that (`k` is 1 or `j` is 2).",
        ),
        (
            "never { a.where((k == 1 or j == 2) and i == 3) }",
            "`a` whose (`k` is 1 or `j` is 2) and whose `i` is 3.",
        ),
        (
            "never { count(a except b) > 1 }",
            "spans named `a` that are no span named `b`",
        ),
    ] {
        let rules = format!("rules:\n  - {{ id: r, condition: '{condition}' }}\n");
        let desk = Desk::with(&[("rules.yaml", &rules)]);
        let ran = desk.run(&["explain", "--rules", "rules.yaml"]);
        assert!(ran.out.contains(said), "{condition}\n{}", ran.out);
    }
}

#[test]
fn what_would_have_kept_the_rule_and_what_nearly_did() {
    let rules = r#"
rules:
  - id: audited
    condition: 'when { read } always { audit.log.where(exists(actor)) and read }'
  - id: no-bypass
    condition: 'never { bypass or nothing }'
  - id: elsewhere
    condition: 'when { audit.lg } always { read }'
  - id: misspelt
    condition: 'never { bypas }'
"#;
    let spans = [
        span(7, 1, 0, "GET /me"),
        span(7, 2, 1, "read"),
        span(7, 3, 1, "audit.log"),
        span(7, 4, 1, "bypass"),
    ];
    let desk = Desk::with(&[("rules.yaml", rules), ("t.jsonl", &request(&spans))]);
    let ran = desk.run(&[
        "explain",
        "--rules",
        "rules.yaml",
        "--trace",
        "7",
        "t.jsonl",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!("explain_kept", ran.out);
    assert!(
        ran.out
            .contains("so it is satisfied (vacuously: no span met it)\n")
    );
}

#[test]
fn spans_of_any_name_are_said_to_be_read() {
    let rules = r#"
rules:
  - id: r
    condition: 'when each { any.where(data.contains_pii == true) as r } always { audit.log after r }'
"#;
    let desk = Desk::with(&[("rules.yaml", rules)]);
    let ran = desk.run(&["explain", "--rules", "rules.yaml"]);
    let said = "spans   spans of any name (data.contains_pii decides), and audit.log\n";
    assert!(ran.out.contains(said), "{}", ran.out);
    let rules = r#"
rules:
  - id: r
    condition: 'when each { pay as p } always { any.where(ok == true and order == p.order) after p } never { any }'
  - id: s
    condition: 'when each { pay as p } always { any.where(ok == true and order == p.order) after p }'
"#;
    desk.write("rules.yaml", rules.as_bytes());
    let lines = desk
        .run(&["explain", "--rules", "rules.yaml", "--format", "json"])
        .json_lines();
    assert_eq!(lines[0]["spans_read"], "spans of any name, and pay");
    assert_eq!(
        lines[1]["spans_read"],
        "spans of any name (ok, order decide), and pay"
    );
}

#[test]
fn a_deadline_is_said_to_keep_the_trace_open() {
    let said = |condition: &str| {
        let rules = format!("rules: [ {{ id: r, condition: '{condition}' }} ]");
        let ran = Desk::with(&[("rules.yaml", &rules)]).run(&["explain", "--rules", "rules.yaml"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
            .contains("keeps the trace open: at most 30 s from when its span came")
    };
    assert!(said("when each { a as p } always { b after p within 30s }"));
    assert!(!said(
        "when each { a as p } always { b before p within 30s }"
    ));
}

#[test]
fn what_is_missing_is_named() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let plain = desk.run(&["explain", "rules.yaml"]);
    let named = desk.run(&["explain", "--rules", "rules.yaml"]);
    assert_eq!((plain.code, plain.out), (0, named.out), "{}", plain.err);
    for (args, missing) in [
        (&["explain"][..], "--rules <RULES>"),
        (
            &["explain", "--trace", "1f", "rules.yaml"][..],
            "--rules RULES is missing",
        ),
        (
            &["explain", "--rules", "rules.yaml", "x.jsonl"][..],
            "--trace HEX is missing",
        ),
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 2, "{}", ran.out);
        assert!(ran.err.contains(missing), "{}", ran.err);
    }
}
