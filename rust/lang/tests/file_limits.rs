//! Each limit of rule files at its value and one above it, and hostile files within bounds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::time::{Duration, Instant};

use betrace_lang::{Limits, SourceFile, load, render_json, render_text};

fn codes(text: &str, limits: &Limits) -> Vec<&'static str> {
    let loaded = load(&[SourceFile::new("rules.yaml", text)], limits);
    loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| diagnostic.code.0)
        .collect()
}

fn rule(id: &str, more: &str) -> String {
    format!("  - id: {id}\n    condition: {id}x and not y\n{more}")
}

/// `make` gives a file with n of something; n is fine with the limit at n, n + 1 is not.
fn at_and_above(code: &str, limits: impl Fn(usize) -> Limits, make: impl Fn(usize) -> String) {
    const N: usize = 7;
    assert_eq!(codes(&make(N), &limits(N)), [""; 0], "{code} at its limit");
    assert_eq!(codes(&make(N + 1), &limits(N)), [code], "{code} above it");
}

#[test]
fn files() {
    let text = format!("rules:\n{}", rule("a", ""));
    let limits = |file_bytes| Limits {
        file_bytes,
        ..Limits::default()
    };
    assert_eq!(codes(&text, &limits(text.len())), [""; 0]);
    assert_eq!(codes(&text, &limits(text.len() - 1)), ["E0001"]);
}

#[test]
fn rules_over_all_files() {
    let limits = Limits {
        rules: 3,
        ..Limits::default()
    };
    let file = |ids: &[&str]| {
        let rules: String = ids.iter().map(|id| rule(id, "")).collect();
        SourceFile::new("rules.yaml", format!("rules:\n{rules}"))
    };
    let loaded = load(&[file(&["a", "b"]), file(&["c"])], &limits);
    assert!(!loaded.has_errors() && loaded.rules.len() == 3);
    let one = load(&[file(&["a", "b", "c", "d", "e", "f"])], &limits);
    assert_eq!((one.rules.len(), one.rule_count), (3, 6));
    let loaded = load(&[file(&["a", "b"]), file(&["c", "d", "e"])], &limits);
    let errors: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .collect();
    assert_eq!(errors.len(), 1, "said once");
    assert_eq!(
        (errors[0].code.0, errors[0].file, errors[0].line),
        ("E0015", 1, 4)
    );
    assert_eq!((loaded.rules.len(), loaded.rule_count), (3, 5));
}

#[test]
fn exceptions() {
    at_and_above(
        "E0015",
        |exceptions| Limits {
            exceptions,
            ..Limits::default()
        },
        |n| {
            let items: String = (0..n).map(|n| format!("      - e{n}\n")).collect();
            format!(
                "rules:\n{}",
                rule("a", &format!("    exceptions:\n{items}"))
            )
        },
    );
}

#[test]
fn list_items() {
    at_and_above(
        "E0015",
        |list_literals| Limits {
            list_literals,
            ..Limits::default()
        },
        |n| {
            let items: Vec<String> = (0..n).map(|n| n.to_string()).collect();
            let use_it = "  - { id: b, condition: 'count(c.where(d in nums)) > 2' }\n";
            format!("lists: {{ nums: [{}] }}\nrules:\n{use_it}", items.join(","))
        },
    );
}

#[test]
fn attributes_and_tables_of_fields() {
    let rules = "rules:\n  - { id: b, condition: 'count(c.where(exists(f))) > 2' }\n";
    at_and_above(
        "E0015",
        |field_attributes| Limits {
            field_attributes,
            ..Limits::default()
        },
        |n| {
            let keys: Vec<String> = (0..n).map(|n| format!("k{n}")).collect();
            format!("fields: {{ f: [{}] }}\n{rules}", keys.join(", "))
        },
    );
    at_and_above(
        "E0015",
        |list_literals| Limits {
            list_literals,
            ..Limits::default()
        },
        |n| {
            let rows: Vec<String> = (0..n).map(|n| format!("{n}: v")).collect();
            format!(
                "fields: {{ f: {{ k: {{ {} }} }} }}\n{rules}",
                rows.join(", ")
            )
        },
    );
}

