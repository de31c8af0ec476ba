//! What goes wrong, by name: a trace that a fault touched carries it, and whatever is not decided about the trace must be
//! explained by one that it carries.

use betrace_lang::verdict::Reason;

/// A kind of fault that is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A message that nobody sends again.
    Loss,
    /// A process dies with what it has not exported and with the spans that it is in.
    ServiceCrash,
    /// An exporter cannot reach anybody for so long that its queue is full, or that its spans are late.
    ExporterStall,
    /// A link to a collector is cut; what waits is late, and what does not fit is lost.
    Partition,
    /// A link is slow.
    Delay,
    /// An acknowledgement is lost, and the message is sent again.
    Duplication,
    /// A message is overtaken by later ones.
    Reordering,
    /// A collector is killed, and starts from its last stored state, or from none.
    CollectorCrash,
    /// A collector stops in order and starts again.
    CollectorRestart,
    /// Rules are taken out and put back in.
    Reload,
    /// New traces without number, until memory is full.
    Flood,
    /// A process whose clock is wrong.
    ClockSkew,
    /// A clock that is set back while a span runs: it ends before it starts, or has no times.
    ClockStep,
    /// A request that takes longer than traces are kept open for.
    SlowRequest,
    /// Somebody sends other spans under ids that are taken.
    DifferingCopy,
    /// Somebody adds spans to a trace that is not theirs.
    ForeignSpan,
    /// Somebody sends more spans of a trace than are looked at.
    Oversize,
    /// Somebody sends bytes that are no message, spans without ids, or violations that nobody gave.
    Malformed,
}

impl Fault {
    pub const ALL: [Fault; 18] = [
        Fault::Loss,
        Fault::ServiceCrash,
        Fault::ExporterStall,
        Fault::Partition,
        Fault::Delay,
        Fault::Duplication,
        Fault::Reordering,
        Fault::CollectorCrash,
        Fault::CollectorRestart,
        Fault::Reload,
        Fault::Flood,
        Fault::ClockSkew,
        Fault::ClockStep,
        Fault::SlowRequest,
        Fault::DifferingCopy,
        Fault::ForeignSpan,
        Fault::Oversize,
        Fault::Malformed,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Loss => "loss",
            Fault::ServiceCrash => "service_crash",
            Fault::ExporterStall => "exporter_stall",
            Fault::Partition => "partition",
            Fault::Delay => "delay",
            Fault::Duplication => "duplication",
            Fault::Reordering => "reordering",
            Fault::CollectorCrash => "collector_crash",
            Fault::CollectorRestart => "collector_restart",
            Fault::Reload => "reload",
            Fault::Flood => "flood",
            Fault::ClockSkew => "clock_skew",
            Fault::ClockStep => "clock_step",
            Fault::SlowRequest => "slow_request",
            Fault::DifferingCopy => "differing_copy",
            Fault::ForeignSpan => "foreign_span",
            Fault::Oversize => "oversize",
            Fault::Malformed => "malformed",
        }
    }
}

/// A set of faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults(u32);

impl Faults {
    #[must_use]
    pub fn of(faults: &[Fault]) -> Faults {
        let mut set = Faults::default();
        faults.iter().for_each(|fault| set.add(*fault));
        set
    }

    pub fn add(&mut self, fault: Fault) {
        self.0 |= 1 << fault as u32;
    }

    #[must_use]
    pub fn with(self, other: Faults) -> Faults {
        Faults(self.0 | other.0)
    }

    #[must_use]
    pub fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first that both have.
    #[must_use]
    pub fn first_of(self, other: Faults) -> Option<Fault> {
        let both = Faults(self.0 & other.0);
        Fault::ALL.into_iter().find(|fault| both.has(*fault))
    }

    pub fn each(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.has(*fault))
    }
}

/// What keeps spans from coming before the close.
const MISSING: [Fault; 10] = [
    Fault::Loss,
    Fault::ServiceCrash,
    Fault::ExporterStall,
    Fault::Partition,
    Fault::Delay,
    Fault::CollectorCrash,
    Fault::CollectorRestart,
    Fault::Flood,
    Fault::SlowRequest,
    Fault::ForeignSpan,
];

/// The faults that make spans come late, twice closed, or not at all.
#[must_use]
pub fn missing() -> Faults {
    Faults::of(&MISSING)
}

/// Which faults can be the cause of a reason.
#[must_use]
pub fn causes(reason: Reason) -> Faults {
    match reason {
        // The root may be among those that were not looked at.
        Reason::NoRoot | Reason::Orphan => missing().with(Faults::of(&[Fault::Oversize])),
        Reason::Evicted | Reason::Late => missing(),
        Reason::SpanLimit | Reason::StateCap => Faults::of(&[Fault::Oversize]),
        Reason::Memory => Faults::of(&[Fault::Flood]),
        Reason::Reload => Faults::of(&[Fault::Reload]),
        Reason::Restart => Faults::of(&[Fault::CollectorCrash, Fault::CollectorRestart]),
        Reason::Shutdown => Faults::of(&[Fault::CollectorRestart]),
        Reason::Skew => Faults::of(&[Fault::ClockStep]),
        Reason::Conflict => Faults::of(&[Fault::DifferingCopy]),
        // The members of the tier stay the same.
        Reason::Moved => Faults::default(),
        // Many traces are wanted for a share, and that is no fault.
        Reason::TooFew => Faults::default(),
    }
}
