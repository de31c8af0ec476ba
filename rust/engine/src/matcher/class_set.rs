//! Sets of classes of literals: what is asked of a field, and what a value of it is unlike to.

use crate::matcher::access::{CLASSES, Class};

/// A set of classes of literals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClassSet(u8);

impl ClassSet {
    pub(super) const ALL: ClassSet = ClassSet((1 << CLASSES) - 1);

    pub(super) const fn of(classes: &[Class]) -> ClassSet {
        let mut bits = 0;
        let mut at = 0;
        while at < classes.len() {
            bits |= 1 << classes[at] as u8;
            at += 1;
        }
        ClassSet(bits)
    }

    pub(super) fn meets(self, other: ClassSet) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn only(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 & other.0)
    }

    pub(super) fn has(self, class: usize) -> bool {
        self.0 >> class & 1 == 1
    }

    pub(super) fn with(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }
}

pub(super) const NOTHING: ClassSet = ClassSet(0);
pub(super) const TEXT: ClassSet = ClassSet::of(&[Class::Text]);
pub(super) const NUMBER: ClassSet = ClassSet::of(&[Class::Number]);
pub(super) const BOOLEAN: ClassSet = ClassSet::of(&[Class::Boolean]);
pub(super) const PATTERN: ClassSet = ClassSet::of(&[Class::Pattern]);
pub(super) const ANY_TEXT: ClassSet =
    ClassSet::of(&[Class::Text, Class::TextNumber, Class::TextBoolean]);
pub(super) const UNLIKE_NUMBERS: ClassSet =
    ClassSet::of(&[Class::Boolean, Class::Text, Class::TextBoolean]);
pub(super) const UNLIKE_BOOLEANS: ClassSet =
    ClassSet::of(&[Class::Number, Class::Text, Class::TextNumber]);
