//! What the process holds for want of pieces of the same size counts against the bound. Alone in its process, as all engines of one
//! share that memory.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod messages;

use betrace_engine::{Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};
use betrace_pages::{Boxed, stranded, zeroed};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

const MIB: usize = 1 << 20;
const NOW: u64 = 1_760_000_001_000_000_000;

fn message(trace: u8) -> Vec<u8> {
    let span = Span {
        trace_id: vec![trace; 16],
        span_id: vec![1; 8],
        parent_span_id: vec![2; 8],
        name: "charge".to_owned(),
        start_time_unix_nano: NOW,
        end_time_unix_nano: NOW + 1,
        ..Span::default()
    };
    messages::message(vec![span]).encode_to_vec()
}

#[test]
fn memory_that_few_pieces_hold_counts_against_the_bound() {
    let rules = "rules:\n  - id: checked\n    condition: 'when { charge } always { check }'\n";
    let settings = Settings {
        memory_bytes: 64 << 20,
        ..Settings::default()
    };
    let rules = compile(&[SourceFile::new("rules.yaml", rules)]).unwrap();
    let engine = Engine::new(rules, settings, Timestamp(NOW)).unwrap();
    engine.consume(&message(1), Timestamp(NOW)).unwrap();
    assert_eq!((engine.stats().live_traces, stranded()), (1, 0));
    let mut blocks: Vec<Boxed<[u8]>> = (0..128 * MIB / 1024).map(|_| zeroed(1024)).collect();
    assert_eq!(stranded(), 0);
    let mut number = 0;
    blocks.retain(|_| {
        number += 1;
        number % 64 == 0
    });
    assert!(stranded() > 70 * MIB, "{}", stranded());
    engine.consume(&message(2), Timestamp(NOW)).unwrap();
    let stats = engine.stats();
    assert_eq!((stats.live_traces, stats.shed_traces), (0, 2));
    assert!(stats.memory_bytes > 70 << 20);
    drop(blocks);
    assert_eq!(stranded(), 0);
    engine.consume(&message(3), Timestamp(NOW)).unwrap();
    assert_eq!(engine.stats().live_traces, 1);
}
