//! Conditions on one span, ready to be asked many times.
//!
//! A [`CompiledPredicate`] is a rule's [`Predicate`] with its fields numbered, its regular expressions and
//! search strings prepared and its long lists hashed. It reads values from anything that implements
//! [`Fields`], answers with a [`Truth`], and counts how often values were of unlike types.

pub(crate) mod fields;
pub(crate) mod list;

use std::fmt;

use betrace_lang::rule::{BindingId, CompareOp, Field, Literal, Operand, Predicate, TextOp};
use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use crate::logic::truth::Truth;
use crate::predicate::fields::{BoundSpans, FieldId, FieldTable, Fields, is_list};
use crate::predicate::list::LiteralSet;
use crate::value::{
    Compared, TextBuffer, Value, compare, compare_literal, literal_text, shortest_text,
};
use crate::wire::value::array_elements;

/// Compiled size of one regular expression, in bytes; above what the language itself allows.
const PATTERN_BYTES: usize = 10 << 20;

/// A regular expression that cannot be compiled; a checked rule has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    pub pattern: String,
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern {:?}: {}", self.pattern, self.message)
    }
}

impl std::error::Error for PatternError {}

/// A condition over fields of one field table.
#[derive(Clone, Debug)]
pub struct CompiledPredicate(Node);

#[derive(Clone, Debug)]
enum Node {
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Not(Box<Node>),
    /// A test of one field's value, or of each of its values.
    Test {
        field: Source,
        test: Box<Test>,
    },
    Exists(Source),
}

/// Where a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Source {
    binding: Option<BindingId>,
    field: FieldId,
    list: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(CompareOp, Literal),
    CompareField(CompareOp, Source),
    In(LiteralSet),
    Matches(Regex),
    Text(Box<Needle>),
    TextField(TextOp, Source),
}

#[derive(Clone, Debug)]
struct Needle {
    op: TextOp,
    /// `None`: a duration, which has no text.
    text: Option<Box<[u8]>>,
    finder: memmem::Finder<'static>,
    literal: Literal,
}

impl CompiledPredicate {
    /// # Errors
    /// If a regular expression in it cannot be compiled.
    pub fn new(
        predicate: &Predicate,
        fields: &mut FieldTable,
    ) -> Result<CompiledPredicate, PatternError> {
        Node::new(predicate, fields).map(CompiledPredicate)
    }

    /// What the predicate says of `span`; `unlike` grows by one for each comparison of unlike types.
    pub fn eval<F, B>(&self, span: &F, bound: &B, unlike: &mut u64) -> Truth
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        self.0.eval(&Ask { span, bound }, unlike)
    }
}

impl CompiledPredicate {
    /// Every field of the span itself that it reads.
    pub(crate) fn fields(&self) -> impl Iterator<Item = FieldId> {
        let mut found = Vec::new();
        self.0.fields(&mut found);
        found.into_iter()
    }
}

impl Node {
    fn fields(&self, found: &mut Vec<FieldId>) {
        match self {
            Node::And(parts) | Node::Or(parts) => {
                for part in parts {
                    part.fields(found);
                }
            }
            Node::Not(part) => part.fields(found),
            Node::Exists(source) => found.push(source.field),
            Node::Test { field, test } => {
                found.push(field.field);
                if let Test::CompareField(_, right) | Test::TextField(_, right) = &**test {
                    found.push(right.field);
                }
            }
        }
    }

