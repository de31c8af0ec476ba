//! What truly happens: requests to a few services, made of the spans that the rules speak of and of spans that no rule
//! knows. A [`Kind`] of request is drawn once, and every request of that kind is a little different.

use std::sync::Arc;

use betrace_lang::rule::{Intrinsic, Rule, Scope};

use super::random::{Random, mix};
use super::words::{Choice, Read, Sketch, Target, sketches};
use crate::model::{Event, Link, Span, Value};

pub const SERVICES: usize = 8;
/// Processes of each service. Each has a clock, an exporter and crashes of its own.
pub const REPLICAS: usize = 2;

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLISECOND;

/// Spans of a request, besides those that are counted.
const MOST_STEPS: usize = 14;

/// So many requests tell how long they are on average.
const TRIED: u64 = 1000;

/// One span of a request, as planned.
#[derive(Clone, Debug)]
struct Step {
    name: String,
    service: usize,
    /// An earlier step.
    parent: Option<usize>,
    /// In how many of a thousand requests it is there.
    chance: u64,
    reads: Vec<Read>,
    repeats: u64,
}

/// A kind of request.
#[derive(Clone, Debug)]
struct Kind {
    steps: Vec<Step>,
}

/// A span, and which process made it.
#[derive(Clone, Debug)]
pub struct Made {
    /// With true times; what a clock makes of them is another's.
    pub span: Span,
    pub process: usize,
}

/// A request that ran.
pub struct Request {
    pub spans: Vec<Made>,
    /// It took so long that its trace may be closed before its end.
    pub is_slow: bool,
}

pub struct Traffic {
    kinds: Vec<Kind>,
    random: Random,
    /// Spans of a request, on average.
    pub mean: f64,
}

impl Traffic {
    #[must_use]
    pub fn of(rules: &[Arc<Rule>], seed: u64) -> Traffic {
        let mut random = Random::of(seed, "kinds of requests");
        let drawn: Vec<Vec<Sketch>> = rules.iter().map(|rule| sketches(rule)).collect();
        let many = (2 * drawn.len()).max(12);
        let kinds = (0..many).map(|number| Kind::draw(&drawn, number, &mut random));
        let mut traffic = Traffic {
            kinds: kinds.collect(),
            random: Random::of(seed, "requests on trial"),
            mean: 0.0,
        };
        let spans: usize = (0..TRIED)
            .map(|serial| traffic.request(serial, SECOND).spans.len())
            .sum();
        traffic.mean = spans as f64 / TRIED as f64;
        traffic.random = Random::of(seed, "requests");
        traffic
    }

    /// The request number `serial`, which begins then.
    pub fn request(&mut self, serial: u64, begins: u64) -> Request {
        let random = &mut self.random;
        let kind = &self.kinds[random.index(self.kinds.len())];
        let is_slow = random.chance(8);
        let stretch = if is_slow { random.between(20, 400) } else { 1 };
        let run = Run {
            serial,
            trace: trace_id(serial),
            shared: format!("id-{}", serial % 977),
            replica: (mix(serial) >> 7) as usize % REPLICAS,
        };
        let mut spans: Vec<Made> = Vec::with_capacity(kind.steps.len());
        let mut ids: Vec<Option<usize>> = Vec::with_capacity(kind.steps.len());
        for step in &kind.steps {
            let parent = step.parent.map(|parent| ids[parent]);
            let is_there = parent.is_none() || random.chance(step.chance);
            let (Some(parent), true) = (parent.map_or(Some(None), |at| at.map(Some)), is_there)
            else {
                ids.push(None);
                continue;
            };
            ids.push(Some(spans.len()));
            let times = 1 + if step.repeats > 1 {
                random.below(step.repeats)
            } else {
                0
            };
            for _ in 0..times {
                let made = run.span(step, parent, begins, stretch, &spans, random);
                let end = made.span.end;
                spans.push(made);
                // Whoever waits for an answer ends later, and most do.
                if let Some(parent) = parent
                    && spans[parent].span.end < end
                    && random.chance(950)
                {
                    cover(&mut spans, parent, end + random.between(0, MILLISECOND));
                }
            }
        }
        let end = spans.iter().map(|made| made.span.end).max();
        Request {
            spans,
            is_slow: end.is_some_and(|end| end - begins > 3 * SECOND),
        }
    }
}

/// A span ends no earlier than then, and so do those above it.
fn cover(spans: &mut [Made], at: usize, end: u64) {
    let mut at = at;
    while spans[at].span.end < end {
        spans[at].span.end = end;
        let Some(id) = spans[at].span.parent else {
            return;
        };
        let Some(above) = spans.iter().position(|made| made.span.id == id) else {
            return;
        };
        at = above;
    }
}

#[must_use]
pub fn trace_id(serial: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mix(serial ^ 0x5157_0001).to_be_bytes());
    id[8..].copy_from_slice(&serial.to_be_bytes());
    id
}

