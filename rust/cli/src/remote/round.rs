//! Tasks in rounds: so many requests at a time, and what follows from their answers in the next round.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::backend::{Backend, Step, Task};
use super::client::Client;
use super::clock::Clock;
use super::store::{Store, Stored};

/// What a fetch came to.
#[derive(Debug, Default)]
pub struct Fetched {
    pub traces: u64,
    pub bytes: u64,
    /// Taken over from an earlier run.
    pub resumed: u64,
    /// By how many seconds the server's clock is off, where that is worth a word.
    pub clock_off: Option<i64>,
    /// What is not in it, in words, and how many more.
    pub missing: Vec<String>,
    pub more_missing: u64,
}

/// After so many traces in a row that were not given no further one is asked for.
const REJECTED: usize = 5;

/// Of what is missing so many are told, the rest counted.
const TOLD: usize = 6;

impl Fetched {
    fn take(
        &mut self,
        task: &Task,
        step: Step,
        bytes: &[u8],
        store: &mut dyn Store,
    ) -> Result<(), String> {
        let is_stretch = |task: &Task| matches!(task, Task::Stretch { .. });
        if step.keeps {
            store.keep(task, bytes)?;
            self.traces += step.traces as u64;
            self.bytes += bytes.len() as u64;
        } else if is_stretch(task) && step.missing.is_none() && step.further.iter().all(is_stretch)
        {
            store.split(task, &step.further)?;
        }
        if let Some(what) = step.missing {
            self.lacks(what);
        }
        Ok(())
    }

    fn lacks(&mut self, what: String) {
        if self.missing.len() < TOLD {
            self.missing.push(what);
        } else {
            self.more_missing += 1;
        }
    }
}

/// Everything that follows from the first task, at most `at_once` requests at a time.
///
/// # Errors
/// In words, if nothing further can be asked or stored; what was stored stays for the next run.
pub fn fetch(
    backend: &Backend,
    client: &Client,
    clock: &dyn Clock,
    at_once: usize,
    store: &mut dyn Store,
) -> Result<Fetched, String> {
    let mut fetched = Fetched::default();
    let mut asked = BTreeSet::new();
    let mut rejected = 0;
    let mut tasks = vec![backend.first()];
    while !tasks.is_empty() {
        tasks.retain(|task| asked.insert(task.clone()));
        let mut next = Vec::new();
        let open = tasks.into_iter().filter(|task| match store.stored(task) {
            Stored::No => true,
            Stored::Kept => {
                fetched.resumed += 1;
                false
            }
            Stored::Split(halves) => {
                next.extend(halves);
                false
            }
        });
        let open: Vec<Task> = open.collect();
        round(
            backend,
            client,
            clock,
            at_once,
            &open,
            |task, step, (bytes, clock_off)| {
                fetched.clock_off = fetched.clock_off.or(clock_off);
                rejected = if step.is_rejected { rejected + 1 } else { 0 };
                if rejected >= REJECTED {
                    return Err(step.missing.unwrap_or_default());
                }
                next.extend(step.further.iter().cloned());
                fetched.take(task, step, bytes, store)
            },
        )?;
        tasks = next;
    }
    Ok(fetched)
}

/// The answers in the order in which they come. The first error ends it, once the requests that are under way have ended.
fn round(
    backend: &Backend,
    client: &Client,
    clock: &dyn Clock,
    at_once: usize,
    tasks: &[Task],
    mut done: impl FnMut(&Task, Step, (&[u8], Option<i64>)) -> Result<(), String>,
) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    // Nobody gets ahead of what is written by more than one answer each.
    let (sender, answers) = sync_channel(0);
    thread::scope(|scope| {
        for _ in 0..at_once.min(tasks.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (bytes, off, step) = match client.get(&backend.url_of(task), clock) {
                        Ok(answer) => {
                            let step = backend.step(task, Ok(&answer.bytes));
                            (answer.bytes, answer.clock_off, step)
                        }
                        Err(refused) => (Vec::new(), None, backend.step(task, Err(refused))),
                    };
                    if sender.send((task, bytes, off, step)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        // Dropped on an error, which ends the others.
        for (task, bytes, off, step) in answers {
            done(task, step?, (&bytes, off))?;
        }
        Ok(())
    })
}
