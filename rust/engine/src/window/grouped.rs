//! Summaries by group, as many as fit into a bound of bytes, and one for all that did not.
//!
//! A space-saving count keeps the largest groups, and which it takes for them hangs on the order in which they came.
//! Here each group has a rank, a hash of its key, and the groups of the lowest ranks are kept whole: one that is kept
//! was so from its first value on, so its summary lacks nothing; one that was given up is never taken in again, and
//! all of it is in the summary of the others. That holds for any order, and for parts that are [merged]. While all
//! groups fit, [`largest`](Grouped::largest) is exact; where they do not, it is so among those that are kept, which
//! are then any of all, and `others` says that there are more. What is true of the others together bounds each of
//! them: a group among them has no more than all.
//!
//! The ranks are salted, so that whoever chooses keys cannot choose which groups are given up.
//!
//! [merged]: Summary::merge

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::heap::heap;
use crate::window::distinct::{Distinct, ValueKey};
use crate::window::summary::Summary;

/// How many bytes of a group's name are kept.
pub(crate) const LABEL_CAP: usize = 256;

/// A rough worst case for a B-tree's nodes.
const TREE_ENTRY_OVERHEAD: usize = 24;

/// Where a group stands among all.
type GroupRank = (u64, ValueKey);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "StoredGrouped<S>",
    into = "StoredGrouped<S>",
    bound(
        serialize = "S: Summary + Default + Serialize",
        deserialize = "S: Summary + Default + Deserialize<'de>"
    )
)]
pub(crate) struct Grouped<S> {
    salt: u64,
    /// Bytes that the kept groups may take.
    bound: usize,
    /// Each in a place of its own: what lies in a tree is moved with its neighbours, and takes as much where there is none.
    groups: BTreeMap<GroupRank, Box<KeptGroup<S>>>,
    /// What the groups take.
    bytes: usize,
    others: Others<S>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeptGroup<S> {
    pub label: Arc<str>,
    pub summary: S,
}

/// What did not fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Others<S> {
    /// The lowest rank of a group that was given up: the groups from it on are here.
    first: Option<GroupRank>,
    pub summary: S,
    pub groups: Distinct,
}

/// Some groups, the largest first, and the others.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(crate) struct LargestGroups<'a, S> {
    pub groups: Vec<(&'a str, &'a S)>,
    pub others: Others<S>,
}

impl<S> Others<S> {
    /// Whether groups were given up, not only left out of the largest.
    pub fn were_given_up(&self) -> bool {
        self.first.is_some()
    }
}

impl<S: Summary + Default> Grouped<S> {
    /// `salt` is to be the same for all parts that are merged; `bound` is in bytes.
    pub fn new(salt: u64, bound: usize) -> Grouped<S> {
        Grouped {
            salt,
            bound,
            groups: BTreeMap::new(),
            bytes: 0,
            others: Others {
                first: None,
                summary: S::default(),
                groups: Distinct::default(),
            },
        }
    }

    /// Adds to the summary of a group by `add`; whether it is kept. A label is of its key alone, and is cut to [`LABEL_CAP`]
    /// bytes.
    pub fn update<L: Into<Arc<str>>>(
        &mut self,
        key: ValueKey,
        label: impl FnOnce() -> L,
        add: impl FnOnce(&mut S),
    ) -> bool {
        let rank = self.known_rank(key);
        if self.is_given_up(rank) {
            self.others.groups.add(key);
            add(&mut self.others.summary);
            return false;
        }
        match self.groups.entry(rank) {
            Entry::Occupied(group) => {
                let summary = &mut group.into_mut().summary;
                self.bytes -= summary.heap_bytes();
                add(summary);
                self.bytes += summary.heap_bytes();
            }
            Entry::Vacant(free) => {
                let group = free.insert(Box::new(KeptGroup {
                    label: kept(label().into()),
                    summary: S::default(),
                }));
                add(&mut group.summary);
                self.bytes += group.bytes();
            }
        }
        if self.bytes <= self.bound {
            return true;
        }
        self.fit();
        !self.is_given_up(rank)
    }

