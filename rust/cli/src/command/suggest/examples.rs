//! The traces that suggestions are shown on and tested with: taken out of what was kept of the recordings.

use std::collections::{HashMap, HashSet};

use betrace_engine::{Finding, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::compared::Places;
use crate::drawing::{Drawn, Parent, draw};
use crate::feed::decoded;
use crate::output;
use crate::recording::Recorded;
use crate::spool::{Frame, Spooled};
use crate::words::moment;

use super::keeping::keeping;
use super::suggested::{Suggested, Suggestion};

/// Lines of a drawn trace.
const DRAWN: usize = 24;

/// The traces that are needed, by their ids.
pub struct Examples(HashMap<[u8; 16], Recorded>);

impl Examples {
    /// Those that `suggested` shows as broken, and one of each that keeps it.
    pub fn of(suggested: &Suggested, places: &Places<'_>, spooled: &Spooled) -> Examples {
        let mut wanted: HashSet<[u8; 16]> = HashSet::new();
        for one in &suggested.all {
            wanted.extend(one.verdicts.shown.iter().map(|finding| finding.trace_id.0));
            wanted.extend(keeping(one, places));
        }
        let mut found: HashMap<[u8; 16], Recorded> = HashMap::new();
        let mut partial = HashSet::new();
        let read = spooled.read(|frame| match frame {
            Frame::Spans(otlp) => take(otlp, &wanted, &mut found),
            Frame::Partial(trace) => drop(partial.insert(trace.0)),
        });
        if let Err(error) = read {
            output::fault(format_args!(
                "cannot read what was kept of the recordings: {error}"
            ));
        }
        for (id, recorded) in &mut found {
            recorded.is_partial = partial.contains(id);
        }
        Examples(found)
    }

    pub fn get(&self, trace: [u8; 16]) -> Option<&Recorded> {
        self.0.get(&trace)
    }

    /// The ids of the traces that show the rule broken.
    pub fn ids(&self, one: &Suggestion) -> Vec<String> {
        let shown = one.verdicts.shown.iter();
        shown.map(|finding| finding.trace_id.to_string()).collect()
    }

    /// These traces, each as a small tree with the place marked.
    pub fn drawn(&self, one: &Suggestion) -> Vec<String> {
        let mut lines = Vec::new();
        for finding in &one.verdicts.shown {
            let Some(recorded) = self.get(finding.trace_id.0) else {
                continue;
            };
            lines.push(format!(
                "{}, from {}",
                finding.trace_id,
                moment(recorded.begin())
            ));
            let all = recorded.drawn(|span| marks(finding, span));
            let (few, left_out) = pruned(all);
            lines.extend(
                draw(&few, DRAWN)
                    .into_iter()
                    .map(|line| format!("  {line}")),
            );
            if left_out > 0 {
                lines.push(format!(
                    "  (and {} beside these)",
                    output::counted(left_out, "span")
                ));
            }
            if !finding.clause_text.is_empty() {
                lines.push(format!("  broken: {}", finding.clause_text));
            }
        }
        lines
    }
}

fn marks(finding: &Finding, span: &[u8]) -> Vec<String> {
    let evidence = finding.evidence.iter();
    let own = evidence.filter(|evidence| evidence.span_id.0 == *span);
    own.map(|evidence| evidence.role.as_str().to_owned())
        .collect()
}

/// The marked spans, what stands above them, and the roots; how many others there are.
fn pruned(all: Vec<Drawn>) -> (Vec<Drawn>, usize) {
    let mut is_kept: Vec<bool> = all
        .iter()
        .map(|span| !span.marks.is_empty() || span.parent == Parent::Root)
        .collect();
    for index in 0..all.len() {
        let mut at = index;
        while is_kept[index]
            && let Parent::Span(above) = all[at].parent
        {
            if std::mem::replace(&mut is_kept[above], true) {
                break;
            }
            at = above;
        }
    }
    let mut place = vec![0; all.len()];
    let mut kept = Vec::new();
    let before = all.len();
    for (index, mut span) in all.into_iter().enumerate() {
        if is_kept[index] {
            place[index] = kept.len();
            // What a span says is in the recording; here it is its place that counts.
            span.attributes.clear();
            kept.push((index, span));
        }
    }
    let left_out = before - kept.len();
    let kept = kept.into_iter().map(|(_, mut span)| {
        if let Parent::Span(above) = span.parent {
            span.parent = Parent::Span(place[above]);
        }
        span
    });
    (kept.collect(), left_out)
}

fn take(otlp: &[u8], wanted: &HashSet<[u8; 16]>, found: &mut HashMap<[u8; 16], Recorded>) {
    let here: Vec<[u8; 16]> = crate::traces::traces_of(otlp)
        .into_iter()
        .filter(|trace| wanted.contains(trace))
        .collect();
    if here.is_empty() {
        return;
    }
    let Ok(batch) = decoded(otlp) else { return };
    for trace in here {
        let mut own = batch.clone();
        for resource in &mut own.resource_spans {
            for scope in &mut resource.scope_spans {
                scope.spans.retain(|span| span.trace_id == trace);
            }
            resource.scope_spans.retain(|scope| !scope.spans.is_empty());
        }
        own.resource_spans
            .retain(|resource| !resource.scope_spans.is_empty());
        let recorded = found.entry(trace).or_insert_with(|| Recorded {
            trace: TraceId(trace),
            request: ExportTraceServiceRequest::default(),
            is_partial: false,
            is_broken: false,
        });
        recorded
            .request
            .resource_spans
            .append(&mut own.resource_spans);
    }
}
