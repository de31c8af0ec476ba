//! Conditions on one span, and the fields that they read.

use crate::condition::canonical::{
    Printer, enclosed, first_segment, is_prefix, is_word, push_between, push_joined,
};
use crate::condition::spelling::{is_plain, push_first_of, push_list, push_literal, push_quoted};
use crate::rule::{Field, ListSource, Operand, Predicate, Scope, Term};

impl Printer<'_> {
    pub fn push_predicate(&self, out: &mut String, predicate: &Predicate) {
        match predicate {
            Predicate::And(parts) => push_joined(out, parts, " and ", |out, part| {
                self.push_predicate_within_and(out, part);
            }),
            Predicate::Or(parts) => push_joined(out, parts, " or ", |out, part| match part {
                Predicate::And(_) => enclosed(out, |out| self.push_predicate(out, part)),
                _ => self.push_predicate(out, part),
            }),
            Predicate::Not(inner) => match &**inner {
                Predicate::In { left, list } => {
                    self.push_term(out, left);
                    out.push_str(" not in ");
                    self.push_source(out, list);
                }
                inner => {
                    out.push_str("not ");
                    enclosed(out, |out| self.push_predicate(out, inner));
                }
            },
            Predicate::Compare { left, op, right } => {
                self.push_term(out, left);
                push_between(out, op.as_str());
                self.push_operand(out, right);
            }
            Predicate::In { left, list } => {
                self.push_term(out, left);
                out.push_str(" in ");
                self.push_source(out, list);
            }
            Predicate::Each { quantifier, of } => {
                out.push_str(quantifier.as_str());
                out.push(' ');
                self.push_predicate(out, of);
            }
            Predicate::Matches { left, pattern } => {
                self.push_term(out, left);
                out.push_str(" matches ");
                push_quoted(out, pattern);
            }
            Predicate::Text { op, left, right } => {
                self.push_term(out, left);
                push_between(out, op.as_str());
                self.push_operand(out, right);
            }
            Predicate::Asks { test, field } => {
                out.push_str(test.as_str());
                enclosed(out, |out| self.push_field(out, field));
            }
            // Scoped fields are the item's own in there too, and need no care for words.
            Predicate::Item { scope, filter } => {
                out.push_str(scope.as_str());
                out.push_str(".where");
                enclosed(out, |out| self.push_predicate(out, filter));
            }
        }
    }

    pub(super) fn push_predicate_within_and(&self, out: &mut String, predicate: &Predicate) {
        match predicate {
            Predicate::Or(_) => enclosed(out, |out| self.push_predicate(out, predicate)),
            _ => self.push_predicate(out, predicate),
        }
    }

    fn push_source(&self, out: &mut String, source: &ListSource) {
        match source {
            ListSource::Literals(values) => push_list(out, values),
            ListSource::Field(field) => self.push_field(out, field),
        }
    }

    fn push_operand(&self, out: &mut String, operand: &Operand) {
        match operand {
            Operand::Literal(value) => push_literal(out, value),
            Operand::Term(term) => self.push_term(out, term),
        }
    }

    pub(super) fn push_term(&self, out: &mut String, term: &Term) {
        let sum = |out: &mut String, sign, parts: &(Operand, Operand)| {
            self.push_operand(out, &parts.0);
            push_between(out, sign);
            self.push_operand(out, &parts.1);
        };
        match term {
            Term::Field(field) => self.push_field(out, field),
            Term::As { field, unit } => {
                self.push_field(out, field);
                push_between(out, "as");
                out.push_str(unit.as_str());
            }
            Term::Lower(field) => {
                out.push_str("lower");
                enclosed(out, |out| self.push_field(out, field));
            }
            Term::Length(field) => {
                out.push_str("length");
                enclosed(out, |out| self.push_field(out, field));
            }
            Term::Add(parts) => sum(out, "+", parts),
            Term::Subtract(parts) => sum(out, "-", parts),
        }
    }

    pub fn push_field(&self, out: &mut String, field: &Field) {
        match field {
            Field::Intrinsic(intrinsic) => out.push_str(intrinsic.as_str()),
            // A condition can only name it; its meaning is what it stands for.
            Field::FirstOf(field) if self.vocabulary.is_some() => out.push_str(&field.name),
            Field::FirstOf(field) => push_first_of(out, field),
            Field::Bound { binding, field } => {
                out.push_str(self.bound(*binding));
                out.push('.');
                match &**field {
                    Field::Attribute {
                        scope: Scope::SpanThenResource,
                        key,
                    } => {
                        let first = first_segment(key);
                        let is_scoped = is_prefix(first) && first.len() < key.len();
                        push_key(out, key, is_plain(key) && !is_scoped);
                    }
                    inner => self.push_field(out, inner),
                }
            }
            Field::Attribute {
                scope: Scope::SpanThenResource,
                key,
            } => self.push_plain_key(out, key),
            Field::Attribute { scope, key } => {
                out.push_str(scope.as_str());
                out.push('.');
                push_key(out, key, is_plain(key) && &**key != "attributes");
            }
        }
    }

    /// An attribute that is looked for in span and resource.
    fn push_plain_key(&self, out: &mut String, key: &str) {
        let first = first_segment(key);
        let is_scoped = first.len() < key.len() && is_prefix(first);
        let is_bare = is_plain(key) && !is_scoped && !is_word(key) && !self.is_taken(key);
        push_key(out, key, is_bare);
    }
}

fn push_key(out: &mut String, key: &str, is_bare: bool) {
    match is_bare {
        true => out.push_str(key),
        false => push_quoted(out, key),
    }
}