    /// Where a group stands; most windows have one, which is known.
    fn known_rank(&self, key: ValueKey) -> GroupRank {
        match self.groups.first_key_value() {
            Some((only, _)) if self.groups.len() == 1 && only.1 == key => *only,
            _ => self.rank(key),
        }
    }

    /// Changes every summary in a way that makes none longer, that of the others too.
    pub fn change_all(&mut self, change: impl Fn(&mut S)) {
        let groups = self.groups.values_mut().map(|group| &mut group.summary);
        groups.chain([&mut self.others.summary]).for_each(change);
    }

    /// The summary of a group that is kept.
    pub fn get(&self, key: ValueKey) -> Option<&S> {
        Some(&self.groups.get(&self.rank(key))?.summary)
    }

    /// The kept groups with their keys and labels, in an order that hangs on the keys alone.
    pub fn groups(&self) -> impl Iterator<Item = (ValueKey, &Arc<str>, &S)> {
        let groups = self.groups.iter();
        groups.map(|((_, key), group)| (*key, &group.label, &group.summary))
    }

    pub fn others(&self) -> &Others<S> {
        &self.others
    }

    /// The same groups in the same order, and the others.
    pub fn into_groups(self) -> (Vec<Box<KeptGroup<S>>>, Others<S>) {
        (self.groups.into_values().collect(), self.others)
    }

    /// The `most` groups of the greatest size, ties by key; the rest joins the others.
    #[cfg(test)]
    pub fn largest(&self, most: usize, size: impl Fn(&S) -> u64) -> LargestGroups<'_, S> {
        let mut sorted: Vec<(ValueKey, &Arc<str>, &S)> = self.groups().collect();
        sorted.sort_by_key(|(key, _, summary)| (std::cmp::Reverse(size(summary)), *key));
        let mut others = self.others.clone();
        for (key, _, summary) in sorted.iter().skip(most) {
            others.summary.merge(summary);
            others.groups.add(*key);
        }
        sorted.truncate(most);
        LargestGroups {
            groups: sorted
                .iter()
                .map(|(_, label, summary)| (&***label, *summary))
                .collect(),
            others,
        }
    }

    fn rank(&self, key: ValueKey) -> GroupRank {
        let key_hash = HashKey::new(self.salt).of_16(key.to_le_bytes());
        (key_hash, key)
    }

    fn is_given_up(&self, rank: GroupRank) -> bool {
        self.others.first.is_some_and(|first| rank >= first)
    }

    /// Gives up the groups of the highest ranks until the rest fits.
    fn fit(&mut self) {
        while self.bytes > self.bound
            && let Some((rank, group)) = self.groups.pop_last()
        {
            self.bytes -= group.bytes();
            self.give_up(rank, &group.summary);
        }
    }

    /// Takes over at most so many groups of another, in the order of their ranks and from where it stands; whether those were the
    /// last. Between two times groups may come to the other, go or grow: what it gave up by the end is not here either, but
    /// among the others.
    pub fn copy_some(&mut self, of: &Grouped<S>, most: usize) -> bool
    where
        S: Clone,
    {
        let last = self.groups.last_key_value().map(|(rank, _)| *rank);
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let mut taken = 0;
        for (rank, group) in of.groups.range((from, Bound::Unbounded)).take(most) {
            self.bytes += group.bytes();
            self.groups.insert(*rank, group.clone());
            taken += 1;
        }
        if taken == most {
            return false;
        }
        (self.salt, self.bound) = (of.salt, of.bound);
        self.others = of.others.clone();
        while let Some(last) = self.groups.last_entry()
            && self.others.first.is_some_and(|first| *last.key() >= first)
        {
            self.bytes -= last.remove().bytes();
        }
        true
    }

    /// Gives up all groups, those that come too, and forgets what they had: nothing is known but that they were there. They may
    /// be many, and are given to whoever has time to drop them.
    #[must_use]
    pub fn forget_all(&mut self) -> Grouped<S> {
        let lowest = self.groups.keys().next().copied();
        let first = [lowest, self.others.first].into_iter().flatten().min();
        let all = std::mem::replace(self, Grouped::new(self.salt, 0));
        self.others.first = first;
        all
    }

    /// There may be any groups: which there are is not known.
    pub fn open(&mut self) {
        self.bound = 0;
        self.others.first = Some(self.rank(0));
    }

    fn give_up(&mut self, rank: GroupRank, summary: &S) {
        self.others.summary.merge(summary);
        self.others.groups.add(rank.1);
        let first = self.others.first.unwrap_or(rank);
        self.others.first = Some(first.min(rank));
    }
}

