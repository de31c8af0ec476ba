//! Amounts: sums of values and values in a unit of time, and how they compare.

use betrace_lang::rule::{CompareOp, Literal, Number, Operand, Term};

use crate::logic::truth::Truth;
use crate::predicate::fields::{BoundSpans, FieldId, FieldTable, Fields};
use crate::predicate::source::{Ask, Source, count};
use crate::value::exact::{difference, product, sum};
use crate::value::{Compared, Numeric, Value, numeric, ordered};

/// A comparison of which one side at least is an amount that no value of a span can hold.
#[derive(Clone, Debug)]
pub(super) struct Reckoning {
    left: Addend,
    op: CompareOp,
    right: Addend,
}

#[derive(Clone, Debug)]
enum Addend {
    Number(Number),
    Nanos(u64),
    /// Compares with no amount.
    Unlike,
    Value(Source),
    /// The value times so many nanoseconds.
    As(Source, u64),
    Sum(Box<(Addend, Addend)>),
    Difference(Box<(Addend, Addend)>),
}

/// A number that is read of a span and of bound ones, for a measure.
#[derive(Clone, Debug)]
pub(crate) struct CompiledTerm(Addend);

impl CompiledTerm {
    pub(crate) fn new(term: &Term, fields: &mut FieldTable) -> CompiledTerm {
        CompiledTerm(Addend::of_term(term, fields))
    }

    /// The number, or nanoseconds; [`Compared::OPEN`] where it hangs on a time that is not known, else what is said
    /// instead of every comparison.
    pub(crate) fn of<F, B>(&self, span: &F, bound: &B) -> Result<Number, Compared>
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        let ask = Ask {
            span,
            bound,
            item: None,
        };
        match self.0.reckon(&ask)? {
            Reckoned::Number(number) | Reckoned::Time(number) => Ok(number),
        }
    }
}

/// What an amount comes to.
#[derive(Clone, Copy, Debug)]
enum Reckoned {
    Number(Number),
    /// Nanoseconds, perhaps in part and below zero.
    Time(Number),
}

/// Whether an operand is an amount that no value can hold.
pub(super) fn is_amount(term: &Term) -> bool {
    matches!(term, Term::As { .. } | Term::Add(_) | Term::Subtract(_))
}

impl Reckoning {
    pub(super) fn new(
        left: &Term,
        op: CompareOp,
        right: &Operand,
        fields: &mut FieldTable,
    ) -> Reckoning {
        Reckoning {
            left: Addend::of_term(left, fields),
            op,
            right: Addend::new(right, fields),
        }
    }

    pub(super) fn fields(&self, found: &mut Vec<FieldId>) {
        self.left.fields(found);
        self.right.fields(found);
    }

    pub(super) fn eval<F, B>(&self, ask: &Ask<'_, F, B>, unlike: &mut u64) -> Truth
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        let right = self.right.reckon(ask);
        let mut said = |left| count(compare(left, self.op, right), unlike);
        // Of events and links each may answer.
        match &self.left {
            Addend::As(source, unit) if ask.is_each(*source) => {
                ask.each(*source, &mut |value| said(in_unit(value, *unit)))
            }
            Addend::Value(source) if ask.is_each(*source) => ask.each(*source, &mut |value| {
                said(source.reading.read(value, as_it_is))
            }),
            left => said(left.reckon(ask)),
        }
    }
}

impl Addend {
    fn new(operand: &Operand, fields: &mut FieldTable) -> Addend {
        match operand {
            Operand::Literal(Literal::Number(number)) => Addend::Number(*number),
            Operand::Literal(Literal::Duration(nanos)) => Addend::Nanos(*nanos),
            Operand::Literal(Literal::Text(_) | Literal::Bool(_)) => Addend::Unlike,
            Operand::Term(term) => Addend::of_term(term, fields),
        }
    }

