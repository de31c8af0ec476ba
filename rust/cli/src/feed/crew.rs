//! Several threads over one recording, whose outcome is that of one: they read and match side by side, and come to each part
//! of the engine's traces in the order of their batches ([`Engine::consume_in_turn`](betrace_engine::Engine::consume_in_turn)).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use betrace_engine::{ConsumeError, Turns};
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::traces::At;

/// A larger batch is taken by one thread while the others wait: what comes with it may be more than there is room for.
const LARGE: usize = 4 << 20;

/// Batches of lines up to this size are taken together: taking turns costs as much for a small one.
const SMALL: usize = 128 << 10;

/// How often a thread looks whether its turn came before it sleeps.
const LOOKS: usize = 200;

/// Threads that consume batches, and how. `has_room` says whether batches may go side by side: with little memory left it
/// would hang on their order what is dropped.
pub struct Crew<C, R> {
    consume: C,
    has_room: R,
    threads: usize,
    parts: Vec<Part>,
    board: Board,
}

/// What the threads tell each other.
#[derive(Default)]
struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Vec<u8>, At)>,
    /// The number of the first that waits.
    next: usize,
    running: usize,
    /// One runs beside which no other may.
    is_alone: bool,
    is_over: bool,
    /// By the numbers of their batches.
    faults: Vec<(usize, At, ConsumeError)>,
    /// Buffers that were used.
    used: Vec<Vec<u8>>,
}

/// Whose turn it is in a part of the traces.
#[derive(Default)]
struct Part {
    turn: AtomicUsize,
    sleeping: Mutex<()>,
    left: Condvar,
}

/// The turns of one batch.
struct OfBatch<'c> {
    parts: &'c [Part],
    number: usize,
}

impl Turns for OfBatch<'_> {
    fn enter(&self, part: usize) {
        let part = &self.parts[part];
        let is_here = || part.turn.load(Ordering::Acquire) == self.number;
        if (0..LOOKS).any(|_| {
            std::hint::spin_loop();
            is_here()
        }) {
            return;
        }
        let mut sleeping = part.sleeping.lock();
        while !is_here() {
            part.left.wait(&mut sleeping);
        }
    }

    fn leave(&self, part: usize) {
        let part = &self.parts[part];
        let _sleeping = part.sleeping.lock();
        part.turn.store(self.number + 1, Ordering::Release);
        part.left.notify_all();
    }
}

impl Drop for OfBatch<'_> {
    /// A thread that panics ends the process once no other waits for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for part in 0..self.parts.len() {
                if self.parts[part].turn.load(Ordering::Acquire) <= self.number {
                    self.enter(part);
                    self.leave(part);
                }
            }
        }
    }
}

/// A batch is being consumed until this is dropped.
struct Running<'c>(&'c Board);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.running -= 1;
        state.is_alone = false;
        self.0.changed.notify_all();
    }
}

/// See [`Crew::over`].
pub struct Over<'c>(&'c Board);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.state.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

