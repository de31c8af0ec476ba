//! A YAML file as a tree with places: only as much of YAML as finding rules in a configuration takes.

use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

/// Collections nested deeper than this are a fault.
const MAX_DEPTH: usize = 128;

#[derive(Debug)]
pub struct Fault {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

#[derive(Debug)]
pub struct Node {
    /// In bytes of the file.
    pub range: Range<usize>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Scalar {
        text: String,
        is_quoted: bool,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
    /// Aliases are not followed.
    Alias,
}

impl Node {
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub fn is_quoted(&self) -> bool {
        matches!(
            self.value,
            Value::Scalar {
                is_quoted: true,
                ..
            }
        )
    }

    /// Whether nothing is written there.
    pub fn is_nothing(&self) -> bool {
        !self.is_quoted() && matches!(self.text(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    pub fn is_sequence(&self) -> bool {
        matches!(self.value, Value::Sequence(_))
    }

    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// Whether this is a list or a mapping with nothing in it.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Sequence(elements) => elements.is_empty(),
            Value::Mapping(entries) => entries.is_empty(),
            Value::Scalar { .. } | Value::Alias => false,
        }
    }

    pub fn elements(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(elements) => elements,
            _ => &[],
        }
    }

    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// A key and its value.
    pub fn entry(&self, name: &str) -> Option<(&Node, &Node)> {
        let mut entries = self.entries().iter();
        let (key, value) = entries.find(|(key, _)| key.text() == Some(name))?;
        Some((key, value))
    }

    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, value)| value)
    }
}

/// The first document.
pub fn parse(text: &str) -> Result<Node, Fault> {
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        offsets,
    };
    loop {
        let (event, range, at) = reader.next()?;
        match event {
            Event::StreamEnd => return reader.fault(at, "the file is empty"),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => return reader.node(event, range, at, 0),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// Byte offset of each character.
    offsets: Vec<usize>,
}

type Read<'t> = (Event<'t>, Range<usize>, Marker);

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Read<'t>, Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let byte = |at: usize| self.offsets[at.min(self.offsets.len() - 1)];
                let range = byte(span.start.index())..byte(span.end.index());
                Ok((event, range, span.start))
            }
            Some(Err(error)) => self.fault(*error.marker(), error.info()),
            None => Ok((Event::StreamEnd, 0..0, Marker::default())),
        }
    }

    fn fault<T>(&self, at: Marker, message: &str) -> Result<T, Fault> {
        Err(Fault {
            line: at.line(),
            column: at.col() + 1,
            message: message.to_owned(),
        })
    }

    fn node(
        &mut self,
        event: Event<'t>,
        mut range: Range<usize>,
        at: Marker,
        depth: usize,
    ) -> Result<Node, Fault> {
        if depth > MAX_DEPTH {
            return self.fault(at, "nested too deeply");
        }
        let value = match event {
            Event::Scalar(text, style, ..) => Value::Scalar {
                text: text.into_owned(),
                is_quoted: style != ScalarStyle::Plain,
            },
            Event::SequenceStart(..) => {
                let mut elements = Vec::new();
                loop {
                    let (event, inner, at) = self.next()?;
                    if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                        range.end = range.end.max(inner.end);
                        break;
                    }
                    elements.push(self.node(event, inner, at, depth + 1)?);
                }
                Value::Sequence(elements)
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    let (event, inner, at) = self.next()?;
                    if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                        range.end = range.end.max(inner.end);
                        break;
                    }
                    let key = self.node(event, inner, at, depth + 1)?;
                    let (event, inner, at) = self.next()?;
                    entries.push((key, self.node(event, inner, at, depth + 1)?));
                }
                Value::Mapping(entries)
            }
            _ => Value::Alias,
        };
        Ok(Node { range, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_nest_to_their_deepest_and_are_a_fault_beyond() {
        let nested = |depth: usize| format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        let fault = parse(&nested(MAX_DEPTH + 1)).err().unwrap();
        assert_eq!(fault.message, "nested too deeply");
    }
}
