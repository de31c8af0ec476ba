//! Collections whose end has not come.

use std::{collections::HashSet, ops::Range, rc::Rc};

use crate::codes::files as codes;
use crate::file::yaml::tree::{Collection, Entry, YamlFault, YamlKind, YamlNode};

/// A collection as far as it is read.
pub(super) struct Open<'t> {
    pub begin: usize,
    pub anchor: usize,
    kind: OpenKind<'t>,
    weight: usize,
    height: usize,
}

enum OpenKind<'t> {
    Sequence(Vec<YamlNode<'t>>),
    Mapping {
        entries: Vec<Entry<'t>>,
        key: Option<YamlNode<'t>>,
        /// The texts of the keys, once they are more than [`FEW`].
        keys: Option<HashSet<String>>,
    },
}

/// So few keys are looked through one by one.
const FEW: usize = 16;

impl<'t> Open<'t> {
    pub fn sequence(begin: usize, anchor: usize) -> Open<'t> {
        // Most stand in brackets and have one.
        Open::new(begin, anchor, OpenKind::Sequence(Vec::with_capacity(1)))
    }

    /// `entries`: none, with room for those that are expected.
    pub fn mapping(begin: usize, anchor: usize, entries: Vec<Entry<'t>>) -> Open<'t> {
        let kind = OpenKind::Mapping {
            entries,
            key: None,
            keys: None,
        };
        Open::new(begin, anchor, kind)
    }

    fn new(begin: usize, anchor: usize, kind: OpenKind<'t>) -> Open<'t> {
        Open {
            begin,
            anchor,
            kind,
            weight: 1,
            height: 0,
        }
    }

    pub fn is_sequence(&self) -> bool {
        matches!(self.kind, OpenKind::Sequence(_))
    }

    /// Its next item, or the next key or value.
    ///
    /// # Errors
    ///
    /// The fault of a key that cannot be one; its value is left out.
    pub fn add(&mut self, node: YamlNode<'t>) -> Result<(), YamlFault> {
        self.weight = self.weight.saturating_add(node.weight);
        self.height = self.height.max(node.height);
        let (entries, key, keys) = match &mut self.kind {
            OpenKind::Sequence(items) => {
                items.push(node);
                return Ok(());
            }
            OpenKind::Mapping { entries, key, keys } => (entries, key, keys),
        };
        let Some(key) = key.take() else {
            *key = Some(node);
            return Ok(());
        };
        let text = match &key.kind {
            YamlKind::Scalar(scalar) => &scalar.value,
            YamlKind::Refused => return Ok(()),
            _ => return Err(not_text(&key)),
        };
        if is_known(entries, keys, text) {
            return Err(twice(text, key.range.clone()));
        }
        entries.push(Entry { key, value: node });
        Ok(())
    }

    /// Whether it is a mapping that has come to this key, and not yet to what it says.
    pub fn awaits_value_of(&self, text: &str) -> bool {
        let OpenKind::Mapping { key: Some(key), .. } = &self.kind else {
            return false;
        };
        key.as_scalar().is_some_and(|key| key.value == text)
    }

    /// How many entries it has, if it is a mapping.
    pub fn entries(&self) -> Option<usize> {
        match &self.kind {
            OpenKind::Sequence(_) => None,
            OpenKind::Mapping { entries, .. } => Some(entries.len()),
        }
    }

    /// The collection, at its end or where a syntax error cuts it off.
    pub fn closed(self, end: usize, is_cut: bool) -> YamlNode<'t> {
        let kind = match self.kind {
            OpenKind::Sequence(mut items) => {
                if let Some(last) = items.last_mut().filter(|_| is_cut) {
                    last.cut();
                }
                YamlKind::Sequence(Rc::new(Collection { items, is_cut }))
            }
            OpenKind::Mapping { entries: items, .. } => {
                YamlKind::Mapping(Rc::new(Collection { items, is_cut }))
            }
        };
        YamlNode {
            range: self.begin..end,
            kind,
            weight: self.weight,
            height: self.height + 1,
        }
    }
}

/// Whether a mapping has a key of this text.
fn is_known(entries: &[Entry<'_>], keys: &mut Option<HashSet<String>>, text: &str) -> bool {
    let mut texts = entries
        .iter()
        .filter_map(|entry| Some(&*entry.key.as_scalar()?.value));
    if entries.len() < FEW {
        return texts.any(|known| known == text);
    }
    let keys = keys.get_or_insert_with(|| texts.map(str::to_owned).collect());
    !keys.insert(text.to_owned())
}

fn not_text(key: &YamlNode<'_>) -> YamlFault {
    YamlFault {
        code: codes::WRONG_KIND,
        range: key.range.clone(),
        message: format!("a key must be text, this is {}", key.what()),
        help: Some("a text that begins with `{`, `[`, `*`, `&` or `?` needs quotes".to_owned()),
    }
}

fn twice(text: &str, range: Range<usize>) -> YamlFault {
    YamlFault {
        code: codes::DUPLICATE_KEY,
        range,
        message: format!("the key `{text}` is here twice"),
        help: Some("only one of them can count; remove the other".to_owned()),
    }
}
