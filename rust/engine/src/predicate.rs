//! Conditions on one span, ready to be asked many times.
//!
//! A [`CompiledPredicate`] is a rule's [`Predicate`] with its fields numbered, its regular expressions and
//! search strings prepared and its long lists hashed. It reads values from anything that implements
//! [`Fields`], answers with a [`Truth`], and counts how often values were of unlike types.

pub(crate) mod fields;
pub(crate) mod list;
pub(crate) mod text;

use std::fmt;

use betrace_lang::rule::{
    BindingId, CompareOp, Field, FieldTest, Literal, Operand, Predicate, Term, TextOp,
};
use regex::bytes::{Regex, RegexBuilder};

use crate::logic::truth::Truth;
use crate::predicate::fields::{BoundSpans, FieldId, FieldTable, Fields, is_list};
use crate::predicate::list::LiteralSet;
use crate::predicate::text::{Needle, text_against, text_test};
use crate::value::{Compared, Value, compare, compare_literal};

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
pub struct CompiledPredicate(Formula);

#[derive(Clone, Debug)]
enum Formula {
    And(Box<[Formula]>),
    Or(Box<[Formula]>),
    Not(Box<Formula>),
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

impl CompiledPredicate {
    /// # Errors
    /// If a regular expression in it cannot be compiled.
    pub fn new(
        predicate: &Predicate,
        fields: &mut FieldTable,
    ) -> Result<CompiledPredicate, PatternError> {
        Formula::new(predicate, fields).map(CompiledPredicate)
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

impl Formula {
    fn fields(&self, found: &mut Vec<FieldId>) {
        match self {
            Formula::And(parts) | Formula::Or(parts) => {
                for part in parts {
                    part.fields(found);
                }
            }
            Formula::Not(part) => part.fields(found),
            Formula::Exists(source) => found.push(source.field),
            Formula::Test { field, test } => {
                found.push(field.field);
                if let Test::CompareField(_, right) | Test::TextField(_, right) = &**test {
                    found.push(right.field);
                }
            }
        }
    }

    fn new(predicate: &Predicate, fields: &mut FieldTable) -> Result<Formula, PatternError> {
        let mut all = |parts: &[Predicate]| {
            parts
                .iter()
                .map(|part| Formula::new(part, fields))
                .collect::<Result<Box<[Formula]>, PatternError>>()
        };
        Ok(match predicate {
            Predicate::And(parts) => Formula::And(all(parts)?),
            Predicate::Or(parts) => Formula::Or(all(parts)?),
            Predicate::Not(part) => Formula::Not(Box::new(Formula::new(part, fields)?)),
            Predicate::Compare { left, op, right } => {
                let test = match right {
                    Operand::Literal(literal) => Test::Compare(*op, literal.clone()),
                    Operand::Term(Term::Field(right)) => {
                        Test::CompareField(*op, Source::new(right, fields))
                    }
                };
                Formula::test(left, test, fields)
            }
            Predicate::In { left, values } => {
                Formula::test(left, Test::In(LiteralSet::new(values)), fields)
            }
            Predicate::Matches { left, pattern } => {
                Formula::test(left, Test::Matches(compile_pattern(pattern)?), fields)
            }
            Predicate::Text { op, left, right } => {
                let test = match right {
                    Operand::Literal(literal) => Test::Text(Box::new(Needle::new(*op, literal))),
                    Operand::Term(Term::Field(right)) => {
                        Test::TextField(*op, Source::new(right, fields))
                    }
                };
                Formula::test(left, test, fields)
            }
            Predicate::Asks { test, field } => {
                let exists = Formula::Exists(Source::new(field, fields));
                match test {
                    FieldTest::Exists => exists,
                    FieldTest::Missing => Formula::Not(Box::new(exists)),
                }
            }
        })
    }

    fn test(left: &Term, test: Test, fields: &mut FieldTable) -> Formula {
        let Term::Field(field) = left;
        Formula::Test {
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
            Formula::And(parts) => {
                let mut truth = Truth::TRUE;
                for part in parts {
                    truth = truth.and(part.eval(ask, unlike));
                    if truth == Truth::FALSE {
                        break;
                    }
                }
                truth
            }
            Formula::Or(parts) => {
                let mut truth = Truth::FALSE;
                for part in parts {
                    truth = truth.or(part.eval(ask, unlike));
                    if truth.is_true() {
                        break;
                    }
                }
                truth
            }
            Formula::Not(part) => part.eval(ask, unlike).not(),
            Formula::Exists(source) => ask.exists(*source),
            Formula::Test { field, test } if field.list => {
                Truth::from(ask.any(*field, &mut |value| test.eval(value, ask, unlike).is_true()))
            }
            Formula::Test { field, test } => test.eval(ask.value(*field), ask, unlike),
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

pub(crate) fn compile_pattern(pattern: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|fault| PatternError {
            pattern: pattern.to_owned(),
            message: fault.to_string(),
        })
}
