//! The names of cells, fields and rules in stored state: the same in every process and every version.
//!
//! A name spells out what is kept, in a notation of its own that neither the language's spelling nor the
//! names of types in this code have a part in: `count named "payment" (> any:"amount" 1000)`. State is
//! restored under equal names alone, so a change here drops what older versions stored; the stored files
//! in the tests hold it.

use std::fmt::Write as _;

use betrace_lang::rule::{
    Base, CompareOp, Field, FirstOf, ListSource, Literal, Number, Operand, Predicate, ReadAt,
    Reading, Rule, Scope, Term, TextOp,
};
use memchr::memchr2;

/// A longer name is its beginning and a hash of the whole: a list in a rule may have thousands of texts.
const NAME_BYTES: usize = 256;

/// Of a cell: what it keeps, of which field or term, of the spans of which selector. `filter`: the [names](write_predicate) of
/// its parts, each behind a space.
pub(crate) fn write_cell(
    name: &mut String,
    base: &Base,
    filter: &str,
    kind: &str,
    of: Option<&Term>,
) {
    name.push_str(kind);
    if let Some(term) = of {
        name.push(' ');
        write_term(name, term);
    }
    match base {
        // Whether a span is a leaf is asked of the trace.
        Base::Any | Base::Leaf => name.push_str(" any"),
        Base::Root => name.push_str(" root"),
        Base::Named(text) => {
            name.push_str(" named ");
            write_text(name, text);
        }
    }
    name.push_str(filter);
    bound(name);
}

pub(crate) fn write_bounded_field(name: &mut String, field: &Field) {
    write_field(name, field);
    bound(name);
}

/// Of a rule with its meaning: another meaning is another rule.
pub(crate) fn write_rule(name: &mut String, rule: &Rule) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(rule.hash.0) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    name.push_str(std::str::from_utf8(&digits).unwrap_or_default());
    name.push(' ');
    name.push_str(&rule.id.0);
    bound(name);
}

fn bound(name: &mut String) {
    if name.len() > NAME_BYTES {
        let hash = blake3::hash(name.as_bytes());
        let mut end = NAME_BYTES - 65;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        let _ = write!(name, "…{}", hash.to_hex());
    }
}

fn write_field(out: &mut String, field: &Field) {
    match field {
        Field::Attribute { scope, key } => {
            out.push_str(match scope {
                Scope::SpanThenResource => "any:",
                Scope::Span => "span:",
                Scope::Resource => "resource:",
                Scope::Instrumentation => "instrumentation:",
                Scope::Event => "event:",
                Scope::Link => "link:",
            });
            write_text(out, key);
        }
        Field::Intrinsic(intrinsic) => out.push_str(intrinsic.as_str()),
        Field::FirstOf(field) => write_first_of(out, field),
        Field::Bound { binding, field } => {
            let _ = write!(out, "bound {} ", binding.0);
            write_field(out, field);
        }
    }
}

fn write_first_of(out: &mut String, field: &FirstOf) {
    out.push_str("(first");
    for one in &field.of {
        out.push(' ');
        if let Some(proviso) = &one.proviso {
            out.push_str("(if ");
            write_origin(out, &proviso.origin);
            out.push(' ');
            write_text(out, &proviso.text);
            out.push_str(") ");
        }
        match &one.reading {
            Reading::AsItIs => write_origin(out, &one.origin),
            Reading::Mapped(table) => {
                out.push_str("(mapped ");
                write_origin(out, &one.origin);
                for (from, to) in table {
                    out.push(' ');
                    write_text(out, from);
                    out.push(' ');
                    write_text(out, to);
                }
                out.push(')');
            }
            Reading::Part(pattern) => {
                out.push_str("(part ");
                write_origin(out, &one.origin);
                out.push(' ');
                write_text(out, pattern);
                out.push(')');
            }
            Reading::Word { pattern, word } => {
                out.push_str("(word ");
                write_origin(out, &one.origin);
                out.push(' ');
                write_text(out, pattern);
                out.push(' ');
                write_text(out, word);
                out.push(')');
            }
        }
    }
    out.push(')');
}

fn write_origin(out: &mut String, origin: &ReadAt) {
    match origin {
        ReadAt::Attribute(key) => write_text(out, key),
        ReadAt::Event(key) => {
            out.push_str("event:");
            write_text(out, key);
        }
        ReadAt::Intrinsic(intrinsic) => out.push_str(intrinsic.as_str()),
    }
}

