//! Rules over many traces.

use super::conditions::condition;
use super::fields::duration;
use super::rules::Source;
use super::selectors::{filter, selector};
use crate::tape::Tape;

/// A rule over many traces. Its windows are ten seconds or a minute long.
#[must_use]
pub fn window_rule(tape: &mut Tape) -> Source {
    let mut head = format!("over {}", tape.pick(&["10s", "1m"]));
    let by = tape.weighted(&[4, 4, 1]);
    if by > 0 {
        let keys = [
            "s",
            "n",
            "ok",
            "span:name",
            "span:duration",
            "resource.service.name",
        ];
        let mut keys: Vec<&str> = (0..by).map(|_| tape.pick(&keys)).collect();
        keys.dedup();
        head += &format!(" by {}", keys.join(", "));
    }
    if tape.chance(30) {
        head += &format!(" at least {}", 1 + tape.below(6));
    }
    let confidence = tape.chance(20).then(|| tape.pick(&["80%", "99%", "50%"]));
    let clause = tape.pick(&["always", "never"]);
    let comparison = comparison(tape, by > 0);
    if let Some(level) = confidence.filter(|_| comparison.starts_with("share(")) {
        head += &format!(" with confidence {level}");
    }
    Source {
        condition: format!("{head} {clause} {{ {comparison} }}"),
        completeness: tape
            .chance(25)
            .then(|| tape.pick(&betrace_lang::rule::Completeness::ALL)),
        ..Source::default()
    }
}

fn comparison(tape: &mut Tape, has_groups: bool) -> String {
    let depth = usize::from(tape.chance(30));
    let spans = selector(tape, &Vec::new(), depth);
    let op = tape.pick(&[">", ">=", "<", "<="]);
    let any_op = tape.pick(&[">", ">=", "<", "<=", "==", "!="]);
    let (measure, op, fixed) = match tape.weighted(&[5, 3, 5, 4, 3, 4, 4]) {
        0 => (format!("count({spans})"), any_op, number(tape)),
        1 => {
            let key = tape.pick(&["s", "n", "ok", "span:name", "span:duration"]);
            (format!("distinct({spans}, {key})"), any_op, number(tape))
        }
        2 => {
            let function = tape.pick(&["sum", "min", "max", "avg"]);
            let (of, bound) = field(tape);
            (format!("{function}({spans}, {of})"), any_op, bound)
        }
        3 => {
            let rank = tape.pick(&["p50", "p90", "p99.9", "p1"]);
            let (of, bound) = field(tape);
            (format!("{rank}({spans}, {of})"), op, bound)
        }
        4 => (
            format!("traces({})", condition(tape, &Vec::new(), 2)),
            any_op,
            number(tape),
        ),
        5 => {
            let (of, among) = (
                condition(tape, &Vec::new(), 1),
                condition(tape, &Vec::new(), 1),
            );
            (
                format!("share(({of}) or not any, {among})"),
                op,
                share(tape),
            )
        }
        _ => {
            let filter = filter(tape, &Vec::new());
            let base = tape.pick(&["a", "any", "b.where(n > 1)", "root"]);
            (
                format!("share({base}.where({filter}), {base})"),
                op,
                share(tape),
            )
        }
    };
    if !tape.chance(30) {
        return format!("{measure} {op} {fixed}");
    }
    let peer = match has_groups {
        true => tape.pick(&["highest", "lowest", "others", "before"]),
        false => "before",
    };
    let factor = tape.pick(&["", "2 * ", "0.8 * ", "1.5 * "]);
    format!("{measure} {op} {factor}{peer}")
}

fn number(tape: &mut Tape) -> String {
    tape.pick(&["0", "1", "2", "3", "5", "8", "13", "2.5"])
        .to_owned()
}

fn share(tape: &mut Tape) -> String {
    tape.pick(&["10%", "50%", "0.9", "99%"]).to_owned()
}

/// What is measured of a span, and what fits to be compared with it.
fn field(tape: &mut Tape) -> (String, String) {
    match tape.weighted(&[3, 3, 1, 1]) {
        0 => ("n".to_owned(), number(tape)),
        1 => ("span:duration".to_owned(), duration(tape)),
        2 => ("n + m".to_owned(), number(tape)),
        _ => ("m as ms".to_owned(), duration(tape)),
    }
}
