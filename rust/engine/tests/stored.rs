//! Stored state of every version so far, kept as files in `testdata/snapshots`, is restored; and what is written
//! today is the file of today's version, byte for byte.
//!
//! After a change of what is stored, raise the version, teach the engine to read the old one, and write the new file
//! with `BETRACE_WRITE_SNAPSHOT=1 cargo test -p betrace-engine --test stored`.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod messages;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use betrace_engine::{
    CloseCause, Engine, Report, Restored, Settings, SnapshotError, SnapshotKind, Timestamp,
};
use betrace_lang::rule::Rule;
use betrace_lang::{SourceFile, compile};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use prost::Message;

use crate::messages::{attribute, message};

const START: u64 = 1_700_000_000_000_000_000;
const VERSION: u16 = 13;

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/snapshots");
    folder.join(name)
}

fn rules() -> Vec<Arc<Rule>> {
    let text = fs::read_to_string(file("rules.yaml")).unwrap();
    compile(&[SourceFile::new("rules.yaml", text)]).unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp(START + millis * 1_000_000)
}

fn engine(rules: Vec<Arc<Rule>>, now: u64) -> Engine {
    let settings = Settings {
        report: Report::All,
        shards: 2,
        ..Settings::default()
    };
    Engine::new(rules, settings, at(now)).unwrap()
}

fn span(trace: u8, id: u8, parent: u8, name: &str, attributes: &[(&str, Value)]) -> Span {
    let start = START + u64::from(id) * 1_000_000;
    let pair = |(key, value): &(&str, Value)| attribute(key, value.clone());
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: vec![parent; if parent == 0 { 0 } else { 8 }],
        name: name.to_owned(),
        start_time_unix_nano: start,
        end_time_unix_nano: start + u64::from(id) * 500_000,
        attributes: attributes.iter().map(pair).collect(),
        ..Span::default()
    }
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

fn feed(engine: &Engine, spans: Vec<Span>, now: u64) {
    let bytes = message(spans).encode_to_vec();
    engine.consume(&bytes, at(now)).unwrap();
}

/// What was found, sorted, as `trace rule verdict message`.
fn told(engine: &Engine) -> Vec<String> {
    let findings = engine.take_findings(usize::MAX);
    let mut told: Vec<String> = findings
        .iter()
        .map(|finding| {
            let reason = finding.reason.map_or("", |reason| reason.as_str());
            let trace = finding.trace_id.0[0];
            let (rule, verdict) = (&finding.rule.id.0, finding.verdict.as_str());
            format!("{trace} {rule} {verdict} {reason} {}", finding.message)
        })
        .collect();
    told.sort();
    told
}

/// A trace that is live, one that closed, and one of which the id is left.
fn before(engine: &Engine) {
    feed(engine, vec![span(3, 1, 0, "web", &[])], 0);
    engine.tick(at(11_000));
    engine.tick(at(72_000));
    feed(engine, vec![span(2, 1, 0, "charge", &[])], 72_000);
    engine.tick(at(82_000));
    let user = || ("user", text("someone with a rather long name"));
    let mut charge = span(
        1,
        3,
        1,
        "charge",
        &[
            user(),
            ("amount", Value::IntValue(60)),
            ("score", Value::DoubleValue(2.5)),
        ],
    );
    charge.events.push(Event {
        attributes: span(0, 0, 0, "", &[("code", Value::IntValue(9))]).attributes,
        ..Event::default()
    });
    let mut skewed = span(1, 9, 1, "charge", &[("amount", Value::DoubleValue(0.25))]);
    skewed.end_time_unix_nano = 1;
    let spans = vec![
        span(
            1,
            1,
            0,
            "web",
            &[("kind", text("a b")), ("url", text("/x1"))],
        ),
        span(1, 2, 1, "login", &[user(), ("score", Value::IntValue(3))]),
        charge,
        span(1, 4, 3, "query", &[("table", text("orders"))]),
        span(
            1,
            5,
            3,
            "query",
            &[("table", text("a table of a name beyond fourteen bytes"))],
        ),
        skewed,
    ];
    feed(engine, spans, 90_000);
    engine.tick(at(90_500));
}

