//! `engine_live_growth`: what a span costs with a million live traces against a thousand, where each batch adds to 64 live
//! traces taken by chance.

use betrace_bench::attributes::Dice;
use betrace_bench::pairs::{compare, pairs, processor_time};
use betrace_bench::row::Row;
use betrace_bench::shop::{Batch, Shop, TRACES};
use betrace_engine::Settings;

use crate::running::{Running, nanos, settings, spans};

const MANY: u64 = 1_000_000;
const FEW: u64 = 1_000;
const BATCHES: usize = 8;
const PAIRS: usize = 31;

/// Room for all, and nothing closes.
fn patient() -> Settings {
    Settings {
        memory_bytes: 8 << 30,
        idle_timeout: u64::MAX / 4,
        root_timeout: u64::MAX / 4,
        max_age: u64::MAX / 4,
        ..settings()
    }
}

pub fn row() -> Row {
    let mut dice = Dice::new(11);
    let mut template: Vec<Batch> = Shop::at_once(2).take(BATCHES).collect();
    let mut round = 0;
    let mut many = filled(MANY, &mut template, &mut round);
    println!(
        "    {} live traces of one span, {:.0} bytes each",
        many.engine.stats().live_traces,
        many.engine.stats().memory_bytes as f64 / MANY as f64
    );
    let shared = std::cell::RefCell::new((template, round, &mut dice));
    let compared = compare(
        pairs(PAIRS),
        |_| {
            let (batches, round, dice) = &mut *shared.borrow_mut();
            touched(batches, round, dice, MANY);
            nanos(processor_time(|| many.take(batches.iter())), spans(batches))
        },
        |_| {
            let (batches, round, dice) = &mut *shared.borrow_mut();
            // The same few traces would grow from pair to pair.
            let mut few = filled(FEW, batches, round);
            touched(batches, round, dice, FEW);
            nanos(processor_time(|| few.take(batches.iter())), spans(batches))
        },
    );
    Row::new(
        "engine_live_growth",
        "1,000 live traces",
        "ns a span",
        compared,
    )
}

/// The id of a trace, whose number has all its bits in it.
fn id(number: u64) -> [u8; 16] {
    let mut id = [0x5a; 16];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id
}

/// An engine with so many live traces of one span each, but for the last ones.
fn filled(traces: u64, template: &mut [Batch], round: &mut u64) -> Running {
    let mut running = Running::new(patient());
    let mut next = 0;
    while next < traces {
        for batch in &mut *template {
            *round += 1;
            batch.readdress(*round, |_| {
                let number = next;
                next = (next + 1).min(traces);
                id(number.min(traces - 1))
            });
        }
        running.take(template.iter());
    }
    running
}

/// Makes the traces of each batch others, taken by chance.
fn touched(batches: &mut [Batch], round: &mut u64, dice: &mut Dice, of: u64) {
    for batch in batches {
        *round += 1;
        let chosen: Vec<u64> = (0..TRACES).map(|_| dice.roll(of)).collect();
        batch.readdress(*round, |span| id(chosen[span % TRACES]));
    }
}
