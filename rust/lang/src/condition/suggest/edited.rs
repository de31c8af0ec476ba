//! A text with edits in it, which knows where each place stood before.

use std::ops::Range;

#[derive(Clone, Debug)]
pub(super) struct Edited {
    pub text: String,
    /// Where an edit stood in the first text, and where it stands now; in order, none touching another.
    pub edits: Vec<(Range<usize>, Range<usize>)>,
}

impl Edited {
    pub fn new(text: &str) -> Edited {
        Edited {
            text: text.to_owned(),
            edits: Vec::new(),
        }
    }

    /// Puts `with` in place of `range` of the present text. What it meets of earlier edits becomes one with it.
    pub fn edit(&mut self, range: Range<usize>, with: &str) {
        let meets = |now: &Range<usize>| now.start <= range.end && range.start <= now.end;
        let met: Vec<&Range<usize>> = self
            .edits
            .iter()
            .map(|(_, now)| now)
            .filter(|now| meets(now))
            .collect();
        let start = met.iter().map(|now| now.start).min().unwrap_or(range.start);
        let end = met.iter().map(|now| now.end).max().unwrap_or(range.end);
        let (start, end) = (start.min(range.start), end.max(range.end));
        let first = self.first(start, false)..self.first(end, true);
        let inner = format!(
            "{}{with}{}",
            &self.text[start..range.start],
            &self.text[range.end..end]
        );
        let moved = |at: usize| at + inner.len() - (end - start);
        self.edits.retain(|(_, now)| !meets(now));
        for (_, now) in &mut self.edits {
            if now.start >= end {
                *now = moved(now.start)..moved(now.end);
            }
        }
        self.edits.push((first, start..start + inner.len()));
        self.edits.sort_by_key(|(_, now)| now.start);
        self.text.replace_range(start..end, &inner);
    }

    /// Where a place of the present text stood; of an edit its beginning or its end.
    fn first(&self, at: usize, is_end: bool) -> usize {
        let mut before = (0, 0);
        for (first, now) in &self.edits {
            if now.start <= at && at <= now.end {
                return if is_end { first.end } else { first.start };
            }
            if now.end < at {
                before = (first.end, now.end);
            }
        }
        at - before.1 + before.0
    }

    /// Where a range of the present text stood; `None` where an edit is part of it.
    pub fn original(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let is_edited = self
            .edits
            .iter()
            .any(|(_, now)| now.start < range.end && range.start < now.end);
        (!is_edited).then(|| {
            let shift = self
                .edits
                .iter()
                .rev()
                .find(|(_, now)| now.end <= range.start);
            let (first, now) = shift.map_or((0, 0), |(first, now)| (first.end, now.end));
            range.start - now + first..range.end - now + first
        })
    }

    /// The edit that a range of the present text meets, as it stood.
    pub fn edit_at(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let met = self
            .edits
            .iter()
            .find(|(_, now)| now.start <= range.end && range.start <= now.end);
        met.map(|(first, _)| first.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_keep_their_places_and_join_where_they_meet() {
        let mut edited = Edited::new("one two three four");
        edited.edit(4..7, "2");
        edited.edit(12..16, "vier");
        assert_eq!(edited.text, "one 2 three vier");
        assert_eq!(edited.edits, [(4..7, 4..5), (14..18, 12..16)]);
        assert_eq!(edited.original(&(6..11)), Some(8..13));
        assert_eq!(edited.original(&(4..5)), None);
        assert_eq!(edited.original(&(0..3)), Some(0..3));
        edited.edit(0..11, "x");
        assert_eq!(edited.text, "x vier");
        assert_eq!(edited.edits, [(0..13, 0..1), (14..18, 2..6)]);
        edited.edit(3..4, "I");
        assert_eq!(edited.text, "x vIer");
        assert_eq!(edited.edits[1], (14..18, 2..6));
        assert_eq!(edited.edit_at(&(3..4)), Some(14..18));
    }
}
