//! `betrace replay`: input that is broken, no traces, empty or missing, and output that nobody reads.

use super::replay::{desk, traces};
use super::support::*;

#[test]
fn broken_input_is_named_and_beats_violations() {
    let desk = desk();
    let lines = traces();
    desk.write(
        "broken.jsonl",
        format!(
            "{}\n{{\"resourceSpans\":[{{]\n{}\n{}",
            lines[0], lines[1], lines[2]
        )
        .as_bytes(),
    );
    let whole = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--format",
        "json",
        "traces.jsonl",
    ]);
    let ran = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "--format",
        "json",
        "broken.jsonl",
    ]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("broken.jsonl: line 2, column 20:"),
        "{}",
        ran.err
    );
    assert_eq!(ran.out, whole.out);
    desk.write("broken.bin", b"\x0a\x10\x12\x0e\x12\x20");
    let ran = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "broken.bin",
        "traces.jsonl",
    ]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err
            .contains("broken.bin: byte 6: the protobuf ends early"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("violated"));
    desk.write("inner.bin", b"\x0a\x06\x12\x04\x12\x02\x0f\x0f");
    let ran = desk.run(&["replay", "--rules", "rules.yaml", "inner.bin"]);
    assert_eq!((ran.code, &*ran.out), (3, ""));
    assert!(ran.err.contains("inner.bin: byte "), "{}", ran.err);
}

