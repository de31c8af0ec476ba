//! What one group of one window has gathered, and the interval in which its measure lies.

use betrace_lang::rule::{Aggregate, Rank, WindowMeasure};
use betrace_lang::verdict::Reason;
use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::Reasons;
use crate::window::distinct::{Distinct, DistinctCount};
use crate::window::share::Proportion;
use crate::window::sketch::{Quantile, Sketch};
use crate::window::summary::Summary;
use crate::window::total::{Range, Total};
use crate::windows::adds::{Added, IdleAdds};
use crate::windows::exemplars::Exemplars;

/// What is kept of the values of spans; behind a pointer, as most groups keep none and lie side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum KeptValues {
    /// Nothing so far, or nothing at all.
    #[default]
    None,
    Total(Box<Total>),
    Range(Box<Range>),
    Distinct(Box<Distinct>),
    Quantiles(Box<Sketch>),
}

/// Of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gathered {
    /// Spans or traces that count.
    pub samples: u64,
    /// Further ones of which something is not known.
    pub perhaps: u64,
    /// Of `samples`, those that are looked for.
    pub hits: u64,
    pub values: KeptValues,
    /// Any number more may belong to it.
    pub is_open: bool,
    /// Why something is not known.
    pub reasons: Reasons,
    pub exemplars: Exemplars,
    /// Its violation was given before the end of the window.
    pub fired: bool,
}

impl KeptValues {
    fn of(measure: &WindowMeasure) -> KeptValues {
        match measure {
            WindowMeasure::Of { function, .. } => match function {
                Aggregate::Distinct => KeptValues::Distinct(Box::default()),
                Aggregate::Sum | Aggregate::Avg => KeptValues::Total(Box::default()),
                Aggregate::Min | Aggregate::Max => KeptValues::Range(Box::default()),
            },
            WindowMeasure::Quantile { .. } => KeptValues::Quantiles(Box::default()),
            _ => KeptValues::None,
        }
    }
}

impl Gathered {
    pub fn add(&mut self, seen: Added, measure: &WindowMeasure) {
        if matches!(self.values, KeptValues::None) {
            self.values = KeptValues::of(measure);
        }
        let is_counted = match (seen, &mut self.values) {
            (Added::Spans(spans), _) => {
                self.samples = self.samples.saturating_add(spans);
                return;
            }
            (Added::Value(number), KeptValues::Total(total)) => total.add(number),
            (Added::Value(number), KeptValues::Range(range)) => range.add(number),
            (Added::Value(number), KeptValues::Quantiles(sketch)) => sketch.add(number),
            (Added::Text(key), KeptValues::Distinct(distinct)) => {
                distinct.add(key);
                true
            }
            (Added::Part(is_hit), _) => {
                self.hits = self.hits.saturating_add(u64::from(is_hit));
                true
            }
            (Added::Perhaps(reasons), _) => {
                self.perhaps = self.perhaps.saturating_add(1);
                self.reasons = self.reasons.with(reasons);
                false
            }
            (Added::Value(_) | Added::Text(_), _) => false,
        };
        self.samples = self.samples.saturating_add(u64::from(is_counted));
    }

    /// So many traces with which the rule had nothing to do.
    pub fn add_idle(&mut self, adds: IdleAdds, times: u64, reasons: Reasons) {
        match adds {
            _ if times == 0 => {}
            IdleAdds::Nothing => {}
            IdleAdds::Miss => self.samples = self.samples.saturating_add(times),
            IdleAdds::Perhaps => {
                self.perhaps = self.perhaps.saturating_add(times);
                self.reasons = self.reasons.with(reasons);
            }
        }
    }

    /// Whether it can have come of what was added.
    pub fn is_sound(&self) -> bool {
        self.hits <= self.samples && self.exemplars.is_sound()
    }

    /// Any number more may belong to it.
    pub fn open(&mut self, reasons: Reasons) {
        self.is_open = true;
        self.reasons = self.reasons.with(reasons);
    }

    /// Of a share.
    pub fn proportion(&self) -> Proportion {
        Proportion {
            successes: self.hits,
            failures: self.samples.saturating_sub(self.hits),
            unknown: self.perhaps,
        }
    }

    /// The interval in which the measure lies for certain. What is known of a part in a hundred at best says so as
    /// [`Reason::StateCap`].
    pub fn measured(&self, measure: &WindowMeasure) -> Measured {
        self.measured_if(self.is_open, measure)
    }

    /// The same while more may come.
    pub fn measured_so_far(&self, measure: &WindowMeasure) -> Measured {
        self.measured_if(true, measure)
    }

    fn measured_if(&self, is_open: bool, measure: &WindowMeasure) -> Measured {
        let up_to = |most: u64| match is_open {
            true => End::Highest,
            false => End::count(most.saturating_add(self.perhaps)),
        };
        let measured = match measure {
            WindowMeasure::Count(_) => Measured::Range(Interval::between(
                End::count(self.samples),
                up_to(self.samples),
            )),
            WindowMeasure::Traces(_) => {
                Measured::Range(Interval::between(End::count(self.hits), up_to(self.hits)))
            }
            WindowMeasure::ShareOfTraces { .. } | WindowMeasure::ShareOfSpans { .. } => {
                self.share()
            }
            WindowMeasure::Of { function, .. } => self.aggregate(is_open, *function, measure),
            WindowMeasure::Quantile { rank, .. } => self.quantile(*rank),
        };
        measured.because(self.reasons)
    }

