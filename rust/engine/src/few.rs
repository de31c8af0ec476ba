//! Lists that mostly hold one thing or none: that one stands in the list itself and takes no memory of its own. A plan of
//! ten thousand rules has a hundred thousand of them.

use std::ops::{Deref, DerefMut};

use smallvec::SmallVec;

#[derive(Clone, Debug, Default)]
pub(crate) enum Few<T> {
    #[default]
    None,
    One(T),
    More(Vec<T>),
}

impl<T> Few<T> {
    pub fn push(&mut self, one: T) {
        *self = match std::mem::replace(self, Few::None) {
            Few::None => Few::One(one),
            Few::One(first) => Few::More(vec![first, one]),
            Few::More(mut all) => {
                all.push(one);
                Few::More(all)
            }
        };
    }

    /// Leaves out what is the same as the one before it.
    pub fn dedup(&mut self)
    where
        T: PartialEq,
    {
        if let Few::More(all) = self {
            all.dedup();
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Few::None => &[],
            Few::One(one) => std::slice::from_ref(one),
            Few::More(all) => all,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Few::None => &mut [],
            Few::One(one) => std::slice::from_mut(one),
            Few::More(all) => all,
        }
    }
}

impl<T> Extend<T> for Few<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        more.into_iter().for_each(|one| self.push(one));
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Few<T> {
        let mut few = Few::None;
        few.extend(all);
        few
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, more) = match self {
            Few::None => (None, Vec::new()),
            Few::One(one) => (Some(one), Vec::new()),
            Few::More(all) => (None, all),
        };
        one.into_iter().chain(more)
    }
}

/// A list of numbers that mostly holds up to four, which take as much room in the list itself as a list takes.
pub(crate) type Short<T> = SmallVec<[T; 4]>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put_in_in_that_order() {
        for count in 0..5u32 {
            let mut few: Few<u32> = (0..count).collect();
            assert_eq!(*few, (0..count).collect::<Vec<u32>>()[..]);
            few.extend((0..count).rev());
            few.sort_unstable();
            few.dedup();
            assert!(few.into_iter().eq(0..count));
        }
    }

    #[test]
    fn a_short_list_takes_the_room_of_a_list() {
        assert!(size_of::<Short<u32>>() == size_of::<Vec<u32>>());
    }
}
