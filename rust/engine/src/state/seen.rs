//! Which spans of a trace have come: to tell duplicates and conflicts, and, where some rule asks for parents, who is whose.

use std::iter::repeat;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::state::apart::SetApart;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::span_index::{Name, SpanIndex};

/// A span that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeenSpan {
    pub id: SpanId,
    /// All zero: none, or not kept here.
    pub parent: [u8; 8],
    /// Hash of kind and service: two halves of a call may share an id.
    pub twin: u32,
    pub digest: u32,
}

impl SeenSpan {
    #[inline(always)]
    fn name(self) -> Name {
        let SeenSpan { id, twin, .. } = self;
        Name { id, twin }
    }
}

/// Of which spans of a trace the parents are kept, from its first span on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parents {
    /// Each with the record.
    OfRecorded,
    OfAll,
}

/// A span as it lies in a block: id, twin and digest, and behind them its parent, where those of all are kept.
const SPAN_BYTES: usize = 16;
const LINKED_BYTES: usize = SPAN_BYTES + 8;

impl Parents {
    #[inline(always)]
    pub fn are_of_all(self) -> bool {
        self == Parents::OfAll
    }

    /// What a span takes.
    #[inline(always)]
    pub fn stride(self) -> usize {
        if self.are_of_all() {
            LINKED_BYTES
        } else {
            SPAN_BYTES
        }
    }
}

#[inline(always)]
fn unpacked(packed: &[u8]) -> SeenSpan {
    let (words, _) = packed.as_chunks::<8>();
    let word = |at: usize| words.get(at).copied().unwrap_or([0; 8]);
    let rest = u64::from_le_bytes(word(1));
    SeenSpan {
        id: SpanId(word(0)),
        parent: word(2),
        twin: rest as u32,
        digest: (rest >> 32) as u32,
    }
}

/// As it lies in a block, if parents are kept; else without the last eight bytes.
#[inline(always)]
fn packed(span: SeenSpan) -> [u8; LINKED_BYTES] {
    let mut packed = [0; LINKED_BYTES];
    packed[..8].copy_from_slice(&span.id.0);
    packed[8..12].copy_from_slice(&span.twin.to_le_bytes());
    packed[12..16].copy_from_slice(&span.digest.to_le_bytes());
    packed[16..].copy_from_slice(&span.parent);
    packed
}

/// What a span's coming means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    New,
    /// An equal copy came before.
    Duplicate,
    /// A copy came before that differs.
    Conflict,
}

/// The spans of one trace.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'t> {
    spans: &'t [u8],
    /// Places in `spans`, from [`LINEAR`] spans on.
    index: Option<&'t SpanIndex>,
    pub(super) parents: Parents,
}

/// Up to so many spans a search looks at each.
const LINEAR: usize = 16;

