//! Conditions about a whole trace, as text.

use super::fields::{Bound, attribute, duration};
use super::selectors::{filter, selector, spans, trace_comparison};
use crate::tape::Tape;

pub fn condition(tape: &mut Tape, bound: &Bound, depth: usize) -> String {
    if depth == 0 || !tape.chance(50) {
        return leaf(tape, bound);
    }
    match tape.weighted(&[3, 3, 3]) {
        0 => format!("not ({})", condition(tape, bound, depth - 1)),
        joint => {
            let word = ["", "and", "or"][joint];
            let left = condition(tape, bound, depth - 1);
            let right = condition(tape, bound, depth - 1);
            match tape.below(3) {
                0 => format!("({left}) {word} ({right})"),
                _ => format!("({left} {word} {right})"),
            }
        }
    }
}

fn leaf(tape: &mut Tape, bound: &Bound) -> String {
    let bounds = usize::from(!bound.is_empty()) * 2;
    if !bound.is_empty() && tape.chance(20) {
        return of_bound(tape, bound);
    }
    match tape.weighted(&[9, 3, 3, 2, 2, 2, 2, bounds, 2]) {
        0 => selector(tape, bound, 2),
        1 => {
            let selector = selector(tape, bound, 1);
            format!("count({selector}) {} {}", comparison(tape), tape.below(5))
        }
        2 => {
            let measure = aggregate(tape, bound);
            format!(
                "{measure} {} {}",
                comparison(tape),
                tape.pick(&["2", "0", "1", "2.5", "5", "100"])
            )
        }
        3 => {
            let left = any_measure(tape, bound);
            let right = any_measure(tape, bound);
            let factor = tape.pick(&["", "2 * ", "0.5 * ", "1.5 * "]);
            format!("{left} {} {factor}{right}", comparison(tape))
        }
        4 => grouped(tape, bound),
        6 => {
            let measure = moments(tape, bound);
            format!("{measure} {} {}", comparison(tape), tape.below(4))
        }
        8 => totals(tape, bound),
        7 => against_bound(tape, bound),
        _ => match tape.below(3) {
            0 => trace_comparison(tape),
            _ => {
                let function = tape.pick(&["sum", "max", "min", "avg"]);
                let selector = selector(tape, bound, 1);
                let time = tape.pick(&[
                    "span:duration",
                    "span:duration",
                    "span:duration",
                    "n as ms",
                    "span:duration - n as ms",
                ]);
                format!(
                    "{function}({selector}, {time}) {} {}",
                    comparison(tape),
                    duration(tape)
                )
            }
        },
    }
}

/// A measure against what is read of a bound span.
fn against_bound(tape: &mut Tape, bound: &Bound) -> String {
    let key = tape.pick(&["n", "m", "s", "span.n", "ok"]);
    let field = format!("{}.{key}", tape.pick(bound));
    let measure = any_measure(tape, bound);
    match tape.below(6) {
        0 => format!("{field} {} {measure}", comparison(tape)),
        1 => {
            let longest = format!("max({}, span:duration)", selector(tape, bound, 1));
            let field = format!("{}.span:duration", tape.pick(bound));
            format!("{longest} {} {field}", comparison(tape))
        }
        2 => {
            let amount = match tape.below(4) {
                0 => format!("{field} + {}", tape.below(3)),
                1 => format!("{field} - {}.m", tape.pick(bound)),
                2 => format!("length({}.s)", tape.pick(bound)),
                _ => {
                    let unit = tape.pick(&["ns", "us", "ms"]);
                    let function = tape.pick(&["sum", "max", "min", "avg"]);
                    let selector = selector(tape, bound, 1);
                    let measure = format!("{function}({selector}, span:duration)");
                    return format!("{measure} {} {field} as {unit}", comparison(tape));
                }
            };
            format!("{measure} {} {amount}", comparison(tape))
        }
        _ => format!("{measure} {} {field}", comparison(tape)),
    }
}

/// What several measures come to.
fn totals(tape: &mut Tape, bound: &Bound) -> String {
    let sign = tape.pick(&["+", "-"]);
    if tape.chance(20) {
        let function = tape.pick(&["sum", "max", "min", "avg"]);
        let (one, other) = (selector(tape, bound, 1), selector(tape, bound, 1));
        let value = duration(tape);
        let op = comparison(tape);
        return format!(
            "{function}({one}, span:duration) {sign} sum({other}, span:duration) {op} {value}"
        );
    }
    let factor = tape.pick(&["", "2 * ", "0.5 * "]);
    let (one, other) = (any_measure(tape, bound), any_measure(tape, bound));
    let right = match tape.below(4) {
        0 if !bound.is_empty() => format!("{}.n", tape.pick(bound)),
        1 if !bound.is_empty() => format!("0.5 * {}.m - 1", tape.pick(bound)),
        2 => format!("{} + 1", any_measure(tape, bound)),
        _ => tape.pick(&["2", "0", "1", "2.5", "5", "-1"]).to_owned(),
    };
    let op = comparison(tape);
    match tape.below(3) {
        0 => format!("{one} {op} {right} {sign} {factor}{other}"),
        1 => format!("{one} - ({other} {sign} 1) {op} {right}"),
        _ => format!("{one} {sign} {factor}{other} {op} {right}"),
    }
}

