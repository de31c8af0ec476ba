//! Evidence records that somebody wrote or changed: no panic, and nothing is called whole that is not. With a public key whole
//! is only what its key signed, from the first record on; of statements without a signature, what a second reading of numbers
//! and hashes finds to follow on each other.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use betrace_evidence::{Envelope, Expectations, Line, PublicKey, Sha256Hex, Verification, verify};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const RECORDS: &str = include_str!("../../../testdata/evidence/records.jsonl");
const PUBLIC: &str = include_str!("../../../testdata/evidence/public.pem");

static SIGNED: LazyLock<Expectations> = LazyLock::new(|| Expectations {
    keys: vec![PublicKey::of_pem(PUBLIC).expect("the committed key is one")],
    ..Expectations::default()
});

static UNSIGNED: LazyLock<Expectations> = LazyLock::new(|| Expectations {
    allows_unsigned: true,
    longest_pause: u64::MAX,
    ..Expectations::default()
});

fn verified(lines: &[Vec<u8>], expected: &Expectations) -> Verification {
    let lines = lines.iter().zip(1..).map(|(text, number)| Line {
        file: "records",
        number,
        text,
    });
    verify(lines, expected)
}

/// Each line as it is, and as a statement that somebody put into an envelope of his own.
fn signed_alone_is_whole(lines: &[Vec<u8>]) {
    if verified(lines, &SIGNED).is_whole() {
        let known: Vec<&[u8]> = RECORDS.lines().map(str::as_bytes).collect();
        assert!(lines.len() <= known.len());
        assert!(lines.iter().zip(known).all(|(line, known)| line == known));
    }
}

fn whole_follows_on_each_other(payloads: &[&[u8]]) {
    let lines: Vec<Vec<u8>> = payloads
        .iter()
        .map(|payload| Envelope::around(payload, None, false).line())
        .collect();
    let found = verified(&lines, &UNSIGNED);
    for fault in &found.faults {
        assert!(!fault.text.contains('\n'), "{fault:?}");
    }
    if !found.is_whole() {
        return;
    }
    let mut last: BTreeMap<String, (u64, Sha256Hex)> = BTreeMap::new();
    for payload in payloads {
        let said: Value = serde_json::from_slice(payload).expect("what is whole is JSON");
        let said = &said["predicate"];
        let instance = said["instance"].as_str().unwrap_or_default().to_owned();
        let (number, previous) = (said["sequence"].as_u64(), said["previous"].as_str());
        match last.get(&instance) {
            None => assert_eq!((number, previous), (Some(1), None)),
            Some((before, hash)) => {
                assert_eq!(number, Some(before + 1));
                assert_eq!(previous, Some(&*hash.to_string()));
            }
        }
        let place = (number.unwrap_or_default(), Sha256Hex::of(payload));
        last.insert(instance, place);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let texts: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let texts: Vec<&[u8]> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    let lines: Vec<Vec<u8>> = texts.iter().map(|text| text.to_vec()).collect();
    signed_alone_is_whole(&lines);
    whole_follows_on_each_other(&texts);
});
