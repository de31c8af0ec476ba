//! The tree: nodes that know where they stand, texts among them in the style in which they are written. What stands in the
//! file as it is meant is lent from there, so that a scalar takes no memory of its own.

use std::borrow::Cow;
use std::{ops::Range, rc::Rc};

use crate::codes::Code;

/// One document of a file.
#[derive(Debug)]
pub struct YamlDocument<'t> {
    pub root: YamlNode<'t>,
    /// It goes on, after a syntax error, with the document before it; the root is then either a
    /// mapping again or the rest of a list.
    pub continues: bool,
}

/// One value of a document. A copy shares what is below it, as an alias does.
#[derive(Clone, Debug)]
pub struct YamlNode<'t> {
    /// Bytes of the file, properties (`&anchor`, `!tag`) included.
    pub range: Range<usize>,
    pub kind: YamlKind<'t>,
    /// How often this node and those below it would be written out if every alias were.
    pub(super) weight: u32,
    /// Collections inside each other, this one included; a scalar has 0.
    pub(super) height: u32,
}

#[derive(Clone, Debug)]
pub enum YamlKind<'t> {
    Scalar(Scalar<'t>),
    Sequence(Rc<Collection<YamlNode<'t>>>),
    Mapping(Rc<Collection<Entry<'t>>>),
    /// Something that was refused and reported; whoever meets it stays silent.
    Refused,
}

/// A sequence or mapping.
#[derive(Clone, Debug)]
pub struct Collection<T> {
    pub items: Vec<T>,
    /// A syntax error came before its end: what it lacks may have been there.
    pub is_cut: bool,
}

#[derive(Clone, Debug)]
pub struct Entry<'t> {
    pub key: YamlNode<'t>,
    pub value: YamlNode<'t>,
}

impl<'t> YamlNode<'t> {
    /// A node without others below it.
    pub(super) fn leaf(range: Range<usize>, kind: YamlKind<'t>) -> YamlNode<'t> {
        // A long text that is aliased often weighs as much as many short ones.
        let weight = match &kind {
            YamlKind::Scalar(scalar) => 1 + scalar.value.len() / 64,
            _ => 1,
        };
        let weight = u32::try_from(weight).unwrap_or(u32::MAX);
        YamlNode {
            range,
            kind,
            weight,
            height: 0,
        }
    }

    /// Marks a mapping as cut: what a syntax error directly behind it kept out may have belonged to it.
    pub(super) fn cut(&mut self) {
        if let YamlKind::Mapping(mapping) = &mut self.kind
            && let Some(mapping) = Rc::get_mut(mapping)
        {
            mapping.is_cut = true;
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar<'t>> {
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
#[derive(Clone, Debug)]
pub struct Scalar<'t> {
    pub value: Cow<'t, str>,
    pub style: Style,
    /// Where the parser says that the scalar begins: at its properties if it has some; else at the
    /// first character, for block scalars that of the content.
    pub begin: usize,
    pub(super) has_properties: bool,
}

impl<'t> Scalar<'t> {
    #[cfg(test)]
    pub(crate) fn new(value: &'t str, style: Style) -> Scalar<'t> {
        Scalar {
            value: value.into(),
            style,
            begin: 0,
            has_properties: false,
        }
    }

    /// Nothing, `~` or `null`, written plainly.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(&*self.value, "" | "~" | "null" | "Null" | "NULL")
    }

    /// `true` or `false`, written plainly.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match (self.style, &*self.value) {
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
    pub fn write(&self, piece: &str, at: &Range<usize>) -> Option<String> {
        if piece.contains(|c: char| c.is_control()) {
            return None;
        }
        if self.would_be_quoted(piece, at) {
            // With quotes of YAML around those of the piece, where it is all that stands there.
            let is_whole = at.end >= self.value.len();
            return is_whole.then(|| format!("'{}'", piece.replace('\'', "''")));
        }
        match self.style {
            Style::DoubleQuoted => Some(piece.replace('\\', "\\\\").replace('"', "\\\"")),
            Style::SingleQuoted => Some(piece.replace('\'', "''")),
            Style::Literal | Style::Folded => Some(piece.to_owned()),
            Style::Plain => {
                // These end a plain text, the signs of lists and mappings only inside of such, where none of them stands in it.
                let signs = [',', '[', ']', '{', '}'];
                let is_block = self.value.contains(signs);
                let is_ended = piece.contains(signs) && !is_block;
                let is_new = |end: &&str| piece.contains(*end) && !self.value.contains(*end);
                let is_ended = is_ended || [": ", " #"].iter().any(is_new);
                (!is_ended).then(|| piece.to_owned())
            }
        }
    }

    /// Whether YAML would take a piece at the beginning of this text for something quoted, a list or a mapping.
    #[must_use]
    pub fn would_be_quoted(&self, piece: &str, at: &Range<usize>) -> bool {
        let signs = [
            '"', '\'', '[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '#', ',',
        ];
        self.style == Style::Plain && at.start == 0 && piece.starts_with(signs)
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
