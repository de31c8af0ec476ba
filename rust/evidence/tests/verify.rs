//! Chains of records and what is done to them: verification never says whole.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_engine::{CloseCause, Engine, Settings, Timestamp};
use betrace_evidence::{
    Cause, Chain, Envelope, Expectations, Facts, FaultKind, Line, PublicKey, Sha256Hex, Signer,
    Verification, Written, seal, time_text, verify,
};
use betrace_lang::{SourceFile, compile};
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;
const BEGIN: u64 = 1_700_000_000 * SECOND;

/// As `openssl genpkey -algorithm ed25519` writes them; made for these tests.
const FIRST: &str = include_str!("keys/first.pem");
const FIRST_PUBLIC: &str = include_str!("keys/first.pub.pem");
const SECOND_KEY: &str = include_str!("keys/second.pem");
const SECOND_PUBLIC: &str = include_str!("keys/second.pub.pem");

fn engine(rules: &str, now: u64) -> Engine {
    let rules = compile(&[SourceFile::new("rules.yaml", rules)]).unwrap();
    let settings = Settings {
        kept_samples: Some(4),
        restart_grace: false,
        ..Settings::default()
    };
    Engine::new(rules, settings, Timestamp(now)).unwrap()
}

const RULES: &str = "rules: [ { id: audited, compliance: { SOC2: [CC6.1] }, condition: 'when { read } always { audit.log }' } ]";
const OTHERS: &str = "rules: [ { id: audited, condition: 'when { read } always { audit }' }, { id: b, condition: 'never { x }' } ]";

