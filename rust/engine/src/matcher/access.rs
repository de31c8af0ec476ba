//! By what a selector can be found: what a span must have before it is worth asking.
//!
//! Each part of a selector's filter offers an [`Access`], a condition that is necessary for the part to be
//! true and that the index can answer for many selectors at once. It may let through too much, never too
//! little.

use std::sync::Arc;

use betrace_lang::rule::{
    CompareOp, Field, FieldTest, Intrinsic, ListSource, Literal, Name, Number, Operand, Predicate,
    Scope, Term,
};

use crate::predicate::fields::{FieldId, FieldTable, is_list};
use crate::value::boolean_text;
use crate::value::number::number_text;

/// Lists longer than this are asked by presence of their field.
const LONGEST_LIST: usize = 1_000;
/// `or` over more fields than this is not indexed.
const MOST_FIELDS: usize = 8;

/// A necessary condition on one span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Access {
    /// The field equals one of the literals: one of these texts, or what is behind one of these keys.
    Equal {
        field: FieldId,
        texts: Vec<Name>,
        keys: Vec<u64>,
        class: Class,
    },
    /// The field is a number beyond the bound, or equal to it.
    Beyond {
        field: FieldId,
        side: Side,
        bound: Number,
        or_equal: bool,
    },
    Pattern {
        field: FieldId,
        pattern: Arc<str>,
    },
    /// One of the fields has a value.
    Present(Vec<FieldId>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Above,
    Below,
}

/// What literals compare with, and so which values are unlike them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Number,
    Boolean,
    /// Text that spells neither a number nor a boolean.
    Text,
    TextNumber,
    TextBoolean,
    /// A regular expression: compares with whatever has a text.
    Pattern,
}

pub(crate) const CLASSES: usize = 6;

impl Class {
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    fn of(literal: &Literal) -> Option<Class> {
        match literal {
            Literal::Number(_) => Some(Class::Number),
            Literal::Bool(_) => Some(Class::Boolean),
            Literal::Text(text) if number_text(text.as_bytes()).is_some() => {
                Some(Class::TextNumber)
            }
            Literal::Text(text) if boolean_text(text.as_bytes()).is_some() => {
                Some(Class::TextBoolean)
            }
            Literal::Text(_) => Some(Class::Text),
            Literal::Duration(_) => None,
        }
    }
}

/// Keys under which equal numbers and booleans are found; those that are not equal may share one.
pub(crate) mod key {
    use betrace_lang::rule::Number;

    use crate::predicate::list::number_key;

    pub(crate) fn number(number: Number) -> u64 {
        number_key(number.to_f64()) ^ 0x9e37_79b9_7f4a_7c15
    }

    pub(crate) fn boolean(value: bool) -> u64 {
        0x5bd1_e995_0000_0000 | u64::from(value)
    }
}

/// The access that a part offers; none if it can be true of a span that has nothing.
pub(crate) fn access(part: &Predicate, fields: &FieldTable) -> Option<Access> {
    match part {
        Predicate::Compare {
            left: Term::Field(field),
            op,
            right: Operand::Literal(literal),
        } => {
            let id = fields.id(field)?;
            match (op, literal) {
                (CompareOp::Eq, literal) => {
                    equal(id, std::slice::from_ref(literal)).or_else(|| present(field, fields))
                }
                (CompareOp::Gt | CompareOp::Ge, Literal::Number(bound)) => Some(Access::Beyond {
                    field: id,
                    side: Side::Above,
                    bound: *bound,
                    or_equal: *op == CompareOp::Ge,
                }),
                (CompareOp::Lt | CompareOp::Le, Literal::Number(bound)) => Some(Access::Beyond {
                    field: id,
                    side: Side::Below,
                    bound: *bound,
                    or_equal: *op == CompareOp::Le,
                }),
                _ => present(field, fields),
            }
        }
        Predicate::In {
            left: Term::Field(field),
            list: ListSource::Literals(values),
        } => equal(fields.id(field)?, values).or_else(|| present(field, fields)),
        Predicate::Matches {
            left: Term::Field(field),
            pattern,
        } => Some(Access::Pattern {
            field: fields.id(field)?,
            pattern: pattern.text().clone(),
        }),
        Predicate::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(needed(part, fields)?);
            }
            all.sort_unstable();
            all.dedup();
            (all.len() <= MOST_FIELDS).then_some(Access::Present(all))
        }
        other => needed(other, fields).map(Access::Present),
    }
}

