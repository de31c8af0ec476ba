//! Traces: trees of a realistic shape, and everything that goes wrong with them.

use super::{KEYS, NAMES};
use crate::model::{Attributes, Event, Link, Scope, Span, Value};
use crate::tape::Tape;

/// When traces begin, in milliseconds since 1970; all times are this and a few milliseconds.
const BEGIN: u64 = 1_700_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// The spans of one trace in an order of delivery. `number` makes its trace id.
#[must_use]
pub fn trace(tape: &mut Tape, number: u64) -> Vec<Span> {
    let mut id = [0xab; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let services = 1 + tape.below(3);
    let odd = tape.chance(35);
    let many = 1 + tape.weighted(&[2, 4, 5, 5, 4, 3, 2, 1, 1, 1]);
    let mut spans: Vec<Span> = Vec::new();
    for index in 0..many {
        let span = span(tape, id, &spans, index, services, odd);
        spans.push(span);
    }
    if odd {
        spoil(tape, &mut spans);
    }
    deliver(tape, &mut spans);
    spans
}

fn span(
    tape: &mut Tape,
    trace: [u8; 16],
    before: &[Span],
    index: usize,
    services: usize,
    odd: bool,
) -> Span {
    let parent = match before.len() {
        0 => None,
        len => match tape.weighted(&[12, 3, 2, 1]) {
            0 => Some(before[len - 1 - tape.below(len)].id),
            1 => Some(before[len - 1].id),
            2 => Some(before[0].id),
            _ => None,
        },
    };
    let within = before.iter().find(|span| Some(span.id) == parent);
    // Children mostly lie inside their parents; times are coarse, so that many touch.
    let (low, high) = match within {
        Some(parent) => (offset(parent.start), offset(parent.end)),
        None => (0, 12),
    };
    let start = low + tape.below((high - low) as usize + 2) as u64;
    let mut end = start + tape.weighted(&[3, 4, 3, 2, 1, 1, 1]) as u64;
    if within.is_some() && tape.chance(70) {
        end = end.min(high.max(start));
    }
    let links = tape.weighted(&[16, 3, 1]);
    Span {
        trace,
        id: id(index as u8 + 1),
        parent,
        name: tape.pick(&NAMES[..]).to_owned(),
        kind: tape.pick(&[1, 1, 2, 3, 0, 4, 5]),
        start: (BEGIN + start) * MILLISECOND,
        end: (BEGIN + end) * MILLISECOND,
        status: tape.pick(&[0, 0, 1, 2]),
        message: if tape.chance(10) {
            "boom".to_owned()
        } else {
            String::new()
        },
        attributes: attributes(tape, 55, odd),
        resource: resource(tape, services, odd),
        scope: scope(tape, odd),
        events: events(tape, (BEGIN + start) * MILLISECOND, odd),
        links: (0..links).map(|_| link(tape, trace, odd)).collect(),
    }
}

fn id(number: u8) -> [u8; 8] {
    [0, 0, 0, 0, 0, 0, 0x5a, number]
}

fn offset(time: u64) -> u64 {
    (time / MILLISECOND).saturating_sub(BEGIN)
}

fn attributes(tape: &mut Tape, percent: usize, odd: bool) -> Attributes {
    let mut attributes = Vec::new();
    for key in KEYS {
        if tape.chance(percent) {
            attributes.push((key.to_owned(), value(tape, key, odd)));
            if odd && tape.chance(8) {
                attributes.push((key.to_owned(), value(tape, key, odd)));
            }
        }
    }
    attributes
}

fn value(tape: &mut Tape, key: &str, odd: bool) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    if odd && tape.chance(30) {
        return match tape.below(24) {
            0 => Value::Empty,
            1 => text(""),
            2 => Value::Float(f64::NAN),
            3 => Value::Float(f64::INFINITY),
            4 => text("2"),
            5 => text("2.50"),
            6 => text("true"),
            7 => text("-0"),
            8 => text("1e2"),
            9 => text("02"),
            10 => Value::Array(vec![text("x"), Value::Int(2)]),
            11 => Value::Array(Vec::new()),
            12 => Value::Map(vec![("x".to_owned(), Value::Int(1))]),
            13 => Value::Bytes(vec![1, 2]),
            14 => Value::Float(tape.pick(&[1e308, -1e308, 5e-324, 1e16])),
            15 => Value::Float(-0.0),
            16 => Value::Int(tape.pick(&[i64::MAX, i64::MIN])),
            17 => text("9007199254740993"),
            18 => text(tape.pick(&["1E400", " 2", "0x2", "2.", "+2", "True", "NaN"])),
            19 => text(tape.pick(&["xé", "É", "x\u{301}", "ΧΣ", "İ", "ẞ"])),
            20 => Value::Array(vec![Value::Float(2.0), Value::Empty, Value::Bool(true)]),
            21 => Value::Array(vec![Value::Array(vec![text("x")])]),
            22 => text("5e-1"),
            _ => Value::Float(2.0),
        };
    }
    match key {
        "l" => Value::Array(
            (0..tape.weighted(&[1, 2, 3, 1]))
                .map(|_| match tape.weighted(&[4, 3, 1, 1]) {
                    0 => text(tape.pick(&["x", "y", "2"])),
                    1 => Value::Int(tape.below(4) as i64),
                    2 => Value::Float(tape.pick(&[2.0, 0.5])),
                    _ => Value::Bool(tape.chance(50)),
                })
                .collect(),
        ),
        "ok" => Value::Bool(tape.chance(50)),
        "s" => text(tape.pick(&["x", "y", "xy", "X", "xY"])),
        _ => match tape.weighted(&[6, 2, 1]) {
            0 => Value::Int(tape.below(5) as i64),
            1 => Value::Float(tape.pick(&[2.0, 2.5, 0.1, -1.5])),
            _ => Value::Int(tape.pick(&[-3, 100, 9_007_199_254_740_993])),
        },
    }
}

