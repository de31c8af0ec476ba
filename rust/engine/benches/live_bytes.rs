//! How many bytes a live trace of eight spans takes: resident memory from 50,000 to 200,000 of them, under the ten rules of
//! `tail_sampling_memory` and under a hundred. `cargo bench -p betrace-engine --bench live_bytes [-- traces]`, so many in place of 200,000.
#![allow(clippy::print_stdout, reason = "what a bench is for is its figures")]

use std::fs;
use std::hint::black_box;

use betrace_bench::rules;
use betrace_bench::shop::{BEGIN, Batch, Shop};
use betrace_engine::{Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};

const BATCHES: usize = 32;
const SPANS: u64 = 8;

fn main() {
    let asked = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next();
    let most = asked.unwrap_or(200_000);
    for (name, text) in [("ten", ten()), ("a hundred", rules::hundred())] {
        let engine = patient(text);
        let mut batches: Vec<Batch> = Shop::at_once(3).take(BATCHES).collect();
        let first = fill(&engine, &mut batches, 0, most / 4);
        let before = (resident(), engine.stats().memory_bytes);
        let last = fill(&engine, &mut batches, first, most);
        let more = (last - first) as f64;
        let (held, accounted) = (
            resident() - before.0,
            engine.stats().memory_bytes - before.1,
        );
        println!(
            "{name} rules: {:.0} bytes a live trace of {SPANS} spans, {:.0} of them accounted for",
            held as f64 / more,
            accounted as f64 / more
        );
    }
}

/// A rule for each of ten statuses, of which the shop has one.
fn ten() -> String {
    let rule = |status| {
        format!(
            "  - {{ id: status-{status}, condition: 'never {{ any.where(http.response.status_code == {status}) }}' }}\n"
        )
    };
    format!("rules:\n{}", (500..510).map(rule).collect::<String>())
}

/// Room for all, and nothing closes.
fn patient(rules: String) -> Engine {
    let Ok(rules) = compile(&[SourceFile::new("rules.yaml", rules)]) else {
        unreachable!("every rule here is faultless");
    };
    let settings = Settings {
        restart_grace: false,
        memory_bytes: 8 << 30,
        idle_timeout: u64::MAX / 4,
        root_timeout: u64::MAX / 4,
        max_age: u64::MAX / 4,
        ..Settings::default()
    };
    let Ok(engine) = Engine::new(rules, settings, Timestamp(BEGIN)) else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

/// Adds traces until there are so many; returns how many there are.
fn fill(engine: &Engine, batches: &mut [Batch], mut traces: u64, most: u64) -> u64 {
    let mut number = 0;
    while traces < most {
        let batch = &mut batches[number % BATCHES];
        number += 1;
        batch.readdress(traces + 1, |span| id(traces + span as u64 / SPANS));
        traces += (batch.spans() as u64).div_ceil(SPANS);
        assert!(
            engine
                .consume(batch.bytes(), Timestamp(BEGIN + traces))
                .is_ok()
        );
        black_box(engine.take_findings(usize::MAX));
    }
    traces
}

/// As `tail_sampling_memory` gives them.
fn id(number: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&(number + 1).to_be_bytes());
    id
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.map_or(0, |number| number.trim().parse().unwrap_or(0)) << 10
}
