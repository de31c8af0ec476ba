//! Rules and traces from a [`Tape`]: few names, so that rules hit, and many corners.
//!
//! Rules are made as text, of the whole language; traces as spans in an order of delivery.

mod conditions;
mod fields;
mod rules;
mod selectors;
mod terms;
mod traces;
mod windows;

pub use rules::{Source, rule, rule_of};
pub use traces::trace;
pub use windows::window_rule;

/// The names of spans, of which the last needs quotes.
const NAMES: [&str; 5] = ["a", "b", "c", "d", "get /x"];

fn quoted(name: &str) -> String {
    if name.contains(' ') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// Attribute keys, on spans, resources, scopes, events and links alike.
const KEYS: [&str; 5] = ["n", "m", "s", "ok", "l"];
