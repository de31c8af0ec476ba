//! Rules over many traces.

use std::fmt::Write;

use crate::condition::canonical::Printer;
use crate::condition::spelling::{duration, number};
use crate::rule::{Confidence, Measure, Number, Over, WindowBound, WindowMeasure};

impl Printer<'_> {
    pub(super) fn over(&self, over: &Over) -> String {
        let mut text = format!("over {}", duration(over.length));
        if !over.by.is_empty() {
            let by: Vec<String> = over.by.iter().map(|field| self.field(field)).collect();
            let _ = write!(text, " by {}", by.join(", "));
        }
        if over.at_least > 0 {
            let _ = write!(text, " at least {}", over.at_least);
        }
        if over.confidence != Confidence::USUAL {
            let _ = write!(text, " with confidence {}%", over.confidence.percent());
        }
        let (measure, bound) = (self.window_measure(&over.measure), bound(&over.bound));
        let (clause, op) = (over.clause.as_str(), over.op.as_str());
        let _ = write!(text, "\n{clause} {{ {measure} {op} {bound} }}");
        text
    }

    /// What is measured of a window.
    pub fn window_measure(&self, measure: &WindowMeasure) -> String {
        match measure {
            WindowMeasure::Count(selector) => self.measure(&Measure::Count(selector.clone())),
            WindowMeasure::Of {
                function,
                selector,
                of,
            } => self.measure(&Measure::Of {
                function: *function,
                selector: selector.clone(),
                of: of.clone(),
            }),
            WindowMeasure::Quantile { rank, selector, of } => {
                format!("{rank}({}, {})", self.selector(selector), self.term(of))
            }
            WindowMeasure::Traces(condition) => format!("traces({})", self.expr(condition)),
            WindowMeasure::ShareOfTraces { of, among } => {
                format!("share({}, {})", self.expr(of), self.expr(among))
            }
            WindowMeasure::ShareOfSpans { of, among } => {
                format!("share({}, {})", self.selector(of), self.selector(among))
            }
        }
    }
}

fn bound(bound: &WindowBound) -> String {
    match bound {
        WindowBound::Number(value) => number(*value),
        WindowBound::Duration(nanos) => duration(*nanos),
        WindowBound::Peer { factor, peer } if *factor == Number::Int(1) => peer.as_str().to_owned(),
        WindowBound::Peer { factor, peer } => format!("{} * {}", number(*factor), peer.as_str()),
    }
}
