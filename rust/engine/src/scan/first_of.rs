//! Fields of rule files and of the vocabulary: the first of several values that a span has, as it is, mapped, in part or
//! as the word for it.

use std::sync::{Arc, Mutex};

use betrace_lang::rule::{FirstOf, Intrinsic, ReadAt, Reading};
use hashbrown::HashMap;
use regex::bytes::{CaptureLocations, Regex};

use crate::predicate::pattern::compile_pattern;
use crate::value::{TextBuffer, Value, shortest_text};

/// Where the values of one field stand, the first choice first.
#[derive(Clone, Debug)]
pub(crate) struct FirstOfPlan(Box<[Choice]>);

#[derive(Clone, Debug)]
struct Choice {
    from: ValuePlace,
    /// Where what stands, so that the choice counts.
    proviso: Option<(ValuePlace, Box<[u8]>)>,
    made: Made,
}

/// Where one value stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ValuePlace {
    /// The span's, else the resource's.
    Attribute {
        span: u32,
        resource: u32,
    },
    /// Of the first event that has it.
    Event(u32),
    Intrinsic(Intrinsic),
}

/// What is made of a value.
#[derive(Clone, Debug)]
enum Made {
    AsItIs,
    Mapped(HashMap<Box<[u8]>, Box<[u8]>>),
    /// `None`: meets nothing; a checked rule has none such.
    Part(Option<PartPattern>),
    Word(Option<Regex>, Box<[u8]>),
}

/// A pattern with one group, and the room in which it notes where that stands: no span makes it anew.
#[derive(Clone, Debug)]
struct PartPattern {
    regex: Regex,
    places: Arc<Mutex<CaptureLocations>>,
}

impl PartPattern {
    fn new(regex: Regex) -> PartPattern {
        let places = Arc::new(Mutex::new(regex.capture_locations()));
        PartPattern { regex, places }
    }

    /// What the group meets, if it does.
    fn part<'v>(&self, text: &'v [u8]) -> Option<&'v [u8]> {
        match self.places.try_lock() {
            Ok(mut places) => self.read(&mut places, text),
            // Another thread reads a span at this moment.
            Err(_) => self.read(&mut self.regex.capture_locations(), text),
        }
    }

    fn read<'v>(&self, places: &mut CaptureLocations, text: &'v [u8]) -> Option<&'v [u8]> {
        self.regex.captures_read(places, text)?;
        let (start, end) = places.get(1)?;
        text.get(start..end)
    }
}

impl FirstOfPlan {
    /// `place` says where an origin stands.
    pub(crate) fn new(
        field: &FirstOf,
        mut place: impl FnMut(&ReadAt) -> ValuePlace,
    ) -> FirstOfPlan {
        let choices = field.of.iter().map(|one| Choice {
            from: place(&one.origin),
            proviso: one
                .proviso
                .as_ref()
                .map(|proviso| (place(&proviso.origin), proviso.text.as_bytes().into())),
            made: Made::new(&one.reading),
        });
        FirstOfPlan(choices.collect())
    }

    /// The first choice that has a value, once it is made of what `value` gives.
    pub(crate) fn read<'v>(&'v self, value: impl Fn(ValuePlace) -> Value<'v>) -> Value<'v> {
        let holds = |proviso: &(ValuePlace, Box<[u8]>)| match value(proviso.0) {
            Value::Text(text) => *text == *proviso.1,
            _ => false,
        };
        self.0
            .iter()
            .filter(|choice| choice.proviso.as_ref().is_none_or(holds))
            .map(|choice| choice.made.of(value(choice.from)))
            .find(|value| !value.is_missing())
            .unwrap_or(Value::Missing)
    }
}

fn built(pattern: &str) -> Option<Regex> {
    compile_pattern(pattern).ok()
}

impl Made {
    fn new(reading: &Reading) -> Made {
        match reading {
            Reading::AsItIs => Made::AsItIs,
            Reading::Mapped(table) => Made::Mapped(
                table
                    .iter()
                    .map(|(from, to)| (from.as_bytes().into(), to.as_bytes().into()))
                    .collect(),
            ),
            Reading::Part(pattern) => Made::Part(built(pattern).map(PartPattern::new)),
            Reading::Word { pattern, word } => Made::Word(built(pattern), word.as_bytes().into()),
        }
    }

    fn of<'v>(&'v self, value: Value<'v>) -> Value<'v> {
        match (self, value) {
            (Made::AsItIs, value) => value,
            (Made::Mapped(table), value) => shortest_text(value, &mut TextBuffer::new())
                .and_then(|text| table.get(text))
                .map_or(Value::Missing, |to| Value::Text(to)),
            (Made::Part(Some(pattern)), Value::Text(text)) => {
                pattern.part(text).map_or(Value::Missing, Value::Text)
            }
            (Made::Word(Some(pattern), word), Value::Text(text)) if pattern.is_match(text) => {
                Value::Text(word)
            }
            (Made::Part(_) | Made::Word(..), _) => Value::Missing,
        }
    }
}
