//! The traffic: a shop of thirty services and forty ways through it, of six kinds of spans each.
//!
//! A trace has some eight spans, which agree on user, order and amount, and come in the batches of a while: 64 traces begin
//! with every batch, and the spans of 256 lie interleaved in it, by service, as a batch processor leaves them. 240 names, twelve attributes a span on average,
//! texts to 300 bytes, events on one span in twenty; one trace in a hundred does something that a rule forbids. The same
//! seed gives the same bytes.

use std::collections::{BTreeMap, HashSet, VecDeque};

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use crate::attributes::{Dice, Story, database, http, int, text, work};
pub use crate::batch::Batch;

pub const WAYS: usize = 40;
pub const STEPS: usize = 6;
pub const NAMES: usize = WAYS * STEPS;
pub const SERVICES: usize = 30;
/// Traces that begin with every batch.
pub const TRACES: usize = 64;
/// In how many batches the spans of a trace come, as a rule.
const PARTS: usize = 4;

/// When the traffic begins, and how long a batch is, in nanoseconds: 1,000 traces a second.
pub const BEGIN: u64 = 1_760_000_001_000_000_000;
pub const BATCH: u64 = 64_000_000;

/// The name of a step on a way through the shop.
#[must_use]
pub fn name(way: usize, step: usize) -> String {
    const THINGS: [&str; 8] = [
        "cart", "order", "payment", "stock", "user", "invoice", "search", "email",
    ];
    let thing = THINGS[way % THINGS.len()];
    match step {
        0 => format!("POST /api/v1/{thing}s/{{id}}/part-{way}"),
        1 => format!("{thing}.process_{way}"),
        2 => format!("SELECT shop_{thing}_{way}"),
        3 => format!("GET /api/v1/{thing}s/{{id}}/state-{way}"),
        4 => format!("{thing}.verify_{way}"),
        _ => format!("INSERT audit_log_{way}"),
    }
}

/// What a trace does that some rule forbids.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    NotVerified,
    Failed,
    ManyQueries,
    Expensive,
}

/// Messages without end.
pub struct Shop {
    dice: Dice,
    /// In how many batches the spans of a trace come.
    parts: usize,
    number: u64,
    /// Spans to come, each with its service, by batch.
    ahead: VecDeque<Vec<(usize, Span)>>,
}

impl Shop {
    /// Of which each trace comes in four batches, with as many spans in every batch.
    #[must_use]
    pub fn steady(seed: u64) -> Shop {
        let mut shop = Shop::of_parts(seed, PARTS);
        for _ in 1..PARTS {
            shop.next();
        }
        shop
    }

    /// So many batches of such traffic, at least eight, that begin again where they end: what is left of the last traces then
    /// is in the first batches.
    #[must_use]
    pub fn cycle(seed: u64, batches: usize) -> Vec<Batch> {
        let mut shop = Shop::of_parts(seed, PARTS);
        let mut all: Vec<Vec<(usize, Span)>> = (0..batches).map(|_| shop.next_spans()).collect();
        let mut carried = HashSet::new();
        for (late, first) in shop.ahead.into_iter().zip(&mut all) {
            carried.extend(late.iter().map(|(_, span)| span.trace_id.clone()));
            first.extend(late);
        }
        let none = HashSet::new();
        let with_carried = |(number, spans)| {
            let carried = if number < PARTS - 1 { &carried } else { &none };
            Batch::new(by_service(spans), carried)
        };
        all.into_iter().enumerate().map(with_carried).collect()
    }

    /// Of which each trace comes in one batch.
    #[must_use]
    pub fn at_once(seed: u64) -> Shop {
        Shop::of_parts(seed, 1)
    }

    fn of_parts(seed: u64, parts: usize) -> Shop {
        Shop {
            dice: Dice::new(seed),
            parts,
            number: 0,
            ahead: VecDeque::new(),
        }
    }