/// A condition on one bound span, with its `where` and as people write it first.
fn of_bound(tape: &mut Tape, bound: &Bound) -> String {
    let span = tape.pick(bound);
    if tape.chance(60) {
        return format!("{span}.where({})", filter(tape, bound));
    }
    let other = tape.pick(bound);
    tape.pick(&[
        "{p}.n == 2",
        "{p}.n != {q}.n",
        "{p}.m <= {q}.n",
        "{p}.s in [x, y]",
        "{p}.span:duration > 2ms",
        "{p}.span:duration <= {q}.span:duration",
        "exists({p}.ok)",
        "missing({p}.event.n)",
        "{p}.event:name == x",
        "{p}.resource.service.name == {q}.service.name",
        "{p}.\"s\" contains {q}.s",
        "{p}.n > span.m",
    ])
    .replace("{p}", span)
    .replace("{q}", other)
}

/// How many at one time.
fn moments(tape: &mut Tape, bound: &Bound) -> String {
    let selector = selector(tape, bound, 1);
    match tape.below(2) {
        0 => format!("count({selector}) within {}", duration(tape)),
        _ => format!("overlap({selector})"),
    }
}

fn comparison(tape: &mut Tape) -> &'static str {
    tape.pick(&[">", ">=", "<", "<=", "==", "!="])
}

fn any_measure(tape: &mut Tape, bound: &Bound) -> String {
    if tape.chance(50) {
        aggregate(tape, bound)
    } else {
        format!("count({})", spans(tape, bound))
    }
}

fn aggregate(tape: &mut Tape, bound: &Bound) -> String {
    let function = tape.pick(&["sum", "max", "min", "avg", "distinct"]);
    let key = tape.pick(&["n", "m", "s"]);
    let field = match tape.below(6) {
        0..=3 => key.to_owned(),
        4 if function == "distinct" => tape
            .pick(&[
                "span:name",
                "span:kind",
                "service.name",
                "span:duration",
                "span:parentID",
            ])
            .to_owned(),
        // Of events and links a span may hold several values; measures read attributes of one value.
        _ => attribute(tape, key)
            .replace("event.", "span.")
            .replace("link.", "span."),
    };
    let field = match tape.below(8) {
        0 if function != "distinct" => measured(tape),
        _ => field,
    };
    format!("{function}({}, {field})", selector(tape, bound, 1))
}

/// What is made of the fields of one span, as a number.
fn measured(tape: &mut Tape) -> String {
    let (x, y) = (tape.pick(&["n", "m"]), tape.pick(&["m", "s", "span.n"]));
    match tape.below(4) {
        0 => format!("{x} + {y}"),
        1 => format!("{x} - {y}"),
        2 => format!("{} - {x}", tape.below(3)),
        _ => format!("length({y})"),
    }
}

/// A measure by one or two keys.
fn grouped(tape: &mut Tape, bound: &Bound) -> String {
    let mut key = || {
        tape.pick(&[
            "n",
            "parent",
            "s",
            "span.n",
            "resource.service.name",
            "span:name",
            "span:kind",
            "span:duration",
            "m",
            "ok",
        ])
    };
    let (first, second) = (key(), key());
    let keys = if tape.chance(30) {
        format!("{first}, {second}")
    } else {
        first.to_owned()
    };
    let op = tape.pick(&[">", ">="]);
    match tape.weighted(&[5, 2, 2, 2]) {
        0 => {
            let count = format!("count({})", selector(tape, bound, 1));
            format!("{count} by {keys} {op} {}", tape.below(4))
        }
        1 => {
            let measure = moments(tape, bound);
            format!("{measure} by {keys} {op} {}", tape.below(4))
        }
        2 => {
            let measure = aggregate(tape, bound);
            let value = tape.pick(&["2", "0", "1", "2.5"]);
            format!("{measure} by {keys} {op} {value}")
        }
        _ => {
            let function = tape.pick(&["sum", "max", "min", "avg"]);
            let selector = selector(tape, bound, 1);
            let value = duration(tape);
            format!("{function}({selector}, span:duration) by {keys} {op} {value}")
        }
    }
}
