//! What is kept by keys of values: of most traces for a few in one list, which takes what it holds; else in a tree, of which a
//! node has room for eleven.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::heap::heap;
use crate::state::key::TextKey;

/// Up to so many keys a search looks at each.
const FEW: usize = 8;

#[derive(Clone, Debug, Default)]
pub(crate) struct KeyMap<V> {
    /// Ascending; none once there are more.
    few: Vec<(TextKey, V)>,
    many: BTreeMap<TextKey, V>,
}

impl<V: Default> KeyMap<V> {
    pub fn len(&self) -> usize {
        self.few.len() + self.many.len()
    }

    pub fn get(&self, key: TextKey) -> Option<&V> {
        let few = self.few.iter().find(|(known, _)| *known == key);
        few.map(|(_, kept)| kept).or_else(|| self.many.get(&key))
    }

    pub fn get_mut(&mut self, key: TextKey) -> Option<&mut V> {
        let few = self.few.iter_mut().find(|(known, _)| *known == key);
        few.map(|(_, kept)| kept)
            .or_else(|| self.many.get_mut(&key))
    }

    /// What is kept for the key, added if need be.
    pub fn open(&mut self, key: TextKey) -> &mut V {
        if !self.many.is_empty() {
            return self.many.entry(key).or_default();
        }
        let at = self.few.partition_point(|(known, _)| *known < key);
        let is_known = self.few.get(at).is_some_and(|(known, _)| *known == key);
        if !is_known && self.few.len() == FEW {
            self.many = std::mem::take(&mut self.few).into_iter().collect();
            return self.many.entry(key).or_default();
        }
        if !is_known {
            if self.few.len() == self.few.capacity() {
                self.few.reserve_exact(self.few.len().max(1));
            }
            self.few.insert(at, (key, V::default()));
        }
        &mut self.few[at].1
    }

    /// Ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = (&TextKey, &V)> {
        let few = self.few.iter().map(|(key, kept)| (key, kept));
        few.chain(&self.many)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, kept)| kept)
    }

    pub fn heap_bytes(&self) -> usize {
        // A tree's nodes are two thirds full, as keys come in no order.
        let of_tree = size_of::<(TextKey, V)>() * 3 / 2;
        heap(self.few.capacity() * size_of::<(TextKey, V)>()) + self.many.len() * of_tree
    }
}

impl<V> From<BTreeMap<TextKey, V>> for KeyMap<V> {
    fn from(many: BTreeMap<TextKey, V>) -> KeyMap<V> {
        if many.len() > FEW {
            let few = Vec::new();
            return KeyMap { few, many };
        }
        KeyMap {
            few: many.into_iter().collect(),
            many: BTreeMap::new(),
        }
    }
}

impl<V: Default + Serialize> Serialize for KeyMap<V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // As the tree that all of them were.
        let all: BTreeMap<&TextKey, &V> = self.iter().collect();
        all.serialize(to)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for KeyMap<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<KeyMap<V>, D::Error> {
        Ok(BTreeMap::deserialize(from)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_keys_are_found_alike_and_stored_alike() {
        let (mut map, mut tree) = (KeyMap::<u32>::default(), BTreeMap::new());
        for number in 0..40_u128 {
            let key = number * 7 % 11 + number / 20;
            *map.open(key) += 1;
            *tree.entry(key).or_insert(0) += 1;
            assert_eq!(map.len(), tree.len());
            assert!(map.iter().eq(&tree));
            for key in 0..14 {
                assert_eq!(map.get(key), tree.get(&key));
                assert_eq!(map.get_mut(key), tree.get_mut(&key));
            }
            let stored = postcard::to_allocvec(&map).unwrap();
            assert_eq!(stored, postcard::to_allocvec(&tree).unwrap());
            let again: KeyMap<u32> = postcard::from_bytes(&stored).unwrap();
            assert!(again.iter().eq(&tree));
            assert_eq!(again.few.len(), map.few.len());
        }
        assert!(map.few.is_empty());
    }

    #[test]
    fn one_key_takes_room_for_one() {
        let mut map = KeyMap::<[u32; 11]>::default();
        let measured = allocation_counter::measure(|| map.open(5)[0] = 1);
        assert_eq!(measured.bytes_total, 64);
        assert_eq!(map.heap_bytes(), heap(64));
    }
}
