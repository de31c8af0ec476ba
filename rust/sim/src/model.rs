//! A span as a person would write it down: owned, complete, without a wire format.
//!
//! The oracle reads these, the generators make these, and [`crate::wire`] turns them into the OTLP
//! bytes that the engine reads. They serialise to readable JSON, one span a line in
//! `testdata/regressions`; whatever has its default value is left out.

use serde::{Deserialize, Serialize};

/// The value of an attribute, with every kind that OTLP knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// An `AnyValue` in which nothing is set.
    Empty,
    Text(String),
    Bool(bool),
    Int(i64),
    /// Through its bits, so that NaN and infinities survive JSON.
    Float(#[serde(with = "float_as_text")] f64),
    Array(Vec<Value>),
    Map(Vec<(String, Value)>),
    Bytes(Vec<u8>),
}

/// Keys may repeat and keep their order: of duplicates the first counts.
pub type Attributes = Vec<(String, Value)>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Span {
    #[serde(with = "hex16")]
    pub trace: [u8; 16],
    #[serde(with = "hex8")]
    pub id: [u8; 8],
    /// `None` on a root.
    #[serde(with = "hex8_option", skip_serializing_if = "Option::is_none")]
    pub parent: Option<[u8; 8]>,
    pub name: String,
    /// The number of OTLP's `SpanKind`.
    #[serde(skip_serializing_if = "is_zero")]
    pub kind: i32,
    /// Unix nanoseconds, as is `end`.
    pub start: u64,
    pub end: u64,
    /// The number of OTLP's `StatusCode`.
    #[serde(skip_serializing_if = "is_zero")]
    pub status: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Attributes,
    /// `service.name` among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Attributes,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// The instrumentation scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    pub name: String,
    pub version: String,
    pub attributes: Attributes,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    pub name: String,
    /// Unix nanoseconds.
    #[serde(skip_serializing_if = "is_never")]
    pub time: u64,
    pub attributes: Attributes,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// Zeros: none, as for `span`.
    #[serde(with = "hex16")]
    pub trace: [u8; 16],
    #[serde(with = "hex8")]
    pub span: [u8; 8],
    pub attributes: Attributes,
}

impl Scope {
    fn is_empty(&self) -> bool {
        *self == Scope::default()
    }
}

impl Span {
    /// The text of the resource's `service.name`, empty if there is none.
    #[must_use]
    pub fn service(&self) -> &str {
        match find(&self.resource, "service.name") {
            Some(Value::Text(name)) => name,
            _ => "",
        }
    }

    /// What makes two deliveries the same span: trace id, span id, kind and service.
    #[must_use]
    pub fn identity(&self) -> ([u8; 16], [u8; 8], i32, &str) {
        (self.trace, self.id, self.kind, self.service())
    }

    /// Whether both have one identity.
    #[must_use]
    pub fn is_copy_of(&self, other: &Span) -> bool {
        // Most pairs differ in their ids, and then nobody looks for their services.
        self.id == other.id && self.identity() == other.identity()
    }
}

/// The value under a key: of duplicates the first counts, and an empty value is none.
#[must_use]
pub fn find<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a Value> {
    let (_, value) = attributes.iter().find(|(name, _)| name == key)?;
    (*value != Value::Empty).then_some(value)
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}

fn is_never(time: &u64) -> bool {
    *time == 0
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        digits.push(char::from(DIGITS[usize::from(byte >> 4)]));
        digits.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    digits
}

/// The reverse of [`hex`], `None` unless it is exactly `N` bytes.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

macro_rules! hex_module {
    ($name:ident, $length:literal) => {
        mod $name {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            pub fn serialize<S: Serializer>(
                bytes: &[u8; $length],
                to: S,
            ) -> Result<S::Ok, S::Error> {
                to.serialize_str(&super::hex(bytes))
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<[u8; $length], D::Error> {
                let text = String::deserialize(from)?;
                super::unhex(&text).ok_or_else(|| D::Error::custom("an id in hex digits"))
            }
        }
    };
}
hex_module!(hex8, 8);
hex_module!(hex16, 16);

mod hex8_option {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &Option<[u8; 8]>, to: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => to.serialize_str(&super::hex(bytes)),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[u8; 8]>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| super::unhex(&text).ok_or_else(|| D::Error::custom("an id in hex digits")))
            .transpose()
    }
}

mod float_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{value:?}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}