    fn begin_trace(&mut self) {
        let dice = &mut self.dice;
        let way = dice.roll(WAYS as u64) as usize;
        let fault = match dice.roll(400) {
            0 => Fault::NotVerified,
            1 => Fault::Failed,
            2 => Fault::ManyQueries,
            3 => Fault::Expensive,
            _ => Fault::None,
        };
        let story = Story {
            user: dice.roll(5_000),
            amount: dice.roll(3_000) + 90_000 * u64::from(fault == Fault::Expensive),
            order: dice.roll(1_000_000),
            status: if fault == Fault::Failed { 503 } else { 200 },
        };
        let queries = match fault {
            Fault::ManyQueries => 25,
            _ => 1 + dice.roll(4) as usize,
        };
        let calls = dice.roll(4) as usize;
        let mut steps = vec![0, 1];
        steps.extend(std::iter::repeat_n(2, queries));
        steps.extend(std::iter::repeat_n(3, calls));
        if fault != Fault::NotVerified {
            steps.push(4);
        }
        steps.push(5);
        let trace = [dice.number().to_be_bytes(), dice.number().to_be_bytes()].concat();
        let start = BEGIN + self.number * BATCH + dice.roll(BATCH);
        let mut parents = [Vec::new(), Vec::new()];
        let count = steps.len();
        for (at, step) in steps.into_iter().enumerate() {
            let id = (dice.number() | 1).to_be_bytes().to_vec();
            // The root holds the work, and the work all else.
            let parent = parents[usize::from(step > 1)].clone();
            if step < 2 {
                parents[step].clone_from(&id);
            }
            let begin = start + (at as u64) * 2_000_000;
            let end = match step {
                0 | 1 => start + (count as u64 + 1 - step as u64) * 2_000_000,
                _ => begin + 100_000 + dice.roll(1_800_000),
            };
            let mut span = Span {
                trace_id: trace.clone(),
                span_id: id,
                parent_span_id: parent,
                start_time_unix_nano: begin,
                end_time_unix_nano: end,
                ..Span::default()
            };
            dress(&mut span, dice, story, way, step);
            let service = (way * 3 + if step < 3 { 0 } else { step * 7 }) % SERVICES;
            self.ahead[at * self.parts / count].push((service, span));
        }
    }
}

/// Name, kind, attributes, events and status of a step.
fn dress(span: &mut Span, dice: &mut Dice, story: Story, way: usize, step: usize) {
    span.name = name(way, step);
    (span.kind, span.attributes) = match step {
        0 => (2, http(dice, story, &span.name)),
        3 => (3, http(dice, story, &span.name)),
        2 => (3, database(dice, story, "SELECT")),
        5 => (3, database(dice, story, "INSERT")),
        _ => (1, work(dice, story)),
    };
    span.flags = 257;
    if story.status >= 500 && step < 2 {
        span.status = Some(Status {
            code: 2,
            ..Status::default()
        });
    }
    if dice.roll(20) == 0 {
        span.events.push(Event {
            time_unix_nano: span.start_time_unix_nano + 5,
            name: "exception".to_owned(),
            attributes: vec![
                text("exception.type", "java.io.IOException"),
                text(
                    "exception.message",
                    "connection reset by peer while reading the answer",
                ),
                int("exception.attempt", dice.roll(3)),
            ],
            ..Event::default()
        });
    }
}

fn resource(service: usize) -> Resource {
    Resource {
        attributes: vec![
            text("service.name", format!("service-{service}")),
            text("service.version", "2.14.0"),
            text("deployment.environment.name", "production"),
            text("host.name", format!("node-{}", service % 20)),
            text(
                "k8s.pod.name",
                format!("service-{service}-6f9c7d5b8-x2x{service}"),
            ),
            text("telemetry.sdk.name", "opentelemetry"),
        ],
        ..Resource::default()
    }
}

/// As a batch processor leaves them.
fn by_service(spans: Vec<(usize, Span)>) -> Vec<ResourceSpans> {
    let mut by_service: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
    for (service, span) in spans {
        by_service.entry(service).or_default().push(span);
    }
    let resources = by_service.into_iter();
    let resources = resources.map(|(service, spans)| ResourceSpans {
        resource: Some(resource(service)),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope {
                name: "io.opentelemetry.http".to_owned(),
                version: "1.42.0".to_owned(),
                ..InstrumentationScope::default()
            }),
            spans,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    });
    resources.collect()
}

