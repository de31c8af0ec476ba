//! A JSON value as a small tree, for the formats whose parts must be put together from several
//! places (Jaeger's processes stand behind its spans). Strings borrow from the text where they can.

use std::borrow::Cow;

use super::scalar;
use super::text::Raw;
use super::token::{Cursor, Fault, Scalar};
use super::write::Writer;

/// Values nested deeper than this are read as null.
const MAX_DEPTH: u32 = 32;

#[derive(Clone, Debug, PartialEq)]
pub enum Tree<'a> {
    Null,
    Bool(bool),
    Number(&'a [u8]),
    Text(Cow<'a, [u8]>),
    List(Vec<Tree<'a>>),
    Object(Vec<(Vec<u8>, Tree<'a>)>),
}

/// What stands in for a missing member.
const NOTHING: Tree<'static> = Tree::Null;

impl<'a> Tree<'a> {
    pub fn read(cursor: &mut Cursor<'a>) -> Result<Tree<'a>, Fault> {
        Self::nested(cursor, 0)
    }

    fn nested(cursor: &mut Cursor<'a>, depth: u32) -> Result<Tree<'a>, Fault> {
        if depth >= MAX_DEPTH {
            cursor.skip()?;
            return Ok(Tree::Null);
        }
        match cursor.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                cursor.object(|cursor, key| {
                    members.push((key.to_vec(), Self::nested(cursor, depth + 1)?));
                    Ok(())
                })?;
                Ok(Tree::Object(members))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                cursor.array(|cursor| {
                    elements.push(Self::nested(cursor, depth + 1)?);
                    Ok(())
                })?;
                Ok(Tree::List(elements))
            }
            _ => Ok(match cursor.scalar()? {
                Scalar::Bool(value) => Tree::Bool(value),
                Scalar::Number(digits) => Tree::Number(digits),
                Scalar::Text(raw) if raw.escaped => Tree::Text(Cow::Owned(raw.unescape())),
                Scalar::Text(raw) => Tree::Text(Cow::Borrowed(raw.bytes)),
                Scalar::Null | Scalar::Nested => Tree::Null,
            }),
        }
    }

    /// The first member of that name, or null.
    #[must_use]
    pub fn get(&self, name: &str) -> &Tree<'a> {
        let Tree::Object(members) = self else {
            return &NOTHING;
        };
        members
            .iter()
            .find(|(key, _)| key == name.as_bytes())
            .map_or(&NOTHING, |(_, value)| value)
    }

    #[must_use]
    pub fn list(&self) -> &[Tree<'a>] {
        match self {
            Tree::List(elements) => elements,
            _ => &[],
        }
    }

    #[must_use]
    pub fn members(&self) -> &[(Vec<u8>, Tree<'a>)] {
        match self {
            Tree::Object(members) => members,
            _ => &[],
        }
    }

    #[must_use]
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    fn scalar(&self) -> Scalar<'_> {
        match self {
            Tree::Bool(value) => Scalar::Bool(*value),
            Tree::Number(digits) => Scalar::Number(digits),
            Tree::Text(text) => Scalar::Text(Raw {
                bytes: text,
                escaped: false,
            }),
            Tree::Null => Scalar::Null,
            Tree::List(_) | Tree::Object(_) => Scalar::Nested,
        }
    }

    #[must_use]
    pub fn uint(&self) -> Option<u64> {
        scalar::uint(&self.scalar())
    }

    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        scalar::boolean(&self.scalar())
    }

    /// Up to `2N` hex digits.
    #[must_use]
    pub fn id<const N: usize>(&self) -> Option<[u8; N]> {
        scalar::short_id(self.text()?)
    }

    /// Appends the OTLP attribute `key` with this value, read as Jaeger's type `kind` where one is
    /// named (`bool int64 float64 binary`). A value that does not fit its type stays as it is.
    pub fn write_attribute(&self, w: &mut Writer, field: u32, key: &[u8], kind: &[u8]) {
        let open = w.open_short(field);
        w.bytes_field(1, key);
        let value = w.open_short(2);
        if !self.write_typed(w, kind) {
            self.write_any(w);
        }
        w.close_short(value);
        w.close_short(open);
    }

    fn write_typed(&self, w: &mut Writer, kind: &[u8]) -> bool {
        let scalar = self.scalar();
        match kind {
            b"bool" => scalar::boolean(&scalar).map(|value| w.uint(2, u64::from(value))),
            b"int64" => scalar::int(&scalar).map(|value| w.uint(3, value.cast_unsigned())),
            b"float64" => scalar::double(&scalar).map(|value| w.fixed64(4, value.to_bits())),
            b"binary" => self.text().and_then(|text| {
                let mut bytes = Vec::new();
                scalar::base64(text, &mut bytes).then(|| w.bytes_field(7, &bytes))
            }),
            _ => None,
        }
        .is_some()
    }

    fn write_any(&self, w: &mut Writer) {
        match self {
            Tree::Null => {}
            Tree::Bool(value) => w.uint(2, u64::from(*value)),
            Tree::Number(digits) => {
                // Written as an integer: it is one. `3.0` was meant as a decimal.
                let whole = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|d| d.parse().ok());
                if let Some(value) = whole {
                    let value: i64 = value;
                    w.uint(3, value.cast_unsigned());
                } else if let Some(value) = scalar::double(&self.scalar()) {
                    w.fixed64(4, value.to_bits());
                }
            }
            Tree::Text(text) => w.bytes_field(1, text),
            Tree::List(elements) => {
                let open = w.open_short(5);
                for element in elements {
                    let value = w.open_short(1);
                    element.write_any(w);
                    w.close_short(value);
                }
                w.close_short(open);
            }
            Tree::Object(members) => {
                let open = w.open_short(6);
                for (key, value) in members {
                    value.write_attribute(w, 1, key, b"");
                }
                w.close_short(open);
            }
        }
    }
}
