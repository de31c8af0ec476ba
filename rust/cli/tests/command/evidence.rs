//! `replay --evidence` and `evidence verify`.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Desk, Ran, request, span};

const RULES: &str = "rules:
  - id: audited
    compliance: { SOC2: [CC6.1] }
    condition: 'when { read } always { audit.log }'
";

fn key(name: &str) -> String {
    let keys = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../evidence/tests/keys");
    keys.join(name)
        .canonicalize()
        .unwrap()
        .display()
        .to_string()
}

fn desk() -> Desk {
    let mut secret = span(1, 2, 1, "read");
    secret.attributes = serde_json::json!({ "user.email": "alice@example.test" });
    let broken = request(&[span(1, 1, 0, "GET"), secret]);
    let kept = request(&[
        span(2, 1, 0, "GET"),
        span(2, 2, 1, "read"),
        span(2, 3, 1, "audit.log"),
    ]);
    Desk::with(&[
        ("rules.yaml", RULES),
        ("home/alice/one.jsonl", &broken),
        ("home/alice/two.jsonl", &kept),
    ])
}

fn replay(desk: &Desk, more: &[&str]) -> Ran {
    let mut args = vec![
        "replay",
        "--rules",
        "rules.yaml",
        "home",
        "--evidence",
        "e.jsonl",
    ];
    args.extend(more);
    desk.run(&args)
}

fn verify(desk: &Desk, more: &[&str]) -> Ran {
    let mut args = vec!["evidence", "verify", "e.jsonl", "--format", "json"];
    args.extend(more);
    desk.run(&args)
}

fn statement(desk: &Desk) -> Value {
    let line = std::fs::read(desk.path("e.jsonl")).unwrap();
    let envelope = betrace_evidence::Envelope::of_line(line.trim_ascii_end()).unwrap();
    serde_json::from_slice(&envelope.payload().unwrap()).unwrap()
}

