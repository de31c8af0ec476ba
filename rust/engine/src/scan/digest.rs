//! A hash of what rules can see of a span, to tell a repeated span from another one with its ids.
//!
//! By meaning, not by encoding: the thin and the full message of a span, and attributes in any order, give
//! the same.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher};

use crate::hash::{fixed_hash, fold, fold_text};
use crate::scan::keys::{HASH, KeyTable};
use crate::scan::lists::ListSet;
use crate::scan::read::SpanMarks;
use crate::scan::read_plan::{EVENT_SHIFT, LINK_SHIFT};
use crate::scan::value_digest::{INT, TEXT, digest_value, write_text};
use crate::scan::view::SpanView;
use crate::value::Value;
use crate::wire::value::Raw;

impl SpanView<'_, '_> {
    /// By what it is told from others with its id, worked out from what was read of it.
    #[inline(always)]
    pub(crate) fn worked_out_marks(&self) -> SpanMarks {
        SpanMarks {
            twin: self.twin(),
            digest: self.worked_out_digest(),
        }
    }

    /// A hash of everything that these rules see of this span besides its ids: equal for the thin and the full
    /// message of one span, and for any order of its attributes. Changes with the set of wanted fields.
    #[must_use]
    pub fn digest(&self) -> u64 {
        if let Some(marks) = self.marks {
            return marks.digest;
        }
        self.worked_out_digest()
    }

    #[inline(always)]
    fn worked_out_digest(&self) -> u64 {
        let head = self.head;
        let kind = u64::from(head.kind.cast_unsigned());
        let mut hash = fold(u64::from_le_bytes(head.parent) ^ TEXT, kind);
        hash = fold_text(hash, self.name());
        if self.plan.times {
            hash = fold(fold(hash ^ head.start, head.end), INT);
        }
        if self.plan.status {
            hash = fold(hash, u64::from(head.status.cast_unsigned()));
        }
        if self.plan.status_message {
            hash = fold_text(hash, head.status_message.of_message(self.message));
        }
        let sum = self.read.span.digest();
        hash = fold(hash ^ self.read.resource.digest(), self.scope_digest());
        hash = fold(hash, sum);
        // What is not read may stand there from another matcher.
        if self.plan.reads_events {
            let of_events = digest_lists(
                &self.read.events,
                &self.plan.event,
                EVENT_SHIFT,
                |slot, raw| self.event_value(slot, raw),
            );
            hash = fold(hash, of_events);
        }
        if self.plan.reads_links {
            let of_links = digest_lists(
                &self.read.links,
                &self.plan.link,
                LINK_SHIFT,
                |slot, raw| self.link_value(slot, raw),
            );
            hash = fold(hash, of_links);
        }
        hash
    }

    /// Tells apart spans that share an id: the kind in the upper bits, so that it orders them, and a hash of kind and service.
    #[inline(always)]
    fn twin(&self) -> u32 {
        let kind = self.kind();
        let kept = usize::try_from(kind).ok();
        let kept = kept.and_then(|kind| self.read.twins.get(kind));
        match kept.and_then(Cell::get) {
            Some(twin) => twin,
            None => self.work_out_twin(kept),
        }
    }

    #[inline(never)]
    fn work_out_twin(&self, kept: Option<&Cell<Option<u32>>>) -> u32 {
        let kind = self.kind();
        let hash = fixed_hash(&[&kind.to_le_bytes(), self.service()]) as u32;
        let twin = (kind.clamp(0, 7) as u32) << 29 | hash >> 3;
        if let Some(kept) = kept {
            kept.set(Some(twin));
        }
        twin
    }

    #[inline(always)]
    fn scope_digest(&self) -> u64 {
        match self.read.scope_digest.get() {
            Some(digest) => digest,
            None => self.work_out_scope_digest(),
        }
    }

    #[inline(never)]
    fn work_out_scope_digest(&self) -> u64 {
        let mut hash = HASH.build_hasher();
        write_text(&mut hash, self.read.scope_name.of_message(self.message));
        if self.plan.scope_version {
            write_text(&mut hash, self.read.scope_version.of_message(self.message));
        }
        hash.write_u64(self.read.scope.digest());
        let digest = hash.finish();
        self.read.scope_digest.set(Some(digest));
        digest
    }
}

/// Which event or link has a value is part of it.
#[inline(never)]
fn digest_lists<'v>(
    lists: &ListSet,
    keys: &KeyTable,
    shift: u32,
    value: impl Fn(u32, Raw) -> Value<'v>,
) -> u64 {
    let own = u64::from(lists.owners());
    lists.touched().iter().fold(own, |sum, slot| {
        let place = slot.checked_sub(shift);
        let seed = place.map_or(1 + u64::from(*slot), |slot| keys.hash(slot));
        let list = lists.values(*slot).fold(seed, |seed, (owner, raw)| {
            let seed = seed.rotate_left(7) ^ u64::from(owner);
            digest_value(seed, value(*slot, raw))
        });
        sum.wrapping_add(list)
    })
}