impl Kind {
    fn draw(rules: &[Vec<Sketch>], number: usize, random: &mut Random) -> Kind {
        let mut wanted: Vec<Sketch> = Vec::new();
        if !rules.is_empty() {
            wanted.extend(rules[number % rules.len()].iter().cloned());
            for _ in 0..random.below(3) {
                wanted.extend(rules[random.index(rules.len())].iter().cloned());
            }
        }
        wanted.truncate(MOST_STEPS - 2);
        let fillers = random.between(1, 4) as usize;
        let mut steps: Vec<Step> = Vec::new();
        let root = wanted.iter().position(|sketch| sketch.is_root);
        let root = root.map(|at| wanted.remove(at)).unwrap_or_default();
        steps.push(Step::of(root, format!("GET /kind-{number}"), None, random));
        for at in 0..wanted.len().max(fillers) {
            let parent = Some(random.index(steps.len()));
            if at < fillers {
                let name = format!("step-{}", random.below(40));
                steps.push(Step::of(Sketch::default(), name, parent, random));
            }
            if at < wanted.len() {
                let parent = Some(random.index(steps.len()));
                let sketch = wanted[at].clone();
                let name = format!("step-{}", random.below(40));
                steps.push(Step::of(sketch, name, parent, random));
            }
        }
        Kind { steps }
    }
}

impl Step {
    fn of(sketch: Sketch, otherwise: String, parent: Option<usize>, random: &mut Random) -> Step {
        Step {
            name: sketch.name.map_or(otherwise, |name| name.to_string()),
            service: random.index(SERVICES),
            parent,
            chance: [1000, 980, 900, 600][random.index(4)],
            reads: sketch.reads,
            repeats: sketch.repeats,
        }
    }
}

/// What all spans of a request share.
struct Run {
    serial: u64,
    trace: [u8; 16],
    shared: String,
    replica: usize,
}

impl Run {
    fn span(
        &self,
        step: &Step,
        parent: Option<usize>,
        begins: u64,
        stretch: u64,
        before: &[Made],
        random: &mut Random,
    ) -> Made {
        let above = parent.map(|at| &before[at].span);
        // Siblings come one after the other, or side by side.
        let sibling = before
            .last()
            .filter(|made| made.span.parent == above.map(|one| one.id));
        let from = match (above, sibling) {
            (None, _) => begins,
            (Some(_), Some(sibling)) if random.chance(700) => sibling.span.end,
            (Some(above), _) => above.start,
        };
        let start = from + random.between(0, 4 * MILLISECOND) * stretch;
        let length = random.between(MILLISECOND / 4, 30 * MILLISECOND) * stretch;
        let mut span = Span {
            trace: self.trace,
            id: mix((self.serial << 8) | (before.len() as u64 + 1)).to_be_bytes(),
            parent: above.map(|above| above.id),
            name: step.name.clone(),
            kind: [1, 1, 2, 3][random.index(4)],
            start,
            end: start + length,
            status: i32::from(random.chance(30)) * 2,
            ..Span::default()
        };
        span.resource.push((
            "service.name".to_owned(),
            Value::Text(format!("service-{}", step.service)),
        ));
        for read in &step.reads {
            if random.chance(880) {
                self.set(&mut span, read, random);
            }
        }
        Made {
            span,
            process: step.service * REPLICAS + self.replica,
        }
    }

    fn set(&self, span: &mut Span, read: &Read, random: &mut Random) {
        let at = match random.chance(620) {
            true => 0,
            false => random.index(read.choices.len()),
        };
        let Some(choice) = read.choices.get(at) else {
            return;
        };
        let value = match choice {
            Choice::Value(value) => value.clone(),
            Choice::Shared if random.chance(920) => Value::Text(self.shared.clone()),
            Choice::Shared => Value::Text("id-other".to_owned()),
            Choice::Nanos(nanos) => {
                if read.target == Target::Intrinsic(Intrinsic::SpanDuration) {
                    span.end = span.start + nanos;
                }
                return;
            }
        };
        match &read.target {
            Target::Attribute(scope, key) => attribute(span, *scope, key, value),
            Target::Intrinsic(intrinsic) => of_intrinsic(span, *intrinsic, &value),
        }
    }
}

fn attribute(span: &mut Span, scope: Scope, key: &str, value: Value) {
    let of = match scope {
        Scope::Span | Scope::SpanThenResource => &mut span.attributes,
        Scope::Resource => &mut span.resource,
        Scope::Instrumentation => &mut span.scope.attributes,
        Scope::Event => &mut event(span).attributes,
        Scope::Link => {
            if span.links.is_empty() {
                span.links.push(Link::default());
            }
            &mut span.links[0].attributes
        }
    };
    match of.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) => *known = value,
        None => of.push((key.to_owned(), value)),
    }
}

fn event(span: &mut Span) -> &mut Event {
    if span.events.is_empty() {
        span.events.push(Event {
            time: span.start,
            ..Event::default()
        });
    }
    &mut span.events[0]
}

fn of_intrinsic(span: &mut Span, intrinsic: Intrinsic, value: &Value) {
    let Value::Text(text) = value else {
        return;
    };
    let among = |words: &[&str]| {
        words
            .iter()
            .position(|word| word == text)
            .map(|at| at as i32)
    };
    match intrinsic {
        Intrinsic::SpanName => span.name.clone_from(text),
        Intrinsic::SpanKind => {
            let kinds = [
                "unspecified",
                "internal",
                "server",
                "client",
                "producer",
                "consumer",
            ];
            span.kind = among(&kinds).unwrap_or(span.kind);
        }
        Intrinsic::SpanStatus => {
            span.status = among(&["unset", "ok", "error"]).unwrap_or(span.status);
        }
        Intrinsic::SpanStatusMessage => span.message.clone_from(text),
        Intrinsic::EventName => event(span).name.clone_from(text),
        Intrinsic::InstrumentationName => span.scope.name.clone_from(text),
        Intrinsic::InstrumentationVersion => span.scope.version.clone_from(text),
        _ => {}
    }
}