impl<'t> Seen<'t> {
    #[inline(always)]
    pub(super) fn of(block: &'t Block, apart: Option<&'t SetApart>, parents: Parents) -> Seen<'t> {
        let spans = block.list(List::Spans);
        // What stands apart is not looked at for few.
        let apart = apart.filter(|_| spans.len() > LINEAR * SPAN_BYTES);
        Seen {
            spans,
            index: apart.and_then(|apart| apart.index.as_deref()),
            parents,
        }
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        // Two divisions by what is known are less than one by what is not.
        if self.parents.are_of_all() {
            self.spans.len() / LINKED_BYTES
        } else {
            self.spans.len() / SPAN_BYTES
        }
    }

    /// The span at a place; where there is none, one of zeros.
    #[inline(always)]
    pub(super) fn span(self, at: u32) -> SeenSpan {
        let stride = self.parents.stride();
        let begin = at as usize * stride;
        unpacked(self.spans.get(begin..begin + stride).unwrap_or(&[]))
    }

    #[inline(always)]
    fn all(self) -> impl Iterator<Item = SeenSpan> + use<'t> {
        self.spans.chunks_exact(self.parents.stride()).map(unpacked)
    }

    /// The place of a span; `None`: it did not come.
    pub(super) fn place(self, key: HashKey, id: SpanId, twin: u32) -> Option<u32> {
        let wanted = Name { id, twin };
        match self.index {
            None => {
                let at = self.all().position(|span| span.name() == wanted)?;
                Some(at as u32)
            }
            Some(index) => index.find(key, wanted, |at| self.span(at).name()),
        }
    }

    pub fn find(self, key: HashKey, id: SpanId, twin: u32, digest: u32) -> Arrival {
        match self.place(key, id, twin) {
            None => Arrival::New,
            Some(at) if self.span(at).digest == digest => Arrival::Duplicate,
            Some(_) => Arrival::Conflict,
        }
    }

    /// Visits the spans with this id until `visit` says that it has seen enough.
    fn each(self, key: HashKey, id: SpanId, mut visit: impl FnMut(SeenSpan) -> bool) {
        let Some(index) = self.index else {
            let mut spans = self.all().filter(|span| span.id == id);
            spans.any(visit);
            return;
        };
        let (first, further) = index.with_id(key, id, |at| self.span(at).name());
        let mut all = first.into_iter().chain(further.iter().copied());
        all.any(|at| visit(self.span(at)));
    }

    /// Whether every span's parent is known.
    pub fn has_structure(self) -> bool {
        self.parents.are_of_all()
    }

    /// The parents of all spans with this id: `None` in the list is a root; an empty list means that no
    /// such span came (or that structure is not kept). Takes as many steps as there are such spans.
    pub fn parents_of(self, key: HashKey, id: SpanId, parents: &mut Vec<Option<SpanId>>) {
        parents.clear();
        if self.has_structure() {
            self.each(key, id, |span| {
                parents.push((span.parent != [0; 8]).then_some(SpanId(span.parent)));
                false
            });
        }
    }

    /// The parent of the one span with this id, if it has any; `None`: none or several have it, or parents are not kept.
    pub fn parent_of_only(self, key: HashKey, id: SpanId) -> Option<Option<SpanId>> {
        let mut parent = None;
        let mut spans = 0;
        if self.has_structure() {
            self.each(key, id, |span| {
                parent = (span.parent != [0; 8]).then_some(SpanId(span.parent));
                spans += 1;
                spans > 1
            });
        }
        (spans == 1).then_some(parent)
    }

    fn parents(self) -> impl Iterator<Item = SpanId> {
        let parents = self.all().map(|span| span.parent);
        parents.filter(|parent| *parent != [0; 8]).map(SpanId)
    }

    /// The ids of all spans that are some span's parent, as far as they are kept.
    pub fn all_parents(self) -> HashSet<SpanId> {
        self.parents().collect()
    }

    pub fn came(self, key: HashKey, id: SpanId) -> bool {
        self.came_besides(key, id, None)
    }

    /// Whether a span with this id came, other than the one that `twin` tells from its twins.
    pub fn came_besides(self, key: HashKey, id: SpanId, twin: Option<u32>) -> bool {
        let mut came = false;
        self.each(key, id, |span| {
            came = Some(span.twin) != twin;
            came
        });
        came
    }

    /// Whether the parent of every span came.
    pub fn is_linked(self, key: HashKey) -> bool {
        self.has_structure() && self.parents().all(|parent| self.came(key, parent))
    }

    pub(super) fn stored(self) -> StoredSeen {
        let of = |span: SeenSpan| StoredSpan {
            id: span.id,
            twin: span.twin,
            digest: span.digest,
        };
        let parents = self.all().filter(|_| self.has_structure());
        StoredSeen {
            spans: self.all().map(of).collect(),
            parents: parents.map(|span| span.parent).collect(),
        }
    }
}

/// The spans of one trace, to be added to.
pub(super) struct SeenMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub apart: &'t mut Option<Box<SetApart>>,
    pub parents: Parents,
}

