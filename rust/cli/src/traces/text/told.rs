//! What is said about a text beside what is read from it.

/// JSON that means nothing where it stands: reading went on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// A byte offset in the text.
    pub at: usize,
    pub message: String,
}

/// How many odd things of one text are kept; the rest is counted.
const MOST_ODD: usize = 16;

/// What reading a text told beside what was read.
#[derive(Debug, Default)]
pub struct Told {
    pub odd: Vec<Odd>,
    /// Odd things that were not kept.
    pub more_odd: u64,
    /// Traces that have more spans than are here, by the word of their source.
    pub partial: Vec<[u8; 16]>,
}

impl Told {
    /// Keeps one more odd thing, or counts it.
    pub fn odd(&mut self, at: usize, message: String) {
        if self.odd.len() < MOST_ODD {
            self.odd.push(Odd { at, message });
        } else {
            self.more_odd += 1;
        }
    }
}

/// Some bytes as a message shows them: one line, and not many of them.
#[must_use]
pub fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * LONGEST)]);
    let mut shown: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() || c == '`' { ' ' } else { c })
        .take(LONGEST)
        .collect();
    if text.trim().chars().nth(LONGEST).is_some() || bytes.len() > 4 * LONGEST {
        shown.push('…');
    }
    shown
}
