//! Fields, literals and conditions on one span, in English.

use betrace_lang::rule::{
    Alternative, Binding, CompareOp, Field, FieldTest, Intrinsic, ItemScope, ListSource, Literal,
    Number, Operand, Predicate, Reading, Scope, Term, TextOp, Unit,
};

use crate::words::duration;

/// The names that bindings have.
#[derive(Clone, Copy)]
pub struct Names<'r>(pub &'r [Binding]);

impl Names<'_> {
    #[must_use]
    pub fn binding(&self, id: betrace_lang::rule::BindingId) -> &str {
        self.0
            .get(usize::from(id.0))
            .map_or("?", |binding| &binding.name)
    }
}

/// As the language spells it.
#[must_use]
pub fn spelled(field: &Field, names: Names<'_>) -> String {
    match field {
        Field::Attribute {
            scope: Scope::SpanThenResource,
            key,
        } => key.to_string(),
        Field::Attribute { scope, key } => format!("{}.{key}", scope.as_str()),
        Field::FirstOf(field) => {
            let of: Vec<String> = field.of.iter().map(choice).collect();
            format!("{} (the first of {})", field.name, of.join(", "))
        }
        Field::Intrinsic(intrinsic) => intrinsic.as_str().to_owned(),
        Field::Bound { binding, field } => {
            format!("{}.{}", names.binding(*binding), spelled(field, names))
        }
    }
}

/// A choice of a field, with what is made of it.
fn choice(one: &Alternative) -> String {
    let origin = &one.origin;
    let read = match &one.reading {
        Reading::AsItIs => origin.to_string(),
        Reading::Mapped(table) => format!("{origin} by a table of {}", table.len()),
        Reading::Part(pattern) => format!("{origin} in part, `{pattern}`"),
        Reading::Word { pattern, word } => format!("{word} if {origin} matches `{pattern}`"),
    };
    match &one.proviso {
        Some(proviso) => format!("{read} where {} is {}", proviso.origin, proviso.text),
        None => read,
    }
}

/// As a reader calls it: `its amount`, `its duration`, `the trace's duration`.
#[must_use]
pub fn called(field: &Field, names: Names<'_>) -> String {
    match field {
        Field::Attribute { scope, key } => match scope {
            Scope::SpanThenResource => format!("`{key}`"),
            Scope::Span => format!("`{key}` on the span itself"),
            Scope::Resource => format!("`{key}` of its resource"),
            Scope::Instrumentation => format!("`{key}` of its instrumentation scope"),
            Scope::Event => format!("`{key}` of one of its events"),
            Scope::Link => format!("`{key}` of one of its links"),
        },
        Field::FirstOf(field) => format!("`{}`", field.name),
        Field::Intrinsic(intrinsic) => match intrinsic {
            Intrinsic::SpanName => "name",
            Intrinsic::SpanKind => "kind",
            Intrinsic::SpanStatus => "status",
            Intrinsic::SpanStatusMessage => "status message",
            Intrinsic::SpanDuration => "duration",
            Intrinsic::SpanId => "span id",
            Intrinsic::SpanParentId => "parent's id",
            Intrinsic::TraceId => "trace id",
            Intrinsic::TraceDuration => "trace's duration",
            Intrinsic::TraceSpanCount => "trace's number of spans",
            Intrinsic::TraceRootName => "trace's root span's name",
            Intrinsic::TraceRootService => "trace's root span's service",
            Intrinsic::EventName => "name of one of its events",
            Intrinsic::EventTimeSinceStart => "time since its start of one of its events",
            Intrinsic::LinkTraceId => "trace id of one of its links",
            Intrinsic::LinkSpanId => "span id of one of its links",
            Intrinsic::InstrumentationName => "instrumentation scope's name",
            Intrinsic::InstrumentationVersion => "instrumentation scope's version",
        }
        .to_owned(),
        Field::Bound { binding, field } => {
            format!(
                "the {} of `{}`",
                called(field, names),
                names.binding(*binding)
            )
        }
    }
}