/// Fields of which one must have a value for `part` to be true.
fn needed(part: &Predicate, fields: &FieldTable) -> Option<Vec<FieldId>> {
    match part {
        Predicate::And(parts) => parts.iter().find_map(|part| needed(part, fields)),
        Predicate::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(needed(part, fields)?);
            }
            Some(all)
        }
        Predicate::Asks {
            test: FieldTest::Missing,
            ..
        } => None,
        // What one event must have, some event must.
        Predicate::Item { filter, .. } => needed(filter, fields),
        Predicate::Compare { .. }
        | Predicate::In { .. }
        | Predicate::Matches { .. }
        | Predicate::Text { .. }
        | Predicate::Each { .. }
        | Predicate::Asks { .. } => any_of(&part.asked(), fields),
        Predicate::Not(part) => match &**part {
            Predicate::Asks {
                test: FieldTest::Missing,
                field,
            } => one(field, fields),
            // Unknown where the field is missing, so its negation is too; but of events it is plainly true.
            Predicate::Compare { .. }
            | Predicate::In { .. }
            | Predicate::Matches { .. }
            | Predicate::Text { .. }
            | Predicate::Each { .. }
                if !part.reads().into_iter().any(is_list) =>
            {
                any_of(&part.asked(), fields)
            }
            _ => None,
        },
    }
}

fn present(field: &Field, fields: &FieldTable) -> Option<Access> {
    one(field, fields).map(Access::Present)
}

/// One of fields that a part cannot be true without.
fn any_of(asked: &[&Field], fields: &FieldTable) -> Option<Vec<FieldId>> {
    asked.iter().find_map(|field| one(field, fields))
}

/// None for what every span has.
fn one(field: &Field, fields: &FieldTable) -> Option<Vec<FieldId>> {
    let is_rare = match field {
        Field::Attribute { .. } | Field::FirstOf(_) => true,
        Field::Intrinsic(intrinsic) => matches!(
            intrinsic,
            Intrinsic::SpanStatusMessage
                | Intrinsic::SpanParentId
                | Intrinsic::EventName
                | Intrinsic::EventTimeSinceStart
                | Intrinsic::LinkTraceId
                | Intrinsic::LinkSpanId
                | Intrinsic::InstrumentationName
                | Intrinsic::InstrumentationVersion
        ),
        Field::Bound { .. } => false,
    };
    if is_rare {
        fields.id(field).map(|id| vec![id])
    } else {
        None
    }
}

fn equal(field: FieldId, literals: &[Literal]) -> Option<Access> {
    let class = Class::of(literals.first()?)?;
    if literals.len() > LONGEST_LIST || literals.iter().any(|one| Class::of(one) != Some(class)) {
        return None;
    }
    let (mut texts, mut keys) = (Vec::new(), Vec::new());
    for literal in literals {
        match literal {
            Literal::Number(number) => keys.push(key::number(*number)),
            Literal::Bool(value) => keys.push(key::boolean(*value)),
            Literal::Text(text) => {
                texts.push(text.clone());
                let text = text.as_bytes();
                keys.extend(number_text(text).map(key::number));
                keys.extend(boolean_text(text).map(key::boolean));
            }
            Literal::Duration(_) => return None,
        }
    }
    texts.sort_unstable();
    texts.dedup();
    keys.sort_unstable();
    keys.dedup();
    Some(Access::Equal {
        field,
        texts,
        keys,
        class,
    })
}

/// Whether a span that has this access makes the part true.
pub(crate) fn settles(part: &Predicate, access: &Access) -> bool {
    let (asked, is_told) = match (part, access) {
        (
            Predicate::Asks {
                test: FieldTest::Exists,
                field,
            },
            Access::Present(fields),
        ) => (field, fields.len() == 1),
        (
            Predicate::Compare {
                left: Term::Field(field),
                op: CompareOp::Eq,
                ..
            }
            | Predicate::In {
                left: Term::Field(field),
                ..
            },
            Access::Equal { class, .. },
        ) => (field, *class == Class::Text),
        (
            Predicate::Compare {
                left: Term::Field(field),
                ..
            },
            Access::Beyond { .. },
        ) => (field, true),
        _ => return false,
    };
    is_told && !is_list(asked)
}

impl Access {
    pub(crate) fn fields(&self) -> &[FieldId] {
        match self {
            Access::Equal { field, .. }
            | Access::Beyond { field, .. }
            | Access::Pattern { field, .. } => std::slice::from_ref(field),
            Access::Present(fields) => fields,
        }
    }
}

/// Whether a field is the same for every span of a scope.
pub(crate) fn is_of_scope(field: &Field) -> bool {
    match field {
        Field::Attribute { scope, .. } => {
            matches!(scope, Scope::Resource | Scope::Instrumentation)
        }
        Field::Intrinsic(intrinsic) => matches!(
            intrinsic,
            Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion
        ),
        Field::FirstOf(_) | Field::Bound { .. } => false,
    }
}
