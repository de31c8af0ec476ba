//! When which fault begins: drawn for the whole run before it begins, so that no fault hangs on what another one did.

use super::COLLECTORS;
use super::random::Random;
use super::traffic::{REPLICAS, SERVICES};

pub const SECOND: u64 = 1_000_000_000;

/// Something that changes the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A link to a collector is cut until then.
    Cut {
        collector: usize,
        until: u64,
    },
    /// A link loses messages until then.
    Lossy {
        collector: usize,
        until: u64,
    },
    /// A link is slow until then.
    Slow {
        collector: usize,
        until: u64,
    },
    /// What a collector stores every so often; only what a crash goes back to is taken.
    Store {
        collector: usize,
    },
    Kill {
        collector: usize,
        until: u64,
    },
    Stop {
        collector: usize,
        until: u64,
    },
    /// A process dies until then.
    Die {
        process: usize,
        until: u64,
    },
    /// An exporter reaches nobody until then.
    Stall {
        process: usize,
        until: u64,
    },
    /// A process's clock goes wrong by so much.
    Skew {
        process: usize,
        by: i64,
    },
    /// A process's clock is set back now and then until then.
    Steps {
        process: usize,
        until: u64,
    },
    /// The number of a rule set.
    Reload {
        set: u64,
    },
    Flood,
    Hostile,
}

/// In seconds, how far two of a kind are apart on average.
struct Every(u64);

impl Every {
    fn over(&self, until: u64, random: &mut Random) -> Vec<u64> {
        let mean = self.0 * SECOND;
        let mut at = random.between(mean / 4, mean);
        let mut all = Vec::new();
        while at < until {
            all.push(at);
            at += random.between(mean / 2, mean + mean / 2);
        }
        all
    }
}

/// Where the changes of a run gather.
struct Forecast {
    seed: u64,
    length: u64,
    all: Vec<(u64, Change)>,
}

impl Forecast {
    /// Draws the changes of one kind, which come every so many seconds.
    fn fall(&mut self, name: &str, every: u64, draw: impl Fn(u64, &mut Random) -> Change) {
        let mut random = Random::of(self.seed, name);
        for at in Every(every).over(self.length, &mut random) {
            let change = draw(at, &mut random);
            if let Change::Kill { collector, .. } = change {
                let stored = at.saturating_sub(random.between(1, 10 * SECOND));
                self.all.push((stored, Change::Store { collector }));
            }
            self.all.push((at, change));
        }
    }

    fn of_the_network(&mut self) {
        self.fall("partitions", 45, |at, random| Change::Cut {
            collector: collector(random),
            until: then(at, 4, 30, random),
        });
        self.fall("losses", 50, |at, random| Change::Lossy {
            collector: collector(random),
            until: then(at, 3, 12, random),
        });
        self.fall("delays", 50, |at, random| Change::Slow {
            collector: collector(random),
            until: then(at, 4, 15, random),
        });
        self.fall("stalls", 60, |at, random| Change::Stall {
            process: process(random),
            until: then(at, 10, 60, random),
        });
    }

    fn of_collectors(&mut self) {
        self.fall("crashes", 110, |at, random| Change::Kill {
            collector: collector(random),
            until: then(at, 2, 12, random),
        });
        self.fall("restarts", 150, |at, random| Change::Stop {
            collector: collector(random),
            until: then(at, 1, 5, random),
        });
        self.fall("reloads", 60, |_, random| Change::Reload {
            set: if random.chance(400) { 0 } else { random.draw() },
        });
        self.fall("floods", 150, |_, _| Change::Flood);
        self.fall("hostile", 4, |_, _| Change::Hostile);
    }

    fn of_processes(&mut self) {
        self.fall("deaths", 30, |at, random| Change::Die {
            process: process(random),
            until: then(at, 2, 10, random),
        });
        self.fall("clocks", 25, |_, random| {
            let most = [200_000_000, 200_000_000, 200_000_000, 3_000_000_000][random.index(4)];
            let by = random.below(2 * most) as i64 - most as i64;
            Change::Skew {
                process: process(random),
                by: if random.chance(600) { 0 } else { by },
            }
        });
        self.fall("steps", 40, |at, random| Change::Steps {
            process: process(random),
            until: then(at, 2, 6, random),
        });
    }
}

fn collector(random: &mut Random) -> usize {
    random.index(COLLECTORS)
}

fn process(random: &mut Random) -> usize {
    random.index(SERVICES * REPLICAS)
}

/// So many seconds later.
fn then(at: u64, low: u64, high: u64, random: &mut Random) -> u64 {
    at + random.between(low * SECOND, high * SECOND)
}

/// All changes of so many nanoseconds, in their order.
#[must_use]
pub fn forecast(seed: u64, length: u64) -> Vec<(u64, Change)> {
    let mut forecast = Forecast {
        seed,
        length,
        all: Vec::new(),
    };
    forecast.of_the_network();
    forecast.of_collectors();
    forecast.of_processes();
    forecast.all.sort_by_key(|(at, _)| *at);
    forecast.all
}
