//! Fields of rule files: the first of several attributes that has a value, as it is, mapped or in part.

use betrace_lang::rule::{FirstOf, Reading};
use hashbrown::HashMap;
use regex::bytes::Regex;

use crate::scan::keys::KeyTable;
use crate::value::{TextBuffer, Value, shortest_text};

/// Compiled size of one regular expression, in bytes; above what the language itself allows.
const PATTERN_BYTES: usize = 10 << 20;

/// Where the attributes of one field stand, the first choice first.
#[derive(Clone, Debug)]
pub(crate) struct FirstOfPlan(Box<[Choice]>);

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub span: u32,
    pub resource: u32,
    made: Made,
}

/// What is made of a value.
#[derive(Clone, Debug)]
enum Made {
    AsItIs,
    Mapped(HashMap<Box<[u8]>, Box<[u8]>>),
    /// `None`: meets nothing; a checked rule has none such.
    Part(Option<Regex>),
}

impl FirstOfPlan {
    pub(crate) fn new(
        field: &FirstOf,
        span: &mut KeyTable,
        resource: &mut KeyTable,
    ) -> FirstOfPlan {
        let choices = field.of.iter().map(|one| Choice {
            span: span.intern(one.key.as_bytes()),
            resource: resource.intern(one.key.as_bytes()),
            made: match &one.reading {
                Reading::AsItIs => Made::AsItIs,
                Reading::Mapped(table) => Made::Mapped(
                    table
                        .iter()
                        .map(|(from, to)| (from.as_bytes().into(), to.as_bytes().into()))
                        .collect(),
                ),
                Reading::Part(pattern) => Made::Part(
                    regex::bytes::RegexBuilder::new(pattern)
                        .size_limit(PATTERN_BYTES)
                        .build()
                        .ok(),
                ),
            },
        });
        FirstOfPlan(choices.collect())
    }

    /// The first choice that has a value, once it is made of what `value` gives.
    pub(crate) fn read<'v>(&'v self, value: impl Fn(&Choice) -> Value<'v>) -> Value<'v> {
        self.0
            .iter()
            .map(|choice| choice.made.of(value(choice)))
            .find(|value| !value.is_missing())
            .unwrap_or(Value::Missing)
    }
}

impl Made {
    fn of<'v>(&'v self, value: Value<'v>) -> Value<'v> {
        match (self, value) {
            (Made::AsItIs, value) => value,
            (Made::Mapped(table), value) => shortest_text(value, &mut TextBuffer::new())
                .and_then(|text| table.get(text))
                .map_or(Value::Missing, |to| Value::Text(to)),
            (Made::Part(Some(pattern)), Value::Text(text)) => {
                let mut places = pattern.capture_locations();
                pattern
                    .captures_read(&mut places, text)
                    .and_then(|_| places.get(1))
                    .map_or(Value::Missing, |(start, end)| {
                        Value::Text(&text[start..end])
                    })
            }
            (Made::Part(_), _) => Value::Missing,
        }
    }
}