#[test]
fn test_spans() {
    at_and_above(
        "E0015",
        |test_spans| Limits {
            test_spans,
            ..Limits::default()
        },
        |n| {
            let children = vec!["c"; n - 1].join(", ");
            let test = format!(
                "    tests:\n      - name: t\n        trace: [{{ span: a, children: [{children}] }}]\n        expect: violated\n"
            );
            format!("rules:\n{}", rule("a", &test))
        },
    );
    for times in [8, 9, 5000, u64::MAX] {
        let test = format!(
            "    tests:\n      - name: t\n        trace: [{{ span: a, repeat: {times} }}]\n        expect: violated\n"
        );
        let limits = Limits {
            test_spans: 8,
            ..Limits::default()
        };
        let right: &[&str] = if times == 8 { &[] } else { &["E0015"] };
        assert_eq!(
            codes(&format!("rules:\n{}", rule("a", &test)), &limits),
            right,
            "{times}"
        );
    }
}

#[test]
fn test_traces() {
    at_and_above(
        "E0015",
        |test_traces| Limits {
            test_traces,
            ..Limits::default()
        },
        |n| {
            let test = format!(
                "    tests:\n      - name: t\n        traces: [{{ trace: [a], repeat: {n} }}]\n        expect: violated\n"
            );
            format!("rules:\n{}", rule("a", &test))
        },
    );
}

#[test]
fn names_of_rules_and_macros() {
    at_and_above(
        "E0011",
        |name_bytes| Limits {
            name_bytes,
            ..Limits::default()
        },
        |n| {
            format!(
                "rules:\n  - {{ id: {}, condition: x and not y }}\n",
                "i".repeat(n)
            )
        },
    );
    at_and_above(
        "E0011",
        |name_bytes| Limits {
            name_bytes,
            ..Limits::default()
        },
        |n| {
            format!(
                "macros: {{ {}: x }}\nrules:\n{}",
                "m".repeat(n),
                rule("a", "")
            )
        },
    );
}

#[test]
fn messages() {
    let limits = Limits {
        rule_bytes: 40,
        ..Limits::default()
    };
    let file = |n: usize| {
        format!(
            "rules:\n{}",
            rule("a", &format!("    message: {}\n", "m".repeat(n)))
        )
    };
    assert_eq!(codes(&file(40), &limits), [""; 0]);
    assert_eq!(codes(&file(41), &limits), ["E0016"]);
}

#[test]
fn diagnostics_are_capped_and_counted() {
    let limits = Limits {
        diagnostics: 10,
        ..Limits::default()
    };
    let file = |n: usize| {
        let keys: String = (0..n).map(|n| format!("    qqqq{n}: 1\n")).collect();
        format!("rules:\n{}", rule("a", &keys))
    };
    assert_eq!(codes(&file(10), &limits), ["E0008"; 10]);
    let loaded = load(&[SourceFile::new("rules.yaml", file(15))], &limits);
    assert_eq!(loaded.diagnostics.len(), 11);
    let last = loaded.diagnostics.last().unwrap();
    assert_eq!(
        (last.code.0, last.message.as_str()),
        ("E0019", "5 more faults are not shown")
    );
}

#[test]
fn warnings_beyond_the_cap_are_no_error_and_hide_none() {
    let limits = Limits {
        diagnostics: 10,
        ..Limits::default()
    };
    let doubtful = |n: usize| {
        rule(
            &format!("r{n}"),
            "    exceptions: ['a.where(kind == server)']\n",
        )
    };
    let doubts = |n: usize| -> String { (0..n).map(doubtful).collect() };
    let all = |text: &str| -> Vec<&'static str> {
        let told = load(&[SourceFile::new("rules.yaml", text)], &limits).diagnostics;
        told.iter().map(|one| one.code.0).collect()
    };
    let told = all(&format!("rules:\n{}", doubts(30)));
    assert_eq!(told.len(), 11);
    assert!(told.iter().all(|code| !code.starts_with('E')), "{told:?}");
    assert!(told.contains(&"W0010"), "{told:?}");
    let faulty = rule("last", "    qqqq: 1\n");
    let told = all(&format!("rules:\n{}{faulty}", doubts(15)));
    assert!(
        told.contains(&"E0008") && told.contains(&"W0010"),
        "{told:?}"
    );
    // Beyond twice the cap an error is counted, and refuses the set all the same.
    let unclosed = rule("last", "    exceptions: ['a.where(']\n");
    let told = all(&format!("rules:\n{}{unclosed}", doubts(30)));
    assert!(told.contains(&"E0019"), "{told:?}");
    let faulty: String = (0..12)
        .map(|n| rule(&format!("f{n}"), "    qqqq: 1\n"))
        .collect();
    let told = all(&format!("rules:\n{}{faulty}", doubts(15)));
    assert_eq!(told.iter().filter(|code| **code == "E0008").count(), 10);
    assert!(told.contains(&"E0019"), "{told:?}");
}