    fn new(predicate: &Predicate, fields: &mut FieldTable) -> Result<Node, PatternError> {
        let mut all = |parts: &[Predicate]| {
            parts
                .iter()
                .map(|part| Node::new(part, fields))
                .collect::<Result<Box<[Node]>, PatternError>>()
        };
        Ok(match predicate {
            Predicate::And(parts) => Node::And(all(parts)?),
            Predicate::Or(parts) => Node::Or(all(parts)?),
            Predicate::Not(part) => Node::Not(Box::new(Node::new(part, fields)?)),
            Predicate::Compare { field, op, value } => {
                let test = match value {
                    Operand::Literal(literal) => Test::Compare(*op, literal.clone()),
                    Operand::Field(right) => Test::CompareField(*op, Source::new(right, fields)),
                };
                Node::test(field, test, fields)
            }
            Predicate::In { field, values } => {
                Node::test(field, Test::In(LiteralSet::new(values)), fields)
            }
            Predicate::Matches { field, pattern } => {
                Node::test(field, Test::Matches(compile_pattern(pattern)?), fields)
            }
            Predicate::Text { op, field, value } => {
                let test = match value {
                    Operand::Literal(literal) => Test::Text(Box::new(Needle::new(*op, literal))),
                    Operand::Field(right) => Test::TextField(*op, Source::new(right, fields)),
                };
                Node::test(field, test, fields)
            }
            Predicate::Exists(field) => Node::Exists(Source::new(field, fields)),
            Predicate::Missing(field) => {
                Node::Not(Box::new(Node::Exists(Source::new(field, fields))))
            }
        })
    }

    fn test(field: &Field, test: Test, fields: &mut FieldTable) -> Node {
        Node::Test {
            field: Source::new(field, fields),
            test: Box::new(test),
        }
    }

    fn eval<F, B>(&self, ask: &Ask<'_, F, B>, unlike: &mut u64) -> Truth
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        match self {
            Node::And(parts) => {
                let mut truth = Truth::TRUE;
                for part in parts {
                    truth = truth.and(part.eval(ask, unlike));
                    if truth == Truth::FALSE {
                        break;
                    }
                }
                truth
            }
            Node::Or(parts) => {
                let mut truth = Truth::FALSE;
                for part in parts {
                    truth = truth.or(part.eval(ask, unlike));
                    if truth.is_true() {
                        break;
                    }
                }
                truth
            }
            Node::Not(part) => part.eval(ask, unlike).not(),
            Node::Exists(source) => ask.exists(*source),
            Node::Test { field, test } if field.list => {
                Truth::from(ask.any(*field, &mut |value| test.eval(value, ask, unlike).is_true()))
            }
            Node::Test { field, test } => test.eval(ask.value(*field), ask, unlike),
        }
    }
}

impl Test {
    fn eval<F, B>(&self, value: Value<'_>, ask: &Ask<'_, F, B>, unlike: &mut u64) -> Truth
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        let compared = match self {
            Test::Compare(op, literal) => compare_literal(value, *op, literal),
            Test::In(set) => set.contains(value),
            Test::Matches(pattern) => text_test(value, |text| pattern.is_match(text)),
            Test::Text(needle) => needle.test(value),
            Test::CompareField(op, right) => {
                return ask.against(*right, unlike, |right| compare(value, *op, right));
            }
            Test::TextField(op, right) => {
                return ask.against(*right, unlike, |right| text_against(*op, value, right));
            }
        };
        count(compared, unlike)
    }
}

fn count(compared: Compared, unlike: &mut u64) -> Truth {
    *unlike += u64::from(compared.unlike);
    compared.truth
}

/// A span and what is bound beside it.
struct Ask<'s, F: ?Sized, B: ?Sized> {
    span: &'s F,
    bound: &'s B,
}

