//! What is counted while recordings run through the engine: of each rule how many traces broke and kept it in each stretch of
//! time, and what those come from. One pass, and every table is bounded.

use std::collections::HashMap;
use std::num::NonZeroU64;

use betrace_engine::{Finding, Settings, Timestamp, TraceId};
use betrace_lang::rule::RuleId;
use betrace_lang::verdict::Verdict;

use crate::args::Width;
use crate::traces::by_resource;

use super::buckets::{Bucket, Buckets, Ladder, Sighting, widened};
use super::origin::{Origins, SetId};
use crate::command::replay::watch::Watch;

/// Stretches of one rule, and of all rules together.
const MOST_BUCKETS: usize = 2048;
const MOST_BUCKETS_IN_ALL: usize = 131_072;

/// Pairs of a rule and what traces come from.
const MOST_BY_ORIGIN: usize = 1 << 20;

/// What is kept of a trace, in bytes, the room that a growing table keeps free among them.
const BYTES_A_TRACE: u64 = 2 * (size_of::<TraceId>() + size_of::<Trace>()) as u64;

/// Of a trace whose spans come.
struct Trace {
    /// The earliest start of a span.
    start: Option<NonZeroU64>,
    /// When the recording's time was when a span came last.
    latest: u64,
    set: SetId,
    /// The set of the resource that came last.
    resource: SetId,
}

/// Traces by what became of one rule.
#[derive(Debug, Default)]
pub struct Tally {
    pub violated: u64,
    pub kept: u64,
    pub not_applicable: u64,
    pub inconclusive: u64,
    /// Of those that the rule applied to, the ones without any time, which are in no stretch.
    pub without_time: u64,
    pub last_violated: Option<Sighting>,
    pub buckets: Buckets,
    /// Violated and kept ones.
    pub by_origin: HashMap<SetId, [u64; 2]>,
}

/// Looks on while a recording is replayed.
pub struct Timeline {
    pub ladder: Ladder,
    /// The step of the ladder that stretches have now.
    pub step: usize,
    pub rules: HashMap<RuleId, Tally>,
    pub origins: Origins,
    /// Of traces beyond the bound it is not known what they come from.
    pub without_origin: u64,
    traces: HashMap<TraceId, Trace>,
    most_traces: usize,
    /// With so many, those that have closed long ago are looked for.
    prune_at: usize,
    /// After how long without a span a trace has closed, whatever happens; nanoseconds.
    gone_after: u64,
    buckets: usize,
    by_origin: usize,
    /// The violation counted last: a trace may have several of one rule.
    counted: Option<(RuleId, TraceId)>,
}

/// Before this there is nothing to prune.
const FEW_TRACES: usize = 65_536;

impl Timeline {
    #[must_use]
    pub fn new(width: Width, settings: &Settings) -> Timeline {
        let most_traces = settings.memory_bytes / 4 / BYTES_A_TRACE;
        let waits = settings.root_timeout.max(settings.idle_timeout);
        Timeline {
            ladder: Ladder::of(width),
            step: 0,
            rules: HashMap::new(),
            origins: Origins::default(),
            without_origin: 0,
            traces: HashMap::new(),
            most_traces: usize::try_from(most_traces).unwrap_or(usize::MAX),
            prune_at: FEW_TRACES,
            gone_after: settings
                .max_age
                .saturating_add(settings.late_window)
                .saturating_add(waits),
            buckets: 0,
            by_origin: 0,
            counted: None,
        }
    }

    /// Traces that closed so long ago that nothing of them is asked any more. Where no time passes none has.
    fn prune(&mut self, now: u64) {
        let gone_after = self.gone_after;
        self.traces
            .retain(|_, trace| trace.latest.saturating_add(gone_after) >= now);
        self.prune_at = (2 * self.traces.len()).max(FEW_TRACES);
    }

    fn note(&mut self, finding: &Finding) {
        let seen = self.traces.get(&finding.trace_id);
        let start = seen.and_then(|trace| trace.start).map(NonZeroU64::get);
        let seen_at = Sighting {
            at: start.unwrap_or(finding.start),
            trace: finding.trace_id,
        };
        let set = seen.map(|trace| trace.set);
        let is_violated = finding.verdict == Verdict::Violated;
        let width = self.ladder.width(self.step);
        let tally = self.rules.entry(finding.rule.id.clone()).or_default();
        if is_violated {
            tally.violated += 1;
        } else {
            tally.kept += 1;
        }
        match set {
            // A window comes from nowhere.
            None if finding.rule.body.over.is_some() => {}
            None => self.without_origin += 1,
            Some(set) if tally.by_origin.contains_key(&set) || self.by_origin < MOST_BY_ORIGIN => {
                let before = tally.by_origin.len();
                tally.by_origin.entry(set).or_default()[usize::from(!is_violated)] += 1;
                self.by_origin += tally.by_origin.len() - before;
            }
            Some(_) => self.origins.is_partial = true,
        }
        // The first of all windows begins then.
        if seen_at.at == 0 && finding.window.is_none() {
            tally.without_time += 1;
            return;
        }
        let before = tally.buckets.len();
        let bucket: &mut Bucket = tally.buckets.entry(seen_at.at / width).or_default();
        if is_violated {
            bucket.note_violated(seen_at);
            tally.last_violated = tally.last_violated.max(Some(seen_at));
        } else {
            bucket.note_kept(seen_at);
        }
        let now = tally.buckets.len();
        self.buckets += now - before;
        if now > MOST_BUCKETS || self.buckets > MOST_BUCKETS_IN_ALL {
            self.widen();
        }
    }

