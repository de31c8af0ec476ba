//! Traffic to measure with: what a shop of thirty services sends, in the keys of today's semantic conventions.
//!
//! 240 span names, twelve attributes a span on average, strings to 300 bytes, events on one span in twenty,
//! the spans of 64 traces interleaved in each batch. The same seed gives the same bytes.
#![allow(dead_code, reason = "each test uses a part of it")]

pub mod rules;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

pub const NAMES: usize = 240;
pub const SERVICES: usize = 30;
pub const TRACES: u64 = 64;

/// xorshift64*
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn roll(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len() as u64) as usize]
    }
}

/// The name of the `index`th kind of operation.
pub fn name(index: usize) -> String {
    let things = [
        "cart", "order", "payment", "stock", "user", "invoice", "search", "email",
    ];
    let thing = things[index % things.len()];
    match index % 3 {
        0 => format!("GET /api/v1/{thing}s/{{id}}/part-{index}"),
        1 => format!("{thing}.process_{index}"),
        _ => format!("SELECT shop_{thing}_{index}"),
    }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    pair(key, any_value::Value::StringValue(value.into()))
}

fn int(key: &str, value: u64) -> KeyValue {
    pair(key, any_value::Value::IntValue(value as i64))
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn attributes(dice: &mut Dice, name: usize) -> Vec<KeyValue> {
    let hex = |dice: &mut Dice| format!("{:016x}", dice.next());
    let mut out = vec![
        int("thread.id", dice.roll(64)),
        text("user.id", format!("user-{}", dice.roll(5_000))),
        text("session.id", hex(dice)),
        text(
            "network.peer.address",
            format!("10.1.{}.{}", dice.roll(250), dice.roll(250)),
        ),
        int("network.peer.port", 1024 + dice.roll(60_000)),
    ];
    match name % 3 {
        0 => {
            let status = if dice.roll(50) == 0 { 503 } else { 200 };
            out.extend([
                text("http.request.method", dice.pick(&["GET", "POST", "PUT"])),
                text("url.path", format!("/api/v1/items/{}/{}", hex(dice), hex(dice))),
                text("http.route", self::name(name)),
                int("http.response.status_code", status),
                text("server.address", format!("svc-{}.shop.internal", dice.roll(30))),
                text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"),
                int("http.response.body.size", dice.roll(90_000)),
            ]);
        }
        1 => {
            out.extend([
                int("amount", dice.roll(3_000)),
                text("currency", dice.pick(&["USD", "EUR", "CHF"])),
                text("processor", dice.pick(&["stripe", "square", "adyen"])),
                pair("verified", any_value::Value::BoolValue(dice.roll(20) != 0)),
                text("code.function.name", "shop.orders.OrderService.process"),
                text("tenant", format!("tenant-{}", dice.roll(40))),
            ]);
        }
        _ => {
            let length = 40 + dice.roll(260) as usize;
            let query =
                "SELECT id, name, price FROM items WHERE shop = $1 AND price > $2 ORDER BY price, "
                    .repeat(4);
            out.extend([
                text("db.system.name", "postgresql"),
                text("db.namespace", "shop"),
                text(
                    "db.operation.name",
                    dice.pick(&["SELECT", "INSERT", "UPDATE"]),
                ),
                text(
                    "db.collection.name",
                    dice.pick(&["orders", "users", "stock"]),
                ),
                text("db.query.text", &query[..length]),
                int("db.response.returned_rows", dice.roll(500)),
                text("server.address", "db-0.shop.internal"),
                int("server.port", 5432),
            ]);
        }
    }
    out
}

fn span(dice: &mut Dice, traces: u64, name_index: usize) -> Span {
    let trace = 1 + traces * TRACES + dice.roll(TRACES);
    let start = 1_760_000_000_000_000_000 + dice.roll(1_000_000_000);
    let mut trace_id = vec![0x5a; 8];
    trace_id.extend(trace.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let parent = if dice.roll(12) == 0 {
        Vec::new()
    } else {
        dice.next().to_be_bytes().to_vec()
    };
    let events = if dice.roll(20) == 0 {
        vec![Event {
            time_unix_nano: start + 5,
            name: "exception".to_owned(),
            attributes: vec![
                text("exception.type", "java.io.IOException"),
                text(
                    "exception.message",
                    "connection reset by peer while reading the answer",
                ),
            ],
            ..Event::default()
        }]
    } else {
        Vec::new()
    };
    Span {
        trace_id,
        span_id: (dice.next() | 1).to_be_bytes().to_vec(),
        parent_span_id: parent,
        name: name(name_index),
        kind: 1 + dice.roll(5) as i32,
        start_time_unix_nano: start,
        end_time_unix_nano: start + dice.roll(80_000_000),
        attributes: attributes(dice, name_index),
        events,
        status: (dice.roll(4) == 0).then(|| Status {
            code: if dice.roll(10) == 0 { 2 } else { 1 },
            ..Status::default()
        }),
        flags: 257,
        ..Span::default()
    }
}

/// A batch of `spans` spans from ten services; `number` picks its traces.
pub fn batch(number: u64, spans: usize) -> ExportTraceServiceRequest {
    let mut dice = Dice::new(number + 1);
    let services = 10;
    let resource_spans = (0..services)
        .map(|index| {
            let service = dice.roll(SERVICES as u64);
            let count = spans / services + usize::from(index < spans % services);
            let spans = (0..count)
                .map(|_| {
                    let name = dice.roll(NAMES as u64) as usize;
                    span(&mut dice, number, name)
                })
                .collect();
            ResourceSpans {
                resource: Some(Resource {
                    attributes: vec![
                        text("service.name", format!("service-{service}")),
                        text("service.version", "2.14.0"),
                        text("deployment.environment.name", "production"),
                        text("host.name", format!("node-{}", dice.roll(20))),
                        text("k8s.pod.name", format!("pod-{}", dice.next())),
                        text("telemetry.sdk.name", "opentelemetry"),
                    ],
                    ..Resource::default()
                }),
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
            }
        })
        .collect();
    ExportTraceServiceRequest { resource_spans }
}