#[test]
fn ten_thousand_faulty_rules_end_in_ten_thousand_diagnostics() {
    let rules: String = (0..10_000)
        .map(|n| format!("  - id: rule-{n}\n    severity: hihg\n    condtion: a and not b\n    condition: |\n      a{n} and not b\n"))
        .collect();
    let files = [SourceFile::new("rules.yaml", format!("rules:\n{rules}"))];
    let begin = Instant::now();
    let loaded = load(&files, &Limits::default());
    assert_eq!(
        (
            loaded.diagnostics.len(),
            loaded.rules.len(),
            loaded.rule_count
        ),
        (20_000, 0, 10_000)
    );
    let text = render_text(&loaded.diagnostics, &files, false);
    let json = render_json(&loaded.diagnostics, &files, loaded.rule_count);
    assert!(
        begin.elapsed() < Duration::from_secs(60),
        "{:?}",
        begin.elapsed()
    );
    assert!(text.len() < 20_000 * 1_000 && json.len() < 20_000 * 1_000);
    assert!(json.ends_with(",\"rules\":10000}"));
}

#[test]
fn control_characters_are_told_one_by_one_to_a_number_and_counted_beyond() {
    let told = |count: usize| {
        // A file that begins with too many of them is no text at all.
        let begin = "a comment".repeat(100);
        let text = format!("rules: []\n# {begin}{}\n", "\u{1}".repeat(count));
        let loaded = load(&[SourceFile::new("f.yaml", text)], &Limits::default());
        let mut told = loaded.diagnostics;
        told.retain(|one| one.code.0 == "E0002");
        (told.len(), told.pop().map(|last| last.message))
    };
    let alone = "the control character U+0001 cannot stand in a rule file";
    assert_eq!(told(20), (20, Some(alone.to_owned())));
    assert_eq!(
        told(21),
        (20, Some(format!("{alone} (and 1 more like it)")))
    );
}

#[test]
fn faults_on_one_huge_line_stay_bounded() {
    let keys: Vec<String> = (0..5_000)
        .map(|n| format!("qé{n}: {}", "v".repeat(200)))
        .collect();
    let text = format!(
        "rules: [{{ id: a, condition: a and not b, {} }}]\n",
        keys.join(", ")
    );
    let files = [SourceFile::new("rules.yaml", text)];
    let begin = Instant::now();
    let loaded = load(&files, &Limits::default());
    assert_eq!(loaded.diagnostics.len(), 5_000);
    let text = render_text(&loaded.diagnostics, &files, true);
    assert!(text.len() < 5_000 * 2_000, "{}", text.len());
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn yaml_faults_in_every_rule_are_all_found() {
    let rules: String = (0..1_000)
        .map(|n| format!("  - id: rule-{n}\n    condition: 'open\n"))
        .collect();
    let text = format!("rules:\n{rules}  - {{ id: last, condition: a and not b }}\n");
    let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
    let syntax = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.code.0 == "E0003")
        .count();
    assert_eq!(syntax, 1_000);
    assert_eq!(loaded.rules.len(), 1, "the last one is fine");
    assert_eq!(loaded.rule_count, 1_001);
}

#[test]
fn faults_of_yaml_are_bounded_while_they_are_found() {
    let limits = Limits {
        diagnostics: 50,
        ..Limits::default()
    };
    let open_quotes = format!("rules:\n{}", "- 'x\n".repeat(10_000));
    let twice = format!("rules:\n- {{ id: a, {} }}\n", "k: v, ".repeat(10_000));
    for text in [open_quotes, twice] {
        let loaded = load(&[SourceFile::new("rules.yaml", text)], &limits);
        assert!(loaded.diagnostics.len() <= 51);
        assert!(loaded.diagnostics.iter().any(|one| one.code.0 == "E0019"));
    }
}

