//! Which spans of a trace have come: to tell duplicates and conflicts, and, where some rule asks for
//! ancestry or `linked` completeness, who is whose parent.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::state::block::{Block, BlockPool, List};
use crate::state::span_index::{Name, SpanIndex};

/// A span that came.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SeenSpan {
    id: SpanId,
    /// Hash of kind and service: two halves of a call may share an id.
    twin: u32,
    digest: u32,
}

impl SeenSpan {
    fn packed(self) -> [u8; 16] {
        let mut packed = [0; 16];
        packed[..8].copy_from_slice(&self.id.0);
        packed[8..12].copy_from_slice(&self.twin.to_le_bytes());
        packed[12..].copy_from_slice(&self.digest.to_le_bytes());
        packed
    }

    #[inline]
    fn unpacked(packed: &[u8; 16]) -> SeenSpan {
        let packed = u128::from_le_bytes(*packed);
        SeenSpan {
            id: SpanId((packed as u64).to_le_bytes()),
            twin: (packed >> 64) as u32,
            digest: (packed >> 96) as u32,
        }
    }

    fn name(self) -> Name {
        let SeenSpan { id, twin, .. } = self;
        Name { id, twin }
    }
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
    spans: &'t [[u8; 16]],
    /// Beside `spans`, where structure is kept; all zero: none.
    parents: &'t [[u8; 8]],
    /// Positions in `spans`, from [`LINEAR`] spans on.
    index: Option<&'t SpanIndex>,
}

/// Up to so many spans a search looks at each.
const LINEAR: usize = 16;

impl<'t> Seen<'t> {
    pub(super) fn of(block: &'t Block, index: Option<&'t SpanIndex>) -> Seen<'t> {
        Seen {
            spans: block.elements(List::Spans),
            parents: block.elements(List::Parents),
            index,
        }
    }

    pub fn len(self) -> usize {
        self.spans.len()
    }

    fn span(self, at: usize) -> SeenSpan {
        SeenSpan::unpacked(&self.spans[at])
    }

    pub fn find(self, key: HashKey, id: SpanId, twin: u32, digest: u32) -> Arrival {
        let wanted = Name { id, twin };
        let found = match self.index {
            None => {
                let mut spans = self.spans.iter().map(SeenSpan::unpacked);
                spans.find(|span| span.name() == wanted)
            }
            Some(index) => {
                let at = index.find(key, wanted, |at| self.span(at as usize).name());
                at.map(|at| self.span(at as usize))
            }
        };
        match found {
            None => Arrival::New,
            Some(span) if span.digest == digest => Arrival::Duplicate,
            Some(_) => Arrival::Conflict,
        }
    }

    /// Visits the spans with this id until `visit` says that it has seen enough.
    fn each(self, key: HashKey, id: SpanId, mut visit: impl FnMut(SeenSpan, usize) -> bool) {
        let Some(index) = self.index else {
            let spans = self.spans.iter().map(SeenSpan::unpacked);
            for (at, span) in spans.enumerate() {
                if span.id == id && visit(span, at) {
                    return;
                }
            }
            return;
        };
        let (first, further) = index.with_id(key, id, |at| self.span(at as usize).name());
        for at in first.into_iter().chain(further.iter().copied()) {
            if visit(self.span(at as usize), at as usize) {
                return;
            }
        }
    }

    /// Whether every span's parent is known.
    pub fn has_structure(self) -> bool {
        self.parents.len() == self.spans.len()
    }

    /// The parents of all spans with this id: `None` in the list is a root; an empty list means that no
    /// such span came (or that structure is not kept). Takes as many steps as there are such spans.
    pub fn parents_of(self, key: HashKey, id: SpanId, parents: &mut Vec<Option<SpanId>>) {
        parents.clear();
        self.each(key, id, |_, at| {
            if let Some(parent) = self.parents.get(at) {
                parents.push((*parent != [0; 8]).then_some(SpanId(*parent)));
            }
            false
        });
    }

    /// The ids of all spans that are some span's parent, as far as structure is kept.
    pub fn all_parents(self) -> HashSet<SpanId> {
        let known = self.parents.iter().filter(|parent| **parent != [0; 8]);
        known.map(|parent| SpanId(*parent)).collect()
    }

    pub fn came(self, key: HashKey, id: SpanId) -> bool {
        self.came_besides(key, id, None)
    }

    /// Whether a span with this id came, other than the one that `twin` tells from its twins.
    pub fn came_besides(self, key: HashKey, id: SpanId, twin: Option<u32>) -> bool {
        let mut came = false;
        self.each(key, id, |span, _| {
            came = Some(span.twin) != twin;
            came
        });
        came
    }

    /// Whether the parent of every span came.
    pub fn is_linked(self, key: HashKey) -> bool {
        self.has_structure()
            && self
                .parents
                .iter()
                .all(|parent| *parent == [0; 8] || self.came(key, SpanId(*parent)))
    }

    pub(super) fn stored(self) -> StoredSeen {
        StoredSeen {
            spans: self.spans.iter().map(SeenSpan::unpacked).collect(),
            parents: self.parents.to_vec(),
        }
    }
}

