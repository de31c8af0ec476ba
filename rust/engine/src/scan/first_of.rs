//! Fields of rule files and of the vocabulary: the first of several values that a span has, as it is, mapped, in part or
//! as the word for it.

use betrace_lang::rule::{FirstOf, Intrinsic, ReadAt, Reading};
use hashbrown::HashMap;
use regex::bytes::Regex;

use crate::predicate::pattern::compile_pattern;
use crate::scan::part::TextPart;
use crate::scan::slots::Signs;
use crate::value::{TextBuffer, Value, shortest_text};

/// Where the values of one field stand, the first choice first.
#[derive(Clone, Debug)]
pub(crate) struct FirstOfPlan {
    /// For each choice the signs without which it has no value. Most spans have none of most.
    asks: Box<[Asks]>,
    choices: Box<[Choice]>,
}

/// Signs of the slots of a span and of its resource, one of which has to be there.
#[derive(Clone, Copy, Debug)]
struct Asks {
    span: Signs,
    resource: Signs,
}

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
    Part(TextPart),
    /// `None`: meets nothing; a checked rule has none such.
    Word(Option<Regex>, Box<[u8]>),
}

impl Asks {
    /// Of what stands elsewhere than in attributes there is no sign.
    const NOTHING: Asks = Asks {
        span: Signs::ALWAYS,
        resource: Signs::NONE,
    };

    fn of(from: ValuePlace) -> Option<Asks> {
        match from {
            ValuePlace::Attribute { span, resource } => Some(Asks {
                span: Signs::of(span),
                resource: Signs::of(resource),
            }),
            ValuePlace::Event(_) | ValuePlace::Intrinsic(_) => None,
        }
    }

    #[inline]
    fn are_met(self, span: Signs, resource: Signs) -> bool {
        self.span.meet(span) || self.resource.meet(resource)
    }
}

impl FirstOfPlan {
    /// `place` says where an origin stands.
    pub(crate) fn new(
        field: &FirstOf,
        mut place: impl FnMut(&ReadAt) -> ValuePlace,
    ) -> FirstOfPlan {
        let choices: Box<[Choice]> = field
            .of
            .iter()
            .map(|one| Choice {
                from: place(&one.origin),
                proviso: one
                    .proviso
                    .as_ref()
                    .map(|proviso| (place(&proviso.origin), proviso.text.as_bytes().into())),
                made: Made::new(&one.reading),
            })
            .collect();
        let asks = choices.iter().map(|choice| {
            let of_proviso = || Asks::of(choice.proviso.as_ref()?.0);
            let asks = Asks::of(choice.from).or_else(of_proviso);
            asks.unwrap_or(Asks::NOTHING)
        });
        FirstOfPlan {
            asks: asks.collect(),
            choices,
        }
    }

    /// The first choice that has a value, once it is made of what `value` gives; with the signs of what the span and its
    /// resource have.
    #[inline]
    pub(crate) fn read<'v>(
        &'v self,
        span: Signs,
        resource: Signs,
        value: impl Fn(ValuePlace) -> Value<'v>,
    ) -> Value<'v> {
        for (asks, choice) in self.asks.iter().zip(&self.choices) {
            if !asks.are_met(span, resource) {
                continue;
            }
            let found = choice.read(&value);
            if !found.is_missing() {
                return found;
            }
        }
        Value::Missing
    }
}

impl Choice {
    fn read<'v>(&'v self, value: &impl Fn(ValuePlace) -> Value<'v>) -> Value<'v> {
        if let Some((at, wanted)) = &self.proviso
            && !matches!(value(*at), Value::Text(text) if *text == **wanted)
        {
            return Value::Missing;
        }
        match value(self.from) {
            Value::Missing => Value::Missing,
            value => self.made.of(value),
        }
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
            Reading::Part(pattern) => Made::Part(TextPart::new(pattern)),
            Reading::Word { pattern, word } => Made::Word(built(pattern), word.as_bytes().into()),
        }
    }

    fn of<'v>(&'v self, value: Value<'v>) -> Value<'v> {
        match (self, value) {
            (Made::AsItIs, value) => value,
            (Made::Mapped(table), value) => shortest_text(value, &mut TextBuffer::new())
                .and_then(|text| table.get(text))
                .map_or(Value::Missing, |to| Value::Text(to)),
            (Made::Part(part), Value::Text(text)) => {
                part.of(text).map_or(Value::Missing, Value::Text)
            }
            (Made::Word(Some(pattern), word), Value::Text(text)) if pattern.is_match(text) => {
                Value::Text(word)
            }
            (Made::Part(_) | Made::Word(..), _) => Value::Missing,
        }
    }
}
