//! Rules over many traces, in English.

use betrace_lang::rule::{Aggregate, ClauseKind, Number, Over, Peer, WindowBound, WindowMeasure};

use crate::words::duration;

use super::condition::holds;
use super::field::{Names, called, comparison, number, term};
use super::span::{Article, noun};

/// Of which windows and groups, and what must be so in each.
#[must_use]
pub fn sentences(over: &Over) -> Vec<String> {
    let names = Names(&[]);
    let mut scope = format!("In each stretch of {}", duration(over.length));
    if !over.by.is_empty() {
        let by: Vec<String> = over.by.iter().map(|field| called(field, names)).collect();
        scope += &format!(", for each value of {}", by.join(" and "));
    }
    let what = match over.measure.is_of_traces() {
        true => "traces",
        false => "spans",
    };
    if over.at_least > 0 {
        scope += &format!(", where at least {} {what} are measured", over.at_least);
    }
    let op = comparison(over.op, false);
    let mut said = vec![
        format!("{scope}:"),
        format!(
            "- {}: {} {op} {}.",
            over.clause.as_str(),
            measure(&over.measure, names),
            bound(over)
        ),
    ];
    if over.measure.is_share() {
        let so = match over.clause {
            ClauseKind::Always => "is not so",
            _ => "is so",
        };
        said.push(format!(
            "It is broken where that {so} with a confidence of {} %, all groups together; where it cannot be told, it is inconclusive (too_few).",
            over.confidence.percent()
        ));
    }
    said
}

/// What breaks the rule.
#[must_use]
pub fn breaks(over: &Over) -> String {
    let names = Names(&[]);
    let is_always = over.clause == ClauseKind::Always;
    format!(
        "{} {} {}",
        measure(&over.measure, names),
        comparison(over.op, is_always),
        bound(over)
    )
}

fn measure(measure: &WindowMeasure, names: Names<'_>) -> String {
    let spans = |selector| noun(selector, names, Article::Plural);
    match measure {
        WindowMeasure::Count(selector) => format!("the number of {}", spans(selector)),
        WindowMeasure::Of {
            function,
            selector,
            of,
        } => {
            let what = match function {
                Aggregate::Distinct => "the number of different values of",
                Aggregate::Sum => "the sum of",
                Aggregate::Min => "the least",
                Aggregate::Max => "the greatest",
                Aggregate::Avg => "the average of",
            };
            format!("{what} {} over {}", term(of, names), spans(selector))
        }
        WindowMeasure::Quantile { rank, selector, of } => {
            format!("the {rank} of {} over {}", term(of, names), spans(selector))
        }
        WindowMeasure::Traces(condition) => {
            format!("the number of traces in which {}", holds(condition, names))
        }
        WindowMeasure::ShareOfTraces { of, among } => format!(
            "of the traces in which {}, the share in which {}",
            holds(among, names),
            holds(of, names)
        ),
        WindowMeasure::ShareOfSpans { of, among } => {
            format!("of the {}, the share of {}", spans(among), spans(of))
        }
    }
}

fn bound(over: &Over) -> String {
    match &over.bound {
        WindowBound::Number(value) if over.measure.is_share() => {
            format!("{} %", value.percent())
        }
        WindowBound::Number(value) => number(*value),
        WindowBound::Duration(nanos) => duration(*nanos),
        WindowBound::Peer { factor, peer } => {
            let of = match peer {
                Peer::Highest => "that of the other group that has most",
                Peer::Lowest => "that of the other group that has least",
                Peer::Others => "that of all other groups together",
                Peer::Before => "that of the stretch before",
            };
            match *factor == Number::Int(1) {
                true => of.to_owned(),
                false => format!("{} times {of}", number(*factor)),
            }
        }
    }
}
