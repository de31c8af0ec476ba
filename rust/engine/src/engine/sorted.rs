//! The spans of a message by the part of all traces in which theirs is, each with its kind by what selects it, so that a part is locked
//! once for all of them.

use crate::id::TraceId;
use crate::matcher::Matcher;
use crate::matcher::answers::Answers;
use crate::matcher::ids::UnlikeId;
use crate::scan::aside::SpansAside;
use crate::scan::view::SpanView;
use crate::state::shards::ShardIndex;
use crate::state::span_kinds::KindId;

/// So many comparisons of unlike types, or values, are sorted at once with their spans for each that there may be.
const FOUND: usize = 16;
const VALUES: usize = 16;

/// So many spans of a part are shown behind each other: what their traces hold, and the traces of as many that come behind them,
/// fits in the fastest cache.
const AT_ONCE: usize = 16;

/// Spans of one part that stand behind each other, from and to where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SomeSpans(usize, usize);

#[derive(Debug, Default)]
pub(crate) struct SortedSpans {
    aside: SpansAside,
    spans: Vec<SortedSpan>,
    /// Of all spans, one behind the other.
    unlike: Vec<UnlikeId>,
    /// Numbers of spans, those of a part behind each other.
    order: Vec<u32>,
    /// By part: where its spans end there.
    ends: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct SortedSpan {
    shard: ShardIndex,
    kind: KindId,
    /// Where those of it end.
    unlike: u32,
}

impl SortedSpans {
    /// Adds the span at hand.
    #[inline(always)]
    pub fn push(
        &mut self,
        (shard, kind): (ShardIndex, KindId),
        span: &SpanView<'_, '_>,
        found: &Answers,
    ) {
        self.aside.push(span);
        self.unlike.extend_from_slice(found.unlike());
        self.spans.push(SortedSpan {
            shard,
            kind,
            unlike: self.unlike.len() as u32,
        });
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Takes the last ones back; so many stay.
    pub fn truncate(&mut self, len: usize) {
        self.aside.truncate(len);
        self.spans.truncate(len);
        let unlike = self.spans.last().map_or(0, |last| last.unlike);
        self.unlike.truncate(unlike as usize);
    }

    /// No more should come before these have gone: there are so many, or they have so much, that memory would grow with the
    /// message.
    #[inline(always)]
    pub fn is_full(&self, spans: usize) -> bool {
        self.spans.len() >= spans
            || self.unlike.len() >= FOUND * spans
            || self.aside.values() >= VALUES * spans
    }

    /// Brings those of each part together, in their order, and lists the parts that have any in `parts`.
    pub fn arrange(&mut self, parts: &mut Vec<ShardIndex>) {
        let SortedSpans {
            spans, order, ends, ..
        } = self;
        ends.clear();
        parts.clear();
        for span in &*spans {
            let shard = span.shard.index();
            if ends.len() <= shard {
                ends.resize(shard + 1, 0);
            }
            if ends[shard] == 0 {
                parts.push(span.shard);
            }
            ends[shard] += 1;
        }
        parts.sort_unstable();
        let mut before = 0;
        for end in &mut *ends {
            before += std::mem::replace(end, before);
        }
        order.clear();
        order.resize(spans.len(), 0);
        for (number, span) in (0..).zip(&*spans) {
            let end = &mut ends[span.shard.index()];
            order[*end as usize] = number;
            *end += 1;
        }
    }

    /// Some of the spans of one part after the other.
    pub fn some_of(&self, part: ShardIndex) -> impl Iterator<Item = SomeSpans> + use<> {
        let at = part.index();
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        let end = self.ends[at] as usize;
        let begins = (begin..end).step_by(AT_ONCE);
        begins.map(move |begin| SomeSpans(begin, end.min(begin + AT_ONCE)))
    }

    /// Their traces and names.
    pub fn named<'a>(
        &self,
        SomeSpans(begin, end): SomeSpans,
        message: &'a [u8],
    ) -> impl Iterator<Item = (TraceId, &'a [u8])> + Clone {
        let numbers = self.order[begin..end].iter();
        numbers.map(move |number| self.aside.named(*number as usize, message))
    }

    /// Shows them, each with what was found of it.
    pub fn each_of<'a>(
        &mut self,
        SomeSpans(begin, end): SomeSpans,
        (message, matcher): (&'a [u8], &Matcher),
        mut visit: impl FnMut(&SpanView<'a, '_>, KindId, &[UnlikeId]),
    ) {
        for number in &self.order[begin..end] {
            let number = *number as usize;
            let span = self.spans[number];
            let unlike = unlike_of(number, &self.spans, &self.unlike);
            let mut visit = |view: &SpanView<'a, '_>| visit(view, span.kind, unlike);
            let plan = matcher.read_plan();
            self.aside.lend(number, message, plan, &mut visit);
        }
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.aside.clear();
        self.spans.clear();
        self.unlike.clear();
    }
}

/// Of all comparisons of unlike types those of one span. Most spans have none.
#[inline(always)]
fn unlike_of<'u>(number: usize, spans: &[SortedSpan], unlike: &'u [UnlikeId]) -> &'u [UnlikeId] {
    if unlike.is_empty() {
        return &[];
    }
    let before = number.checked_sub(1);
    let begin = before.map_or(0, |before| spans[before].unlike);
    &unlike[begin as usize..spans[number].unlike as usize]
}
