//! One message: every span is merged into its trace, and then each touched trace is asked which of the
//! rules that its new spans touched are violated already.

use betrace_lang::verdict::Verdict;
use parking_lot::MutexGuard;

use crate::engine::Engine;
use crate::engine::lifecycle::{Context, Sink};
use crate::hash::route;
use crate::matcher::MatchScratch;
use crate::matcher::answers::Answers;
use crate::scan::view::SpanView;

use crate::state::Applied;
use crate::state::shard::{Place, Shard};
use crate::wire::ScanError;

/// The working memory of one call, kept for the next.
#[derive(Default)]
pub(crate) struct Scratch {
    scan: MatchScratch,
    pub sink: Sink,
    touches: Vec<Touch>,
    rules: Vec<u32>,
}

/// A trace that a span was merged into, and a selector of that span that may decide a rule early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Touch {
    shard: u32,
    place: Place,
    /// [`NO_SELECTOR`]: the trace was touched.
    selector: u32,
}

const NO_SELECTOR: u32 = u32::MAX;

impl Engine {
    /// Returns how many spans were read.
    pub(crate) fn take_in(
        &self,
        context: &Context<'_>,
        otlp: &[u8],
        scratch: &mut Scratch,
    ) -> Result<u64, ScanError> {
        let mut intake = Intake {
            engine: self,
            context,
            sink: &mut scratch.sink,
            touches: &mut scratch.touches,
            locked: None,
        };
        let result = context
            .plan
            .matcher
            .scan(otlp, &mut scratch.scan, |span, found| {
                intake.span(span, found);
            });
        drop(intake);
        self.decide_touched(context, scratch);
        let stats = result?;
        scratch.sink.tally.spans.malformed += stats.malformed;
        Ok(stats.spans + stats.malformed)
    }

    fn decide_touched(&self, context: &Context<'_>, scratch: &mut Scratch) {
        let Scratch {
            sink,
            touches,
            rules,
            ..
        } = scratch;
        touches.sort_unstable();
        touches.dedup();
        for of_shard in touches.chunk_by(|a, b| a.shard == b.shard) {
            let at = of_shard[0].shard as usize;
            let mut shard = self.shards[at].lock();
            for of_trace in of_shard.chunk_by(|a, b| a.place == b.place) {
                let place = of_trace[0].place;
                let Some(trace) = shard.get_mut(place) else {
                    continue;
                };
                // A trace that closed hears of violations whatever the settings say of open ones.
                if self.settings.early || trace.closed != 0 {
                    rules_to_try(context, of_trace, trace, rules);
                    context.decide_early(trace, rules, sink);
                }
                shard.weigh(place);
            }
            self.account(at, &shard);
        }
        touches.clear();
    }
}

fn rules_to_try(
    context: &Context<'_>,
    touches: &[Touch],
    trace: &crate::state::TraceState,
    rules: &mut Vec<u32>,
) {
    let plan = context.plan;
    rules.clear();
    for touch in touches {
        if let Some(selector) = plan.selectors.get(touch.selector as usize) {
            rules.extend_from_slice(&selector.early);
        }
    }
    let on_any = plan.on_any_span.iter().copied();
    rules.extend(on_any.filter(|position| {
        let rule = plan.rule(*position);
        rule.reads_trace
            || rule.untouched.incomplete == Verdict::Violated
            || rule.cells.iter().any(|cell| trace.cell(*cell).is_some())
    }));
    rules.sort_unstable();
    rules.dedup();
}

struct Intake<'e> {
    engine: &'e Engine,
    context: &'e Context<'e>,
    sink: &'e mut Sink,
    touches: &'e mut Vec<Touch>,
    locked: Option<(usize, MutexGuard<'e, Shard>)>,
}

impl Intake<'_> {
    fn span(&mut self, span: &SpanView<'_, '_>, found: &Answers) {
        if span.is_own() {
            self.sink.tally.spans.own += 1;
            return;
        }
        let engine = self.engine;
        let context = self.context;
        let id = span.trace_id();
        let hash = engine.key.of(&id.0);
        let at = engine.shard_of(route(id));
        if self.locked.as_ref().is_none_or(|(held, _)| *held != at) {
            // One lock at a time: two calls can never wait for each other.
            self.locked = None;
            self.locked = Some((at, engine.shards[at].lock()));
        }
        let Some((_, shard)) = &mut self.locked else {
            return;
        };
        let plan = context.plan;
        let settings = context.settings;
        let place = shard.open(engine.key, hash, id, context.now, plan.generation, settings);
        let Some(trace) = shard.get_mut(place) else {
            return;
        };
        let is_late = trace.closed != 0;
        let applied = trace.apply(
            plan,
            engine.key,
            span,
            found.hits(),
            settings.spans_per_trace,
        );
        let spans = &mut self.sink.tally.spans;
        match applied {
            Applied::Duplicate => spans.duplicate += 1,
            Applied::Conflict => spans.conflict += 1,
            Applied::OverLimit => spans.over_limit += 1,
            Applied::Added if is_late || trace.is_late() => spans.late += 1,
            Applied::Added => spans.evaluated += 1,
        }
        if !is_late {
            trace.last = context.now;
        } else if matches!(applied, Applied::Added | Applied::OverLimit) {
            trace.reopen();
        }
        let touch = Touch {
            shard: at as u32,
            place,
            selector: NO_SELECTOR,
        };
        if self
            .touches
            .last()
            .is_none_or(|last| (last.shard, last.place) != (touch.shard, place))
        {
            self.touches.push(touch);
        }
        if applied != Applied::Added {
            return;
        }
        let tally = &mut self.sink.tally;
        tally.next_span();
        for hit in found.hits() {
            let selector = plan.selector(hit.selector);
            tally.matched(&selector.sets);
            if !selector.early.is_empty() {
                self.touches.push(Touch {
                    selector: hit.selector.0,
                    ..touch
                });
            }
        }
        for unlike in found.unlike() {
            tally.unlike(unlike.0 as usize);
        }
    }
}
