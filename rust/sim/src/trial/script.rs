//! What reaches an engine, and when.

use crate::oracle::Completeness;
use crate::tape::Tape;

use super::subject::Subject;

/// A span by the numbers of its trace and of itself in that.
pub type SpanAt = (usize, usize);

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// One message.
    Bring(Vec<SpanAt>),
    /// So many seconds pass.
    Pass(u64),
    Close(Ending),
    /// The engine gets its rules once more.
    Reload,
    /// Another engine takes over the state of this one.
    Restart,
    /// Another engine goes on from state that was stored before the end of this one.
    Crash,
    /// All of the rules from here on.
    Add,
}

impl Act {
    /// How it ends live traces, if it does.
    pub fn ending(&self) -> Option<Ending> {
        match self {
            Act::Close(ending) => Some(*ending),
            _ => None,
        }
    }
}

/// How live traces end for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    EndOfInput,
    Idle,
    /// By `max_age`.
    Age,
    Shutdown,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub acts: Vec<Act>,
    pub completeness: Completeness,
    /// Say what is certain at once; else everything at the close.
    pub early: bool,
    /// Hand out every verdict; else violations alone.
    pub verdicts: bool,
    /// Messages have only the fields that the engine asks for.
    pub thin: bool,
    /// Neighbours in a message share their resource and scope.
    pub grouped: bool,
    pub shards: u32,
    /// Of the engine's hash tables.
    pub seed: u64,
    /// More spans of a trace are not looked at.
    pub limit: u32,
    /// The engine starts, without stored state, when spans have been under way.
    pub started: Option<u64>,
    /// One in so many rules is there only from [`Act::Add`] on.
    pub added: Option<usize>,
}

impl Script {
    pub fn has_from_the_start(&self, rule: usize) -> bool {
        !self.added.is_some_and(|every| rule.is_multiple_of(every))
    }

    /// Complete as soon as a root came; all is said at the close.
    pub fn of(acts: Vec<Act>) -> Script {
        Script {
            acts,
            completeness: Completeness::Root,
            early: false,
            verdicts: true,
            thin: false,
            grouped: false,
            shards: 4,
            seed: 7,
            limit: 20_000,
            started: None,
            added: None,
        }
    }
}

/// Spans `from..to` of each trace in messages of any size, the traces by turns, each in its order and with
/// messages that end where the oracle looks.
pub fn messages(
    tape: &mut Tape,
    subjects: &[Subject<'_>],
    part: impl Fn(usize) -> (usize, usize),
) -> Vec<Act> {
    let mut queues = Vec::new();
    for (trace, subject) in subjects.iter().enumerate() {
        let (from, to) = part(trace);
        let mut runs: Vec<Vec<SpanAt>> = Vec::new();
        for ends in subject.lengths.windows(2) {
            if from <= ends[0] && ends[1] <= to {
                let run = (ends[0]..ends[1]).map(|span| (trace, span));
                match runs.last_mut() {
                    Some(last) if tape.chance(30) => last.extend(run),
                    _ => runs.push(run.collect()),
                }
            }
        }
        queues.push(runs);
    }
    let runs = interleave(tape, queues);
    split(tape, runs)
}

/// Takes from the queues by turns, each in its order.
pub fn interleave<T>(tape: &mut Tape, mut queues: Vec<Vec<T>>) -> Vec<T> {
    for queue in &mut queues {
        queue.reverse();
    }
    queues.retain(|queue| !queue.is_empty());
    let mut mixed = Vec::new();
    while !queues.is_empty() {
        let which = tape.below(queues.len());
        mixed.extend(queues[which].pop());
        if queues[which].is_empty() {
            queues.swap_remove(which);
        }
    }
    mixed
}

/// Runs of spans in messages of any number of runs.
pub fn split(tape: &mut Tape, runs: Vec<Vec<SpanAt>>) -> Vec<Act> {
    let mut messages: Vec<Vec<SpanAt>> = Vec::new();
    for run in runs {
        match messages.last_mut() {
            Some(message) if !tape.chance(40) => message.extend(run),
            _ => messages.push(run),
        }
    }
    messages.into_iter().map(Act::Bring).collect()
}