    fn of_term(term: &Term, fields: &mut FieldTable) -> Addend {
        let mut both = |parts: &(Operand, Operand)| {
            Box::new((Addend::new(&parts.0, fields), Addend::new(&parts.1, fields)))
        };
        match term {
            Term::Add(parts) => Addend::Sum(both(parts)),
            Term::Subtract(parts) => Addend::Difference(both(parts)),
            Term::As { field, unit } => Addend::As(Source::new(field, fields), unit.nanos()),
            Term::Field(_) | Term::Lower(_) | Term::Length(_) => {
                Source::of_term(term, fields).map_or(Addend::Unlike, Addend::Value)
            }
        }
    }

    fn fields(&self, found: &mut Vec<FieldId>) {
        match self {
            Addend::Number(_) | Addend::Nanos(_) | Addend::Unlike => {}
            Addend::Value(source) | Addend::As(source, _) => found.push(source.field),
            Addend::Sum(parts) | Addend::Difference(parts) => {
                parts.0.fields(found);
                parts.1.fields(found);
            }
        }
    }

    /// What it comes to, or what is said instead of every comparison with it.
    fn reckon<F, B>(&self, ask: &Ask<'_, F, B>) -> Result<Reckoned, Compared>
    where
        F: Fields + ?Sized,
        B: BoundSpans + ?Sized,
    {
        let both = |parts: &(Addend, Addend), reckon: fn(Number, Number) -> Option<Number>| {
            let (left, right) = pair(parts.0.reckon(ask), parts.1.reckon(ask))?;
            match (left, right) {
                (Reckoned::Number(a), Reckoned::Number(b)) => reckon(a, b).map(Reckoned::Number),
                (Reckoned::Time(a), Reckoned::Time(b)) => reckon(a, b).map(Reckoned::Time),
                _ => return Err(Compared::UNLIKE),
            }
            .ok_or(Compared::UNKNOWN)
        };
        match self {
            Addend::Number(number) => Ok(Reckoned::Number(*number)),
            Addend::Nanos(nanos) => Ok(Reckoned::Time(Number::Int(i128::from(*nanos)))),
            Addend::Unlike => Err(Compared::UNLIKE),
            Addend::Value(source) => source.reading.read(ask.value(*source), as_it_is),
            Addend::As(source, unit) => in_unit(ask.value(*source), *unit),
            Addend::Sum(parts) => both(parts, sum),
            Addend::Difference(parts) => both(parts, difference),
        }
    }
}

fn as_it_is(value: Value<'_>) -> Result<Reckoned, Compared> {
    match value {
        Value::Duration(Some(nanos)) => Ok(Reckoned::Time(Number::Int(i128::from(nanos)))),
        Value::Duration(None) => Err(Compared::OPEN),
        value => finite(value).map(Reckoned::Number),
    }
}

fn in_unit(value: Value<'_>, unit: u64) -> Result<Reckoned, Compared> {
    let time = product(finite(value)?, unit);
    time.map(Reckoned::Time).ok_or(Compared::UNKNOWN)
}

fn finite(value: Value<'_>) -> Result<Number, Compared> {
    match (value, numeric(value)) {
        (Value::Missing, _) | (_, Numeric::Infinite) => Err(Compared::UNKNOWN),
        (_, Numeric::Not) => Err(Compared::UNLIKE),
        (_, Numeric::Finite(number)) => Ok(number),
    }
}

/// What is unknown for good goes before what is open.
fn pair(
    left: Result<Reckoned, Compared>,
    right: Result<Reckoned, Compared>,
) -> Result<(Reckoned, Reckoned), Compared> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(open), Err(other)) if open == Compared::OPEN => Err(other),
        (Err(why), _) | (_, Err(why)) => Err(why),
    }
}

fn compare(
    left: Result<Reckoned, Compared>,
    op: CompareOp,
    right: Result<Reckoned, Compared>,
) -> Compared {
    match pair(left, right) {
        Ok((Reckoned::Number(a), Reckoned::Number(b)) | (Reckoned::Time(a), Reckoned::Time(b))) => {
            ordered(op, a.compare(b))
        }
        Ok(_) => Compared::UNLIKE,
        Err(why) => why,
    }
}