impl SeenMut<'_> {
    /// Adds a span that [`Seen::find`] called new; returns its place.
    #[inline(always)]
    pub fn add(&mut self, key: HashKey, span: SeenSpan) -> u32 {
        let packed = packed(span);
        let at = if self.parents.are_of_all() {
            self.block.push(self.pool, List::Spans, packed)
        } else {
            let (packed, _) = packed.as_chunks::<SPAN_BYTES>();
            self.block.push(self.pool, List::Spans, packed[0])
        };
        let at = at as u32;
        if at as usize >= LINEAR {
            self.index_span(key, at);
        }
        at
    }

    /// Adds a span to the index, and with the first one that is added all before it.
    #[inline(never)]
    fn index_span(&mut self, key: HashKey, at: u32) {
        let index = &mut self.apart.get_or_insert_default().index;
        let first = if index.is_some() { at } else { 0 };
        let index = index.get_or_insert_default();
        let seen = Seen::of(self.block, None, self.parents);
        for at in first..=at {
            index.insert(key, at, |at| seen.span(at).name());
        }
    }

    pub fn restore(&mut self, stored: &StoredSeen, key: HashKey) {
        let parents = stored.parents.iter().copied();
        for (span, parent) in stored.spans.iter().zip(parents.chain(repeat([0; 8]))) {
            let span = SeenSpan {
                id: span.id,
                parent,
                twin: span.twin,
                digest: span.digest,
            };
            self.add(key, span);
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct StoredSpan {
    id: SpanId,
    twin: u32,
    digest: u32,
}

/// As it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredSeen {
    spans: Vec<StoredSpan>,
    /// Of all of them, or none.
    parents: Vec<[u8; 8]>,
}

impl StoredSeen {
    pub(super) fn parents(&self) -> Parents {
        if !self.parents.is_empty() && self.parents.len() == self.spans.len() {
            Parents::OfAll
        } else {
            Parents::OfRecorded
        }
    }

    /// Of a value that was read from outside.
    pub fn is_sound(&self) -> bool {
        self.parents.len() <= self.spans.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(value: u64) -> SpanId {
        SpanId(value.to_be_bytes())
    }

    #[test]
    fn copies_are_told_from_twins_on_both_sides_of_the_index() {
        let key = HashKey::new(7);
        let counts = [3, LINEAR as u64, LINEAR as u64 + 1, 100];
        for (count, parents) in counts
            .into_iter()
            .flat_map(|count| [Parents::OfRecorded, Parents::OfAll].map(|parents| (count, parents)))
        {
            let (mut block, mut pool, mut apart) = (Block::default(), BlockPool::default(), None);
            let mut add = |span, parent| {
                let mut seen = SeenMut {
                    block: &mut block,
                    pool: &mut pool,
                    apart: &mut apart,
                    parents,
                };
                let is_new = Seen::of(seen.block, seen.apart.as_deref(), parents);
                assert_eq!(is_new.find(key, id(span), 1, 5), Arrival::New);
                let span = SeenSpan {
                    id: id(span),
                    parent: id(parent).0,
                    twin: 1,
                    digest: 5,
                };
                seen.add(key, span);
            };
            for span in 1..=count {
                add(span, span - 1);
            }
            let seen = Seen::of(&block, apart.as_deref(), parents);
            assert_eq!(seen.len() as u64, count);
            assert_eq!(seen.index.is_some(), count > LINEAR as u64);
            assert_eq!(seen.find(key, id(2), 1, 5), Arrival::Duplicate);
            assert_eq!(seen.find(key, id(2), 1, 6), Arrival::Conflict);
            assert_eq!(seen.find(key, id(2), 2, 5), Arrival::New);
            assert_eq!(seen.is_linked(key), parents == Parents::OfAll);
            let mut above = Vec::new();
            seen.parents_of(key, id(2), &mut above);
            let is_known = parents == Parents::OfAll;
            assert_eq!(above == [Some(id(1))], is_known);
            seen.parents_of(key, id(1), &mut above);
            assert_eq!(above == [None], is_known);
            let only = [1, 2, 999].map(|span| seen.parent_of_only(key, id(span)));
            assert_eq!(only == [Some(None), Some(Some(id(1))), None], is_known);
            assert_eq!(only[2], None);
            let mut seen = SeenMut {
                block: &mut block,
                pool: &mut pool,
                apart: &mut apart,
                parents,
            };
            let span = SeenSpan {
                id: id(1000),
                parent: id(999).0,
                twin: 1,
                digest: 5,
            };
            seen.add(key, span);
            assert!(!Seen::of(&block, apart.as_deref(), parents).is_linked(key));
        }
    }
}
