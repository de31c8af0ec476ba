//! Texts that rules have: names, keys, what is compared with, what violations show. Nearly all of them stand as they are in
//! the file of their rule, which is then kept as long as one of them is, so that none takes a piece of memory of its own.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::{Arc, LazyLock};

/// A piece of a text that it shares with others.
#[derive(Clone)]
pub struct Name {
    whole: Arc<Whole>,
    start: u32,
    end: u32,
}

/// The text of a file, or one that stands in none.
#[derive(Debug)]
pub(crate) struct Whole(Arc<str>);

impl Whole {
    pub fn new(text: impl Into<Arc<str>>) -> Whole {
        Whole(text.into())
    }

    /// Where a text begins that was lent from this one; `None` of any other, be it alike or not.
    pub fn place_of(&self, piece: &str) -> Option<usize> {
        let start = (piece.as_ptr() as usize).wrapping_sub(self.0.as_ptr() as usize);
        let found = self.0.get(start..start.checked_add(piece.len())?)?;
        std::ptr::eq(found, piece).then_some(start)
    }
}

impl Name {
    /// What stands there in a text.
    pub(crate) fn within(whole: &Arc<Whole>, range: Range<usize>) -> Name {
        match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) => Name {
                whole: Arc::clone(whole),
                start,
                end,
            },
            _ => Name::from(&whole.0[range]),
        }
    }

    /// How long the text is of which it is a piece, and which it keeps.
    pub(crate) fn bytes_of_whole(&self) -> usize {
        self.whole.0.len()
    }
}

/// What no text is taken of.
static NOTHING: LazyLock<Arc<Whole>> = LazyLock::new(|| Arc::new(Whole::new("")));

impl Default for Name {
    fn default() -> Name {
        Name::within(&NOTHING, 0..0)
    }
}

impl Deref for Name {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        let range = self.start as usize..self.end as usize;
        self.whole.0.get(range).unwrap_or_default()
    }
}

impl From<Arc<str>> for Name {
    fn from(text: Arc<str>) -> Name {
        // No file is as long, and of a longer text its beginning tells what it was.
        let end = text.floor_char_boundary(u32::MAX as usize) as u32;
        Name {
            whole: Arc::new(Whole(text)),
            start: 0,
            end,
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::from(Arc::<str>::from(text))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name::from(Arc::<str>::from(text))
    }
}

impl From<&Name> for Arc<str> {
    fn from(name: &Name) -> Arc<str> {
        Arc::from(&**name)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, out)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        (**self).cmp(&**other)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::*;

    #[test]
    fn a_name_is_found_by_its_text_whichever_map_has_it() {
        let names = || ["pay", "payment"].map(|text| (Name::from(text.to_owned()), text));
        let (hashed, ordered) = (HashMap::from(names()), BTreeMap::from(names()));
        for text in ["pay", "payment"] {
            assert_eq!(
                (hashed.get(text), ordered.get(text)),
                (Some(&text), Some(&text))
            );
        }
        assert_eq!((hashed.get("pa"), ordered.get("pa")), (None, None));
    }
}
