//! Measures, and what they are compared with.

use crate::condition::canonical::Printer;
use crate::condition::spelling::{duration, number};
use crate::rule::{Measure, Number, Quantity, Total};

impl Printer<'_> {
    pub fn measure(&self, measure: &Measure) -> String {
        match measure {
            Measure::Count(selector) => format!("count({})", self.selector(selector)),
            Measure::Within { selector, window } => {
                let count = self.selector(selector);
                format!("count({count}) within {}", duration(*window))
            }
            Measure::Overlap(selector) => format!("overlap({})", self.selector(selector)),
            Measure::Of {
                function,
                selector,
                of,
            } => {
                format!(
                    "{}({}, {})",
                    function.as_str(),
                    self.selector(selector),
                    self.term(of)
                )
            }
        }
    }

    pub(super) fn quantity(&self, quantity: &Quantity) -> String {
        match quantity {
            Quantity::Number(value) => number(*value),
            Quantity::Duration(nanos) => duration(*nanos),
            Quantity::Term(term) => self.term(term),
            Quantity::Measure { factor, measure } if *factor == Number::Int(1) => {
                self.measure(measure)
            }
            Quantity::Measure { factor, measure } => {
                format!("{} * {}", number(*factor), self.measure(measure))
            }
        }
    }

    pub(super) fn total(&self, total: &Total) -> String {
        let mut text = String::new();
        for part in &total.parts {
            text += match (text.is_empty(), part.is_taken_away) {
                (true, _) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            };
            if part.factor != Number::Int(1) {
                text += &format!("{} * ", number(part.factor));
            }
            text += &self.quantity(&part.of);
        }
        text
    }
}