/// A trace of the names, as OTLP.
fn trace(id: u8, names: &[&str], at: u64) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;
    let spans = names.iter().zip(1u8..).map(|(name, number)| Span {
        trace_id: vec![id; 16],
        span_id: vec![number; 8],
        parent_span_id: if number == 1 { vec![] } else { vec![1; 8] },
        name: (*name).to_owned(),
        start_time_unix_nano: at + u64::from(number),
        end_time_unix_nano: at + 10 + u64::from(number),
        ..Span::default()
    });
    let scope_spans = vec![ScopeSpans {
        spans: spans.collect(),
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// A processor as far as records are concerned.
struct Desk {
    engine: Engine,
    chain: Option<Chain>,
    signer: Option<Signer>,
    lines: Vec<Vec<u8>>,
    now: u64,
    instance: char,
}

impl Desk {
    fn new(signer: Option<Signer>) -> Desk {
        Desk {
            engine: engine(RULES, BEGIN),
            chain: None,
            signer,
            lines: Vec::new(),
            now: BEGIN,
            instance: 'a',
        }
    }

    fn record(&mut self, cause: Cause) {
        let facts = Facts {
            chain: self.chain.clone(),
            instance: self.instance.to_string().repeat(32),
            cause,
            now: self.now,
            producer: Default::default(),
            chain_lost: false,
            violations_lost: Default::default(),
            clock: Default::default(),
            records: Written::default(),
            replay: None,
        };
        let period = self.engine.take_period().unwrap();
        let sealed = seal(&period, &facts, self.signer.as_ref());
        self.lines.push(sealed.envelope.line());
        self.chain = Some(sealed.chain);
    }

    /// A start and some periods with a kept and a broken trace each.
    fn run(&mut self, periods: u8) {
        self.record(Cause::Start);
        for period in 0..periods {
            let names: [&[&str]; 2] = [&["GET", "read", "audit.log"], &["GET", "read"]];
            for (names, id) in names.into_iter().zip(1u8..) {
                let otlp = trace(period * 2 + id, names, self.now);
                self.engine.consume(&otlp, Timestamp(self.now)).unwrap();
            }
            self.now += 60 * SECOND;
            self.engine
                .close_traces(Timestamp(self.now), CloseCause::EndOfInput);
            self.record(Cause::Period);
        }
    }

    fn stop(&mut self) {
        self.now += SECOND;
        self.record(Cause::Stop);
    }

    fn last(&self) -> (u64, Sha256Hex) {
        let chain = self.chain.as_ref().unwrap();
        (chain.sequence, chain.hash)
    }
}

fn signer() -> Option<Signer> {
    Some(Signer::of_pem(FIRST, None).unwrap())
}

fn expectations() -> Expectations {
    Expectations {
        keys: vec![PublicKey::of_pem(FIRST_PUBLIC).unwrap()],
        ..Expectations::default()
    }
}

fn check(lines: &[Vec<u8>], expected: &Expectations) -> Verification {
    let lines = lines.iter().zip(1..).map(|(text, number)| Line {
        file: "records",
        number,
        text,
    });
    verify(lines, expected)
}

fn kinds(found: &Verification) -> Vec<FaultKind> {
    found.faults.iter().map(|fault| fault.kind).collect()
}

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

#[test]
fn an_orderly_pause_a_kill_and_a_clock_that_was_set_back_are_told_apart() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    desk.stop();
    desk.now += 10 * SECOND;
    desk.record(Cause::Start);
    desk.now += 10 * SECOND;
    desk.record(Cause::Start);
    desk.now -= 15 * SECOND;
    desk.record(Cause::Start);
    let found = check(&desk.lines, &expectations());
    let wanted = [
        FaultKind::NotRunning,
        FaultKind::NotRunning,
        FaultKind::ClockBack,
    ];
    assert_eq!(kinds(&found), wanted);
    assert!(found.faults[0].text.starts_with("stopped in order"));
    assert!(found.faults[1].text.starts_with("killed"));
    let patient = Expectations {
        longest_pause: 10 * SECOND,
        ..expectations()
    };
    let found = check(&desk.lines, &patient);
    assert_eq!(kinds(&found), [FaultKind::ClockBack]);
    assert_eq!(found.notes.len(), 2);
}

#[test]
fn a_key_is_rotated_where_both_sign_and_not_otherwise() {
    let both = Expectations {
        keys: [FIRST_PUBLIC, SECOND_PUBLIC]
            .map(|pem| PublicKey::of_pem(pem).unwrap())
            .into(),
        ..Expectations::default()
    };
    for (previous, fault) in [(Some(FIRST), None), (None, Some(FaultKind::HandOver))] {
        let mut desk = Desk::new(signer());
        desk.run(1);
        desk.signer = Some(Signer::of_pem(SECOND_KEY, previous).unwrap());
        desk.now += SECOND;
        desk.record(Cause::Period);
        desk.record(Cause::Period);
        let found = check(&desk.lines, &both);
        assert_eq!(kinds(&found), Vec::from_iter(fault));
        assert_eq!(found.notes.len(), usize::from(fault.is_none()));
        let found = check(&desk.lines, &expectations());
        assert!(kinds(&found).contains(&FaultKind::UnknownKey));
    }
}

#[test]
fn an_unsigned_chain_says_so_and_is_checked_as_far_as_it_can_be() {
    let mut desk = Desk::new(None);
    desk.run(2);
    let found = check(&desk.lines, &expectations());
    assert_eq!(kinds(&found), [FaultKind::Unsigned; 3]);
    let lenient = Expectations {
        allows_unsigned: true,
        ..Expectations::default()
    };
    assert!(check(&desk.lines, &lenient).is_whole());
    desk.lines.remove(1);
    let wanted = [FaultKind::Missing, FaultKind::TimeGap];
    assert_eq!(kinds(&check(&desk.lines, &lenient)), wanted);
}

#[test]
fn two_processors_with_one_chain_are_found() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let (chain, now) = (desk.chain.clone(), desk.now);
    desk.now += SECOND;
    desk.record(Cause::Period);
    // The same storage, copied.
    desk.chain = chain;
    desk.now = now + 2 * SECOND;
    desk.record(Cause::Period);
    let found = check(&desk.lines, &expectations());
    assert_eq!(kinds(&found), [FaultKind::Forked]);
}

#[test]
fn two_instances_in_one_folder_are_two_chains() {
    let mut one = Desk::new(signer());
    let mut other = Desk::new(signer());
    other.instance = 'b';
    one.run(2);
    other.run(2);
    let both: Vec<Vec<u8>> = one
        .lines
        .iter()
        .zip(&other.lines)
        .flat_map(|(a, b)| [a.clone(), b.clone()])
        .collect();
    assert!(check(&both, &expectations()).is_whole());
}

#[test]
fn records_cut_off_at_the_end_are_found_by_whoever_knows_of_them() {
    let mut desk = Desk::new(signer());
    desk.run(3);
    let known = Expectations {
        known: vec![desk.last()],
        ..expectations()
    };
    let until = Expectations {
        until: Some(desk.now),
        ..expectations()
    };
    assert!(check(&desk.lines, &known).is_whole());
    assert!(check(&desk.lines, &until).is_whole());
    for cut in 1..desk.lines.len() {
        let left = &desk.lines[..desk.lines.len() - cut];
        assert!(check(left, &expectations()).is_whole(), "nobody can know");
        assert_eq!(kinds(&check(left, &known)), [FaultKind::NotThere]);
        assert_eq!(kinds(&check(left, &until)), [FaultKind::EndsEarly]);
    }
    assert!(!check(&[], &expectations()).is_whole(), "no record at all");
}

