//! A test's trace, drawn and marked with what was found in it, or what its windows came to.

use betrace_lang::rule_test::{AttributeValue, RuleTest, TestParent, TestSpan};

use crate::case::{Seen, spans};
use crate::drawing::{Drawn, Parent, SHOWN, draw, quoted};
use crate::words::of_window;

/// One line a span, children below their parents, then what was found.
#[must_use]
pub fn render(test: &RuleTest, seen: &Seen) -> Vec<String> {
    let all = test.spans.iter().enumerate();
    let all: Vec<Drawn> = all.map(|(index, span)| drawn(index, span, seen)).collect();
    let mut lines = draw(&all, SHOWN);
    if test.is_incomplete {
        lines.push("(cut off: the trace is not complete)".to_owned());
    }
    for finding in &seen.windows {
        let window = finding.window.as_ref();
        lines.extend(window.map(|window| of_window(finding, window)));
    }
    let violations = seen.violations.iter();
    for violation in violations.filter(|violation| violation.window.is_none()) {
        lines.push(format!("violated: {}", violation.clause_text));
    }
    lines
}

fn drawn(index: usize, span: &TestSpan, seen: &Seen) -> Drawn {
    let violations = seen.violations.iter();
    Drawn {
        service: span.service.to_string(),
        name: span.name.clone(),
        times: Some((span.start, span.end)),
        attributes: span
            .attributes
            .iter()
            .map(|(key, value)| (key.clone(), show(value)))
            .collect(),
        parent: match span.parent {
            TestParent::Root => Parent::Root,
            TestParent::Span(parent) => Parent::Span(parent),
            TestParent::Lost => Parent::Lost,
        },
        marks: violations
            .flat_map(|violation| &violation.evidence)
            .filter(|evidence| spans::index_of(evidence.span_id.0) == index)
            .map(|evidence| evidence.role.as_str().to_owned())
            .collect(),
    }
}

fn show(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Empty => "null".to_owned(),
        AttributeValue::Bool(value) => value.to_string(),
        AttributeValue::Int(value) => value.to_string(),
        AttributeValue::Float(value) => value.to_string(),
        AttributeValue::Text(text) => quoted(text),
        AttributeValue::Array(all) => {
            format!("[{}]", all.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        AttributeValue::Map(all) => {
            let members = all
                .iter()
                .map(|(key, value)| format!("{key}: {}", show(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}
