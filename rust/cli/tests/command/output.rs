//! What every command does with its output: a full disk is a failure, a reader that went away is none, and nothing
//! that stands in a trace or a rule file steers a terminal or forges a line.

use super::support::*;
use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};

const RULES: &str = r#"
rules:
  - id: bad
    message: "{b.note}"
    condition: 'when each { b as b } never { any.where(n == 3) }'
    tests:
      - name: one
        trace: [ { span: b, attributes: { n: 3 } } ]
        expect: satisfied
"#;

/// Every command and format that writes to standard output, with standard input where it is read.
const RUNS: &[(&[&str], &str)] = &[
    (&["check", "--format", "text", "faulty.yaml"], ""),
    (&["check", "--format", "json", "rules.yaml"], ""),
    (&["check", "--format", "sarif", "rules.yaml"], ""),
    (&["fmt", "-"], RULES),
    (&["fmt", "--check", "rules.yaml"], ""),
    (&["replay", "--rules", "rules.yaml", "t.jsonl"], ""),
    (
        &[
            "replay",
            "--rules",
            "rules.yaml",
            "--format",
            "json",
            "t.jsonl",
        ],
        "",
    ),
    (
        &[
            "replay",
            "--rules",
            "rules.yaml",
            "--format",
            "otlp",
            "t.jsonl",
        ],
        "",
    ),
    (
        &["replay", "--rules", "rules.yaml", "--summary", "t.jsonl"],
        "",
    ),
    (&["test", "rules.yaml"], ""),
    (&["test", "--coverage", "rules.yaml"], ""),
    (&["test", "--format", "json", "rules.yaml"], ""),
    (&["test", "--format", "junit", "rules.yaml"], ""),
    (&["explain", "--rules", "rules.yaml"], ""),
    (
        &["explain", "--rules", "rules.yaml", "--format", "json"],
        "",
    ),
    (
        &[
            "explain",
            "--rules",
            "rules.yaml",
            "--trace",
            "7",
            "t.jsonl",
        ],
        "",
    ),
    (
        &[
            "explain",
            "--rules",
            "rules.yaml",
            "--format",
            "json",
            "--trace",
            "7",
            "t.jsonl",
        ],
        "",
    ),
    (&["show", "t.jsonl"], ""),
    (&["show", "--format", "json", "t.jsonl"], ""),
    (&["show", "--trace", "7", "t.jsonl"], ""),
    (
        &[
            "show",
            "--as-test",
            "--rules",
            "rules.yaml",
            "--trace",
            "7",
            "t.jsonl",
        ],
        "",
    ),
    (&["vocabulary"], ""),
    (&["evidence", "verify", "--unsigned", "records.jsonl"], ""),
    (
        &[
            "evidence",
            "verify",
            "--unsigned",
            "--format",
            "json",
            "records.jsonl",
        ],
        "",
    ),
    (
        &["suggest", "--good", "good.jsonl", "--bad", "bad.jsonl"],
        "",
    ),
    (
        &[
            "suggest",
            "--good",
            "good.jsonl",
            "--bad",
            "bad.jsonl",
            "--format",
            "json",
        ],
        "",
    ),
    (
        &[
            "suggest",
            "--good",
            "good.jsonl",
            "--bad",
            "bad.jsonl",
            "--format",
            "yaml",
        ],
        "",
    ),
    (
        &[
            "evidence",
            "report",
            "--unsigned",
            "--framework",
            "SOC2",
            "records.jsonl",
        ],
        "",
    ),
    (&["tune", "rules.yaml", "good.jsonl"], ""),
    (&["init", "-"], ""),
    (&["completions", "bash"], ""),
    (&["help"], ""),
    (&["help", "replay"], ""),
    (&["--version"], ""),
];

fn desk() -> Desk {
    let mut violating = span(7, 1, 0, "b");
    violating.attributes = serde_json::json!({"n": 3, "note": "seen"});
    let faulty = RULES.replace("never", "nevr");
    let desk = Desk::with(&[("rules.yaml", RULES), ("faulty.yaml", &faulty)]);
    desk.write("t.jsonl", request(&[violating]).as_bytes());
    let records = include_bytes!("../../../../testdata/evidence/records.jsonl");
    desk.write("records.jsonl", records);
    let good: Vec<_> = (100..160).map(|trace| span(trace, 1, 0, "a")).collect();
    let bad: Vec<_> = (10..20).map(|trace| span(trace, 1, 0, "b")).collect();
    desk.write("good.jsonl", request(&good).as_bytes());
    desk.write("bad.jsonl", request(&bad).as_bytes());
    desk
}

fn run_into(desk: &Desk, (args, input): &(&[&str], &str), out: impl Into<Stdio>) -> (i32, String) {
    desk.write("input", input.as_bytes());
    let ran = Command::new(env!("CARGO_BIN_EXE_betrace"))
        .args(*args)
        .current_dir(desk.path(""))
        .stdin(File::open(desk.path("input")).unwrap())
        .stdout(out)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    (
        ran.status.code().unwrap_or(-1),
        String::from_utf8(ran.stderr).unwrap(),
    )
}

