//! Selectors and the predicates of `where`, as text.

use betrace_lang::rule::FieldTest;

use super::fields::{Bound, attribute, duration, scoped};
use super::terms::{computed, elements, intrinsic};
use super::{KEYS, NAMES, quoted};
use crate::tape::Tape;

/// Some spans: a plain selector, a bound span, or a relation between two.
pub fn selector(tape: &mut Tape, bound: &Bound, depth: usize) -> String {
    if depth == 0 || !tape.chance(45) {
        return step(tape, bound);
    }
    let left = operand(tape, bound, depth - 1);
    match tape.weighted(&[3, 3, 4, 2, 2, 2, 2, 2, 4, 8, 2]) {
        side @ (0 | 1) => format!(
            "{left} {} {}{}",
            ["before", "after"][side],
            operand(tape, bound, depth - 1),
            within(tape)
        ),
        2 => {
            let more = 1 + tape.weighted(&[3, 1]);
            let mut chain = left;
            for _ in 0..more {
                chain = format!(
                    "{chain} then {}{}",
                    operand(tape, bound, depth - 1),
                    within(tape)
                );
            }
            chain
        }
        3 => format!("{left} inside {}", operand(tape, bound, depth - 1)),
        4 => format!("{left} child of {}", operand(tape, bound, depth - 1)),
        5 if tape.chance(50) => format!("{left} linked to {}", operand(tape, bound, depth - 1)),
        5 => format!("{left} sibling of {}", operand(tape, bound, depth - 1)),
        6 => {
            let from = operand(tape, bound, depth - 1);
            format!(
                "{left} between {from} and next {}",
                operand(tape, bound, depth - 1)
            )
        }
        7 => {
            let from = operand(tape, bound, depth - 1);
            format!(
                "{left} after {from} until next {}",
                operand(tape, bound, depth - 1)
            )
        }
        8 => {
            let point = tape.pick(&["starts", "ends"]);
            let side = tape.pick(&["before", "after"]);
            let right = operand(tape, bound, depth - 1);
            format!("{left} {point} {side} {right}{}", within(tape))
        }
        10 => echoing(tape, bound, &left, depth),
        _ => {
            let word = tape.pick(&[
                "overlaps",
                "during",
                "parent of",
                "containing",
                "outside",
                "not child of",
                "not sibling of",
                "except",
                "except",
                "next after",
                "next after",
                "directly after",
                "directly after",
            ]);
            format!("{left} {word} {}", operand(tape, bound, depth - 1))
        }
    }
}

/// In parentheses: behind its fields a comma would be read as one before another.
fn echoing(tape: &mut Tape, bound: &Bound, left: &str, depth: usize) -> String {
    let right = operand(tape, bound, depth - 1);
    let by = tape.pick(&["parent", "s", "n", "parent, s", "span:name", "f1, parent"]);
    format!("({left} echoing {right} by {by})")
}

fn within(tape: &mut Tape) -> String {
    match tape.weighted(&[6, 1, 1]) {
        0 => String::new(),
        1 => format!(" within {}", duration(tape)),
        _ => {
            let gap = tape.pick(&[
                "1ms..3ms", "1ms..2ms", "0ms..2ms", "2ms..2ms", "1ns..1s", "2ms..", "1ns..",
            ]);
            format!(" within {gap}")
        }
    }
}

/// A side of a relation; in parentheses where it is a relation itself.
fn operand(tape: &mut Tape, bound: &Bound, depth: usize) -> String {
    let text = selector(tape, bound, depth);
    let single = text == step_only(&text);
    if single { text } else { format!("({text})") }
}

/// The text itself if it holds no relation.
fn step_only(text: &str) -> &str {
    const WORDS: [&str; 13] = [
        " before ",
        " after ",
        " then ",
        " inside ",
        " of ",
        " to ",
        " next ",
        " overlaps ",
        " during ",
        " containing ",
        " outside ",
        " except ",
        " echoing ",
    ];
    if WORDS.iter().any(|word| text.contains(word)) {
        ""
    } else {
        text
    }
}

