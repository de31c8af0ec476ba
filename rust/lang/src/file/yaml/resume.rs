//! Where reading goes on after a syntax error.
//!
//! A fault in one rule must not hide the next, so the text is searched for a line at which a reader
//! would begin anew. Each attempt costs at most the rest of the text; a budget keeps hostile files,
//! in which every line is another open quote, from taking quadratic time.

/// What resuming may cost, in bytes read again, besides twice the file.
pub(super) const RESUME_BYTES: usize = 16 << 20;

/// A syntax error, in bytes of the whole text.
pub(super) struct Failure {
    pub at: usize,
    pub info: String,
    /// Where the outermost list that was open begins.
    pub list: Option<usize>,
}

pub(super) struct Resume<'a> {
    pub text: &'a str,
    pub budget: usize,
    /// Spaces before the `-` of the list's items.
    pub item_indent: Option<usize>,
}

impl Resume<'_> {
    /// Where to read on after a failure in the part that begins at `begin`.
    pub fn next(&mut self, begin: usize, failure: &Failure) -> Option<usize> {
        let read = match failure.info.contains("end of stream") {
            true => self.text.len() - begin,
            false => failure.at.saturating_sub(begin),
        };
        self.budget = self.budget.checked_sub(read + 64)?;
        if let Some(list) = failure.list {
            let line = self.line_begin(list);
            self.item_indent = item_indent(&self.text[line..]).or(self.item_indent);
        }
        // The error's own line counts if the error is that something begins there.
        let mut at = self.line_begin(failure.at);
        if at != failure.at || at <= begin || !self.begins_anew(at) {
            at = self.line_end(failure.at)?;
        }
        while !self.begins_anew(at) || at <= begin {
            at = self.line_end(at)?;
        }
        Some(at)
    }

    fn line_begin(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The begin of the next line.
    fn line_end(&self, at: usize) -> Option<usize> {
        let next = at + self.text[at..].find('\n')? + 1;
        (next < self.text.len()).then_some(next)
    }

    fn begins_anew(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        if rest.starts_with("---") {
            return true;
        }
        if self.item_indent.is_some() && item_indent(rest) == self.item_indent {
            return true;
        }
        // A key of the file: a word at the very begin of the line, with a colon behind it.
        let word = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        word > 0 && rest.as_bytes().get(word) == Some(&b':')
    }
}

/// Spaces before a `-` that begins an item.
fn item_indent(line: &str) -> Option<usize> {
    let spaces = line.bytes().take_while(|&b| b == b' ').count();
    let bytes = &line.as_bytes()[spaces..];
    let is_item =
        bytes.first() == Some(&b'-') && matches!(bytes.get(1), None | Some(b' ' | b'\n' | b'\r'));
    is_item.then_some(spaces)
}
