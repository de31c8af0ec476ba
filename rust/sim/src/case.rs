//! Rules and traces in a form that a person can read and a test can replay: `testdata/regressions`.
//!
//! ```text
//! # what went wrong once
//! condition: never { a before b }
//! exception: root.where(ok)
//! {"trace":"…","id":"…","name":"a","start":1,"end":2}
//! ```
//!
//! Spans stand in the order of delivery, one a line. An exception, a message and a `completeness:` belong to the condition above them; most
//! cases have one condition and one trace.

use std::fmt;
use std::sync::Arc;

use betrace_lang::rule::{Completeness, Rule};

use crate::generate::Source;
use crate::model::Span;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Case {
    pub remark: String,
    pub sources: Vec<Source>,
    pub spans: Vec<Span>,
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.remark.lines() {
            writeln!(out, "# {line}")?;
        }
        for source in &self.sources {
            writeln!(out, "condition: {}", source.condition)?;
            for exception in &source.exceptions {
                writeln!(out, "exception: {exception}")?;
            }
            if !source.message.is_empty() {
                writeln!(out, "message: {}", source.message)?;
            }
            if let Some(asked) = source.completeness {
                writeln!(out, "completeness: {}", asked.as_str())?;
            }
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
    /// What the language says against a condition or an exception.
    pub fn rules(&self) -> Result<Vec<Arc<Rule>>, String> {
        let numbered = self.sources.iter().zip(0..);
        numbered
            .map(|(source, number)| source.check(&format!("r{number}")))
            .collect()
    }

    /// The spans by trace.
    #[must_use]
    pub fn traces(&self) -> Vec<Vec<Span>> {
        let mut traces: Vec<Vec<Span>> = Vec::new();
        for span in &self.spans {
            match traces.iter_mut().find(|trace| trace[0].trace == span.trace) {
                Some(trace) => trace.push(span.clone()),
                None => traces.push(vec![span.clone()]),
            }
        }
        traces
    }

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
                case.sources.push(Source {
                    condition: condition.to_owned(),
                    ..Source::default()
                });
            } else if let Some(exception) = line.strip_prefix("exception: ") {
                let source = case.sources.last_mut();
                let source = source.ok_or_else(|| at("an exception of no condition".to_owned()))?;
                source.exceptions.push(exception.to_owned());
            } else if let Some(message) = line.strip_prefix("message: ") {
                let source = case.sources.last_mut();
                let source = source.ok_or_else(|| at("a message of no condition".to_owned()))?;
                message.clone_into(&mut source.message);
            } else if let Some(word) = line.strip_prefix("completeness: ") {
                let source = case.sources.last_mut();
                let source = source.ok_or_else(|| at("completeness of no condition".to_owned()))?;
                let mut asked = Completeness::ALL.into_iter();
                source.completeness = asked.find(|asked| asked.as_str() == word);
                if source.completeness.is_none() {
                    return Err(at(format!("there is no completeness {word}")));
                }
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
