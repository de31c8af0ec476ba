//! A JSON value as a small tree, for the formats whose parts must be put together from several
//! places (Jaeger's processes stand behind its spans). Strings borrow from the text where they can.

use std::borrow::Cow;

use super::fault::Fault;
use super::scalar;
use super::string::Raw;
use super::token::{Cursor, Scalar};
use crate::traces::wire::write::Writer;

/// Values nested deeper than this are read as null, and noted with the cursor.
const MAX_DEPTH: u32 = 32;

#[derive(Clone, Debug, PartialEq)]
pub enum Tree<'a> {
    Null,
    Bool(bool),
    Number(Cow<'a, [u8]>),
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
        if depth >= MAX_DEPTH && matches!(cursor.peek(), Some(b'{' | b'[')) {
            let at = cursor.at();
            cursor.skip()?;
            cursor.odd(at, "a value nested too deeply, left out");
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
                Scalar::Number(digits) => Tree::Number(Cow::Borrowed(digits)),
                Scalar::Text(raw) if raw.escaped => Tree::Text(Cow::Owned(raw.unescape())),
                Scalar::Text(raw) => Tree::Text(Cow::Borrowed(raw.bytes)),
                Scalar::Null | Scalar::Nested => Tree::Null,
            }),
        }
    }

    /// The last member of that name, or null.
    #[must_use]
    pub fn get(&self, name: &str) -> &Tree<'a> {
        let Tree::Object(members) = self else {
            return &NOTHING;
        };
        members
            .iter()
            .rfind(|(key, _)| key == name.as_bytes())
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
    pub fn int(&self) -> Option<i64> {
        scalar::int(&self.scalar())
    }

    #[must_use]
    pub fn double(&self) -> Option<f64> {
        scalar::double(&self.scalar())
    }

    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        scalar::boolean(&self.scalar())
    }

    #[must_use]
    pub fn choice(&self, prefix: &str, names: &[&str]) -> Option<u64> {
        scalar::choice(&self.scalar(), prefix, names)
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Tree::Null
    }

    /// Appends what the value is, as the fields of an OTLP `AnyValue`.
    pub fn write_any(&self, w: &mut Writer) {
        match self {
            Tree::Null => {}
            Tree::Bool(value) => w.uint(2, u64::from(*value)),
            Tree::Number(digits) => {
                // Written as an integer: it is one. `3.0` was meant as a decimal.
                let whole: Option<i64> = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|d| d.parse().ok());
                if let Some(value) = whole {
                    w.uint(3, value.cast_unsigned());
                } else if let Some(value) = self.double() {
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
                    let pair = w.open_short(1);
                    w.bytes_field(1, key);
                    let inner = w.open_short(2);
                    value.write_any(w);
                    w.close_short(inner);
                    w.close_short(pair);
                }
                w.close_short(open);
            }
        }
    }
}
