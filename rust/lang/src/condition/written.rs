//! A text, and the file that it stands in as it is, so that what is taken of it can be lent from there.

use std::ops::Range;
use std::sync::Arc;

use crate::rule::{Name, Whole};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a> {
    pub text: &'a str,
    /// The file, and where in it the text begins.
    place: Option<(&'a Arc<Whole>, usize)>,
}

impl<'a> From<&'a str> for Written<'a> {
    fn from(text: &'a str) -> Written<'a> {
        Written { text, place: None }
    }
}

impl<'a> Written<'a> {
    /// A text, and the file in which it may stand.
    pub fn lent(text: &'a str, file: &'a Arc<Whole>) -> Written<'a> {
        Written {
            text,
            place: file.place_of(text).map(|start| (file, start)),
        }
    }

    /// What was taken of the file, or of something else.
    pub fn name_of(self, piece: &str) -> Name {
        let place = self.place.and_then(|(file, _)| {
            let start = file.place_of(piece)?;
            Some(Name::within(file, start..start + piece.len()))
        });
        place.unwrap_or_else(|| piece.into())
    }

    /// What stands there, if it is lent.
    pub fn lent_name(self, range: Range<usize>) -> Option<Name> {
        let (whole, start) = self.place?;
        let range = start + range.start..start + range.end;
        Some(Name::within(whole, range))
    }

    /// What stands there.
    pub fn name(self, range: Range<usize>) -> Name {
        let lent = self.lent_name(range.clone());
        lent.unwrap_or_else(|| self.text[range].into())
    }
}
