//! A rule and a trace in a form that a person can read and a test can replay: `testdata/regressions`.
//!
//! ```text
//! # what went wrong once
//! condition: never { a before b }
//! exception: root.where(ok)
//! {"trace":"…","id":"…","name":"a","start":1,"end":2}
//! ```
//!
//! Spans stand in the order of delivery, one a line.

use std::fmt;

use crate::generate::Source;
use crate::model::Span;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Case {
    pub remark: String,
    pub source: Source,
    pub spans: Vec<Span>,
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.remark.lines() {
            writeln!(out, "# {line}")?;
        }
        writeln!(out, "condition: {}", self.source.condition)?;
        for exception in &self.source.exceptions {
            writeln!(out, "exception: {exception}")?;
        }
        for span in &self.spans {
            let line = serde_json::to_string(span).map_err(|_| fmt::Error)?;
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

impl Case {
    /// # Errors
    /// The first line that is neither of the forms, with its number.
    pub fn read(text: &str) -> Result<Case, String> {
        let mut case = Case::default();
        for (number, line) in text.lines().enumerate() {
            let at = |what: String| format!("line {}: {what}", number + 1);
            if let Some(remark) = line.strip_prefix('#') {
                case.remark += remark.trim_start();
                case.remark.push('\n');
            } else if let Some(condition) = line.strip_prefix("condition: ") {
                condition.clone_into(&mut case.source.condition);
            } else if let Some(exception) = line.strip_prefix("exception: ") {
                case.source.exceptions.push(exception.to_owned());
            } else if line.starts_with('{') {
                let span = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
                case.spans.push(span);
            } else if !line.trim().is_empty() {
                return Err(at(
                    "neither a remark, a condition, an exception nor a span".to_owned()
                ));
            }
        }
        Ok(case)
    }
}
