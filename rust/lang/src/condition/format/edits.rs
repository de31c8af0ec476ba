//! Edits of one text, applied together.

use std::ops::Range;

/// Ranges and what stands there instead.
#[derive(Debug, Default)]
pub(super) struct Edits {
    edits: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Of two at one place the one that was added first stands outside.
    pub fn add(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push((range, text.into()));
    }

    /// Whether an edit changes something of this range.
    pub fn touch(&self, range: &Range<usize>) -> bool {
        self.edits
            .iter()
            .any(|(edited, _)| edited.start < range.end && range.start < edited.end)
    }

    /// The text with its edits; what an edit before it covers is left out.
    pub fn applied(mut self, text: &str) -> String {
        self.edits
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut edited = String::with_capacity(text.len());
        let mut at = 0;
        for (range, modern) in &self.edits {
            if range.start < at {
                continue;
            }
            join(&mut edited, &text[at..range.start]);
            join(&mut edited, modern);
            at = range.end;
        }
        join(&mut edited, &text[at..]);
        edited
    }
}

/// Appends, with a space where two words would become one: signs need none around them, and the words
/// that they are rewritten to do (`a&&b`).
fn join(text: &mut String, more: &str) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if text.ends_with(is_word) && more.starts_with(is_word) {
        text.push(' ');
    }
    text.push_str(more);
}