    /// One step up the ladder, or several.
    fn widen(&mut self) {
        let is_full = |rules: &HashMap<RuleId, Tally>| {
            let all: usize = rules.values().map(|tally| tally.buckets.len()).sum();
            all > MOST_BUCKETS_IN_ALL
                || rules
                    .values()
                    .any(|tally| tally.buckets.len() > MOST_BUCKETS)
        };
        while is_full(&self.rules) && !self.ladder.is_last(self.step) {
            let times = self.ladder.width(self.step + 1) / self.ladder.width(self.step);
            for tally in self.rules.values_mut() {
                tally.buckets = widened(&tally.buckets, times);
            }
            self.step += 1;
        }
        self.buckets = self.rules.values().map(|tally| tally.buckets.len()).sum();
    }
}

impl Watch for Timeline {
    fn spans(&mut self, otlp: &[u8], now: Timestamp) {
        if self.traces.len() >= self.prune_at {
            self.prune(now.0);
        }
        let (traces, origins) = (&mut self.traces, &mut self.origins);
        let most = self.most_traces;
        by_resource(otlp, |resource, spans| {
            let resource = origins.of(resource);
            // Spans of a trace mostly come one after the other.
            for spans in spans.chunk_by(|one, next| one.0 == next.0) {
                let Some((id, _)) = spans.first() else {
                    continue;
                };
                let id = TraceId(*id);
                if traces.len() >= most && !traces.contains_key(&id) {
                    continue;
                }
                let trace = traces.entry(id).or_insert(Trace {
                    start: None,
                    latest: now.0,
                    set: resource,
                    resource,
                });
                trace.latest = now.0;
                let starts = spans
                    .iter()
                    .filter_map(|(_, start)| NonZeroU64::new(*start));
                trace.start = trace.start.into_iter().chain(starts).min();
                if trace.resource != resource {
                    trace.resource = resource;
                    trace.set = origins.both(trace.set, resource);
                }
            }
        });
    }

