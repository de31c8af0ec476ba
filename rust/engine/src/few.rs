//! Lists that mostly hold one thing or none: that one stands in the list itself and takes no memory of its own. A plan of
//! ten thousand rules has a hundred thousand of them.

use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

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

/// A list of numbers that mostly holds up to three, which take as much room in the list itself as a list takes.
#[derive(Clone, Debug)]
pub(crate) enum Short<T> {
    None,
    One([T; 1]),
    Two([T; 2]),
    Three([T; 3]),
    More(Vec<T>),
}

impl<T: Copy> Short<T> {
    pub fn push(&mut self, next: T) {
        *self = match std::mem::replace(self, Short::None) {
            Short::None => Short::One([next]),
            Short::One([a]) => Short::Two([a, next]),
            Short::Two([a, b]) => Short::Three([a, b, next]),
            Short::Three([a, b, c]) => Short::More(vec![a, b, c, next]),
            Short::More(mut all) => {
                all.push(next);
                Short::More(all)
            }
        };
    }

    /// Ascending, each once.
    pub fn sort_once(&mut self)
    where
        T: Ord,
    {
        if let Short::More(all) = self {
            all.sort_unstable();
            all.dedup();
            return;
        }
        self.sort_unstable();
        *self = match *self {
            Short::Two([a, b]) if a == b => Short::One([a]),
            Short::Three([a, b, c]) if a == b && b == c => Short::One([a]),
            Short::Three([a, b, c]) if a == b || b == c => Short::Two([a, c]),
            _ => return,
        };
    }
}

impl<T> Deref for Short<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Short::None => &[],
            Short::One(one) => one,
            Short::Two(two) => two,
            Short::Three(three) => three,
            Short::More(all) => all,
        }
    }
}

impl<T> DerefMut for Short<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Short::None => &mut [],
            Short::One(one) => one,
            Short::Two(two) => two,
            Short::Three(three) => three,
            Short::More(all) => all,
        }
    }
}

impl<T: PartialEq> PartialEq for Short<T> {
    fn eq(&self, other: &Short<T>) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Short<T> {}

impl<T: Hash> Hash for Short<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

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
    fn a_short_list_is_sorted_and_holds_each_once() {
        for numbers in 0..4u32.pow(5) {
            for count in 0..=5 {
                let mut short = Short::None;
                let mut long: Vec<u32> = (0..count).map(|at| numbers >> (2 * at) & 3).collect();
                long.iter().for_each(|number| short.push(*number));
                assert_eq!(*short, long[..]);
                short.sort_once();
                long.sort_unstable();
                long.dedup();
                assert_eq!(*short, long[..]);
            }
        }
        assert!(size_of::<Short<u32>>() == size_of::<Vec<u32>>());
    }
}
