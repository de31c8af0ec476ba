//! Measures, and what they are compared with.

use crate::condition::canonical::{Printer, push_between};
use crate::condition::spelling::{push_duration, push_number};
use crate::rule::{Measure, Number, Quantity, Selector, Term, Total};

impl Printer<'_> {
    pub(super) fn push_measure(&self, out: &mut String, measure: &Measure) {
        match measure {
            Measure::Count(selector) => self.push_call(out, "count", selector, None),
            Measure::Within { selector, window } => {
                self.push_call(out, "count", selector, None);
                push_between(out, "within");
                push_duration(out, *window);
            }
            Measure::Overlap(selector) => self.push_call(out, "overlap", selector, None),
            Measure::Of {
                function,
                selector,
                of,
            } => self.push_call(out, function.as_str(), selector, Some(of)),
        }
    }

    /// `function(S)`, `function(S, f)`
    pub(super) fn push_call(
        &self,
        out: &mut String,
        function: &str,
        selector: &Selector,
        of: Option<&Term>,
    ) {
        out.push_str(function);
        out.push('(');
        self.push_selector(out, selector);
        if let Some(of) = of {
            out.push_str(", ");
            self.push_term(out, of);
        }
        out.push(')');
    }

    pub(super) fn push_quantity(&self, out: &mut String, quantity: &Quantity) {
        match quantity {
            Quantity::Number(value) => push_number(out, *value),
            Quantity::Duration(nanos) => push_duration(out, *nanos),
            Quantity::Term(term) => self.push_term(out, term),
            Quantity::Measure { factor, measure } => {
                push_factor(out, *factor);
                self.push_measure(out, measure);
            }
        }
    }

    pub(super) fn push_total(&self, out: &mut String, total: &Total) {
        for (index, part) in total.parts.iter().enumerate() {
            match (index, part.is_taken_away) {
                (0, _) => {}
                (_, true) => out.push_str(" - "),
                (_, false) => out.push_str(" + "),
            }
            push_factor(out, part.factor);
            self.push_quantity(out, &part.of);
        }
    }
}

/// `3 * `; once is not said.
pub(super) fn push_factor(out: &mut String, factor: Number) {
    if factor != Number::Int(1) {
        push_number(out, factor);
        push_between(out, "*");
    }
}
