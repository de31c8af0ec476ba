//! A test as the text of a rule file, a list item of `tests:`.

use std::collections::BTreeSet;
use std::fmt::Write;

use betrace_lang::rule::Completeness;
use betrace_lang::rule_test::{
    AttributeValue, Instrumentation, RuleTest, SpanKind, SpanStatus, TestParent, TestSpan,
};

use crate::output::one_line;

use super::smallest::Times;

/// Under `tests:`, whose key is written too.
#[must_use]
pub fn written(test: &RuleTest, times: Times) -> String {
    let mut text = format!("tests:\n  - name: {}\n", scalar(&test.name));
    // Writing to a string cannot fail.
    if test.is_incomplete {
        text.push_str("    incomplete: true\n");
    }
    if test.completeness != Completeness::Root {
        let _ = writeln!(text, "    completeness: {}", test.completeness.as_str());
    }
    text.push_str("    trace:\n");
    let links = test.spans.iter().flat_map(|span| &span.links);
    let led_to: BTreeSet<usize> = links.filter_map(|link| link.to).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); test.spans.len()];
    let mut open = Vec::new();
    for (index, span) in test.spans.iter().enumerate() {
        match span.parent {
            TestParent::Span(parent) => children[parent].push(index),
            TestParent::Root | TestParent::Lost => open.push((index, 3)),
        }
    }
    open.reverse();
    while let Some((index, depth)) = open.pop() {
        let indent = "  ".repeat(depth);
        let span = &test.spans[index];
        let above = match span.parent {
            TestParent::Span(parent) => Some(&test.spans[parent]),
            TestParent::Root | TestParent::Lost => None,
        };
        let mut keys = keys(span, above, times);
        if led_to.contains(&index) {
            keys.insert(1, ("id", id(index)));
        }
        if children[index].is_empty() {
            let all: Vec<String> = keys
                .iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            let _ = writeln!(text, "{indent}- {{ {} }}", all.join(", "));
            continue;
        }
        for (place, (key, value)) in keys.iter().enumerate() {
            let dash = if place == 0 { "- " } else { "  " };
            let _ = writeln!(text, "{indent}{dash}{key}: {value}");
        }
        let _ = writeln!(text, "{indent}  children:");
        open.extend(
            children[index]
                .iter()
                .rev()
                .map(|child| (*child, depth + 2)),
        );
    }
    let expect = &test.expect;
    let _ = writeln!(text, "    expect: {}", expect.verdict.as_str());
    if let Some(clause) = expect.clause {
        let _ = writeln!(text, "    clause: {}", clause.as_str());
    }
    if let Some(reason) = expect.reason {
        let _ = writeln!(text, "    reason: {}", reason.as_str());
    }
    text
}

/// What has to be written of a span, given what it has from the one above.
fn keys(span: &TestSpan, above: Option<&TestSpan>, times: Times) -> Vec<(&'static str, String)> {
    let mut keys = vec![("span", scalar(&span.name))];
    if span.parent == TestParent::Lost {
        keys.push(("orphan", "true".to_owned()));
    }
    if *span.service != *above.map_or("test", |above| &above.service) {
        keys.push(("service", scalar(&span.service)));
    }
    if span.kind != SpanKind::default() {
        keys.push(("kind", span.kind.as_str().to_owned()));
    }
    if span.status != SpanStatus::default() {
        keys.push(("status", span.status.as_str().to_owned()));
    }
    if !span.status_message.is_empty() {
        keys.push(("status_message", scalar(&span.status_message)));
    }
    if times == Times::Written {
        keys.push(("start", duration(span.start)));
        keys.push(("duration", duration(span.end - span.start)));
    }
    if !span.attributes.is_empty() {
        keys.push(("attributes", map(&span.attributes)));
    }
    if span.resource[..] != *above.map_or(&[][..], |above| &above.resource) {
        keys.push(("resource", map(&span.resource)));
    }
    if span.instrumentation != Instrumentation::default() {
        keys.push(("instrumentation", instrumentation(&span.instrumentation)));
    }
    if !span.events.is_empty() {
        let events = span.events.iter().map(|event| {
            let mut entries = vec![format!("name: {}", scalar(&event.name))];
            if times == Times::Written {
                entries.push(format!("at: {}", duration(event.at - span.start)));
            }
            if !event.attributes.is_empty() {
                entries.push(format!("attributes: {}", map(&event.attributes)));
            }
            format!("{{ {} }}", entries.join(", "))
        });
        keys.push((
            "events",
            format!("[{}]", events.collect::<Vec<_>>().join(", ")),
        ));
    }
    if !span.links.is_empty() {
        let links = span.links.iter().map(|link| {
            let mut entries: Vec<String> = Vec::new();
            entries.extend(link.to.map(|to| format!("to: {}", id(to))));
            if !link.attributes.is_empty() || link.to.is_none() {
                entries.push(format!("attributes: {}", map(&link.attributes)));
            }
            format!("{{ {} }}", entries.join(", "))
        });
        keys.push((
            "links",
            format!("[{}]", links.collect::<Vec<_>>().join(", ")),
        ));
    }
    keys
}