fn resource(tape: &mut Tape, services: usize, odd: bool) -> Attributes {
    let mut resource = Vec::new();
    if !(odd && tape.chance(10)) {
        let service = tape.pick(&["shop", "pay", "ship"][..services]);
        resource.push(("service.name".to_owned(), Value::Text(service.to_owned())));
    }
    resource.extend(attributes(tape, 12, odd));
    resource
}

fn scope(tape: &mut Tape, odd: bool) -> Scope {
    if !tape.chance(15) {
        return Scope::default();
    }
    Scope {
        name: tape.pick(&["", "lib", "x"]).to_owned(),
        version: tape.pick(&["", "1", "x"]).to_owned(),
        attributes: attributes(tape, 40, odd),
    }
}

/// Mostly to a span of this trace, be it there or not.
fn link(tape: &mut Tape, trace: [u8; 16], odd: bool) -> Link {
    let other = [7; 16];
    Link {
        trace: match tape.weighted(&[8, 2, 1]) {
            0 => trace,
            1 => other,
            _ => [0; 16],
        },
        span: match tape.weighted(&[8, 1]) {
            0 => id(1 + tape.below(6) as u8),
            _ => [0; 8],
        },
        attributes: attributes(tape, 60, odd),
    }
}

/// `start`: of their span.
fn events(tape: &mut Tape, start: u64, odd: bool) -> Vec<Event> {
    let many = tape.weighted(&[10, 3, 1]);
    let mut events = Vec::new();
    for _ in 0..many {
        let name = tape.pick(&["x", "exception"]).to_owned();
        let time = match tape.weighted(&[10, usize::from(odd), usize::from(odd)]) {
            0 => start + tape.below(4) as u64 * MILLISECOND,
            1 => start - MILLISECOND,
            _ => 0,
        };
        events.push(Event {
            name,
            time,
            attributes: attributes(tape, 50, odd),
        });
    }
    events
}

/// Clocks that disagree, parents that never came, ids that are not unique.
fn spoil(tape: &mut Tape, spans: &mut Vec<Span>) {
    for _ in 0..tape.below(4) {
        let at = tape.below(spans.len());
        match tape.below(12) {
            0 => spans[at].end = spans[at].start.saturating_sub(MILLISECOND),
            1 => spans[at].start = 0,
            2 => spans[at].end = 0,
            // Another clock: the whole span lies elsewhere.
            3 => {
                let shift = tape.below(9) as u64;
                let length = spans[at].end.saturating_sub(spans[at].start);
                // Behind the last of all times there is no moment.
                spans[at].end = match shift {
                    8 => u64::MAX,
                    _ => spans[at].end.saturating_add(shift * MILLISECOND),
                };
                spans[at].start = match shift {
                    8 => u64::MAX - length,
                    _ => spans[at].start.saturating_add(shift * MILLISECOND),
                };
            }
            4 | 5 => spans[at].parent = Some(id(0xf0 + tape.below(2) as u8)),
            6 => spans[at].parent = Some(spans[tape.below(spans.len())].id),
            7 if spans.len() > 1 => drop(spans.remove(at)),
            // The two halves of one call share an id.
            8 | 9 => {
                let mut half = spans[at].clone();
                half.kind = if half.kind == 2 { 3 } else { 2 };
                half.name = tape.pick(&NAMES[..]).to_owned();
                half.attributes = attributes(tape, 50, true);
                // Which of two roots of one id and start is the trace's is nobody's to say.
                if tape.chance(50) || half.parent.is_none() {
                    half.start = half.start.saturating_add(MILLISECOND);
                    half.end = half.end.saturating_add(MILLISECOND);
                }
                spans.push(half);
            }
            10 => spans.push(spans[at].clone()),
            _ => {
                let mut differing = spans[at].clone();
                differing.name = tape.pick(&NAMES[..]).to_owned();
                spans.push(differing);
            }
        }
    }
}

/// Children mostly come before their parents, and whatever else a network does.
fn deliver(tape: &mut Tape, spans: &mut Vec<Span>) {
    for span in std::mem::take(spans) {
        let at = spans.len() - tape.below(spans.len() + 1);
        spans.insert(at, span);
    }
}
