//! Chance, and the attributes that spans of a kind carry, in the keys of today's semantic conventions: twelve on average,
//! texts of up to 300 bytes.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};

/// xorshift64*: the same seed gives the same traffic.
pub struct Dice(u64);

impl Dice {
    #[must_use]
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn roll(&mut self, bound: u64) -> u64 {
        (self.number() >> 16) % bound
    }

    pub fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len() as u64) as usize]
    }

    fn hex(&mut self) -> String {
        format!("{:016x}", self.number())
    }
}

pub(crate) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    pair(key, any_value::Value::StringValue(value.into()))
}

pub(crate) fn int(key: &str, value: u64) -> KeyValue {
    pair(key, any_value::Value::IntValue(value.cast_signed()))
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// What a trace is about, so that its spans agree.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    pub user: u64,
    pub amount: u64,
    pub order: u64,
    /// What the one who asked was answered.
    pub status: u64,
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";

/// What every span has.
fn common(dice: &mut Dice, story: Story) -> Vec<KeyValue> {
    vec![
        int("thread.id", dice.roll(64)),
        text("user.id", format!("user-{}", story.user)),
        text("session.id", dice.hex()),
        text(
            "network.peer.address",
            format!("10.1.{}.{}", dice.roll(250), dice.roll(250)),
        ),
        int("network.peer.port", 1024 + dice.roll(60_000)),
    ]
}

pub(crate) fn http(dice: &mut Dice, story: Story, route: &str) -> Vec<KeyValue> {
    let mut all = common(dice, story);
    let method = route.split(' ').next().unwrap_or("GET");
    all.extend([
        text("http.request.method", method),
        text(
            "url.path",
            format!("/api/v1/items/{}/{}", dice.hex(), dice.hex()),
        ),
        text("http.route", route.trim_start_matches(method).trim_start()),
        int("http.response.status_code", story.status),
        text(
            "server.address",
            format!("svc-{}.shop.internal", dice.roll(30)),
        ),
        text("user_agent.original", BROWSER),
        int("http.response.body.size", dice.roll(90_000)),
    ]);
    all
}

pub(crate) fn work(dice: &mut Dice, story: Story) -> Vec<KeyValue> {
    let mut all = common(dice, story);
    all.extend([
        int("amount", story.amount),
        text("currency", dice.pick(&["USD", "EUR", "CHF"])),
        text("processor", dice.pick(&["stripe", "square", "adyen"])),
        text("order.id", format!("order-{}", story.order)),
        pair("verified", any_value::Value::BoolValue(dice.roll(20) != 0)),
        text("code.function.name", "shop.orders.OrderService.process"),
        text("tenant", format!("tenant-{}", dice.roll(40))),
    ]);
    all
}

pub(crate) fn database(dice: &mut Dice, story: Story, operation: &str) -> Vec<KeyValue> {
    let mut all = common(dice, story);
    let length = 40 + dice.roll(260) as usize;
    let query = "SELECT id, name, price FROM items WHERE shop = $1 AND price > $2 ORDER BY price, ";
    all.extend([
        text("db.system.name", "postgresql"),
        text("db.namespace", "shop"),
        text("db.operation.name", operation),
        text(
            "db.collection.name",
            dice.pick(&["orders", "users", "stock"]),
        ),
        text("db.query.text", &query.repeat(4)[..length]),
        int("db.response.returned_rows", dice.roll(500)),
        text("server.address", "db-0.shop.internal"),
        int("server.port", 5432),
    ]);
    all
}