/// What comes after the restart, and how it ends.
fn after(engine: &Engine) -> Vec<String> {
    let spans = vec![
        span(
            1,
            5,
            3,
            "query",
            &[("table", text("a table of a name beyond fourteen bytes"))],
        ),
        span(1, 6, 3, "query", &[("table", text("orders"))]),
        span(1, 7, 3, "query", &[("table", text("orders"))]),
        span(1, 8, 1, "charge", &[("amount", Value::DoubleValue(45.5))]),
        span(2, 2, 1, "check", &[]),
        span(3, 2, 1, "query", &[]),
    ];
    feed(engine, spans, 95_000);
    engine.close_traces(at(99_000), CloseCause::EndOfInput);
    told(engine)
}

#[test]
fn what_is_written_today_is_the_file_of_todays_version() {
    let engine = engine(rules(), 0);
    before(&engine);
    let written = engine.snapshot(SnapshotKind::Final);
    assert_eq!(written[4..6], VERSION.to_le_bytes());
    let path = file(&format!("version-{VERSION}.bin"));
    if std::env::var_os("BETRACE_WRITE_SNAPSHOT").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let stored = fs::read(&path).unwrap();
    assert!(stored == written, "the format changed under its version");
}

#[test]
fn a_file_of_every_version_with_names_goes_on_as_if_nothing_had_happened() {
    let whole = engine(rules(), 0);
    before(&whole);
    let so_far = told(&whole);
    let of_live: Vec<&String> = so_far
        .iter()
        .filter(|told| told.starts_with("1 "))
        .collect();
    assert_eq!(of_live.len(), 1, "{so_far:?}");
    let told = after(&whole);
    assert!(told.len() > 20, "{told:?}");
    for version in 2..=VERSION {
        let stored = fs::read(file(&format!("version-{version}.bin"))).unwrap();
        let restored = engine(rules(), 95_000);
        assert_eq!(
            restored.restore(&stored, at(95_000)),
            Ok(Restored {
                live_traces: 1,
                remembered_traces: 1,
                forgotten_ids: 1,
                known_rules: rules().len() as u64,
            }),
            "version {version}"
        );
        assert_eq!(after(&restored), told, "version {version}");
        let spans = restored.stats().spans;
        assert_eq!((spans.duplicate, spans.late, spans.evaluated), (1, 2, 3));
    }
}

#[test]
fn the_file_of_the_first_version_brings_its_traces_and_no_rule() {
    let stored = fs::read(file("version-1.bin")).unwrap();
    let restored = engine(rules(), 95_000);
    assert_eq!(
        restored.restore(&stored, at(95_000)),
        Ok(Restored {
            live_traces: 1,
            remembered_traces: 1,
            forgotten_ids: 1,
            known_rules: 0,
        })
    );
    let told = after(&restored);
    // The copy is known as one, the late spans as late; presence fires, and nothing rests on what is not known.
    let spans = restored.stats().spans;
    assert_eq!((spans.duplicate, spans.late, spans.evaluated), (1, 2, 3));
    let of_live: Vec<&String> = told.iter().filter(|told| told.starts_with("1 ")).collect();
    assert_eq!(of_live.len(), restored.stats().rules.len(), "{of_live:?}");
    for verdict in of_live {
        assert!(verdict.contains("inconclusive reload"), "{verdict}");
    }
}

#[test]
fn a_refused_snapshot_is_told_from_the_wrong_moment() {
    let stored = fs::read(file(&format!("version-{VERSION}.bin"))).unwrap();
    let fresh = || engine(rules(), 95_000);
    let mut later = stored.clone();
    later[4] = 99;
    let mut torn = stored.clone();
    torn[40] ^= 1;
    for (bytes, error) in [
        (&b"{}"[..], SnapshotError::NotASnapshot),
        (&later, SnapshotError::Version(99)),
        (&torn, SnapshotError::Corrupt),
    ] {
        let refused = fresh().restore(bytes, at(95_000)).unwrap_err();
        assert_eq!(refused, error);
        assert!(refused.is_of_bytes());
    }
    let used = fresh();
    feed(&used, vec![span(9, 1, 0, "x", &[])], 95_000);
    let refused = used.restore(&stored, at(95_001)).unwrap_err();
    assert_eq!(refused, SnapshotError::NotFresh);
    assert!(!refused.is_of_bytes());
}
