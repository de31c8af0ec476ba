//! Conditions on one span, ready to be asked many times.
//!
//! A [`CompiledPredicate`] is a rule's [`Predicate`] with its fields numbered, its regular expressions and
//! search strings prepared and its long lists hashed. It reads values from anything that implements
//! [`Fields`], answers with a [`Truth`], and counts how often values were of unlike types.

pub(crate) mod elements;
pub(crate) mod fields;
pub(crate) mod list;
pub(crate) mod pattern;
pub(crate) mod reading;
pub(crate) mod reckoning;
pub(crate) mod source;
pub(crate) mod test;
pub(crate) mod text;

use betrace_lang::rule::{
    CompareOp, Field, FieldTest, ListSource, Operand, Predicate, Quantifier, Term,
};

use crate::logic::truth::Truth;
use crate::predicate::fields::{BoundSpans, FieldId, FieldTable, Fields};
use crate::predicate::list::LiteralSet;
use crate::predicate::pattern::Pattern;
use crate::predicate::reading::Reading;
use crate::predicate::reckoning::{Reckoning, is_amount};
use crate::predicate::source::{Ask, Source, count};
use crate::predicate::test::{Test, ValueTest};
use crate::predicate::text::Needle;
use crate::value::{Compared, Value};

pub use crate::predicate::pattern::PatternError;

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
        left: Source,
        test: Box<Test>,
    },
    /// A test of each element of an array.
    Each {
        left: Source,
        quantifier: Quantifier,
        is_negated: bool,
        test: Box<Test>,
    },
    /// A comparison of what is reckoned with.
    Reckons(Box<Reckoning>),
    Exists(Source),
    /// One event or link makes it true.
    Item {
        /// A field of them that it reads, which tells whose they are.
        of: FieldId,
        filter: Box<Formula>,
    },
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
        let item = None;
        self.0.eval(&Ask { span, bound, item }, unlike)
    }
}

impl CompiledPredicate {
    /// The field whose one value it tests as it is, and by what, if that is all.
    pub(crate) fn single(&self) -> Option<(FieldId, &ValueTest)> {
        match &self.0 {
            Formula::Test { left, test } if left.is_plain() => match &**test {
                Test::OfValue(test) => Some((left.field, test)),
                _ => None,
            },
            _ => None,
        }
    }

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
            Formula::Item { filter, .. } => filter.fields(found),
            Formula::Reckons(reckoning) => reckoning.fields(found),
            Formula::Test { left, test } | Formula::Each { left, test, .. } => {
                found.push(left.field);
                if let Test::CompareField(_, right)
                | Test::TextField(_, right)
                | Test::Among(_, right) = &**test
                {
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
            Predicate::Compare { left, op, right } => Formula::compare(left, *op, right, fields),
            Predicate::In { left, list } => {
                let test = match list {
                    ListSource::Literals(values) => {
                        Test::OfValue(ValueTest::In(LiteralSet::new(values)))
                    }
                    ListSource::Field(list) => {
                        Test::Among(Reading::of(left), Source::new(list, fields))
                    }
                };
                Formula::test(left, test, fields)
            }
            Predicate::Each { quantifier, of } => Formula::each(*quantifier, of, fields)?,
            Predicate::Matches { left, pattern } => {
                let pattern = Box::new(Pattern::new(pattern)?);
                Formula::test(left, Test::OfValue(ValueTest::Matches(pattern)), fields)
            }
            Predicate::Text { op, left, right } => {
                let test = match right {
                    Operand::Literal(literal) => {
                        let needle = Box::new(Needle::new(*op, literal));
                        Test::OfValue(ValueTest::Text(needle))
                    }
                    Operand::Term(right) => match Source::of_term(right, fields) {
                        Some(right) => Test::TextField(*op, right),
                        None => Test::OfValue(ValueTest::Unlike),
                    },
                };
                Formula::test(left, test, fields)
            }
            Predicate::Item { scope, filter } => {
                let of = |field: &&&Field| field.item() == Some(*scope);
                match filter.reads().iter().find(of) {
                    Some(field) => Formula::Item {
                        of: fields.intern(field),
                        filter: Box::new(Formula::new(filter, fields)?),
                    },
                    // A checked condition on an event reads the event.
                    None => Formula::Or(Box::default()),
                }
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

    fn compare(left: &Term, op: CompareOp, right: &Operand, fields: &mut FieldTable) -> Formula {
        let is_reckoned = match right {
            Operand::Literal(_) => is_amount(left),
            Operand::Term(right) => is_amount(left) || is_amount(right),
        };
        if is_reckoned {
            return Formula::Reckons(Box::new(Reckoning::new(left, op, right, fields)));
        }
        let test = match right {
            Operand::Literal(literal) => Test::OfValue(ValueTest::Compare(op, literal.clone())),
            Operand::Term(right) => match Source::of_term(right, fields) {
                Some(right) => Test::CompareField(op, right),
                None => Test::OfValue(ValueTest::Unlike),
            },
        };
        Formula::test(left, test, fields)
    }

    fn each(
        quantifier: Quantifier,
        of: &Predicate,
        fields: &mut FieldTable,
    ) -> Result<Formula, PatternError> {
        let (of, is_negated) = match of {
            Predicate::Not(of) => (&**of, true),
            of => (of, false),
        };
        Ok(match Formula::new(of, fields)? {
            Formula::Test { left, test } => Formula::Each {
                left,
                quantifier,
                is_negated,
                test,
            },
            // A checked rule has none.
            other => other,
        })
    }

    /// Of what is reckoned with every other test is unknown; a checked rule has none.
    fn test(left: &Term, test: Test, fields: &mut FieldTable) -> Formula {
        let (left, test) = match Source::of_term(left, fields) {
            Some(left) => (left, test),
            None => match left.reads().first() {
                Some(field) => (Source::new(field, fields), Test::OfValue(ValueTest::Unlike)),
                None => return Formula::Or(Box::default()),
            },
        };
        Formula::Test {
            left,
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
            Formula::Reckons(reckoning) => reckoning.eval(ask, unlike),
            Formula::Item { of, filter } => {
                let mut found = Truth::FALSE;
                for index in 0..ask.span.items(*of) {
                    let one = filter.eval(&ask.of_item(index), unlike);
                    if one.is_true() {
                        return Truth::TRUE;
                    }
                    if one.may_be_true() {
                        found = Truth::OPEN;
                    }
                }
                found
            }
            Formula::Each {
                left,
                quantifier,
                is_negated,
                test,
            } => {
                let mut each =
                    |value: Value<'_>| test.eval_each(value, *quantifier, *is_negated, ask, unlike);
                match ask.is_each(*left) {
                    true => ask.each(*left, &mut each),
                    false => each(ask.value(*left)),
                }
            }
            Formula::Test { left, test } => {
                let mut one = |value: Value<'_>| {
                    let reading = left.reading;
                    reading.read(value, |read| match read {
                        Value::Other if reading.is_computed() => count(Compared::UNLIKE, unlike),
                        read => test.eval(read, ask, unlike),
                    })
                };
                match ask.is_each(*left) {
                    true => ask.each(*left, &mut one),
                    false => one(ask.value(*left)),
                }
            }
        }
    }
}