fn step(tape: &mut Tape, bound: &Bound) -> String {
    if !bound.is_empty() && tape.chance(45) {
        return tape.pick(bound).to_owned();
    }
    spans(tape, bound)
}

/// Spans by name, `any` or `root`, perhaps filtered.
pub fn spans(tape: &mut Tape, bound: &Bound) -> String {
    let base = match tape.weighted(&[9, 2, 1, 1]) {
        0 => quoted(tape.pick(&NAMES[..])),
        1 => "any".to_owned(),
        2 => "root".to_owned(),
        _ => "leaf".to_owned(),
    };
    let filters = tape.weighted(&[6, 4, 1]);
    (0..filters).fold(base, |text, _| {
        format!("{text}.where({})", filter(tape, bound))
    })
}

/// What stands in one `where`.
pub fn filter(tape: &mut Tape, bound: &Bound) -> String {
    let own = predicate(tape, bound, 2);
    match tape.weighted(&[10, 2]) {
        0 => own,
        _ => format!("({own}) and {}", trace_comparison(tape)),
    }
}

/// A comparison of a `trace:` value.
pub fn trace_comparison(tape: &mut Tape) -> String {
    let op = tape.pick(&[">", ">=", "<", "<=", "==", "!="]);
    match tape.weighted(&[4, 4, 2, 2, 1]) {
        0 => format!("trace:spanCount {op} {}", tape.below(7)),
        1 => format!("trace:duration {op} {}", duration(tape)),
        2 => format!(
            "trace:rootName {} {}",
            tape.pick(&["==", "!="]),
            quoted_name(tape)
        ),
        3 => format!(
            "trace:rootService in [shop, {}]",
            tape.pick(&["pay", "ship"])
        ),
        _ => format!("trace:rootName matches \"^{}\"", tape.pick(&["a", "[bc]"])),
    }
}

fn quoted_name(tape: &mut Tape) -> String {
    format!("\"{}\"", tape.pick(&NAMES[..]))
}

fn predicate(tape: &mut Tape, bound: &Bound, depth: usize) -> String {
    if depth == 0 || !tape.chance(40) {
        return comparison(tape, bound);
    }
    match tape.below(3) {
        0 => format!("not ({})", predicate(tape, bound, depth - 1)),
        joint => {
            let word = ["", "and", "or"][joint];
            let left = predicate(tape, bound, depth - 1);
            format!("({left} {word} {})", predicate(tape, bound, depth - 1))
        }
    }
}

fn presence(tape: &mut Tape) -> String {
    let key = tape.pick(&KEYS[..]);
    let field = attribute(tape, key);
    format!("{}({field})", tape.pick(&FieldTest::ALL).as_str())
}

fn comparison(tape: &mut Tape, bound: &Bound) -> String {
    let joins = usize::from(!bound.is_empty()) * 6;
    match tape.weighted(&[8, 4, 3, 2, 4, 2, 2, joins.max(1), 3, 5, 3]) {
        0 => {
            let key = tape.pick(&["n", "m", "s"]);
            let left = attribute(tape, key);
            let op = tape.pick(&[">", "<", "==", "!=", ">=", "<="]);
            let right = tape.pick(&["2", "1", "0", "2.5", "-1", "100", "9_007_199_254_740_993"]);
            format!("{left} {op} {right}")
        }
        1 => {
            let key = tape.pick(&["s", "n"]);
            let left = attribute(tape, key);
            let op = tape.pick(&["==", "!=", "<", ">="]);
            format!(
                "{left} {op} {}",
                tape.pick(&["\"x\"", "\"2\"", "\"xy\"", "\"\""])
            )
        }
        2 => tape
            .pick(&[
                "ok",
                "not ok",
                "ok == true",
                "ok != false",
                "event.ok == false",
                "s == true",
            ])
            .to_owned(),
        3 => presence(tape),
        4 if tape.chance(20) => item(tape, bound),
        4 => intrinsic(tape),
        5 => {
            let key = tape.pick(&["s", "n"]);
            let left = attribute(tape, key);
            let op = tape.pick(&["in", "not in"]);
            format!(
                "{left} {op} {}",
                tape.pick(&["[x, y]", "[1, 2, \"x\"]", "[\"2\", 0.1]", "[true, \"xy\"]"])
            )
        }
        6 => {
            let key = tape.pick(&["s", "n"]);
            let left = attribute(tape, key);
            let test = tape.pick(&[
                "matches \"^x\"",
                "matches \"y$\"",
                "matches \"[0-9]\"",
                "matches \"(?i)^X|é$\"",
                "matches \"^$\"",
                "matches \"^.{2}$\"",
                "contains x",
                "contains \"2\"",
                "contains 2",
                "starts with \"x\"",
                "ends with y",
            ]);
            format!("{left} {test}")
        }
        7 => join(tape, bound),
        8 => {
            let op = tape.pick(&[">", "<=", "<", ">=", "==", "!="]);
            format!("span:duration {op} {}", duration(tape))
        }
        9 => computed(tape, bound),
        _ => elements(tape, bound),
    }
}

