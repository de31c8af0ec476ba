//! Scalars: texts, in the style in which they are written.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A text, and where it stands.
#[derive(Debug)]
pub struct Scalar {
    pub value: String,
    pub style: Style,
    /// Where the parser says that the scalar begins: at its properties if it has some; else at the
    /// first character, for block scalars that of the content.
    pub begin: usize,
    pub(super) has_properties: bool,
}

impl Scalar {
    #[cfg(test)]
    pub(crate) fn new(value: &str, style: Style) -> Scalar {
        Scalar {
            value: value.to_owned(),
            style,
            begin: 0,
            has_properties: false,
        }
    }

    /// Nothing, `~` or `null`, written plainly.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain
            && matches!(self.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// `true` or `false`, written plainly.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match (self.style, self.value.as_str()) {
            (Style::Plain, "true" | "True" | "TRUE") => Some(true),
            (Style::Plain, "false" | "False" | "FALSE") => Some(false),
            _ => None,
        }
    }

    /// Where the text itself begins, behind `&anchor` and `!tag`.
    #[must_use]
    pub fn text_begin(&self, source: &str) -> usize {
        match self.has_properties {
            true => after_properties(source, self.begin),
            false => self.begin,
        }
    }

    /// Of a block: whether [`Scalar::text_begin`] is at its `|` or `>` rather than in its content.
    #[must_use]
    pub fn begins_at_header(&self) -> bool {
        self.has_properties
    }

    /// How a piece of the value is written in this scalar's style; `None` where that is not certain.
    #[must_use]
    pub fn write(&self, piece: &str) -> Option<String> {
        if piece.contains(|c: char| c.is_control()) {
            return None;
        }
        match self.style {
            Style::DoubleQuoted => Some(piece.replace('\\', "\\\\").replace('"', "\\\"")),
            Style::SingleQuoted => Some(piece.replace('\'', "''")),
            Style::Literal | Style::Folded => Some(piece.to_owned()),
            Style::Plain => {
                // In a plain text these may end it, depending on what it stands in.
                let ends = [",", "[", "]", "{", "}", ": ", " #"];
                let is_new = |end: &&str| piece.contains(*end) && !self.value.contains(*end);
                (!ends.iter().any(is_new)).then(|| piece.to_owned())
            }
        }
    }
}

/// Behind `&anchor` and `!tag`, and for block scalars still before the `|` or `>`.
fn after_properties(source: &str, begin: usize) -> usize {
    let bytes = source.as_bytes();
    let mut at = begin;
    loop {
        match bytes.get(at) {
            Some(b'&' | b'!') => {
                while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
                    at += 1;
                }
            }
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => {
                while bytes.get(at).is_some_and(|b| !matches!(b, b'\n' | b'\r')) {
                    at += 1;
                }
            }
            _ => return at,
        }
    }
}