    fn share(&self) -> Measured {
        let most = self.samples.saturating_add(self.perhaps);
        if self.is_open {
            return Measured::Perhaps(Interval::between(End::count(0), End::count(1)));
        }
        if most == 0 {
            return Measured::Never;
        }
        let part = |hits: u64| End::float(hits as f64 / most as f64);
        let (low, high) = (
            part(self.hits),
            part(self.hits.saturating_add(self.perhaps)),
        );
        match self.samples {
            0 => Measured::Perhaps(Interval::between(low, high)),
            _ => Measured::Range(Interval::between(low, high)),
        }
    }

    fn quantile(&self, rank: Rank) -> Measured {
        let (KeptValues::Quantiles(sketch), Some(quantile)) = (
            &self.values,
            Quantile::of_ten_thousand(rank.0.saturating_mul(10)),
        ) else {
            return self.of_nothing(Measured::Never);
        };
        if self.is_open {
            return Measured::Perhaps(Interval::unknown());
        }
        let bounds = sketch.bounds(quantile, self.perhaps);
        if self.samples == 0 {
            return self.of_nothing(Measured::Never);
        }
        Measured::Range(bounds).because(Reasons::of(Reason::StateCap))
    }

    fn aggregate(&self, is_open: bool, function: Aggregate, measure: &WindowMeasure) -> Measured {
        let is_certain = !is_open && self.perhaps == 0;
        let interval = match (function, &self.values) {
            (Aggregate::Distinct, KeptValues::Distinct(distinct)) => {
                let (low, high) = distinct.count().bounds();
                let high = match is_open {
                    true => End::Highest,
                    false => End::count(high.saturating_add(self.perhaps)),
                };
                let interval = Interval::between(End::count(low), high);
                match matches!(distinct.count(), DistinctCount::Exactly(_)) {
                    true => interval,
                    false => interval.with_reasons(Reasons::of(Reason::StateCap)),
                }
            }
            (Aggregate::Max, KeptValues::Range(range)) => {
                let seen = range.greatest().map_or(End::Lowest, End::At);
                Interval::between(seen, if is_certain { seen } else { End::Highest })
            }
            (Aggregate::Min, KeptValues::Range(range)) => {
                let seen = range.least().map_or(End::Highest, End::At);
                Interval::between(if is_certain { seen } else { End::Lowest }, seen)
            }
            (Aggregate::Sum, KeptValues::Total(total)) if is_certain => {
                Interval::exactly(total.sum())
            }
            // Durations of spans are not negative: what was seen stays.
            (Aggregate::Sum, KeptValues::Total(total)) if grows(measure) => {
                Interval::between(total.sum(), End::Highest)
            }
            (Aggregate::Avg, KeptValues::Total(total)) if is_certain => match total.average() {
                None => return Measured::Never,
                Some(average) => Interval::exactly(average),
            },
            (Aggregate::Avg, _) if is_certain => return Measured::Never,
            (Aggregate::Avg, _) => return Measured::Perhaps(Interval::unknown()),
            (Aggregate::Distinct | Aggregate::Sum, KeptValues::None) if is_certain => {
                Interval::exactly(End::count(0))
            }
            (Aggregate::Max, KeptValues::None) if is_certain => Interval::exactly(End::Lowest),
            (Aggregate::Min, KeptValues::None) if is_certain => Interval::exactly(End::Highest),
            (Aggregate::Distinct, _) => Interval::between(End::count(0), End::Highest),
            _ => Interval::unknown(),
        };
        Measured::Range(interval)
    }

    /// Of nothing, if it is certain that there is nothing.
    fn of_nothing(&self, nothing: Measured) -> Measured {
        match self.is_open || self.perhaps > 0 {
            true => Measured::Perhaps(Interval::unknown()),
            false => nothing,
        }
    }
}

/// Whether what was seen of a measure stays, whatever comes: it is above a bound for ever (or below, of `min`).
pub(crate) fn grows(measure: &WindowMeasure) -> bool {
    match measure {
        WindowMeasure::Count(_) | WindowMeasure::Traces(_) => true,
        WindowMeasure::Of { function, of, .. } => match function {
            Aggregate::Distinct | Aggregate::Max | Aggregate::Min => true,
            Aggregate::Sum => of.is_span_duration(),
            Aggregate::Avg => false,
        },
        _ => false,
    }
}

impl Summary for Gathered {
    fn merge(&mut self, other: &Gathered) {
        self.samples = self.samples.saturating_add(other.samples);
        self.perhaps = self.perhaps.saturating_add(other.perhaps);
        self.hits = self.hits.saturating_add(other.hits);
        self.is_open |= other.is_open;
        self.reasons = self.reasons.with(other.reasons);
        self.fired |= other.fired;
        match (&mut self.values, &other.values) {
            (KeptValues::Total(to), KeptValues::Total(from)) => to.merge(from),
            (KeptValues::Range(to), KeptValues::Range(from)) => to.merge(from),
            (KeptValues::Distinct(to), KeptValues::Distinct(from)) => to.merge(from),
            (KeptValues::Quantiles(to), KeptValues::Quantiles(from)) => to.merge(from),
            (to @ KeptValues::None, from) => *to = from.clone(),
            _ => {}
        }
        let exemplars = other.exemplars.all();
        exemplars.for_each(|one| self.exemplars.add(*one));
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        let values = match &self.values {
            KeptValues::None => 0,
            KeptValues::Range(_) => heap(size_of::<Range>()),
            KeptValues::Total(total) => heap(size_of::<Total>()) + total.heap_bytes(),
            KeptValues::Distinct(distinct) => heap(size_of::<Distinct>()) + distinct.heap_bytes(),
            KeptValues::Quantiles(sketch) => heap(size_of::<Sketch>()) + sketch.heap_bytes(),
        };
        values + self.exemplars.heap_bytes()
    }
}
