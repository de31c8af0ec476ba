//! Stored state: bytes that were damaged are never believed, whatever the damage; and bytes with a sound checksum and any
//! content are refused or taken over, and then neither they nor the spans that follow break the engine.
#![no_main]

#[path = "../../capi/tests/calls_support/feed.rs"]
mod feed;
#[path = "../../capi/tests/calls_support/spans.rs"]
mod spans;

use std::sync::{Arc, LazyLock};

use betrace_engine::{CloseCause, Engine, Settings, SnapshotKind, Timestamp};
use betrace_lang::rule::Rule;
use betrace_lang::{SourceFile, compile};
use feed::Feed;
use libfuzzer_sys::fuzz_target;
use spans::{SECOND, START};

static RULES: LazyLock<Vec<Arc<Rule>>> = LazyLock::new(|| {
    let text = include_str!("../../capi/tests/calls_support/rules.yaml");
    compile(&[SourceFile::new("rules.yaml", text)]).expect("the rules are faultless")
});

/// What an engine wrote that had seen a little of everything.
static WRITTEN: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let engine = engine();
    let choices: Vec<u8> = (0..=255).map(|byte: u8| byte.wrapping_mul(37)).collect();
    let mut feed = Feed(&choices);
    for round in 0..6 {
        let now = Timestamp(START + round * 4 * SECOND);
        let read = engine.consume(&spans::message(&mut feed), now);
        assert!(read.is_ok());
        engine.tick(now);
    }
    [SnapshotKind::Periodic, SnapshotKind::Final].map(|kind| engine.snapshot(kind))
});

fn engine() -> Engine {
    let settings = Settings {
        shards: 2,
        ..Settings::default()
    };
    Engine::new(RULES.clone(), settings, Timestamp(START)).expect("the rules fit")
}

fuzz_target!(|bytes: &[u8]| {
    let mut feed = Feed(bytes);
    let now = Timestamp(START + 30 * SECOND);
    let mut stored = WRITTEN[feed.below(2)].clone();
    let has_checksum = feed.byte() % 2 == 0;
    let (from, count) = (usize::from(feed.byte()) << 8 | usize::from(feed.byte()), feed.byte());
    let from = from % stored.len();
    let until = (from + usize::from(count)).min(stored.len());
    let inserted = feed.below(32);
    let inserted = feed.bytes(inserted);
    let unchanged = stored.clone();
    stored.splice(from..until, inserted.iter().copied());
    if has_checksum {
        let content = stored.len().saturating_sub(16);
        let checksum = blake3::hash(&stored[..content]);
        stored.splice(content.., checksum.as_bytes()[..16].iter().copied());
    }
    let fresh = engine();
    let restored = fresh.restore(&stored, now);
    assert!(has_checksum || stored == unchanged || restored.is_err(), "damage was believed");
    if restored.is_err() {
        let stats = fresh.stats();
        assert_eq!((stats.live_traces, stats.remembered_traces, stats.forgotten_ids), (0, 0, 0));
    }
    let read = fresh.consume(&spans::message(&mut feed), now);
    assert!(read.is_ok());
    fresh.tick(Timestamp(now.0 + 20 * SECOND));
    let again = fresh.snapshot(SnapshotKind::Final);
    assert!(engine().restore(&again, now).is_ok(), "what was written is read");
    fresh.close_traces(Timestamp(now.0 + 30 * SECOND), CloseCause::EndOfInput);
    let _ = fresh.take_findings(usize::MAX);
});
