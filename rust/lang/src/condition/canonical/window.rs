//! Rules over many traces.

use std::fmt::Write;

use crate::condition::canonical::measure::push_factor;
use crate::condition::canonical::{Printer, push_between, push_joined};
use crate::condition::spelling::{push_duration, push_number};
use crate::rule::{Confidence, Over, WindowBound, WindowMeasure};

impl Printer<'_> {
    pub(super) fn push_over(&self, out: &mut String, over: &Over) {
        out.push_str("over ");
        push_duration(out, over.length);
        if !over.by.is_empty() {
            out.push_str(" by ");
            push_joined(out, &over.by, ", ", |out, field| {
                self.push_field(out, field)
            });
        }
        // Writing to a text cannot fail.
        if over.at_least > 0 {
            let _ = write!(out, " at least {}", over.at_least);
        }
        if over.confidence != Confidence::USUAL {
            let _ = write!(out, " with confidence {}%", over.confidence.percent());
        }
        out.push('\n');
        out.push_str(over.clause.as_str());
        out.push_str(" { ");
        self.push_window_measure(out, &over.measure);
        push_between(out, over.op.as_str());
        push_bound(out, &over.bound);
        out.push_str(" }");
    }

    /// What is measured of a window.
    fn push_window_measure(&self, out: &mut String, measure: &WindowMeasure) {
        match measure {
            WindowMeasure::Count(selector) => self.push_call(out, "count", selector, None),
            WindowMeasure::Of {
                function,
                selector,
                of,
            } => self.push_call(out, function.as_str(), selector, Some(of)),
            WindowMeasure::Quantile { rank, selector, of } => {
                self.push_call(out, &rank.to_string(), selector, Some(of));
            }
            WindowMeasure::Traces(condition) => {
                out.push_str("traces(");
                self.push_expr(out, condition);
                out.push(')');
            }
            WindowMeasure::ShareOfTraces { of, among } => {
                out.push_str("share(");
                self.push_expr(out, of);
                out.push_str(", ");
                self.push_expr(out, among);
                out.push(')');
            }
            WindowMeasure::ShareOfSpans { of, among } => {
                out.push_str("share(");
                self.push_selector(out, of);
                out.push_str(", ");
                self.push_selector(out, among);
                out.push(')');
            }
        }
    }
}

fn push_bound(out: &mut String, bound: &WindowBound) {
    match bound {
        WindowBound::Number(value) => push_number(out, *value),
        WindowBound::Duration(nanos) => push_duration(out, *nanos),
        WindowBound::Peer { factor, peer } => {
            push_factor(out, *factor);
            out.push_str(peer.as_str());
        }
    }
}