#[must_use]
pub fn number(value: Number) -> String {
    match value {
        Number::Int(value) => value.to_string(),
        Number::Float(value) => value.to_string(),
    }
}

#[must_use]
pub fn literal(value: &Literal) -> String {
    match value {
        Literal::Number(value) => number(*value),
        Literal::Bool(value) => value.to_string(),
        Literal::Duration(value) => duration(*value),
        Literal::Text(text) => format!("{text:?}"),
    }
}

fn operand(value: &Operand, names: Names<'_>) -> String {
    match value {
        Operand::Literal(value) => literal(value),
        Operand::Term(of) => match of.reads().as_slice() {
            [Field::Bound { .. }] | [_, _, ..] => term(of, names),
            _ => format!("its {}", term(of, names)),
        },
    }
}

/// A side of a comparison that is read of spans.
pub fn term(of: &Term, names: Names<'_>) -> String {
    let part = |part: &Operand| match part {
        Operand::Literal(value) => literal(value),
        Operand::Term(of) => term(of, names),
    };
    match of {
        Term::Field(field) => called(field, names),
        Term::As { field, unit } => {
            let unit = match unit {
                Unit::Nanoseconds => "nanoseconds",
                Unit::Microseconds => "microseconds",
                Unit::Milliseconds => "milliseconds",
                Unit::Seconds => "seconds",
                Unit::Minutes => "minutes",
                Unit::Hours => "hours",
            };
            format!("{} in {unit}", called(field, names))
        }
        Term::Lower(field) => format!("{} in lower case", called(field, names)),
        Term::Length(field) => format!("length of {}", called(field, names)),
        Term::Add(parts) => format!("{} plus {}", part(&parts.0), part(&parts.1)),
        Term::Subtract(parts) => format!("{} minus {}", part(&parts.0), part(&parts.1)),
    }
}

/// The words of a comparison, or of its opposite.
#[must_use]
pub fn comparison(op: CompareOp, is_negated: bool) -> &'static str {
    match (op, is_negated) {
        (CompareOp::Eq, false) | (CompareOp::Ne, true) => "is",
        (CompareOp::Ne, false) | (CompareOp::Eq, true) => "is not",
        (CompareOp::Lt, false) => "is less than",
        (CompareOp::Le, false) => "is at most",
        (CompareOp::Gt, false) => "is more than",
        (CompareOp::Ge, false) => "is at least",
        (CompareOp::Lt, true) => "is not less than",
        (CompareOp::Le, true) => "is not at most",
        (CompareOp::Gt, true) => "is not more than",
        (CompareOp::Ge, true) => "is not at least",
    }
}

/// Where a condition stands.
#[derive(Clone, Copy)]
struct Place<'r> {
    names: Names<'r>,
    /// Beside or inside another condition, where lists need parentheses.
    is_inner: bool,
    /// The event or link that it is about, where it is about one.
    item: Option<ItemScope>,
}

/// A condition on one span, to stand behind `whose`.
#[must_use]
pub fn predicate(predicate: &Predicate, names: Names<'_>) -> String {
    let place = Place {
        names,
        is_inner: false,
        item: None,
    };
    said(predicate, place, false)
}

/// The same where others stand beside it.
#[must_use]
pub fn one_of_several(predicate: &Predicate, names: Names<'_>) -> String {
    let place = Place {
        names,
        is_inner: true,
        item: None,
    };
    said(predicate, place, false)
}

/// Whether a comparison is true where it is true of one of several events or links, so that its negation is of all of them.
fn is_of_some(predicate: &Predicate, place: Place<'_>) -> bool {
    let is_one_of = |field: &Field| field.has_many_values() && field.item() != place.item;
    predicate.asked().into_iter().any(is_one_of)
}

/// What is said of one of them, of none.
fn of_none(text: &str) -> String {
    text.replacen(" of one of its ", " of none of its ", 1)
}

