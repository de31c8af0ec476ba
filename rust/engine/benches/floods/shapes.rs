//! What floods the engine: each shape with the rules that it hurts most.
#![allow(dead_code, reason = "the test uses a part of it")]

use crate::otlp::{Message, Span};

/// xorshift64
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        Dice(0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn id(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

pub struct Shape {
    pub name: &'static str,
    pub about: &'static str,
    /// Conditions, a rule each.
    pub rules: fn() -> Vec<String>,
    pub batch: u64,
    /// Of each trace; 1,000,000: all are of one.
    pub spans_a_trace: u64,
    /// Spans for each MiB of the budget, and at least.
    pub spans_a_mib: u64,
    pub spans: u64,
    /// How far the engine's time goes with each message, in milliseconds.
    pub step: u64,
    /// Whether what was found is taken.
    pub is_taken: bool,
    pub fill: fn(&mut Flood, u64) -> Spanned,
    /// Memory may be beyond what is measured here: only work is.
    pub is_work: bool,
}

/// What one span is, but for its trace.
pub struct Spanned {
    pub id: u64,
    pub parent: u64,
    pub name: &'static str,
    pub at: u64,
    pub lasts: u64,
    pub number: u64,
}

/// A flood while it comes.
pub struct Flood {
    dice: Dice,
    trace: u128,
}

const ABC: [&str; 3] = ["a", "b", "c"];

/// How long the text of a value is that rules keep to compare it.
const LONG: usize = 12_000;

fn presence() -> Vec<String> {
    vec![
        "always { zzz }".to_owned(),
        "when { a.where(n == 3) } always { b }".to_owned(),
    ]
}

fn tuples() -> Vec<String> {
    vec![
        "when each { a as p, b.where(n != p.n) as q, c.where(n != q.n) as r and p before r } \
         always { d.where(n == p.n) after q }"
            .to_owned(),
    ]
}

fn inside() -> Vec<String> {
    (0..5)
        .map(|rule| format!("never {{ a.where(n != {}) inside b }}", 1000 + rule))
        .collect()
}

fn joined() -> Vec<String> {
    vec!["when each { a.where(n > 0) as p } always { b.where(k == p.k) after p }".to_owned()]
}

fn aggregates() -> Vec<String> {
    vec![
        "never { count(any) by k > 1000 }".to_owned(),
        "never { distinct(any, k) > 1000000 }".to_owned(),
        "never { sum(any, n) > 100000000000 }".to_owned(),
    ]
}

fn hundred() -> Vec<String> {
    (0..100)
        .map(|rule| {
            format!(
                "when each {{ a.where(n != {}) as p }} never {{ b.where(k == p.k) after p }}",
                1000 + rule
            )
        })
        .collect()
}

/// Each pair is looked at, as no index of values helps.
fn pairs() -> Vec<String> {
    (0..20)
        .map(|rule| {
            format!(
                "when each {{ a.where(n != {}) as p }} never {{ b.where(n > p.n) inside p }}",
                1000 + rule
            )
        })
        .collect()
}

/// Likewise, and each keeps its trace open.
fn deadlines() -> Vec<String> {
    (0..20)
        .map(|rule| {
            format!("when each {{ a.where(n != {}) as p }} always {{ b.where(n > p.n + 9) after p within 5s }}", 1000 + rule)
        })
        .collect()
}

fn violations() -> Vec<String> {
    vec!["when each { any as p } always { zzz after p }".to_owned()]
}

fn random(flood: &mut Flood, index: u64) -> Spanned {
    let id = flood.dice.next() | 1;
    Spanned {
        id,
        parent: 0,
        name: "a",
        at: flood.dice.next() % 1000,
        lasts: 500,
        number: index % 7,
    }
}

fn child(flood: &mut Flood, index: u64) -> Spanned {
    let parent = u64::from(!index.is_multiple_of(8));
    Spanned {
        parent,
        ..random(flood, index)
    }
}

fn in_turn(flood: &mut Flood, index: u64) -> Spanned {
    Spanned {
        name: ABC[(index % 3) as usize],
        at: flood.dice.next() % 1_000_000,
        lasts: 0,
        number: index % 5,
        ..random(flood, index)
    }
}

/// All but the last thousand share an id, and those lie below it.
fn twins(flood: &mut Flood, index: u64) -> Spanned {
    let is_twin = index < 19_000;
    Spanned {
        id: if is_twin { 0x1111 } else { 0x90_0000 + index },
        parent: if is_twin { 0x10_0000 + index } else { 0x1111 },
        name: if is_twin { "z" } else { "a" },
        ..random(flood, index)
    }
}

fn chain(flood: &mut Flood, index: u64) -> Spanned {
    Spanned {
        id: index + 1,
        parent: index,
        ..random(flood, index)
    }
}

const ORDINARY: Shape = Shape {
    name: "",
    about: "",
    rules: presence,
    batch: 512,
    spans_a_trace: 1,
    spans_a_mib: 20_000,
    spans: 0,
    step: 1,
    is_taken: true,
    fill: random,
    is_work: false,
};

/// One trace of as many spans as there may be.
const WHOLE: Shape = Shape {
    spans_a_trace: 20_000,
    spans_a_mib: 0,
    spans: 20_000,
    is_work: true,
    ..ORDINARY
};

const ALL: u64 = 1_000_000_000;

pub const SHAPES: [Shape; 14] = [
    Shape {
        name: "traces",
        about: "every span opens a trace",
        ..ORDINARY
    },
    Shape {
        name: "eights",
        about: "traces of eight spans",
        spans_a_trace: 8,
        fill: child,
        ..ORDINARY
    },
    Shape {
        name: "ids",
        about: "traces that close at once, so that their ids fill up",
        step: 1000,
        ..ORDINARY
    },
    Shape {
        name: "large",
        about: "every span opens a trace, 40,000 in one message of 6 MB",
        batch: 40_000,
        spans: 400_000,
        ..ORDINARY
    },
    Shape {
        name: "one",
        about: "one trace of all spans",
        spans_a_trace: ALL,
        fill: child,
        ..ORDINARY
    },
    Shape {
        name: "values",
        about: "traces of 64 spans of which a rule keeps values of 12 kB",
        rules: joined,
        spans_a_trace: 64,
        spans_a_mib: 500,
        ..ORDINARY
    },
    Shape {
        name: "groups",
        about: "traces of 5,000 spans, each of a group of its own",
        rules: aggregates,
        spans_a_trace: 5000,
        ..ORDINARY
    },
    Shape {
        name: "untaken",
        about: "a violation for every span, and nobody takes them",
        rules: violations,
        spans_a_trace: 60,
        spans_a_mib: 2000,
        step: 1000,
        is_taken: false,
        ..ORDINARY
    },
    Shape {
        name: "tuples",
        about: "small traces under a rule of three bindings that all close in one tick",
        rules: tuples,
        batch: 41,
        spans_a_trace: 123,
        spans_a_mib: 0,
        spans: 20_000,
        fill: in_turn,
        is_work: true,
        ..ORDINARY
    },
    Shape {
        name: "hundred",
        about: "small traces under a hundred rules of two bindings, which all close in one tick",
        rules: hundred,
        spans_a_trace: 30,
        spans_a_mib: 0,
        spans: 20_000,
        fill: in_turn,
        is_work: true,
        ..ORDINARY
    },
    Shape {
        name: "pairs",
        about: "20,000 spans of one trace under twenty rules that look at every pair",
        rules: pairs,
        fill: in_turn,
        ..WHOLE
    },
    Shape {
        name: "waiting",
        about: "likewise under twenty rules with deadlines",
        rules: deadlines,
        fill: in_turn,
        ..WHOLE
    },
    Shape {
        name: "twins",
        about: "20,000 spans of which most share an id, under five rules with inside",
        rules: inside,
        fill: twins,
        ..WHOLE
    },
    Shape {
        name: "chain",
        about: "20,000 spans each below the one before, under five rules with inside",
        rules: inside,
        fill: chain,
        ..WHOLE
    },
];

impl Shape {
    /// How many spans come at a bound of so many MiB.
    pub fn spans_at(&self, mib: u64) -> u64 {
        (self.spans_a_mib * mib).max(self.spans)
    }
}

impl Flood {
    pub fn new() -> Flood {
        Flood {
            dice: Dice::new(),
            trace: 0,
        }
    }

    /// The message with the spans from `first` on.
    pub fn message<'m>(
        &mut self,
        shape: &Shape,
        first: u64,
        now: u64,
        message: &'m mut Message,
    ) -> &'m [u8] {
        let length = if shape.name == "values" { LONG } else { 24 };
        let spans = (first..first + shape.batch).map(|index| {
            if index.is_multiple_of(shape.spans_a_trace) {
                self.trace = self.dice.id();
            }
            let span = (shape.fill)(self, index);
            let start = now - 1_000_000 + span.at;
            Span {
                trace: self.trace,
                id: span.id,
                parent: span.parent,
                name: span.name,
                start,
                end: start + span.lasts,
                text: (self.dice.next(), length),
                number: span.number,
            }
        });
        if shape.name == "twins" {
            message.apart(spans)
        } else {
            message.spans("shop", spans)
        }
    }
}
