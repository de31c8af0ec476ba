//! Clients that do not mean well: they can send whatever they like, and know the ids of what runs.

use super::COLLECTORS;
use super::fault::Fault;
use super::link::Message;
use super::mail::{self, Mail, owner};
use super::network::{Event, Network};
use super::random::{Random, mix};
use super::record::{Record, SpanAt};
use super::traffic::trace_id;
use super::weather::SECOND;

use crate::model::{Span, Value};
use crate::wire::encode;

/// Traces of a flood, one span each, for each span a second that is usual.
const FLOOD: u64 = 8;

/// Spans of a trace that has more than are looked at.
const OVERSIZE: u64 = 150;

/// Traces with such a number were made by nobody.
pub const NOBODY: u64 = 1 << 63;

pub fn act(network: &mut Network, random: &mut Random, mail: &mut [Mail]) {
    match random.below(8) {
        0 => {
            let bytes = (0..random.between(1, 400))
                .map(|_| random.draw() as u8)
                .collect();
            malformed(network, bytes, random, mail);
        }
        1 => {
            let bytes = forged(network.now, random);
            malformed(network, bytes, random, mail);
        }
        2 | 3 => differing_copy(network, random, mail),
        4 => foreign_span(network, 60, random, mail),
        5 => foreign_span(network, 4000, random, mail),
        6 => oversize(network, random, mail),
        _ => impossible_times(network, random, mail),
    }
}

fn malformed(network: &mut Network, bytes: Vec<u8>, random: &mut Random, mail: &mut [Mail]) {
    network.inject(Fault::Malformed);
    network.bytes(random.index(COLLECTORS), bytes, mail);
}

/// A violation that nobody gave, and a span without ids.
fn forged(now: u64, random: &mut Random) -> Vec<u8> {
    let mut forged = span(NOBODY, 1, now, random);
    forged.scope.name = "betrace".to_owned();
    forged.name = "betrace.violation".to_owned();
    let id = Value::Text("0".repeat(32));
    forged
        .attributes
        .push(("betrace.violation.id".to_owned(), id));
    let nobody = Span {
        trace: [0; 16],
        id: [0; 8],
        ..forged.clone()
    };
    encode([&forged, &nobody])
}

fn span(serial: u64, number: u64, now: u64, random: &mut Random) -> Span {
    Span {
        trace: trace_id(serial),
        id: mix((serial << 9) | 256 | number).to_be_bytes(),
        parent: Some([0xee; 8]),
        name: format!("step-{}", random.below(40)),
        kind: 1,
        start: now,
        end: now + random.below(SECOND / 10),
        resource: vec![(
            "service.name".to_owned(),
            Value::Text("somebody".to_owned()),
        )],
        ..Span::default()
    }
}

/// A trace that began a short while ago, and one of its spans.
fn recent<'m>(
    network: &Network,
    within: u64,
    random: &mut Random,
    mail: &'m mut [Mail],
) -> Option<(&'m mut Record, usize)> {
    let serial = network.serial.checked_sub(1 + random.below(within))?;
    let record = mail::record(mail, serial)?;
    let at = random.index(record.spans.len());
    (record.spans.len() < 60).then_some((record, at))
}

/// Adds a span to a trace, and sends it by itself.
fn add(network: &mut Network, serial: u64, span: Span, why: Fault, mail: &mut [Mail]) {
    let Some(record) = mail::record(mail, serial) else {
        return;
    };
    record.touch(why);
    record.spans.push(span);
    if !record.offsets.is_empty() {
        record.offsets.push(0);
    }
    record.under_way += 1;
    let at = (serial, record.spans.len() as u16 - 1);
    network.made.spans += 1;
    network.inject(why);
    let message = Message { spans: vec![at] };
    network.send(owner(serial), message, mail);
}

fn differing_copy(network: &mut Network, random: &mut Random, mail: &mut [Mail]) {
    let Some((record, at)) = recent(network, 60, random, mail) else {
        return;
    };
    let (serial, other) = (
        record.serial,
        record.spans[random.index(record.spans.len())].clone(),
    );
    let mut copy = record.spans[at].clone();
    copy.name = other.name;
    copy.attributes = other.attributes;
    add(network, serial, copy, Fault::DifferingCopy, mail);
}

fn foreign_span(network: &mut Network, within: u64, random: &mut Random, mail: &mut [Mail]) {
    let now = network.now;
    let Some((record, at)) = recent(network, within, random, mail) else {
        return;
    };
    let (serial, like) = (record.serial, record.spans[at].clone());
    let number = record.spans.len() as u64;
    let foreign = Span {
        name: like.name,
        attributes: like.attributes,
        parent: [None, Some(like.id), like.parent][random.index(3)],
        ..span(serial, number, now, random)
    };
    add(network, serial, foreign, Fault::ForeignSpan, mail);
}

/// A trace of spans that somebody sends at once.
fn trace(network: &mut Network, spans: Vec<Span>, why: Fault, mail: &mut [Mail]) {
    let serial = network.serial;
    let numbers = 0..spans.len() as u16;
    let mut record = Record {
        serial,
        under_way: spans.len() as u32,
        spans,
        ..Record::default()
    };
    record.touch(why);
    network.add(record, mail);
    network.inject(why);
    let all: Vec<SpanAt> = numbers.map(|number| (serial, number)).collect();
    for part in all.chunks(50) {
        let message = Message {
            spans: part.to_vec(),
        };
        network.send(owner(serial), message, mail);
    }
}

fn oversize(network: &mut Network, random: &mut Random, mail: &mut [Mail]) {
    let (serial, now) = (network.serial, network.now);
    let mut spans: Vec<Span> = Vec::new();
    for number in 0..OVERSIZE {
        let parent = spans.first().map(|root| root.id);
        spans.push(Span {
            parent,
            ..span(serial, number, now, random)
        });
    }
    trace(network, spans, Fault::Oversize, mail);
}

fn impossible_times(network: &mut Network, random: &mut Random, mail: &mut [Mail]) {
    let (serial, now) = (network.serial, network.now);
    let mut spans = Vec::new();
    for number in 0..3 {
        let mut one = span(serial, number, now, random);
        one.parent = spans.first().map(|root: &Span| root.id);
        (one.start, one.end) = [(0, 0), (now, 0), (u64::MAX, 1), (0, u64::MAX)][random.index(4)];
        spans.push(one);
    }
    trace(network, spans, Fault::ClockStep, mail);
}

/// Traces without number, each of a span that has no root.
pub fn flood(network: &mut Network, spans_a_second: u64, random: &mut Random, mail: &mut [Mail]) {
    let now = network.now;
    let many = FLOOD * spans_a_second;
    let mut messages: Vec<Vec<SpanAt>> = vec![Vec::new(); COLLECTORS];
    for number in 0..many {
        let serial = network.serial;
        let mut record = Record {
            serial,
            spans: vec![span(serial, 0, now, random)],
            under_way: 1,
            ..Record::default()
        };
        record.touch(Fault::Flood);
        network.add(record, mail);
        let collector = owner(serial);
        messages[collector].push((serial, 0));
        if messages[collector].len() == 100 {
            let spans = std::mem::take(&mut messages[collector]);
            let at = now + number * 2 * SECOND / many;
            network.think(at, Event::Arrives(collector, Message { spans }));
        }
    }
    for (collector, spans) in messages.into_iter().enumerate() {
        if !spans.is_empty() {
            let message = Message { spans };
            network.think(now + 2 * SECOND, Event::Arrives(collector, message));
        }
    }
}