#[test]
fn memory_that_rules_hold() {
    let text = "rules:
  - { id: small, condition: 'never { x }' }
  - { id: large, condition: 'never { x.where(a matches \"\\\\w{15}\") }' }
  - { id: same, condition: 'never { y.where(b matches \"\\\\w{15}\") }' }
  - { id: off, enabled: false, condition: 'never { x.where(a matches \"\\\\w{14}\") }' }
  - { id: last, condition: 'never { z }' }
";
    let files = [SourceFile::new("rules.yaml", text)];
    let loaded = load(&files, &Limits::default());
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let bytes: Vec<usize> = loaded.rules.iter().map(|one| one.bytes).collect();
    assert!(
        bytes[1] > 10 * bytes[0],
        "the expression weighs most: {bytes:?}"
    );
    assert!(
        bytes[2] < 2 * bytes[0],
        "an equal one counts once: {bytes:?}"
    );
    assert_eq!(bytes[3], 0, "what is not in use holds nothing");
    let limits = |rules_bytes| Limits {
        rules_bytes,
        ..Limits::default()
    };
    let all = loaded.rules_bytes();
    assert_eq!(codes(text, &limits(all)), [""; 0]);
    assert_eq!(codes(text, &limits(all - 1)), ["E0029"]);
    let refused = load(&files, &limits(bytes[0] + bytes[1] - 1));
    let told = render_text(&refused.diagnostics, &files, false);
    assert!(
        told.contains("rules.yaml:3:11"),
        "at the rule that passes it: {told}"
    );
    assert!(told.contains("limits.rules_mib"), "with a way out: {told}");
}

#[test]
fn the_text_of_a_file_weighs_once_with_the_first_of_its_rules_that_is_in_use() {
    let text = "rules:
  - { id: a, enabled: false, condition: 'never { x }' }
  - { id: b, condition: 'never { x }' }
  - { id: c, condition: 'never { y }' }
";
    let bytes = |text: String| {
        let files = [
            SourceFile::new("rules.yaml", text),
            SourceFile::new("more.yaml", "rules: [{ id: d, condition: 'never { z }' }]"),
        ];
        let loaded = load(&files, &Limits::default());
        assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
        let bytes: Vec<usize> = loaded.rules.iter().map(|one| one.bytes).collect();
        bytes
    };
    let (short, long) = (
        bytes(text.to_owned()),
        bytes(format!("# {:1000}\n{text}", "")),
    );
    let more: Vec<usize> = long
        .iter()
        .zip(&short)
        .map(|(long, short)| long - short)
        .collect();
    assert_eq!(more, [0, 1003, 0, 0]);
    assert_eq!(short[1] - short[2], text.len());
}

#[test]
fn an_expression_weighs_wherever_it_stands() {
    let of = |condition: &str| {
        let text = format!(
            "fields: {{ f: [{{ k: '^(\\w{{15}})' }}] }}\nrules:\n  - id: a\n    condition: |\n      {condition}\n"
        );
        let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
        assert!(
            !loaded.has_errors(),
            "{condition}: {:?}",
            loaded.diagnostics
        );
        loaded.rules_bytes()
    };
    let light = of("never { x }");
    for condition in [
        r#"never { x.where(not (a == 1 or b matches "\w{15}")) }"#,
        r#"never { x inside y.where(b matches "\w{15}") }"#,
        r#"never { count(x.where(b matches "\w{15}")) > 3 }"#,
        r#"when each { x as p } never { p.where(b matches "\w{15}") }"#,
        r#"when each { x.where(b matches "\w{15}") as p } never { y before p }"#,
        r#"never { x.where(event.where(event:name matches "\w{15}")) }"#,
        r#"never { x.where(f == 1) }"#,
        r#"when each { x as p } always { y.where(g == p.f) }"#,
    ] {
        assert!(of(condition) > 10 * light, "{condition}");
    }
    // Each character weighs: a checked condition grows with its text.
    let longer = of(&format!("never {{ {} }}", "x".repeat(101)));
    assert!((longer - light) % 100 == 0 && longer - light >= 100 * 16);
}