impl Shop {
    fn next_spans(&mut self) -> Vec<(usize, Span)> {
        self.ahead.resize_with(self.parts, Vec::new);
        for _ in 0..TRACES {
            self.begin_trace();
        }
        self.number += 1;
        self.ahead.pop_front().unwrap_or_default()
    }
}

impl Iterator for Shop {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let spans = self.next_spans();
        Some(Batch::new(by_service(spans), &HashSet::new()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message;

    use super::*;

    fn spans(batch: &Batch) -> Vec<Span> {
        let request = ExportTraceServiceRequest::decode(batch.bytes()).unwrap_or_default();
        let scopes = request.resource_spans.into_iter();
        let scopes = scopes.flat_map(|one| one.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    #[test]
    fn the_traffic_is_what_its_description_says() {
        let batches = Shop::cycle(1, 12);
        let all: Vec<Span> = batches.iter().flat_map(spans).collect();
        let names: HashSet<&str> = all.iter().map(|span| &*span.name).collect();
        assert_eq!(names.len(), NAMES);
        let attributes: usize = all.iter().map(|span| span.attributes.len()).sum();
        assert_eq!((attributes + all.len() / 2) / all.len(), 12);
        let events = all.iter().filter(|span| !span.events.is_empty()).count();
        assert_eq!((events * 100 + all.len() / 2) / all.len(), 5);
        for batch in &batches {
            let spans = spans(batch);
            let traces: HashSet<&[u8]> = spans.iter().map(|span| &span.trace_id[..]).collect();
            assert!(traces.len() >= 3 * TRACES, "{}", traces.len());
            assert!((400..=600).contains(&spans.len()), "{}", spans.len());
        }
    }

    #[test]
    fn a_cycle_that_begins_again_goes_on_with_the_traces_of_the_one_before() {
        let mut batches = Shop::cycle(5, 8);
        let mut sizes: HashMap<Vec<u8>, usize> = HashMap::new();
        for round in 1..=3 {
            for batch in &mut batches {
                batch.renumber(round);
                for span in spans(batch) {
                    *sizes.entry(span.trace_id).or_default() += 1;
                }
            }
        }
        // Those of the last three batches of the last round are not over, nor were those before the first round all there.
        let open = 3 * TRACES;
        assert_eq!(sizes.len(), 3 * 8 * TRACES + open);
        let whole = sizes.values().filter(|size| **size >= 5).count();
        assert!(whole >= 3 * 8 * TRACES - 3 * TRACES, "{whole}");
    }

    #[test]
    fn renumbered_traces_are_others_and_their_spans_stay_together() {
        let Some(mut batch) = Shop::at_once(3).next() else {
            unreachable!("there is no end of batches");
        };
        let before = spans(&batch);
        batch.renumber(7);
        let after = spans(&batch);
        assert_eq!(before.len(), batch.spans());
        for (one, other) in before.iter().zip(&after) {
            assert_ne!(one.trace_id, other.trace_id);
            assert_eq!(
                (&one.span_id, &one.attributes),
                (&other.span_id, &other.attributes)
            );
        }
        let count = |spans: &[Span]| {
            let traces: HashSet<Vec<u8>> = spans.iter().map(|span| span.trace_id.clone()).collect();
            traces.len()
        };
        assert_eq!((count(&before), count(&after)), (TRACES, TRACES));
        batch.readdress(9, |number| [number as u8; 16]);
        let last = spans(&batch);
        assert_eq!(last[5].trace_id, [5; 16]);
        let ids: HashSet<&[u8]> = last.iter().map(|span| &span.span_id[..]).collect();
        let parents = last.iter().filter(|span| !span.parent_span_id.is_empty());
        assert!(
            parents
                .into_iter()
                .all(|span| ids.contains(&span.parent_span_id[..]))
        );
    }
}
