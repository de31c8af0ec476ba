//! `engine_two_cores`: one engine fed by two threads against two engines, each with a thread of its own: spans a second, on
//! the wall. Wants two idle cores. What a crowded machine tells too is the processor's time of both threads, which is printed
//! with it: what one core fetches from the other is in that, and what it waits for is not.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use betrace_bench::pairs::{compare, of_pairs, pairs, processor_time, wall_time};
use betrace_bench::row::Row;
use betrace_bench::shop::{BATCH, BEGIN, Batch, Shop};
use betrace_engine::{Engine, Timestamp};

use crate::running::{engine, nanos, settings, spans};

const BATCHES: usize = 32;
const PAIRS: usize = 31;
/// Rounds until the first traces are forgotten.
const WARM: usize = 40;

/// An engine, and how many batches it had.
struct Fed {
    engine: Engine,
    number: AtomicU64,
}

impl Fed {
    fn new() -> Fed {
        Fed {
            engine: engine(settings()),
            number: AtomicU64::new(0),
        }
    }

    /// `share`: of how many batches time goes on by one.
    fn take(&self, batches: &[Batch], share: u64) {
        for batch in batches {
            let number = self.number.fetch_add(1, Ordering::Relaxed) / share;
            let now = Timestamp(BEGIN + number * BATCH);
            assert!(self.engine.consume(batch.bytes(), now).is_ok());
            self.engine.tick(now);
        }
        black_box(self.engine.take_findings(usize::MAX).len());
    }
}

pub fn row() -> Row {
    let mut batches = [1, 2].map(|seed| Shop::cycle(seed, BATCHES));
    let all = spans(&batches[0]) + spans(&batches[1]);
    let one = Fed::new();
    let two = [Fed::new(), Fed::new()];
    let mut round = 0;
    // Nanoseconds of the processor for a span, of one engine and of two.
    let mut processor = [Vec::new(), Vec::new()];
    let mut both = |together: bool| {
        round += 1;
        for batch in batches.iter_mut().flatten() {
            batch.renumber(round);
        }
        let (took, worked) = if together {
            on_two(&batches, [&one, &one], 2)
        } else {
            on_two(&batches, [&two[0], &two[1]], 1)
        };
        processor[usize::from(!together)].push(nanos(worked, all));
        all as f64 / took.as_secs_f64()
    };
    for _ in 0..WARM {
        both(true);
        both(false);
    }
    let both = std::cell::RefCell::new(both);
    let compared = compare(
        pairs(PAIRS),
        |_| both.borrow_mut()(true),
        |_| both.borrow_mut()(false),
    );
    let [one, two] = processor;
    let measured: Vec<(f64, f64)> = one.into_iter().zip(two).skip(WARM).collect();
    let worked = of_pairs(&measured);
    println!(
        "    processor time: {:.0} ns a span, with two engines {:.0}: {:.3} ({:.3} to {:.3})",
        worked.ours, worked.peer, worked.ratio, worked.low, worked.high
    );
    Row::new(
        "engine_two_cores",
        "two engines",
        "spans a second",
        compared,
    )
}

/// The time until both threads are done, and that of the processor for both.
fn on_two(batches: &[Vec<Batch>; 2], engines: [&Fed; 2], share: u64) -> (Duration, Duration) {
    let begin = Barrier::new(3);
    let (mut took, mut worked) = (Duration::ZERO, Duration::ZERO);
    thread::scope(|scope| {
        let threads = [0, 1].map(|at| {
            let begin = &begin;
            let (batches, fed) = (&batches[at], engines[at]);
            scope.spawn(move || {
                begin.wait();
                processor_time(|| fed.take(batches, share))
            })
        });
        took = wall_time(|| {
            begin.wait();
            for thread in threads {
                let Ok(of_thread) = thread.join() else {
                    unreachable!("no call panics");
                };
                worked += of_thread;
            }
        });
    });
    (took, worked)
}
