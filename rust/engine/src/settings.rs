//! What the caller decides: times, limits, and how much is reported. Nothing here is read from the
//! environment; the defaults are those of the Collector component's configuration.

use std::ops::RangeInclusive;

pub use betrace_lang::rule::Completeness;

use crate::mark::OwnSpans;

/// Which verdicts become a [`Finding`](crate::Finding). Counters hold all of them in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Report {
    /// Violations alone.
    #[default]
    Violations,
    /// Violations, and what is inconclusive where `when` held or is absent.
    Undecided,
    /// One finding for every rule of every trace.
    All,
}

/// Why the caller closes every trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCause {
    /// Nothing more will come: traces are as complete as after their idle time.
    EndOfInput,
    /// The process stops: live traces end incomplete.
    Shutdown,
}

/// How an [`Engine`](crate::Engine) runs. All times are nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A trace closes when no span of it came for so long. Default 10 s.
    pub idle_timeout: u64,
    /// While its root has not come (with [`Completeness::Linked`]: or a span's parent), a trace does not
    /// close before no span of it came for so long. Default 60 s; no more than `max_age` has any effect.
    pub root_timeout: u64,
    /// `true`: the time that callers give is that of the spans, so that a deadline (`within`) runs from the end of
    /// the span that sets it; else from when that span came. Default `false`; replay turns it on.
    pub event_time: bool,
    /// A trace closes, incomplete, at the latest so long after its first span. Default 5 min.
    pub max_age: u64,
    /// For how long a closed trace's state waits for late spans. Default 1 min.
    pub late_window: u64,
    /// For how long a closed trace's id is remembered after that. Default 1 h.
    pub forget_after: u64,
    /// What rules ask of a trace that do not say so themselves.
    pub completeness: Completeness,
    /// The bound of all state that grows with input, in bytes. Default 256 MiB. A sixth of it is for the ids
    /// of closed traces alone, as much, at most 2 MiB, for what calls work with, and the rest for traces.
    pub memory_bytes: u64,
    /// Spans of one trace beyond this are counted and not evaluated. Default 20,000.
    pub spans_per_trace: u32,
    /// `false`: nothing is decided before the close, so that every finding has its canonical form.
    pub early: bool,
    pub report: Report,
    /// Into how many independently locked parts traces are divided; at least 1. Default 8.
    pub shards: u32,
    /// A start without stored state: a trace that began within `max_age` before `new` was called
    /// closes incomplete. Default `true`; replay turns it off.
    pub restart_grace: bool,
    /// Only traces that began within, in Unix nanoseconds by their earliest span, both ends among it, get verdicts; others are
    /// counted. One without any start did not begin outside. Default `None`: all.
    pub began_within: Option<RangeInclusive<u64>>,
    /// Findings of rules with `emit: none` are kept to be taken, as of other rules. Default `false`: they are only
    /// counted.
    pub keeps_counted: bool,
    /// `Some`: what happens is noted by period, for [`Engine::take_period`](crate::Engine::take_period), with at most so many
    /// ids of traces that kept a rule. Default `None`: nothing is noted.
    pub kept_samples: Option<u16>,
    /// The bound of findings that wait to be taken, in bytes; beyond it they are counted as lost.
    /// Default 64 MiB. Not part of `memory_bytes`, which bounds traces.
    pub queue_bytes: u64,
    /// Which spans are violation spans that come by again, and not judged. Default [`OwnSpans::Nowhere`].
    pub own_spans: OwnSpans,
    /// What work a trace's rules take beyond its own share comes out of a reserve that the spans of all traces fill, so
    /// that no flood of costly traces costs more than its spans may; what is not found out is `inconclusive(state_cap)`.
    /// Default `true`. `false`: each trace has a full reserve to itself, so that its verdicts hang on no other; replay
    /// and the commands that look at single traces have it so.
    pub shares_work: bool,
    /// Keys the hash tables against chosen trace ids. A run is a function of its input and this.
    pub seed: u64,
}

impl Settings {
    /// What the ids of traces that are gone may take, in bytes. At some 1.9 bytes an id a sixth of the
    /// default bound holds an hour of 5,500 traces a second.
    pub(crate) fn id_bytes(&self) -> u64 {
        self.memory_bytes / 6
    }

    /// What calls may take to work with, in bytes: lists of what they touched, and what they open before the bound is
    /// looked at again.
    fn work_bytes(&self) -> u64 {
        (self.memory_bytes / 6).min(WORK_BYTES)
    }

    /// What windows of rules over many traces may take, in bytes: an eighth of all.
    pub(crate) fn window_bytes(&self) -> usize {
        usize::try_from(self.memory_bytes / 8).unwrap_or(usize::MAX)
    }

    /// What traces may take, in bytes.
    pub(crate) fn trace_bytes(&self) -> u64 {
        self.memory_bytes - self.id_bytes() - self.work_bytes()
    }
}

/// What a few calls side by side work with.
const WORK_BYTES: u64 = 2 << 20;

const SECOND: u64 = 1_000_000_000;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            idle_timeout: 10 * SECOND,
            root_timeout: 60 * SECOND,
            event_time: false,
            max_age: 300 * SECOND,
            late_window: 60 * SECOND,
            forget_after: 3600 * SECOND,
            completeness: Completeness::Root,
            memory_bytes: 256 << 20,
            spans_per_trace: 20_000,
            early: true,
            report: Report::Violations,
            shards: 8,
            restart_grace: true,
            began_within: None,
            keeps_counted: false,
            kept_samples: None,
            queue_bytes: 64 << 20,
            own_spans: OwnSpans::Nowhere,
            shares_work: true,
            seed: 0x6265_7472_6163_6521,
        }
    }
}
