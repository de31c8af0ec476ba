//! Nodes: values of a document that know where they stand.

use std::{ops::Range, rc::Rc};

use crate::codes::Code;
use crate::file::yaml::scalar::Scalar;

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
