//! Texts that are kept: most are ids, names and codes of a few letters, and these need no memory of their own.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// So many bytes lie within the value itself.
const SHORT: usize = 22;

/// The bytes of a text, which need not be one.
#[derive(Clone)]
pub enum KeptText {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<[u8]>),
}

impl KeptText {
    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            KeptText::Short { .. } => 0,
            KeptText::Long(bytes) => bytes.len(),
        }
    }
}

impl Deref for KeptText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            KeptText::Short { length, bytes } => &bytes[..usize::from(*length).min(SHORT)],
            KeptText::Long(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for KeptText {
    fn from(text: &[u8]) -> KeptText {
        if text.len() > SHORT {
            return KeptText::Long(text.into());
        }
        let mut bytes = [0; SHORT];
        bytes[..text.len()].copy_from_slice(text);
        KeptText::Short {
            length: text.len() as u8,
            bytes,
        }
    }
}

impl<const N: usize> From<[u8; N]> for KeptText {
    fn from(text: [u8; N]) -> KeptText {
        text[..].into()
    }
}

impl PartialEq for KeptText {
    fn eq(&self, other: &KeptText) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for KeptText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(out)
    }
}

/// As any bytes are stored.
impl Serialize for KeptText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for KeptText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<KeptText, D::Error> {
        let bytes = Vec::<u8>::deserialize(from)?;
        Ok(bytes.as_slice().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::OwnedValue;

    #[test]
    fn a_text_is_the_same_be_it_short_or_long() {
        assert_eq!(size_of::<OwnedValue>(), 32);
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 100] {
            let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let text = KeptText::from(bytes.as_slice());
            assert_eq!((&*text, text.clone() == text), (bytes.as_slice(), true));
            assert_eq!(text.heap_bytes() == 0, length <= SHORT);
            let stored = postcard::to_allocvec(&OwnedValue::Text(text)).unwrap();
            // What older versions wrote is read, and the other way round.
            let older = [
                postcard::to_allocvec(&1u32).unwrap(),
                postcard::to_allocvec(&bytes).unwrap(),
            ];
            assert_eq!(stored, older.concat());
            let read: OwnedValue = postcard::from_bytes(&stored).unwrap();
            assert_eq!(read, OwnedValue::Text(bytes.as_slice().into()));
        }
    }
}