#[test]
fn a_record_is_made_of_recordings_and_says_which() {
    let desk = desk();
    let ran = replay(&desk, &["--evidence-key", &key("first.pem")]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let ran = verify(&desk, &["--public-key", &key("first.pub.pem")]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let told = &ran.json_lines()[0];
    assert_eq!(
        (&told["whole"], &told["records"]),
        (&true.into(), &1.into())
    );
    let statement = statement(&desk);
    let predicate = &statement["predicate"];
    assert_eq!(predicate["cause"], "replay");
    assert_eq!(predicate["recordings"]["broken"], false);
    assert_eq!(predicate["entries"]["list"][0]["kept"], 1);
    assert_eq!(
        predicate["period"]["from"],
        "2023-11-14T22:13:20.010000000Z"
    );
    let subjects = statement["subject"].as_array().unwrap();
    let names: Vec<&str> = subjects
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["rules", "one.jsonl", "two.jsonl"]);
    let one = std::fs::read(desk.path("home/alice/one.jsonl")).unwrap();
    let hash = betrace_evidence::Sha256Hex::of(&one).to_string();
    assert_eq!(subjects[1]["digest"]["sha256"], hash.as_str());
}

#[test]
fn no_value_of_a_span_enters_a_record() {
    let desk = desk();
    replay(&desk, &[]);
    let text = statement(&desk).to_string();
    for personal in ["alice", "example.test", "user.email", "GET"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

#[test]
fn an_unsigned_record_is_taken_where_that_is_asked_for_alone() {
    let desk = desk();
    replay(&desk, &[]);
    let ran = verify(&desk, &["--public-key", &key("first.pub.pem")]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json_lines()[0]["faults"][0]["kind"], "unsigned");
    assert_eq!(verify(&desk, &["--unsigned"]).code, 0);
    let ran = verify(&desk, &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn a_record_that_is_expected_and_not_there_is_named() {
    let desk = desk();
    replay(&desk, &[]);
    let hash = "0".repeat(64);
    let ran = verify(
        &desk,
        &["--unsigned", "--expect-last", &format!("1:{hash}")],
    );
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json_lines()[0]["faults"][0]["kind"], "not_there");
    let told = verify(&desk, &["--unsigned"]).json_lines();
    let last = told[0]["instances"][0]["last_sha256"].as_str().unwrap();
    let known = format!("1:{last}");
    assert_eq!(
        verify(&desk, &["--unsigned", "--expect-last", &known]).code,
        0
    );
    assert_eq!(verify(&desk, &["--unsigned", "--head", "e.jsonl"]).code, 0);
    let ran = verify(&desk, &["--unsigned", "--expect-until", "2023-11-15"]);
    assert_eq!(ran.json_lines()[0]["faults"][0]["kind"], "ends_early");
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_read() {
    let desk = desk();
    desk.write(
        "no.pem",
        b"-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n",
    );
    let ran = replay(&desk, &["--evidence-key", "no.pem"]);
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains("secret"), "{}", ran.err);
    let ran = desk.run_with(
        &[
            "replay",
            "--rules",
            "rules.yaml",
            "-",
            "--evidence",
            "e.jsonl",
        ],
        b"{}",
    );
    assert_eq!(ran.code, 2, "{}", ran.err);
    desk.write("e.jsonl", b"kept");
    assert_eq!(replay(&desk, &[]).code, 2);
    assert_eq!(std::fs::read(desk.path("e.jsonl")).unwrap(), b"kept");
}

#[test]
fn recordings_that_break_off_are_told_of_in_the_record() {
    let desk = desk();
    desk.write(
        "home/alice/two.jsonl",
        b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":",
    );
    assert_eq!(replay(&desk, &[]).code, 3);
    assert_eq!(statement(&desk)["predicate"]["recordings"]["broken"], true);
}

#[test]
fn files_without_a_record_are_unreadable() {
    let desk = desk();
    desk.write("e.jsonl", b"");
    let ran = verify(&desk, &["--unsigned"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains(": name files of records"), "{}", ran.err);
    desk.write("e.jsonl", b"{\"payload\":1}\n");
    let ran = verify(&desk, &["--unsigned"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.json_lines()[0]["faults"][0]["kind"], "not_a_record");
}

/// The record of a replay as the connector's log event, in an export of so many lines.
fn exported_logs(desk: &Desk, scope: &str, copies: usize) -> String {
    let line = std::fs::read_to_string(desk.path("e.jsonl")).unwrap();
    let event = serde_json::json!({ "eventName": "betrace.evidence", "attributes": [
        { "key": "betrace.evidence.sequence", "value": { "intValue": "1" } },
        { "key": "betrace.evidence.envelope", "value": { "stringValue": line.trim_end() } },
    ]});
    let other = serde_json::json!({ "body": { "stringValue": "flushed" } });
    let scope = serde_json::json!({ "scope": { "name": scope }, "logRecords": [other, event] });
    let resource = serde_json::json!({ "resource": {}, "scopeLogs": [scope] });
    format!("{{\"resourceLogs\":[{resource}]}}\n").repeat(copies)
}

#[test]
fn records_that_travelled_as_log_events_are_verified_from_their_export() {
    let desk = desk();
    replay(&desk, &["--evidence-key", &key("first.pem")]);
    let key = key("first.pub.pem");
    let verify = |logs: &str| {
        std::fs::write(desk.path("logs.jsonl"), logs).unwrap();
        desk.run(&["evidence", "verify", "logs.jsonl", "--public-key", &key])
    };
    let ran = verify(&exported_logs(&desk, "betrace", 2));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 record"), "{}", ran.out);
    let ran = verify(&exported_logs(&desk, "app", 1));
    assert_eq!(ran.code, 3, "in a scope of others: {}", ran.out);
    let ran = verify(&exported_logs(&desk, "betrace", 1)[..200]);
    assert_eq!(ran.code, 3, "cut off: {}", ran.out);
}

fn packed(bytes: &[u8]) -> [(&'static str, Vec<u8>); 2] {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(bytes).unwrap();
    let zst = zstd::encode_all(bytes, 0).unwrap();
    [("gz", gz.finish().unwrap()), ("zst", zst)]
}

#[test]
fn packed_records_are_read_as_packed_recordings_are() {
    let desk = desk();
    replay(&desk, &["--evidence-key", &key("first.pem")]);
    let key = key("first.pub.pem");
    let verify = |name: &str| desk.run(&["evidence", "verify", name, "--public-key", &key]);
    let record = std::fs::read(desk.path("e.jsonl")).unwrap();
    let logs = exported_logs(&desk, "betrace", 1).into_bytes();
    for (begin, bytes) in [
        ("betrace-evidence-1", &record),
        ("kept", &record),
        ("logs", &logs),
    ] {
        for (ending, packed) in packed(bytes) {
            let name = format!("{begin}.jsonl.{ending}");
            desk.write(&name, &packed);
            let ran = verify(&name);
            assert_eq!(ran.code, 0, "{name}: {}{}", ran.out, ran.err);
            assert!(ran.out.contains("1 record"), "{name}: {}", ran.out);
            // Cut off anywhere, it is no file of fewer records.
            for end in [packed.len() - 1, packed.len() / 2, 20, 5] {
                desk.write(&name, &packed[..end]);
                let ran = verify(&name);
                assert_eq!(ran.code, 3, "{name} to {end}: {}{}", ran.out, ran.err);
                assert!(ran.err.contains(&name), "{name} to {end}: {}", ran.err);
            }
        }
    }
    for (ending, packed) in packed(&record) {
        let name = format!("head.{ending}");
        desk.write(&name, &packed);
        let args = [
            "evidence",
            "verify",
            "e.jsonl",
            "--public-key",
            &key,
            "--head",
            &name,
        ];
        assert_eq!(desk.run(&args).code, 0, "{name}");
    }
}

#[test]
fn records_are_read_from_a_pipe() {
    let desk = desk();
    replay(&desk, &["--evidence-key", &key("first.pem")]);
    let key = key("first.pub.pem");
    let record = std::fs::read(desk.path("e.jsonl")).unwrap();
    let verify =
        |input: &[u8]| desk.run_with(&["evidence", "verify", "-", "--public-key", &key], input);
    let whole = [("plain", record.clone())]
        .into_iter()
        .chain(packed(&record));
    for (how, input) in whole {
        let ran = verify(&input);
        assert_eq!(ran.code, 0, "{how}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("1 record"), "{how}: {}", ran.out);
    }
    let ran = verify(&record[..record.len() / 2]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.contains("<stdin>:1: not_a_record"), "{}", ran.out);
    // Recordings come so as before.
    let ran = verify(&std::fs::read(desk.path("home/alice/one.jsonl")).unwrap());
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("no evidence record is here"),
        "{}",
        ran.err
    );
}

#[test]
fn records_in_an_archive_are_refused_with_what_to_do() {
    let desk = desk();
    replay(&desk, &[]);
    let record = std::fs::read(desk.path("e.jsonl")).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(record.len() as u64);
    header.set_mode(0o600);
    tar.append_data(&mut header, "e.jsonl", &record[..])
        .unwrap();
    let tar = tar.into_inner().unwrap();
    let [(_, tgz), _] = packed(&tar);
    for (name, bytes) in [
        ("betrace-evidence-1.tar", &tar),
        ("kept.tar", &tar),
        ("kept.tar.gz", &tgz),
    ] {
        desk.write(name, bytes);
        let ran = desk.run(&["evidence", "verify", name, "--unsigned"]);
        assert_eq!(ran.code, 3, "{name}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("unpack"), "{name}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn a_key_beside_the_records_is_passed_over_and_said_so() {
    let desk = desk();
    replay(&desk, &["--evidence-key", &key("first.pem")]);
    std::fs::create_dir(desk.path("audit")).unwrap();
    std::fs::rename(desk.path("e.jsonl"), desk.path("audit/e.jsonl")).unwrap();
    std::fs::copy(key("first.pub.pem"), desk.path("audit/pub.pem")).unwrap();
    let ran = desk.run(&[
        "evidence",
        "verify",
        "audit",
        "--public-key",
        "audit/pub.pem",
    ]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let said = "pub.pem: passed over, as it holds a key and no records; --public-key reads it";
    assert!(ran.err.contains(said), "{}", ran.err);
    // Named by itself it is meant to be read.
    let ran = desk.run(&["evidence", "verify", "audit/pub.pem", "--unsigned"]);
    assert_ne!(ran.code, 0, "{}", ran.out);
}
