//! Attributes of OTLP JSON: keys with values of a named type, nested or not.

use super::otlp_field::{array, object, odd, raw, read, text};
use crate::traces::text::fault::Fault;
use crate::traces::text::scalar::{base64, boolean, double, int, whole};
use crate::traces::text::token::Cursor;
use crate::traces::wire::write::Writer;

/// Arrays and maps nested deeper than this inside an attribute are left out: each level is two
/// messages, and common protobuf decoders stop at a hundred.
const MAX_VALUE_DEPTH: u32 = 32;

/// An array of `{"key": …, "value": …}`.
pub fn attributes(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    array(cursor, |cursor| {
        let at = cursor.at();
        if usual(cursor, w, field).is_some() {
            return Ok(());
        }
        cursor.back_to(at);
        key_value(cursor, w, field, 0)
    })
}

/// An attribute as nearly all are written: without white space or escapes, its key first, its value a text, a whole number that
/// is not below zero, or a truth. `None`: it is another one, and nothing was written.
#[inline]
fn usual(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Option<()> {
    let next = |cursor: &mut Cursor<'_>, text: &[u8]| cursor.takes(text).then_some(());
    next(cursor, b"{\"key\":\"")?;
    let key = cursor.plain_text()?;
    next(cursor, b",\"value\":{\"")?;
    if cursor.takes(b"stringValue\":\"") {
        let text = cursor.plain_text()?;
        next(cursor, b"}}")?;
        w.text_attribute(field, key, text);
    } else if cursor.takes(b"intValue\":\"") {
        let number = whole(cursor.plain_text()?).filter(|number| i64::try_from(*number).is_ok())?;
        next(cursor, b"}}")?;
        w.short_attribute(field, key, |w| w.uint(3, number));
    } else {
        next(cursor, b"boolValue\":")?;
        let is_true = cursor.takes(b"true}}");
        if !is_true {
            next(cursor, b"false}}")?;
        }
        w.short_attribute(field, key, |w| w.uint(2, u64::from(is_true)));
    }
    Some(())
}

fn key_value(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32, depth: u32) -> Result<(), Fault> {
    let at = cursor.at();
    let mark = w.len();
    let open = w.open_short(field);
    let mut has_key = false;
    let mut is_strange = false;
    let read = object(cursor, |cursor, key| match key {
        b"key" => {
            has_key = true;
            text(cursor, w, 1)
        }
        b"value" => {
            let open = w.open_short(2);
            any_value(cursor, w, depth)?;
            w.close_short(open);
            Ok(())
        }
        _ => {
            is_strange = true;
            cursor.skip()
        }
    })?;
    // An empty key is left out by some writers.
    if read && (has_key || !is_strange) {
        w.close_short(open);
        return Ok(());
    }
    w.truncate(mark);
    if read {
        odd(cursor, at, "an attribute without a `key`");
    }
    Ok(())
}

fn any_value(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<(), Fault> {
    let at = cursor.at();
    if depth >= MAX_VALUE_DEPTH {
        cursor.skip()?;
        odd(cursor, at, "a value nested too deeply");
        return Ok(());
    }
    let mut is_known = true;
    object(cursor, |cursor, key| match key {
        b"stringValue" | b"string_value" => text(cursor, w, 1),
        b"boolValue" | b"bool_value" => {
            if let Some(value) = read(cursor, "true or false", boolean)? {
                w.uint(2, u64::from(value));
            }
            Ok(())
        }
        b"intValue" | b"int_value" => {
            if let Some(value) = read(cursor, "a whole number", int)? {
                w.uint(3, value.cast_unsigned());
            }
            Ok(())
        }
        b"doubleValue" | b"double_value" => {
            if let Some(value) = read(cursor, "a number", double)? {
                w.fixed64(4, value.to_bits());
            }
            Ok(())
        }
        b"arrayValue" | b"array_value" => list(cursor, w, 5, |cursor, w| {
            let open = w.open_short(1);
            any_value(cursor, w, depth + 1)?;
            w.close_short(open);
            Ok(())
        }),
        b"kvlistValue" | b"kvlist_value" => {
            list(cursor, w, 6, |cursor, w| key_value(cursor, w, 1, depth + 1))
        }
        b"bytesValue" | b"bytes_value" => bytes(cursor, w, 7),
        _ => {
            is_known = false;
            cursor.skip()
        }
    })?;
    if !is_known {
        odd(cursor, at, "a value of no known type");
    }
    Ok(())
}

fn bytes(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    let at = cursor.at();
    let Some(raw) = raw(cursor)? else {
        return Ok(());
    };
    let mark = w.len();
    let mut whole = true;
    w.filled(field, |out| whole = base64(&raw.unescape(), out));
    if !whole {
        w.truncate(mark);
        odd(cursor, at, "not base64");
    }
    Ok(())
}

/// `{"values": […]}`, or `null`, which says nothing.
fn list(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
    mut element: impl FnMut(&mut Cursor<'_>, &mut Writer) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open_short(field);
    let read = object(cursor, |cursor, key| match key {
        b"values" => array(cursor, |cursor| element(cursor, w)),
        _ => cursor.skip(),
    })?;
    if read {
        w.close_short(open);
    } else {
        w.truncate(mark);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (Vec<u8>, bool) {
        let mut writer = Writer::default();
        let mut cursor = Cursor::new(text.as_bytes());
        let is_read = attributes(&mut cursor, &mut writer, 9).is_ok() && cursor.end().is_ok();
        (writer.bytes().to_vec(), is_read)
    }

    /// White space keeps an attribute from being read in one piece.
    #[test]
    fn what_is_read_in_one_piece_is_written_as_what_is_not() {
        let long = "x".repeat(300);
        let texts = [
            "",
            "a",
            &long[..117],
            &long[..118],
            &long[..127],
            &long,
            "\\n\\u00e9",
            "\\",
        ];
        let mut values: Vec<String> = texts
            .iter()
            .map(|text| format!(r#""stringValue":"{text}""#))
            .collect();
        let numbers = [
            "0",
            "127",
            "-1",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999",
            "",
            "x",
            "1 ",
        ];
        values.extend(
            numbers
                .iter()
                .map(|number| format!(r#""intValue":"{number}""#)),
        );
        values.extend(
            ["true", "false", "\"true\"", "truth", "null"]
                .map(|value| format!(r#""boolValue":{value}"#)),
        );
        values.extend(
            [
                r#""intValue":7"#,
                r#""doubleValue":0.5"#,
                r#""stringValue":"a","stringValue":"b""#,
                "",
            ]
            .map(str::to_owned),
        );
        for key in ["", "k", &long[..130], "\\t"] {
            for value in &values {
                for end in ["}}", r#"},"more":1}"#, "}", "}}x"] {
                    let whole = format!(r#"[{{"key":"{key}","value":{{{value}{end}]"#);
                    let spaced = whole.replacen(':', ": ", 1);
                    assert_eq!(written(&whole), written(&spaced), "{whole}");
                }
            }
        }
    }
}
