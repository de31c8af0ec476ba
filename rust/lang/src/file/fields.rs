//! `fields:` of a rule file: one name for the several attributes under which a value goes.

use std::sync::Arc;

use crate::codes::files as codes;
use crate::condition::spelling::number;
use crate::file::plain::literal;
use crate::file::read::Reader;
use crate::file::yaml::{Entry, Scalar, YamlKind, YamlNode};
use crate::rule::{Alternative, FirstOf, Literal, Reading};

/// Reads what stands behind a field's name.
pub(super) fn read_field(
    reader: &mut Reader<'_>,
    name: &str,
    node: &YamlNode<'_>,
) -> Option<FirstOf> {
    let what = "each entry of `fields`";
    let items = match &node.kind {
        YamlKind::Mapping(_) => std::slice::from_ref(node),
        _ => reader.one_or_more(node, what),
    };
    let most = reader.limits.field_attributes;
    if items.is_empty() && matches!(node.kind, YamlKind::Sequence(_)) {
        refuse(reader, node, "this field stands for no attribute");
    }
    if let Some(first) = items.get(most) {
        let range = reader.span(first);
        let message = format!(
            "a field has {most} attributes at most, this has {}",
            items.len()
        );
        reader.report(codes::TOO_MANY, range, message);
    }
    let mut of = Vec::new();
    for item in items.iter().take(most) {
        of.extend(alternative(reader, item));
    }
    (!of.is_empty()).then(|| FirstOf {
        name: name.into(),
        of,
    })
}

fn refuse(reader: &mut Reader<'_>, node: &YamlNode<'_>, message: impl Into<String>) {
    if !matches!(node.kind, YamlKind::Refused) {
        let range = reader.span(node);
        reader.report(codes::BAD_FIELD, range, message).help = Some(
            "an attribute, `http.status_code`; with a table, `{ rpc.grpc.status_code: { 5: NOT_FOUND } }`; or a part of one, `{ http.target: \"^([^?#]*)\" }`".into(),
        );
    } else {
        reader.errors += 1;
    }
}

fn alternative(reader: &mut Reader<'_>, node: &YamlNode<'_>) -> Option<Alternative> {
    let (key, reading) = match &node.kind {
        YamlKind::Mapping(mapping) => match mapping.items.as_slice() {
            [entry] => (&entry.key, reading(reader, &entry.value)?),
            items => {
                let message = format!("an attribute stands alone here, this has {}", items.len());
                refuse(reader, node, message);
                return None;
            }
        },
        _ => match node.as_scalar() {
            Some(scalar) if !scalar.is_null() => {
                let key = key(reader, node, scalar)?;
                return Some(Alternative::of(key, Reading::AsItIs));
            }
            _ => {
                let message = format!("an attribute is a text, this is {}", node.what());
                refuse(reader, node, message);
                return None;
            }
        },
    };
    let scalar = key.as_scalar()?;
    let key = self::key(reader, key, scalar)?;
    Some(Alternative::of(key, reading))
}

fn key(reader: &mut Reader<'_>, node: &YamlNode<'_>, scalar: &Scalar<'_>) -> Option<Arc<str>> {
    reader
        .check_name(node, &scalar.value, "an attribute's name")
        .then(|| Arc::from(&*scalar.value))
}

/// A table of values, or a regular expression.
fn reading(reader: &mut Reader<'_>, node: &YamlNode<'_>) -> Option<Reading> {
    match (&node.kind, node.as_scalar()) {
        (YamlKind::Mapping(mapping), _) => mapped(reader, node, &mapping.items),
        (_, Some(scalar)) if !scalar.is_null() => part(reader, node, scalar),
        _ => {
            refuse(
                reader,
                node,
                "behind an attribute stands a table or a regular expression",
            );
            None
        }
    }
}

fn mapped(reader: &mut Reader<'_>, node: &YamlNode<'_>, entries: &[Entry<'_>]) -> Option<Reading> {
    if entries.is_empty() {
        refuse(
            reader,
            node,
            "this table has no values, so nothing is in it",
        );
        return None;
    }
    let most = reader.limits.list_literals;
    if let Some(first) = entries.get(most) {
        let range = reader.span(&first.key);
        let message = format!(
            "a table has {most} values at most, this has {}",
            entries.len()
        );
        reader.report(codes::TOO_MANY, range, message);
    }
    let mut table: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    let mut is_whole = true;
    for entry in entries.iter().take(most) {
        let from = entry.key.as_scalar().and_then(shortest);
        let to = entry.value.as_scalar().filter(|value| !value.is_null());
        let (Some(from), Some(to)) = (from, to.and_then(shortest)) else {
            refuse(
                reader,
                &entry.value,
                "a value and what it stands for are texts, numbers or booleans",
            );
            is_whole = false;
            continue;
        };
        match table.binary_search_by(|(known, _)| known.cmp(&from)) {
            Ok(_) => {
                let range = reader.span(&entry.key);
                let message = format!("`{from}` stands twice in this table");
                reader.report(codes::BAD_FIELD, range, message);
                is_whole = false;
            }
            Err(at) => table.insert(at, (from, to)),
        }
    }
    is_whole.then_some(Reading::Mapped(table))
}

/// As text operators see it: `5.0` as `5`.
fn shortest(scalar: &Scalar<'_>) -> Option<Arc<str>> {
    Some(match literal(scalar) {
        Literal::Text(text) => (&text).into(),
        Literal::Bool(value) => value.to_string().into(),
        Literal::Number(crate::rule::Number::Float(value)) => value.to_string().into(),
        Literal::Number(value) => number(value).into(),
        Literal::Duration(_) => Arc::from(&*scalar.value),
    })
}

fn part(reader: &mut Reader<'_>, node: &YamlNode<'_>, scalar: &Scalar<'_>) -> Option<Reading> {
    let pattern = &scalar.value;
    let built = regex::bytes::RegexBuilder::new(pattern)
        .size_limit(reader.limits.regex_bytes)
        .build();
    let message = match built {
        // The whole match is a group too.
        Ok(regex) if regex.captures_len() == 2 => {
            return Some(Reading::Part(Arc::from(&**pattern)));
        }
        Ok(regex) => format!(
            "the part that counts is in the one group of the expression; this has {}",
            regex.captures_len() - 1
        ),
        Err(regex::Error::CompiledTooBig(_)) => format!(
            "this regular expression compiles to more than {} bytes",
            reader.limits.regex_bytes
        ),
        Err(error) => {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            format!("this is no regular expression: {reason}")
        }
    };
    let range = reader.span(node);
    reader.report(codes::BAD_FIELD, range, message).help =
        Some("a group is in parentheses: `^([^?#]*)`; one that only joins is `(?:…)`".into());
    None
}