/// The spans of one trace, to be added to.
pub(super) struct SeenMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub index: &'t mut Option<Box<SpanIndex>>,
}

impl SeenMut<'_> {
    /// Adds a span that [`Seen::find`] called new. `parent`: `None` where structure is not kept.
    pub fn add(
        &mut self,
        key: HashKey,
        id: SpanId,
        twin: u32,
        digest: u32,
        parent: Option<Option<SpanId>>,
    ) {
        let span = SeenSpan { id, twin, digest };
        let at = self.block.push(self.pool, List::Spans, span.packed());
        // Structure is kept from a trace's first span on or not at all: a reload may ask for it later.
        if let Some(parent) = parent
            && self.block.elements::<8>(List::Parents).len() == at
        {
            let parent = parent.map_or([0; 8], |parent| parent.0);
            self.block.push(self.pool, List::Parents, parent);
        }
        match self.index {
            Some(_) => self.index_span(key, at as u32),
            None if at >= LINEAR => {
                *self.index = Some(Box::default());
                for at in 0..=at as u32 {
                    self.index_span(key, at);
                }
            }
            None => {}
        }
    }

    fn index_span(&mut self, key: HashKey, at: u32) {
        if let Some(index) = self.index {
            let spans = self.block.elements(List::Spans);
            let name = |at: u32| SeenSpan::unpacked(&spans[at as usize]).name();
            index.insert(key, at, name);
        }
    }

    pub fn restore(&mut self, stored: &StoredSeen, key: HashKey) {
        let mut parents = stored.parents.iter();
        for span in &stored.spans {
            let parent = parents.next().map(|parent| Some(SpanId(*parent)));
            self.add(key, span.id, span.twin, span.digest, parent);
        }
    }
}

/// As it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredSeen {
    spans: Vec<SeenSpan>,
    parents: Vec<[u8; 8]>,
}

impl StoredSeen {
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
        for count in [3, LINEAR as u64, LINEAR as u64 + 1, 100] {
            let (mut block, mut pool, mut index) = (Block::default(), BlockPool::default(), None);
            let mut add = |span, parent| {
                let mut seen = SeenMut {
                    block: &mut block,
                    pool: &mut pool,
                    index: &mut index,
                };
                let is_new = Seen::of(seen.block, seen.index.as_deref());
                assert_eq!(is_new.find(key, id(span), 1, 5), Arrival::New);
                seen.add(key, id(span), 1, 5, Some(Some(id(parent))));
            };
            for span in 1..=count {
                add(span, span - 1);
            }
            let seen = Seen::of(&block, index.as_deref());
            assert_eq!(seen.index.is_some(), count > LINEAR as u64);
            assert_eq!(seen.find(key, id(2), 1, 5), Arrival::Duplicate);
            assert_eq!(seen.find(key, id(2), 1, 6), Arrival::Conflict);
            assert_eq!(seen.find(key, id(2), 2, 5), Arrival::New);
            assert!(seen.is_linked(key));
            let mut parents = Vec::new();
            seen.parents_of(key, id(2), &mut parents);
            assert_eq!(parents, [Some(id(1))]);
            seen.parents_of(key, id(1), &mut parents);
            assert_eq!(parents, [None]);
            SeenMut {
                block: &mut block,
                pool: &mut pool,
                index: &mut index,
            }
            .add(key, id(1000), 1, 5, Some(Some(id(999))));
            assert!(!Seen::of(&block, index.as_deref()).is_linked(key));
        }
    }
}
