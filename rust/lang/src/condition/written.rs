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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_taken_of_a_file_is_lent_from_it() {
        let text: Arc<str> = "x: añb\ny: añb\n".into();
        let file = Arc::new(Whole::new(Arc::clone(&text)));
        let users = || Arc::strong_count(&file);
        let before = users();
        let lent = Written::lent(&text[3..7], &file);
        let (whole, part, piece) = (
            lent.name(0..4),
            lent.name(1..3),
            lent.name_of(&text[11..15]),
        );
        assert_eq!((&*whole, &*part, &*piece), ("añb", "ñ", "añb"));
        assert_eq!(users(), before + 3);
        // What only reads alike stays where it is.
        let other = String::from("añb");
        let own = Written::lent(&other, &file);
        let alike = (
            own.name(0..4),
            own.name_of(&text[3..7]),
            lent.name_of(&other),
        );
        assert!([alike.0, alike.1, alike.2].iter().all(|one| *one == whole));
        assert_eq!(users(), before + 3);
        for (start, end) in [(0, 0), (0, text.len()), (text.len(), text.len())] {
            let lent = Written::lent(&text[start..end], &file);
            assert_eq!(&*lent.name(0..end - start), &text[start..end]);
        }
    }
}
