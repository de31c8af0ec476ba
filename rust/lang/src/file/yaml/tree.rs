//! The tree: nodes that know where they stand, texts among them in the style in which they are written.

use std::{ops::Range, rc::Rc};

use crate::codes::Code;

/// One document of a file.
#[derive(Debug)]
pub struct YamlDocument {
    pub root: Rc<YamlNode>,
    /// It goes on, after a syntax error, with the document before it; the root is then either a
    /// mapping again or the rest of a list.
    pub continues: bool,
}

/// One value of a document. Aliased nodes are shared, not copied.
#[derive(Debug)]
pub struct YamlNode {
    /// Bytes of the file, properties (`&anchor`, `!tag`) included.
    pub range: Range<usize>,
    pub kind: YamlKind,
    /// How often this node and those below it would be written out if every alias were.
    pub(super) weight: usize,
    /// Collections inside each other, this one included; a scalar has 0.
    pub(super) height: usize,
}

#[derive(Debug)]
pub enum YamlKind {
    Scalar(Scalar),
    Sequence(Collection<Rc<YamlNode>>),
    Mapping(Collection<Entry>),
    /// Something that was refused and reported; whoever meets it stays silent.
    Refused,
}

/// A sequence or mapping.
#[derive(Debug)]
pub struct Collection<T> {
    pub items: Vec<T>,
    /// A syntax error came before its end: what it lacks may have been there.
    pub is_cut: bool,
}

#[derive(Debug)]
pub struct Entry {
    pub key: Rc<YamlNode>,
    pub value: Rc<YamlNode>,
}

impl YamlNode {
    /// A node without others below it.
    pub(super) fn leaf(range: Range<usize>, kind: YamlKind) -> Rc<YamlNode> {
        // A long text that is aliased often weighs as much as many short ones.
        let weight = match &kind {
            YamlKind::Scalar(scalar) => 1 + scalar.value.len() / 64,
            _ => 1,
        };
        Rc::new(YamlNode {
            range,
            kind,
            weight,
            height: 0,
        })
    }

    /// The text of a scalar.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            YamlKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Nothing, `~` or `null`, written plainly.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// What this is, in words for a message.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match &self.kind {
            YamlKind::Scalar(scalar) if scalar.is_null() => "nothing",
            YamlKind::Scalar(_) => "text",
            YamlKind::Sequence(_) => "a list",
            YamlKind::Mapping(_) => "a mapping",
            YamlKind::Refused => "something refused",
        }
    }
}

/// A fault in the YAML itself.
#[derive(Debug)]
pub struct YamlFault {
    pub code: Code,
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

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
