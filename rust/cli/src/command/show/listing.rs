//! What recordings hold: traces, names, services and attribute keys, with how often they occur.

use std::collections::{BTreeMap, HashMap};

use betrace_engine::TraceId;
use betrace_lang::rule::Scope;
use serde::Serialize;

use crate::args::{Show, ShowFormat};
use crate::census::{Census, Counts};
use crate::exit::Exit;
use crate::feed::{Fed, decoded, feed};
use crate::output::{self, Output, Paint, counted, grouped};
use crate::paths;

/// Entries of one table, unless all are wanted.
const SHOWN: usize = 30;

/// Traces that are told apart; more are only counted as spans.
const MOST_TRACES: usize = 1_000_000;

/// Traces of which an id is shown.
const EXAMPLES: usize = 5;

#[derive(Serialize)]
struct Listing<'c> {
    spans: u64,
    traces: usize,
    span_names: BTreeMap<&'c str, u64>,
    services: BTreeMap<&'c str, u64>,
    events: BTreeMap<&'c str, u64>,
    /// By scope.
    attribute_keys: BTreeMap<&'static str, BTreeMap<&'c str, u64>>,
}

pub fn run(args: &Show, out: &mut Output) -> Exit {
    let inputs = match paths::trace_inputs(&args.traces) {
        Ok(inputs) => inputs,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    let mut census = Census::default();
    let mut traces: HashMap<[u8; 16], u64> = HashMap::new();
    let is_broken = feed(inputs, |fed| {
        let request = match fed {
            Fed::Spans(otlp) => decoded(otlp)?,
            Fed::Partial(_) => return Ok(()),
        };
        census.add(&request);
        let scopes = request.resource_spans.iter().flat_map(|r| &r.scope_spans);
        for span in scopes.flat_map(|scope| &scope.spans) {
            let Ok(id) = <[u8; 16]>::try_from(&*span.trace_id) else {
                continue;
            };
            if traces.len() < MOST_TRACES || traces.contains_key(&id) {
                *traces.entry(id).or_default() += 1;
            }
        }
        Ok(())
    });
    match args.format {
        ShowFormat::Json => out.json(&listing(&census, traces.len())),
        ShowFormat::Text => text(&census, &traces, args.all, out),
    }
    if is_broken { Exit::Broken } else { Exit::Fine }
}

/// Each scope, and what its keys are called.
const SCOPES: [(Scope, &str); 5] = [
    (Scope::Span, "attribute keys of spans"),
    (Scope::Resource, "attribute keys of their resources"),
    (
        Scope::Instrumentation,
        "attribute keys of their instrumentation scopes",
    ),
    (Scope::Event, "attribute keys of their events"),
    (Scope::Link, "attribute keys of their links"),
];

fn listing(census: &Census, traces: usize) -> Listing<'_> {
    Listing {
        spans: census.spans,
        traces,
        span_names: table_of(&census.names),
        services: table_of(&census.services),
        events: table_of(&census.events),
        attribute_keys: SCOPES
            .iter()
            .filter_map(|(scope, _)| Some((scope.as_str(), table_of(census.keys(*scope)?))))
            .collect(),
    }
}

fn table_of(counts: &Counts) -> BTreeMap<&str, u64> {
    counts.sorted().into_iter().collect()
}

fn text(census: &Census, traces: &HashMap<[u8; 16], u64>, wants_all: bool, out: &mut Output) {
    out.line(format_args!(
        "{} in {}",
        counted(census.spans, "span"),
        counted(traces.len(), "trace")
    ));
    let mut largest: Vec<(&[u8; 16], u64)> = traces.iter().map(|(id, n)| (id, *n)).collect();
    largest.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    largest.truncate(EXAMPLES);
    heading("the largest traces, by spans (--trace draws one)", out);
    for (id, count) in largest {
        out.line(format_args!("{:>9}  {}", grouped(count), TraceId(*id)));
    }
    table("span names", "", Some(&census.names), wants_all, out);
    table(
        "services, by spans",
        "",
        Some(&census.services),
        wants_all,
        out,
    );
    for (scope, title) in SCOPES {
        table(title, scope.as_str(), census.keys(scope), wants_all, out);
    }
    table("event names", "", Some(&census.events), wants_all, out);
}

/// A table of nothing is left out. A key is shown as the language spells it in its scope.
fn table(title: &str, scope: &str, counts: Option<&Counts>, wants_all: bool, out: &mut Output) {
    let Some(counts) = counts else { return };
    let sorted = counts.sorted();
    if sorted.is_empty() {
        return;
    }
    heading(&format!("{title} ({})", grouped(sorted.len() as u64)), out);
    let most = if wants_all { sorted.len() } else { SHOWN };
    let prefix = match scope {
        "" | "span" => String::new(),
        scope => format!("{scope}."),
    };
    for (text, count) in sorted.iter().take(most) {
        out.line(format_args!("{:>9}  {prefix}{text}", grouped(*count)));
    }
    if sorted.len() > most {
        let more = sorted.len() - most;
        out.line(format_args!(
            "{:>9}  and {} more (--all)",
            "…",
            grouped(more as u64)
        ));
    }
    if counts.others > 0 {
        out.line(format_args!(
            "{:>9}  others, which are not told apart",
            grouped(counts.others)
        ));
    }
}

fn heading(text: &str, out: &mut Output) {
    out.line("");
    out.line(out.palette().paint(Paint::Bold, text));
}