#[test]
fn records_from_the_middle_on_need_the_one_before() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let before = desk.last();
    desk.now += SECOND;
    desk.record(Cause::Period);
    let rest = &desk.lines[2..];
    assert_eq!(kinds(&check(rest, &expectations())), [FaultKind::Missing]);
    let after = Expectations {
        after: vec![before],
        ..expectations()
    };
    assert!(check(rest, &after).is_whole());
}

#[test]
fn a_line_may_be_as_long_as_is_said_and_no_longer() {
    let mut line = vec![b' '; betrace_evidence::RECORD_BYTES];
    let found = check(&[line.clone()], &expectations());
    assert!(found.faults[0].text.contains("DSSE"), "{:?}", found.faults);
    line.push(b' ');
    let found = check(&[line], &expectations());
    assert!(found.faults[0].text.contains("bytes"), "{:?}", found.faults);
}

/// What the page for auditors checks by hand, so that a fault that signer and verifier share does not stay unseen.
/// `UPDATE_EVIDENCE=1` writes it, where the format or the version is another.
#[test]
fn the_committed_records_are_made_in_the_same_way_today() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let text = desk.lines.concat_lines();
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

trait Lines {
    fn concat_lines(&self) -> String;
}

impl Lines for Vec<Vec<u8>> {
    fn concat_lines(&self) -> String {
        let lines = self.iter().map(|line| String::from_utf8_lossy(line));
        lines.map(|line| format!("{line}\n")).collect()
    }
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

fn chain() -> (Vec<Vec<u8>>, Expectations) {
    let mut desk = Desk::new(signer());
    desk.run(4);
    desk.stop();
    let expected = Expectations {
        known: vec![desk.last()],
        ..expectations()
    };
    assert!(check(&desk.lines, &expected).is_whole());
    (desk.lines, expected)
}

#[test]
fn a_record_that_is_removed_repeated_or_moved_is_found_at_every_place() {
    let (lines, expected) = chain();
    for at in 0..lines.len() {
        let mut removed = lines.clone();
        let one = removed.remove(at);
        assert!(!check(&removed, &expected).is_whole(), "removed {at}");
        for to in 0..lines.len() {
            let mut moved = removed.clone();
            moved.insert(to, one.clone());
            assert_eq!(
                check(&moved, &expected).is_whole(),
                to == at,
                "{at} to {to}"
            );
            let mut repeated = lines.clone();
            repeated.insert(to, one.clone());
            assert!(
                !check(&repeated, &expected).is_whole(),
                "{at} again at {to}"
            );
            let mut swapped = lines.clone();
            swapped.swap(at, to);
            assert_eq!(check(&swapped, &expected).is_whole(), to == at);
        }
        for cut in [0, 1, lines[at].len() / 2, lines[at].len() - 1] {
            let mut cut_short = lines.clone();
            cut_short[at].truncate(cut);
            assert!(
                !check(&cut_short, &expected).is_whole(),
                "{at} cut to {cut}"
            );
        }
    }
}

fn shared() -> &'static (Vec<Vec<u8>>, Expectations) {
    use std::sync::OnceLock;
    static CHAIN: OnceLock<(Vec<Vec<u8>>, Expectations)> = OnceLock::new();
    CHAIN.get_or_init(chain)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whoever has no key can still write envelopes: whatever they hold ends nothing, and is not taken for signed.
    #[test]
    fn a_changed_statement_in_a_fresh_envelope_is_found(place in 0.0f64..1.0, byte in any::<u8>()) {
        let (mut lines, expected) = shared().clone();
        let mut payload = Envelope::of_line(&lines[3]).unwrap().payload().unwrap();
        let at = (place * payload.len() as f64) as usize;
        payload[at] = byte;
        lines[3] = Envelope::around(&payload, None, false).line();
        prop_assert!(!check(&lines, &expected).is_whole());
        let lenient = Expectations { allows_unsigned: true, ..expected };
        prop_assert!(!check(&lines, &lenient).is_whole());
    }

    #[test]
    fn a_changed_byte_is_found_wherever_it_is(record in 0usize..6, place in 0.0f64..1.0, bit in 0u8..8) {
        let (lines, expected) = shared();
        let mut changed = lines.clone();
        let line = &mut changed[record];
        let at = (place * line.len() as f64) as usize;
        line[at] ^= 1 << bit;
        prop_assert!(!check(&changed, expected).is_whole(), "record {record}, byte {at}, bit {bit}");
    }
}
