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

/// Of which of a span's events, or links, a field of them is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    One,
    None,
    /// Of the one that is spoken of already.
    ThatOne,
}

/// As a reader calls it: `its amount`, `its duration`, `the trace's duration`.
#[must_use]
pub fn called(field: &Field, names: Names<'_>) -> String {
    called_of(field, names, Items::One)
}

fn called_of(field: &Field, names: Names<'_>, items: Items) -> String {
    let name = match field {
        Field::Attribute { scope, key } => match scope {
            Scope::SpanThenResource | Scope::Event | Scope::Link => format!("`{key}`"),
            Scope::Span => format!("`{key}` on the span itself"),
            Scope::Resource => format!("`{key}` of its resource"),
            Scope::Instrumentation => format!("`{key}` of its instrumentation scope"),
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
            Intrinsic::EventName => "name",
            Intrinsic::EventTimeSinceStart => "time since its start",
            Intrinsic::LinkTraceId => "trace id",
            Intrinsic::LinkSpanId => "span id",
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
    };
    let which = match items {
        Items::One => "one",
        Items::None => "none",
        Items::ThatOne => return name,
    };
    match field.item() {
        Some(scope) => format!("{name} of {which} of its {}s", scope.as_str()),
        None => name,
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
    term_of(of, names, Items::One)
}

fn term_of(of: &Term, names: Names<'_>, items: Items) -> String {
    let called = |field| called_of(field, names, items);
    let part = |part: &Operand| match part {
        Operand::Literal(value) => literal(value),
        Operand::Term(of) => term_of(of, names, items),
    };
    match of {
        Term::Field(field) => called(field),
        Term::As { field, unit } => {
            let unit = match unit {
                Unit::Nanoseconds => "nanoseconds",
                Unit::Microseconds => "microseconds",
                Unit::Milliseconds => "milliseconds",
                Unit::Seconds => "seconds",
                Unit::Minutes => "minutes",
                Unit::Hours => "hours",
            };
            format!("{} in {unit}", called(field))
        }
        Term::Lower(field) => format!("{} in lower case", called(field)),
        Term::Length(field) => format!("length of {}", called(field)),
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

impl Place<'_> {
    /// Whether a comparison is true where it is true of one of several events or links, so that its negation is of all of them.
    fn is_of_some(self, predicate: &Predicate) -> bool {
        let is_one_of = |field: &Field| field.has_many_values() && field.item() != self.item;
        predicate.asked().into_iter().any(is_one_of)
    }

    /// Of which of its events or links a field is said there, and whether the verb behind it is still to be negated.
    fn negated(self, predicate: &Predicate, is_negated: bool) -> (Items, bool) {
        match self.is_of_some(predicate) {
            true if is_negated => (Items::None, false),
            true => (Items::One, false),
            false => (self.items(), is_negated),
        }
    }

    fn items(self) -> Items {
        self.item.map_or(Items::One, |_| Items::ThatOne)
    }
}

/// A condition in words.
pub struct Said {
    pub text: String,
    /// It says of itself what it is about; else it goes on where a noun was left: `amount is 5`.
    pub is_sentence: bool,
}

impl Said {
    fn going_on(text: String) -> Said {
        Said {
            text,
            is_sentence: false,
        }
    }

    fn not_so(text: &str) -> Said {
        Said {
            text: format!("it is not so that {text}"),
            is_sentence: true,
        }
    }
}

/// A condition on one span, to stand behind `whose`, or `for which` where it is a sentence.
#[must_use]
pub fn predicate(predicate: &Predicate, names: Names<'_>) -> Said {
    let place = Place {
        names,
        is_inner: false,
        item: None,
    };
    said(predicate, place, false)
}

/// The same where others stand beside it.
#[must_use]
pub fn one_of_several(predicate: &Predicate, names: Names<'_>) -> Said {
    let place = Place {
        names,
        is_inner: true,
        item: None,
    };
    said(predicate, place, false)
}

fn said(predicate: &Predicate, place: Place<'_>, is_negated: bool) -> Said {
    let names = place.names;
    match predicate {
        Predicate::And(parts) => joined(parts, place, " and ", is_negated),
        Predicate::Or(parts) => joined(parts, place, " or ", is_negated),
        Predicate::Not(inner) => said(inner, place, !is_negated),
        Predicate::Compare { left, .. }
        | Predicate::In { left, .. }
        | Predicate::Matches { left, .. }
        | Predicate::Text { left, .. } => {
            let (items, is_negated) = place.negated(predicate, is_negated);
            let left = term_of(left, names, items);
            Said::going_on(format!("{left} {}", tested(predicate, place, is_negated)))
        }
        Predicate::Each { quantifier, of } => {
            let array = predicate.asked().first().map(|field| called(field, names));
            let one = format!(
                "{} element of {}",
                quantifier.as_str(),
                array.unwrap_or_default()
            );
            let text = match &**of {
                Predicate::Not(of) => format!("{one} {}", tested(of, place, true)),
                of => format!("{one} {}", tested(of, place, false)),
            };
            match is_negated {
                true => Said::not_so(&text),
                false => Said::going_on(text),
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
            let filter = said(filter, place, false).text;
            Said::going_on(format!("{items}s include {one} in which {filter}"))
        }
        Predicate::Asks { test, field } => {
            let is_missing = (*test == FieldTest::Missing) != is_negated;
            let (items, is_missing) = place.negated(predicate, is_missing);
            let verb = if is_missing {
                "is missing"
            } else {
                "is present"
            };
            let field = called_of(field, names, items);
            Said::going_on(format!("{field} {verb}"))
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
            said(other, place, is_negated).text
        }
    }
}

fn joined(parts: &[Predicate], place: Place<'_>, word: &str, is_negated: bool) -> Said {
    let inner = Place {
        is_inner: true,
        ..place
    };
    let parts: Vec<Said> = parts.iter().map(|part| said(part, inner, false)).collect();
    let is_sentence = parts.first().is_some_and(|first| first.is_sentence);
    let text: Vec<String> = parts.into_iter().map(|part| part.text).collect();
    let text = text.join(word);
    match (is_negated, place.is_inner) {
        (true, _) => Said::not_so(&format!("({text})")),
        (false, true) => Said::going_on(format!("({text})")),
        (false, false) => Said { text, is_sentence },
    }
}