#[test]
fn every_command_that_writes_is_tried() {
    let help = desk().run(&["--help"]);
    let commands = help.out.split("Commands:").nth(1).unwrap();
    let commands: Vec<&str> = commands
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    assert!(
        commands.contains(&"replay") && commands.len() >= 9,
        "{commands:?}"
    );
    // The manual pages go into files; what is fetched comes from a server and is tried beside one; a simulation says how
    // long it took.
    let elsewhere = ["man", "fetch", "simulate"];
    for command in commands.iter().filter(|name| !elsewhere.contains(name)) {
        assert!(
            RUNS.iter().any(|(args, _)| args[0] == *command),
            "{command} is not tried"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_do_not_fit_on_the_disk_are_a_failure() {
    let desk = desk();
    for run in RUNS {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, err) = run_into(&desk, run, full);
        assert_eq!(code, 2, "{:?}: {err}", run.0);
        assert_eq!(err.matches("cannot write").count(), 1, "{:?}: {err}", run.0);
    }
}

#[test]
fn a_reader_that_went_away_is_not_told_of_and_changes_nothing() {
    let desk = desk();
    for run in RUNS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, err) = run_into(&desk, run, writer);
        assert!(!err.contains("error: cannot"), "{:?}: {err}", run.0);
        let (usual, usual_err) = run_into(&desk, run, Stdio::null());
        assert_eq!((code, err), (usual, usual_err), "{:?}", run.0);
    }
}

/// Everything a terminal would obey or not show, then a line that would look like one of ours.
const HOSTILE: &str = "x\u{1b}]0;own\u{7}\u{1b}[2J\u{9b}31m\r\n\u{202e}\u{2028}\u{2066}\u{200b}\u{feff}\nviolated forged";

fn assert_harmless(text: &str, of: &str) {
    let hidden = text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(
                c,
                '\u{202e}' | '\u{2028}' | '\u{2066}' | '\u{200b}' | '\u{feff}'
            )
    });
    assert_eq!(hidden, None, "{of}: {text}");
    let forged = text
        .lines()
        .find(|line| line.trim_start().starts_with("violated forged"));
    assert_eq!(forged, None, "{of}: {text}");
}

#[test]
fn what_stands_in_traces_and_rules_is_shown_and_not_obeyed() {
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    // A description may have lines of its own.
    let one_line = quoted.replace("\\n", " ");
    let rules = format!(
        "rules:\n- id: bad\n  name: {quoted}\n  description: {one_line}\n  message: \"{{b.note}}\"\n  \
         condition: 'when each {{ b as b }} never {{ any.where(n == 3) }}'\n  \
         compliance: {{ SOC2: [{quoted}] }}\n  \
         tests:\n  - name: {quoted}\n    \
         trace: [ {{ span: b, service: {quoted}, attributes: {{ note: {quoted}, n: 3 }}, children: [ {{ span: {quoted} }} ] }} ]\n    \
         expect: violated\n    evidence: [b, b]\n"
    );
    let mut violating = span(7, 1, 0, "b");
    violating.attributes = serde_json::json!({"n": 3, "note": HOSTILE});
    let hostile = Made {
        name: HOSTILE,
        ..violating.clone()
    };
    let file = "a\u{1b}[2J\u{202e}\nviolated forged.yaml";
    let desk = Desk::with(&[(file, &rules), ("plain.yaml", &rules)]);
    let spans = [violating, Made { id: 2, ..hostile }];
    desk.write(
        "t.jsonl",
        request(&spans).replace("\"shop\"", &quoted).as_bytes(),
    );
    desk.write(
        "a\u{202e}\nviolated forged.jsonl",
        format!("{{{quoted}:1}}\nnot {quoted}\n").as_bytes(),
    );
    let faulty = rules
        .replace("n == 3", &HOSTILE.replace(['\n', '\r'], " "))
        .replace("never", "nevr");
    desk.write("b\nviolated forged.yaml", faulty.as_bytes());
    let mut shown = 0;
    for args in [
        &["check", "b\nviolated forged.yaml"][..],
        &["check", file],
        &["check", "missing\u{202e}\nviolated forged.yaml"],
        &["fmt", "--check", file],
        &["fmt", "b\nviolated forged.yaml"],
        &["test", "--coverage", file],
        &["test", "b\nviolated forged.yaml"],
        &["explain", "--rules", file],
        &["explain", "--rules", file, "--trace", "7", "t.jsonl"],
        &["explain", "--rules", file, "--trace", HOSTILE, "t.jsonl"],
        &["explain", "--rules", file, "--rule", HOSTILE],
        &[
            "replay",
            "--rules",
            "plain.yaml",
            "--summary",
            "--verdicts",
            "all",
            "t.jsonl",
        ],
        &["replay", "--rules", "plain.yaml", "."],
        &[
            "replay",
            "--rules",
            "plain.yaml",
            "a\u{202e}\nviolated forged.jsonl",
        ],
        &["replay", "--rules", "b\nviolated forged.yaml", "t.jsonl"],
    ] {
        let ran = desk.run(args);
        assert_harmless(&ran.out, &format!("{args:?}, standard output"));
        assert_harmless(&ran.err, &format!("{args:?}, standard error"));
        shown += usize::from(format!("{}{}", ran.out, ran.err).contains("\\u{202e}"));
    }
    assert!(shown >= 10, "hostile text came out {shown} times");
}