#[test]
fn files_that_hold_no_traces() {
    let desk = desk();
    desk.write("notes.md", b"# Notes\n");
    let ran = desk.run(&["replay", "--rules", "rules.yaml", "notes.md"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(
        ran.err
            .contains("notes.md: byte 0: no traces of a kind that is known"),
        "{}",
        ran.err
    );
    desk.write("folder/notes.md", b"# Notes\n");
    desk.write("folder/a.json", traces()[1].as_bytes());
    let ran = desk.run(&["replay", "--rules", "rules.yaml", "folder"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("notes.md: skipped, not traces"),
        "{}",
        ran.err
    );
}

#[test]
fn usage() {
    let desk = desk();
    desk.write("bad.yaml", b"rules: [{id: x, condition: 'when { a }'}]");
    for args in [
        &["replay", "traces.jsonl"][..],
        &["replay", "--rules", "rules.yaml"],
        &["replay", "--rules", "rules.yaml", "missing.jsonl"],
        &["replay", "--rules", "missing.yaml", "traces.jsonl"],
        &["replay", "--rules", "bad.yaml", "traces.jsonl"],
        &[
            "replay",
            "--rules",
            "rules.yaml",
            "--verdicts",
            "maybe",
            "traces.jsonl",
        ],
    ] {
        let ran = desk.run(args);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{args:?}: {}", ran.err);
    }
    assert!(
        desk.run(&["replay", "--rules", "bad.yaml", "traces.jsonl"])
            .err
            .contains("bad.yaml:1")
    );
}

#[test]
fn nothing_found_is_fine() {
    let desk = desk();
    desk.write("quiet.jsonl", request(&[span(4, 1, 0, "cart")]).as_bytes());
    desk.write("no-spans.jsonl", b"{\"resourceSpans\":[]}\n");
    for file in ["quiet.jsonl", "no-spans.jsonl"] {
        let ran = desk.run(&["replay", "--rules", "rules.yaml", file]);
        assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let desk = desk();
    let lines: String = (1..5000u128)
        .map(|t| request(&[span(t, 1, 0, "bypass")]) + "\n")
        .collect();
    desk.write("many.jsonl", lines.as_bytes());
    let ran = std::process::Command::new("sh")
        .args([
            "-c",
            "\"$0\" replay --rules rules.yaml many.jsonl | head -n 1",
        ])
        .arg(env!("CARGO_BIN_EXE_betrace"))
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let err = String::from_utf8(ran.stderr).unwrap();
    assert!(!err.contains("panic") && !err.contains("error"), "{err}");
    assert_eq!(ran.stdout.iter().filter(|b| **b == b'\n').count(), 1);
}

#[test]
fn input_that_holds_nothing_at_all_is_broken() {
    let desk = desk();
    desk.write("empty.jsonl", b"");
    desk.write("blank.jsonl", b" \n\n");
    desk.write("zeros.bin", &[0; 64]);
    let replay =
        |inputs: &[&str]| desk.run(&[&["replay", "--rules", "rules.yaml"], inputs].concat());
    for (file, told) in [
        ("empty.jsonl", "error: empty.jsonl: empty, no traces\n"),
        ("blank.jsonl", "error: blank.jsonl: empty, no traces\n"),
        ("zeros.bin", "error: zeros.bin: byte 0: no traces of a kind"),
        ("-", "error: <stdin>: empty, no traces\n"),
    ] {
        let ran = replay(&[file]);
        assert_eq!((ran.code, &*ran.out), (3, ""), "{file}: {}", ran.err);
        assert!(ran.err.contains(told), "{file}: {}", ran.err);
    }
    // A recorder that has just begun its next file leaves an empty one beside the others.
    let ran = replay(&["traces.jsonl", "empty.jsonl"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.starts_with("empty.jsonl: empty\n"), "{}", ran.err);
}

#[test]
fn spans_without_a_usable_id_are_broken_input_in_protobuf_too() {
    let desk = desk();
    let span = |trace_id: &[u8], span_id: &[u8]| {
        let mut span = vec![0x0a, trace_id.len() as u8];
        span.extend_from_slice(trace_id);
        span.extend([0x12, span_id.len() as u8]);
        span.extend_from_slice(span_id);
        let mut request = vec![0x0a, span.len() as u8 + 4, 0x12, span.len() as u8 + 2];
        request.extend([0x12, span.len() as u8]);
        request.extend(span);
        request
    };
    for (file, trace_id, span_id, code) in [
        ("whole.bin", &[1; 16][..], &[1; 8][..], 0),
        ("zero.bin", &[0; 16], &[1; 8], 3),
        ("none.bin", &[], &[1; 8], 3),
        ("long.bin", &[1; 17], &[1; 8], 3),
        ("zero-span.bin", &[1; 16], &[0; 8], 3),
    ] {
        desk.write(file, &span(trace_id, span_id));
        let ran = desk.run(&["replay", "--rules", "rules.yaml", file]);
        assert_eq!(ran.code, code, "{file}: {}", ran.err);
        let told = format!("{file}: byte 0: 1 span without a usable id, left out");
        assert_eq!(ran.err.contains(&told), code == 3, "{file}: {}", ran.err);
    }
}

#[test]
fn a_fault_in_protobuf_is_told_with_its_place_once() {
    let desk = desk();
    // The scope of the message is said to be longer than all of it.
    desk.write("cut.bin", [0x0a, 4, 0x12, 9, 0x12, 0].as_slice());
    let ran = desk.run(&["replay", "--rules", "rules.yaml", "cut.bin"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let told = " cut.bin: byte 3: malformed OTLP: the message ends inside a field\n";
    assert!(ran.err.contains(told), "{}", ran.err);
}

#[test]
fn a_message_whose_list_is_none_is_told() {
    let desk = desk();
    for (text, column) in [
        (r#"{"resourceSpans":{"scopeSpans":[]}}"#, 18),
        (r#"{"resource_spans":"gone"}"#, 19),
        (r#"{"resourceSpans":5}"#, 18),
    ] {
        desk.write("odd.json", text.as_bytes());
        let ran = desk.run(&["replay", "--rules", "rules.yaml", "odd.json"]);
        assert_eq!(ran.code, 3, "{text}: {}", ran.err);
        let told = format!("odd.json: line 1, column {column}: not an array");
        assert!(ran.err.contains(&told), "{text}: {}", ran.err);
    }
    for text in [r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[]}"#, "{}"] {
        desk.write("odd.json", text.as_bytes());
        let ran = desk.run(&["replay", "--rules", "rules.yaml", "odd.json"]);
        assert_eq!(ran.code, 0, "{text}: {}", ran.err);
    }
}

#[test]
fn a_directory_without_a_recording_is_broken_input() {
    let desk = desk();
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.write("junk/notes.txt", b"hello\n");
    desk.write("junk/deep/program", b"\x7fELF\x02\x01\x01");
    desk.write("junk/.hidden.jsonl", traces()[0].as_bytes());
    desk.write("some/notes.txt", b"hello\n");
    desk.write(
        "some/deep/traces.jsonl",
        request(&[span(4, 1, 0, "cart")]).as_bytes(),
    );
    let replay =
        |inputs: &[&str]| desk.run(&[&["replay", "--rules", "rules.yaml"], inputs].concat());
    for directory in ["empty", "junk"] {
        for inputs in [
            &[directory][..],
            &["some", directory],
            &[directory, "traces.jsonl"],
        ] {
            let ran = replay(inputs);
            let told = format!("error: {directory}: no recorded traces in this directory\n");
            assert_eq!(ran.code, 3, "{inputs:?}: {}", ran.err);
            assert_eq!(ran.err.matches(&told).count(), 1, "{inputs:?}: {}", ran.err);
        }
    }
    let ran = replay(&["some"]);
    assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
    let ran = desk.run(&["explain", "--rules", "rules.yaml", "--trace", "1", "empty"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
}

#[test]
fn what_rests_on_absence_stays_open_in_a_part_of_a_trace() {
    let desk = desk();
    desk.write(
        "rules.yaml",
        b"rules:\n- {id: absent, condition: 'always { audit }'}\n- {id: present, condition: 'never { cart }'}\n",
    );
    let trace = request(&[span(4, 1, 0, "cart")]);
    let wrapped = |status: &str| format!("{{\"trace\":{trace},\"status\":\"{status}\"}}");
    desk.write("whole.json", wrapped("COMPLETE").as_bytes());
    desk.write("part.json", wrapped("PARTIAL").as_bytes());
    let replay = |file: &str| {
        let arguments = [
            "replay",
            "--rules",
            "rules.yaml",
            "--verdicts",
            "all",
            "--format",
            "json",
            file,
        ];
        let ran = desk.run(&arguments);
        assert_eq!(ran.code, 1, "{}", ran.err);
        let told = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {} {}", line["rule"], line["verdict"], line["reason"]).replace('"', "")
        };
        (ran.out.lines().map(told).collect::<Vec<_>>(), ran.err)
    };
    let (told, _) = replay("whole.json");
    assert_eq!(told, ["absent violated null", "present violated null"]);
    let (told, err) = replay("part.json");
    assert_eq!(
        told,
        ["absent inconclusive span_limit", "present violated null"]
    );
    assert!(err.contains("partial by its source's word"), "{err}");
}
