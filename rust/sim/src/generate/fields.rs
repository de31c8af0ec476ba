//! What a comparison reads of a span, and what it holds against it, as text: attributes of the span itself or of a bound one,
//! and durations.

use crate::tape::Tape;

/// The names of bound spans in scope.
pub type Bound = [&'static str];

/// An attribute, mostly unscoped.
pub fn attribute(tape: &mut Tape, key: &str) -> String {
    if tape.chance(8) {
        return tape.pick(&["f1", "f2", "f3", "f4"]).to_owned();
    }
    match tape.weighted(&[10, 2, 2, 1, 2, 1]) {
        0 => key.to_owned(),
        1 => format!("span.{key}"),
        2 => format!("resource.{key}"),
        3 => format!("instrumentation.{key}"),
        4 => format!("event.{key}"),
        _ => format!("link.{key}"),
    }
}

pub fn scoped(tape: &mut Tape, bound: &Bound, key: &str) -> String {
    let key = match tape.chance(8) && key != "l" {
        true => tape.pick(&["f1", "f2", "f3", "f4"]),
        false => key,
    };
    if key.starts_with('f') && (bound.is_empty() || tape.chance(25)) {
        return key.to_owned();
    }
    if !bound.is_empty() && tape.chance(75) {
        return format!("{}.{key}", tape.pick(bound));
    }
    format!("{}.{key}", tape.pick(&["span", "resource"]))
}

/// A length of time as it is written.
pub fn duration(tape: &mut Tape) -> String {
    tape.pick(&["2ms", "1ms", "3ms", "0ms", "1.5ms", "6ms", "1s"])
        .to_owned()
}
