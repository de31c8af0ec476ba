//! Several threads over one recording, in turns: what one thread says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::engine::intake::Turns;
use crate::tests::rules::rules;
use crate::tests::spans::{at, message, span};
use crate::{CloseCause, Engine, Report, Settings};

const MESSAGES: usize = 300;
const THREADS: usize = 3;

/// Whose turn it is, by part.
struct InOrder<'a> {
    parts: &'a [AtomicUsize],
    number: usize,
}

impl Turns for InOrder<'_> {
    fn enter(&self, part: usize) {
        while self.parts[part].load(Ordering::Acquire) != self.number {
            thread::yield_now();
        }
    }

    fn leave(&self, part: usize) {
        self.parts[part].store(self.number + 1, Ordering::Release);
    }
}

/// Copies of a few spans that differ from message to message: the first of each counts.
fn messages() -> Vec<Vec<u8>> {
    let message = |number: usize| {
        let spans = (0..9).map(|one| {
            let trace = (number / 2 + one * 7) % 250;
            let name = ["a", "b", "c"][(number + one) % 3];
            let one = span(1 + trace as u8, 1 + (one % 2) as u8, name, 0, 1);
            one.int("n", number as i64)
        });
        message(&spans.collect::<Vec<_>>())
    };
    (0..MESSAGES).map(message).collect()
}

fn engine() -> Engine {
    let settings = Settings {
        restart_grace: false,
        early: false,
        report: Report::All,
        shares_work: false,
        ..Settings::default()
    };
    let texts = [
        "r: never { a.where(n > 100) }",
        "s: when { b } always { c.where(n < 200) }",
    ];
    Engine::new(rules(&texts), settings, at(0)).unwrap()
}

fn outcome(engine: &Engine) -> (Vec<String>, crate::Stats) {
    engine.close_traces(at(1), CloseCause::EndOfInput);
    let mut told = engine.told();
    told.sort();
    (told, engine.stats())
}

#[test]
fn messages_that_are_taken_in_turn_by_several_threads_say_what_one_thread_says() {
    let messages = messages();
    let one = engine();
    for message in &messages {
        one.consume(message, at(0)).unwrap();
    }
    let many = engine();
    let parts: Vec<AtomicUsize> = (0..many.parts()).map(|_| AtomicUsize::new(0)).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(message) = messages.get(number) else {
                        return;
                    };
                    let parts = &parts;
                    let turns = InOrder { parts, number };
                    many.consume_in_turn(message, at(0), &turns).unwrap();
                }
            });
        }
    });
    assert!(many.has_room());
    let (wanted, came) = (outcome(&one), outcome(&many));
    assert!(wanted.1.spans.conflict > 100 && wanted.1.spans.evaluated > 100);
    assert!(wanted.0.len() >= 250, "{}", wanted.0.len());
    // What is held hangs on which blocks were free.
    let counts = |stats: crate::Stats| (stats.spans, stats.rules, stats.closed_traces);
    assert_eq!(counts(came.1), counts(wanted.1));
    assert_eq!(came.0, wanted.0);
}

#[test]
fn parts_that_are_drained_one_by_one_say_what_all_at_once_say() {
    let (whole, parted) = (engine(), engine());
    for message in messages() {
        whole.consume(&message, at(0)).unwrap();
        parted.consume(&message, at(0)).unwrap();
    }
    let wanted = outcome(&whole).0;
    let mut findings = Vec::new();
    for part in (0..parted.parts()).rev() {
        parted.drain_part(part, at(1), CloseCause::EndOfInput, |more| {
            findings.extend(more);
        });
    }
    assert_eq!(findings.len(), wanted.len());
    assert!(outcome(&parted).0.is_empty());
}