/// Of a condition on one span, however long.
pub(crate) fn write_predicate(out: &mut String, predicate: &Predicate) {
    out.push('(');
    match predicate {
        Predicate::And(parts) => write_parts(out, "and", parts),
        Predicate::Or(parts) => write_parts(out, "or", parts),
        Predicate::Not(part) => write_parts(out, "not", std::slice::from_ref(part)),
        Predicate::Compare { left, op, right } => {
            out.push_str(match op {
                CompareOp::Eq => "== ",
                CompareOp::Ne => "!= ",
                CompareOp::Lt => "< ",
                CompareOp::Le => "<= ",
                CompareOp::Gt => "> ",
                CompareOp::Ge => ">= ",
            });
            write_term(out, left);
            out.push(' ');
            write_operand(out, right);
        }
        Predicate::In { left, list } => {
            out.push_str(match list {
                ListSource::Literals(_) => "in ",
                ListSource::Field(_) => "among ",
            });
            write_term(out, left);
            match list {
                ListSource::Literals(values) => {
                    for value in values {
                        out.push(' ');
                        write_literal(out, value);
                    }
                }
                ListSource::Field(field) => {
                    out.push(' ');
                    write_field(out, field);
                }
            }
        }
        Predicate::Each { quantifier, of } => {
            write_parts(out, quantifier.as_str(), std::slice::from_ref(of));
        }
        Predicate::Matches { left, pattern } => {
            out.push_str("matches ");
            write_term(out, left);
            out.push(' ');
            write_text(out, pattern);
        }
        Predicate::Text { op, left, right } => {
            out.push_str(match op {
                TextOp::Contains => "contains ",
                TextOp::StartsWith => "starts-with ",
                TextOp::EndsWith => "ends-with ",
            });
            write_term(out, left);
            out.push(' ');
            write_operand(out, right);
        }
        Predicate::Item { scope, filter } => {
            write_parts(out, scope.as_str(), &[filter.as_ref()]);
        }
        Predicate::Asks { test, field } => {
            out.push_str(test.as_str());
            out.push(' ');
            write_field(out, field);
        }
    }
    out.push(')');
}

fn write_parts<P: std::borrow::Borrow<Predicate>>(out: &mut String, word: &str, parts: &[P]) {
    out.push_str(word);
    for part in parts {
        out.push(' ');
        write_predicate(out, part.borrow());
    }
}

fn write_operand(out: &mut String, operand: &Operand) {
    match operand {
        Operand::Literal(literal) => write_literal(out, literal),
        Operand::Term(term) => write_term(out, term),
    }
}

fn write_term(out: &mut String, term: &Term) {
    match term {
        Term::Field(field) => write_field(out, field),
        Term::As { field, unit } => {
            let _ = write!(out, "(as {} ", unit.as_str());
            write_field(out, field);
            out.push(')');
        }
        Term::Lower(field) => {
            out.push_str("(lower ");
            write_field(out, field);
            out.push(')');
        }
        Term::Length(field) => {
            out.push_str("(length ");
            write_field(out, field);
            out.push(')');
        }
        Term::Add(parts) => write_sum(out, '+', parts),
        Term::Subtract(parts) => write_sum(out, '-', parts),
    }
}

fn write_sum(out: &mut String, sign: char, parts: &(Operand, Operand)) {
    out.push('(');
    out.push(sign);
    out.push(' ');
    write_operand(out, &parts.0);
    out.push(' ');
    write_operand(out, &parts.1);
    out.push(')');
}

fn write_literal(out: &mut String, literal: &Literal) {
    let _ = match literal {
        Literal::Number(Number::Int(value)) => write!(out, "{value}"),
        // The fewest digits that read back as the value.
        Literal::Number(Number::Float(value)) => write!(out, "{value:e}"),
        Literal::Bool(value) => write!(out, "{value}"),
        Literal::Duration(nanos) => write!(out, "{nanos}ns"),
        Literal::Text(text) => {
            write_text(out, text);
            Ok(())
        }
    };
}

/// In quotes, so that no text can pass for a word of the notation.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = memchr2(b'"', b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push('\\');
        // The sign itself, which is one byte.
        out.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}
