//! Fields of OTLP JSON by what they hold. A value that is not what the field holds is left out and noted
//! with the cursor; null is nothing.

use crate::traces::text::fault::Fault;
use crate::traces::text::scalar::{choice, id, int, uint};
use crate::traces::text::string::Raw;
use crate::traces::text::token::{Cursor, Scalar};
use crate::traces::wire::write::Writer;

/// As [`Cursor::object`]; what is neither an object nor null is noted.
#[inline]
pub fn object(
    cursor: &mut Cursor<'_>,
    field: impl FnMut(&mut Cursor<'_>, &[u8]) -> Result<(), Fault>,
) -> Result<bool, Fault> {
    let at = cursor.at();
    let is_null = cursor.peek() == Some(b'n');
    let read = cursor.object(field)?;
    if !read && !is_null {
        odd(cursor, at, "not an object");
    }
    Ok(read)
}

/// As [`Cursor::array`]; what is neither an array nor null is noted.
#[inline]
pub fn array(
    cursor: &mut Cursor<'_>,
    element: impl FnMut(&mut Cursor<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let at = cursor.at();
    let is_null = cursor.peek() == Some(b'n');
    if !cursor.array(element)? && !is_null {
        odd(cursor, at, "not an array");
    }
    Ok(())
}

/// A string, or null; anything else is noted.
#[inline]
pub fn raw<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Raw<'a>>, Fault> {
    let at = cursor.at();
    let is_null = cursor.peek() == Some(b'n');
    let raw = cursor.text()?;
    if raw.is_none() && !is_null {
        odd(cursor, at, "not text");
    }
    Ok(raw)
}

/// A scalar as `parse` reads it, or null; anything else is noted as not being `what`.
#[inline]
pub fn read<T>(
    cursor: &mut Cursor<'_>,
    what: &str,
    parse: impl FnOnce(&Scalar<'_>) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let at = cursor.at();
    let scalar = cursor.scalar()?;
    let value = parse(&scalar);
    if value.is_none() && scalar != Scalar::Null {
        odd(cursor, at, &format!("not {what}"));
    }
    Ok(value)
}

#[cold]
pub fn odd(cursor: &mut Cursor<'_>, at: usize, what: &str) {
    let message = format!("{what}: `{}`", cursor.excerpt(at));
    cursor.odd(at, message);
}

pub fn text(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    if let Some(raw) = raw(cursor)? {
        if raw.escaped {
            w.filled(field, |out| raw.unescape_into(out));
        } else {
            w.bytes_field(field, raw.bytes);
        }
    }
    Ok(())
}

/// Whether there was an id that could be read.
pub fn id_field<const N: usize>(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
) -> Result<bool, Fault> {
    let at = cursor.at();
    let found = cursor.text()?.and_then(id::<N>).filter(|id| *id != [0; N]);
    match found {
        Some(id) => w.bytes_field(field, &id),
        None => odd(cursor, at, &format!("not an id of {} hex digits", 2 * N)),
    }
    Ok(found.is_some())
}

/// A parent that cannot be read is still a parent: such a span is an orphan, never a root.
pub fn parent(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let at = cursor.at();
    let Some(raw) = raw(cursor)? else {
        return Ok(());
    };
    if raw.bytes.is_empty() {
        return Ok(());
    }
    let id = id::<8>(raw).unwrap_or_else(|| {
        odd(cursor, at, "a parent that is no id of 16 hex digits");
        let mut unknown = [0xff; 8];
        for (byte, &given) in unknown.iter_mut().zip(raw.bytes) {
            *byte = given;
        }
        unknown
    });
    w.bytes_field(4, &id);
    Ok(())
}

/// Whether it was a time, or nothing.
pub fn time(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<bool, Fault> {
    let at = cursor.at();
    let scalar = cursor.scalar()?;
    match uint(&scalar) {
        Some(value) => w.fixed64(field, value),
        None if scalar == Scalar::Null => {}
        None => {
            odd(cursor, at, "not a time in nanoseconds since 1970");
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn count(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    let parse = |scalar: &Scalar<'_>| uint(scalar).and_then(|value| u32::try_from(value).ok());
    if let Some(value) = read(cursor, "a count of 32 bits", parse)? {
        w.uint(field, u64::from(value));
    }
    Ok(())
}

pub fn flags(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    let parse = |scalar: &Scalar<'_>| uint(scalar).and_then(|value| u32::try_from(value).ok());
    if let Some(value) = read(cursor, "flags of 32 bits", parse)? {
        w.fixed32(field, value);
    }
    Ok(())
}

pub fn enumeration(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
    prefix: &str,
    names: &[&str],
) -> Result<(), Fault> {
    // Enums are open: numbers without a name stay, below zero too.
    let parse = |scalar: &Scalar<'_>| match int(scalar) {
        Some(value) => i32::try_from(value)
            .ok()
            .map(|v| i64::from(v).cast_unsigned()),
        None => choice(scalar, prefix, names),
    };
    if let Some(value) = read(cursor, "a name or a number of the enumeration", parse)? {
        w.uint(field, value);
    }
    Ok(())
}