impl<F, B> Ask<'_, F, B>
where
    F: Fields + ?Sized,
    B: BoundSpans + ?Sized,
{
    fn value(&self, source: Source) -> Value<'_> {
        match source.binding {
            None => self.span.value(source.field),
            Some(binding) => self
                .bound
                .span(binding)
                .map_or(Value::Missing, |span| span.value(source.field)),
        }
    }

    fn any(&self, source: Source, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match source.binding {
            None => self.span.any(source.field, test),
            Some(binding) => self
                .bound
                .span(binding)
                .is_some_and(|span| span.any(source.field, test)),
        }
    }

    fn exists(&self, source: Source) -> Truth {
        if source.list {
            return Truth::from(self.any(source, &mut |_| true));
        }
        match self.value(source) {
            Value::Duration(None) => Truth::OPEN,
            value => Truth::from(!value.is_missing()),
        }
    }

    /// A test against a field on the right; against events or links it holds if it does for one of them.
    fn against(
        &self,
        right: Source,
        unlike: &mut u64,
        mut test: impl FnMut(Value<'_>) -> Compared,
    ) -> Truth {
        if right.list {
            return Truth::from(self.any(right, &mut |value| count(test(value), unlike).is_true()));
        }
        count(test(self.value(right)), unlike)
    }
}

impl Source {
    fn new(field: &Field, fields: &mut FieldTable) -> Source {
        Source {
            binding: match field {
                Field::Bound { binding, .. } => Some(*binding),
                _ => None,
            },
            field: fields.intern(field),
            list: is_list(field),
        }
    }
}

impl Needle {
    fn new(op: TextOp, literal: &Literal) -> Needle {
        let text = literal_text(literal);
        let finder = memmem::Finder::new(text.as_deref().unwrap_or(b"")).into_owned();
        Needle {
            op,
            text,
            finder,
            literal: literal.clone(),
        }
    }

    fn test(&self, value: Value<'_>) -> Compared {
        let Some(text) = &self.text else {
            return match value {
                Value::Missing => Compared::UNKNOWN,
                _ => Compared::UNLIKE,
            };
        };
        match (value, self.op) {
            (Value::Array(encoded), TextOp::Contains) => {
                Compared::known(array_elements(encoded).any(|element| {
                    compare_literal(element, CompareOp::Eq, &self.literal)
                        .truth
                        .is_true()
                        || text_equals(element, text)
                }))
            }
            _ => text_test(value, |value| match self.op {
                TextOp::Contains => self.finder.find(value).is_some(),
                TextOp::StartsWith => value.starts_with(text),
                TextOp::EndsWith => value.ends_with(text),
            }),
        }
    }
}

fn text_equals(value: Value<'_>, text: &[u8]) -> bool {
    shortest_text(value, &mut TextBuffer::new()) == Some(text)
}

/// A text operator whose right side is a field.
fn text_against(op: TextOp, left: Value<'_>, right: Value<'_>) -> Compared {
    if left.is_missing() || right.is_missing() {
        return Compared::UNKNOWN;
    }
    let mut buffer = TextBuffer::new();
    let Some(text) = shortest_text(right, &mut buffer) else {
        return without_text(right);
    };
    match (left, op) {
        (Value::Array(encoded), TextOp::Contains) => {
            Compared::known(array_elements(encoded).any(|element| {
                compare(element, CompareOp::Eq, right).truth.is_true() || text_equals(element, text)
            }))
        }
        _ => text_test(left, |left| match op {
            TextOp::Contains => memmem::find(left, text).is_some(),
            TextOp::StartsWith => left.starts_with(text),
            TextOp::EndsWith => left.ends_with(text),
        }),
    }
}

fn text_test(value: Value<'_>, test: impl FnOnce(&[u8]) -> bool) -> Compared {
    // Text is by far the usual case, and needs no room for digits.
    if let Value::Text(text) = value {
        return Compared::known(test(text));
    }
    match shortest_text(value, &mut TextBuffer::new()) {
        Some(text) => Compared::known(test(text)),
        None => without_text(value),
    }
}

/// NaN and infinities are numbers without a decimal; missing is missing; the rest is of an unlike type.
fn without_text(value: Value<'_>) -> Compared {
    match value {
        Value::Missing | Value::Float(_) => Compared::UNKNOWN,
        _ => Compared::UNLIKE,
    }
}

pub(crate) fn compile_pattern(pattern: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|fault| PatternError {
            pattern: pattern.to_owned(),
            message: fault.to_string(),
        })
}
