//! Objects as Node.js prints them (`console.dir`), which the console exporter of OpenTelemetry for
//! JavaScript uses: JavaScript, not JSON. Each is rewritten as JSON and read; other lines of the
//! program's output are passed over. What Node.js cut off (`[Object]`, `... 3 more items`) cannot be read.

use crate::traces::at_line;
use crate::traces::out::Out;
use crate::traces::shape::console;
use crate::traces::source::{LineEnd, Source};
use crate::traces::text::token::Cursor;
use crate::traces::text::told::excerpt;
use crate::traces::text::tree::Tree;
use crate::traces::unreadable;
use crate::traces::wire::write::Writer;

/// The longest object that is taken for a span.
const MAX_OBJECT: usize = 4 << 20;

/// Reads to the end of the input.
pub fn read(source: &mut Source<'_>, out: &mut Out<'_>) {
    let mut object = Vec::new();
    let mut begun = None;
    let mut line = 1;
    loop {
        let (length, is_last) = match source.line_end(MAX_OBJECT) {
            Ok(LineEnd::Newline(length)) => (length, false),
            Ok(LineEnd::Input(length)) => (length, true),
            Ok(LineEnd::TooFar) => {
                out.broken(
                    at_line(line),
                    "a line that is too long to be one of a printed span",
                );
                return;
            }
            Err(error) => {
                out.broken(at_line(line), &unreadable(&error));
                continue;
            }
        };
        let text = &source.window()[..length];
        let trimmed = text.trim_ascii_end();
        if begun.is_none() && trimmed == b"{" {
            begun = Some(line);
            object.clear();
        }
        if let Some(first) = begun {
            object.extend_from_slice(text);
            object.push(b'\n');
            if trimmed == b"}" {
                begun = None;
                if let Err(message) = span(&object, first, out) {
                    out.broken(at_line(first), &message);
                }
            } else if object.len() > MAX_OBJECT {
                out.broken(
                    at_line(first),
                    "an object that is too long to be a printed span",
                );
                begun = None;
            }
        }
        source.take(length + usize::from(!is_last));
        line += 1;
        if is_last {
            break;
        }
    }
    if let Some(first) = begun {
        out.broken(at_line(first), "the object ends early");
    }
}

fn span(object: &[u8], line: u64, out: &mut Out<'_>) -> Result<(), String> {
    let json = as_json(object)?;
    let mut cursor = Cursor::new(&json);
    let tree = Tree::read(&mut cursor)
        .and_then(|tree| cursor.end().map(|()| tree))
        .map_err(|fault| format!("an object that is no span of JavaScript's: {}", fault.what))?;
    let mut writer = Writer::default();
    console::javascript(&tree, &mut writer)?;
    out.batch(writer.bytes(), at_line(line));
    Ok(())
}

/// Rewrites what `util.inspect` prints as JSON.
fn as_json(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut json = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\'' | b'"' | b'`' => {
                let joins = json.last() == Some(&b'+');
                if joins {
                    // A long text in parts: this one goes on where the last one ended.
                    json.truncate(json.len() - 2);
                } else {
                    json.push(b'"');
                }
                at = string(text, at, &mut json)?;
                json.push(b'"');
            }
            b'+' if json.last() == Some(&b'"') => {
                json.push(b'+');
                at += 1;
            }
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'.' if !json.last().is_some_and(u8::is_ascii_digit) => {
                return Err("an object that Node.js cut off: `... more items`".to_owned());
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' => {
                let length = text[at..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
                    .count();
                let word = &text[at..at + length];
                at += length;
                let next = text[at..].trim_ascii_start().first();
                match (word, next) {
                    (key, Some(b':')) => {
                        json.push(b'"');
                        json.extend_from_slice(key);
                        json.push(b'"');
                    }
                    // The name of a class.
                    (_, Some(b'{')) => {}
                    (b"undefined", _) => json.extend_from_slice(b"null"),
                    (b"true" | b"false" | b"null" | b"NaN" | b"Infinity", _) => {
                        json.extend_from_slice(word);
                    }
                    // The mark of a whole number of any length.
                    (b"n", _) if json.last().is_some_and(u8::is_ascii_digit) => {}
                    (other, _) => {
                        return Err(format!(
                            "an object that Node.js cut off: `{}`",
                            excerpt(other)
                        ));
                    }
                }
            }
            other => {
                json.push(other);
                at += 1;
            }
        }
    }
    Ok(json)
}

/// Copies the string that begins at `at`, its escapes as JSON's; where it ends.
fn string(text: &[u8], at: usize, json: &mut Vec<u8>) -> Result<usize, String> {
    let quote = text[at];
    let mut at = at + 1;
    let ends = || "the object ends inside a string".to_owned();
    loop {
        let byte = *text.get(at).ok_or_else(ends)?;
        at += 1;
        match byte {
            b'\\' => {
                let escape = *text.get(at).ok_or_else(ends)?;
                at += 1;
                match escape {
                    b'n' | b't' | b'r' | b'b' | b'f' | b'\\' => {
                        json.extend_from_slice(&[b'\\', escape]);
                    }
                    b'u' => json.extend_from_slice(b"\\u"),
                    b'x' => json.extend_from_slice(b"\\u00"),
                    b'"' => json.extend_from_slice(b"\\\""),
                    b'v' => json.extend_from_slice(b"\\u000b"),
                    other => json.push(other),
                }
            }
            byte if byte == quote => return Ok(at),
            b'"' => json.extend_from_slice(b"\\\""),
            b'\n' => json.extend_from_slice(b"\\n"),
            other => json.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_json() {
        for (printed, json) in [
            (
                "{ a: 1, 'b.c': [ 'x', \"it's\" ] }",
                r#"{"a":1,"b.c":["x","it's"]}"#,
            ),
            (
                "{ a: undefined, b: NaN, c: 5n, d: -0.5 }",
                r#"{"a":null,"b":NaN,"c":5,"d":-0.5}"#,
            ),
            (
                "Resource { a: 'say \"\\'\\n\\x1B' }",
                r#"{"a":"say \"'\n\u001B"}"#,
            ),
            ("{ a: 'one\\n' +\n    'two' }", r#"{"a":"one\ntwo"}"#),
        ] {
            let read =
                as_json(printed.as_bytes()).map(|json| String::from_utf8_lossy(&json).into_owned());
            assert_eq!(read.as_deref(), Ok(json), "{printed}");
        }
        for cut in [
            "{ a: [Object] }",
            "{ a: [ 1, ... 3 more items ] }",
            "{ a: 'x",
            "{ a: [Array] }",
        ] {
            assert!(as_json(cut.as_bytes()).is_err(), "{cut}");
        }
    }
}
