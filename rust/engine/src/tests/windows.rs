//! What is kept of many traces together: held against references, and no order or part of it shows.

mod alarms;
mod groups;
mod parts;
mod reference;

use betrace_lang::rule::Number;

use crate::logic::interval::End;
use crate::window::sketch::{Quantile, Sketch};

/// A number as it is added.
fn number(value: f64) -> Number {
    Number::from_f64(value).unwrap_or(Number::Float(value))
}

fn sketch(values: impl IntoIterator<Item = Number>) -> Sketch {
    let mut sketch = Sketch::default();
    for value in values {
        sketch.add(value);
    }
    sketch
}

/// Whether quantiles lie in their bounds, and estimates no farther off than they say.
fn hold(known: &Sketch, parts: u16, exact: Number) {
    let quantile = Quantile::of_ten_thousand(parts).unwrap();
    let bounds = known.bounds(quantile, 0);
    let truth = End::At(exact);
    assert!(
        bounds.low.order(truth).is_le() && truth.order(bounds.high).is_le(),
        "{exact:?} is not in {bounds:?}"
    );
    let estimate = known.estimate(quantile).unwrap().to_f64();
    // Half a step of the smallest doubles is rounding, not error.
    let most = exact.to_f64().abs() * known.relative_error() * (1.0 + 1e-12) + f64::from_bits(1);
    assert!(
        (estimate - exact.to_f64()).abs() <= most,
        "{estimate} is too far from {exact:?}"
    );
}
