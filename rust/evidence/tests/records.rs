//! What records say of what an engine counted.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod desk;

use betrace_engine::Timestamp;
use betrace_evidence::{Cause, time_text};
use betrace_lang::{SourceFile, compile};

use desk::{BEGIN, Desk, FIRST_PUBLIC, OTHERS, SECOND, check, engine, expectations, signer, trace};

#[test]
fn what_was_counted_stands_in_the_record() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let found = check(&desk.lines, &expectations());
    assert!(found.is_whole(), "{:?}", found.faults);
    let record = serde_json::to_value(&found.records[1].statement).unwrap();
    let predicate = &record["predicate"];
    assert_eq!(predicate["sequence"], 2);
    assert_eq!(predicate["spans"]["evaluated"], 5);
    assert_eq!(predicate["traces"]["closed"], 2);
    assert_eq!(predicate["violations"]["total"], 1);
    let rule = &predicate["entries"]["list"][0];
    assert_eq!(rule["kept"], 1);
    assert_eq!(rule["violated"], 1);
    assert_eq!(rule["sample"][0], "01".repeat(16));
    assert_eq!(rule["compliance"]["SOC2"][0], "CC6.1");
    let violation = &predicate["entries"]["list"][1];
    assert_eq!(violation["kind"], "violation");
    assert_eq!(violation["trace"], "02".repeat(16));
    assert_eq!(predicate["period"]["from"], time_text(BEGIN));
}

#[test]
fn a_record_is_written_when_nothing_happened() {
    let mut desk = Desk::new(signer());
    desk.record(Cause::Start);
    desk.now += 60 * SECOND;
    desk.record(Cause::Period);
    let found = check(&desk.lines, &expectations());
    assert!(found.is_whole());
    let predicate = &found.records[1].statement.predicate;
    assert_eq!(
        (predicate.traces.closed, predicate.violations.total),
        (0, 0)
    );
    assert_eq!(predicate.entries.list.len(), 1, "the rule is listed");
}

#[test]
fn each_rule_set_has_records_of_its_own() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let otlp = trace(9, &["GET", "read", "audit.log"], desk.now);
    desk.engine.consume(&otlp, Timestamp(desk.now)).unwrap();
    desk.now += 5 * SECOND;
    let others = compile(&[SourceFile::new("rules.yaml", OTHERS)]).unwrap();
    desk.engine
        .replace_rules(others, Timestamp(desk.now))
        .unwrap();
    // The next call tells of the rules that went, whatever it is asked for; then comes the rest.
    desk.now += 5 * SECOND;
    desk.record(Cause::Period);
    assert_eq!(desk.chain.as_ref().unwrap().cause, Cause::Reload);
    desk.record(Cause::Period);
    let found = check(&desk.lines, &expectations());
    assert!(found.is_whole(), "{:?}", found.faults);
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert!(found.notes[0].text.contains("audited changed, b is new"));
    let [.., old, new] = &found.records[..] else {
        panic!()
    };
    assert_eq!(old.to, BEGIN + 65 * SECOND);
    assert_eq!(old.statement.predicate.spans["evaluated"], 3);
    assert_eq!((new.from, new.to), (old.to, BEGIN + 70 * SECOND));
}

/// What the page for auditors checks by hand, so that a fault that signer and verifier share does not stay unseen.
/// `UPDATE_EVIDENCE=1` writes it, where the format or the version is another.
#[test]
fn the_committed_records_are_made_in_the_same_way_today() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let text = lines(&desk);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/evidence");
    for (name, text) in [
        ("records.jsonl", text.as_str()),
        ("public.pem", FIRST_PUBLIC),
    ] {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_EVIDENCE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        assert_eq!(committed, text, "{name}: UPDATE_EVIDENCE=1 writes it");
    }
}

fn lines(desk: &Desk) -> String {
    let lines = desk.lines.iter().map(|line| String::from_utf8_lossy(line));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_record_lists_rules_to_its_room_and_counts_the_rest() {
    use betrace_evidence::LIST_BYTES;
    let rules: String = (0..6000)
        .map(|n| format!("  - {{ id: rule-{n:05}, condition: 'never {{ x{n} }}' }}\n"))
        .collect();
    let mut desk = Desk::new(signer());
    desk.engine = engine(&format!("rules:\n{rules}"), BEGIN);
    desk.record(Cause::Start);
    let found = check(&desk.lines, &expectations());
    assert!(found.is_whole(), "{:?}", found.faults);
    let predicate = &found.records[0].statement.predicate;
    assert_eq!(predicate.rules.total, 6000);
    let listed = predicate.rules.listed as usize;
    assert_eq!(listed, predicate.entries.list.len());
    assert!(listed > 1000 && listed < 6000, "{listed} are listed");
    // With its brackets, and commas between; one more of the same length would not fit.
    let bytes = betrace_evidence::canonical(&predicate.entries.list).len();
    let one = bytes / listed;
    assert!(
        bytes <= LIST_BYTES + 1 && bytes + one > LIST_BYTES,
        "{bytes} bytes"
    );
}