fn said(predicate: &Predicate, place: Place<'_>, is_negated: bool) -> String {
    let names = place.names;
    match predicate {
        Predicate::And(parts) => joined(parts, place, " and ", is_negated),
        Predicate::Or(parts) => joined(parts, place, " or ", is_negated),
        Predicate::Not(inner) => said(inner, place, !is_negated),
        Predicate::Compare { .. }
        | Predicate::In { .. }
        | Predicate::Matches { .. }
        | Predicate::Text { .. }
            if is_negated && is_of_some(predicate, place) =>
        {
            of_none(&said(predicate, place, false))
        }
        Predicate::Compare { left, .. }
        | Predicate::In { left, .. }
        | Predicate::Matches { left, .. }
        | Predicate::Text { left, .. } => {
            format!(
                "{} {}",
                term(left, names),
                tested(predicate, place, is_negated)
            )
        }
        Predicate::Each { quantifier, of } => {
            let array = predicate.asked().first().map(|field| called(field, names));
            let one = format!(
                "{} element of {}",
                quantifier.as_str(),
                array.unwrap_or_default()
            );
            let sentence = match &**of {
                Predicate::Not(of) => format!("{one} {}", tested(of, place, true)),
                of => format!("{one} {}", tested(of, place, false)),
            };
            match is_negated {
                true => format!("it is not so that {sentence}"),
                false => sentence,
            }
        }
        Predicate::Item { scope, filter } => {
            let items = scope.as_str();
            let one = if is_negated { "none" } else { "one" };
            // What is asked inside is asked of that one.
            let place = Place {
                names,
                is_inner: false,
                item: Some(*scope),
            };
            let filter =
                said(filter, place, false).replace(&format!(" of one of its {items}s"), "");
            format!("{items}s include {one} in which {filter}")
        }
        Predicate::Asks { test, field } => {
            let is_present = (*test == FieldTest::Exists) != is_negated;
            match is_of_some(predicate, place) {
                true if !is_present => of_none(&present(field, names, true)),
                _ => present(field, names, is_present),
            }
        }
    }
}

/// What a comparison says of its left-hand side.
fn tested(predicate: &Predicate, place: Place<'_>, is_negated: bool) -> String {
    let names = place.names;
    let not = if is_negated { "not " } else { "" };
    match predicate {
        Predicate::Compare { op, right, .. } => {
            format!("{} {}", comparison(*op, is_negated), operand(right, names))
        }
        Predicate::In { list, .. } => match list {
            ListSource::Literals(values) => {
                let values: Vec<String> = values.iter().map(literal).collect();
                format!("is {not}one of {}", values.join(", "))
            }
            ListSource::Field(field) => {
                format!("is {not}one of the elements of {}", called(field, names))
            }
        },
        Predicate::Matches { pattern, .. } => {
            let verb = if is_negated {
                "does not match"
            } else {
                "matches"
            };
            format!("{verb} the pattern `{}`", pattern.text())
        }
        Predicate::Text { op, right, .. } => {
            let verb = match (op, is_negated) {
                (TextOp::Contains, false) => "contains",
                (TextOp::Contains, true) => "does not contain",
                (TextOp::StartsWith, false) => "starts with",
                (TextOp::StartsWith, true) => "does not start with",
                (TextOp::EndsWith, false) => "ends with",
                (TextOp::EndsWith, true) => "does not end with",
            };
            format!("{verb} {}", operand(right, names))
        }
        other => {
            let place = Place {
                is_inner: true,
                ..place
            };
            said(other, place, is_negated)
        }
    }
}

fn present(field: &Field, names: Names<'_>, is_present: bool) -> String {
    let verb = if is_present {
        "is present"
    } else {
        "is missing"
    };
    format!("{} {verb}", called(field, names))
}

fn joined(parts: &[Predicate], place: Place<'_>, word: &str, is_negated: bool) -> String {
    let inner = Place {
        is_inner: true,
        ..place
    };
    let text: Vec<String> = parts.iter().map(|part| said(part, inner, false)).collect();
    let text = text.join(word);
    match (is_negated, place.is_inner) {
        (true, _) => format!("it is not so that ({text})"),
        (false, true) => format!("({text})"),
        (false, false) => text,
    }
}
