//! Which spans of a trace have come: to tell duplicates and conflicts, and, where some rule asks for
//! ancestry or `linked` completeness, who is whose parent.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::state::heap::heap;
use crate::state::span_index::{Name, SpanIndex};

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SeenSpan {
    id: SpanId,
    /// Hash of kind and service: two halves of a call may share an id.
    twin: u32,
    digest: u32,
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

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    spans: Vec<SeenSpan>,
    /// Beside `spans`, where structure is kept; all zero: none.
    parents: Vec<[u8; 8]>,
    /// Positions in `spans`, from [`LINEAR`] spans on.
    #[serde(skip)]
    index: SpanIndex,
}

/// Up to so many spans a search looks at each.
const LINEAR: usize = 16;

impl Seen {
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn find(&self, key: HashKey, id: SpanId, twin: u32, digest: u32) -> Arrival {
        let found = if self.index.is_empty() {
            let mut spans = self.spans.iter();
            spans.find(|span| span.id == id && span.twin == twin)
        } else {
            let at = self.index.find(key, Name { id, twin }, |at| self.name(at));
            at.map(|at| &self.spans[at as usize])
        };
        match found {
            None => Arrival::New,
            Some(span) if span.digest == digest => Arrival::Duplicate,
            Some(_) => Arrival::Conflict,
        }
    }

    fn name(&self, at: u32) -> Name {
        let SeenSpan { id, twin, .. } = self.spans[at as usize];
        Name { id, twin }
    }

    /// Adds a span that [`Seen::find`] called new. `parent`: `None` where structure is not kept.
    pub fn add(
        &mut self,
        key: HashKey,
        id: SpanId,
        twin: u32,
        digest: u32,
        parent: Option<Option<SpanId>>,
    ) {
        let at = self.spans.len();
        self.spans.push(SeenSpan { id, twin, digest });
        // Structure is kept from a trace's first span on or not at all: a reload may ask for it later.
        if let Some(parent) = parent
            && self.parents.len() == at
        {
            self.parents.push(parent.map_or([0; 8], |parent| parent.0));
        }
        if self.index.is_empty() {
            if self.spans.len() > LINEAR {
                self.rebuild_index(key);
            }
        } else {
            self.index_span(key, at as u32);
        }
    }

    fn index_span(&mut self, key: HashKey, at: u32) {
        let spans = &self.spans;
        self.index.insert(key, at, |at| {
            let SeenSpan { id, twin, .. } = spans[at as usize];
            Name { id, twin }
        });
    }

    /// After reading from a snapshot, or with another key.
    pub fn rebuild_index(&mut self, key: HashKey) {
        self.index = SpanIndex::default();
        if self.spans.len() > LINEAR {
            for at in 0..self.spans.len() as u32 {
                self.index_span(key, at);
            }
        }
    }

    /// Visits the spans with this id until `visit` says that it has seen enough.
    fn each(&self, key: HashKey, id: SpanId, mut visit: impl FnMut(&SeenSpan, usize) -> bool) {
        if self.index.is_empty() {
            for (at, span) in self.spans.iter().enumerate() {
                if span.id == id && visit(span, at) {
                    return;
                }
            }
            return;
        }
        let (first, further) = self.index.with_id(key, id, |at| self.name(at));
        for at in first.into_iter().chain(further.iter().copied()) {
            if visit(&self.spans[at as usize], at as usize) {
                return;
            }
        }
    }

    /// Of a value that was read from outside.
    pub fn is_sound(&self) -> bool {
        self.parents.len() <= self.spans.len()
    }

    /// Whether every span's parent is known.
    pub fn has_structure(&self) -> bool {
        self.parents.len() == self.spans.len()
    }

    /// The parents of all spans with this id: `None` in the list is a root; an empty list means that no
    /// such span came (or that structure is not kept). Takes as many steps as there are such spans.
    pub fn parents_of(&self, key: HashKey, id: SpanId, parents: &mut Vec<Option<SpanId>>) {
        parents.clear();
        self.each(key, id, |_, at| {
            if let Some(parent) = self.parents.get(at) {
                parents.push((*parent != [0; 8]).then_some(SpanId(*parent)));
            }
            false
        });
    }

    /// The ids of all spans that are some span's parent, as far as structure is kept.
    pub fn all_parents(&self) -> HashSet<SpanId> {
        let known = self.parents.iter().filter(|parent| **parent != [0; 8]);
        known.map(|parent| SpanId(*parent)).collect()
    }

    pub fn came(&self, key: HashKey, id: SpanId) -> bool {
        self.came_besides(key, id, None)
    }

    /// Whether a span with this id came, other than the one that `twin` tells from its twins.
    pub fn came_besides(&self, key: HashKey, id: SpanId, twin: Option<u32>) -> bool {
        let mut came = false;
        self.each(key, id, |span, _| {
            came = Some(span.twin) != twin;
            came
        });
        came
    }

    /// Whether the parent of every span came.
    pub fn is_linked(&self, key: HashKey) -> bool {
        self.has_structure()
            && self
                .parents
                .iter()
                .all(|parent| *parent == [0; 8] || self.came(key, SpanId(*parent)))
    }

    pub fn heap_bytes(&self) -> usize {
        heap(self.spans.capacity() * size_of::<SeenSpan>())
            + heap(self.parents.capacity() * 8)
            + self.index.heap_bytes()
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
            let mut seen = Seen::default();
            for span in 1..=count {
                assert_eq!(seen.find(key, id(span), 1, 5), Arrival::New);
                seen.add(key, id(span), 1, 5, Some(Some(id(span - 1))));
            }
            assert_eq!(seen.find(key, id(2), 1, 5), Arrival::Duplicate);
            assert_eq!(seen.find(key, id(2), 1, 6), Arrival::Conflict);
            assert_eq!(seen.find(key, id(2), 2, 5), Arrival::New);
            assert!(seen.is_linked(key));
            let mut parents = Vec::new();
            seen.parents_of(key, id(2), &mut parents);
            assert_eq!(parents, [Some(id(1))]);
            seen.parents_of(key, id(1), &mut parents);
            assert_eq!(parents, [None]);
            seen.add(key, id(1000), 1, 5, Some(Some(id(999))));
            assert!(!seen.is_linked(key));
        }
    }
}