/// A condition on one event, or one link.
fn item(tape: &mut Tape, bound: &Bound) -> String {
    let scope = tape.pick(&["event", "event", "link"]);
    let part = |tape: &mut Tape| {
        let key = tape.pick(&["n", "s", "m"]);
        match (tape.below(7), scope) {
            (6, _) => tape
                .pick(&[
                    "lower(s) == x",
                    "length(s) > 0",
                    "n as ms > 1ms",
                    "n + m >= 3",
                    "m - 1 < length(s)",
                    "some l in [x, 1]",
                    "every l != 2",
                ])
                .to_owned(),
            (0, "event") => tape
                .pick(&[
                    "event:name == x",
                    "event:timeSinceStart > 1ms",
                    "event:timeSinceStart <= 2ms",
                    "event:timeSinceStart > n as ms",
                    "event:timeSinceStart + n as ms > 2ms",
                ])
                .to_owned(),
            (0, _) => tape
                .pick(&[
                    "exists(link:spanID)",
                    "link:spanID == \"0000000000005a01\"",
                    "link:traceID starts with \"ab\"",
                ])
                .to_owned(),
            (1, _) => format!("missing({key})"),
            (2, _) if !bound.is_empty() => format!("{key} == {}.n", tape.pick(bound)),
            (3, _) if tape.chance(30) => format!("{key} in {scope}.l"),
            (3, _) => format!("{key} >= {scope}.{}", tape.pick(&["n", "m"])),
            (4, _) => format!("{key} != 2"),
            _ => format!("{key} in [2, 1, x, 0.1]"),
        }
    };
    let (one, other) = (part(tape), part(tape));
    match tape.below(5) {
        0 => format!("{scope}.where({one} and {other})"),
        1 => format!("{scope}.where({one} or not ({other}))"),
        2 => format!("{scope}.where({one}).where({other})"),
        3 => format!("not {scope}.where({one} and {other})"),
        _ => format!("{scope}.where({one})"),
    }
}

/// A comparison with another field, mostly of a bound span.
fn join(tape: &mut Tape, bound: &Bound) -> String {
    if !bound.is_empty() && tape.chance(30) {
        let own = tape.pick(bound);
        let left = tape.pick(&[
            "span:parentID == {}.span:id",
            "span:id != {}.span:id",
            "span:name == {}.span:name",
            "span:name != {}.span:name",
            "span:duration > {}.span:duration",
            "span:duration <= {}.span:duration",
            "span:kind == {}.span:kind",
            "service.name == {}.service.name",
            "resource.service.name != {}.service.name",
            "s contains {}.s",
            "s starts with {}.s",
            "n ends with {}.n",
            "event.n == {}.n",
            "n == {}.event.n",
            "span:id == {}.link:spanID",
            "link:spanID == {}.span:id",
            "link:traceID != {}.link:traceID",
            "event:timeSinceStart < {}.span:duration",
        ]);
        return left.replace("{}", own);
    }
    let key = tape.pick(&["n", "m", "s", "ok"]);
    let left = attribute(tape, key);
    let op = tape.pick(&["==", "==", "!=", "<", ">="]);
    let key = tape.pick(&["n", "m", "s", "ok"]);
    format!("{left} {op} {}", scoped(tape, bound, key))
}