impl<S: Summary + Default> Summary for Grouped<S> {
    fn merge(&mut self, other: &Grouped<S>) {
        self.others.summary.merge(&other.others.summary);
        self.others.groups.merge(&other.others.groups);
        let firsts = [self.others.first, other.others.first];
        self.others.first = firsts.into_iter().flatten().min();
        while let Some(last) = self.groups.last_entry()
            && self.others.first.is_some_and(|first| *last.key() >= first)
        {
            let (rank, group) = last.remove_entry();
            self.bytes -= group.bytes();
            self.give_up(rank, &group.summary);
        }
        for ((_, key), group) in &other.groups {
            self.update(
                *key,
                || Arc::clone(&group.label),
                |own| own.merge(&group.summary),
            );
        }
    }

    fn heap_bytes(&self) -> usize {
        match self.others.were_given_up() {
            false => self.bytes,
            true => self.bytes + self.others.summary.heap_bytes() + self.others.groups.heap_bytes(),
        }
    }
}

impl<S: Summary> KeptGroup<S> {
    fn bytes(&self) -> usize {
        let own = size_of::<(GroupRank, usize)>() + TREE_ENTRY_OVERHEAD;
        own + heap(size_of::<KeptGroup<S>>()) + heap(self.label.len()) + self.summary.heap_bytes()
    }
}

/// As much of a label as is kept.
pub(crate) fn kept_label(label: &str) -> &str {
    &label[..label.floor_char_boundary(LABEL_CAP)]
}

fn kept(label: Arc<str>) -> Arc<str> {
    match label.len() > LABEL_CAP {
        true => kept_label(&label).into(),
        false => label,
    }
}

#[derive(Serialize, Deserialize)]
struct StoredGrouped<S> {
    salt: u64,
    bound: usize,
    /// In the order of their ranks.
    groups: Vec<(ValueKey, Box<str>, S)>,
    others: Others<S>,
}

impl<S: Summary + Default> From<Grouped<S>> for StoredGrouped<S> {
    fn from(grouped: Grouped<S>) -> StoredGrouped<S> {
        let groups = grouped.groups.into_iter();
        StoredGrouped {
            salt: grouped.salt,
            bound: grouped.bound,
            groups: groups
                .map(|((_, key), group)| {
                    let KeptGroup { label, summary } = *group;
                    (key, (&*label).into(), summary)
                })
                .collect(),
            others: grouped.others,
        }
    }
}

impl<S: Summary + Default> TryFrom<StoredGrouped<S>> for Grouped<S> {
    type Error = &'static str;

    fn try_from(stored: StoredGrouped<S>) -> Result<Grouped<S>, &'static str> {
        let mut grouped: Grouped<S> = Grouped::new(stored.salt, stored.bound);
        grouped.others = stored.others;
        if grouped
            .others
            .first
            .is_some_and(|first| grouped.rank(first.1) != first)
        {
            return Err("a rank that its key does not have");
        }
        for (key, label, summary) in stored.groups {
            let rank = grouped.rank(key);
            let is_last = grouped
                .groups
                .last_key_value()
                .is_none_or(|(last, _)| *last < rank);
            if !is_last || grouped.is_given_up(rank) || label.len() > LABEL_CAP {
                return Err("a group out of its place");
            }
            let label = label.into();
            let group = Box::new(KeptGroup { label, summary });
            grouped.bytes += group.bytes();
            grouped.groups.insert(rank, group);
        }
        if grouped.bytes > grouped.bound {
            return Err("more groups than fit");
        }
        Ok(grouped)
    }
}

#[cfg(test)]
mod tests;