impl<C, R> Crew<C, R>
where
    C: Fn(&[u8], &dyn Turns) -> Result<(), ConsumeError> + Sync,
    R: Fn() -> bool + Sync,
{
    /// Of so many threads, with the one that gives; `parts` are those of the engine.
    pub fn new(threads: usize, parts: usize, consume: C, has_room: R) -> Self {
        Crew {
            consume,
            has_room,
            threads,
            parts: (0..parts).map(|_| Part::default()).collect(),
            board: Board::default(),
        }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Gives a batch to whoever is free, and takes one itself where many wait. Returns buffers that were used.
    pub fn give(&self, otlp: Vec<u8>, at: At) -> Vec<Vec<u8>> {
        let mut state = self.board.state.lock();
        let is_line = matches!(at, At::Line { .. });
        match state.waiting.back_mut() {
            // What was read from lines is written here, and faultless.
            Some((last, At::Line { .. })) if is_line && last.len() + otlp.len() <= SMALL => {
                last.extend_from_slice(&otlp);
                state.used.push(otlp);
            }
            _ => state.waiting.push_back((otlp, at)),
        }
        self.board.changed.notify_one();
        // No more of them than keep all others at work meanwhile: they are still in a cache when they are taken.
        while state.waiting.len() > self.threads {
            state = self.take_one(state);
        }
        std::mem::take(&mut state.used)
    }

    /// Until all that was given is done; what was wrong with it, in its order.
    pub fn finish(&self) -> Vec<(At, ConsumeError)> {
        let mut state = self.board.state.lock();
        while !state.waiting.is_empty() || state.running > 0 {
            state = if state.waiting.is_empty() {
                self.wait(state)
            } else {
                self.take_one(state)
            };
        }
        let mut faults = std::mem::take(&mut state.faults);
        faults.sort_by_key(|(number, ..)| *number);
        faults
            .into_iter()
            .map(|(_, at, error)| (at, error))
            .collect()
    }

    /// Once this is dropped nothing more is given. Whoever gives holds it, so that the others end too if it panics.
    pub fn over(&self) -> Over<'_> {
        Over(&self.board)
    }

    /// Takes batches until the end.
    pub fn work(&self) {
        let mut state = self.board.state.lock();
        loop {
            state = match (state.waiting.is_empty(), state.is_over) {
                (false, _) => self.take_one(state),
                (true, true) => return,
                (true, false) => self.wait(state),
            };
        }
    }

    fn wait<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.board.changed.wait(&mut state);
        state
    }

    /// Takes the first that waits, or waits itself until that may be.
    fn take_one<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let first = state.waiting.front();
        let must_be_alone = first.is_some_and(|(otlp, _)| otlp.len() > LARGE) || !(self.has_room)();
        if state.is_alone || must_be_alone && state.running > 0 {
            return self.wait(state);
        }
        let Some((otlp, at)) = state.waiting.pop_front() else {
            return state;
        };
        let number = state.next;
        state.next += 1;
        state.running += 1;
        state.is_alone = must_be_alone;
        drop(state);
        let running = Running(&self.board);
        let parts = &self.parts[..];
        let result = (self.consume)(&otlp, &OfBatch { parts, number });
        let mut state = self.board.state.lock();
        state
            .faults
            .extend(result.err().map(|error| (number, at, error)));
        state.used.push(otlp);
        drop(state);
        drop(running);
        self.board.state.lock()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::sync_channel;
    use std::thread;

    use super::*;

    /// What is given to a crew of so many, each batch a number, as it came through its one part; a batch of `broken` is a fault.
    /// Before one of them who gives may panic.
    fn through(
        threads: usize,
        batches: u8,
        broken: u8,
        panics_before: Option<u8>,
    ) -> (Vec<u8>, Vec<At>) {
        let came = Mutex::new(Vec::new());
        let consume = |otlp: &[u8], turns: &dyn Turns| {
            turns.enter(0);
            came.lock().extend_from_slice(otlp);
            turns.leave(0);
            if otlp == [broken] {
                return Err(ConsumeError {
                    offset: 0,
                    message: "broken".to_owned(),
                });
            }
            Ok(())
        };
        let crew = Crew::new(threads, 1, consume, || true);
        let mut buffers = 0;
        let faults = thread::scope(|scope| {
            let over = crew.over();
            for _ in 1..threads {
                scope.spawn(|| crew.work());
            }
            for number in 0..batches {
                assert!(Some(number) != panics_before, "no more can be given");
                buffers += crew.give(vec![number], At::Row(u64::from(number))).len();
            }
            let faults = crew.finish();
            buffers += crew.board.state.lock().used.len();
            drop(over);
            faults
        });
        assert_eq!(buffers, usize::from(batches));
        let places = faults.into_iter().map(|(at, _)| at).collect();
        (came.into_inner(), places)
    }

    #[test]
    fn batches_come_to_a_part_in_their_order_whoever_takes_them() {
        for threads in 1..4 {
            let all: Vec<u8> = (0..50).collect();
            assert_eq!(through(threads, 50, 7, None), (all, vec![At::Row(7)]));
        }
    }

    #[test]
    fn who_gives_does_not_wait_for_one_that_panicked() {
        let (sender, taken) = sync_channel(1);
        let consume = |_: &[u8], _: &dyn Turns| {
            sender.send(()).unwrap();
            panic!("a batch that cannot be consumed");
        };
        let crew = Crew::new(2, 1, consume, || true);
        let mut is_finished = false;
        let all = catch_unwind(AssertUnwindSafe(|| {
            thread::scope(|scope| {
                let _over = crew.over();
                scope.spawn(|| crew.work());
                crew.give(vec![1], At::Row(0));
                // The other has it.
                taken.recv().unwrap();
                crew.finish();
                is_finished = true;
            });
        }));
        assert!(all.is_err() && is_finished);
    }

    #[test]
    fn the_others_end_where_who_gives_panics() {
        let all = AssertUnwindSafe(|| through(3, 10, 7, Some(4)));
        assert!(catch_unwind(all).is_err());
    }
}