/// By which links name the span at a place.
fn id(index: usize) -> String {
    format!("span-{}", index + 1)
}

fn instrumentation(scope: &Instrumentation) -> String {
    let mut entries = Vec::new();
    for (key, text) in [("name", &scope.name), ("version", &scope.version)] {
        if !text.is_empty() {
            entries.push(format!("{key}: {}", scalar(text)));
        }
    }
    if !scope.attributes.is_empty() {
        entries.push(format!("attributes: {}", map(&scope.attributes)));
    }
    format!("{{ {} }}", entries.join(", "))
}

fn map(all: &[(String, AttributeValue)]) -> String {
    if all.is_empty() {
        return "{}".to_owned();
    }
    let entries = all
        .iter()
        .map(|(key, one)| format!("{}: {}", scalar(key), value(one)));
    format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
}

fn value(one: &AttributeValue) -> String {
    match one {
        AttributeValue::Empty => "null".to_owned(),
        AttributeValue::Bool(value) => value.to_string(),
        AttributeValue::Int(value) => value.to_string(),
        AttributeValue::Float(value) if value.is_nan() => ".nan".to_owned(),
        AttributeValue::Float(value) if value.is_infinite() => {
            if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned()
        }
        // With its point it stays a decimal.
        AttributeValue::Float(value) => format!("{value:?}"),
        AttributeValue::Text(text) => scalar(text),
        AttributeValue::Array(all) => {
            format!("[{}]", all.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        AttributeValue::Map(all) => map(all),
    }
}

/// Plain where nobody could read it otherwise, else in double quotes.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_plain = text
        .split(' ')
        .all(|word| !word.is_empty() && word.chars().all(is_word));
    let is_said = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if begins_well && is_plain && !is_said {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        let code = u32::from(letter);
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // What is not shown as it is would be shown in another way than YAML escapes it.
            _ if is_shown(letter) => quoted.push(letter),
            _ if code <= 0xffff => quoted.push_str(&format!("\\u{code:04X}")),
            _ => quoted.push_str(&format!("\\U{code:08X}")),
        }
    }
    quoted.push('"');
    quoted
}

/// The output has it as it is.
fn is_shown(letter: char) -> bool {
    let text = letter.to_string();
    one_line(&text) == text.as_str()
}

/// In the largest unit that is exact.
fn duration(nanos: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    match UNITS.iter().find(|(unit, _)| nanos % unit == 0) {
        _ if nanos == 0 => "0ms".to_owned(),
        Some((unit, name)) => format!("{}{name}", nanos / unit),
        None => format!("{nanos}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_could_be_read_otherwise_is_quoted() {
        for (text, yaml) in [
            ("payment.charge", "payment.charge"),
            ("GET /me", "GET /me"),
            ("GET /me/{id}", "\"GET /me/{id}\""),
            ("true", "\"true\""),
            ("No", "\"No\""),
            ("12", "\"12\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a\nb", "\"a\\nb\""),
            (" a", "\" a\""),
            ("a\"\\b", "\"a\\\"\\\\b\""),
            ("a\u{202e}b\u{1b}", "\"a\\u202Eb\\u001B\""),
            ("\u{e0001}é", "\"\\U000E0001é\""),
        ] {
            assert_eq!(scalar(text), yaml);
        }
    }

    #[test]
    fn durations_are_written_exactly() {
        for (nanos, text) in [
            (0, "0ms"),
            (1_500_000_000, "1500ms"),
            (2_000_000_000, "2s"),
            (-5_000, "-5us"),
            (1_001, "1001ns"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }
}
