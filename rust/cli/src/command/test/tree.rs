//! A test's trace as a small tree, marked with what was found in it.

use betrace_lang::rule_test::{AttributeValue, RuleTest, TestParent, TestSpan};

use crate::words::nanos;

use super::judge::Seen;
use super::spans;

/// More spans than this are only counted.
const SHOWN: usize = 40;

/// One line a span, children below their parents, then what was found.
#[must_use]
pub fn render(test: &RuleTest, seen: &Seen) -> Vec<String> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); test.spans.len()];
    let mut tops = Vec::new();
    for (index, span) in test.spans.iter().enumerate() {
        match span.parent {
            TestParent::Span(parent) => children[parent].push(index),
            TestParent::Root | TestParent::Lost => tops.push(index),
        }
    }
    let mut lines = Vec::new();
    let mut open: Vec<(usize, String, bool, bool)> = Vec::new();
    push(&mut open, &tops, "", true);
    while let Some((index, indent, is_last, is_top)) = open.pop() {
        if lines.len() == SHOWN {
            lines.push(format!("… and {} more", test.spans.len() - SHOWN));
            break;
        }
        let (branch, below) = match (is_top, is_last) {
            (true, _) => ("", ""),
            (false, true) => ("└─ ", "   "),
            (false, false) => ("├─ ", "│  "),
        };
        lines.push(format!(
            "{indent}{branch}{}",
            line(index, &test.spans[index], seen)
        ));
        push(
            &mut open,
            &children[index],
            &format!("{indent}{below}"),
            false,
        );
    }
    if test.is_incomplete {
        lines.push("(cut off: the trace is not complete)".to_owned());
    }
    for violation in &seen.violations {
        lines.push(format!("violated: {}", violation.clause_text));
    }
    lines
}

/// Puts siblings on the stack so that the first comes off first.
fn push(open: &mut Vec<(usize, String, bool, bool)>, spans: &[usize], indent: &str, is_top: bool) {
    for (place, &index) in spans.iter().enumerate().rev() {
        open.push((index, indent.to_owned(), place + 1 == spans.len(), is_top));
    }
}

fn line(index: usize, span: &TestSpan, seen: &Seen) -> String {
    let mut line = format!(
        "{}: {}  [{} to {}]",
        span.service,
        span.name,
        moment(span.start),
        moment(span.end)
    );
    for (key, value) in &span.attributes {
        line.push_str(&format!(" {key}={}", show(value)));
    }
    if span.parent == TestParent::Lost {
        line.push_str(" (its parent never came)");
    }
    let roles: Vec<&str> = seen
        .violations
        .iter()
        .flat_map(|violation| &violation.evidence)
        .filter(|evidence| spans::index_of(evidence.span_id.0) == index)
        .map(|evidence| evidence.role.as_str())
        .collect();
    if !roles.is_empty() {
        line.push_str(&format!("  <- {}", roles.join(", ")));
    }
    line
}

fn moment(at: i64) -> String {
    let sign = if at < 0 { "-" } else { "" };
    format!("{sign}{}", nanos(at.unsigned_abs()))
}

fn show(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Empty => "null".to_owned(),
        AttributeValue::Bool(value) => value.to_string(),
        AttributeValue::Int(value) => value.to_string(),
        AttributeValue::Float(value) => value.to_string(),
        AttributeValue::Text(text) if text.chars().count() > 60 => {
            format!("{:?}…", text.chars().take(60).collect::<String>())
        }
        AttributeValue::Text(text) => format!("{text:?}"),
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
