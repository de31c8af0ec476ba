//! Comparisons whose sides are more than a field, as text: sums, units of time, lower case, lengths, elements of
//! arrays, and intrinsics.

use super::fields::{Bound, attribute, duration, scoped};
use crate::tape::Tape;

/// A comparison of which a side is more than a field.
pub fn computed(tape: &mut Tape, bound: &Bound) -> String {
    let op = tape.pick(&[">", "<=", "<", ">=", "==", "!="]);
    match tape.weighted(&[3, 2, 2, 2, 3, 2, 1]) {
        0 => {
            let sum = sum(tape, bound);
            let right = tape.pick(&["2", "4", "0", "2.6", "-1", "9_007_199_254_740_994", "m"]);
            match right {
                "m" => format!("{sum} {op} {}", scoped(tape, bound, right)),
                right => format!("{sum} {op} {right}"),
            }
        }
        1 => {
            let key = tape.pick(&["n", "m", "s"]);
            let left = attribute(tape, key);
            format!("{left} {op} {}", sum(tape, bound))
        }
        2 => {
            let key = tape.pick(&["n", "m", "s"]);
            let left = attribute(tape, key);
            format!("{left} as {} {op} {}", unit(tape), duration(tape))
        }
        3 => {
            let left = match tape.below(3) {
                0 => "span:duration".to_owned(),
                1 => format!("span:duration {} {}", sign(tape), duration(tape)),
                _ => format!("span:duration {} {}", sign(tape), time(tape, bound)),
            };
            format!("{left} {op} {}", time(tape, bound))
        }
        4 => {
            let key = tape.pick(&["s", "s", "n", "ok"]);
            let left = attribute(tape, key);
            let test = tape.pick(&[
                "== x",
                "!= xy",
                "< \"y\"",
                "contains x",
                "matches \"^x|é$\"",
                "ends with y",
                "in [x, \"2\", \"é\"]",
                "starts with span.s",
            ]);
            format!("lower({left}) {test}")
        }
        5 => {
            let left = attribute(tape, "s");
            match tape.below(3) {
                0 => format!("length({left}) in [1, 2.0, 0]"),
                1 => format!("length({left}) {op} {}", scoped(tape, bound, "n")),
                _ => format!("length({left}) {op} {}", tape.below(3)),
            }
        }
        _ => format!("s == lower({})", scoped(tape, bound, "s")),
    }
}

/// Two numbers added.
fn sum(tape: &mut Tape, bound: &Bound) -> String {
    let one = summand(tape, bound);
    let other = match tape.chance(40) {
        true => tape
            .pick(&["1", "0.5", "-2", "9_007_199_254_740_993", "1e308"])
            .to_owned(),
        false => summand(tape, bound),
    };
    match tape.chance(80) {
        true => format!("{one} {} {other}", sign(tape)),
        false => format!("{other} {} {one}", sign(tape)),
    }
}

fn summand(tape: &mut Tape, bound: &Bound) -> String {
    let key = tape.pick(&["n", "m", "s"]);
    match tape.weighted(&[4, 4, 1]) {
        0 => key.to_owned(),
        1 => scoped(tape, bound, key),
        _ => format!("length({key})"),
    }
}

/// A duration that is read of a span.
fn time(tape: &mut Tape, bound: &Bound) -> String {
    if !bound.is_empty() && tape.chance(40) {
        return format!("{}.span:duration", tape.pick(bound));
    }
    let key = tape.pick(&["n", "m"]);
    let field = match tape.chance(50) {
        true => key.to_owned(),
        false => scoped(tape, bound, key),
    };
    format!("{field} as {}", unit(tape))
}

fn sign(tape: &mut Tape) -> &'static str {
    tape.pick(&["+", "-"])
}

fn unit(tape: &mut Tape) -> &'static str {
    tape.pick(&["ms", "ms", "us", "s", "ns", "m", "h"])
}

/// A comparison of the elements of an array, or with them.
pub fn elements(tape: &mut Tape, bound: &Bound) -> String {
    if tape.chance(35) {
        let key = tape.pick(&["n", "s", "ok"]);
        let left = match tape.chance(20) {
            true => "lower(s)".to_owned(),
            false => attribute(tape, key),
        };
        let word = tape.pick(&["in", "not in"]);
        return format!("{left} {word} {}", scoped(tape, bound, "l"));
    }
    let array = match !bound.is_empty() && tape.chance(40) {
        true => format!("{}.l", tape.pick(bound)),
        false => attribute(tape, "l"),
    };
    let word = tape.pick(&["every", "some"]);
    let test = match tape.below(3) {
        0 => tape
            .pick(&[
                "in [x, y]",
                "in [1, 2, x]",
                "not in [\"2\"]",
                "in [true, 0.5]",
            ])
            .to_owned(),
        1 => {
            let word = tape.pick(&["in", "in", "not in"]);
            format!("{word} {}", scoped(tape, bound, "l"))
        }
        _ => {
            let test = tape.pick(&[
                "> 1",
                "== x",
                "!= 2",
                "contains x",
                "matches \"^[xy]$\"",
                "s",
            ]);
            match test {
                "s" => format!("!= {}", scoped(tape, bound, "s")),
                test => test.to_owned(),
            }
        }
    };
    format!("{word} {array} {test}")
}

/// What a span has besides attributes, and a few comparisons with it that are hard.
pub fn intrinsic(tape: &mut Tape) -> String {
    tape.pick(&[
        "span:kind == server",
        "span:kind in [client, server]",
        "span:kind != internal",
        "span:status == error",
        "span:status != ok",
        "span:name == a",
        "span:name matches \"^[ab]$\"",
        "span:statusMessage contains oo",
        "missing(span:statusMessage)",
        "exists(span:parentID)",
        "event:name == x",
        "event:name matches \"cept\"",
        "not (event:name == x)",
        "instrumentation:name == lib",
        "missing(instrumentation:version)",
        "service.name == shop",
        "resource.service.name != pay",
        "span:id == \"0000000000005a01\"",
        "span:parentID == \"0000000000005a01\"",
        "trace:id starts with \"abab\"",
        "exists(span:duration)",
        "missing(event:name)",
        "event:timeSinceStart > 1ms",
        "not (event:timeSinceStart <= 1ms)",
        "exists(event:timeSinceStart)",
        "link:spanID == \"0000000000005a01\"",
        "missing(link:traceID)",
        "n > 1ms",
        "not (n > 1ms)",
        "span:name in [a, b]",
        "span:name not in [a, \"get /x\"]",
        "span:name contains g",
        "event:name in [x, y]",
        "instrumentation:name starts with l",
    ])
    .to_owned()
}