    fn finding(&mut self, finding: Finding) {
        let id = &finding.rule.id;
        match finding.verdict {
            Verdict::NotApplicable => self.rules.entry(id.clone()).or_default().not_applicable += 1,
            Verdict::Inconclusive => self.rules.entry(id.clone()).or_default().inconclusive += 1,
            Verdict::Satisfied => self.note(&finding),
            Verdict::Violated => {
                let of = Some((id.clone(), finding.trace_id));
                if self.counted != of {
                    self.counted = of;
                    self.note(&finding);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use betrace_engine::{CloseCause, Engine, Report};
    use betrace_lang::{Limits, SourceFile};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message as _;

    const SECOND: u64 = 1_000_000_000;

    fn request(trace: u64, start: u64, name: &str) -> Vec<u8> {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&trace.to_be_bytes());
        let span = Span {
            trace_id: id.to_vec(),
            span_id: vec![1; 8],
            name: name.to_owned(),
            start_time_unix_nano: start,
            end_time_unix_nano: start.saturating_add(1),
            ..Span::default()
        };
        let scope = ScopeSpans {
            spans: vec![span],
            ..ScopeSpans::default()
        };
        let resource = ResourceSpans {
            scope_spans: vec![scope],
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest {
            resource_spans: vec![resource],
        }
        .encode_to_vec()
    }

    fn settings() -> Settings {
        Settings {
            report: Report::All,
            early: false,
            event_time: true,
            restart_grace: false,
            shares_work: false,
            queue_bytes: u64::MAX,
            ..Settings::default()
        }
    }

    /// Traces `(trace, start, name)` through a rule that forbids spans named `bad`.
    fn run(timeline: &mut Timeline, traces: impl Iterator<Item = (u64, u64, &'static str)>) {
        run_rule(timeline, "never { bad }", traces);
    }

    fn run_rule(
        timeline: &mut Timeline,
        condition: &str,
        traces: impl Iterator<Item = (u64, u64, &'static str)>,
    ) {
        let text = format!("rules: [ {{ id: r, condition: \"{condition}\" }} ]");
        let files = vec![SourceFile::from_bytes("r.yaml".to_owned(), text.as_bytes())];
        let loaded = betrace_lang::load(&files, &Limits::default());
        let rules = loaded.rules.iter().map(|loaded| loaded.rule.clone());
        let engine = Engine::new(rules.collect(), settings(), Timestamp(0)).unwrap();
        for (trace, start, name) in traces {
            let bytes = request(trace, start, name);
            timeline.spans(&bytes, Timestamp(0));
            engine.consume(&bytes, Timestamp(0)).unwrap();
        }
        engine.drain_traces(Timestamp(0), CloseCause::EndOfInput, |findings| {
            findings
                .into_iter()
                .for_each(|finding| timeline.finding(finding));
        });
    }

    #[test]
    fn at_one_stretch_more_than_there_is_room_for_all_become_wider_and_nothing_is_lost() {
        let most = MOST_BUCKETS as u64;
        for (count, width) in [(most, SECOND), (most + 1, 4 * SECOND)] {
            let mut timeline = Timeline::new(Width::Of(SECOND), &settings());
            // Each starts at a whole second of its own, so the finest step is as full as the one that was asked for.
            let name = |trace: u64| {
                if trace.is_multiple_of(2) {
                    "bad"
                } else {
                    "good"
                }
            };
            run(
                &mut timeline,
                (1..=count).map(|at| (at, at * SECOND, name(at))),
            );
            while timeline.ladder.width(timeline.step) < width {
                assert_eq!(count, most, "only the fuller one was widened");
                timeline.step += 1;
            }
            let tally = timeline.rules.values().next().unwrap();
            let in_buckets: u64 = tally.buckets.values().map(Bucket::applied).sum();
            assert_eq!((in_buckets, tally.violated), (count, count / 2));
            assert_eq!(timeline.ladder.width(timeline.step), width);
        }
    }

    #[test]
    fn traces_beyond_the_bound_are_counted_by_when_their_findings_were() {
        let bounded = Settings {
            memory_bytes: 4 * 3 * BYTES_A_TRACE,
            ..settings()
        };
        for (count, beyond) in [(3, 0), (4, 1)] {
            let mut timeline = Timeline::new(Width::Auto, &bounded);
            run(
                &mut timeline,
                (1..=count).map(|at| (at, at * SECOND, "bad")),
            );
            let tally = timeline.rules.values().next().unwrap();
            assert_eq!((timeline.without_origin, tally.violated), (beyond, count));
            assert_eq!(
                tally.last_violated.map(|seen| seen.at),
                Some(count * SECOND)
            );
        }
    }

    #[test]
    fn traces_that_closed_long_ago_are_forgotten_where_time_passes() {
        let mut timeline = Timeline::new(Width::Auto, &settings());
        timeline.prune_at = 1;
        timeline.spans(&request(1, SECOND, "a"), Timestamp(SECOND));
        timeline.spans(&request(2, SECOND, "a"), Timestamp(2 * SECOND));
        assert_eq!(timeline.traces.len(), 2);
        timeline.prune_at = 1;
        timeline.spans(&request(3, SECOND, "a"), Timestamp(100_000 * SECOND));
        assert_eq!(timeline.traces.len(), 1);
    }

    /// How many findings have a place in time and how many none, and in how many stretches.
    fn placed(timeline: &Timeline) -> (u64, u64, usize) {
        let tally = timeline.rules.values().next().unwrap();
        let all = tally.violated + tally.kept;
        let placed = all - tally.without_time;
        (placed, tally.without_time, tally.buckets.len())
    }

    #[test]
    fn a_trace_that_began_at_the_last_of_all_times_is_in_its_stretch() {
        let mut timeline = Timeline::new(Width::Auto, &settings());
        run(&mut timeline, [(1, u64::MAX, "good")].into_iter());
        let start = timeline.traces.values().map(|trace| trace.start);
        assert_eq!(start.collect::<Vec<_>>(), [NonZeroU64::new(u64::MAX)]);
        assert_eq!(placed(&timeline), (1, 0, 1));
    }

    #[test]
    fn the_first_of_all_windows_is_in_the_first_stretch() {
        let mut timeline = Timeline::new(Width::Auto, &settings());
        let condition = "over 10s never { count(bad) > 0 }";
        run_rule(&mut timeline, condition, [(1, 1000, "bad")].into_iter());
        assert_eq!(placed(&timeline), (1, 0, 1));
    }

    #[test]
    fn a_trace_without_any_time_is_in_no_stretch() {
        let mut timeline = Timeline::new(Width::Auto, &settings());
        run(&mut timeline, [(1, 0, "good")].into_iter());
        assert_eq!(placed(&timeline), (0, 1, 0));
    }
}
